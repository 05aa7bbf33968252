# Allocates and walks many binary trees up to depth 14, while one long-lived tree stays.
def make(depth):
    if depth == 0:
        return (None, None)
    return (make(depth - 1), make(depth - 1))


def check(tree):
    left, right = tree
    if left is None:
        return 1
    return 1 + check(left) + check(right)


def main():
    deepest = 14
    kept = make(deepest)
    for depth in range(4, deepest + 1, 2):
        rounds = 16
        for _ in range(deepest - depth):
            rounds = rounds * 2
        total = 0
        for _ in range(rounds):
            total = total + check(make(depth))
        print(rounds, depth, total)
    print(check(kept))


main()
