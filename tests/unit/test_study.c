/* The journal of a search is one and the same for any number of workers, for
 * any order of results and for kills at every byte. */
#include "study_fixture.h"

static void any_number_of_workers(void **state)
{
    (void)state;
    static const uint32_t lags[] = {0, 3, 11};
    static const int workers[] = {2, 5, 64};
    for (int l = 0; l < 3; l++) {
        char hex[SHA256_HEX];
        char other[SHA256_HEX];
        char *want = whole_run(lags[l], 1, hex);
        for (int w = 0; w < 3; w++) {
            char *got = whole_run(lags[l], workers[w], other);
            assert_string_equal(got, want);
            assert_string_equal(other, hex);
            mem_free(got);
        }
        mem_free(want);
    }
}

/* Kill after every number of results, and with the file cut anywhere. */
static void kills_change_nothing(void **state)
{
    (void)state;
    static const uint32_t lags[] = {0, 5};
    for (int l = 0; l < 2; l++) {
        char hex[SHA256_HEX];
        char other[SHA256_HEX];
        char *want = whole_run(lags[l], 3, hex);
        struct study_conf conf = conf_for(lags[l]);
        struct stream rng = stream_at(1, STREAM_TEST, lags[l], 0, 0);
        for (uint64_t kill = 0; kill < 12; kill++) {
            struct study *s = NULL;
            bool done = false;
            uint64_t size = 0;
            (void)unlink(path);
            for (int life = 0; !done; life++) {
                assert_ok(study_open(path, &conf, &space, true, &s));
                work(s, 1 + life % 4, kill, life < 40 ? 2 : 99, &done);
                if (done)
                    digest_of(s, other);
                study_close(s);
                assert_ok(file_size(path, &size));
                uint64_t cut = stream_below(&rng, 500);
                if (!done && cut < size)
                    assert_int_equal(truncate(path, (off_t)(size - cut)), 0);
            }
            char *got = content();
            assert_string_equal(got, want);
            assert_string_equal(other, hex);
            mem_free(got);
        }
        mem_free(want);
    }
}

static void a_lost_worker_is_replaced(void **state)
{
    (void)state;
    struct study_conf conf = conf_for(3);
    struct study *s = NULL;
    bool done;
    uint32_t t;
    uint32_t again;
    const double *x;
    assert_ok(study_open(path, &conf, &space, false, &s));
    assert_ok(study_advance(s, &done));
    assert_true(study_take(s, 7, &t, &x));
    assert_int_equal(study_running(s), 1);
    study_lost(s, 7);
    assert_int_equal(study_running(s), 0);
    assert_true(study_take(s, 8, &again, &x));
    assert_int_equal(again, t);
    study_close(s);
}

/* Why a trial failed is in the journal, and there again after a resume. */
static void a_failure_keeps_its_reason(void **state)
{
    (void)state;
    struct study_conf conf = conf_for(1);
    struct study *s = NULL;
    bool done;
    uint32_t t;
    const double *x;
    assert_ok(study_open(path, &conf, &space, false, &s));
    assert_ok(study_advance(s, &done));
    assert_true(study_take(s, 0, &t, &x));
    assert_true(study_fail(s, t, "the \"loss\" is NaN"));
    assert_false(study_fail(s, t, "again"));
    assert_ok(study_advance(s, &done));
    study_close(s);
    char *journal = content();
    assert_non_null(strstr(journal, "\"user_attr\":{\"fail_reason\":\"the "
                                    "\\\"loss\\\" is NaN\"}"));
    mem_free(journal);
    assert_ok(study_open(path, &conf, &space, true, &s));
    assert_int_equal(study_told(s), 1);
    assert_int_equal(study_trial(s, 0)->state, TRIAL_FAIL);
    assert_string_equal(study_reason(s, 0), "the \"loss\" is NaN");
    assert_string_equal(study_reason(s, 1), "");
    study_close(s);
}

static void other_searches_are_refused(void **state)
{
    (void)state;
    char hex[SHA256_HEX];
    struct study *s = NULL;
    struct study_conf c = conf_for(3);
    mem_free(whole_run(3, 2, hex));
    assert_fails(study_open(path, &c, &space, false, &s), ERR_RUN, "--resume");
    c.seed = 6;
    assert_fails(study_open(path, &c, &space, true, &s), ERR_RUN,
                 "another seed: 5, here 6");
    c = conf_for(4);
    assert_fails(study_open(path, &c, &space, true, &s), ERR_RUN, "lag");
    c = conf_for(3);
    c.data = "abd";
    assert_fails(study_open(path, &c, &space, true, &s), ERR_RUN,
                 "another data: abc, here abd");
    c = conf_for(3);
    c.tpe.maximise = false;
    assert_fails(study_open(path, &c, &space, true, &s), ERR_RUN, "direction");
    c = conf_for(3);
    c.trials = 10;
    assert_fails(study_open(path, &c, &space, true, &s), ERR_RUN, "30 trials");
    c = conf_for(3);
    params[0].high = 1e4;
    assert_fails(study_open(path, &c, &space, true, &s), ERR_RUN,
                 "another range");
    params[0].high = 1e3;
    c.lag = 0;
    c.seed = (uint64_t)1 << 33;
    assert_fails(study_open(path, &c, &space, true, &s), ERR_CONF, "seeds end");
}

/* A finished search that is given more trials proposes what a longer one
 * would have proposed. */
static void goes_on_with_more_trials(void **state)
{
    (void)state;
    char longer[SHA256_HEX];
    char hex[SHA256_HEX];
    struct study_conf c = conf_for(3);
    struct study *s = NULL;
    bool done;
    c.trials = TRIALS + 8;
    mem_free(run_of(c, 2, longer));
    mem_free(whole_run(3, 2, hex));
    assert_string_not_equal(hex, longer);
    assert_ok(study_open(path, &c, &space, true, &s));
    work(s, 2, 1, 99, &done);
    digest_of(s, hex);
    study_close(s);
    assert_string_equal(hex, longer);
}

/* With trials in flight the liar is on whatever was asked for. */
static void the_liar_belongs_to_the_lag(void **state)
{
    (void)state;
    char hex[SHA256_HEX];
    char other[SHA256_HEX];
    struct study_conf c = conf_for(3);
    mem_free(run_of(c, 2, hex));
    c.tpe.liar = false;
    mem_free(run_of(c, 2, other));
    assert_string_equal(hex, other);
}

/* One recorded value changed: the proposals after it are not the journal's. */
static void a_changed_value_is_found(void **state)
{
    (void)state;
    char hex[SHA256_HEX];
    char *all = NULL;
    size_t size;
    struct study *s = NULL;
    struct study_conf c = conf_for(0);
    mem_free(whole_run(0, 1, hex));
    assert_ok(file_read(path, 1u << 24, &all, &size));
    char *v = strstr(all, "\"values\":[-");
    assert_non_null(v);
    v[10] = '9'; /* a bad trial becomes the best */
    assert_ok(file_publish(path, all, size));
    mem_free(all);
    assert_fails(study_open(path, &c, &space, true, &s), ERR_RUN,
                 "the journal has");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_number_of_workers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(kills_change_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lost_worker_is_replaced, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failure_keeps_its_reason, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(other_searches_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(goes_on_with_more_trials, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_liar_belongs_to_the_lag, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_changed_value_is_found, set_up,
                                        tear_down),
    };
    study_tmp();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
