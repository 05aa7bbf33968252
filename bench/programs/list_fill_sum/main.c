// Fills an array of 2,000,000 ints by appending, then sums it by index, five times over.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct { int64_t *items, len, capacity; } list;

static list fill(int64_t n) {
    list xs = {0};
    for (int64_t i = 0; i < n; i++) {
        if (xs.len == xs.capacity) {
            xs.capacity = xs.capacity ? xs.capacity * 2 : 4;
            xs.items = realloc(xs.items, xs.capacity * sizeof *xs.items);
        }
        xs.items[xs.len++] = i * 3 % 1000;
    }
    return xs;
}

int main(void) {
    int64_t total = 0;
    for (int round = 0; round < 5; round++) {
        list xs = fill(2000000);
        for (int64_t i = 0; i < xs.len; i++) total += xs.items[i];
        free(xs.items);
    }
    printf("%lld\n", (long long)total);
}
