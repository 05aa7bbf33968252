// The most flips that any permutation of 9 pancakes needs, and a checksum over all of them.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void fannkuch(int64_t n) {
    int64_t *perm = malloc(n * 8), *first = malloc(n * 8), *counts = malloc(n * 8);
    for (int64_t i = 0; i < n; i++) first[i] = i, counts[i] = 0;
    int64_t most = 0, checksum = 0, index = 0, r = n;
    for (;;) {
        for (; r != 1; r--) counts[r - 1] = r;
        for (int64_t i = 0; i < n; i++) perm[i] = first[i];
        int64_t flips = 0, k;
        while ((k = perm[0]) != 0) {
            for (int64_t low = 0, high = k; low < high; low++, high--) {
                int64_t t = perm[low];
                perm[low] = perm[high];
                perm[high] = t;
            }
            flips++;
        }
        if (flips > most) most = flips;
        checksum += index % 2 == 0 ? flips : -flips;
        for (;;) {
            if (r == n) {
                printf("%lld\n%lld\n", (long long)checksum, (long long)most);
                return;
            }
            int64_t head = first[0];
            for (int64_t i = 0; i < r; i++) first[i] = first[i + 1];
            first[r] = head;
            if (--counts[r] > 0) break;
            r++;
        }
        index++;
    }
}

int main(void) {
    fannkuch(9);
}
