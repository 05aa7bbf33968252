# Counts the pieces of 1, 2, 4 and 8 letters in 120,000 random bases; prints how many differ, and the counts of some.
def bases(n):
    seed = 42
    dna = []
    for _ in range(n):
        seed = (seed * 3877 + 29573) % 139968
        dna.append("acgt"[seed * 4 // 139968])
    return "".join(dna)


def count(dna, size):
    counts = {}
    for i in range(len(dna) - size + 1):
        piece = dna[i : i + size]
        counts[piece] = counts.get(piece, 0) + 1
    return counts


def main():
    dna = bases(120000)
    for size in [1, 2, 4, 8]:
        counts = count(dna, size)
        print(size, len(counts), counts.get("ggtaggta"[:size], 0))


main()
