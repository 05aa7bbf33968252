# The reverse complement of 400,000 random bases, letter by letter, five times over; prints lengths and a checksum.
def complement(base):
    if base == "a":
        return "t"
    if base == "c":
        return "g"
    if base == "g":
        return "c"
    return "a"


def bases(n):
    seed = 42
    dna = []
    for _ in range(n):
        seed = (seed * 3877 + 29573) % 139968
        dna.append("acgt"[seed * 4 // 139968])
    return "".join(dna)


def turned(dna):
    result = []
    i = len(dna) - 1
    while i >= 0:
        result.append(complement(dna[i]))
        i = i - 1
    return "".join(result)


def main():
    dna = bases(400000)
    for _ in range(5):
        dna = turned(dna)
    total = 0
    for i in range(len(dna)):
        if dna[i] == "a":
            total = (total + i) % 1000003
    print(len(dna), total, dna[:20])


main()
