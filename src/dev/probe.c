/* The known-answer test. Each operation runs on a few small odd shapes that
 * take every way through the kernels (each block width, the stem, chains,
 * groups, chunks, tails); its outputs go into a digest of its own, and these
 * into one. A few milliseconds. */
#include "dev/probe.h"

#include <fenv.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sha256.h"

#include "det/digest.h"
#include "det/stream.h"
#include "dev/backend.h"
#include "dev/plan.h"

#define PROBE_ENUM(id, name, hex) PROBE_##id,
#define PROBE_ROW(id, name, hex)  {name, hex},

enum op { DEV_PROBE_ROWS(PROBE_ENUM) OPS };

static const struct {
    const char *name, *start;
} rows[] = {DEV_PROBE_ROWS(PROBE_ROW)};

enum { ARRAYS = 64 };

struct probe {
    struct dev *d;
    struct digest *digest[OPS];
    void *mem[ARRAYS]; /* of the running case */
    int arrays;
    uint64_t drawn; /* inputs so far: a coordinate of their stream */
};

/* An array of the backend's elements that lives until case_end. */
static status array(struct probe *p, size_t len, void *out_ptr)
{
    status st = OK;
    void *mem = NULL;

    BUG_IF(p->arrays == ARRAYS);
    TRY(p->d->ops->alloc(p->d, len * (size_t)p->d->facts.dtype, &mem));
    p->mem[p->arrays++] = mem;
    memcpy(out_ptr, &mem, sizeof mem);
out:
    return st;
}

static void case_end(struct probe *p)
{
    while (p->arrays > 0)
        p->d->ops->release(p->d, p->mem[--p->arrays]);
}

/* An array of float values in [-1, 1), in the backend's type. */
static status drawn(struct probe *p, size_t len, void *out_ptr)
{
    struct stream s = stream_at(0, STREAM_PROBE, p->drawn++, 0, 0);
    status st = OK;
    float *f = NULL;

    TRY(array(p, len, &f));
    for (size_t i = 0; i < len; i++) {
        float v = (float)stream_range(&s, -1, 1);
        if (p->d->facts.dtype == DTYPE_F32)
            f[i] = v;
        else
            ((double *)(void *)f)[i] = (double)v;
    }
    memcpy(out_ptr, &f, sizeof f);
out:
    return st;
}

/* A tensor of drawn values, or of zeros. */
static status
tensor(struct probe *p, struct shape s, bool zero, struct tensor *out)
{
    size_t len = shape_rows(s) * (size_t)s.c;
    void *plain = NULL;
    status st = OK;

    out->shape = s;
    TRY(array(p, shape_len(s), &out->data));
    if (zero)
        goto out;
    TRY(drawn(p, len, &plain));
    if (p->d->facts.dtype == DTYPE_F32)
        p->d->ops->put_f32(p->d, plain, out);
    else
        p->d->ops->put_f64(p->d, plain, out);
out:
    return st;
}

static void saw(struct probe *p, enum op op, const void *values, size_t len)
{
    uint64_t dim = len;
    bool f32 = p->d->facts.dtype == DTYPE_F32;

    digest_array(p->digest[op], "", f32 ? DIGEST_F32 : DIGEST_F64, 1, &dim,
                 values);
}

static void saw_doubles(struct probe *p, enum op op, const double *v, size_t n)
{
    uint64_t dim = n;
    digest_array(p->digest[op], "", DIGEST_F64, 1, &dim, v);
}

static status saw_tensor(struct probe *p, enum op op, const struct tensor *t)
{
    size_t len = shape_rows(t->shape) * (size_t)t->shape.c;
    void *plain = NULL;
    status st = OK;

    TRY(array(p, len, &plain));
    if (p->d->facts.dtype == DTYPE_F32)
        p->d->ops->get_f32(p->d, t, plain);
    else
        p->d->ops->get_f64(p->d, t, plain);
    saw(p, op, plain, len);
out:
    return st;
}

static status conv_case(struct probe *p, const struct conv_desc *c)
{
    const struct dev_ops *ops = p->d->ops;
    size_t len = weight_len(c->o, c->k, c->in.c);
    size_t back = weight_len(c->in.c, c->k, c->o);
    void *flat = NULL;
    void *w = NULL;
    void *turned = NULL;
    void *dw = NULL;
    void *bias = NULL;
    struct plan *plan = NULL;
    struct tensor x;
    struct tensor y;
    struct tensor dx;
    status st = OK;

    TRY(drawn(p, len, &flat)); /* more than the plain weights take */
    TRY(array(p, len, &w));
    TRY(array(p, len, &dw));
    TRY(array(p, back, &turned));
    TRY(drawn(p, (size_t)c->o, &bias));
    TRY(tensor(p, c->in, false, &x));
    TRY(tensor(p, c->in, true, &dx));
    TRY(tensor(p, conv_out_shape(c), true, &y));
    TRY(ops->conv_plan(p->d, c, &plan));
    ops->pack(p->d, c->o, c->in.c, c->k, flat, w);
    ops->conv_turn(plan, w, turned);
    saw(p, PROBE_CONV_TURN, turned, back);
    ops->conv_fwd(plan, &x, w, bias, &y);
    TRY(saw_tensor(p, PROBE_CONV_FWD, &y));
    ops->conv_bwd_x(plan, &y, turned, &dx);
    TRY(saw_tensor(p, PROBE_CONV_BWD_X, &dx));
    ops->conv_bwd_w(plan, &x, &y, NULL, dw);
    saw(p, PROBE_CONV_BWD_W, dw, len);
    ops->bias_bwd(p->d, &y, bias);
    saw(p, PROBE_BIAS_BWD, bias, (size_t)c->o);
out:
    ops->conv_plan_free(plan);
    case_end(p);
    return st;
}

enum { NORM_VIEWS = 2, NORM_COEFS = 128 };

static status norm_case(struct probe *p, int32_t channels)
{
    const struct dev_ops *ops = p->d->ops;
    struct stream s = stream_at(0, STREAM_PROBE, p->drawn++, 1, 0);
    struct shape shape = {4, channels, 2, 3, 3};
    size_t coefs = NORM_VIEWS * (size_t)channels;
    struct norm_fwd fwd[NORM_COEFS];
    struct norm_bwd bwd[NORM_COEFS];
    double sums[2 * NORM_COEFS];
    struct tensor x;
    struct tensor y;
    struct tensor g;
    status st = OK;

    for (size_t i = 0; i < coefs; i++) {
        double r[5];
        for (int k = 0; k < 5; k++)
            r[k] = stream_range(&s, -1, 1);
        fwd[i] = (struct norm_fwd){r[0], r[1], r[2]};
        bwd[i] = (struct norm_bwd){r[0], r[1], r[3], r[4]};
    }
    TRY(tensor(p, shape, false, &x));
    TRY(tensor(p, shape, false, &g));
    TRY(tensor(p, shape, true, &y));
    ops->norm_sums(p->d, &x, NORM_VIEWS, sums);
    saw_doubles(p, PROBE_NORM_SUMS, sums, 2 * coefs);
    ops->norm_apply(p->d, &x, NORM_VIEWS, fwd, NULL, false, &y);
    TRY(saw_tensor(p, PROBE_NORM_APPLY, &y));
    ops->norm_apply(p->d, &x, NORM_VIEWS, fwd, &g, true, &y);
    TRY(saw_tensor(p, PROBE_NORM_APPLY, &y));
    ops->norm_bwd_sums(p->d, &x, &y, NORM_VIEWS, fwd, &g, sums);
    saw_doubles(p, PROBE_NORM_BWD_SUMS, sums, 2 * coefs);
    TRY(saw_tensor(p, PROBE_NORM_BWD_SUMS, &g));
    ops->norm_bwd_apply(p->d, &x, &g, NORM_VIEWS, bwd, &g);
    TRY(saw_tensor(p, PROBE_NORM_BWD_APPLY, &g));
out:
    case_end(p);
    return st;
}

/* Pools, means and what goes element by element. */
static status plain_case(struct probe *p, int32_t channels)
{
    const struct dev_ops *ops = p->d->ops;
    struct shape in = {3, channels, 5, 4, 3};
    struct shape half = {3, channels, 3, 2, 2};
    struct shape flat = {3, channels, 1, 1, 1};
    uint8_t *which = NULL;
    struct tensor x;
    struct tensor y;
    struct tensor dx;
    struct tensor mean;
    status st = OK;

    TRY(tensor(p, in, false, &x));
    TRY(tensor(p, in, true, &dx));
    TRY(tensor(p, half, true, &y));
    TRY(tensor(p, flat, true, &mean));
    TRY(array(p, shape_len(half), &which));
    ops->pool_fwd(p->d, &x, 3, 2, 1, &y, which);
    TRY(saw_tensor(p, PROBE_POOL_FWD, &y));
    ops->pool_bwd(p->d, &y, which, 3, 2, 1, &dx);
    TRY(saw_tensor(p, PROBE_POOL_BWD, &dx));
    ops->mean_fwd(p->d, &x, &mean);
    TRY(saw_tensor(p, PROBE_MEAN_FWD, &mean));
    ops->mean_bwd(p->d, &mean, &dx);
    TRY(saw_tensor(p, PROBE_MEAN_BWD, &dx));
    ops->subsample(p->d, &x, 2, &y);
    TRY(saw_tensor(p, PROBE_SUBSAMPLE, &y));
    ops->add(p->d, &x, &dx);
    TRY(saw_tensor(p, PROBE_ADD, &dx));
    ops->relu_bwd(p->d, &x, &dx);
    TRY(saw_tensor(p, PROBE_RELU_BWD, &dx));
    ops->relu_fwd(p->d, &x, &x);
    TRY(saw_tensor(p, PROBE_RELU_FWD, &x));
out:
    case_end(p);
    return st;
}

static status prelu_case(struct probe *p, int32_t channels)
{
    const struct dev_ops *ops = p->d->ops;
    struct shape shape = {3, channels, 3, 2, 3};
    void *slope = NULL;
    struct tensor x;
    struct tensor y;
    struct tensor g;
    double sum = 0;
    status st = OK;

    TRY(drawn(p, 1, &slope));
    TRY(tensor(p, shape, false, &x));
    TRY(tensor(p, shape, false, &g));
    TRY(tensor(p, shape, true, &y));
    ops->prelu_fwd(p->d, &x, slope, &y);
    TRY(saw_tensor(p, PROBE_PRELU_FWD, &y));
    sum = ops->prelu_bwd(p->d, &x, slope, &g, &y);
    TRY(saw_tensor(p, PROBE_PRELU_BWD, &y));
    saw_doubles(p, PROBE_PRELU_BWD, &sum, 1);
out:
    case_end(p);
    return st;
}

static status vector_case(struct probe *p, bool adapt, bool first)
{
    enum { LEN = 1003 };
    const struct dev_ops *ops = p->d->ops;
    struct lars_desc lars = {.lr = 0.3,
                             .momentum = 0.9,
                             .weight_decay = 1e-4,
                             .q = 0.7,
                             .keep = 1,
                             .adapt = adapt,
                             .first = first};
    struct adam_desc adam = {.lr = 0.3,
                             .c1 = 0.1,
                             .c2 = 0.001,
                             .beta2 = 0.999,
                             .root = 1.7,
                             .eps = 1e-8,
                             .weight_decay = 1e-2,
                             .decay = adapt};
    void *a = NULL;
    void *b = NULL;
    void *c = NULL;
    void *s = NULL;
    double sum = 0;
    status st = OK;

    TRY(drawn(p, LEN, &a));
    TRY(drawn(p, LEN, &b));
    TRY(drawn(p, LEN, &c));
    sum = ops->vec_sumsq(p->d, a, LEN);
    saw_doubles(p, PROBE_VEC_SUMSQ, &sum, 1);
    ops->vec_add(p->d, a, b, LEN);
    saw(p, PROBE_VEC_ADD, a, LEN);
    ops->vec_scale(p->d, a, 1.0 / 3, LEN);
    saw(p, PROBE_VEC_SCALE, a, LEN);
    ops->vec_lars(p->d, &lars, a, b, c, LEN);
    saw(p, PROBE_VEC_LARS, a, LEN);
    saw(p, PROBE_VEC_LARS, c, LEN);
    lars.nesterov = true;
    lars.keep = 0.7;
    ops->vec_lars(p->d, &lars, a, b, c, LEN);
    saw(p, PROBE_VEC_LARS, a, LEN);
    TRY(array(p, LEN, &s));
    for (int i = 0; i < 2; i++)
        ops->vec_adam(p->d, &adam, a, b, c, s, LEN);
    saw(p, PROBE_VEC_ADAM, a, LEN);
    saw(p, PROBE_VEC_ADAM, c, LEN);
    saw(p, PROBE_VEC_ADAM, s, LEN);
out:
    case_end(p);
    return st;
}

static status all_cases(struct probe *p)
{
    static const struct conv_desc convs[] = {
        {{3, 1, 4, 5, 9}, 8, 7, 2, 3},    {{2, 1, 3, 4, 9}, 40, 5, 1, 2},
        {{2, 3, 3, 4, 3}, 16, 3, 1, 1},   {{3, 20, 4, 3, 3}, 33, 3, 2, 1},
        {{2, 264, 2, 2, 3}, 24, 1, 1, 0}, {{5, 12, 3, 3, 3}, 8, 3, 1, 1},
        {{3, 40, 1, 1, 1}, 1, 1, 1, 0},
    };
    static const int32_t channels[] = {1, 5, 16, 40};
    status st = OK;

    for (size_t i = 0; i < sizeof convs / sizeof convs[0]; i++)
        TRY(conv_case(p, &convs[i]));
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        TRY(norm_case(p, channels[i]));
        TRY(plain_case(p, channels[i]));
    }
    for (int i = 0; i < 4; i++)
        TRY(vector_case(p, i & 1, i & 2));
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
        TRY(prelu_case(p, channels[i]));
out:
    return st;
}

/* The state of the processor that no digest shows on its own. */
static status check_modes(void)
{
    volatile float one = 1;
    volatile float half_step = FLT_EPSILON / 2;
    volatile float more = FLT_EPSILON * 0.75F;
    volatile float least = FLT_MIN;
    volatile double least_d = DBL_MIN;
    volatile float below = FLT_TRUE_MIN;
    volatile double below_d = DBL_TRUE_MIN;
    status st = OK;

    ENSURE(fegetround() == FE_TONEAREST, ERR_NUMERIC,
           "the processor does not round to nearest");
    ENSURE(one + half_step == one && one + more > one &&
               -one - half_step == -one && -one - more < -one,
           ERR_NUMERIC, "the processor does not round to nearest");
    ENSURE(least / 2 > 0 && least_d / 2 > 0 && below * 2 > 0 && below_d * 2 > 0,
           ERR_NUMERIC,
           "the processor takes small numbers as zero: a library was built "
           "with fast-math");
out:
    return st;
}

/* Digests of the operations into hex; the first that is not as written is
 * named if the whole is not. */
static status compare(struct probe *p, char hex[SHA256_HEX])
{
    struct digest *all = NULL;
    int wrong = -1;
    char found[SHA256_HEX] = "";
    status st = OK;

    TRY(digest_new(&all));
    for (int i = 0; i < OPS; i++) {
        char one[SHA256_HEX];
        digest_end(p->digest[i], one);
        digest_text(all, rows[i].name, one);
        if (wrong < 0 && strncmp(one, rows[i].start, 16) != 0) {
            wrong = i;
            memcpy(found, one, sizeof found);
        }
    }
    digest_end(all, hex);
    if (p->d->facts.dtype != DTYPE_F32)
        goto out;
    ENSURE(wrong < 0, ERR_NUMERIC,
           "probe of %s (%s): %s gives %.16s, not %s: faulty processor, "
           "compiler or flags",
           p->d->facts.name, p->d->facts.variant, rows[wrong].name, found,
           rows[wrong].start);
    ENSURE(strcmp(hex, DEV_PROBE) == 0, ERR_NUMERIC,
           "probe of %s (%s) gives %s, not %s", p->d->facts.name,
           p->d->facts.variant, hex, DEV_PROBE);
out:
    digest_free(all);
    return st;
}

status dev_probe(struct dev *d, char hex[SHA256_HEX])
{
    struct probe p = {.d = d};
    status st = OK;

    TRY(check_modes());
    for (int i = 0; i < OPS; i++)
        TRY(digest_new(&p.digest[i]));
    TRY(all_cases(&p));
    TRY(compare(&p, hex));
out:
    for (int i = 0; i < OPS; i++)
        digest_free(p.digest[i]);
    return st;
}
