/* Patches of 50 mm from a CT of 512 x 512 x 250 int16 voxels (0.7 x 0.7 x 1.25
 * mm) that lies in the page cache: by window from an uncompressed file, and
 * from .nii.gz against nothing but inflating it as far. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "bench.h"
#include "det/stream.h"
#include "vol/cutter.h"
#include "vol/inflate.h"
#include "vol/nifti_write.h"

enum { EDGE = 512, SLICES = 250, SEEDS = 8, HEAD = 352 };

struct bench_ct {
    const char *keep; /* a folder where the CT stays, or NULL */
    char *dir;
    char *raw;
    char *gz;
    void *voxels; /* of a patch */
};

/* A round body of noisy tissue in air; deflates to about 60 %, as CTs do. */
static status make_ct(struct bench_ct *b)
{
    status st = OK;
    struct geometry g = {{EDGE, EDGE, SLICES},
                         {0.7, 0.7, 1.25},
                         {-180, -170, -100},
                         {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    struct stream s = stream_at(1, STREAM_TEST, 0, 0, 0);
    struct volume v = {0};
    int16_t *out;

    TRY(volume_new(&g, PIXEL_I16, &v));
    out = v.data;
    for (int k = 0; k < SLICES; k++)
        for (int j = 0; j < EDGE; j++)
            for (int i = 0; i < EDGE; i++) {
                int x = i - EDGE / 2;
                int y = j - EDGE / 2;
                int noise = (int)(stream_u64(&s) >> 58) - 32;
                bool in = 4 * x * x + 9 * y * y < 4 * 230 * 230;

                *out++ = (int16_t)(in ? 40 + noise + (x * k) / 256 : -1000);
            }
    TRY(nifti_write(b->raw, &v));
    TRY(nifti_write(b->gz, &v));
out:
    volume_free(&v);
    return st;
}

static status make_dir(struct bench_ct *b, const char *keep)
{
    status st = OK;
    const char *base = getenv("TMPDIR");
    struct text t = {0};

    b->keep = keep;
    if (keep) {
        TRY(file_mkdirs(keep));
        TRY(mem_text(keep, &b->dir));
        goto out;
    }
    text_add(&t, "%s/fmcib-bench-XXXXXX", base && *base ? base : "/tmp");
    TRY(text_status(&t));
    ENSURE(mkdtemp(t.s), ERR_FILE, "%s: cannot be made", t.s);
    b->dir = t.s;
out:
    return st;
}

static status setup(struct bench_ct *b, const char *keep)
{
    status st = OK;
    pid_t child;
    int rc = 0;

    TRY(make_dir(b, keep));
    TRY(file_join(b->dir, "ct.nii", &b->raw));
    TRY(file_join(b->dir, "ct.nii.gz", &b->gz));
    TRY(mem_raw(50 * 50 * 50, sizeof(double), &b->voxels));
    child = fork(); /* its memory is not to be taken for that of a patch */
    if (child == 0)
        _exit(make_ct(b) == OK ? 0 : 1);
    ENSURE(child > 0 && waitpid(child, &rc, 0) == child && rc == 0, ERR_FILE,
           "%s: the CT cannot be written", b->dir);
out:
    return st;
}

static void cleanup(struct bench_ct *b)
{
    if (b->raw && !b->keep)
        (void)unlink(b->raw);
    if (b->gz && !b->keep)
        (void)unlink(b->gz);
    if (b->dir && !b->keep)
        (void)rmdir(b->dir);
    mem_free(b->raw);
    mem_free(b->gz);
    mem_free(b->dir);
    mem_free(b->voxels);
}

/* Seed number i of n, the last one highest (and on the file's last slices). */
static void seed_of(int i, int n, double point[3])
{
    point[0] = -180 + 358 * (0.3 + 0.05 * i);
    point[1] = -170 + 358 * (0.6 - 0.04 * i);
    point[2] = -100 + 312 * (0.15 + 0.7 * (i + 1) / n);
}

/* Open, cut the patches of n seeds (those lo..), close; the last slice that was
 * needed goes to *last. */
static status cut_seeds(
    struct bench_ct *b, const char *path, int lo, int path_kind, int *last)
{
    status st = OK;
    const struct cutter_conf conf = {
        .path = path_kind ? CUTTER_INFERENCE : CUTTER_TRAINING,
        .train = {25, false, true, true, {1, 1, 1}},
        .infer = {.size = {50, 50, 50}}};
    struct cutter *c = NULL;
    struct patch p = {.data = b->voxels};

    TRY(cutter_open(path, &conf, &c));
    for (int i = lo; i < SEEDS; i++) {
        struct volume part = {0};
        struct piece piece;
        double point[3];

        seed_of(i, SEEDS, point);
        cutter_seed(c, point, &piece);
        TRY(cutter_read(c, piece.need_lo, piece.need_hi, &part));
        cutter_cut(c, &part, &piece, &p);
        volume_free(&part);
        *last = (int)piece.need_hi[2];
    }
out:
    cutter_close(c);
    return st;
}

/* Best of `runs` in milliseconds. */
static status time_seeds(struct bench_ct *b,
                         const char *path,
                         int lo,
                         int path_kind,
                         int runs,
                         double *ms)
{
    status st = OK;
    int last = 0;

    *ms = HUGE_VAL;
    for (int r = 0; r < runs; r++) {
        double t = bench_seconds();

        TRY(cut_seeds(b, path, lo, path_kind, &last));
        t = 1e3 * (bench_seconds() - t);
        *ms = t < *ms ? t : *ms;
    }
out:
    return st;
}

/* Nothing but inflating so many slices. */
static status
time_inflate(const struct bench_ct *b, int slices, int runs, double *ms)
{
    enum { CHUNK = 1 << 20 };
    status st = OK;
    struct inflate *f = NULL;
    void *buffer = NULL;

    *ms = HUGE_VAL;
    TRY(mem_raw(CHUNK, 1, &buffer));
    for (int r = 0; r < runs; r++) {
        size_t left = HEAD + (size_t)slices * EDGE * EDGE * 2;
        double t = bench_seconds();

        TRY(inflate_open(b->gz, 0, INFLATE_GZIP, &f));
        for (size_t n; left > 0; left -= n) {
            n = left < CHUNK ? left : CHUNK;
            TRY(inflate_next(f, buffer, n, "voxels"));
        }
        inflate_close(f);
        f = NULL;
        t = 1e3 * (bench_seconds() - t);
        *ms = t < *ms ? t : *ms;
    }
out:
    inflate_close(f);
    mem_free(buffer);
    return st;
}

/* A figure of /proc/self/status in MB. */
static double memory_mb(const char *name)
{
    char line[256];
    double kb = 0.0;
    FILE *f = fopen("/proc/self/status", "r");

    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtod(line + strlen(name) + 1, NULL);
    if (f)
        (void)fclose(f);
    return kb / 1024.0;
}

/* What cutting one patch adds to the memory of a process at most. */
static status peak(struct bench_ct *b, const char *path, int kind, double *mb)
{
    status st = OK;
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    double before = memory_mb("VmRSS:");
    int last = 0;

    if (fd >= 0) { /* the high-water mark begins again */
        (void)!write(fd, "5", 1);
        (void)close(fd);
    }
    TRY(cut_seeds(b, path, SEEDS - 1, kind, &last));
    *mb = memory_mb("VmHWM:") - before;
out:
    return st;
}

static status run_raw(struct bench_ct *b, int runs)
{
    status st = OK;
    double ms;
    double mb;

    TRY(peak(b, b->raw, 0, &mb));
    bench_limit("patches-raw-training-memory", mb, "MB", 64.0 + 27.0);
    TRY(peak(b, b->raw, 1, &mb));
    bench_limit("patches-raw-inference-memory", mb, "MB", 64.0 + 27.0);
    TRY(time_seeds(b, b->raw, SEEDS - 1, 0, runs, &ms));
    bench_limit("patches-raw-training", ms, "ms", 5.0);
    TRY(time_seeds(b, b->raw, SEEDS - 1, 1, runs, &ms));
    bench_limit("patches-raw-inference", ms, "ms", 5.0);
    TRY(time_seeds(b, b->raw, 0, 0, runs, &ms));
    bench_line("patches-raw-training-eight", ms, "ms", NULL, 0);
out:
    return st;
}

static status run_gz(struct bench_ct *b, int runs)
{
    status st = OK;
    double inflate;
    double peer;
    double one;
    double eight;
    double mb;
    int last = 0;

    TRY(peak(b, b->gz, 0, &mb));
    bench_line("patches-gz-training-memory", mb, "MB", NULL, 0);
    TRY(cut_seeds(b, b->gz, SEEDS - 1, 0, &last));
    TRY(time_inflate(b, last, runs, &inflate));
    TRY(bench_libdeflate(b->gz, HEAD + (size_t)last * EDGE * EDGE * 2, runs,
                         &peer));
    TRY(time_seeds(b, b->gz, SEEDS - 1, 0, runs, &one));
    if (peer > 0.0)
        bench_limit("patches-gz-training-libdeflate-ratio", one / peer, "",
                    1.15);
    bench_line("patches-gz-training", one, "ms", "inflate", inflate);
    bench_limit("patches-gz-training-ratio", one / inflate, "", 1.15);
    TRY(time_seeds(b, b->gz, 0, 0, runs, &eight));
    bench_line("patches-gz-training-eight", eight, "ms", "one", one);
    bench_limit("patches-gz-eight-ratio", eight / one, "", 1.2);
    TRY(time_seeds(b, b->gz, SEEDS - 1, 1, runs, &one));
    bench_line("patches-gz-inference", one, "ms", "inflate", inflate);
out:
    return st;
}

status bench_patches(int argc, char **argv)
{
    status st = OK;
    int runs = argc > 0 ? (int)strtol(argv[0], NULL, 10) : 5;
    struct bench_ct b = {0};

    ENSURE(runs >= 1 && runs <= 1000, ERR_USAGE,
           "patches [runs [folder]]: the best of 1 to 1000 runs");
    TRY(setup(&b, argc > 1 ? argv[1] : NULL));
    TRY(run_raw(&b, runs));
    TRY(run_gz(&b, runs));
out:
    cleanup(&b);
    return st;
}
