/* Views of 50^3 patches, one core: the pretraining pipeline as it is drawn,
 * each transform alone, and what a machine of 16 cores that feeds 2,500 views
 * a second leaves for one view. */
#include "vol/augment/augment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "bench.h"

enum { EDGE = 50, PATCHES = 8, LEAST = 20 };

struct views {
    struct patch patch[PATCHES];
    struct image out;
    float *scratch;
    size_t scratch_len;
};

static status new_views(struct views *v)
{
    status st = OK;
    struct stream s = stream_at(1, STREAM_TEST, 0, 0, 0);

    for (int i = 0; i < PATCHES; i++) {
        struct patch *p = &v->patch[i];

        *p = (struct patch){{EDGE, EDGE, EDGE}, PIXEL_I16, NULL};
        TRY(mem_raw(patch_len(p), sizeof(int16_t), &p->data));
        for (size_t k = 0; k < patch_len(p); k++)
            pixel_set(p->pixel, p->data, k, stream_range(&s, -1100, 900));
    }
    TRY(mem_raw((size_t)EDGE * EDGE * EDGE, sizeof(float), &v->out.data));
out:
    return st;
}

static void end_views(struct views *v)
{
    for (int i = 0; i < PATCHES; i++)
        mem_free(v->patch[i].data);
    mem_free(v->out.data);
    mem_free(v->scratch);
}

static status room(struct views *v, const struct augment_chain *c)
{
    status st = OK;
    size_t len = augment_chain_scratch(c, EDGE);

    if (len > v->scratch_len) {
        mem_free(v->scratch);
        v->scratch = NULL;
        v->scratch_len = 0;
        TRY(mem_raw(len, sizeof(float), &v->scratch));
        v->scratch_len = len;
    }
out:
    return st;
}

static status
run_views(struct views *v, const struct augment_chain *c, int n, uint64_t row)
{
    status st = OK;

    for (int i = 0; i < n; i++) {
        struct stream s = stream_at(1, STREAM_AUGMENT, 0, row, (uint64_t)i);

        TRY(augment_chain_view(c, &v->patch[i % PATCHES], &s, &v->out,
                               v->scratch));
    }
out:
    return st;
}

/* Mean milliseconds a view over n views. */
static status
time_chain(struct views *v, const struct augment_chain *c, int n, double *ms)
{
    status st = OK;
    double t;

    TRY(room(v, c));
    TRY(run_views(v, c, LEAST, 1)); /* touches all memory */
    t = bench_seconds();
    TRY(run_views(v, c, n, 0));
    *ms = 1e3 * (bench_seconds() - t) / n;
out:
    return st;
}

static const struct {
    const char *name;
    struct augment_step step;
} alone[] = {
    {"crop", {AUGMENT_CROP, EDGE, 1.0, 0.5, 1.0, false}},
    {"crop-fused", {AUGMENT_CROP, EDGE, 1.0, 0.5, 1.0, true}},
    {"flip", {.op = AUGMENT_FLIP, .p = 1.0}},
    {"histogram", {.op = AUGMENT_HISTOGRAM, .p = 1.0}},
    {"smooth", {AUGMENT_SMOOTH, 0, 1.0, 0.25, 1.5, false}},
    {"threshold", {.op = AUGMENT_THRESHOLD}},
    {"normalise", {.op = AUGMENT_NORMALISE}},
    {"scale", {.op = AUGMENT_SCALE}},
    {"translate", {AUGMENT_TRANSLATE, 0, 1.0, -10.0, 10.0, false}},
    {"rotate", {.op = AUGMENT_ROTATE, .p = 1.0}},
    {"transpose", {.op = AUGMENT_TRANSPOSE}},
};

static status each(struct views *v, int n)
{
    status st = OK;
    struct augment_chain c = {0};
    double none;
    double ms;
    char line[64];

    TRY(time_chain(v, &c, n, &none)); /* to float and out */
    bench_line("augment-none", none, "ms/view", NULL, 0);
    c.n = 1;
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
        c.step[0] = alone[i].step;
        TRY(time_chain(v, &c, n, &ms));
        (void)snprintf(line, sizeof line, "augment-%s", alone[i].name);
        bench_line(line, ms, "ms/view", NULL, 0);
    }
out:
    return st;
}

/* Views of a preset, the mean over its parts. */
static status
preset(struct views *v, const char *name, const char *config, int n, double *ms)
{
    status st = OK;
    struct augment_pipeline p;
    char line[64];
    double sum = 0;
    double t;

    TRY(augment_preset(config, "train", EDGE, &p));
    for (int32_t i = 0; i < p.parts; i++) {
        TRY(time_chain(v, &p.part[i].chain, n, &t));
        sum += t * p.part[i].views;
    }
    *ms = sum / augment_views(&p);
    (void)snprintf(line, sizeof line, "augment-%s", name);
    bench_line(line, *ms, "ms/view", NULL, 0);
out:
    return st;
}

status bench_augment(int argc, char **argv)
{
    status st = OK;
    int n = argc > 0 ? (int)strtol(argv[0], NULL, 10) : 400;
    struct augment_conf conf = augment_default(EDGE);
    struct augment_chain c;
    struct views v = {0};
    double ms;

    ENSURE(n >= 1 && n <= 1000000, ERR_USAGE,
           "augment [views]: 1 to 1000000 views");
    TRY(new_views(&v));
    TRY(each(&v, n));
    conf.flip_p = conf.histogram_p = conf.smooth_p = 1.0;
    c = augment_chain_conf(&conf);
    TRY(time_chain(&v, &c, n, &ms));
    bench_limit("augment-pretrain-all", ms, "ms/view", 3.0);
    TRY(preset(&v, "swav", "pretraining/swav_pretrain", n, &ms));
    TRY(preset(&v, "finetune", "adaptation/fmcib_finetune", n, &ms));
    TRY(preset(&v, "pretrain", "pretraining/fmcib_pretrain", n, &ms));
    bench_line("augment-pretrain-rate", 1e3 / ms, "views/s/core", "gpu-need",
               2500.0 / 16.0);
out:
    end_views(&v);
    return st;
}
