#ifndef TESTS_UNIT_REPORT_SAMPLE_H
#define TESTS_UNIT_REPORT_SAMPLE_H

/* A report of made-up scores with everything in it. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "eval/gate.h"
#include "eval/report.h"

enum { SAMPLE_ROWS = 384, SAMPLE_CLASSES = 8, SAMPLE_SETS = 4 };

struct sample {
    struct report r;
    struct scored *scored[SAMPLE_SETS];
    uint32_t count[SAMPLE_CLASSES];
};

static inline void
sample_set(struct sample *s, const char *name, double signal, uint64_t what)
{
    static const struct bootstrap b = {.seed = 1, .resamples = 200};
    int32_t y[SAMPLE_ROWS];
    double *p = NULL;
    struct report_set *set = NULL;
    struct stream g = stream_at(8, STREAM_TEST, what, 0, 0);
    uint32_t k = SAMPLE_CLASSES;

    assert_ok(mem_new((size_t)SAMPLE_ROWS * k, sizeof *p, &p));
    for (uint32_t i = 0; i < SAMPLE_ROWS; i++) {
        y[i] = (int32_t)(i % k);
        for (uint32_t c = 0; c < k; c++)
            p[i * k + c] = stream_normal(&g) + signal * (c == (uint32_t)y[i]);
        if (what == 0)
            s->count[y[i]]++;
    }
    assert_ok(scored_new(y, p, SAMPLE_ROWS, k, &s->scored[what]));
    assert_ok(REPORT_ADD(&s->r, set, n_sets, cap_sets, &set));
    set->name = name;
    set->digest = "0123";
    set->c = 0.01 * (double)(what + 1);
    set->trials = 20;
    set->valid = 0.7;
    set->valid_name = "auc";
    assert_ok(mem_new(k, sizeof *set->roc, &set->roc));
    for (uint32_t m = 0; m < s->r.n_metrics; m++)
        assert_ok(bootstrap_metric(s->scored[what], s->r.metric[m], &b,
                                   &set->metric[s->r.metric[m]]));
    for (uint32_t c = 0; c < k; c++)
        assert_ok(scored_roc(s->scored[what], c, &set->roc[c].fpr,
                             &set->roc[c].tpr, &set->roc[c].n));
    assert_ok(mem_new((size_t)k * k, sizeof(uint32_t), &set->confusion));
    scored_confusion(s->scored[what], set->confusion);
    assert_ok(mem_new(k, sizeof *set->roc_band, &set->roc_band));
    assert_ok(mem_new(k, sizeof *set->pr_band, &set->pr_band));
    for (uint32_t c = 0; c < k; c++)
        assert_ok(scored_bands(s->scored[what], c, &b, &set->roc_band[c],
                               &set->pr_band[c]));
    mem_free(p);
}

static inline void sample_steps(struct report_steps *s)
{
    struct stream g = stream_at(8, STREAM_TEST, 99, 0, 0);

    s->n = 180;
    assert_ok(mem_new(s->n, sizeof *s->step, &s->step));
    for (int f = 0; f < HEALTHS; f++)
        assert_ok(mem_new(s->n, sizeof(double), &s->v[f]));
    for (uint32_t i = 0; i < s->n; i++) {
        double t = 1.0 - exp(-(double)i / 40.0);
        double e = 0.02 * stream_normal(&g);

        s->step[i] = i + 1.0;
        s->v[HEALTH_LOSS][i] = 4.1 - 2.6 * t + 5 * e;
        s->v[HEALTH_OWN][i] = 0.5 + 0.35 * t + e;
        s->v[HEALTH_OTHER][i] = 0.9 - 0.45 * t + e;
        s->v[HEALTH_NEGATIVE][i] = 0.8 - 0.8 * t + e;
        s->v[HEALTH_FEATURE_SD][i] = 0.4 + 0.5 * t + e;
        s->v[HEALTH_LR][i] = 5.0;
    }
}

static inline void sample_patches(struct report *r)
{
    static const char *const label[SAMPLE_CLASSES] = {
        "layers",  "onion",      "grains",  "rim",
        "bubbles", "spiculated", "cluster", "fuzzy <&>"};

    for (size_t i = 0; i < 40; i++) {
        struct report_patch *p = NULL;

        assert_ok(REPORT_ADD(r, patch, n_patches, cap_patches, &p));
        p->label = label[i % SAMPLE_CLASSES];
        p->row = "row 3";
        p->width = p->height = 32;
        assert_ok(mem_new((size_t)32 * 32, 1, &p->pixels));
        for (int y = 0; y < 32; y++)
            for (int x = 0; x < 32; x++)
                p->pixels[y * 32 + x] =
                    (uint8_t)(hypot(x - 16, y - 16) < 6 + (int)(i % 8)
                                  ? 200 - 8 * ((x + y) % 4)
                                  : 60 + 9 * (x % 3));
    }
}

static inline void sample_lists(struct report *r)
{
    static const char *const key[][2] = {
        {"seed", "0"},          {"train.shards", "8"},
        {"train.steps", "180"}, {"norm.batches", "joint"},
        {"optim.lr", "5.0"},    {"net.layers", "[1, 1, 1, 1]"}};
    struct report_digest *d = NULL;
    struct report_key *k = NULL;
    struct report_library *l = NULL;

    for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
        assert_ok(REPORT_ADD(r, key, n_keys, cap_keys, &k));
        *k = (struct report_key){"pretraining", key[i][0], key[i][1], true};
    }
    assert_ok(REPORT_ADD(r, key, n_keys, cap_keys, &k));
    *k = (struct report_key){"validation", "seed", "1", true};
    assert_ok(REPORT_ADD(r, digest, n_digests, cap_digests, &d));
    *d = (struct report_digest){
        "pretraining", "weights after step 180",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"};
    assert_ok(REPORT_ADD(r, library, n_libraries, cap_libraries, &l));
    *l = (struct report_library){"fmcib-hpc", "0.1.0", "all arithmetic", true};
}

/* Four feature sets of rising signal; differences pretrained - random and
 * both - simple. Gates are the caller's. */
static inline void sample_make(struct sample *s)
{
    static const char *const name[] = {"random", "simple", "pretrained",
                                       "both"};
    static const enum metric shown[] = {METRIC_AUC, METRIC_MAP, METRIC_BA};
    static const struct bootstrap b = {.seed = 1, .resamples = 200};

    *s = (struct sample){.r = {.title = "Linear probe of the phantom cohort",
                               .cohort = "phantom",
                               .task = "task1",
                               .rows = SAMPLE_ROWS,
                               .classes = SAMPLE_CLASSES,
                               .seed = 1,
                               .resamples = 200,
                               .n_metrics = 3}};
    assert_ok(mem_new(3, sizeof *s->r.metric, &s->r.metric));
    memcpy(s->r.metric, shown, sizeof shown);
    assert_ok(
        mem_new(SAMPLE_CLASSES, sizeof *s->r.class_name, &s->r.class_name));
    for (uint64_t i = 0; i < SAMPLE_SETS; i++)
        sample_set(s, name[i], 0.6 + 0.25 * (double)i, i);
    sample_patches(&s->r);
    for (int k = 0; k < SAMPLE_CLASSES; k++)
        s->r.class_name[k] = s->r.patch[k].label;
    for (uint32_t i = 0; i < 2; i++) {
        struct report_difference *d = NULL;

        assert_ok(
            REPORT_ADD(&s->r, difference, n_differences, cap_differences, &d));
        d->a = i ? 3 : 2;
        d->b = i ? 1 : 0;
        assert_ok(bootstrap_difference(s->scored[d->a], s->scored[d->b],
                                       METRIC_AUC, &b, &d->v));
    }
    sample_steps(&s->r.steps);
    sample_lists(&s->r);
}

static inline void sample_drop(struct sample *s)
{
    for (int i = 0; i < SAMPLE_SETS; i++)
        scored_free(s->scored[i]);
    report_free(&s->r);
}

#endif
