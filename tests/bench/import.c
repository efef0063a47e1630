/* Importing a file of weights into a network, against reading the same file
 * from the page cache and hashing it: pairs of both in one run, the best of
 * each. Wall time with the team, and processor time of the whole process. */
#include "train/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/mem.h"
#include "base/sha256.h"

#include "bench.h"
#include "store/raw.h"

enum { PAIRS = 3, PIECE = 1 << 20 };

struct taken {
    double wall, cpu;
};

static struct taken now(void)
{
    struct timespec w;
    struct timespec c;

    (void)clock_gettime(CLOCK_MONOTONIC, &w);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c);
    return (struct taken){(double)w.tv_sec + 1e-9 * (double)w.tv_nsec,
                          (double)c.tv_sec + 1e-9 * (double)c.tv_nsec};
}

static void best(struct taken start, struct taken *t)
{
    struct taken end = now();

    if (t->wall <= 0 || end.wall - start.wall < t->wall)
        t->wall = end.wall - start.wall;
    if (t->cpu <= 0 || end.cpu - start.cpu < t->cpu)
        t->cpu = end.cpu - start.cpu;
}

static status read_and_hash(const char *path, struct taken *t, uint64_t *size)
{
    status st = OK;
    struct raw raw = {.fd = -1};
    struct sha256 *sha = NULL;
    uint8_t sum[SHA256_SIZE];
    char *buf = NULL;
    struct taken start = now();

    TRY(mem_raw(PIECE, 1, &buf));
    TRY(sha256_new(&sha));
    TRY(raw_open(path, &raw));
    *size = raw.size;
    for (uint64_t at = 0; at < raw.size; at += PIECE) {
        size_t n = raw.size - at < PIECE ? (size_t)(raw.size - at) : PIECE;

        TRY(raw_read(&raw, at, n, buf));
        sha256_add(sha, buf, n);
    }
    sha256_end(sha, sum);
    best(start, t);
out:
    raw_close(&raw);
    sha256_free(sha);
    mem_free(buf);
    return st;
}

static status
import(const char *path, struct team *team, struct dev *dev, struct taken *t)
{
    status st = OK;
    struct import *f = NULL;
    struct net *net = NULL;
    struct net_conf conf;
    struct meet meet = {.shards = 1, .shard_n = 1};
    bool told = false;
    struct taken start;

    TRY(import_open(path, &f));
    TRY(import_net_conf(f, &conf, &told));
    import_close(f);
    f = NULL;
    conf.n_head = 0;
    for (int i = 0; i < 3; i++)
        conf.size[i] = 16; /* activations do not matter here */
    TRY(net_new(&conf, &meet, team, dev, &net));
    start = now();
    TRY(import_open(path, &f));
    TRY(import_fill(f, &conf, net, team, DTYPE_F32, true));
    best(start, t);
out:
    net_free(net);
    import_close(f);
    return st;
}

static size_t peak(void)
{
    struct rusage u;

    return getrusage(RUSAGE_SELF, &u) == 0 ? (size_t)u.ru_maxrss * 1024 : 0;
}

status bench_import(int argc, char **argv)
{
    status st = OK;
    struct team *team = NULL;
    struct dev *dev = NULL;
    struct taken hash = {0};
    struct taken own = {0};
    uint64_t size = 0;
    int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2;

    ENSURE(argc > 0, ERR_USAGE, "import FILE [threads]");
    TRY(team_new(threads, &team));
    TRY(dev_open("simd", NULL, &dev));
    for (int i = 0; i < PAIRS; i++) {
        TRY(read_and_hash(argv[0], &hash, &size));
        TRY(import(argv[0], team, dev, &own));
    }
    bench_line("import_wall", own.wall, "s", "read_and_hash", hash.wall);
    bench_line("import_cpu", own.cpu, "s", "read_and_hash", hash.cpu);
    bench_limit("import_peak", (double)peak() / 1e6, "MB",
                (double)size / 1e6 + 64);
out:
    dev_close(dev);
    team_free(team);
    return st;
}
