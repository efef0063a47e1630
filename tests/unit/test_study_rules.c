/* What a study decides with: pruners, grids, the trials of an earlier study. */
#include "study_fixture.h"

/* Every pruner: one journal for any number of workers, and for kills. */
static void pruners_see_what_the_sampler_sees(void **state)
{
    (void)state;
    static const struct {
        enum pruner_kind kind;
        int64_t patience;
    } kinds[] = {{PRUNER_PERCENTILE, -1}, {PRUNER_HALVING, -1},
                 {PRUNER_HYPERBAND, -1},  {PRUNER_WILCOXON, -1},
                 {PRUNER_PERCENTILE, 1},  {PRUNER_NONE, -1}};
    static const uint32_t lags[] = {0, 3, 11};
    static const int workers[] = {2, 64};

    with_reports = true;
    for (size_t k = 0; k < 18; k++) {
        struct pruner_conf pruner = pruner_defaults(kinds[k / 3].kind);
        struct study_conf conf = conf_for(lags[k % 3]);
        struct study *s = NULL;
        char hex[SHA256_HEX];
        char other[SHA256_HEX];
        bool done = false;

        pruner.maximise = true;
        pruner.study = conf.name;
        pruner.patience = kinds[k / 3].patience;
        conf.pruner = &pruner;
        char *want = run_of(conf, 1, hex);
        assert_true((pruned > 0) ==
                    (pruner.kind != PRUNER_NONE && pruner.patience < 0));
        assert_non_null(strstr(want, "\"op_code\":7"));
        for (int w = 0; w < 2; w++) {
            char *got = run_of(conf, workers[w], other);
            assert_string_equal(got, want);
            assert_string_equal(other, hex);
            mem_free(got);
        }
        (void)unlink(path);
        for (int life = 0; !done; life++) {
            assert_ok(study_open(path, &conf, &space, true, &s));
            work(s, 1 + life % 4, 9, 5, &done);
            study_close(s);
        }
        char *got = content();
        assert_string_equal(got, want);
        mem_free(got);
        mem_free(want);
    }
    with_reports = false;
}

/* As many at once as there are ranks in a large search. */
static void from_1_to_64_workers(void **state)
{
    (void)state;
    static const int workers[] = {2, 3, 5, 8, 16, 33, 63, 64};
    struct pruner_conf pruner = pruner_defaults(PRUNER_PERCENTILE);
    struct study_conf conf = conf_for(63);
    char hex[SHA256_HEX];
    char other[SHA256_HEX];

    with_reports = true;
    pruner.maximise = true;
    conf.pruner = &pruner;
    conf.trials = 130;
    char *want = run_of(conf, 1, hex);
    for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
        char *got = run_of(conf, workers[w], other);
        assert_string_equal(got, want);
        assert_string_equal(other, hex);
        mem_free(got);
    }
    mem_free(want);
    with_reports = false;
}

/* Optuna 5.0's GridSampler({"k": [1, 5, 9], "C": [...]}, seed=7). */
static const double grid_want[12][2] = {
    {100.0, 5}, {10.0, 5},  {0.001, 9}, {1.0, 9},   {0.001, 1}, {0.001, 5},
    {10.0, 9},  {100.0, 9}, {1.0, 1},   {100.0, 1}, {10.0, 1},  {1.0, 5}};

static void a_grid_ends(void **state)
{
    (void)state;
    static const double c[] = {0.001, 1.0, 100.0, 10.0};
    static const double k[] = {1, 5, 9};
    static const struct grid_axis axes[] = {{4, c}, {3, k}};
    struct study_conf conf = conf_for(3);
    struct study *s = NULL;
    char hex[SHA256_HEX];
    char other[SHA256_HEX];
    bool done;

    conf.sampler = STUDY_GRID;
    conf.grid = axes;
    conf.seed = 7;
    assert_ok(study_open(path, &conf, &space, false, &s));
    assert_int_equal(study_trials(s), 12);
    work(s, 2, 1, 7, &done);
    study_close(s);
    assert_ok(study_open(path, &conf, &space, true, &s));
    work(s, 3, 1, 99, &done);
    assert_true(done);
    assert_int_equal(study_told(s), 12);
    for (uint32_t t = 0; t < 12; t++)
        for (int p = 0; p < 2; p++)
            assert_true(study_trial(s, t)->x[p] == grid_want[t][p]);
    digest_of(s, hex);
    study_close(s);
    /* the same combinations done by another: none is left */
    conf.adopt = true;
    assert_fails(study_open(path, &conf, &space, false, &s), ERR_CONF,
                 "done already");
    conf.adopt = false;
    conf.trials = 5;
    (void)unlink(path);
    assert_ok(study_open(path, &conf, &space, false, &s));
    assert_int_equal(study_trials(s), 5);
    work(s, 1, 1, 99, &done);
    digest_of(s, other);
    assert_string_not_equal(hex, other);
    study_close(s);
    static const double outside[] = {0.001, 1e7};
    static const struct grid_axis bad[] = {{2, outside}, {3, k}};
    conf.grid = bad;
    (void)unlink(path);
    assert_fails(study_open(path, &conf, &space, false, &s), ERR_CONF,
                 "outside its range");
}

/* The trials of an earlier search as history: those left running are told
 * FAIL, ours follow and are proposed again on a resume. */
static void an_earlier_study_is_gone_on_with(void **state)
{
    (void)state;
    static const uint32_t lags[] = {0, 3};

    for (int l = 0; l < 2; l++) {
        struct study_conf first = conf_for(3);
        struct study_conf conf = conf_for(lags[l]);
        struct study *s = NULL;
        char hex[2][SHA256_HEX];
        bool done;

        conf.adopt = true;
        conf.seed = 77;
        (void)unlink(path);
        assert_fails(study_open(path, &conf, &space, false, &s), ERR_FILE,
                     "no journal to go on with");
        for (int kill = 0; kill < 2; kill++) {
            (void)unlink(path);
            assert_ok(study_open(path, &first, &space, false, &s));
            work(s, 3, 1, 13, &done);
            assert_ok(study_advance(s, &done));
            study_close(s);
            assert_ok(study_open(path, &conf, &space, false, &s));
            uint32_t before = study_before(s);
            assert_true(before > 13);
            assert_int_equal(study_told(s), before);
            assert_int_equal(study_trial(s, before - 1)->state, TRIAL_FAIL);
            work(s, 2, 1, kill ? 4 : 99, &done);
            if (kill) {
                study_close(s);
                assert_ok(study_open(path, &conf, &space, true, &s));
                assert_int_equal(study_before(s), before);
                work(s, 2, 1, 99, &done);
            }
            digest_of(s, hex[kill]);
            study_close(s);
        }
        assert_string_equal(hex[0], hex[1]);
        /* whoever began it cannot go on: the trials are not its own */
        assert_fails(study_open(path, &first, &space, true, &s), ERR_RUN,
                     "another seed");
        conf.name = "t";
        assert_fails(study_open(path, &conf, &space, false, &s), ERR_RUN,
                     "no study t to go on with (there are: s)");
    }
}

/* A second writer is noticed before anything is written. */
static void two_writers_are_told(void **state)
{
    (void)state;
    struct study_conf conf = conf_for(3);
    struct study *a = NULL;
    struct study *b = NULL;
    bool done;

    assert_ok(study_open(path, &conf, &space, false, &a));
    work(a, 1, 1, 3, &done);
    assert_ok(study_open(path, &conf, &space, true, &b));
    work(b, 1, 1, 2, &done);
    assert_ok(study_advance(b, &done));
    uint32_t t;
    const double *x;
    char *before = content();
    assert_true(study_take(a, 0, &t, &x));
    assert_true(study_result(a, t, TRIAL_COMPLETE, 1));
    assert_fails(study_advance(a, &done), ERR_RUN, "another program writes");
    char *after = content();
    assert_string_equal(before, after);
    mem_free(before);
    mem_free(after);
    study_close(a);
    work(b, 1, 1, 99, &done);
    assert_true(done);
    study_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pruners_see_what_the_sampler_sees,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(from_1_to_64_workers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_grid_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_earlier_study_is_gone_on_with,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_writers_are_told, set_up,
                                        tear_down),
    };
    study_tmp();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
