#ifndef DET_MT19937_H
#define DET_MT19937_H

#include <stdint.h>

/* Mersenne Twister (Matsumoto and Nishimura 1998), seeded and read as numpy's
 * RandomState does, so that
 * a sequential search repeats Optuna's draws and a split scikit-learn's. */
enum { MT_N = 624 };
struct mt19937 {
    uint32_t word[MT_N];
    uint32_t next;
};

void mt_seed(struct mt19937 *g, uint32_t seed);
uint32_t mt_u32(struct mt19937 *g);
/* Uniform in [0, 1) with 53 bits from two words. */
double mt_double(struct mt19937 *g);
/* Uniform integer in [0, n), n >= 1: masked words, redrawn while too large;
 * no word is used when n is 1. */
uint32_t mt_below(struct mt19937 *g, uint32_t n);
/* out [count] := as many calls of mt_below(g, n), faster. */
void mt_fill(struct mt19937 *g, uint32_t n, uint32_t count, uint32_t *out);
/* RandomState.shuffle: Fisher-Yates from the end; .permutation: the same of
 * 0..n-1. */
void mt_shuffle(struct mt19937 *g, uint32_t n, uint32_t *x);
void mt_permutation(struct mt19937 *g, uint32_t n, uint32_t *out);

#endif
