/* Learning rates: refusals, ends and middles; golden lists are elsewhere. */
#include <math.h>

#include "check.h"
#include "nn/rate.h"

static void rates(void **state)
{
    struct rate r = {.kind = RATE_COSINE_STEP, .base = 2, .t_max = 0};

    (void)state;
    assert_fails(rate_check(&r), ERR_CONF, "t_max");
    r.kind = RATE_CONSTANT;
    assert_ok(rate_check(&r));
    assert_true(rate_at(&r, 9, 9) == 2.0);
    r = (struct rate){.kind = RATE_COSINE_STEP, .base = 2, .t_max = 10};
    assert_true(rate_at(&r, 0, 5) == 2.0);
    assert_true(fabs(rate_at(&r, 5, 0) - 1.0) < 1e-15);
    assert_true(rate_at(&r, 10, 0) == 0.0);
    assert_true(rate_at(&r, 20, 0) == 2.0);
    r.kind = RATE_COSINE_EPOCH;
    assert_true(rate_at(&r, 5, 0) == 2.0);
    r = (struct rate){.kind = RATE_STEP, .base = 2, .size = 0};
    assert_fails(rate_check(&r), ERR_CONF, "step size");
    r = (struct rate){.kind = RATE_STEP, .base = 8, .size = 3, .gamma = 0.5};
    assert_true(rate_at(&r, 99, 2) == 8.0 && rate_at(&r, 99, 6) == 2.0);
    r.gamma = 0;
    assert_fails(rate_check(&r), ERR_CONF, "factor 0");
}

static void rates_that_teach_nothing(void **state)
{
    struct rate r = {.kind = RATE_CONSTANT};

    (void)state;
    assert_fails(rate_check(&r), ERR_CONF, "learning rate 0");
    r.base = -0.1;
    assert_fails(rate_check(&r), ERR_CONF, "learning rate -0.1");
    r.base = NAN;
    assert_fails(rate_check(&r), ERR_CONF, "learning rate");
}

static void warm_up(void **state)
{
    struct rate r = {.kind = RATE_CONSTANT, .base = 8, .warmup = 4};

    (void)state;
    assert_ok(rate_check(&r));
    assert_true(rate_at(&r, 0, 0) == 2.0 && rate_at(&r, 2, 0) == 6.0);
    assert_true(rate_at(&r, 3, 0) == 8.0 && rate_at(&r, 4, 0) == 8.0);
    r = (struct rate){
        .kind = RATE_COSINE_STEP, .base = 2, .t_max = 10, .warmup = 20};
    assert_true(fabs(rate_at(&r, 5, 0) - 0.3) < 1e-15);
    r.warmup = -1;
    assert_fails(rate_check(&r), ERR_CONF, "warm-up of -1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates),
        cmocka_unit_test(rates_that_teach_nothing),
        cmocka_unit_test(warm_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
