/* The rules of validation/README.md for published figures. */
#include "gate_tree.h"

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

/* The verdict on the one figure; words are looked for in the gate. */
static void expect(struct sample *s,
                   const char *cohort,
                   bool published,
                   struct json *reference,
                   enum verdict v,
                   const char *words)
{
    struct json *claims = tree(NO_CLAIMS);
    struct gate_file file = {reference, "ref"};
    struct gate_inputs in = {.reference = &file,
                             .n_reference = 1,
                             .gates = claims,
                             .gates_name = "gates",
                             .published = published,
                             .train_pct = 100,
                             .count = s->count};
    const struct report_gate *g;

    s->r.n_gates = 0;
    s->r.cohort = cohort;
    assert_ok(gates_evaluate(&s->r, &in));
    assert_int_equal(s->r.n_gates, 1);
    g = &s->r.gate[0];
    if (g->verdict != v || !*g->rule ||
        (!strstr(g->why, words) && !strstr(g->want, words) &&
         !strstr(g->rule, words)))
        fail_msg("%s, not %s: %s / %s / %s / %s", verdict_text(g->verdict),
                 verdict_text(v), g->seen, g->want, g->why, g->rule);
    json_free(claims);
    json_free(reference);
}

#define HERE  "\"cohort\": \"mine\", \"n\": 384, "
#define ANY   "\"inputs\": \"any\", "
#define ONLY  "\"inputs\": \"published\", "
#define FULL  "\"exact\": \"full_sample\""
#define DRAWN "\"exact\": \"resampled\""

/* An interval about the figure, for records of text. */
static const char *
span(char *text, size_t size, const char *head, double lo, double hi)
{
    (void)snprintf(text, size, "%s, \"low\": %.17g, \"high\": %.17g", head, lo,
                   hi);
    return text;
}

static void test_own_inputs(void **state)
{
    struct sample s;
    char t[256];

    (void)state;
    sample_make(&s);
    const struct interval *v = &s.r.set[3].metric[METRIC_AUC];
    const char *any = HERE ANY DRAWN;

    expect(&s, "mine", false,
           figure(0.5, span(t, sizeof t, any, v->mean - 0.001, v->mean + 0.3)),
           GATE_REPRODUCED, "inside");
    expect(&s, "mine", false,
           figure(0.5, span(t, sizeof t, any, v->lo - 0.02, v->lo + 0.001)),
           GATE_CONSISTENT, "overlap");
    expect(&s, "mine", false,
           figure(0.5, span(t, sizeof t, any, v->lo - 0.02, v->lo - 0.001)),
           GATE_DIFFERS, "overlap");
    expect(&s, "mine", false,
           figure(0.5, span(t, sizeof t, any, v->hi + 0.001, v->hi + 0.01)),
           GATE_DIFFERS, "overlap");
    expect(&s, "mine", false, figure(v->mean, HERE ONLY DRAWN),
           GATE_NOT_COMPARABLE, "no interval");
    expect(&s, "mine", false, figure(v->value, HERE ONLY FULL),
           GATE_NOT_COMPARABLE, "published inputs");
    sample_drop(&s);
}

static void test_published_inputs(void **state)
{
    struct sample s;
    char t[256];

    (void)state;
    sample_make(&s);
    const struct interval *v = &s.r.set[3].metric[METRIC_AUC];
    const char *only = HERE ONLY DRAWN;
    double beyond = v->mean + 0.19 * v->sd + 1e-5;

    expect(&s, "mine", true, figure(v->value, HERE ONLY FULL), GATE_REPRODUCED,
           "within 1e-06");
    expect(&s, "mine", true, figure(v->value + 1.1e-6, HERE ONLY FULL),
           GATE_DIFFERS, "exact");
    expect(&s, "mine", true,
           figure(v->value + 1.1e-6, HERE ONLY FULL ", \"tolerance\": 1e-5"),
           GATE_REPRODUCED, "within 1e-05");
    expect(&s, "mine", true, figure(v->mean, only), GATE_REPRODUCED, "within");
    expect(&s, "mine", true, figure(beyond, only), GATE_CONSISTENT,
           "ours holds the figure");
    expect(&s, "mine", true,
           figure(beyond, span(t, sizeof t, only, v->lo, v->hi)),
           GATE_CONSISTENT, "inside the published interval");
    expect(&s, "mine", true,
           figure(beyond, span(t, sizeof t, only, beyond - 1e-6, v->hi)),
           GATE_DIFFERS, "1000 unseeded");
    expect(&s, "mine", true, figure(v->hi + 0.001, only), GATE_DIFFERS, "");
    sample_drop(&s);
}

static void test_not_comparable(void **state)
{
    struct sample s;

    (void)state;
    sample_make(&s);
    double exact = s.r.set[3].metric[METRIC_AUC].value;

    expect(&s, "mine", true,
           figure(exact, "\"cohort\": \"mine\", \"n\": 385, " ONLY FULL),
           GATE_NOT_COMPARABLE, "385 test rows there, 384 here");
    expect(&s, "odd", true,
           figure(exact, "\"cohort\": \"odd\", \"n\": 384, " ONLY FULL),
           GATE_NOT_COMPARABLE, "other class counts");
    s.r.metric[0] = METRIC_ACC;
    expect(&s, "mine", true, figure(exact, HERE ONLY FULL), GATE_NOT_COMPARABLE,
           "not asked for");
    s.r.metric[0] = METRIC_AUC;
    s.r.set[3].metric[METRIC_AUC].value = (double)NAN;
    expect(&s, "mine", true, figure(exact, HERE ONLY FULL), GATE_NOT_COMPARABLE,
           "undefined");
    s.r.set[3].metric[METRIC_AUC].value = exact;
    expect(&s, "phantom", true, figure(exact, HERE ONLY FULL),
           GATE_NOT_COMPARABLE, "cohort mine, this run of phantom");
    sample_drop(&s);
}

/* One record of the set "both" (or others) with its members. */
static struct json *record(const char *task, const char *members)
{
    char text[1024];

    (void)snprintf(
        text, sizeof text,
        "{\"cohorts\": {\"mine\": {\"counts\": [48,48,48,48,48,48,48,48]}},"
        "\"records\": [{\"id\": \"f\", \"task\": \"%s\", \"source\": \"s\", "
        "\"train_pct\": 100, \"cohort\": \"mine\", %s}]}",
        task, members);
    return tree(text);
}

#define BOTH "\"set\": \"both\", \"n\": 384, "
#define SAME "\"exact\": \"printed\", " ONLY

/* Hazard ratio, p and concordance of a set's survival. */
static void test_survival(void **state)
{
    struct sample s;
    struct report_survival *v = NULL;
    const char *hr = BOTH ANY "\"exact\": \"printed\", \"metric\": \"hr\", "
                              "\"value\": 1.43, \"low\": 1.16, \"high\": 1.76, "
                              "\"tolerance\": 0.005";
    const char *p = BOTH SAME "\"metric\": \"logrank_p\", \"below\": 0.001";

    (void)state;
    sample_make(&s);
    expect(&s, "mine", false, record("task1", hr), GATE_NOT_COMPARABLE,
           "no survival");
    assert_ok(mem_new(1, sizeof *v, &v));
    s.r.set[3].survival = v;
    v->hr_missing = "";
    v->hr = (struct cox_row){.hr = 1.432, .lo = 1.1, .hi = 1.8};
    v->logrank.p = 0.00099;
    expect(&s, "mine", true, record("task1", hr), GATE_REPRODUCED,
           "1.43 within 0.005");
    expect(&s, "mine", false, record("task1", hr), GATE_REPRODUCED, "inside");
    v->hr = (struct cox_row){.hr = 1.15, .lo = 0.9, .hi = 1.17};
    expect(&s, "mine", true, record("task1", hr), GATE_DIFFERS, "");
    expect(&s, "mine", false, record("task1", hr), GATE_CONSISTENT, "overlap");
    v->hr.hi = 1.159;
    expect(&s, "mine", false, record("task1", hr), GATE_DIFFERS, "overlap");
    v->hr_missing = "nobody is at high risk";
    expect(&s, "mine", false, record("task1", hr), GATE_NOT_COMPARABLE,
           "nobody");
    expect(&s, "mine", true, record("task1", p), GATE_REPRODUCED, "below");
    v->logrank.p = 0.001;
    expect(&s, "mine", true, record("task1", p), GATE_DIFFERS, "below");
    expect(&s, "mine", false, record("task1", p), GATE_NOT_COMPARABLE,
           "published inputs");
    v->tuning_rows = 87;
    p = "\"set\": \"both\", \"n\": 88, " SAME "\"metric\": \"threshold\", "
        "\"value\": 0.5";
    expect(&s, "mine", true, record("task1", p), GATE_NOT_COMPARABLE,
           "another number of rows");
    v->tuning_rows = 88;
    v->threshold = 0.5;
    expect(&s, "mine", true, record("task1", p), GATE_REPRODUCED, "within");
    sample_drop(&s);
}

/* A difference: the study's one-sided p, and the interval. */
static void test_differences(void **state)
{
    struct sample s;
    char t[512];

    (void)state;
    sample_make(&s);
    struct report_difference *d = &s.r.difference[1]; /* both - simple */

#define PAIR                                                                   \
    "\"set\": \"both\", \"against\": \"simple\", \"n\": 384, "                 \
    "\"metric\": \"auc\", \"exact\": \"difference\", "
    d->permuted = (struct permuted){.n = 1000, .p_study = 0.050};
    (void)span(t, sizeof t, PAIR ANY "\"p\": 0.06", d->v.value - 0.01,
               d->v.value + 0.01);
    expect(&s, "mine", true, record("task1", t), GATE_REPRODUCED, "one-sided");
    d->permuted.p_study = 0.2;
    expect(&s, "mine", true, record("task1", t), GATE_CONSISTENT, "");
    expect(&s, "mine", false, record("task1", t), GATE_REPRODUCED, "inside");
    (void)span(t, sizeof t, PAIR ANY "\"p\": 0.2", d->v.value + 1e-3, 1.0);
    expect(&s, "mine", true, record("task1", t), GATE_DIFFERS, "");
    expect(&s, "mine", true, record("task1", PAIR ONLY "\"p\": 0.2"),
           GATE_REPRODUCED, "p 0.200 within");
    expect(&s, "mine", true, record("task1", PAIR ONLY "\"p\": 0.9"),
           GATE_DIFFERS, "");
    s.r.n_differences = 1;
    expect(&s, "mine", true, record("task1", PAIR ONLY "\"p\": 0.2"),
           GATE_NOT_COMPARABLE, "validate.differences");
    s.r.n_differences = 2;
    sample_drop(&s);
}

static void test_stability(void **state)
{
    struct sample s;
    struct report_retest *t = NULL;
    struct report_perturbation *p = NULL;
    const char *icc = "\"set\": \"both\", \"n\": 26, " ANY
                      "\"exact\": \"printed\", \"metric\": \"icc3\", "
                      "\"value\": 0.98, \"low\": 0.97, \"high\": 0.99";
    const char *moved = "\"set\": \"both\", \"n\": 421, \"trials\": 50, " ANY
                        "\"exact\": \"trials\", \"metric\": "
                        "\"perturbed_auc\", \"value\": 0.636, \"low\": 0.628, "
                        "\"high\": 0.645";

    (void)state;
    sample_make(&s);
    assert_ok(REPORT_ADD(&s.r, retest, n_retests, cap_retests, &t));
    *t = (struct report_retest){
        .set = "both", .cohort = "mine", .targets = 26, .has_icc = true};
    t->icc.of[ICC_3] = (struct icc_value){.icc = 0.975, .lo = 0.95, .hi = 0.98};
    expect(&s, "other", false, record("stability", icc), GATE_REPRODUCED,
           "inside");
    t->icc.of[ICC_3].icc = 0.965;
    expect(&s, "other", false, record("stability", icc), GATE_CONSISTENT, "");
    t->icc.of[ICC_3].hi = 0.969;
    expect(&s, "other", false, record("stability", icc), GATE_DIFFERS, "");
    t->targets = 25;
    expect(&s, "other", false, record("stability", icc), GATE_NOT_COMPARABLE,
           "26 patients there, 25 here");
    t->cohort = "yours";
    expect(&s, "other", false, record("stability", icc), GATE_NOT_COMPARABLE,
           "the retest of yours");
    expect(&s, "mine", false, record("stability", moved), GATE_NOT_COMPARABLE,
           "no trials");
    assert_ok(
        REPORT_ADD(&s.r, perturbation, n_perturbations, cap_perturbations, &p));
    *p = (struct report_perturbation){
        .set = "both", .trials = 50, .rows = 421, .mean = {0.63}};
    expect(&s, "mine", false, record("stability", moved), GATE_REPRODUCED,
           "range of trials");
    p->trials = 49;
    expect(&s, "mine", false, record("stability", moved), GATE_NOT_COMPARABLE,
           "50 trials of 421 rows there, 49 of 421 here");
    sample_drop(&s);
}

/* Records that no rule could decide. */
static void test_bad_records(void **state)
{
    static const char *const bad[][2] = {
        {BOTH ONLY FULL ", \"metric\": \"f1\", \"value\": 1",
         "metric \"f1\" is neither"},
        {BOTH "\"inputs\": \"ours\", " FULL ", \"metric\": \"auc\", "
              "\"value\": 1",
         "inputs \"ours\""},
        {BOTH ONLY "\"exact\": \"so\", \"metric\": \"auc\", \"value\": 1",
         "exact \"so\""},
        {BOTH ONLY FULL ", \"metric\": \"auc\"", "no number \"value\""},
        {BOTH ANY FULL ", \"metric\": \"auc\", \"value\": 1",
         "without an interval"},
        {BOTH ANY FULL ", \"metric\": \"auc\", \"value\": 1, \"low\": 0",
         "one end of an interval"},
        {BOTH ONLY FULL ", \"metric\": \"auc\", \"value\": 1, "
                        "\"against\": \"simple\"",
         "go together"},
        {BOTH ONLY "\"exact\": \"trials\", \"metric\": \"auc\", "
                   "\"value\": 1",
         "trials need low and high"},
    };
    struct json *claims = tree(NO_CLAIMS);
    struct sample s;

    (void)state;
    sample_make(&s);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct gate_file file = {record("task1", bad[i][0]), "ref"};
        struct gate_inputs in = {.reference = &file,
                                 .n_reference = 1,
                                 .gates = claims,
                                 .gates_name = "gates",
                                 .train_pct = 100,
                                 .count = s.count};

        assert_fails(gates_evaluate(&s.r, &in), ERR_DATA, bad[i][1]);
        json_free(file.tree);
    }
    json_free(claims);
    sample_drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_own_inputs),
                                       cmocka_unit_test(test_published_inputs),
                                       cmocka_unit_test(test_not_comparable),
                                       cmocka_unit_test(test_survival),
                                       cmocka_unit_test(test_differences),
                                       cmocka_unit_test(test_stability),
                                       cmocka_unit_test(test_bad_records)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
