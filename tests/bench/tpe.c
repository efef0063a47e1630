/* What a suggestion costs beside the trial itself: one logarithmic parameter,
 * a history of trials of a smooth objective, current rules, one core. The
 * limits are a fiftieth of what Optuna 3.1 took on two slow cores. */
#include "hpo/tpe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#include "bench.h"

enum { MOST = 5000 };

static const struct {
    uint32_t n;
    double limit_ms;
} sizes[] = {{100, 3.6 / 50}, {1000, 12.0 / 50}, {MOST, 68.0 / 50}};

/* As the search itself leaves it: suggested, told. The model is asked for the
 * first 200, which shapes the history; the rest repeats their spread. */
static status history(const struct tpe_conf *conf,
                      const struct space *space,
                      struct trial *trials,
                      double *x)
{
    status st = OK;
    struct stream s = stream_at(7, STREAM_TEST, 0, 0, 0);

    for (uint32_t i = 0; i < MOST; i++) {
        struct tpe_past past = {space, trials, i};
        struct tpe_rng rng;

        tpe_rng_ticket(&rng, 7, 0, i);
        if (i < 200)
            TRY(tpe_suggest(conf, &past, &rng, &x[i]));
        else
            x[i] = x[i % 200] * (1.0 + 1e-3 * stream_double(&s));
        trials[i] = (struct trial){.state = TRIAL_COMPLETE,
                                   .value = -fabs(x[i] - 1.0) / (x[i] + 1.0),
                                   .x = &x[i]};
    }
out:
    return st;
}

static status time_suggest(const struct tpe_conf *conf,
                           const struct tpe_past *past,
                           uint64_t repeats,
                           double *ms)
{
    status st = OK;
    struct tpe_rng rng;
    double x;
    double t = bench_seconds();

    for (uint64_t i = 0; i < repeats; i++) {
        tpe_rng_ticket(&rng, 8, i, past->n);
        TRY(tpe_suggest(conf, past, &rng, &x));
    }
    *ms = 1e3 * (bench_seconds() - t) / (double)repeats;
out:
    return st;
}

status bench_tpe(int argc, char **argv)
{
    status st = OK;
    uint64_t repeats = argc > 0 ? strtoull(argv[0], NULL, 10) : 200;
    struct space_param param = {.name = "C",
                                .kind = SPACE_FLOAT,
                                .log = true,
                                .low = 1e-6,
                                .high = 1e3};
    struct space space = {1, &param};
    struct tpe_conf conf = tpe_defaults();
    struct trial *trials = NULL;
    double *x = NULL;
    double ms;
    char name[32];

    conf.maximise = true;
    ENSURE(repeats > 0, ERR_USAGE, "tpe: repeats must be 1 or more");
    TRY(mem_new(MOST, sizeof *trials, &trials));
    TRY(mem_new(MOST, sizeof *x, &x));
    TRY(history(&conf, &space, trials, x));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct tpe_past past = {&space, trials, sizes[i].n};

        TRY(time_suggest(&conf, &past, 20, &ms)); /* warm */
        TRY(time_suggest(&conf, &past, repeats, &ms));
        (void)snprintf(name, sizeof name, "tpe-%u", sizes[i].n);
        bench_limit(name, ms, "ms/trial", sizes[i].limit_ms);
    }
out:
    mem_free(trials);
    mem_free(x);
    return st;
}
