# Builds strings of 8,000 characters one piece at a time, 150 times over.
def build(n):
    s = ""
    for i in range(n):
        if i % 2 == 0:
            s = s + "a"
        else:
            s = s + "b"
    return s


def main():
    total = 0
    for _ in range(150):
        total = total + len(build(8000))
    print(total)


main()
