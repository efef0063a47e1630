#ifndef DEV_PLAN_H
#define DEV_PLAN_H

#include "dev/arith.h"
#include "dev/dev.h"

/* Inside dev/ only: the geometry of a convolution, shared by the backends. */

struct voxel_pair {
    int32_t out, in;
};

struct plan {
    struct conv_desc desc;
    struct shape out;
    int32_t taps; /* k^3 */
    /* The voxels that meet through tap t, ascending in both members:
     * pairs[first[t]] .. pairs[first[t + 1]]. NULL until plan_pairs. */
    struct voxel_pair *pairs;
    size_t first[ARITH_TAPS_MAX + 1];
};

/* Fill the plain part of a plan. Wrong sizes are bugs. */
void plan_init(struct plan *p, const struct conv_desc *desc);

/* Add the lists of pairs (8 bytes a pair; freed with mem_free). ERR_MEM. */
status plan_pairs(struct plan *p);

/* The input voxel that tap `tap` of an output voxel reads, -1 in the
 * padding. */
ptrdiff_t plan_source(const struct plan *p, size_t out_voxel, int32_t tap);

/* The output voxel that reads an input voxel through tap `tap`, -1 if none. */
ptrdiff_t plan_target(const struct plan *p, size_t in_voxel, int32_t tap);

/* Stop if tensors do not have the shapes of the plan. */
void plan_check(const struct plan *p,
                const struct tensor *x,
                const struct tensor *y);

size_t shape_voxels(struct shape s); /* d * h * w */
bool shape_same(struct shape a, struct shape b);

/* Place in the winners of a max pool: rows * B per block, no extra rows. */
size_t pool_which_at(struct shape s, int32_t sample, int32_t c, size_t voxel);

/* Zero the lanes beyond the last channel; size of an element in bytes. */
void tensor_clear_padding(const struct tensor *t, size_t size);

#endif
