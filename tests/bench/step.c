/* Whole steps of pretraining in one process, on patches made of formulas:
 * reading, augmentation, forward, loss, backward, update, digest. The share is
 * of the FMA peak that bursts on as many threads give between the steps; flops
 * count convolutions without multiplications by padding. "work" is the time
 * all threads have worked: others on the machine do not stretch it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

#include "bench.h"
#include "train/pretrain_impl.h"

enum { MAX_STEPS = 1000 };

/* Pairs of output and tap along one axis that meet the input. */
static double pairs(int n, int k, int stride, int pad)
{
    int out = (n + 2 * pad - k) / stride + 1;
    int count = 0;

    for (int o = 0; o < out; o++)
        for (int t = 0; t < k; t++) {
            int i = o * stride + t - pad;

            count += i >= 0 && i < n;
        }
    return count;
}

static double conv_flop(int c, int o, int n, int k, int stride)
{
    double p = pairs(n, k, stride, k / 2);

    return 2 * p * p * p * c * o;
}

/* Forward, both gradients, of one view of a bottleneck network; the stem has
 * no input gradient. */
static double view_flop(const struct net_conf *c)
{
    int width = (int)(c->planes[0] * c->widen);
    int n = c->size[0];
    double stem = conv_flop(1, width, n, 7, c->conv1_stride);
    double sum = 0;
    int in = width;

    n = (n - 1) / c->conv1_stride + 1;
    n = c->no_max_pool ? n : (n - 1) / 2 + 1;
    for (int s = 0; s < c->stages; s++) {
        int p = (int)(c->planes[s] * c->widen);

        for (int b = 0; b < c->layers[s]; b++) {
            int stride = s > 0 && b == 0 ? 2 : 1;

            sum += conv_flop(in, p, n, 1, 1) + conv_flop(p, p, n, 3, stride);
            if (b == 0)
                sum += conv_flop(in, 4 * p, n, 1, stride);
            n = (n - 1) / stride + 1;
            sum += conv_flop(p, 4 * p, n, 1, 1);
            in = 4 * p;
        }
    }
    return 3 * sum + 2 * stem;
}

static void set_list(struct conf_list *l, int n, const int64_t *v)
{
    l->n = (uint32_t)n;
    for (int i = 0; i < n; i++)
        l->v.i[i] = v[i];
}

/* The keys of jobs/pretrain-full.yaml, or of the demo's network. */
static struct train_conf keys(bool full)
{
    struct train_conf c = {.weights = "",
                           .patches = "computed",
                           .computed_rows = 64,
                           .shards = 8,
                           .items = full ? 1 : 4,
                           .groups = 1,
                           .epochs = 1000,
                           .block = 1,
                           .widen = full ? 2 : 1,
                           .conv1_stride = 2,
                           .max_pool = true,
                           .shortcut = 1,
                           .bias_downsample = true,
                           .zero_theory_bias = true,
                           .norm_batches = full ? 0 : 1,
                           .temperature = 0.1,
                           .lr = 0.075,
                           .momentum = 0.9,
                           .weight_decay = 1e-6,
                           .trust = 0.001,
                           .schedule = 1,
                           .drop_every = 30,
                           .drop_by = 0.1};

    if (full) {
        set_list(&c.layers, 4, (int64_t[]){3, 4, 6, 3});
        set_list(&c.planes, 4, (int64_t[]){64, 128, 256, 512});
        set_list(&c.head, 2, (int64_t[]){2048, 128});
    } else {
        set_list(&c.layers, 4, (int64_t[]){1, 1, 1, 1});
        set_list(&c.planes, 4, (int64_t[]){8, 16, 32, 64});
        set_list(&c.head, 2, (int64_t[]){128, 128});
    }
    return c;
}

struct bursts {
    const char *variant;
    double each[256];
};

static status one_burst(void *ctx, size_t item, int member)
{
    struct bursts *b = ctx;

    (void)member;
    b->each[item] = bench_peak(b->variant, 20);
    return OK;
}

static double peak_of(struct team *team, const char *variant)
{
    struct bursts b = {.variant = variant};
    double sum = 0;
    size_t n = (size_t)team_size(team);

    (void)team_run(team, n, one_burst, &b);
    for (size_t i = 0; i < n; i++)
        sum += b.each[i];
    return sum;
}

/* Seconds all threads have worked. */
static double process_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static status
measure(struct pretrain *p, struct team *team, int steps, const char *name)
{
    status st = OK;
    struct step_facts f;
    double items = (double)(p->t.io->conf->shards * p->t.io->conf->items);
    double flop = 4 * view_flop(&p->t.part[0].conf) * items;
    double best = 0;
    double peak = 0;
    double total = 0;
    double work = 0;
    char line[64];

    TRY(pretrain_step(p, &f)); /* touches all memory */
    for (int i = 0; i < steps; i++) {
        double t = clock_s();
        double w = process_s();

        TRY(pretrain_step(p, &f));
        t = clock_s() - t;
        w = process_s() - w;
        total += t;
        best = i == 0 || t < best ? t : best;
        work = i == 0 || w < work ? w : work;
        peak += peak_of(team, dev_facts(p->t.dev).variant) / steps;
    }
    (void)snprintf(line, sizeof line, "step-%s-mean", name);
    bench_line(line, 1e3 * total / steps / items, "ms/item", NULL, 0);
    (void)snprintf(line, sizeof line, "step-%s-best", name);
    bench_line(line, 1e3 * best / items, "ms/item", NULL, 0);
    (void)snprintf(line, sizeof line, "step-%s-work", name);
    bench_line(line, 1e3 * work / items, "ms/item", NULL, 0);
    (void)snprintf(line, sizeof line, "step-%s-rate", name);
    bench_line(line, flop / best / 1e9, "GF/s", "fma-peak", peak);
    (void)snprintf(line, sizeof line, "step-%s-work-rate", name);
    bench_line(line, flop / work / 1e9, "GF/s", "fma-peak",
               peak / team_size(team));
out:
    return st;
}

status bench_step(int argc, char **argv)
{
    status st = OK;
    bool full = argc < 1 || strcmp(argv[0], "demo") != 0;
    int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2;
    int steps = argc > 2 ? (int)strtol(argv[2], NULL, 10) : full ? 2 : 20;
    struct train_conf c = keys(full);
    struct augment_conf a = augment_default(full ? 50 : 32);
    struct compute_conf cc = {0};
    struct pretrain_io io = {.run = {.conf = &c,
                                     .compute = &cc,
                                     .out = ".",
                                     .run_id = "",
                                     .identity = "",
                                     .quiet = true,
                                     .stop_after = -1},
                             .augment = &a};
    struct pretrain p = {0};
    struct par *par = NULL;
    struct team *team = NULL;
    int none = 0;
    char **no_args = NULL;

    ENSURE(threads >= 1 && threads <= 256 && steps >= 1 && steps <= MAX_STEPS,
           ERR_USAGE,
           "step [full|demo [threads [steps]]]: 1 to 256 threads, "
           "1 to %d steps",
           MAX_STEPS);
    TRY(par_start(&none, &no_args, &par));
    TRY(team_new(threads, &team));
    io.run.par = par;
    io.run.team = team;
    TRY(pretrain_open(&p, &io));
    TRY(measure(&p, team, steps, full ? "full" : "demo"));
out:
    pretrain_close(&p);
    team_free(team);
    if (par)
        par_stop(par);
    return st;
}
