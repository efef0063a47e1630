/* Plans and the turned copy of the weights. */
#include "base/mem.h"

#include "dev/simd/simd.h"

status
SIMD(conv_plan)(struct dev *d, const struct conv_desc *desc, struct plan **out)
{
    struct plan *p = NULL;
    status st = OK;

    (void)d;
    TRY(mem_new(1, sizeof *p, &p));
    plan_init(p, desc);
    if (desc->in.c > 1) /* a stem walks along lines: conv_stem.c */
        TRY(plan_pairs(p));
    *out = p;
    p = NULL;
out:
    SIMD(conv_plan_free)(p);
    return st;
}

void SIMD(conv_plan_free)(struct plan *p)
{
    if (p)
        mem_free(p->pairs);
    mem_free(p);
}

/* A block of `from` [o][tap][c][lane of o] becomes one of `to`, by squares of
 * o lanes times c lanes that fit the first cache. */
void SIMD(conv_turn)(const struct plan *p, const void *w, void *w_back)
{
    int32_t o_count = p->desc.o;
    int32_t c_count = p->desc.in.c;
    int32_t ob = shape_block(o_count);
    int32_t cb = shape_block(c_count);
    int32_t k = p->desc.k;
    const float *from = w;
    float *to = w_back;

    if (c_count % cb != 0)
        memset(to, 0, weight_len(c_count, k, o_count) * sizeof *to);
    for (int32_t c0 = 0; c0 < c_count; c0 += cb)
        for (int32_t tap = 0; tap < p->taps; tap++)
            for (int32_t o0 = 0; o0 < o_count; o0 += ob) {
                int32_t co = block_used(c_count, c0 / cb);
                int32_t oo = block_used(o_count, o0 / ob);
                const float *f =
                    from + weight_at(k, c_count, o0, tap, c0, o_count);
                float *t = to + weight_at(k, o_count, c0, tap, o0, c_count);
                const float *soon = f + (size_t)p->taps * (size_t)c_count *
                                            (size_t)ob; /* the next o0 */
                for (int32_t o = 0; o < oo; o++) {
                    for (int32_t line = o * cb; line < (o + 1) * cb; line += 16)
                        __builtin_prefetch(soon + line);
                    for (int32_t c = 0; c < co; c++)
                        t[o * cb + c] = f[c * ob + o];
                }
            }
}
