# The first digits of pi, one by one, with numbers that grow: a spigot after Gibbons (2006).
def pi_digits(count):
    k = 0
    above, total, below = 1, 0, 1
    line = ""
    made = 0
    while made < count:
        k += 1
        odd = 2 * k + 1
        total = (total + 2 * above) * odd
        below *= odd
        above *= k
        if total >= above:
            sum = above * 3 + total
            digit = sum // below
            if sum % below + above < below:
                line += str(digit)
                made += 1
                if made % 10 == 0:
                    print(line + "\t:" + str(made))
                    line = ""
                total = (total - below * digit) * 10
                above *= 10


pi_digits(6000)
