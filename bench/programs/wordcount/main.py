# Counts how often each of 5,000 made-up words comes among 400,000; prints how many words and the largest count.
def word(n):
    return "w" + str(n * n % 4999)


def main():
    counts = {}
    seed = 42
    for _ in range(400000):
        seed = (seed * 3877 + 29573) % 139968
        w = word(seed % 5000)
        counts[w] = counts.get(w, 0) + 1
    most = 0
    for w in counts:
        count = counts[w]
        if count > most:
            most = count
    print(len(counts), most)


main()
