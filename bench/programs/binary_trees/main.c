// Allocates and walks many binary trees up to depth 14, while one long-lived tree stays.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct tree { struct tree *left, *right; } tree;

static tree *make(int64_t depth) {
    tree *t = malloc(sizeof *t);
    if (depth == 0) t->left = t->right = NULL;
    else t->left = make(depth - 1), t->right = make(depth - 1);
    return t;
}

static int64_t check(const tree *t) {
    return t->left ? 1 + check(t->left) + check(t->right) : 1;
}

static void release(tree *t) {
    if (t->left) release(t->left), release(t->right);
    free(t);
}

int main(void) {
    int64_t deepest = 14;
    tree *kept = make(deepest);
    for (int64_t depth = 4; depth <= deepest; depth += 2) {
        int64_t rounds = 16, total = 0;
        for (int64_t i = 0; i < deepest - depth; i++) rounds *= 2;
        for (int64_t i = 0; i < rounds; i++) {
            tree *t = make(depth);
            total += check(t);
            release(t);
        }
        printf("%lld %lld %lld\n", (long long)rounds, (long long)depth, (long long)total);
    }
    printf("%lld\n", (long long)check(kept));
}
