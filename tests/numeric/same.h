#ifndef TESTS_NUMERIC_SAME_H
#define TESTS_NUMERIC_SAME_H

/* Two backends side by side: the same inputs, the same bits out. Padding is
 * poisoned on the way in; what comes out is compared in plain order, and the
 * padding of the second must be finite. */
#include <math.h>

#include "ops.h"

struct pair {
    struct dev *ref, *simd;
    int cases;
};

/* The same plain numbers in a tensor of each backend. */
struct both {
    struct tensor of[2];
    struct dev *d[2];
};

static inline struct both
both(struct pair *p, struct shape s, const double *plain)
{
    struct both b = {.d = {p->ref, p->simd}};

    for (int i = 0; i < 2; i++)
        b.of[i] =
            plain ? dev_tensor_of(b.d[i], s, plain) : dev_tensor(b.d[i], s);
    for (int i = 0; i < 2 && !plain; i++)
        for (size_t e = 0; e < shape_len(s); e++)
            dev_set(b.d[i], b.of[i].data, e, -77.0); /* must be overwritten */
    return b;
}

static inline void both_drop(struct both *b)
{
    for (int i = 0; i < 2; i++)
        drop(b->d[i], &b->of[i]);
}

static inline void
check_same(const float *a, const float *b, size_t len, const char *what)
{
    for (size_t i = 0; i < len; i++)
        if (float_bits(a[i]) != float_bits(b[i]))
            fail_msg("%s: element %zu of %zu is %a, ref %a", what, i, len,
                     (double)b[i], (double)a[i]);
}

/* The same bits in both; simd's padding finite. Ends the pair. */
static inline void both_same(struct both *b, const char *what)
{
    struct shape s = b->of[0].shape;
    size_t len = plain_len(s);
    float *plain[2];

    for (int i = 0; i < 2; i++) {
        plain[i] = calloc(len, sizeof(float));
        assert_non_null(plain[i]);
        dev_ops(b->d[i])->get_f32(b->d[i], &b->of[i], plain[i]);
    }
    check_same(plain[0], plain[1], len, what);
    for (size_t i = 0; i < shape_len(s); i++)
        assert_true(isfinite(((float *)b->of[1].data)[i]));
    free(plain[0]);
    free(plain[1]);
    both_drop(b);
}

struct conv_arrays {
    void *w[2], *back[2], *dw[2];
    float *bias[2], *db[2];
};

static inline void
conv_arrays(struct pair *p, struct conv_desc c, struct conv_arrays *a)
{
    struct dev *d[2] = {p->ref, p->simd};
    double *w = numbers(5, plain_weights_len(c.o, c.in.c, c.k));

    for (int i = 0; i < 2; i++) {
        a->w[i] = dev_weights(d[i], c.o, c.in.c, c.k, w);
        a->back[i] = dev_array(d[i], weight_len(c.in.c, c.k, c.o));
        a->dw[i] = dev_array(d[i], weight_len(c.o, c.k, c.in.c));
        memset(a->dw[i], 0x41, weight_len(c.o, c.k, c.in.c) * sizeof(float));
        a->bias[i] = dev_array(d[i], (size_t)c.o);
        a->db[i] = dev_array(d[i], (size_t)c.o);
        for (int32_t j = 0; j < c.o; j++)
            a->bias[i][j] = (float)number(6, (uint64_t)j);
    }
    free(w);
}

static inline void conv_arrays_drop(struct pair *p, struct conv_arrays *a)
{
    struct dev *d[2] = {p->ref, p->simd};

    for (int i = 0; i < 2; i++) {
        void *all[] = {a->w[i], a->back[i], a->dw[i], a->bias[i], a->db[i]};
        for (size_t j = 0; j < sizeof all / sizeof all[0]; j++)
            dev_ops(d[i])->release(d[i], all[j]);
    }
}

/* Every part of a weight gradient has the bytes it has in the whole. */
static inline void parts_same(struct dev *d,
                              const struct plan *plan,
                              struct conv_desc c,
                              const struct both *x,
                              const struct both *g,
                              const float *dw,
                              int which)
{
    size_t lanes = (size_t)shape_block(c.o);
    int32_t taps = c.k * c.k * c.k;
    float *to = calloc((size_t)c.in.c * lanes, sizeof *to);
    struct weight_part part = {.block = (c.o - 1) / (int32_t)lanes,
                               .tap = taps / 2};

    for (; c.in.c > 1 && part.c < c.in.c; part.c += part.channels) {
        size_t at = (size_t)(part.block * taps + part.tap) * (size_t)c.in.c;
        part.channels = c.in.c - part.c < 32 ? c.in.c - part.c : 32;
        dev_ops(d)->conv_bwd_w(plan, &x->of[which], &g->of[which], &part, to);
        assert_same_bits(to, dw + (at + (size_t)part.c) * lanes,
                         (size_t)part.channels * lanes * sizeof *to);
        part.tap = (part.tap + 1) % taps;
    }
    free(to);
}

static inline void conv_case(struct pair *p, struct conv_desc c, bool bias)
{
    struct dev *d[2] = {p->ref, p->simd};
    struct shape out = conv_out_shape(&c);
    double *plain_x = numbers(7, plain_len(c.in));
    double *plain_g = numbers(8, plain_len(out));
    struct both x = both(p, c.in, plain_x);
    struct both g = both(p, out, plain_g);
    struct both y = both(p, out, NULL);
    struct both dx = both(p, c.in, NULL);
    struct conv_arrays a;
    char what[96];

    conv_arrays(p, c, &a);
    for (int i = 0; i < 2; i++) {
        const struct dev_ops *ops = dev_ops(d[i]);
        struct plan *plan = NULL;
        assert_ok(ops->conv_plan(d[i], &c, &plan));
        ops->conv_turn(plan, a.w[i], a.back[i]);
        ops->conv_fwd(plan, &x.of[i], a.w[i], bias ? a.bias[i] : NULL,
                      &y.of[i]);
        ops->conv_bwd_x(plan, &g.of[i], a.back[i], &dx.of[i]);
        ops->conv_bwd_w(plan, &x.of[i], &g.of[i], NULL, a.dw[i]);
        parts_same(d[i], plan, c, &x, &g, a.dw[i], i);
        ops->bias_bwd(d[i], &g.of[i], a.db[i]);
        ops->conv_plan_free(plan);
    }
    (void)snprintf(what, sizeof what, "n %d %dx%dx%d %d -> %d k %d s %d p %d",
                   c.in.n, c.in.d, c.in.h, c.in.w, c.in.c, c.o, c.k, c.stride,
                   c.pad);
    check_same(a.back[0], a.back[1], weight_len(c.in.c, c.k, c.o), what);
    both_same(&y, what);
    both_same(&dx, what);
    check_same(a.dw[0], a.dw[1], weight_len(c.o, c.k, c.in.c), what);
    check_same(a.db[0], a.db[1], (size_t)c.o, what);
    both_drop(&x);
    both_drop(&g);
    conv_arrays_drop(p, &a);
    free(plain_x);
    free(plain_g);
    p->cases++;
}

#endif
