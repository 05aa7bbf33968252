// Sieve of Eratosthenes over arrays of bytes, three sizes.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t nsieve(int64_t m) {
    uint8_t *flags = malloc(m);
    for (int64_t i = 0; i < m; i++) flags[i] = 1;
    int64_t count = 0;
    for (int64_t i = 2; i < m; i++) {
        if (flags[i]) {
            for (int64_t j = i + i; j < m; j += i) flags[j] = 0;
            count++;
        }
    }
    free(flags);
    return count;
}

int main(void) {
    long long a = nsieve(2000000), b = nsieve(1000000), c = nsieve(500000);
    printf("%lld %lld %lld\n", a, b, c);
}
