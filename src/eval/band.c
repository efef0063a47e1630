/* Bootstrap bands of ROC and precision-recall curves. */
#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "eval/metrics.h"
#include "eval/scored.h"

/* Values of one curve by point, then resample: [BAND_POINTS][room]. */
struct heights {
    double *at;
    double *area; /* [room] */
    uint32_t room, used;
};

static double grid(uint32_t i)
{
    return (double)i / (BAND_POINTS - 1);
}

/* True positive rate over the grid; both sides are there. */
static void
roc_of(const struct tally *t, uint32_t groups, struct heights *h, uint32_t col)
{
    uint64_t tp = 0;
    uint64_t fp = 0;
    double pos = 0.0;
    double neg = 0.0;
    uint32_t i = 0;

    for (uint32_t g = 0; g < groups; g++) {
        pos += t->pos[g];
        neg += t->neg[g];
    }
    for (uint32_t g = 0; g < groups; g++) {
        for (; i < BAND_POINTS; i++) {
            double past = i * neg / (BAND_POINTS - 1) - (double)fp;

            if (past >= t->neg[g])
                break;
            h->at[(size_t)i * h->room + col] =
                ((double)tp + t->pos[g] * (past / t->neg[g])) / pos;
        }
        tp += t->pos[g];
        fp += t->neg[g];
    }
    for (; i < BAND_POINTS; i++)
        h->at[(size_t)i * h->room + col] = 1.0;
}

static void
pr_of(const struct tally *t, uint32_t groups, struct heights *h, uint32_t col)
{
    uint64_t tp = 0;
    uint64_t all = 0;
    double pos = 0.0;
    uint32_t i = 0;

    for (uint32_t g = 0; g < groups; g++)
        pos += t->pos[g];
    for (uint32_t g = 0; g < groups; g++) {
        tp += t->pos[g];
        all += (uint64_t)t->pos[g] + t->neg[g];
        for (; tp > 0 && i < BAND_POINTS; i++) {
            if ((double)tp * (BAND_POINTS - 1) < i * pos)
                break;
            h->at[(size_t)i * h->room + col] = (double)tp / (double)all;
        }
    }
}

static status heights_new(uint32_t room, struct heights *h)
{
    status st = OK;

    h->room = room;
    TRY(mem_raw((size_t)BAND_POINTS * room, sizeof *h->at, &h->at));
    TRY(mem_raw(room, sizeof *h->area, &h->area));
out:
    return st;
}

static void heights_free(struct heights *h)
{
    mem_free(h->at);
    mem_free(h->area);
}

static status band_of(const struct heights *h, struct band *out)
{
    status st = OK;
    struct interval v;

    for (uint32_t i = 0; i < BAND_POINTS; i++) {
        TRY(interval_of(h->at + (size_t)i * h->room, h->used, &v));
        out->x[i] = grid(i);
        out->lo[i] = v.lo;
        out->hi[i] = v.hi;
    }
    TRY(interval_of(h->area, h->used, &out->area));
    out->area.left_out = h->room - h->used;
out:
    return st;
}

/* Counts the rows into t; are both sides there? */
static bool count(const struct scored *s,
                  uint32_t k,
                  const struct rows_of *r,
                  struct tally *t)
{
    tally_groups(s, r, k, k, t);
    return !__builtin_isnan(tally_area(t, s->groups[k]));
}

status scored_bands(const struct scored *s,
                    uint32_t class_index,
                    const struct bootstrap *b,
                    struct band *roc,
                    struct band *pr)
{
    status st = OK;
    uint32_t room =
        b->resamples < BAND_RESAMPLES ? b->resamples : BAND_RESAMPLES;
    uint32_t groups = s->groups[class_index];
    struct heights h[2] = {{0}, {0}};
    struct tally t = {0};
    struct drawing d;
    uint32_t *idx = NULL;

    *roc = *pr = (struct band){0};
    TRY(drawing_start(b, &d));
    TRY(tally_new(s, &t));
    TRY(mem_raw(s->n, sizeof *idx, &idx));
    TRY(heights_new(room, &h[0]));
    TRY(heights_new(room, &h[1]));
    if (!count(s, class_index, &(struct rows_of){.n = s->n}, &t))
        goto out;
    roc->area.value = tally_area(&t, groups);
    pr->area.value = tally_precision(&t, groups);
    for (uint32_t r = 0; r < room; r++) {
        uint32_t at = h[0].used;

        drawing_rows(&d, r, s->n, idx);
        if (!count(s, class_index, &(struct rows_of){idx, s->n}, &t))
            continue;
        h[0].area[at] = tally_area(&t, groups);
        h[1].area[at] = tally_precision(&t, groups);
        roc_of(&t, groups, &h[0], at);
        pr_of(&t, groups, &h[1], at);
        h[0].used = h[1].used = at + 1;
    }
    TRY(band_of(&h[0], roc));
    TRY(band_of(&h[1], pr));
out:
    heights_free(&h[0]);
    heights_free(&h[1]);
    tally_free(&t);
    mem_free(idx);
    return st;
}
