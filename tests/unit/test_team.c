#include <stdatomic.h>

#include "base/team.h"

#include "check.h"

enum { N = 1000 };

struct job {
    atomic_int done[N];
    atomic_int by_member[8];
    int bad_a, bad_b;
};

static status one(void *ctx, size_t item, int member)
{
    struct job *j = ctx;

    atomic_fetch_add(&j->done[item], 1);
    atomic_fetch_add(&j->by_member[member], 1);
    if ((int)item == j->bad_a || (int)item == j->bad_b)
        return status_fail(item == 900 ? ERR_DATA : ERR_NUMERIC, "t.c", 1,
                           "item %zu", item);
    return OK;
}

static struct job *fresh(int bad_a, int bad_b)
{
    static struct job j;

    memset(&j, 0, sizeof j);
    j.bad_a = bad_a;
    j.bad_b = bad_b;
    return &j;
}

static void does_every_item_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        struct team *t = NULL;
        struct job *j = NULL;
        int sum = 0;

        assert_ok(team_new(threads, &t));
        assert_int_equal(team_size(t), threads);
        for (int round = 0; round < 50; round++) {
            size_t n = round % 3 == 0 ? (size_t)round : N;

            j = fresh(-1, -1);
            assert_ok(team_run(t, n, one, j));
            for (size_t i = 0; i < N; i++)
                assert_int_equal(j->done[i], i < n);
        }
        for (int m = 0; m < 8; m++) {
            sum += j->by_member[m];
            assert_true(m < threads || j->by_member[m] == 0);
        }
        assert_int_equal(sum, N);
        team_free(t);
    }
    team_free(NULL);
}

static void reports_the_lowest_failing_item(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        struct team *t = NULL;
        struct job *j = NULL;

        assert_ok(team_new(threads, &t));
        for (int round = 0; round < 20; round++) {
            j = fresh(950, 900);
            assert_fails(team_run(t, N, one, j), ERR_DATA, "item 900");
            for (int i = 0; i < N; i++)
                assert_int_equal(j->done[i], 1); /* all run even so */
            j = fresh(950, 3);
            assert_fails(team_run(t, N, one, j), ERR_NUMERIC, "item 3");
        }
        assert_ok(team_run(t, N, one, fresh(-1, -1)));
        assert_ok(team_run(t, 0, one, fresh(0, 0)));
        team_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_every_item_once),
        cmocka_unit_test(reports_the_lowest_failing_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
