// Counts the pieces of 1, 2, 4 and 8 letters in 120,000 random bases; prints how many differ, and the counts of some.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { char *piece; int64_t count; } entry;
typedef struct { entry *entries; uint64_t capacity, len; } table;

static uint64_t hash(const char *piece, int64_t size) {
    uint64_t h = 1469598103934665603u;
    for (int64_t i = 0; i < size; i++) h = (h ^ (uint8_t)piece[i]) * 1099511628211u;
    return h;
}

static entry *find(table *t, const char *piece, int64_t size) {
    uint64_t at = hash(piece, size) & (t->capacity - 1);
    while (t->entries[at].piece && memcmp(t->entries[at].piece, piece, size) != 0) at = (at + 1) & (t->capacity - 1);
    return &t->entries[at];
}

static void add(table *t, const char *piece, int64_t size) {
    if (t->len * 2 >= t->capacity) {
        table bigger = {calloc(t->capacity * 2, sizeof(entry)), t->capacity * 2, t->len};
        for (uint64_t i = 0; i < t->capacity; i++)
            if (t->entries[i].piece) *find(&bigger, t->entries[i].piece, size) = t->entries[i];
        free(t->entries);
        *t = bigger;
    }
    entry *e = find(t, piece, size);
    if (!e->piece) {
        e->piece = malloc(size);
        memcpy(e->piece, piece, size);
        t->len++;
    }
    e->count++;
}

int main(void) {
    int64_t n = 120000, seed = 42;
    char *dna = malloc(n);
    for (int64_t i = 0; i < n; i++) {
        seed = (seed * 3877 + 29573) % 139968;
        dna[i] = "acgt"[seed * 4 / 139968];
    }
    for (int64_t size = 1; size <= 8; size *= 2) {
        table t = {calloc(16, sizeof(entry)), 16, 0};
        for (int64_t i = 0; i < n - size + 1; i++) add(&t, dna + i, size);
        printf("%lld %llu %lld\n", (long long)size, (unsigned long long)t.len, (long long)find(&t, "ggtaggta", size)->count);
        for (uint64_t i = 0; i < t.capacity; i++) free(t.entries[i].piece);
        free(t.entries);
    }
}
