/* Convolutions one by one, as a shard of some samples runs them: forward,
 * input gradient, weight gradient. Work counts without multiplications by the
 * zero padding. Each figure is the best of a few runs; the peak is the mean
 * of bursts between them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "bench.h"
#include "det/stream.h"
#include "dev/dev.h"
#include "dev/plan.h"

struct layer {
    int32_t c, o, k, stride, side, copies;
};

/* The 3-D ResNet-50, twice as wide, on 50^3 patches. */
static const struct layer full_net[] = {
    {1, 128, 7, 2, 50, 1},    {128, 128, 1, 1, 13, 1},
    {128, 128, 3, 1, 13, 3},  {128, 512, 1, 1, 13, 4},
    {512, 128, 1, 1, 13, 2},  {512, 256, 1, 1, 13, 1},
    {256, 256, 3, 2, 13, 1},  {256, 1024, 1, 1, 7, 4},
    {512, 1024, 1, 2, 13, 1}, {1024, 256, 1, 1, 7, 3},
    {256, 256, 3, 1, 7, 3},   {1024, 512, 1, 1, 7, 1},
    {512, 512, 3, 2, 7, 1},   {512, 2048, 1, 1, 4, 6},
    {1024, 2048, 1, 2, 7, 1}, {2048, 512, 1, 1, 4, 5},
    {512, 512, 3, 1, 4, 5},   {2048, 1024, 1, 1, 4, 1},
    {1024, 1024, 3, 2, 4, 1}, {1024, 4096, 1, 1, 2, 3},
    {2048, 4096, 1, 2, 4, 1}, {4096, 1024, 1, 1, 2, 2},
    {1024, 1024, 3, 1, 2, 2},
};

/* The demo network: one bottleneck a stage, planes 8 to 64, 32^3 patches. */
static const struct layer demo_net[] = {
    {1, 8, 7, 2, 32, 1},    {8, 8, 1, 1, 8, 1},    {8, 8, 3, 1, 8, 1},
    {8, 32, 1, 1, 8, 2},    {32, 16, 1, 1, 8, 1},  {16, 16, 3, 2, 8, 1},
    {16, 64, 1, 1, 4, 1},   {32, 64, 1, 2, 8, 1},  {64, 32, 1, 1, 4, 1},
    {32, 32, 3, 2, 4, 1},   {32, 128, 1, 1, 2, 1}, {64, 128, 1, 2, 4, 1},
    {128, 64, 1, 1, 2, 1},  {64, 64, 3, 2, 2, 1},  {64, 256, 1, 1, 1, 1},
    {128, 256, 1, 2, 2, 1},
};

enum { FWD, BWD_X, BWD_W, WAYS };
static const char *const way_names[] = {"fwd", "bwd_x", "bwd_w"};

struct arrays {
    struct tensor x, y, dx;
    void *w, *back, *dw;
    struct plan *plan;
};

struct totals {
    double flop[WAYS], seconds[WAYS], peak;
    int peaks;
};

/* Multiply-adds of one sample times two, padding left out. */
static double useful_flop(const struct plan *p)
{
    double pairs = 0;

    for (int32_t tap = 0; tap < p->taps; tap++)
        for (size_t v = 0; v < shape_voxels(p->out); v++)
            pairs += plan_source(p, v, tap) >= 0;
    return 2 * pairs * p->desc.in.c * p->desc.o;
}

static status filled(struct dev *d, size_t len, void *out_ptr)
{
    struct stream s = stream_at(1, STREAM_TEST, len, 0, 0);
    float *f = NULL;
    status st = OK;

    TRY(dev_ops(d)->alloc(d, len * sizeof *f, (void **)&f));
    for (size_t i = 0; i < len; i++)
        f[i] = (float)stream_range(&s, -1, 1);
    memcpy(out_ptr, &f, sizeof f);
out:
    return st;
}

static status arrays_open(struct dev *d, struct conv_desc c, struct arrays *a)
{
    status st = OK;

    *a = (struct arrays){
        .x.shape = c.in, .dx.shape = c.in, .y.shape = conv_out_shape(&c)};
    TRY(filled(d, shape_len(c.in), &a->x.data));
    TRY(filled(d, shape_len(c.in), &a->dx.data));
    TRY(filled(d, shape_len(a->y.shape), &a->y.data));
    TRY(filled(d, weight_len(c.o, c.k, c.in.c), &a->w));
    TRY(filled(d, weight_len(c.o, c.k, c.in.c), &a->dw));
    TRY(filled(d, weight_len(c.in.c, c.k, c.o), &a->back));
    TRY(dev_ops(d)->conv_plan(d, &c, &a->plan));
out:
    return st;
}

static void arrays_close(struct dev *d, struct arrays *a)
{
    void *all[] = {a->x.data, a->dx.data, a->y.data, a->w, a->dw, a->back};

    dev_ops(d)->conv_plan_free(a->plan);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        dev_ops(d)->release(d, all[i]);
}

static void run_way(struct dev *d, const struct arrays *a, int way)
{
    const struct dev_ops *ops = dev_ops(d);

    if (way == FWD)
        ops->conv_fwd(a->plan, &a->x, a->w, NULL, &a->y);
    else if (way == BWD_X)
        ops->conv_bwd_x(a->plan, &a->y, a->back, &a->dx);
    else
        ops->conv_bwd_w(a->plan, &a->x, &a->y, NULL, a->dw);
}

/* Best time of one run: at least three, about 0.1 s in all. */
static double best_seconds(struct dev *d, const struct arrays *a, int way)
{
    double best = 1e9;
    double all = 0;

    run_way(d, a, way);
    for (int i = 0; i < 1000 && (i < 3 || all < 0.1); i++) {
        double t = bench_seconds();
        run_way(d, a, way);
        t = bench_seconds() - t;
        all += t;
        best = t < best ? t : best;
    }
    return best;
}

static status
layer(struct dev *d, struct layer l, int32_t samples, struct totals *t)
{
    struct conv_desc c = {
        {samples, l.c, l.side, l.side, l.side}, l.o, l.k, l.stride, l.k / 2};
    const char *variant = dev_facts(d).variant;
    struct arrays a;
    char name[96];
    status st = OK;

    TRY(arrays_open(d, c, &a));
    double flop = useful_flop(a.plan) * samples;
    for (int way = 0; way < WAYS; way++) {
        if (way == BWD_X && l.c == 1)
            continue; /* images need no gradient */
        double peak = bench_peak(variant, 2);
        double s = best_seconds(d, &a, way);
        peak = (peak + bench_peak(variant, 2)) / 2;
        (void)snprintf(name, sizeof name, "conv/%d-%d-k%d-s%d-%d/%s", l.c, l.o,
                       l.k, l.stride, l.side, way_names[way]);
        bench_line(name, flop / s / 1e9, "GF/s", "fma-peak", peak);
        t->flop[way] += flop * l.copies;
        t->seconds[way] += s * l.copies;
        t->peak += peak;
        t->peaks++;
    }
out:
    arrays_close(d, &a);
    return st;
}

static status net(const struct layer *layers,
                  size_t n,
                  const char *name,
                  int argc,
                  char **argv)
{
    int32_t samples = argc > 0 ? (int32_t)strtol(argv[0], NULL, 10) : 4;
    struct totals t = {.peaks = 0};
    struct dev *d = NULL;
    double flop = 0;
    double seconds = 0;
    char line[96];
    status st = OK;

    ENSURE(samples >= 1 && samples <= 1024, ERR_USAGE, "samples: 1 to 1024");
    TRY(dev_open("simd", argc > 1 ? argv[1] : NULL, &d));
    for (size_t i = 0; i < n; i++)
        TRY(layer(d, layers[i], samples, &t));
    for (int way = 0; way < WAYS; way++) {
        (void)snprintf(line, sizeof line, "%s/%s", name, way_names[way]);
        bench_line(line, t.seconds[way] * 1e3 / samples, "ms/sample", NULL, 0);
        flop += t.flop[way];
        seconds += t.seconds[way];
    }
    (void)snprintf(line, sizeof line, "%s/all", name);
    bench_line(line, seconds * 1e3 / samples, "ms/sample", NULL, 0);
    (void)snprintf(line, sizeof line, "%s/rate", name);
    bench_line(line, flop / seconds / 1e9, "GF/s", "fma-peak",
               t.peak / t.peaks);
out:
    dev_close(d);
    return st;
}

status bench_conv(int argc, char **argv)
{
    return net(full_net, sizeof full_net / sizeof full_net[0], "conv-net", argc,
               argv);
}

status bench_demo_layers(int argc, char **argv)
{
    return net(demo_net, sizeof demo_net / sizeof demo_net[0], "demo-net", argc,
               argv);
}
