/* Claims of the project and stored results. */
#include <unistd.h>

#include "conf/yaml.h"
#include "gate_tree.h"

static status claims(struct sample *s, const char *text)
{
    struct json *reference = tree("{\"records\": [], \"cohorts\": {}}");
    struct json *own = tree(text);
    struct gate_file file = {reference, "ref"};
    struct gate_inputs in = {.reference = &file,
                             .n_reference = 1,
                             .gates = own,
                             .gates_name = "claims.yaml",
                             .train_pct = 100,
                             .count = s->count};
    status st;

    s->r.n_gates = 0;
    st = gates_evaluate(&s->r, &in);
    json_free(own);
    json_free(reference);
    return st;
}

static enum verdict claim(struct sample *s, const char *members)
{
    char text[512];

    (void)snprintf(text, sizeof text,
                   "{\"gates\": [{\"id\": \"c\", \"cohort\": \"phantom\", "
                   "\"why\": \"w\", %s}]}",
                   members);
    assert_ok(claims(s, text));
    assert_int_equal(s->r.n_gates, 1);
    return s->r.gate[0].verdict;
}

static void test_claims(void **state)
{
    struct sample s;

    (void)state;
    sample_make(&s);
#define DIFF "\"kind\": \"difference\", \"metric\": \"auc\", "
    assert_int_equal(claim(&s,
                           DIFF "\"set\": \"pretrained\", \"against\": "
                                "\"random\", \"use\": \"low\", \"above\": 0"),
                     GATE_PASS);
    assert_int_equal(claim(&s,
                           DIFF "\"set\": \"pretrained\", \"against\": "
                                "\"random\", \"use\": \"low\", \"above\": 0.5"),
                     GATE_FAIL);
    assert_int_equal(claim(&s, DIFF "\"set\": \"random\", \"against\": "
                                    "\"both\", \"use\": \"low\", \"above\": 0"),
                     GATE_NOT_COMPARABLE);
    assert_int_equal(claim(&s, "\"kind\": \"value\", \"metric\": \"ba\", "
                               "\"set\": \"both\", \"use\": \"value\", "
                               "\"below\": 0.99"),
                     GATE_PASS);
    assert_int_equal(claim(&s, "\"kind\": \"health\", \"field\": \"loss\", "
                               "\"below\": 1.0"),
                     GATE_FAIL);
    s.r.set[3].metric[METRIC_BA].value = (double)NAN;
    assert_int_equal(claim(&s, "\"kind\": \"value\", \"metric\": \"ba\", "
                               "\"set\": \"both\", \"use\": \"value\", "
                               "\"below\": 0.99"),
                     GATE_FAIL);
    assert_ok(claims(&s, "{\"gates\": [{\"id\": \"c\", \"cohort\": \"other\", "
                         "\"why\": \"w\", \"kind\": \"health\"}]}"));
    assert_int_equal(s.r.n_gates, 0);
    s.r.steps.n = 0;
    assert_int_equal(claim(&s, "\"kind\": \"health\", \"field\": \"loss\", "
                               "\"below\": 1.0"),
                     GATE_NOT_COMPARABLE);
    s.r.steps.n = 180;
    sample_drop(&s);
}

static void test_bad_claims(void **state)
{
#define HEAD "{\"gates\": [{\"id\": \"c\", \"cohort\": \"phantom\", "
    static const char *const bad[][2] = {
        {"{}", "no list \"gates\""},
        {HEAD "\"why\": \"w\"}]}", "no text \"kind\""},
        {HEAD "\"kind\": \"odd\", \"why\": \"w\"}]}", "kind \"odd\""},
        {HEAD "\"kind\": \"health\", \"why\": \"w\", \"field\": \"x\", "
              "\"above\": 1}]}",
         "no health figure"},
        {HEAD "\"kind\": \"health\", \"why\": \"w\", \"field\": \"own\"}]}",
         "one of \"above\" and \"below\""},
        {HEAD "\"kind\": \"health\", \"why\": \"w\", \"field\": \"own\", "
              "\"above\": \"1\"}]}",
         "no number \"above\""},
        {HEAD "\"kind\": \"value\", \"why\": \"w\", \"set\": \"both\", "
              "\"metric\": \"f1\", \"use\": \"low\", \"above\": 1}]}",
         "metric \"f1\""},
        {HEAD "\"kind\": \"value\", \"why\": \"w\", \"set\": \"both\", "
              "\"metric\": \"auc\", \"use\": \"mid\", \"above\": 1}]}",
         "none of low, value, high"},
    };
    struct sample s;

    (void)state;
    sample_make(&s);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_fails(claims(&s, bad[i][0]), ERR_DATA, bad[i][1]);
    sample_drop(&s);
}

/* What one run leaves is what the next is held against. */
static void test_regression(void **state)
{
    struct sample s;
    struct text yaml = {0};
    struct json *own = tree(NO_CLAIMS);
    struct json *stored = NULL;
    struct gate_inputs in = {
        .gates = own, .gates_name = "gates", .train_pct = 100};
    char path[] = "/tmp/fmcib-gate-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    sample_make(&s);
    in.count = s.count;
    assert_ok(gate_regression_yaml(&s.r, &yaml));
    assert_int_equal(write(fd, yaml.s, yaml.len), yaml.len);
    (void)close(fd);
    assert_ok(yaml_read_json(path, &stored));
    (void)unlink(path);
    in.regression = stored;
    in.regression_name = "stored.yaml";
    assert_ok(gates_evaluate(&s.r, &in));
    assert_int_equal(report_count(&s.r, GATE_PASS), 12);
    s.r.n_gates = 0;
    s.r.set[1].metric[METRIC_MAP].value += 1e-15;
    assert_ok(gates_evaluate(&s.r, &in));
    assert_int_equal(report_count(&s.r, GATE_PASS), 11);
    assert_int_equal(report_count(&s.r, GATE_FAIL), 1);
    s.r.n_gates = 0;
    s.r.key[0].value = "1"; /* another seed */
    assert_ok(gates_evaluate(&s.r, &in));
    assert_int_equal(report_count(&s.r, GATE_NOT_COMPARABLE), 12);
    json_free(stored);
    json_free(own);
    text_free(&yaml);
    sample_drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_claims),
                                       cmocka_unit_test(test_bad_claims),
                                       cmocka_unit_test(test_regression)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
