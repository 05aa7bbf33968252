# Product of two 200 x 200 matrices of floats, as lists of lists; prints the trace.
def matrix(n, seed):
    rows = []
    for i in range(n):
        row = []
        for j in range(n):
            row.append(seed * (float(i) - float(j)) * (float(i) + float(j)))
        rows.append(row)
    return rows


def multiply(a, b, n):
    rows = []
    for i in range(n):
        left = a[i]
        row = []
        for j in range(n):
            total = 0.0
            for k in range(n):
                total = total + left[k] * b[k][j]
            row.append(total)
        rows.append(row)
    return rows


def main():
    n = 200
    product = multiply(matrix(n, 1.0), matrix(n, 2.0), n)
    trace = 0.0
    for i in range(n):
        trace = trace + product[i][i]
    print(int(trace))


main()
