/* PReLU. The slope's gradient is summed as norms are: in double, one sum a
 * channel, in registers while a block's rows pass by. */
#include "dev/simd/simd.h"

void SIMD(prelu_fwd)(struct dev *d,
                     const struct tensor *x,
                     const void *slope,
                     const struct tensor *y)
{
    size_t len = shape_len(x->shape);
    const float *from = x->data;
    float *to = y->data;
    float a = *(const float *)slope;

    (void)d;
    BUG_IF(!shape_same(x->shape, y->shape));
    for (size_t i = 0; i < len; i++) {
        float low = a * from[i];
        to[i] = from[i] <= 0 ? low : from[i];
    }
}

/* x <= 0 ? low : high */
VEC_INLINE vec by_sign(vec x, vec low, vec high)
{
    return vec_choose(vec_beats(x, vec_set(0)), high, low);
}

/* One vector of lanes through all rows of a block; its sums into s. */
static void back_lanes(const float *x,
                       const float *g,
                       float a,
                       size_t rows,
                       size_t lanes,
                       float *dx,
                       double s[VEC])
{
    vec slope = vec_set(a);
    vec_half lower = vec_half_set(0);
    vec_half upper = vec_half_set(0);

    for (size_t i = 0; i < rows * lanes; i += lanes) {
        vec e = vec_load(x + i);
        vec h = vec_load(g + i);
        vec low = by_sign(e, h, vec_set(0));
        lower = vec_half_fma(vec_lower(e), vec_lower(low), lower);
        upper = vec_half_fma(vec_upper(e), vec_upper(low), upper);
        vec_store(dx + i, by_sign(e, vec_mul(slope, h), h));
    }
    vec_half_store(s, lower);
    vec_half_store(s + VEC_HALF, upper);
}

double SIMD(prelu_bwd)(struct dev *d,
                       const struct tensor *x,
                       const void *slope,
                       const struct tensor *dy,
                       const struct tensor *dx)
{
    int32_t lanes = shape_block(x->shape.c);
    size_t rows = shape_rows(x->shape);
    float a = *(const float *)slope;
    double sum = 0;

    BUG_IF(!shape_same(x->shape, dy->shape));
    BUG_IF(!shape_same(x->shape, dx->shape));
    if (lanes < VEC)
        return SIMD_NEXT.prelu_bwd(d, x, slope, dy, dx);
    for (int32_t b = 0; b < block_count(x->shape.c); b++) {
        int32_t used = block_used(x->shape.c, b);
        double s[ARITH_BLOCK_MAX];

        for (int32_t i = 0; i < used; i += VEC)
            back_lanes(block_at(x, b) + i, block_at(dy, b) + i, a, rows,
                       (size_t)lanes, block_at(dx, b) + i, s + i);
        for (int32_t c = 0; c < used; c++)
            sum = sum + s[c];
    }
    tensor_clear_padding(dx, sizeof(float));
    return sum;
}
