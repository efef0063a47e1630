/* Features by the full network in evaluation mode: forward passes of one batch
 * for each thread. Wall time, and the time all threads together have worked,
 * which a loaded machine does not stretch. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/team.h"

#include "bench.h"
#include "det/stream.h"
#include "nn/net.h"
#include "train/settings.h"

enum { SIZE = 50, MAX_RUNS = 1000 };

static struct net_conf full_net(int batch)
{
    return (struct net_conf){.block = NET_BOTTLENECK,
                             .stages = 4,
                             .layers = {3, 4, 6, 3},
                             .planes = {64, 128, 256, 512},
                             .widen = 2,
                             .in_channels = 1,
                             .size = {SIZE, SIZE, SIZE},
                             .conv1_stride = 2,
                             .shortcut = NET_SHORTCUT_B,
                             .bias_downsample = true,
                             .views = 1,
                             .m = batch};
}

static status fill(struct net *net, uint32_t shards, int batch)
{
    status st = OK;
    float *x = NULL;
    size_t len = (size_t)batch * SIZE * SIZE * SIZE;

    TRY(net_init(net, 1));
    TRY(mem_raw(len, sizeof *x, &x));
    for (uint32_t s = 0; s < shards; s++) {
        struct stream draw = stream_at(1, STREAM_PROBE, s, 0, 0);

        for (size_t i = 0; i < len; i++)
            x[i] = (float)stream_double(&draw);
        net_put_f32(net, s, x);
    }
out:
    mem_free(x);
    return st;
}

static double worked_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static status measure(struct net *net, int patches, int runs)
{
    status st = OK;
    double best = 0;
    double work = 0;

    TRY(net_forward(net, OK, false)); /* touches all memory */
    for (int i = 0; i < runs; i++) {
        double w = worked_s();
        double t = clock_s();

        TRY(net_forward(net, OK, false));
        t = clock_s() - t;
        w = worked_s() - w;
        best = i == 0 || t < best ? t : best;
        work = i == 0 || w < work ? w : work;
    }
    bench_line("eval-best", 1e3 * best / patches, "ms/patch", NULL, 0);
    bench_line("eval-work", 1e3 * work / patches, "ms/patch", NULL, 0);
out:
    return st;
}

status bench_eval(int argc, char **argv)
{
    status st = OK;
    int threads = argc > 0 ? (int)strtol(argv[0], NULL, 10) : 1;
    int batch = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 4;
    int runs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    struct compute_conf cc = {0};
    struct net_conf conf = full_net(batch);
    struct meet meet = {.shards = (uint32_t)threads,
                        .shard_n = (uint32_t)threads};
    struct team *team = NULL;
    struct dev *dev = NULL;
    struct net *net = NULL;

    ENSURE(threads >= 1 && threads <= 256 && batch >= 1 && batch <= 256 &&
               runs >= 1 && runs <= MAX_RUNS,
           ERR_USAGE, "eval [threads [batch [runs]]]: at least 1 each");
    TRY(team_new(threads, &team));
    TRY(compute_open(&cc, &dev));
    TRY(net_new(&conf, &meet, team, dev, &net));
    TRY(fill(net, meet.shards, batch));
    TRY(measure(net, threads * batch, runs));
out:
    net_free(net);
    dev_close(dev);
    team_free(team);
    return st;
}
