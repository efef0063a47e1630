/* Importing a file of weights into a network, against reading the same file
 * from the page cache and hashing it: pairs of both in one run, the best of
 * each. Wall time with the team, and processor time of the whole process. The
 * network's memory is touched by the first import alone, so the best one does
 * not count what the system takes to clear it (`first` does). */
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

struct bench_net {
    struct team *team;
    struct dev *dev;
    struct net_conf conf;
    struct net *net;
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

/* An empty network of the file's shape. */
static status
make_net(const char *path, const struct meet *meet, struct bench_net *b)
{
    status st = OK;
    struct import *f = NULL;
    bool told = false;

    TRY(import_open(path, &f));
    TRY(import_net_conf(f, &b->conf, &told));
    b->conf.n_head = 0;
    for (int i = 0; i < 3; i++)
        b->conf.size[i] = 16; /* activations do not matter here */
    TRY(net_new(&b->conf, meet, b->team, b->dev, &b->net));
out:
    import_close(f);
    return st;
}

static status
import(const char *path, const struct bench_net *b, struct taken *t)
{
    status st = OK;
    struct import *f = NULL;
    struct taken start = now();

    TRY(import_open(path, &f));
    TRY(import_fill(f, &b->conf, b->net, b->team, DTYPE_F32, true));
    best(start, t);
out:
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
    struct bench_net b = {0};
    struct meet meet = {.shards = 1, .shard_n = 1};
    struct taken hash = {0};
    struct taken own = {0};
    uint64_t size = 0;
    int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2;

    ENSURE(argc > 0, ERR_USAGE, "import FILE [threads]");
    TRY(team_new(threads, &b.team));
    TRY(dev_open("simd", NULL, &b.dev));
    TRY(make_net(argv[0], &meet, &b));
    for (int i = 0; i < PAIRS; i++) {
        TRY(read_and_hash(argv[0], &hash, &size));
        TRY(import(argv[0], &b, &own));
    }
    bench_line("import_wall", own.wall, "s", "read_and_hash", hash.wall);
    bench_line("import_cpu", own.cpu, "s", "read_and_hash", hash.cpu);
    bench_limit("import_peak", (double)peak() / 1e6, "MB",
                (double)size / 1e6 + 64);
out:
    net_free(b.net);
    dev_close(b.dev);
    team_free(b.team);
    return st;
}
