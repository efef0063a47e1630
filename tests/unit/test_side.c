#include <time.h>

#include "base/side.h"

#include "check.h"

static void nap(long ms)
{
    (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static status count(void *ctx)
{
    ++*(int *)ctx;
    return OK;
}

static status slow(void *ctx)
{
    nap(100);
    return count(ctx);
}

static status failing(void *ctx)
{
    (void)ctx;
    return status_fail(ERR_DATA, __FILE__, __LINE__, "side %d", 5);
}

static status wait_for(struct side *s)
{
    status st = ERR_BUG;
    for (int i = 0; i < 1000; i++)
        if (side_done(s, 10000, &st))
            return st;
    fail_msg("the job does not end");
    return st;
}

static void jobs_one_after_the_other(void **state)
{
    (void)state;
    struct side *s = NULL;
    int n = 0;
    status st = OK;
    assert_ok(side_new(&s));
    assert_false(side_done(s, 1000, &st));
    for (int i = 0; i < 500; i++) {
        side_start(s, count, &n);
        assert_int_equal(wait_for(s), OK);
        assert_int_equal(n, i + 1);
    }
    assert_false(side_done(s, 0, &st));
    side_free(s);
    side_free(NULL);
}

struct asking {
    struct side *side;
    int sum;
};

/* Asks for the next number a hundred times. */
static status ask(void *ctx)
{
    struct asking *a = ctx;
    for (int i = 0; i < 100; i++) {
        int n = i;
        side_ask(a->side, &n);
        a->sum += n;
    }
    return OK;
}

static void questions_are_answered(void **state)
{
    (void)state;
    struct asking a = {0};
    status st = ERR_BUG;
    int answered = 0;
    assert_ok(side_new(&a.side));
    side_start(a.side, ask, &a);
    while (!side_done(a.side, 1000, &st)) {
        int *n = side_question(a.side);
        if (!n)
            continue;
        assert_int_equal(*n, answered++);
        ++*n;
        side_answer(a.side);
    }
    assert_int_equal(st, OK);
    assert_int_equal(answered, 100);
    assert_int_equal(a.sum, 5050);
    /* one that nobody answers holds up nobody */
    a.sum = 0;
    side_start(a.side, ask, &a);
    side_free(a.side);
    assert_int_equal(a.sum, 4950);
}

static void does_not_hold_the_caller(void **state)
{
    (void)state;
    struct side *s = NULL;
    int n = 0;
    status st = OK;
    assert_ok(side_new(&s));
    side_start(s, slow, &n);
    assert_false(side_done(s, 0, &st));
    side_free(s); /* waits for it */
    assert_int_equal(n, 1);
}

static void errors_come_home(void **state)
{
    (void)state;
    struct side *s = NULL;
    assert_ok(side_new(&s));
    side_start(s, failing, NULL);
    assert_int_equal(wait_for(s), ERR_DATA);
    assert_string_equal(status_text(), "side 5");
    side_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_one_after_the_other),
        cmocka_unit_test(questions_are_answered),
        cmocka_unit_test(does_not_hold_the_caller),
        cmocka_unit_test(errors_come_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
