#ifndef TESTS_UNIT_STUDY_FIXTURE_H
#define TESTS_UNIT_STUDY_FIXTURE_H

/* A study of 30 trials whose trials are computed here, by any number of
 * workers in any order, and its journal's content. */
#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "hpo/study.h"
#include "tmp.h"

enum { TRIALS = 30 };
static char dir[TMP_PATH];
static char path[TMP_PATH];
static struct space_param params[] = {
    {.name = "C", .kind = SPACE_FLOAT, .low = 1e-6, .high = 1e3, .log = true},
    {.name = "k", .kind = SPACE_INT, .low = 1, .high = 9, .step = 1},
    {.name = "m", .low = -1, .high = 1}}; /* for tests that ask for it */
static struct space space = {2, params};

/* Thousands of synced writes: in memory where the system has a place. */
static inline void study_tmp(void)
{
    if (access("/dev/shm", W_OK) == 0)
        (void)setenv("TMPDIR", "/dev/shm", 0);
}

static inline int set_up(void **state)
{
    (void)state;
    tmp_make(dir);
    (void)tmp_path(dir, "journal.log", path);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static inline struct study_conf conf_for(uint32_t lag)
{
    struct study_conf c = {.name = "s",
                           .seed = 5,
                           .trials = TRIALS,
                           .lag = lag,
                           .tpe = tpe_defaults(),
                           .data = "abc"};
    c.tpe.maximise = true;
    return c;
}

/* Every seventh trial fails, one gives a NaN. */
static inline void
objective(const double *x, uint32_t t, enum trial_state *s, double *v)
{
    double c = log10(x[0]) - 1.0;
    *s = t % 7 == 6 ? TRIAL_FAIL : TRIAL_COMPLETE;
    *v = t == 12 ? (double)NAN : -c * c - 0.01 * x[1];
}

enum { STEPS = 6 };

struct worker {
    uint32_t ticket;
    const double *x;
    int64_t step; /* the next one it reports */
};

/* The next report of a trial, or its result. True: it has ended. */
static inline bool go_on(struct study *s, struct worker *w, bool reports)
{
    enum trial_state state;
    double v;
    bool prune = false;

    objective(w->x, w->ticket, &state, &v);
    if (reports && state == TRIAL_COMPLETE && !isnan(v) && w->step < STEPS) {
        double left = (double)(STEPS - 1 - w->step);
        assert_ok(study_report(s, w->ticket, w->step++,
                               v - left * (w->ticket % 3 ? 0.25 : 0.5),
                               &prune));
        assert_fails(study_report(s, w->ticket, 0, 1, &prune), ERR_DATA,
                     "twice");
        if (!prune)
            return false;
        state = TRIAL_PRUNED;
    }
    assert_true(study_result(s, w->ticket, state, v));
    assert_false(study_result(s, w->ticket, state, v));
    return true;
}

static bool with_reports; /* set by the tests of pruners */

/* `workers` at once, going on in random order; stop after `most` results. */
static inline void
work(struct study *s, int workers, uint64_t order, uint32_t most, bool *done)
{
    struct stream rng = stream_at(order, STREAM_TEST, 0, 0, 0);
    struct worker at[64];
    int busy = 0;

    *done = false;
    for (uint32_t n = 0; n < most;) {
        assert_ok(study_advance(s, done));
        if (*done)
            return;
        while (busy < workers &&
               study_take(s, busy, &at[busy].ticket, &at[busy].x))
            at[busy++].step = 0;
        assert_true(busy > 0);
        int w = (int)stream_below(&rng, (uint64_t)busy);
        if (go_on(s, &at[w], with_reports)) {
            at[w] = at[--busy];
            n++;
        }
    }
}

static inline void digest_of(const struct study *s, char hex[SHA256_HEX])
{
    struct digest *d = NULL;
    assert_ok(digest_new(&d));
    study_digest(s, d);
    digest_end(d, hex);
    digest_free(d);
}

/* The file with times blotted out; mem_free. */
static inline char *content(void)
{
    static const char *const keys[] = {"\"datetime_start\":\"",
                                       "\"datetime_complete\":\""};
    char *all = NULL;
    size_t size = 0;
    assert_ok(file_read(path, 1u << 24, &all, &size));
    for (int k = 0; k < 2; k++)
        for (char *at = all; (at = strstr(at, keys[k])); at++)
            memset(at + strlen(keys[k]), 'T', 26);
    return all;
}

static uint32_t pruned; /* trials of the last run_of */

static inline char *
run_of(struct study_conf conf, int workers, char hex[SHA256_HEX])
{
    struct study *s = NULL;
    bool done;
    uint32_t best;
    (void)unlink(path);
    assert_ok(study_open(path, &conf, &space, false, &s));
    work(s, workers, (uint64_t)workers, UINT32_MAX, &done);
    assert_int_equal(study_told(s), conf.trials);
    assert_int_equal(study_trial(s, 6)->state, TRIAL_FAIL);
    assert_int_equal(study_trial(s, 12)->state, TRIAL_FAIL);
    assert_true(study_best(s, &best));
    pruned = 0;
    for (uint32_t t = 0; t < TRIALS; t++)
        pruned += study_trial(s, t)->state == TRIAL_PRUNED;
    for (uint32_t t = 0; t < TRIALS; t++)
        if (study_trial(s, t)->state == TRIAL_COMPLETE)
            assert_true(
                study_trial(s, t)->value < study_trial(s, best)->value ||
                (study_trial(s, t)->value == study_trial(s, best)->value &&
                 t >= best));
    digest_of(s, hex);
    study_close(s);
    return content();
}

static inline char *whole_run(uint32_t lag, int workers, char hex[SHA256_HEX])
{
    return run_of(conf_for(lag), workers, hex);
}

#endif
