#ifndef DET_STREAM_H
#define DET_STREAM_H

#include <stdint.h>

/* Random numbers without state to save: a stream is a pure function of the
 * master seed, a domain and three coordinates (DESIGN decision 5). The
 * generator is PCG XSL RR 128/64 with setseq (O'Neill 2014) from the PCG
 * library; its seed and sequence are the first 32 bytes of the ChaCha20 block
 * (Bernstein 2008; RFC 8439) with key seed, a, b, c and counter = domain, so
 * neighbouring coordinates give unrelated streams. Any worker may draw for
 * any sample. */

/* Numbers are append-only: published results depend on them. */
enum stream_domain {
    STREAM_TEST = 0,      /* tests: a, b, c free */
    STREAM_INIT = 1,      /* weights: a = tensor index, b = 0, c = 0 */
    STREAM_SAMPLER = 2,   /* order of an epoch: a = epoch, b = group */
    STREAM_AUGMENT = 3,   /* a = epoch, b = row, c = view */
    STREAM_NEGATIVE = 4,  /* a = epoch, b = row; c = 0: which stored one,
                              1: corners of a live one */
    STREAM_PREPARE = 5,   /* negative corners: a = row, b = k */
    STREAM_PHANTOM = 6,   /* a = patient, b = part of the phantom, c free */
    STREAM_BOOTSTRAP = 7, /* a = what is resampled, b = resample */
    STREAM_SEARCH = 8,    /* a = study part, b = trial (ticket) */
    STREAM_PROBE = 9,     /* known-answer inputs: a = operation, b = case */
    STREAM_SPLIT = 10,    /* folds, subsets: a = what */
    STREAM_BANK = 11,     /* start of a memory bank: a = which, b = group,
                              c = row */
    STREAM_AXES = 16,     /* start of a subspace iteration: a, b = shape */
    STREAM_PERMUTE = 20,  /* a = what is permuted, b = repetition */
    STREAM_PERTURB = 21   /* seeds moved: a = trial, b = row */
};

struct stream {
    uint64_t state[2]; /* low, high */
    uint64_t inc[2];   /* low, high; odd */
};

#ifdef __cplusplus
extern "C" {
#endif

/* The stream of these coordinates, at its beginning. */
struct stream stream_at(uint64_t seed,
                        enum stream_domain domain,
                        uint64_t a,
                        uint64_t b,
                        uint64_t c);

/* The generator seeded as pcg64(seed, sequence) of the PCG library, 128-bit
 * numbers as {low, high}: for the published vectors. */
struct stream stream_pcg(const uint64_t seed[2], const uint64_t sequence[2]);

uint64_t stream_u64(struct stream *s);
/* Uniform in [0, 1): the upper 53 bits times 2^-53. */
double stream_double(struct stream *s);
/* Uniform in [lo, hi): lo + (hi - lo) * stream_double (whose rounding may,
 * rarely, give hi itself). */
double stream_range(struct stream *s, double lo, double hi);
/* Uniform integer in [0, n), n >= 1, without bias (Lemire 2019). */
uint64_t stream_below(struct stream *s, uint64_t n);
/* Standard normal: Box and Muller 1958 (cosine branch; two doubles a call),
 * with det/math's log, cos and sqrt. */
double stream_normal(struct stream *s);
/* Fisher-Yates permutation of 0..n-1, from the end (Knuth vol. 2, P). */
void stream_permutation(struct stream *s, uint32_t n, uint32_t *out);

#ifdef __cplusplus
}
#endif

#endif
