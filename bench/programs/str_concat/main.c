// Builds strings of 8,000 characters one piece at a time, 150 times over.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { char *bytes; int64_t len, capacity; } string;

static void concat(string *s, const char *piece) {
    int64_t more = strlen(piece);
    if (s->len + more > s->capacity) {
        s->capacity = (s->len + more) * 2;
        s->bytes = realloc(s->bytes, s->capacity);
    }
    memcpy(s->bytes + s->len, piece, more);
    s->len += more;
}

static string build(int64_t n) {
    string s = {0};
    for (int64_t i = 0; i < n; i++) concat(&s, i % 2 == 0 ? "a" : "b");
    return s;
}

int main(void) {
    int64_t total = 0;
    for (int round = 0; round < 150; round++) {
        string s = build(8000);
        total += s.len;
        free(s.bytes);
    }
    printf("%lld\n", (long long)total);
}
