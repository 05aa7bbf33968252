# Fills a dict with 500,000 int keys in a scattered order, then sums it by key.
def main():
    m = {}
    key = 1
    for i in range(500000):
        key = key * 75 % 1000003
        m[key] = i
    total = 0
    key = 1
    for _ in range(500000):
        key = key * 75 % 1000003
        total = total + m.get(key, 0)
    print(len(m), total)


main()
