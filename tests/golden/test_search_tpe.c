/* golden/search: split of the trials and Parzen estimators, both rule sets. */
#include "det/mt19937.h"
#include "hpo/parzen.h"
#include "hpo/tpe.h"
#include "search.h"

/* ---- split ---- */

enum { SPLIT_MAX = 32, REPORTS_MAX = 16 };
struct case_trials {
    uint32_t n;
    struct trial trial[SPLIT_MAX];
    struct trial_report report[SPLIT_MAX][REPORTS_MAX];
};

static enum trial_state state_of(const char *name)
{
    for (int s = 0; s <= TRIAL_WAITING; s++)
        if (!strcmp(name, trial_state_name((enum trial_state)s)))
            return (enum trial_state)s;
    fail_msg("state %s", name);
    return TRIAL_FAIL;
}

static void read_trials(const struct json *list, struct case_trials *t)
{
    t->n = (uint32_t)json_len(list);
    assert_true(t->n <= SPLIT_MAX);
    for (uint32_t i = 0; i < t->n; i++) {
        const struct json *j = json_at(list, i);
        const struct json *inter = json_get(j, "inter");
        t->trial[i] =
            (struct trial){.state = state_of(json_text(json_get(j, "state"))),
                           .value = json_f64(json_get(j, "value"), NAN),
                           .reports = t->report[i],
                           .n_reports = (uint32_t)json_len(inter)};
        assert_true(json_len(inter) <= REPORTS_MAX);
        for (size_t k = 0; k < json_len(inter); k++)
            t->report[i][k] =
                (struct trial_report){strtol(json_key(inter, k), NULL, 10),
                                      json_f64(json_member(inter, k), NAN)};
    }
}

static void check_list(const struct json *want, const uint32_t *got, uint32_t n)
{
    assert_int_equal(n, json_len(want));
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(got[i], json_i64(json_at(want, i), -1));
}

static void
check_split(const struct json *r, const struct case_trials *t, struct count *c)
{
    uint32_t below[SPLIT_MAX];
    uint32_t above[SPLIT_MAX];
    struct tpe_split s = {.below = below, .above = above};
    struct tpe_conf conf = tpe_defaults();

    conf.maximise = !strcmp(json_text(json_get(r, "direction")), "maximize");
    conf.liar = json_bool(json_get(r, "constant_liar"), false);
    uint32_t most = (uint32_t)golden_get(r, "n_below");
    assert_int_equal(tpe_finished(t->trial, t->n), golden_get(r, "n"));
    assert_ok(tpe_split(&conf, t->trial, t->n, most, &s));
    check_list(json_get(r, "below"), below, s.n_below);
    check_list(json_get(r, "above"), above, s.n_above);
    c->consumed++;
}

static void split(void **state)
{
    (void)state;
    struct count c = {.what = "split"};
    static struct case_trials t;
    for (int rules = 0; rules < 2; rules++) {
        struct json *root = golden_open_rules("split", rules, &c);
        if (!root)
            continue;
        const struct json *results = json_get(root, "results");
        const struct json *nan = json_get(root, "complete_nan");

        c.listed += (unsigned)(json_len(results) + json_len(nan));
        c.covered += (unsigned)json_len(results);
        for (size_t i = 0; i < json_len(results); i++) {
            const struct json *r = json_at(results, i);
            const char *name = json_text(json_get(r, "case"));
            read_trials(json_get(json_get(root, "trial_lists"), name), &t);
            check_split(r, &t, &c);
        }
        /* the journal refuses a NaN (test_search_journal); only 3.1 lets one
         * in, and its split is checked */
        read_trials(json_get(root, "complete_nan_trials"), &t);
        for (size_t i = 0; i < json_len(nan); i++) {
            const struct json *r = json_at(nan, i);
            if (!json_bool(json_get(r, "added"), false))
                continue;
            c.covered++;
            check_split(r, &t, &c);
        }
        json_free(root);
    }
    count_end(&c);
}

/* ---- Parzen estimators ---- */

static struct parzen_conf parzen_options(int rules, const struct json *o)
{
    struct parzen_conf conf = parzen_defaults();
    conf.rules = rules ? TPE_V31 : TPE_CURRENT;
    conf.numpy_order = true;
    conf.endpoints = json_bool(json_get(o, "endpoints"), false);
    conf.clip = json_bool(json_get(o, "clip"), true);
    conf.prior_weight = json_f64(json_get(o, "prior_weight"), 1.0);
    return conf;
}

static void
check_rows(const struct parzen *p, uint32_t dim, const struct json *rows)
{
    assert_int_equal(json_len(rows), parzen_components(p));
    for (uint32_t i = 0; i < json_len(rows); i++) {
        const struct json *row = json_at(rows, i);
        for (uint32_t k = 0; k < json_len(row); k++)
            assert_near(parzen_choice(p, dim, i, k),
                        json_f64(json_at(row, k), NAN), 1e-12, 0);
    }
}

/* mus, sigmas or cat_weights of one dimension. */
static void
check_inside(const struct parzen *p, uint32_t dim, const struct json *r)
{
    const struct json *rows = json_get(r, "cat_weights");
    const struct json *mus = json_get(r, "mus");
    if (rows) {
        check_rows(p, dim, rows);
        return;
    }
    assert_int_equal(json_len(mus), parzen_components(p));
    for (uint32_t i = 0; i < json_len(mus); i++) {
        assert_near(parzen_mu(p, dim, i), json_f64(json_at(mus, i), NAN), 1e-12,
                    1e-15);
        assert_near(parzen_sigma(p, dim, i),
                    json_f64(json_at(json_get(r, "sigmas"), i), NAN), 1e-12, 0);
    }
}

static void check_weights(const struct parzen *p, const struct json *w)
{
    assert_int_equal(json_len(w), parzen_components(p));
    for (uint32_t i = 0; i < json_len(w); i++)
        assert_near(parzen_weight(p, i), json_f64(json_at(w, i), NAN), 1e-12,
                    0);
}

static void check_sample(double got, double want, const struct space_param *p)
{
    bool discrete = p->kind == SPACE_CATEGORICAL || p->step > 0;
    assert_near(got, want, discrete ? 0 : 1e-12, discrete ? 0 : 1e-14);
}

static void parzen_record(const struct json *r, int rules)
{
    struct parzen_conf conf = parzen_options(rules, json_get(r, "options"));
    struct space_param param = {0};
    const struct space_param *params[] = {&param};
    double *obs = golden_numbers(json_get(r, "observations"));
    double *points = golden_numbers(json_get(r, "points"));
    double *pdf = golden_numbers(json_get(r, "log_pdf"));
    double *samples = golden_numbers(json_get(r, "samples"));
    uint32_t n_points = (uint32_t)json_len(json_get(r, "points"));
    uint32_t n_samples = (uint32_t)golden_get(r, "sample_size");
    struct parzen *p = NULL;
    struct mt19937 mt;
    struct draw draw = {.mt = &mt};
    double got[64];

    assert_true(n_points <= 64 && n_samples <= 64);
    assert_ok(space_from_json("p", json_get(r, "distribution"), &param));
    uint32_t m = (uint32_t)json_len(json_get(r, "observations"));
    assert_ok(parzen_new(&conf, params, 1, obs, m, NULL, &p));
    check_weights(p, json_get(r, "weights"));
    check_inside(p, 0, r);
    assert_ok(parzen_log_pdf(p, points, n_points, got));
    for (uint32_t i = 0; i < n_points; i++)
        assert_near(got[i], pdf[i], 1e-12, 1e-14);
    mt_seed(&mt, (uint32_t)golden_get(r, "sample_seed"));
    assert_ok(parzen_sample(p, &draw, n_samples, got));
    for (uint32_t i = 0; i < n_samples; i++)
        check_sample(got[i], samples[i], &param);
    assert_near(mt_double(&mt), golden_get(r, "next_double"), 0, 0);
    parzen_free(p);
    space_param_free(&param);
    mem_free(obs);
    mem_free(points);
    mem_free(pdf);
    mem_free(samples);
}

static void parzen_uni(void **state)
{
    (void)state;
    struct count c = {.what = "parzen_uni"};
    for (int rules = 0; rules < 2; rules++) {
        struct json *root = golden_open_rules("parzen_uni", rules, &c);
        if (!root)
            continue;
        const struct json *records = json_get(root, "records");
        c.covered += (unsigned)json_len(records);
        for (size_t i = 0; i < json_len(records); i++, c.consumed++)
            parzen_record(json_at(records, i), rules);
        json_free(root);
    }
    c.listed = c.covered;
    count_end(&c);
}

/* Columns of {"name": [values]} in the given order -> [n][d]; mem_free. */
static double *
columns(const struct json *map, const struct json *order, uint32_t *n)
{
    uint32_t d = (uint32_t)json_len(order);
    double *x = NULL;
    *n = (uint32_t)json_len(json_get(map, json_text(json_at(order, 0))));
    assert_ok(mem_new((size_t)*n * d, sizeof *x, &x));
    for (uint32_t j = 0; j < d; j++) {
        const struct json *v = json_get(map, json_text(json_at(order, j)));
        for (uint32_t i = 0; i < *n; i++)
            x[i * d + j] = json_f64(json_at(v, i), NAN);
    }
    return x;
}

static void multi_record(const struct json *r, int rules)
{
    enum { D = 8 };
    struct parzen_conf conf = parzen_options(rules, NULL);
    const struct json *order = json_get(r, "order");
    uint32_t d = (uint32_t)json_len(order);
    struct space_param param[D] = {{0}};
    const struct space_param *params[D];
    uint32_t m;
    uint32_t n_points;
    uint32_t n_samples;
    double *obs = columns(json_get(r, "observations"), order, &m);
    double *points = columns(json_get(r, "points"), order, &n_points);
    double *samples = columns(json_get(r, "samples"), order, &n_samples);
    double got[64 * D];
    struct parzen *p = NULL;
    struct mt19937 mt;
    struct draw draw = {.mt = &mt};

    conf.joint = true;
    assert_true(d <= D && n_points <= 64 && n_samples <= 64);
    for (uint32_t j = 0; j < d; j++) {
        const char *name = json_text(json_at(order, j));
        assert_ok(space_from_json(name, json_get(json_get(r, "space"), name),
                                  &param[j]));
        params[j] = &param[j];
    }
    assert_ok(parzen_new(&conf, params, d, obs, m, NULL, &p));
    check_weights(p, json_get(r, "weights"));
    for (uint32_t j = 0; j < d; j++)
        check_inside(p, j, json_get(json_get(r, "params"), param[j].name));
    assert_ok(parzen_log_pdf(p, points, n_points, got));
    for (uint32_t i = 0; i < n_points; i++)
        assert_near(got[i], json_f64(json_at(json_get(r, "log_pdf"), i), NAN),
                    1e-12, 1e-14);
    mt_seed(&mt, (uint32_t)golden_get(r, "sample_seed"));
    assert_ok(parzen_sample(p, &draw, n_samples, got));
    for (uint32_t i = 0; i < n_samples * d; i++)
        check_sample(got[i], samples[i], &param[i % d]);
    assert_near(mt_double(&mt), golden_get(r, "next_double"), 0, 0);
    parzen_free(p);
    for (uint32_t j = 0; j < d; j++)
        space_param_free(&param[j]);
    mem_free(obs);
    mem_free(points);
    mem_free(samples);
}

static void parzen_multi(void **state)
{
    (void)state;
    struct count c = {.what = "parzen_multi"};
    for (int rules = 0; rules < 2; rules++) {
        struct json *root = golden_open_rules("parzen_multi", rules, &c);
        if (!root)
            continue;
        const struct json *records = json_get(root, "records");
        c.covered += (unsigned)json_len(records);
        for (size_t i = 0; i < json_len(records); i++, c.consumed++)
            multi_record(json_at(records, i), rules);
        json_free(root);
    }
    c.listed = c.covered;
    count_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split),
        cmocka_unit_test(parzen_uni),
        cmocka_unit_test(parzen_multi),
    };
    return golden_run(tests);
}
