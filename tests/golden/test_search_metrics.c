/* Metrics against scikit-learn 1.2.1 and the study's own functions. */
#include "eval/metrics.h"
#include "figures.h"

/* Both sides add at most a few hundred doubles below 1, differently ordered:
 * observed 2e-16. */
static const double SLACK = 4e-15;

static struct {
    unsigned exact, near;
    double worst;
} numbers;

/* One number against its golden one; NaN only equals NaN. */
static void same(double got, double want, double slack)
{
    double off = fabs(got - want);

    assert_within(got, want, slack);
    if (isnan(want) || off == 0.0) {
        numbers.exact++;
        return;
    }
    numbers.near++;
    numbers.worst = fmax(numbers.worst, off);
}

static bool is_error(const struct json *j)
{
    return json_get(j, "error") != NULL;
}

/* NaN and infinite scores: an error there and here. One class: an error
 * there, NaN here. */
static void
check_binary(const struct json *g, const char *key, status st, double got)
{
    const struct json *want = json_get(g, key);
    const char *name = json_text(json_get(g, "name"));
    bool bad = strcmp(name, "nan_score") == 0 || strcmp(name, "inf_score") == 0;

    if (bad) {
        assert_true(is_error(want));
        assert_int_equal(st, ERR_NUMERIC);
        return;
    }
    assert_int_equal(st, OK);
    if (is_error(want))
        assert_true(isnan(got));
    else
        same(got, figure(want, "value"), SLACK);
}

static void check_roc(const struct json *g,
                      const int32_t *y,
                      const double *score,
                      uint32_t n)
{
    const struct json *want = json_get(json_get(g, "roc_curve"), "value");
    double *proba = NULL;
    int32_t *label = NULL;
    struct scored *s = NULL;
    double *fpr = NULL;
    double *tpr = NULL;
    uint32_t m = 0;

    assert_ok(mem_new((size_t)n * 2, sizeof *proba, &proba));
    assert_ok(mem_new(n, sizeof *label, &label));
    for (uint32_t i = 0; i < n; i++) {
        proba[2 * (size_t)i + 1] = score[i];
        label[i] = y[i] > 0;
    }
    assert_ok(scored_new(label, proba, n, 2, &s));
    assert_ok(scored_roc(s, 1, &fpr, &tpr, &m));
    assert_int_equal(m, json_len(json_at(want, 0)));
    for (uint32_t i = 0; i < m; i++) {
        same(fpr[i], json_f64(json_at(json_at(want, 0), i), NAN), SLACK);
        same(tpr[i], json_f64(json_at(json_at(want, 1), i), NAN), SLACK);
    }
    mem_free(fpr);
    mem_free(tpr);
    scored_free(s);
    mem_free(label);
    mem_free(proba);
}

/* The file's points go with rising thresholds and end in (recall 0, precision
 * 1). */
static void check_pr(const struct json *g,
                     const int32_t *y,
                     const double *score,
                     uint32_t n)
{
    const struct json *want = json_get(json_get(g, "pr_curve"), "value");
    double *proba = NULL;
    int32_t *label = NULL;
    struct scored *s = NULL;
    double *recall = NULL;
    double *precision = NULL;
    uint32_t m = 0;

    assert_ok(mem_new((size_t)n * 2, sizeof *proba, &proba));
    assert_ok(mem_new(n, sizeof *label, &label));
    for (uint32_t i = 0; i < n; i++) {
        proba[2 * (size_t)i + 1] = score[i];
        label[i] = y[i] > 0;
    }
    assert_ok(scored_new(label, proba, n, 2, &s));
    assert_ok(scored_pr(s, 1, &recall, &precision, &m));
    assert_int_equal(m, json_len(json_at(want, 0)));
    for (uint32_t i = 0; i < m; i++) {
        same(precision[m - 1 - i], json_f64(json_at(json_at(want, 0), i), NAN),
             SLACK);
        same(recall[m - 1 - i], json_f64(json_at(json_at(want, 1), i), NAN),
             SLACK);
    }
    mem_free(recall);
    mem_free(precision);
    scored_free(s);
    mem_free(label);
    mem_free(proba);
}

static bool has_positive(const int32_t *y, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (y[i] > 0)
            return true;
    return false;
}

static bool has_both(const int32_t *y, uint32_t n)
{
    uint32_t pos = 0;

    for (uint32_t i = 0; i < n; i++)
        pos += y[i] > 0;
    return pos > 0 && pos < n;
}

static void test_binary(void **state)
{
    struct json *root = golden_json("search/metrics.json");
    const struct json *list = json_get(root, "binary");
    struct tally_of count = {.what = "metrics.json binary (auc, ap)",
                             .covered = 2 * (unsigned)json_len(list),
                             .listed = 2 * (unsigned)json_len(list)};
    struct tally_of curves = {.what = "metrics.json binary (roc curve)"};
    struct tally_of pr = {.what = "metrics.json binary (precision-recall)"};

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *g = json_at(list, i);
        uint32_t n = (uint32_t)json_len(json_get(g, "y"));
        int32_t *y = figures_i32(json_get(g, "y"));
        double *score = figures_f64(json_get(g, "score"), NULL);
        double v = NAN;
        status st = roc_auc(y, score, n, &v);

        check_binary(g, "roc_auc", st, v);
        st = average_precision(y, score, n, &v);
        check_binary(g, "average_precision", st, v);
        count.consumed += 2;
        curves.listed++;
        if (json_get(json_get(g, "roc_curve"), "value") && has_both(y, n)) {
            curves.covered++;
            check_roc(g, y, score, n);
            curves.consumed++;
        }
        pr.listed++;
        if (json_get(json_get(g, "pr_curve"), "value") && has_positive(y, n)) {
            pr.covered++;
            check_pr(g, y, score, n);
            pr.consumed++;
        }
        mem_free(score);
        mem_free(y);
    }
    figures_end(&count);
    figures_end(&curves);
    figures_end(&pr);
    json_free(root);
}

static void check_confusion(const struct json *g,
                            const int32_t *y,
                            const int32_t *pred,
                            uint32_t n)
{
    const struct json *names = json_get(g, "labels");
    const struct json *want = json_get(json_get(g, "confusion"), "value");
    int32_t *label = NULL;
    uint32_t *count = NULL;
    uint32_t k = 0;

    assert_ok(confusion_matrix(y, pred, n, &label, &count, &k));
    assert_int_equal(k, json_len(names));
    for (uint32_t i = 0; i < k; i++) {
        assert_int_equal(label[i], json_i64(json_at(names, i), -99));
        for (uint32_t j = 0; j < k; j++)
            same(count[i * k + j], json_f64(json_at(json_at(want, i), j), NAN),
                 0.0);
    }
    mem_free(label);
    mem_free(count);
}

static void test_labels(void **state)
{
    struct json *root = golden_json("search/metrics.json");
    const struct json *list = json_get(root, "labels");
    struct tally_of count = {.what = "metrics.json labels",
                             .covered = 3 * (unsigned)json_len(list),
                             .listed = 3 * (unsigned)json_len(list)};

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *g = json_at(list, i);
        uint32_t n = (uint32_t)json_len(json_get(g, "y"));
        int32_t *y = figures_i32(json_get(g, "y"));
        int32_t *pred = figures_i32(json_get(g, "pred"));
        double v = 0.0;

        same(accuracy(y, pred, n), figure(json_get(g, "accuracy"), "value"),
             SLACK);
        assert_ok(balanced_accuracy(y, pred, n, &v));
        same(v, figure(json_get(g, "balanced_accuracy"), "value"), SLACK);
        check_confusion(g, y, pred, n);
        count.consumed += 3;
        mem_free(pred);
        mem_free(y);
    }
    figures_end(&count);
    json_free(root);
}

static void
check_metric(const struct scored *s, enum metric m, const struct json *want)
{
    double v = 0.0;

    assert_ok(scored_metric(s, m, NULL, 0, &v));
    if (is_error(want))
        assert_true(isnan(v) || scored_classes(s) == 2);
    else
        same(v, figure(want, "value"), SLACK);
}

/* The file's AP of a column: class k against the rest. */
static unsigned check_columns(const struct json *g,
                              const int32_t *y,
                              const double *proba,
                              uint32_t n,
                              uint32_t k)
{
    const struct json *list = json_get(g, "ap_per_class");
    double score[256];
    int32_t label[256];
    unsigned done = 0;

    assert_true(n <= 256);
    for (size_t c = 0; c < json_len(list); c++) {
        double v = 0.0;

        for (uint32_t i = 0; i < n; i++) {
            score[i] = proba[(size_t)i * k + c];
            label[i] = y[i] == (int32_t)c;
        }
        assert_ok(average_precision(label, score, n, &v));
        same(v, figure(json_at(list, c), "value"), SLACK);
        done++;
    }
    return done;
}

static void test_multiclass(void **state)
{
    struct json *root = golden_json("search/metrics.json");
    const struct json *list = json_get(root, "multiclass");
    struct tally_of count = {.what = "metrics.json multiclass"};

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *g = json_at(list, i);
        uint32_t n = (uint32_t)json_len(json_get(g, "y"));
        const struct json *rows = json_get(g, "proba");
        uint32_t k = (uint32_t)json_len(json_at(rows, 0));
        int32_t *y = figures_i32(json_get(g, "y"));
        double *proba = figures_f64(rows, NULL);
        struct scored *s = NULL;

        if (!json_get(g, "study_mAP")) { /* argmax_ties: below */
            mem_free(proba);
            mem_free(y);
            continue;
        }
        assert_ok(scored_new(y, proba, n, k, &s));
        check_metric(s, METRIC_MAP_STUDY, json_get(g, "study_mAP"));
        check_metric(s, METRIC_BA, json_get(g, "study_balanced_accuracy"));
        check_metric(s, METRIC_ACC, json_get(g, "accuracy"));
        check_metric(s, METRIC_AUC, json_get(g, "roc_auc_ovr_macro"));
        check_metric(s, METRIC_AUC_WEIGHTED,
                     json_get(g, "roc_auc_ovr_weighted"));
        check_metric(s, METRIC_AUC_OVO, json_get(g, "roc_auc_ovo_macro"));
        count.consumed += 6 + check_columns(g, y, proba, n, k);
        count.covered += 6 + (unsigned)json_len(json_get(g, "ap_per_class"));
        count.listed += 6 + (unsigned)json_len(json_get(g, "ap_per_class"));
        scored_free(s);
        mem_free(proba);
        mem_free(y);
    }
    figures_end(&count);
    json_free(root);
}

/* arg-max ties, seen through the accuracy of the recorded arg-max as truth. */
static void test_argmax(void **state)
{
    struct json *root = golden_json("search/metrics.json");
    const struct json *list = json_get(root, "multiclass");
    struct tally_of count = {.what = "metrics.json argmax"};

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *g = json_at(list, i);
        const struct json *rows = json_get(g, "proba");
        uint32_t k = (uint32_t)json_len(json_at(rows, 0));
        struct scored *s = NULL;
        double v = 0.0;

        count.listed++;
        if (!json_is_array(json_get(g, "argmax")))
            continue;
        count.covered++;
        int32_t *top = figures_i32(json_get(g, "argmax"));
        double *proba = figures_f64(rows, NULL);

        assert_ok(scored_new(top, proba, (uint32_t)json_len(rows), k, &s));
        assert_ok(scored_metric(s, METRIC_ACC, NULL, 0, &v));
        assert_true(v == 1.0);
        count.consumed++;
        scored_free(s);
        mem_free(proba);
        mem_free(top);
    }
    figures_end(&count);
    json_free(root);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void test_percentiles(void **state)
{
    struct json *root = golden_json("search/metrics.json");
    const struct json *list = json_get(root, "percentile_linear");
    struct tally_of count = {.what = "metrics.json percentile_linear",
                             .covered = (unsigned)json_len(list),
                             .listed = (unsigned)json_len(list)};

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *g = json_at(list, i);
        size_t n = 0;
        double *a = figures_f64(json_get(g, "a"), &n);
        const struct json *q = json_get(g, "q");

        qsort(a, n, sizeof *a, by_value);
        for (size_t k = 0; k < json_len(q); k++)
            same(
                percentile_sorted(a, (uint32_t)n, json_f64(json_at(q, k), NAN)),
                json_f64(json_at(json_get(g, "value"), k), NAN),
                0.0 /* one formula, one rounding */);
        mem_free(a);
        count.consumed++;
    }
    figures_end(&count);
    json_free(root);
    printf("metrics.json: %u numbers exact, %u within tolerance (worst %.1e), "
           "0 failed\n",
           numbers.exact, numbers.near, numbers.worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary),      cmocka_unit_test(test_labels),
        cmocka_unit_test(test_multiclass),  cmocka_unit_test(test_argmax),
        cmocka_unit_test(test_percentiles),
    };

    return golden_run(tests);
}
