/* What the coordinator of a search costs: many workers in simulated time, the
 * coordinator's own steps in measured time (its thread's; on the clock too,
 * with its writes and whatever else the machine does). A trial is ten folds,
 * each reported and judged. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#include "bench.h"
#include "det/stream.h"
#include "hpo/study.h"

enum { FOLDS = 10, MOST_WORKERS = 4096 };

struct worker {
    bool busy;
    uint32_t ticket;
    const double *x;
    int64_t fold;
    double fold_s; /* of one fold */
    double at;     /* when its fold ends */
};

struct simulation {
    struct study *study;
    struct worker *worker;
    uint32_t workers;
    bool free_of_charge; /* the coordinator's steps take no time */
    double now;          /* when the coordinator is free */
    double busy;         /* seconds it worked, those of others left out */
    double waited;       /* seconds that passed meanwhile on the clock */
    double computed;     /* seconds of all workers */
    bool done;
};

/* A fit of task 1: .3 to 3.6 s, even in the logarithm. */
static double duration_of(uint32_t ticket)
{
    struct stream s = stream_at(3, STREAM_TEST, ticket, 0, 0);

    return 0.3 * exp(log(12.0) * stream_double(&s));
}

static double score(const struct worker *w)
{
    double c = log10(w->x[0]) - 0.3;
    struct stream s =
        stream_at(4, STREAM_TEST, w->ticket, (uint64_t)w->fold, 0);

    return 0.9 - 0.01 * c * c + 0.02 * stream_double(&s);
}

/* A step of the coordinator. */
struct step {
    double clock, thread;
};

static struct step step_now(void)
{
    return (struct step){clock_s(), bench_seconds()};
}

/* It ends; it was for an event at the time `at`. */
static void charge(struct simulation *m, double at, struct step start)
{
    double took = clock_s() - start.clock;

    m->busy += bench_seconds() - start.thread;
    m->waited += took;
    m->now = fmax(m->now, at) + (m->free_of_charge ? 0 : took);
}

static void begin(struct simulation *m, struct worker *w)
{
    w->busy = true;
    w->fold = 0;
    w->fold_s = duration_of(w->ticket) / FOLDS;
    w->at = m->now + w->fold_s;
}

static void hand_out(struct simulation *m)
{
    for (uint32_t i = 0; i < m->workers; i++) {
        struct worker *w = &m->worker[i];
        if (w->busy)
            continue;
        if (!study_take(m->study, (int)i, &w->ticket, &w->x))
            break;
        begin(m, w);
    }
}

static struct worker *next_of(const struct simulation *m)
{
    struct worker *first = NULL;

    for (uint32_t i = 0; i < m->workers; i++) {
        struct worker *w = &m->worker[i];
        if (w->busy && (!first || w->at < first->at))
            first = w;
    }
    return first;
}

/* The fold of a worker has ended. */
static status one_event(struct simulation *m)
{
    struct worker *w = next_of(m);
    struct step start = step_now();
    double at;
    bool prune = false;
    status st = OK;

    BUG_IF(!w);
    at = w->at;
    m->computed += w->fold_s;
    TRY(study_report(m->study, w->ticket, w->fold, score(w), &prune));
    if (++w->fold < FOLDS && !prune) {
        charge(m, at, start);
        w->at = m->now + w->fold_s;
        goto out;
    }
    (void)study_result(m->study, w->ticket,
                       prune ? TRIAL_PRUNED : TRIAL_COMPLETE, score(w));
    w->busy = false;
    TRY(study_advance(m->study, &m->done));
    charge(m, at, start);
    hand_out(m);
out:
    return st;
}

static status simulate(struct simulation *m, uint32_t trials, uint32_t lag)
{
    const struct space_param c = {.name = "C",
                                  .kind = SPACE_FLOAT,
                                  .log = true,
                                  .low = 1e-6,
                                  .high = 1e3};
    const struct space space = {1, &c};
    struct pruner_conf pruner = pruner_defaults(PRUNER_PERCENTILE);
    struct study_conf conf = {.name = "bench",
                              .trials = trials,
                              .lag = lag,
                              .tpe = tpe_defaults(),
                              .pruner = &pruner};
    char path[64];
    status st = OK;

    pruner.maximise = conf.tpe.maximise = true;
    (void)snprintf(path, sizeof path, "bench-search-%ld.log", (long)getpid());
    TRY(study_open(path, &conf, &space, false, &m->study));
    TRY(mem_new(m->workers, sizeof *m->worker, &m->worker));
    TRY(study_advance(m->study, &m->done));
    hand_out(m);
    while (!m->done)
        TRY(one_event(m));
out:
    mem_free(m->worker);
    study_close(m->study);
    (void)unlink(path);
    return st;
}

status bench_search(int argc, char **argv)
{
    uint64_t workers = argc > 0 ? strtoull(argv[0], NULL, 10) : 64;
    uint64_t trials = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
    struct simulation real = {.workers = (uint32_t)workers};
    struct simulation ideal = {.workers = (uint32_t)workers,
                               .free_of_charge = true};
    char name[64];
    status st = OK;

    ENSURE(workers >= 1 && workers <= MOST_WORKERS && trials >= 1 &&
               trials <= 100000,
           ERR_USAGE, "search: [workers 1 .. %d [trials 1 .. 100000]]",
           MOST_WORKERS);
    TRY(simulate(&real, (uint32_t)trials, (uint32_t)(2 * workers - 1)));
    TRY(simulate(&ideal, (uint32_t)trials, (uint32_t)(2 * workers - 1)));
    (void)snprintf(name, sizeof name, "search-%u-coordinator", real.workers);
    bench_limit(name, 100.0 * real.busy / real.now, "%", 2.0);
    (void)snprintf(name, sizeof name, "search-%u-coordinator-clock",
                   real.workers);
    bench_line(name, 100.0 * real.waited / real.now, "%", NULL, 0);
    (void)snprintf(name, sizeof name, "search-%u-makespan", real.workers);
    bench_line(name, real.now, "s", "without-coordinator", ideal.now);
    (void)snprintf(name, sizeof name, "search-%u-workers-busy", real.workers);
    bench_line(name, 100.0 * real.computed / (real.now * real.workers), "%",
               NULL, 0);
out:
    return st;
}
