# The largest singular value of an infinite matrix, by the power method on 400 rows; prints it in units of 1e-9.
from math import sqrt


def entry(i, j):
    return 1.0 / float((i + j) * (i + j + 1) // 2 + i + 1)


def times(v):
    result = []
    for i in range(len(v)):
        total = 0.0
        for j in range(len(v)):
            total = total + entry(i, j) * v[j]
        result.append(total)
    return result


def times_transposed(v):
    result = []
    for i in range(len(v)):
        total = 0.0
        for j in range(len(v)):
            total = total + entry(j, i) * v[j]
        result.append(total)
    return result


def main():
    u = [1.0] * 400
    v = []
    for _ in range(10):
        v = times_transposed(times(u))
        u = times_transposed(times(v))
    uv = vv = 0.0
    for i in range(len(u)):
        uv = uv + u[i] * v[i]
        vv = vv + v[i] * v[i]
    print(int(sqrt(uv / vv) * 1000000000.0))


main()
