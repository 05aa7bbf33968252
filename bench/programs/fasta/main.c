// Writes 300,000 random bases by their cumulative probabilities, in lines of 60, from a linear congruential generator.
#include <stdint.h>
#include <stdio.h>

static const char bases[] = "acgtBDHKMNRSVWY";
static const double limits[] = {0.27, 0.39, 0.51, 0.78, 0.80, 0.82, 0.84, 0.86, 0.88, 0.90, 0.92, 0.94, 0.96, 0.98, 1.0};

static char pick(double r) {
    int64_t i = 0;
    while (limits[i] < r) i++;
    return bases[i];
}

static void write_bases(int64_t n) {
    int64_t seed = 42, len = 0;
    char line[61];
    for (int64_t i = 0; i < n; i++) {
        seed = (seed * 3877 + 29573) % 139968;
        line[len++] = pick((double)seed / 139968.0);
        if (len == 60) {
            line[len] = 0;
            puts(line);
            len = 0;
        }
    }
    if (len > 0) {
        line[len] = 0;
        puts(line);
    }
}

int main(void) {
    write_bases(300000);
}
