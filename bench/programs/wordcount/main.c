// Counts how often each of 5,000 made-up words comes among 400,000; prints how many words and the largest count.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384
typedef struct { char *word; int64_t count; } entry;
static entry entries[BUCKETS];

static entry *find(const char *word) {
    uint64_t hash = 1469598103934665603u;
    for (const char *c = word; *c; c++) hash = (hash ^ (uint8_t)*c) * 1099511628211u;
    uint64_t at = hash % BUCKETS;
    while (entries[at].word && strcmp(entries[at].word, word) != 0) at = (at + 1) % BUCKETS;
    return &entries[at];
}

int main(void) {
    int64_t seed = 42, len = 0, most = 0;
    for (int64_t i = 0; i < 400000; i++) {
        seed = (seed * 3877 + 29573) % 139968;
        int64_t n = seed % 5000;
        char word[32];
        snprintf(word, sizeof word, "w%lld", (long long)(n * n % 4999));
        entry *e = find(word);
        if (!e->word) e->word = strdup(word), len++;
        e->count++;
    }
    for (int64_t i = 0; i < BUCKETS; i++)
        if (entries[i].count > most) most = entries[i].count;
    printf("%lld %lld\n", (long long)len, (long long)most);
}
