#include "eval/permute.h"

#include <string.h>

#include "base/mem.h"

#include "det/stream.h"
#include "eval/scored.h"

status permute_pool(const int32_t *y,
                    const double *a,
                    const double *b,
                    uint32_t n,
                    uint32_t classes,
                    struct scored **out)
{
    status st = OK;
    int32_t *both = NULL;
    double *proba = NULL;
    size_t len = (size_t)n * classes;

    TRY(mem_raw(2 * (size_t)n, sizeof *both, &both));
    TRY(mem_raw(2 * len, sizeof *proba, &proba));
    if (n > 0) {
        memcpy(both, y, n * sizeof *y);
        memcpy(both + n, y, n * sizeof *y);
        memcpy(proba, a, len * sizeof *a);
        memcpy(proba + len, b, len * sizeof *b);
    }
    TRY(scored_new(both, proba, 2 * n, classes, out));
out:
    mem_free(both);
    mem_free(proba);
    return st;
}

/* Rows of the two models: left [n], right [n]. */
struct sides {
    const struct scored *s;
    enum metric m;
    uint32_t n;
    uint32_t *left, *right;
    struct tally t;
};

static double difference(struct sides *d)
{
    double v =
        tally_metric(d->s, d->m, &(struct rows_of){d->left, d->n}, &d->t);

    return v -
           tally_metric(d->s, d->m, &(struct rows_of){d->right, d->n}, &d->t);
}

static void keep(struct sides *d, uint32_t i, bool kept)
{
    d->left[i] = kept ? i : d->n + i;
    d->right[i] = kept ? d->n + i : i;
}

static void exchange(struct sides *d, struct drawing *from, uint32_t r)
{
    struct stream s;

    if (from->b->draws == DRAWS_STUDY) {
        for (uint32_t i = 0; i < d->n; i++)
            keep(d, i, mt_below(&from->mt, 2) == 1);
        return;
    }
    s = stream_at(from->b->seed, STREAM_PERMUTE, from->b->what, r, 0);
    for (uint32_t i = 0; i < d->n; i++)
        keep(d, i, stream_below(&s, 2) == 1);
}

/* The resample that follows the mask in the study's loop. */
static double resampled(struct sides *d, struct drawing *from, uint32_t r)
{
    drawing_rows(from, r, d->n, d->left);
    for (uint32_t i = 0; i < d->n; i++)
        d->right[i] = d->n + d->left[i];
    return difference(d);
}

static status repeat(struct sides *d,
                     const struct bootstrap *b,
                     struct interval *boot,
                     struct permuted *out)
{
    status st = OK;
    struct drawing from;
    double *value = NULL;
    uint32_t used = 0;

    TRY(drawing_start(b, &from));
    TRY(mem_raw(b->resamples, sizeof *value, &value));
    for (uint32_t r = 0; r < b->resamples; r++) {
        double v;

        exchange(d, &from, r);
        v = difference(d);
        out->above += v >= out->observed;
        out->beyond += __builtin_fabs(v) >= __builtin_fabs(out->observed);
        if (b->draws != DRAWS_STUDY)
            continue;
        v = resampled(d, &from, r);
        if (!__builtin_isnan(v))
            value[used++] = v;
    }
    if (b->draws == DRAWS_STUDY) {
        boot->value = out->observed;
        TRY(interval_of(value, used, boot));
        boot->left_out = b->resamples - used;
    }
out:
    mem_free(value);
    return st;
}

status permute(const struct scored *pooled,
               enum metric m,
               const struct bootstrap *b,
               struct interval *boot,
               struct permuted *out)
{
    status st = OK;
    struct sides d = {.s = pooled, .m = m, .n = pooled->n / 2};
    struct permuted p = {.n = b->resamples};

    TRY(tally_new(pooled, &d.t));
    TRY(mem_raw(d.n, sizeof *d.left, &d.left));
    TRY(mem_raw(d.n, sizeof *d.right, &d.right));
    for (uint32_t i = 0; i < d.n; i++)
        keep(&d, i, true);
    p.observed = difference(&d);
    TRY(repeat(&d, b, boot, &p));
    p.p_study = p.p = __builtin_nan("");
    if (p.n > 0 && !__builtin_isnan(p.observed)) {
        p.p_study = (double)p.above / p.n;
        p.p = (1.0 + p.beyond) / (1.0 + p.n);
    }
    *out = p;
out:
    tally_free(&d.t);
    mem_free(d.left);
    mem_free(d.right);
    return st;
}
