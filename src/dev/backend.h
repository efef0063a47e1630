#ifndef DEV_BACKEND_H
#define DEV_BACKEND_H

#include "dev/dev.h"

/* Inside dev/ only: what a backend is made of. */

struct dev {
    const struct dev_ops *ops;
    struct dev_facts facts;
};

/* Tables of operations, one per build of a source (CMakeLists.txt). The
 * variant behind the name says which instructions it may use. */
extern const struct dev_ops ref_ops_f32_c, ref_ops_f64_c, simd_ops_c;
#if defined(__x86_64__)
extern const struct dev_ops ref_ops_f32_avx2, ref_ops_f64_avx2;
extern const struct dev_ops simd_ops_avx2, simd_ops_avx512;
#elif defined(__aarch64__)
extern const struct dev_ops simd_ops_neon;
#endif

#endif
