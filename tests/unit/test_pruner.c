/* Threshold and patience against Optuna 5.0.0, what is refused, and the
 * signed ranks by hand; the other pruners: tests/golden. */
#include <math.h>

#include "check.h"
#include "hpo/pruner.h"

#define NOT (double)NAN
static const double A[] = {5,   4,   4.5, 4.2, 4.1, 3.9, 3.95, 3.91, 3.9,
                           4.5, 4.4, 1,   1,   1,   1,   1,    2};
static const double B[] = {NOT, 2, 1, NOT, NOT, 3, 3, 3, 2.5, 2.4};

/* x where Optuna prunes after the report. */
static void played(const char *want,
                   struct pruner_conf conf,
                   const double *value,
                   bool maximise)
{
    struct trial_report r[32];
    struct trial t = {.reports = r};
    struct pruner_verdict v;
    struct pruner p;

    conf.maximise = maximise;
    assert_ok(pruner_start(&conf, &p));
    for (uint32_t i = 0; want[i]; i++) {
        r[t.n_reports++] = (struct trial_report){i, value[i]};
        assert_ok(pruner_ask(&p, &t, 1, 0, &v));
        if (v.prune != (want[i] == 'x'))
            fail_msg("%s: step %u", want, i);
    }
}

static struct pruner_conf patient(int64_t patience, double delta)
{
    struct pruner_conf c = pruner_defaults(PRUNER_NONE);

    c.patience = patience;
    c.min_delta = delta;
    return c;
}

static struct pruner_conf band(double lower, double upper)
{
    struct pruner_conf c = pruner_defaults(PRUNER_THRESHOLD);

    c.lower = lower;
    c.upper = upper;
    return c;
}

static void test_optuna(void **state)
{
    const double inf = (double)INFINITY;
    struct pruner_conf c;

    (void)state;
    played(".................", pruner_defaults(PRUNER_NONE), A, false);
    played("....x............", patient(2, 0), A, false);
    played("...x......x......", patient(1, 0.15), A, false);
    played(".xxxxxxxxxxxxxxxx", patient(0, 0), A, true);
    played("....x.....", patient(2, 0.5), B, true);
    c = band(-inf, 4.2);
    c.patience = 1;
    played("..........x......", c, A, false);
    played("x.x......x.xxxxx.", band(1.5, 4.4), A, false);
    c = band(-inf, 3.0);
    c.warmup = 3;
    c.interval = 4;
    played("...x...x.........", c, A, false);
    played("xxxxx....x", band(2.45, inf), B, false);
}

static void test_wilcoxon(void **state)
{
    struct trial_report best[4] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}};
    struct trial_report own[4] = {{0, 2}, {1, 3}, {2, 4}, {3, 5}};
    struct trial t[2] = {
        {.state = TRIAL_COMPLETE, .value = 1, .reports = best, .n_reports = 4},
        {.reports = own, .n_reports = 3}};
    struct pruner_conf c = pruner_defaults(PRUNER_WILCOXON);
    struct pruner_verdict v;
    struct pruner p;

    (void)state;
    /* all of m worse: p = 2^-m, 1/8 and 1/16 */
    assert_ok(pruner_start(&c, &p));
    assert_ok(pruner_ask(&p, t, 2, 1, &v));
    assert_false(v.prune);
    t[1].n_reports = 4;
    assert_ok(pruner_ask(&p, t, 2, 1, &v));
    assert_true(v.prune);
    best[2].value = (double)INFINITY;
    assert_ok(pruner_ask(&p, t, 2, 1, &v));
    assert_false(v.prune);
}

static void refused(struct pruner_conf c, const char *word)
{
    struct pruner p;

    assert_fails(pruner_start(&c, &p), ERR_CONF, word);
}

static void test_refused(void **state)
{
    struct pruner_conf c = pruner_defaults(PRUNER_HYPERBAND);

    (void)state;
    refused(c, "study's name");
    c.study = "s";
    c.max_resource = 1;
    c.min_resource = 2;
    refused(c, "below min_resource");
    c = pruner_defaults(PRUNER_HALVING);
    c.bootstrap = 2;
    refused(c, "bootstrap");
    c.min_resource = 1;
    c.eta = 1;
    refused(c, "eta 1");
    c = pruner_defaults(PRUNER_PERCENTILE);
    c.percentile = 101;
    refused(c, "percentile 101");
    c = pruner_defaults(PRUNER_PERCENTILE);
    c.interval = 0;
    refused(c, "interval 0");
    refused(band(2, 1), "lower 2 is above");
    refused(patient(-2, 0), "patience -2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optuna),
        cmocka_unit_test(test_wilcoxon),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
