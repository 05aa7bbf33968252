# Writes 300,000 random bases by their cumulative probabilities, in lines of 60, from a linear congruential generator.
BASES = ["a", "c", "g", "t", "B", "D", "H", "K", "M", "N", "R", "S", "V", "W", "Y"]
LIMITS = [0.27, 0.39, 0.51, 0.78, 0.80, 0.82, 0.84, 0.86, 0.88, 0.90, 0.92, 0.94, 0.96, 0.98, 1.0]


def pick(r):
    i = 0
    while LIMITS[i] < r:
        i = i + 1
    return BASES[i]


def write(n):
    seed = 42
    line = ""
    for _ in range(n):
        seed = (seed * 3877 + 29573) % 139968
        line = line + pick(seed / 139968.0)
        if len(line) == 60:
            print(line)
            line = ""
    if len(line) > 0:
        print(line)


write(300000)
