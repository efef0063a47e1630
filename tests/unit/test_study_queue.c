/* Parameters that exist in some trials only, and trials that waited in a queue
 * when the search came: one journal for any number of workers, and for kills.
 */
#include <stdio.h>
#include <string.h>

#include "study_fixture.h"

static const double some[] = {3, 4, 5};
static const struct space_when when_k[] = {{1, 3, some}};

static int with_m(void **state)
{
    space.n = 3;
    params[2].n_when = 1;
    params[2].when = when_k;
    return set_up(state);
}

static int without_m(void **state)
{
    space.n = 2;
    return tear_down(state);
}

static bool has_m(const double *x)
{
    return x[1] >= 3 && x[1] <= 5;
}

/* m is there in the trials whose k asks for it, and in no others. Their number.
 */
static unsigned check_m(const struct study *s)
{
    unsigned n = 0;

    for (uint32_t t = 0; t < study_told(s); t++) {
        const double *x = study_trial(s, t)->x;
        assert_int_equal(isnan(x[2]) == 0, has_m(x));
        n += has_m(x);
    }
    return n;
}

static unsigned count_of(const char *all, const char *word)
{
    unsigned n = 0;

    for (; (all = strstr(all, word)) != NULL; all++)
        n++;
    return n;
}

/* Search to the end in lives of `most` results. */
static void lives(const struct study_conf *conf, uint32_t most, bool resume)
{
    struct study *s = NULL;
    bool done = false;

    for (int life = 0; !done; life++) {
        assert_ok(study_open(path, conf, &space, resume || life > 0, &s));
        work(s, 1 + life % 4, 9, life < 40 ? most : 99, &done);
        if (done && space.n == 3)
            assert_true(check_m(s) > 3);
        study_close(s);
    }
}

static void conditional_parameters(void **state)
{
    (void)state;
    for (int k = 0; k < 16; k++) {
        struct study_conf conf = conf_for(k % 2 ? 3 : 0);
        char hex[SHA256_HEX];
        char other[SHA256_HEX];

        conf.tpe.multivariate = k & 2;
        conf.tpe.group = k & 4;
        conf.sampler = k & 8 ? STUDY_RANDOM : STUDY_TPE;
        char *want = run_of(conf, 1, hex);
        char *got = run_of(conf, 5, other);
        assert_string_equal(got, want);
        assert_string_equal(other, hex);
        mem_free(got);
        (void)unlink(path);
        lives(&conf, 4, true);
        got = content();
        assert_string_equal(got, want);
        unsigned m = count_of(got, "\"param_name\":\"m\"");
        assert_true(m > 3 && m < TRIALS - 3);
        mem_free(got);
        mem_free(want);
    }
}

/* Another condition is another search, though its trials may look alike. */
static void other_conditions_are_refused(void **state)
{
    (void)state;
    static const struct space_when other[] = {{1, 2, some}};
    static const double never[] = {12};
    static const struct space_when bad[] = {{1, 1, never}};
    static const struct space_when late[] = {{2, 1, some}};
    struct study_conf conf = conf_for(3);
    struct study *s = NULL;
    char hex[SHA256_HEX];
    char changed[SHA256_HEX];

    mem_free(run_of(conf, 2, hex));
    params[2].when = other;
    assert_fails(study_open(path, &conf, &space, true, &s), ERR_RUN, "m = ");
    mem_free(run_of(conf, 2, changed));
    assert_string_not_equal(hex, changed);
    params[2].when = when_k;
    assert_fails(study_open(path, &conf, &space, true, &s), ERR_RUN,
                 "the journal has no m, this configuration proposes");
    params[2].when = bad;
    assert_fails(study_open(path, &conf, &space, true, &s), ERR_CONF,
                 "m: exists where k is 12, which it never is");
    params[2].when = late;
    assert_fails(study_open(path, &conf, &space, true, &s), ERR_CONF,
                 "on no earlier parameter");
}

/* As in Optuna, a grid has a trial for every combination. */
static void a_grid_leaves_it_out(void **state)
{
    (void)state;
    static const double c[] = {1};
    static const double k[] = {1, 3};
    static const double m[] = {0, 0.5};
    static const struct grid_axis axes[] = {{1, c}, {2, k}, {2, m}};
    struct study_conf conf = conf_for(0);
    struct study *s = NULL;
    bool done;

    conf.sampler = STUDY_GRID;
    conf.grid = axes;
    assert_ok(study_open(path, &conf, &space, false, &s));
    work(s, 1, 1, 99, &done);
    assert_int_equal(study_told(s), 4);
    assert_int_equal(check_m(s), 2);
    study_close(s);
}

/* ---- the queue ---- */

/* A study of 13 trials, and what waits after them (records of Optuna 5.0). */
static uint32_t begin_with_queue(const char *const *fixed, size_t n)
{
    struct study_conf first = conf_for(3);
    struct study *s = NULL;
    bool done;
    FILE *f;
    uint32_t before;

    (void)unlink(path);
    first.trials = 13;
    assert_ok(study_open(path, &first, &space, false, &s));
    work(s, 3, 1, 99, &done);
    before = study_told(s);
    study_close(s);
    f = fopen(path, "a");
    assert_non_null(f);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(f,
                      "{\"op_code\":4,\"worker_id\":\"W\",\"study_id\":0,"
                      "\"datetime_start\":null,\"state\":4,\"value\":null,"
                      "\"values\":null,\"distributions\":{},\"params\":{},"
                      "\"user_attrs\":{},\"system_attrs\":{%s},"
                      "\"intermediate_values\":{}}\n",
                      fixed[i]);
    assert_int_equal(fclose(f), 0);
    return before;
}

static const char *const queue[] = {
    "\"fixed_params\": {\"k\": 7, \"C\": 0.5}",
    "\"fixed_params\": {}",
    "\"fixed_params\": {\"C\": 100}",
    "",
    "\"fixed_params\": {\"k\": 4, \"m\": -0.25, \"nobody\": 3}",
    "\"fixed_params\": {\"k\": 9, \"m\": -0.25}"};
enum { QUEUE = sizeof queue / sizeof queue[0] };

static void check_queue(const struct study *s, uint32_t before)
{
    const double *x[QUEUE];

    for (uint32_t i = 0; i < QUEUE; i++)
        x[i] = study_trial(s, before + i)->x;
    assert_true(x[0][1] == 7 && x[0][0] == 0.5);
    assert_true(x[1][0] != 0.5 && x[1][0] != 100 && x[3][0] != 100);
    assert_true(x[2][0] == 100);
    assert_true(x[4][1] == 4 && x[4][2] == -0.25);
    assert_true(x[5][1] == 9 && isnan(x[5][2]));
    assert_true(x[4][0] != x[5][0]);
}

static void the_queue_comes_first(void **state)
{
    (void)state;
    static const uint32_t lags[] = {0, 3, 11};

    for (int l = 0; l < 3; l++) {
        struct study_conf conf = conf_for(lags[l]);
        struct study *s = NULL;
        char *want = NULL;
        bool done;

        conf.adopt = true;
        conf.seed = 77;
        for (int how = 0; how < 4; how++) {
            uint32_t before = begin_with_queue(queue, QUEUE);
            char *got;

            assert_ok(study_open(path, &conf, &space, false, &s));
            assert_int_equal(study_before(s), before);
            work(s, how == 1 ? 64 : 2, 1, how == 3 ? 2 : 99, &done);
            study_close(s);
            if (how == 3) /* killed again and again, the queue half taken */
                lives(&conf, 3, true);
            assert_ok(study_open(path, &conf, &space, true, &s));
            assert_int_equal(study_told(s), TRIALS);
            check_queue(s, before);
            study_close(s);
            got = content();
            assert_int_equal(count_of(got, "\"op_code\":4"), TRIALS);
            assert_int_equal(count_of(got, "\"state\":0"), QUEUE);
            if (want)
                assert_string_equal(got, want);
            mem_free(want);
            want = got;
        }
        mem_free(want);
    }
}

/* A search of few trials leaves the rest where it is. */
static void a_queue_longer_than_the_search(void **state)
{
    (void)state;
    struct study_conf conf = conf_for(2);
    uint32_t before = begin_with_queue(queue, QUEUE);
    struct study *s = NULL;
    bool done;

    conf.adopt = true;
    conf.trials = before;
    assert_fails(study_open(path, &conf, &space, false, &s), ERR_CONF,
                 "study s has 13 trials already, this search 13 in all");
    conf.trials = before + 2;
    for (int life = 0; life < 2; life++) {
        assert_ok(study_open(path, &conf, &space, life > 0, &s));
        work(s, 2, 1, 99, &done);
        assert_true(done);
        assert_int_equal(study_told(s), before + 2);
        study_close(s);
    }
    conf.trials = TRIALS; /* and then takes it up */
    assert_ok(study_open(path, &conf, &space, true, &s));
    work(s, 2, 1, 99, &done);
    check_queue(s, before);
    study_close(s);
}

static void a_bad_queue_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *fixed, *words;
    } bad[] = {
        {"\"fixed_params\": {\"k\": 10}",
         "trial 13 of the queue: k is 10 there, which is not in its range "
         "here"},
        {"\"fixed_params\": {\"k\": 2.5}", "k is 2.5 there"},
        {"\"fixed_params\": {\"C\": -1}", "C is -1 there"},
        {"\"fixed_params\": {\"C\": \"one\"}",
         "trial 13 of the queue: C has a value that is no number"},
    };
    struct study_conf conf = conf_for(3);
    struct study *s = NULL;

    conf.adopt = true;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)begin_with_queue(&bad[i].fixed, 1);
        char *before = content();
        assert_fails(study_open(path, &conf, &space, false, &s), ERR_DATA,
                     bad[i].words);
        char *after = content();
        assert_string_equal(before, after);
        mem_free(before);
        mem_free(after);
    }
}

static void a_grid_wants_all_values(void **state)
{
    (void)state;
    static const double c[] = {1, 10};
    static const double k[] = {1, 3};
    static const double m[] = {0};
    static const struct grid_axis axes[] = {{2, c}, {2, k}, {1, m}};
    static const char *const partly[] = {"\"fixed_params\": {\"k\": 3}"};
    static const char *const all[] = {
        "\"fixed_params\": {\"k\": 3, \"C\": 7, \"m\": 1}"};
    struct study_conf conf = conf_for(1);
    struct study *s = NULL;
    bool done;

    conf.adopt = true;
    conf.sampler = STUDY_GRID;
    conf.grid = axes;
    (void)begin_with_queue(partly, 1);
    assert_fails(study_open(path, &conf, &space, false, &s), ERR_DATA,
                 "it has no C, and a grid draws none");
    uint32_t before = begin_with_queue(all, 1);
    for (int life = 0; life < 2; life++) {
        assert_ok(study_open(path, &conf, &space, life > 0, &s));
        assert_int_equal(study_trials(s), before + 1 + 4);
        work(s, 2, 1, 3 + 99 * (uint32_t)life, &done);
        study_close(s);
    }
    assert_ok(study_open(path, &conf, &space, true, &s));
    assert_true(study_trial(s, before)->x[0] == 7);
    assert_true(study_trial(s, before + 1)->x[0] != 7);
    assert_int_equal(study_told(s), before + 1 + 4);
    study_close(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, with_m, without_m)
    const struct CMUnitTest tests[] = {
        TEST(conditional_parameters),
        TEST(other_conditions_are_refused),
        TEST(a_grid_leaves_it_out),
        TEST(the_queue_comes_first),
        TEST(a_queue_longer_than_the_search),
        TEST(a_bad_queue_is_refused),
        TEST(a_grid_wants_all_values),
    };
    study_tmp();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
