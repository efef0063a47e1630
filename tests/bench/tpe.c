/* What a suggestion costs beside the trial itself: one logarithmic parameter,
 * a history of trials of a smooth objective, current rules, one core. The
 * limits are a fiftieth of what Optuna 3.1 took on two slow cores. */
#include "hpo/tpe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#include "bench.h"

enum { MOST = 5000, WARM = 20 };

static const struct {
    uint32_t n;
    double limit_ms;
} sizes[] = {{100, 3.6 / 50}, {1000, 12.0 / 50}, {MOST, 68.0 / 50}};

static void tell(struct trial *t)
{
    double x = *t->x;

    t->state = TRIAL_COMPLETE;
    t->value = -fabs(x - 1.0) / (x + 1.0);
}

/* As the search itself leaves it: suggested, told. The model is asked for the
 * first 200, which shapes the history; the rest repeats their spread. */
static status history(const struct tpe_conf *conf,
                      const struct space *space,
                      struct trial *trials,
                      uint32_t most,
                      double *x)
{
    status st = OK;
    struct stream s = stream_at(7, STREAM_TEST, 0, 0, 0);

    for (uint32_t i = 0; i < most; i++) {
        struct tpe_past past = {space, trials, i, NULL, NULL};
        struct tpe_rng rng;

        tpe_rng_ticket(&rng, 7, 0, i);
        if (i < 200)
            TRY(tpe_suggest(conf, &past, &rng, &x[i]));
        else
            x[i] = x[i % 200] * (1.0 + 1e-3 * stream_double(&s));
        trials[i] = (struct trial){.x = &x[i]};
        tell(&trials[i]);
    }
out:
    return st;
}

/* Trial by trial as a search goes on: each is suggested and told. */
static status time_suggest(const struct tpe_conf *conf,
                           const struct space *space,
                           struct trial *trials,
                           uint32_t n,
                           uint32_t repeats,
                           double *ms)
{
    status st = OK;
    struct tpe_memo *memo = NULL;
    struct tpe_past past = {space, trials, n, NULL, NULL};
    struct tpe_rng rng;
    double t = 0;

    TRY(tpe_memo_new(space, &memo));
    past.memo = memo;
    /* the first ones fill the memo */
    for (uint32_t i = 0; i < WARM + repeats; i++) {
        double *x = (double *)trials[past.n].x;
        if (i == WARM)
            t = bench_seconds();
        tpe_rng_ticket(&rng, 8, n, past.n);
        TRY(tpe_suggest(conf, &past, &rng, x));
        tell(&trials[past.n++]);
    }
    *ms = 1e3 * (bench_seconds() - t) / repeats;
out:
    tpe_memo_free(memo);
    return st;
}

status bench_tpe(int argc, char **argv)
{
    status st = OK;
    uint64_t repeats = argc > 0 ? strtoull(argv[0], NULL, 10) : 200;
    uint32_t most;
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
    ENSURE(repeats > 0 && repeats < 100000, ERR_USAGE,
           "tpe: repeats must be 1 .. 99999");
    most = MOST + WARM + (uint32_t)repeats;
    TRY(mem_new(most, sizeof *trials, &trials));
    TRY(mem_new(most, sizeof *x, &x));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        TRY(history(&conf, &space, trials, most, x));
        TRY(time_suggest(&conf, &space, trials, sizes[i].n, (uint32_t)repeats,
                         &ms));
        (void)snprintf(name, sizeof name, "tpe-%u", sizes[i].n);
        bench_limit(name, ms, "ms/trial", sizes[i].limit_ms);
    }
out:
    mem_free(trials);
    mem_free(x);
    return st;
}
