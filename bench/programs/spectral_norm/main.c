// The largest singular value of an infinite matrix, by the power method on 400 rows; prints it in units of 1e-9.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define N 400

static double entry(int64_t i, int64_t j) {
    return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1);
}

static void times(const double *v, double *result) {
    for (int64_t i = 0; i < N; i++) {
        double sum = 0.0;
        for (int64_t j = 0; j < N; j++) sum = sum + entry(i, j) * v[j];
        result[i] = sum;
    }
}

static void times_transposed(const double *v, double *result) {
    for (int64_t i = 0; i < N; i++) {
        double sum = 0.0;
        for (int64_t j = 0; j < N; j++) sum = sum + entry(j, i) * v[j];
        result[i] = sum;
    }
}

int main(void) {
    double u[N], v[N], w[N];
    for (int i = 0; i < N; i++) u[i] = 1.0;
    for (int round = 0; round < 10; round++) {
        times(u, w);
        times_transposed(w, v);
        times(v, w);
        times_transposed(w, u);
    }
    double uv = 0.0, vv = 0.0;
    for (int i = 0; i < N; i++) {
        uv = uv + u[i] * v[i];
        vv = vv + v[i] * v[i];
    }
    printf("%lld\n", (long long)(sqrt(uv / vv) * 1000000000.0));
}
