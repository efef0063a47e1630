/* The study's bootstrap and permutation test, draw by draw. */
#include "det/mt19937.h"
#include "eval/metrics.h"
#include "eval/permute.h"
#include "figures.h"

/* Sums of at most a few hundred doubles below 1, differently ordered. */
static const double SLACK = 4e-15;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* ---- the study's resampling, with the numbers it drew (seed 123) */

enum { MOST = 64 }; /* rows */

struct pair {
    int32_t *y;
    double *p, *q; /* [n][k] */
    uint32_t n, k;
};

static struct scored *ranked(const struct pair *d, const double *proba)
{
    struct scored *s = NULL;

    assert_ok(scored_new(d->y, proba, d->n, d->k, &s));
    return s;
}

/* Two columns of a binary score; several stay as they are. */
static double *columns(const struct json *list, uint32_t n, uint32_t k)
{
    double *flat = figures_f64(list, NULL);
    double *two = NULL;

    if (k > 2)
        return flat;
    assert_ok(mem_new((size_t)n * 2, sizeof *two, &two));
    for (uint32_t i = 0; i < n; i++)
        two[2 * (size_t)i + 1] = flat[i];
    mem_free(flat);
    return two;
}

static double ci_of(const struct json *want, size_t side)
{
    return json_f64(json_at(json_get(want, "ci"), side), NAN);
}

/* The same by the library, which draws by itself. */
static void check_bootstrap(const struct json *g,
                            const struct scored *s,
                            enum metric m,
                            const struct json *want)
{
    const struct bootstrap b = {
        .seed = (uint64_t)figure(g, "seed"),
        .resamples = (uint32_t)json_len(json_get(want, "values")),
        .draws = DRAWS_STUDY};
    struct interval v;

    assert_ok(bootstrap_metric(s, m, &b, &v));
    assert_within(v.mean, figure(want, "mean"), SLACK);
    assert_within(v.lo, ci_of(want, 0), SLACK);
    assert_within(v.hi, ci_of(want, 1), SLACK);
}

static void check_permute(const struct json *g,
                          const struct pair *d,
                          enum metric m,
                          const struct json *want)
{
    const struct bootstrap b = {.seed = (uint64_t)figure(g, "seed"),
                                .resamples =
                                    (uint32_t)json_len(json_get(want, "perm")),
                                .draws = DRAWS_STUDY};
    struct scored *pooled = NULL;
    struct interval v;
    struct permuted p;

    assert_ok(permute_pool(d->y, d->p, d->q, d->n, d->k, &pooled));
    assert_ok(permute(pooled, m, &b, &v, &p));
    assert_within(p.observed, figure(want, "observed"), SLACK);
    assert_true(p.p_study == figure(want, "p_value"));
    assert_within(v.lo, ci_of(want, 0), SLACK);
    assert_within(v.hi, ci_of(want, 1), SLACK);
    scored_free(pooled);
}

static void check_single(const struct json *g,
                         const struct pair *d,
                         enum metric m,
                         const struct json *want)
{
    const struct json *values = json_get(want, "values");
    struct scored *s = ranked(d, d->p);
    struct mt19937 mt;
    uint32_t idx[MOST];
    double all[256];
    uint32_t n = (uint32_t)json_len(values);
    double mean = 0.0;

    assert_true(n <= 256);
    mt_seed(&mt, (uint32_t)figure(g, "seed"));
    for (uint32_t r = 0; r < n; r++) {
        for (uint32_t i = 0; i < d->n; i++)
            idx[i] = mt_below(&mt, d->n);
        assert_ok(scored_metric(s, m, idx, d->n, &all[r]));
        assert_within(all[r], json_f64(json_at(values, r), NAN), SLACK);
        mean += all[r] / n;
    }
    assert_within(mean, figure(want, "mean"), SLACK);
    qsort(all, n, sizeof *all, by_value);
    assert_within(percentile_sorted(all, n, 2.5), ci_of(want, 0), SLACK);
    assert_within(percentile_sorted(all, n, 97.5), ci_of(want, 1), SLACK);
    check_bootstrap(g, s, m, want);
    scored_free(s);
}

/* metric(p) - metric(q) where the rows of the mask are kept, others swapped. */
static double swapped(const struct pair *d, const uint32_t *keep, enum metric m)
{
    double *a = NULL;
    double *b = NULL;
    double va = NAN;
    double vb = NAN;
    size_t row = d->k * sizeof(double);

    assert_ok(mem_new((size_t)d->n * d->k, sizeof *a, &a));
    assert_ok(mem_new((size_t)d->n * d->k, sizeof *b, &b));
    for (size_t i = 0; i < d->n; i++) {
        memcpy(a + i * d->k, (keep[i] ? d->p : d->q) + i * d->k, row);
        memcpy(b + i * d->k, (keep[i] ? d->q : d->p) + i * d->k, row);
    }
    struct scored *sa = ranked(d, a);
    struct scored *sb = ranked(d, b);

    assert_ok(scored_metric(sa, m, NULL, 0, &va));
    assert_ok(scored_metric(sb, m, NULL, 0, &vb));
    scored_free(sa);
    scored_free(sb);
    mem_free(a);
    mem_free(b);
    return va - vb;
}

static void check_compare(const struct json *g,
                          const struct pair *d,
                          enum metric m,
                          const struct json *want)
{
    const struct json *boot = json_get(want, "boot");
    const struct json *perm = json_get(want, "perm");
    struct scored *sp = ranked(d, d->p);
    struct scored *sq = ranked(d, d->q);
    struct mt19937 mt;
    uint32_t idx[MOST];
    uint32_t ones[MOST];

    for (uint32_t i = 0; i < d->n; i++)
        ones[i] = 1;
    assert_within(swapped(d, ones, m), figure(want, "observed"), SLACK);
    mt_seed(&mt, (uint32_t)figure(g, "seed"));
    for (size_t r = 0; r < json_len(boot); r++) {
        double a = NAN;
        double b = NAN;

        for (uint32_t i = 0; i < d->n; i++)
            idx[i] = mt_below(&mt, 2);
        assert_within(swapped(d, idx, m), json_f64(json_at(perm, r), NAN),
                      SLACK);
        for (uint32_t i = 0; i < d->n; i++)
            idx[i] = mt_below(&mt, d->n);
        assert_ok(scored_metric(sp, m, idx, d->n, &a));
        assert_ok(scored_metric(sq, m, idx, d->n, &b));
        assert_within(a - b, json_f64(json_at(boot, r), NAN), SLACK);
    }
    check_permute(g, d, m, want);
    scored_free(sp);
    scored_free(sq);
}

static void test_resampling(void **state)
{
    static const struct {
        const char *single, *compare;
        enum metric m;
        bool eight;
    } cases[] = {{"auc_single", "auc_compare", METRIC_AUC, false},
                 {"ap_single", "ap_compare", METRIC_AP, false},
                 {"map_single", "map_compare", METRIC_MAP_STUDY, true},
                 {"ba_single", "ba_compare", METRIC_BA, true}};
    struct json *root = golden_json("search/metrics.json");
    const struct json *g = json_get(root, "resampling");
    struct tally_of count = {.what = "metrics.json resampling", .covered = 8};

    (void)state;
    for (size_t i = 0; i < json_len(g); i++)
        count.listed += json_is_object(json_member(g, i));
    for (size_t i = 0; i < 4; i++) {
        bool eight = cases[i].eight;
        const struct json *y = json_get(g, eight ? "y8" : "y");
        struct pair d = {.y = figures_i32(y),
                         .n = (uint32_t)json_len(y),
                         .k = eight ? 8 : 2};

        assert_true(d.n <= MOST);
        d.p = columns(json_get(g, eight ? "P8" : "p1"), d.n, d.k);
        d.q = columns(json_get(g, eight ? "Q8" : "p2"), d.n, d.k);
        check_single(g, &d, cases[i].m, json_get(g, cases[i].single));
        check_compare(g, &d, cases[i].m, json_get(g, cases[i].compare));
        count.consumed += 2;
        mem_free(d.q);
        mem_free(d.p);
        mem_free(d.y);
    }
    figures_end(&count);
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_resampling)};

    return golden_run(tests);
}
