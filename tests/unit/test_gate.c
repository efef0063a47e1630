/* Every rule of validation/README.md, and the files of the project. */
#include <unistd.h>

#include "base/json.h"

#include "conf/yaml.h"
#include "report_sample.h"

static struct json *tree(const char *text)
{
    struct json *j = NULL;

    assert_ok(json_parse(text, strlen(text), "test", &j));
    return j;
}

/* One published figure of set "both"; %s: more members. */
static struct json *figure(double value, const char *more)
{
    char text[1024];

    (void)snprintf(
        text, sizeof text,
        "{\"cohorts\": {\"mine\": {\"counts\": [48,48,48,48,48,48,48,48]},"
        " \"odd\": {\"counts\": [40,48,48,48,48,48,48,56]}},"
        "\"records\": [{\"id\": \"f\", \"task\": \"task1\", \"set\": \"both\","
        "\"metric\": \"auc\", \"train_pct\": 100, \"source\": \"s\","
        "\"value\": %.17g, %s}]}",
        value, more);
    return tree(text);
}

static const char NO_CLAIMS[] = "{\"gates\": []}";

/* The verdict on the one figure; why and seen are looked for in the gate. */
static void expect(struct sample *s,
                   const char *cohort,
                   bool published,
                   struct json *reference,
                   enum verdict v,
                   const char *words)
{
    struct json *claims = tree(NO_CLAIMS);
    struct gate_inputs in = {.reference = reference,
                             .reference_name = "ref",
                             .gates = claims,
                             .gates_name = "gates",
                             .published = published,
                             .train_pct = 100,
                             .count = s->count};

    s->r.n_gates = 0;
    s->r.cohort = cohort;
    assert_ok(gates_evaluate(&s->r, &in));
    assert_int_equal(s->r.n_gates, 1);
    if (s->r.gate[0].verdict != v ||
        (!strstr(s->r.gate[0].why, words) && !strstr(s->r.gate[0].want, words)))
        fail_msg("%s: %s / %s / %s", verdict_text(s->r.gate[0].verdict),
                 s->r.gate[0].seen, s->r.gate[0].want, s->r.gate[0].why);
    json_free(claims);
    json_free(reference);
}

#define AT    "\"cohort\": \"mine\", \"n\": 384, "
#define FULL  "\"exact\": \"full_sample\""
#define DRAWN "\"exact\": \"resampled\""

static void test_reference(void **state)
{
    struct sample s;

    (void)state;
    sample_make(&s);
    const struct interval *v = &s.r.set[3].metric[METRIC_AUC];
    double exact = v->value;
    char span[128];

    /* own model: the intervals must overlap */
    (void)snprintf(span, sizeof span, AT DRAWN ", \"low\": %g, \"high\": %g",
                   v->lo - 0.02, v->lo + 0.001);
    expect(&s, "mine", false, figure(0.5, span), GATE_PASS, "overlap");
    (void)snprintf(span, sizeof span, AT DRAWN ", \"low\": %g, \"high\": %g",
                   v->lo - 0.02, v->lo - 0.001);
    expect(&s, "mine", false, figure(0.5, span), GATE_FAIL, "overlap");
    (void)snprintf(span, sizeof span, AT DRAWN ", \"low\": %g, \"high\": %g",
                   v->hi + 0.001, v->hi + 0.01);
    expect(&s, "mine", false, figure(0.5, span), GATE_FAIL, "overlap");
    expect(&s, "mine", false, figure(exact, AT DRAWN), GATE_NOT_COMPARABLE,
           "no interval");
    expect(&s, "mine", false, figure(exact, AT FULL), GATE_NOT_COMPARABLE,
           "published inputs");
    /* published inputs: the figure itself */
    expect(&s, "mine", true, figure(exact, AT FULL), GATE_PASS, "within 1e-06");
    expect(&s, "mine", true, figure(exact + 1.1e-6, AT FULL), GATE_FAIL, "");
    expect(&s, "mine", true, figure(v->mean, AT DRAWN), GATE_PASS, "within");
    expect(&s, "mine", true, figure(v->mean + 0.19 * v->sd + 1e-5, AT DRAWN),
           GATE_FAIL, "");
    /* not comparable, whatever the value */
    expect(&s, "mine", true,
           figure(exact, "\"cohort\": \"mine\", \"n\": 385, " FULL),
           GATE_NOT_COMPARABLE, "385 test rows there, 384 here");
    expect(&s, "odd", true,
           figure(exact, "\"cohort\": \"odd\", \"n\": 384, " FULL),
           GATE_NOT_COMPARABLE, "other class counts");
    s.r.metric[0] = METRIC_ACC;
    expect(&s, "mine", true, figure(exact, AT FULL), GATE_NOT_COMPARABLE,
           "not asked for");
    s.r.metric[0] = METRIC_AUC;
    expect(&s, "phantom", true, figure(exact, AT FULL), GATE_NOT_COMPARABLE,
           "cohort mine, this run of phantom");
    sample_drop(&s);
}

static status claims(struct sample *s, const char *text)
{
    struct json *reference = tree("{\"records\": [], \"cohorts\": {}}");
    struct json *own = tree(text);
    struct gate_inputs in = {.reference = reference,
                             .reference_name = "ref",
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
    struct json *reference = tree("{\"records\": [], \"cohorts\": {}}");
    struct json *own = tree(NO_CLAIMS);
    struct json *stored = NULL;
    struct gate_inputs in = {.reference = reference,
                             .reference_name = "ref",
                             .gates = own,
                             .gates_name = "gates",
                             .train_pct = 100};
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
    json_free(reference);
    text_free(&yaml);
    sample_drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference), cmocka_unit_test(test_claims),
        cmocka_unit_test(test_bad_claims), cmocka_unit_test(test_regression)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
