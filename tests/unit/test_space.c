#include <math.h>

#include "check.h"
#include "hpo/space.h"

static void high_is_lowered_in_decimal(void **state)
{
    (void)state;
    struct space_param p = {
        .name = "q", .kind = SPACE_FLOAT, .low = 0, .high = 1, .step = 0.3};
    assert_ok(space_param_check(&p));
    assert_true(p.high == 0.9);
    /* 0.7 / 0.1 in binary would stop at 0.6 */
    p = (struct space_param){
        .name = "q", .kind = SPACE_FLOAT, .low = 0, .high = 0.7, .step = 0.1};
    assert_ok(space_param_check(&p));
    assert_true(p.high == 0.7);
    p = (struct space_param){
        .name = "k", .kind = SPACE_INT, .low = 1, .high = 10, .step = 2};
    assert_ok(space_param_check(&p));
    assert_true(p.high == 9);
    p = (struct space_param){
        .name = "k", .kind = SPACE_INT, .low = -7, .high = 3};
    assert_ok(space_param_check(&p));
    assert_true(p.step == 1 && p.high == 3);
}

static status check(struct space_param p)
{
    return space_param_check(&p);
}

static void refuses(void **state)
{
    (void)state;
    assert_fails(check((struct space_param){.name = ""}), ERR_CONF, "name");
    assert_fails(check((struct space_param){.name = "C", .low = 2, .high = 1}),
                 ERR_CONF, "C: the range [2, 1]");
    assert_fails(
        check((struct space_param){.name = "C", .log = true, .high = 1}),
        ERR_CONF, "above 0");
    assert_fails(
        check((struct space_param){.name = "C", .low = (double)NAN, .high = 1}),
        ERR_CONF, "range");
    assert_fails(check((struct space_param){
                     .name = "C", .log = true, .low = 1, .high = 9, .step = 1}),
                 ERR_CONF, "no step");
    assert_fails(check((struct space_param){
                     .name = "k", .kind = SPACE_INT, .low = 0.5, .high = 2}),
                 ERR_CONF, "whole");
    assert_fails(check((struct space_param){
                     .name = "C", .low = 0, .high = 1e17, .step = 1e-9}),
                 ERR_CONF, "too fine");
    assert_fails(
        check((struct space_param){.name = "a", .kind = SPACE_CATEGORICAL}),
        ERR_CONF, "no choices");
    struct space_param two[] = {{.name = "C"}, {.name = "C"}};
    assert_fails(space_check(&(struct space){2, two}), ERR_CONF,
                 "two parameters");
}

static void round_trip(struct space_param p, const char *want)
{
    struct text t = {0};
    struct json *j = NULL;
    struct space_param back;
    assert_ok(space_param_check(&p));
    space_text(&p, &t);
    assert_ok(text_status(&t));
    assert_string_equal(t.s, want);
    assert_ok(json_parse(t.s, t.len, "text", &j));
    assert_ok(space_from_json(p.name, j, &back));
    assert_true(space_same(&p, &back));
    back.log = !back.log;
    assert_false(space_same(&p, &back));
    space_param_free(&back);
    json_free(j);
    text_free(&t);
}

static void texts(void **state)
{
    (void)state;
    static const char *const choices[] = {"\"l1\"", "null", "true", "3", "0.5"};
    round_trip((struct space_param){.name = "C",
                                    .kind = SPACE_FLOAT,
                                    .low = 1e-6,
                                    .high = 1000,
                                    .log = true},
               "{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": "
               "null, \"low\": 1e-06, \"high\": 1000.0, \"log\": true}}");
    round_trip(
        (struct space_param){
            .name = "k", .kind = SPACE_INT, .low = 1, .high = 9, .step = 2},
        "{\"name\": \"IntDistribution\", \"attributes\": {\"log\": "
        "false, \"step\": 2, \"low\": 1, \"high\": 9}}");
    round_trip((struct space_param){.name = "a",
                                    .kind = SPACE_CATEGORICAL,
                                    .n_choices = 5,
                                    .choices = choices},
               "{\"name\": \"CategoricalDistribution\", \"attributes\": "
               "{\"choices\": [\"l1\", null, true, 3, 0.5]}}");
}

static void domain(void **state)
{
    (void)state;
    struct space_param p = {.name = "m",
                            .kind = SPACE_INT,
                            .low = 1,
                            .high = 64,
                            .step = 1,
                            .log = true};
    double low;
    double high;
    double q;
    space_domain(&p, &low, &high, &q);
    assert_true(fabs(low - log(0.5)) < 1e-15 && fabs(high - log(64.5)) < 1e-15);
    assert_true(q == 1);
    assert_true(fabs(space_inner(&p, 8) - log(8)) < 1e-15);
    assert_false(space_is_single(&p));
    p.high = 1;
    assert_true(space_is_single(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(high_is_lowered_in_decimal),
        cmocka_unit_test(refuses),
        cmocka_unit_test(texts),
        cmocka_unit_test(domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
