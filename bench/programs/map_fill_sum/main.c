// Fills a map with 500,000 int keys in a scattered order, then sums it by key.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int64_t key, value; uint8_t used; } entry;
static entry *entries;
static uint64_t capacity = 16, len;

static entry *find(int64_t key) {
    uint64_t at = ((uint64_t)key * 0x9e3779b97f4a7c15u >> 20) & (capacity - 1);
    while (entries[at].used && entries[at].key != key) at = (at + 1) & (capacity - 1);
    return &entries[at];
}

static void set(int64_t key, int64_t value) {
    if (len * 2 >= capacity) {
        entry *old = entries;
        uint64_t count = capacity;
        capacity *= 2;
        entries = calloc(capacity, sizeof *entries);
        for (uint64_t i = 0; i < count; i++)
            if (old[i].used) *find(old[i].key) = old[i];
        free(old);
    }
    entry *e = find(key);
    if (!e->used) len++;
    *e = (entry){key, value, 1};
}

int main(void) {
    entries = calloc(capacity, sizeof *entries);
    int64_t key = 1, total = 0;
    for (int64_t i = 0; i < 500000; i++) {
        key = key * 75 % 1000003;
        set(key, i);
    }
    key = 1;
    for (int64_t i = 0; i < 500000; i++) {
        key = key * 75 % 1000003;
        entry *e = find(key);
        total += e->used ? e->value : 0;
    }
    printf("%llu %lld\n", (unsigned long long)len, (long long)total);
}
