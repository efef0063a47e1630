/* The fixed lag: simulations with random durations, worker counts and deaths
 * must give the one order of steps there is. */
#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "hpo/schedule.h"

enum { TRIALS = 200, WORKERS = 64, STEPS = 2 * TRIALS + 1 };

struct worker {
    bool busy, dead;
    uint32_t ticket;
    double until;
};

struct sim {
    struct schedule *s;
    struct worker worker[WORKERS];
    int workers;
    double now;
    struct stream rng;
    struct schedule_do step[STEPS];
    unsigned n;
    unsigned deaths;
    unsigned runs[TRIALS]; /* how often a ticket was computed */
};

static void do_steps(struct sim *m)
{
    for (;;) {
        struct schedule_do d = schedule_step(m->s);
        if (d.what == SCHEDULE_NOTHING || d.what == SCHEDULE_DONE)
            return;
        assert_true(m->n < STEPS);
        m->step[m->n++] = d;
    }
}

static void hand_out(struct sim *m)
{
    for (int w = 0; w < m->workers; w++) {
        struct worker *k = &m->worker[w];
        if (k->busy || k->dead || !schedule_take(m->s, w, &k->ticket))
            continue;
        k->busy = true;
        k->until = m->now + stream_range(&m->rng, 0.1, 3.0);
        m->runs[k->ticket]++;
    }
}

/* The worker that ends first; sometimes it dies instead of ending. */
static void next_event(struct sim *m, double death)
{
    int first = -1;
    for (int w = 0; w < m->workers; w++)
        if (m->worker[w].busy &&
            (first < 0 || m->worker[w].until < m->worker[first].until))
            first = w;
    assert_true(first >= 0); /* else nobody works and nothing can go on */
    struct worker *k = &m->worker[first];
    m->now = k->until;
    k->busy = false;
    if (stream_double(&m->rng) < death) {
        m->deaths++;
        schedule_lost(m->s, first); /* a new worker takes its place */
    } else {
        assert_true(schedule_result(m->s, k->ticket));
        assert_false(schedule_result(m->s, k->ticket));
    }
}

static void simulate(struct sim *m, uint32_t lag, int workers, double death)
{
    memset(m, 0, sizeof *m);
    m->workers = workers;
    m->rng = stream_at(5, STREAM_TEST, lag, (uint64_t)workers, 0);
    assert_ok(schedule_new(TRIALS, lag, 0, 0, &m->s));
    do_steps(m);
    while (schedule_open(m->s) > 0) {
        hand_out(m);
        assert_int_equal(schedule_running(m->s) <= (unsigned)workers, 1);
        next_event(m, death);
        do_steps(m);
    }
    assert_int_equal(schedule_step(m->s).what, SCHEDULE_DONE);
    schedule_free(m->s);
}

/* The rule itself, written another way. */
static unsigned expected(uint32_t lag, struct schedule_do *out)
{
    unsigned n = 0;
    uint32_t proposed = 0;
    for (uint32_t told = 0; told <= TRIALS; told++) {
        while (proposed < TRIALS && proposed <= told + lag) {
            uint32_t seen = proposed > lag ? proposed - lag : 0;
            out[n++] = (struct schedule_do){SCHEDULE_PROPOSE, proposed++, seen};
        }
        if (told < TRIALS)
            out[n++] = (struct schedule_do){SCHEDULE_TELL, told, 0};
    }
    return n;
}

static void check_order(const struct sim *m, uint32_t lag)
{
    static struct schedule_do want[STEPS];
    unsigned n = expected(lag, want);
    assert_int_equal(m->n, n);
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(m->step[i].what, want[i].what);
        assert_int_equal(m->step[i].ticket, want[i].ticket);
        assert_int_equal(m->step[i].seen, want[i].seen);
    }
}

static void one_order_for_all_workers(void **state)
{
    (void)state;
    static struct sim m;
    static const uint32_t lags[] = {0, 1, 3, 7, 63, 500};
    for (size_t l = 0; l < sizeof lags / sizeof *lags; l++) {
        for (int workers = 1; workers <= WORKERS; workers++) {
            simulate(&m, lags[l], workers, 0);
            check_order(&m, lags[l]);
            for (int t = 0; t < TRIALS; t++)
                assert_int_equal(m.runs[t], 1);
        }
    }
}

static void deaths_change_nothing(void **state)
{
    (void)state;
    static struct sim m;
    unsigned deaths = 0;
    for (int workers = 1; workers <= WORKERS; workers += 7) {
        simulate(&m, 9, workers, 0.2);
        check_order(&m, 9);
        deaths += m.deaths;
        for (int t = 0; t < TRIALS; t++)
            assert_true(m.runs[t] >= 1);
    }
    assert_true(deaths > 100);
}

/* Lag 2P-1 hides durations that differ: many workers are worth having. */
static void lag_keeps_workers_busy(void **state)
{
    (void)state;
    static struct sim m;
    simulate(&m, 0, 8, 0);
    double alone = m.now;
    simulate(&m, 15, 8, 0);
    assert_true(m.now < alone / 5);
}

static void resumes_anywhere(void **state)
{
    (void)state;
    struct schedule *s = NULL;
    static struct schedule_do want[STEPS];
    const uint32_t lag = 4;
    unsigned n = expected(lag, want);
    uint32_t told = 0;
    uint32_t proposed = 0;

    for (unsigned cut = 0; cut <= n; cut++) {
        assert_ok(schedule_new(TRIALS, lag, told, proposed, &s));
        unsigned at = cut;
        for (;;) {
            struct schedule_do d = schedule_step(s);
            uint32_t t;
            if (d.what == SCHEDULE_DONE)
                break;
            if (d.what == SCHEDULE_NOTHING) {
                assert_true(schedule_take(s, 0, &t));
                assert_true(schedule_result(s, t));
                continue;
            }
            assert_true(at < n);
            assert_int_equal(d.what, want[at].what);
            assert_int_equal(d.ticket, want[at].ticket);
            assert_int_equal(d.seen, want[at].seen);
            at++;
        }
        assert_int_equal(at, n);
        schedule_free(s);
        if (cut < n && want[cut].what == SCHEDULE_TELL)
            told++;
        else
            proposed++;
    }
}

static void refuses_impossible_states(void **state)
{
    (void)state;
    struct schedule *s = NULL;
    assert_fails(schedule_new(10, 2, 3, 2, &s), ERR_RUN, "cannot be");
    assert_fails(schedule_new(10, 2, 3, 7, &s), ERR_RUN, "lag 2");
    assert_fails(schedule_new(10, 20, 3, 11, &s), ERR_RUN, "of 10");
    assert_null(s);
    assert_ok(schedule_new(0, 2, 0, 0, &s));
    assert_int_equal(schedule_step(s).what, SCHEDULE_DONE);
    uint32_t t;
    assert_false(schedule_take(s, 0, &t));
    assert_false(schedule_result(s, 0));
    schedule_free(s);
    schedule_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_order_for_all_workers),
        cmocka_unit_test(deaths_change_nothing),
        cmocka_unit_test(lag_keeps_workers_busy),
        cmocka_unit_test(resumes_anywhere),
        cmocka_unit_test(refuses_impossible_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
