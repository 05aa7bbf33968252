// Product of two 200 x 200 matrices of floats, as arrays of rows; prints the trace.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static double **rows_of(int64_t n) {
    double **rows = malloc(n * sizeof *rows);
    for (int64_t i = 0; i < n; i++) rows[i] = malloc(n * sizeof **rows);
    return rows;
}

static double **matrix(int64_t n, double seed) {
    double **rows = rows_of(n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            rows[i][j] = seed * ((double)i - (double)j) * ((double)i + (double)j);
    return rows;
}

static double **multiply(double **a, double **b, int64_t n) {
    double **rows = rows_of(n);
    for (int64_t i = 0; i < n; i++) {
        double *left = a[i];
        for (int64_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (int64_t k = 0; k < n; k++) sum = sum + left[k] * b[k][j];
            rows[i][j] = sum;
        }
    }
    return rows;
}

int main(void) {
    int64_t n = 200;
    double **product = multiply(matrix(n, 1.0), matrix(n, 2.0), n);
    double trace = 0.0;
    for (int64_t i = 0; i < n; i++) trace = trace + product[i][i];
    printf("%lld\n", (long long)trace);
}
