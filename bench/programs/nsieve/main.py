# Sieve of Eratosthenes over lists of bools, three sizes.
def nsieve(m):
    flags = []
    for i in range(m):
        flags.append(True)
    count = 0
    for i in range(2, m):
        if flags[i]:
            j = i + i
            while j < m:
                flags[j] = False
                j = j + i
            count = count + 1
    return count


print(nsieve(2000000), nsieve(1000000), nsieve(500000))
