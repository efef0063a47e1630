/* Fits of logistic regression at the study's shapes, or of a given file: one
 * preparation, then the strengths of regularisation one by one. Thread time;
 * wall time with several threads. */
#include "eval/logistic.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/team.h"

#include "bench.h"
#include "det/stream.h"
#include "eval/scaler.h"

enum { LATENT = 512, REPEATS = 5 };
static const double LONG = 0.1; /* seconds of a fit: once is enough */

struct data {
    uint32_t n, p, classes;
    double *x;
    int32_t *y;
};

static double seconds(const struct team *team)
{
    struct timespec t;

    if (team_size(team) == 1)
        return bench_seconds();
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* White: independent columns with class means. Correlated: LATENT directions
 * of standard deviation 1/j, mixed, and 2 % noise: nearer to deep features. */
static status make(struct data *d, bool correlated)
{
    status st = OK;
    struct stream s = stream_at(7, STREAM_TEST, d->n, d->classes, correlated);
    double *mix = NULL;
    double *mean = NULL;
    uint32_t k = correlated ? LATENT : d->p;

    TRY(mem_raw((size_t)d->n * d->p, sizeof(double), &d->x));
    TRY(mem_raw(d->n, sizeof(int32_t), &d->y));
    TRY(mem_raw((size_t)d->classes * k, sizeof(double), &mean));
    TRY(mem_raw((size_t)LATENT * d->p, sizeof(double), &mix));
    for (size_t i = 0; i < (size_t)d->classes * k; i++)
        mean[i] = 0.1 * stream_normal(&s);
    for (size_t i = 0; i < (size_t)LATENT * d->p; i++)
        mix[i] = stream_normal(&s);
    for (uint32_t i = 0; i < d->n; i++) {
        double *row = d->x + (size_t)i * d->p;
        double z[LATENT];

        d->y[i] = (int32_t)(i % d->classes);
        if (!correlated) {
            for (uint32_t j = 0; j < d->p; j++)
                row[j] = mean[(size_t)d->y[i] * k + j] + stream_normal(&s);
            continue;
        }
        for (uint32_t j = 0; j < LATENT; j++)
            z[j] = (mean[(size_t)d->y[i] * k + j] * 10 + stream_normal(&s)) /
                   (j + 1);
        for (uint32_t j = 0; j < d->p; j++)
            row[j] = 0.02 * stream_normal(&s);
        for (uint32_t l = 0; l < LATENT; l++)
            for (uint32_t j = 0; j < d->p; j++)
                row[j] += z[l] * mix[(size_t)l * d->p + j];
    }
out:
    mem_free(mean);
    mem_free(mix);
    return st;
}

/* What tests/peer/linear.py writes: three uint32 n, p, classes; int32 y [n];
 * float64 x [n][p]. */
static status load(const char *path, struct data *d)
{
    status st = OK;
    uint32_t head[3];
    FILE *f = fopen(path, "rb");

    ENSURE(f, ERR_FILE, "%s cannot be opened", path);
    ENSURE(fread(head, sizeof head, 1, f) == 1, ERR_DATA, "%s: no head", path);
    *d = (struct data){.n = head[0], .p = head[1], .classes = head[2]};
    TRY(mem_raw(d->n, sizeof *d->y, &d->y));
    TRY(mem_raw((size_t)d->n * d->p, sizeof *d->x, &d->x));
    ENSURE(fread(d->y, sizeof *d->y, d->n, f) == d->n &&
               fread(d->x, sizeof *d->x * d->p, d->n, f) == d->n,
           ERR_DATA, "%s is cut off", path);
out:
    if (f)
        (void)fclose(f);
    return st;
}

static void data_clear(struct data *d)
{
    mem_free(d->x);
    mem_free(d->y);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median time of some fits, or of one that takes long. */
static status timed_fit(const struct logistic *l,
                        const struct logistic_task *task,
                        const struct team *team,
                        struct logistic_model **out,
                        double *took)
{
    struct logistic_model *m = NULL;
    double each[REPEATS] = {0};
    status st = OK;
    int n = 0;

    do {
        double start = seconds(team);

        logistic_model_free(m);
        m = NULL;
        TRY(logistic_fit(l, task, &m));
        each[n] = seconds(team) - start;
    } while (each[n] < LONG && ++n < REPEATS);
    qsort(each, (size_t)n, sizeof *each, ascending);
    *took = n < REPEATS ? each[n] : each[REPEATS / 2];
    *out = m;
    m = NULL;
out:
    logistic_model_free(m);
    return st;
}

/* The ways to fit; those on a path at 1.5 C, which is between its points. */
static const struct way {
    const char *name;
    enum logistic_rule rule;
    double goal;
    bool on_path;
} ways[] = {{"", LOGISTIC_EXACT, 0.0, false},
            {" gradient-1e-3", LOGISTIC_EXACT, 1e-3, false},
            {" path", LOGISTIC_EXACT, 0.0, true},
            {" sklearn-1.3", LOGISTIC_SKLEARN_1_3, 0.0, false},
            {" sklearn-1.4", LOGISTIC_SKLEARN_1_4, 0.0, false}};

static status fit_one(const struct data *d,
                      const struct logistic *l,
                      const char *name,
                      const struct way *way,
                      struct logistic_task task,
                      struct team *team)
{
    struct logistic_model *m = NULL;
    double start = seconds(team);
    double prolonged = 0.0;
    double took;
    char text[96];
    status st = OK;

    task.y = d->y;
    task.classes = d->classes;
    task.rule = way->rule;
    task.goal = way->goal;
    if (way->on_path) {
        TRY(logistic_fit(l, &task, &m));
        prolonged = seconds(team) - start;
        logistic_model_free(m);
        m = NULL;
    }
    TRY(timed_fit(l, &task, team, &m, &took));
    (void)snprintf(text, sizeof text, "logistic %s fit C %g%s", name, task.c,
                   way->name);
    bench_line(text, 1e3 * took, "ms", NULL, 0.0);
    printf("  objective / C %.15g, gradient %.2g relative, %u steps, %u "
           "products\n",
           m->loss_sum, m->grad_rel, m->steps, m->passes);
    if (way->on_path)
        printf("  the path up to here: %.4g ms\n", 1e3 * (prolonged - took));
out:
    logistic_model_free(m);
    return st;
}

static status fit_all(const struct data *d, const char *name, struct team *team)
{
    static const double strengths[] = {1e-6, 1e-3, 1.0, 1e3};
    enum { WAYS = sizeof ways / sizeof ways[0] };
    status st = OK;
    struct logistic *l = NULL;
    struct logistic_path *path = NULL;
    double start = seconds(team);
    char text[96];

    TRY(logistic_prepare(d->x, d->n, d->p, team, &l));
    TRY(logistic_path_new(&path));
    (void)snprintf(text, sizeof text, "logistic %s prepare", name);
    bench_line(text, seconds(team) - start, "s", NULL, 0.0);
    for (size_t i = 0; i < WAYS * (sizeof strengths / sizeof *strengths); i++) {
        const struct way *way = &ways[i % WAYS];
        double c = strengths[i / WAYS];
        struct logistic_task task = {.c = way->on_path ? 1.5 * c : c,
                                     .path = way->on_path ? path : NULL};

        TRY(fit_one(d, l, name, way, task, team));
    }
out:
    logistic_path_free(path);
    logistic_free(l);
    return st;
}

status bench_logistic(int argc, char **argv)
{
    status st = OK;
    int threads = argc > 0 ? (int)strtol(argv[0], NULL, 10) : 1;
    struct team *team = NULL;
    struct data given = {0};

    TRY(team_new(threads > 0 ? threads : 1, &team));
    if (argc > 1) {
        TRY(load(argv[1], &given));
        TRY(fit_all(&given, "file", team));
        goto out;
    }
    for (int task = 2; task >= 1; task--)
        for (int correlated = 0; correlated < 2; correlated++) {
            struct data d = {.n = task == 1 ? 2610 : 338,
                             .p = 4096,
                             .classes = task == 1 ? 8 : 2};
            struct scaler *scaler = NULL;
            char name[64];

            (void)snprintf(name, sizeof name, "task%d %s", task,
                           correlated ? "correlated" : "white");
            st = make(&d, correlated);
            if (st == OK)
                st = scaler_fit(d.x, d.n, d.p, &scaler);
            if (st == OK) {
                scaler_apply(scaler, d.x, d.n, d.x);
                st = fit_all(&d, name, team);
            }
            scaler_free(scaler);
            data_clear(&d);
            TRY(st);
        }
out:
    data_clear(&given);
    team_free(team);
    return st;
}
