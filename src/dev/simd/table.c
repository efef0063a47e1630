/* The table of one build of the fast backend. Moves of whole tensors that are
 * rare in a step are those of ref. */
#include "dev/ref/ref.h"
#include "dev/simd/simd.h"

const struct dev_ops SIMD(ops) = {
    .name = "simd",
    .alloc = REF(alloc),
    .release = REF(release),
    .put_f32 = REF(put_f32),
    .get_f32 = REF(get_f32),
    .put_f64 = REF(put_f64),
    .get_f64 = REF(get_f64),
    .pack = REF(pack),
    .unpack = REF(unpack),
    .conv_plan = SIMD(conv_plan),
    .conv_plan_free = SIMD(conv_plan_free),
    .conv_turn = SIMD(conv_turn),
    .conv_fwd = SIMD(conv_fwd),
    .conv_bwd_x = SIMD(conv_bwd_x),
    .conv_bwd_w = SIMD(conv_bwd_w),
    .bias_bwd = SIMD(bias_bwd),
    .norm_sums = SIMD(norm_sums),
    .norm_apply = SIMD(norm_apply),
    .norm_bwd_sums = SIMD(norm_bwd_sums),
    .norm_bwd_apply = SIMD(norm_bwd_apply),
    .pool_fwd = SIMD(pool_fwd),
    .pool_bwd = SIMD(pool_bwd),
    .mean_fwd = SIMD(mean_fwd),
    .mean_bwd = SIMD(mean_bwd),
    .subsample = REF(subsample),
    .relu_fwd = SIMD(relu_fwd),
    .relu_bwd = SIMD(relu_bwd),
    .add = SIMD(add),
    .vec_add = SIMD(vec_add),
    .vec_scale = SIMD(vec_scale),
    .vec_sumsq = SIMD(vec_sumsq),
    .vec_lars = SIMD(vec_lars),
};
