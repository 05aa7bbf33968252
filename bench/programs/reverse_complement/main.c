// The reverse complement of 400,000 random bases, letter by letter, five times over; prints lengths and a checksum.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static char complement(char base) {
    if (base == 'a') return 't';
    if (base == 'c') return 'g';
    if (base == 'g') return 'c';
    return 'a';
}

static char *turned(const char *dna, int64_t n) {
    char *result = malloc(n);
    int64_t len = 0;
    for (int64_t i = n - 1; i >= 0; i--) result[len++] = complement(dna[i]);
    return result;
}

int main(void) {
    int64_t n = 400000, seed = 42, sum = 0;
    char *dna = malloc(n);
    for (int64_t i = 0; i < n; i++) {
        seed = (seed * 3877 + 29573) % 139968;
        dna[i] = "acgt"[seed * 4 / 139968];
    }
    for (int round = 0; round < 5; round++) {
        char *next = turned(dna, n);
        free(dna);
        dna = next;
    }
    for (int64_t i = 0; i < n; i++)
        if (dna[i] == 'a') sum = (sum + i) % 1000003;
    printf("%lld %lld %.20s\n", (long long)n, (long long)sum, dna);
}
