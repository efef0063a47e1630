/* Survival statistics against lifelines 0.30.1, an independent implementation
 * and R survival 3.5.3, which agree; intraclass correlations. */
#include "eval/agreement.h"
#include "eval/cox.h"
#include "eval/survival.h"
#include "figures.h"

/* The chain of a few hundred roundings on both sides; observed below 2e-14. */
static const double REL = 1e-12;
/* lifelines stops its Newton steps early: spec 5.9 gives 6e-6. */
static const double STOPPED_EARLY = 1e-5;

struct numbers {
    const char *what;
    unsigned compared, exact;
    double worst; /* relative, of those within */
};

static void close_to(
    struct numbers *c, double got, const struct json *j, double rel, double abs)
{
    double want = json_f64(j, NAN);
    double off = fabs(got - want);

    assert_true(json_is_number(j));
    c->compared++;
    if (got == want || (isnan(got) && isnan(want))) {
        c->exact++;
        return;
    }
    if (!(off <= rel * fabs(want) + abs))
        fail_msg("%s: number %u: %.17g, golden %.17g", c->what, c->compared,
                 got, want);
    c->worst = fmax(c->worst, off / (fabs(want) + abs));
}

static void numbers_end(const struct numbers *c)
{
    printf("%s: %u numbers, %u exact, %u within tolerance (worst %.1e), 0 "
           "failed\n",
           c->what, c->compared, c->exact, c->compared - c->exact, c->worst);
    assert_true(c->compared > 0);
}

struct set { /* owned */
    struct survival s;
    double *time;
    int32_t *event;
};

static struct set set_of(const struct json *time, const struct json *event)
{
    struct set m = {0};
    size_t n = 0;

    m.time = figures_f64(time, &n);
    m.event = figures_i32(event);
    assert_int_equal(n, json_len(event));
    m.s = (struct survival){(uint32_t)n, m.time, m.event};
    return m;
}

static void set_free(struct set *m)
{
    mem_free(m->time);
    mem_free(m->event);
}

/* Group values as they stand in the list of groups. */
static int32_t *codes(const struct json *of, const struct json *groups)
{
    int32_t *code = NULL;

    assert_ok(mem_new(json_len(of), sizeof *code, &code));
    for (size_t i = 0; i < json_len(of); i++) {
        double v = json_f64(json_at(of, i), NAN);

        for (code[i] = 0; json_f64(json_at(groups, (size_t)code[i]), NAN) != v;)
            assert_true((size_t)++code[i] < json_len(groups));
    }
    return code;
}

static void
check_km(struct numbers *c, const struct km *k, const struct json *want)
{
    const struct json *table = json_get(want, "table");

    assert_int_equal(k->n, json_len(table));
    for (uint32_t i = 0; i < k->n; i++) {
        const struct json *row = json_at(table, i);
        const struct km_point *p = &k->at[i];

        close_to(c, p->t, json_get(row, "t"), 0, 0);
        close_to(c, p->at_risk, json_get(row, "at_risk"), 0, 0);
        close_to(c, p->events, json_get(row, "events"), 0, 0);
        close_to(c, p->censored, json_get(row, "censored"), 0, 0);
        close_to(c, p->s, json_get(row, "S"), REL, 0);
        close_to(c, p->greenwood, json_get(row, "greenwood_sum"), REL, 0);
        close_to(c, p->lo, json_get(row, "lower"), REL, 0);
        close_to(c, p->hi, json_get(row, "upper"), REL, 0);
    }
    close_to(c, k->median, json_get(want, "median"), 0, 0);
}

static void km_of(struct numbers *c,
                  const struct survival *s,
                  const int32_t *code,
                  int32_t which,
                  const struct json *want)
{
    struct km k = {0};

    assert_ok(km_fit(s, code, which, &k));
    check_km(c, &k, want);
    km_free(&k);
}

static void check_groups(struct numbers *c,
                         const struct survival *s,
                         const struct json *of,
                         const struct json *test,
                         const struct json *curves)
{
    const struct json *groups = json_get(test, "groups");
    const struct json *var = json_get(test, "variance");
    uint32_t k = (uint32_t)json_len(groups);
    int32_t *code = codes(of, groups);
    double room[2 * 16 + 256];
    struct logrank r = {
        .observed = room, .expected = room + 16, .variance = room + 32};

    assert_true(k <= 16);
    assert_ok(logrank_test(s, code, k, &r));
    close_to(c, r.statistic, json_get(test, "statistic"), REL, 0);
    close_to(c, r.p, json_get(test, "p"), REL, 0);
    close_to(c, r.df, json_get(test, "df"), 0, 0);
    for (uint32_t j = 0; j < k; j++) {
        close_to(c, r.observed[j], json_at(json_get(test, "observed"), j), 0,
                 0);
        close_to(c, r.expected[j], json_at(json_get(test, "expected"), j), REL,
                 0);
        for (uint32_t i = 0; i < k; i++)
            close_to(c, r.variance[j * k + i], json_at(json_at(var, j), i), REL,
                     0);
    }
    assert_int_equal(json_len(curves), k);
    for (uint32_t j = 0; j < k; j++)
        km_of(c, s, code, (int32_t)j, json_member(curves, j));
    mem_free(code);
}

static void check_cox(struct numbers *c,
                      const struct survival *s,
                      const double *x,
                      const struct json *want)
{
    uint32_t d = (uint32_t)json_len(json_get(want, "coef"));
    const char *ties = json_text(json_get(want, "ties"));
    struct cox_row row[8];
    struct cox fit;

    assert_true(d <= 8);
    assert_ok(cox_fit(s, x, d,
                      strcmp(ties, "efron") == 0 ? COX_EFRON : COX_BRESLOW, row,
                      &fit));
    for (uint32_t k = 0; k < d; k++) {
        const struct cox_row *r = &row[k];

        /* a coefficient near 0 is as exact as its standard error */
        close_to(c, r->coef, json_at(json_get(want, "coef"), k), REL,
                 REL * r->se);
        close_to(c, r->se, json_at(json_get(want, "se"), k), REL, 0);
        close_to(c, r->hr, json_at(json_get(want, "hr"), k), REL, 0);
        close_to(c, r->lo, json_at(json_get(want, "hr_lower"), k), REL, 0);
        close_to(c, r->hi, json_at(json_get(want, "hr_upper"), k), REL, 0);
        close_to(c, r->z, json_at(json_get(want, "z"), k), REL, REL);
        close_to(c, r->p, json_at(json_get(want, "p"), k), REL, 0);
    }
    close_to(c, fit.loglik_null, json_get(want, "loglik_null"), REL, 0);
    close_to(c, fit.loglik, json_get(want, "loglik"), REL, 0);
    /* a difference of the two above */
    close_to(c, fit.lr, json_get(want, "lr_statistic"), REL,
             REL * fabs(fit.loglik));
    close_to(c, fit.lr_p, json_get(want, "lr_p"), REL, REL * fabs(fit.loglik));
}

static void check_lifelines(struct numbers *c,
                            const struct survival *s,
                            const double *x,
                            const struct json *want)
{
    struct cox_row r;
    struct cox fit;

    assert_ok(cox_fit(s, x, 1, COX_EFRON, &r, &fit));
    close_to(c, r.coef, json_get(want, "coef"), STOPPED_EARLY, 0);
    close_to(c, r.se, json_get(want, "se"), STOPPED_EARLY, 0);
    /* a tail multiplies the error of its z: absolute, as the file measures */
    close_to(c, r.p, json_get(want, "p"), 0, STOPPED_EARLY);
    close_to(c, r.lo, json_get(want, "hr_lower"), STOPPED_EARLY, 0);
    close_to(c, r.hi, json_get(want, "hr_upper"), STOPPED_EARLY, 0);
    close_to(c, fit.loglik, json_get(want, "loglik"), STOPPED_EARLY, 0);
}

static void check_concordance(struct numbers *c,
                              const struct survival *s,
                              const double *score,
                              const struct json *want)
{
    struct concordance k = {0};

    assert_ok(concordance_index(s, score, &k));
    close_to(c, (double)k.pairs, json_get(want, "pairs"), 0, 0);
    close_to(c, (double)k.concordant, json_get(want, "concordant"), 0, 0);
    close_to(c, (double)k.tied, json_get(want, "tied"), 0, 0);
    close_to(c, k.index, json_get(want, "c_index"), 1e-15, 0);
}

static void test_sets(void **state)
{
    struct json *root = golden_json("search/survival.json");
    const struct json *sets = json_get(root, "sets");
    struct numbers km = {.what = "survival.json Kaplan-Meier, log-rank"};
    struct numbers cox = {.what = "survival.json Cox, Efron and Breslow"};
    struct numbers lifelines = {.what = "survival.json lifelines' Cox"};
    struct numbers c = {.what = "survival.json concordance"};

    (void)state;
    for (size_t i = 0; i < json_len(sets); i++) {
        const struct json *g = json_member(sets, i);
        struct set m = set_of(json_get(g, "T"), json_get(g, "E"));
        double *x = figures_f64(json_get(g, "x"), NULL);
        const struct json *grid = json_get(g, "km_timeline");
        struct km k = {0};

        assert_ok(km_fit(&m.s, NULL, 0, &k));
        check_km(&km, &k, json_get(g, "km"));
        for (size_t t = 0; t < json_len(json_get(grid, "t")); t++)
            close_to(&km,
                     km_at(&k, json_f64(json_at(json_get(grid, "t"), t), NAN)),
                     json_at(json_get(grid, "S"), t), REL, 0);
        km_free(&k);
        check_groups(&km, &m.s, json_get(g, "groups"), json_get(g, "logrank"),
                     json_get(g, "km_by_group"));
        check_cox(&cox, &m.s, x, json_get(g, "cox_efron"));
        check_cox(&cox, &m.s, x, json_get(g, "cox_breslow"));
        check_lifelines(&lifelines, &m.s, x, json_get(g, "lifelines_cox"));
        check_concordance(&c, &m.s, x, json_get(g, "cindex_of_x"));
        for (uint32_t r = 0; r < m.s.n; r++)
            x[r] = -x[r];
        check_concordance(&c, &m.s, x, json_get(g, "cindex_of_minus_x"));
        mem_free(x);
        set_free(&m);
    }
    numbers_end(&km);
    numbers_end(&cox);
    numbers_end(&lifelines);
    numbers_end(&c);
    printf("survival.json sets: consumed %zu of %zu\n", json_len(sets),
           json_len(sets));
    json_free(root);
}

static void test_two_covariates(void **state)
{
    struct json *root = golden_json("search/survival.json");
    const struct json *g = json_get(root, "two_covariates");
    struct set m = set_of(json_get(g, "T"), json_get(g, "E"));
    double *x = figures_f64(json_get(g, "X"), NULL);
    struct numbers c = {.what = "survival.json two covariates"};

    (void)state;
    check_cox(&c, &m.s, x, json_get(g, "cox_efron"));
    check_cox(&c, &m.s, x, json_get(g, "cox_breslow"));
    numbers_end(&c);
    mem_free(x);
    set_free(&m);
    json_free(root);
}

/* Years from days, events at five years and later taken back. */
static void test_study_style(void **state)
{
    struct json *root = golden_json("search/survival.json");
    const struct json *g = json_get(root, "study_style");
    struct set m = set_of(json_get(g, "days"), json_get(g, "event"));
    double *x = figures_f64(json_get(g, "group"), NULL);
    struct numbers c = {.what = "survival.json study style"};

    (void)state;
    for (uint32_t i = 0; i < m.s.n; i++)
        m.time[i] /= 365.0;
    check_cox(&c, &m.s, x, json_get(g, "cox_unfiltered"));
    for (uint32_t i = 0; i < m.s.n; i++) {
        m.event[i] = m.time[i] >= 5.0 ? 0 : m.event[i];
        close_to(&c, m.event[i], json_at(json_get(g, "event_at_5y"), i), 0, 0);
    }
    check_groups(&c, &m.s, json_get(g, "group"), json_get(g, "logrank"),
                 json_get(g, "km"));
    numbers_end(&c);
    mem_free(x);
    set_free(&m);
    json_free(root);
}

static void edge_km(struct numbers *c,
                    const struct json *edge,
                    const char *key,
                    const struct survival *s)
{
    km_of(c, s, NULL, 0, json_get(json_get(edge, key), "value"));
}

/* The file has the answers; the questions stand in its names. */
static void test_edge_curves(void **state)
{
    struct json *root = golden_json("search/survival.json");
    const struct json *e = json_get(root, "edge");
    const struct json *g = json_get(e, "cindex_time_ties");
    struct set m = set_of(json_get(g, "T"), json_get(g, "E"));
    double *score = figures_f64(json_get(g, "S"), NULL);
    struct numbers c = {.what = "survival.json edge cases"};
    struct concordance k;

    (void)state;
    edge_km(&c, e, "km_all_censored",
            &(struct survival){3, (double[]){1, 2, 3}, (int32_t[]){0, 0, 0}});
    edge_km(&c, e, "km_one_subject",
            &(struct survival){1, (double[]){2}, (int32_t[]){1}});
    edge_km(&c, e, "km_event_and_censor_same_time",
            &(struct survival){3, (double[]){2, 2, 3}, (int32_t[]){1, 0, 1}});
    check_concordance(&c, &m.s, score, g);
    close_to(&c, 0.5 * 11.0 / 6.0,
             json_get(json_get(e, "lifelines_cindex_time_ties"), "value"),
             1e-15, 0);
    check_concordance(
        &c, &(struct survival){2, (double[]){1, 2}, (int32_t[]){0, 0}},
        (double[]){1, 2}, json_get(e, "cindex_no_pairs"));
    assert_fails(concordance_index(&m.s, (double[]){1, 2, NAN, 4, 5}, &k),
                 ERR_NUMERIC, "row 2");
    numbers_end(&c);
    mem_free(score);
    set_free(&m);
    json_free(root);
}

static const char *edge_error(const struct json *edge, const char *key)
{
    const char *text = json_text(json_get(json_get(edge, key), "error"));

    assert_non_null(text);
    return text;
}

/* What lifelines refuses is refused; where it warns and returns a number
 * without meaning (separation), so it is too. */
static void test_edge_tests(void **state)
{
    struct json *root = golden_json("search/survival.json");
    const struct json *e = json_get(root, "edge");
    const double time[] = {1, 2, 3, 4, 5, 6};
    const int32_t event[] = {1, 1, 1, 1, 1, 1};
    const int32_t group[] = {0, 1, 0, 1, 0, 1};
    struct survival s = {6, time, event};
    struct survival none = {6, time, (int32_t[6]){0}};
    struct survival nan = {6, (double[]){1, 2, NAN, 4, 5, 6}, event};
    struct logrank r = {0};
    struct cox_row row;
    struct cox fit;
    struct numbers c = {.what = "survival.json edge cases of the tests"};

    (void)state;
    assert_ok(logrank_test(&s, (int32_t[6]){0}, 1, &r));
    close_to(
        &c, r.p,
        json_at(json_get(json_get(e, "lifelines_logrank_one_group"), "value"),
                0),
        0, 0);
    assert_ok(logrank_test(&none, group, 2, &r));
    close_to(
        &c, r.p,
        json_at(json_get(json_get(e, "lifelines_logrank_no_events"), "value"),
                0),
        0, 0);
    edge_error(e, "lifelines_cox_constant_covariate");
    assert_fails(
        cox_fit(&s, (double[]){2, 2, 2, 2, 2, 2}, 1, COX_EFRON, &row, &fit),
        ERR_DATA, "constant");
    edge_error(e, "lifelines_cox_no_events");
    assert_fails(cox_fit(&none, time, 1, COX_EFRON, &row, &fit), ERR_DATA,
                 "0 events");
    edge_error(e, "lifelines_cox_nan_duration");
    assert_fails(cox_fit(&nan, time, 1, COX_EFRON, &row, &fit), ERR_DATA,
                 "row 2");
    /* a coefficient of 17.8 with a standard error of 3095 there */
    assert_non_null(json_get(json_get(e, "lifelines_cox_separation"), "value"));
    assert_fails(
        cox_fit(&s, (double[]){1, 1, 1, 0, 0, 0}, 1, COX_EFRON, &row, &fit),
        ERR_DATA, "monotone likelihood");
    c.compared += 4;
    c.exact += 4;
    numbers_end(&c);
    json_free(root);
}

static void test_icc(void **state)
{
    static const char *const key[ICC_KINDS] = {"ICC1",  "ICC2",  "ICC3",
                                               "ICC1k", "ICC2k", "ICC3k"};
    struct json *root = golden_json("search/metrics.json");
    const struct json *list = json_get(root, "icc");
    struct numbers c = {.what = "metrics.json icc"};

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *g = json_at(list, i);
        const struct json *ms = json_get(g, "ms");
        const struct json *rows = json_get(g, "data");
        double *data = figures_f64(rows, NULL);
        struct icc m;

        assert_ok(icc_fit(data, (uint32_t)json_len(rows),
                          (uint32_t)json_len(json_at(rows, 0)), &m));
        mem_free(data);
        for (int k = 0; !ms && k < ICC_KINDS; k++) {
            assert_true(m.of[k].icc == 1.0 && isinf(m.of[k].f));
            assert_true(m.of[k].p == 0.0 && m.of[k].lo == 1.0);
            c.compared++;
            c.exact++;
        }
        if (!ms)
            continue;
        close_to(&c, m.between, json_get(ms, "between"), REL, 0);
        close_to(&c, m.raters, json_get(ms, "raters"), REL, 0);
        close_to(&c, m.error, json_get(ms, "error"), REL, 0);
        close_to(&c, m.within, json_get(ms, "within"), REL, 0);
        for (int k = 0; k < ICC_KINDS; k++) {
            const struct json *want = json_get(g, key[k]);

            close_to(&c, m.of[k].icc, json_get(want, "icc"), REL, 0);
            close_to(&c, m.of[k].f, json_get(want, "F"), REL, 0);
            close_to(&c, m.of[k].df1, json_get(want, "df1"), 0, 0);
            close_to(&c, m.of[k].df2, json_get(want, "df2"), 0, 0);
            close_to(&c, m.of[k].p, json_get(want, "p"), REL, 0);
            close_to(&c, m.of[k].lo, json_at(json_get(want, "ci"), 0), REL, 0);
            close_to(&c, m.of[k].hi, json_at(json_get(want, "ci"), 1), REL, 0);
        }
    }
    printf("metrics.json icc: consumed %zu of %zu\n", json_len(list),
           json_len(list));
    numbers_end(&c);
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_two_covariates),
        cmocka_unit_test(test_study_style),
        cmocka_unit_test(test_edge_curves),
        cmocka_unit_test(test_edge_tests),
        cmocka_unit_test(test_icc),
    };
    return golden_run(tests);
}
