#ifndef DEV_ARITH_H
#define DEV_ARITH_H

/* The constants of the written arithmetic (README.md). A change moves the
 * bits of every result: probe.h and the digests change with it. */
enum {
    ARITH_BLOCK_MAX = 32,    /* lanes of a channel block, tensor.h */
    ARITH_GROUP = 256,       /* channels of one chunk of a convolution */
    ARITH_CHAIN_MAX = 8,     /* up to so many channels: one chain, no chunks */
    ARITH_ROWS = 128,        /* valid rows of one chunk of a weight gradient */
    ARITH_SQUARE_LANES = 16, /* partial sums of vec_sumsq */
    ARITH_K_MAX = 7,         /* largest kernel edge */
    ARITH_TAPS_MAX = ARITH_K_MAX * ARITH_K_MAX * ARITH_K_MAX
};

#endif
