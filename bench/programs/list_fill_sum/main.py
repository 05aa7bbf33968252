# Fills a list of 2,000,000 ints by appending, then sums it by index, five times over.
def fill(n):
    xs = []
    for i in range(n):
        xs.append(i * 3 % 1000)
    return xs


def main():
    total = 0
    for _ in range(5):
        xs = fill(2000000)
        for i in range(len(xs)):
            total = total + xs[i]
    print(total)


main()
