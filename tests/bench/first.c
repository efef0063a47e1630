/* From the start of fmcib-extract to the features of one volume, as a user
 * runs it: the whole run of one row, its files written and synced. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/text.h"

#include "bench.h"
#include "vol/nifti_write.h"

enum { EDGE = 80, RUNS = 6 };

static const double LIMIT_S = 2;

struct first {
    char dir[64];
    struct text program, list, volume, out;
};

/* A ramp in HU, and a list of its middle. */
static status make_input(struct first *f)
{
    status st = OK;
    struct volume v = {.geo = {{EDGE, EDGE, EDGE},
                               {1, 1, 1},
                               {0, 0, 0},
                               {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                       .pixel = PIXEL_I16};
    int16_t *hu = NULL;
    static const char rows[] = "image_path,coordX,coordY,coordZ\n"
                               "v.nii,40,40,40\n";

    TRY(mem_raw((size_t)EDGE * EDGE * EDGE, sizeof *hu, &hu));
    for (int i = 0; i < EDGE * EDGE * EDGE; i++)
        hu[i] = (int16_t)(i % 1024 - 512);
    v.data = hu;
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/fmcib-bench-XXXXXX");
    ENSURE(mkdtemp(f->dir), ERR_FILE, "/tmp: no folder can be made");
    text_add(&f->volume, "%s/v.nii", f->dir);
    text_add(&f->list, "%s/l.csv", f->dir);
    text_add(&f->out, "%s/out", f->dir);
    TRY(text_status(&f->volume));
    TRY(text_status(&f->list));
    TRY(text_status(&f->out));
    TRY(nifti_write(f->volume.s, &v));
    TRY(file_publish(f->list.s, rows, sizeof rows - 1));
out:
    mem_free(hu);
    return st;
}

/* fmcib-extract lies beside this program. */
static status find_program(struct first *f)
{
    status st = OK;
    char self[512] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *end = n > 0 ? strrchr(self, '/') : NULL;

    ENSURE(end, ERR_FILE, "/proc/self/exe: cannot be read");
    *end = '\0';
    text_add(&f->program, "%s/fmcib-extract", self);
    TRY(text_status(&f->program));
out:
    return st;
}

static int
drop(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
    (void)sb;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void drop_all(const char *path)
{
    if (path && path[0])
        (void)nftw(path, drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* Processor time of all that were waited for; others on the machine do not
 * count. */
static double used(void)
{
    struct rusage u = {0};

    (void)getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static status
run_once(struct first *f, const char *weights, const char *threads, double *s)
{
    status st = OK;
    struct text said = {0};
    const char *argv[] = {f->program.s, "--weights", weights,  "--list",
                          f->list.s,    "--out",     f->out.s, "--threads",
                          threads,      "--quiet",   NULL};
    struct process p = {.argv = argv, .limit_s = 600};
    struct timespec a;
    struct timespec b;
    int code = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    TRY(process_run(&p, &said, &code));
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    ENSURE(code == 0, ERR_DATA, "fmcib-extract ended with %d: %s", code,
           said.s ? said.s : "");
    *s = (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
    drop_all(f->out.s);
out:
    text_free(&said);
    return st;
}

status bench_first(int argc, char **argv)
{
    status st = OK;
    struct first f = {0};
    double s[RUNS] = {0};
    double cpu = 0;

    ENSURE(argc > 0, ERR_USAGE, "first FILE [threads]");
    TRY(find_program(&f));
    TRY(make_input(&f));
    for (int i = 0; i < RUNS; i++) {
        double before = used();

        TRY(run_once(&f, argv[0], argc > 1 ? argv[1] : "2", &s[i]));
        if (i == 0 || used() - before < cpu)
            cpu = used() - before;
    }
    for (int i = 1; i < RUNS; i++) { /* in order, the first aside: it warms */
        double t = s[i];
        int k = i;

        for (; k > 1 && s[k - 1] > t; k--)
            s[k] = s[k - 1];
        s[k] = t;
    }
    bench_line("first_cold", s[0], "s", NULL, 0);
    bench_limit("first_best", s[1], "s", LIMIT_S);
    bench_line("first_cpu", cpu, "s", NULL, 0);
    bench_limit("first_median", s[(RUNS + 1) / 2], "s", LIMIT_S);
out:
    drop_all(f.dir);
    text_free(&f.program);
    text_free(&f.list);
    text_free(&f.volume);
    text_free(&f.out);
    return st;
}
