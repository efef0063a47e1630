/* The page is self-contained, well formed, readable without pictures, and the
 * same bytes when made again. FMCIB_KEEP=FILE keeps it for a look. */
#include <unistd.h>

#include "base/file.h"

#include "conf/yaml.h"
#include "report_extras.h"
#include "report_sample.h"

static void tree(const char *name, struct json **out)
{
    const char *source = getenv("FMCIB_SOURCE");
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/validation/%s.yaml",
                   source ? source : ".", name);
    assert_ok(yaml_read_json(path, out));
}

static void with_gates(struct sample *s)
{
    static const char *const name[] = {
        "reference/cohorts",   "reference/pretraining", "reference/recipe",
        "reference/stability", "reference/task1",       "reference/task2",
        "reference/task3"};
    enum { FILES = sizeof name / sizeof name[0] };
    struct gate_file reference[FILES];
    struct gate_file contradictions = {.name = "discrepancies"};
    struct json *claims = NULL;
    struct gate_inputs in = {.reference = reference,
                             .n_reference = FILES,
                             .gates_name = "gates.yaml",
                             .train_pct = 100,
                             .count = s->count};

    for (int i = 0; i < FILES; i++) {
        reference[i].name = name[i];
        tree(name[i], &reference[i].tree);
    }
    tree("gates", &claims);
    tree("discrepancies", &contradictions.tree);
    in.gates = claims;
    assert_ok(gates_evaluate(&s->r, &in));
    assert_ok(gate_discrepancies(&s->r, &contradictions));
    assert_int_equal(s->r.n_discrepancies, 21);
    for (int i = 0; i < FILES; i++)
        json_free(reference[i].tree);
    json_free(claims);
    json_free(contradictions.tree);
}

/* Every element that is opened is closed, in order. */
static void well_formed(const char *html)
{
    static const char *const empty[] = {"meta",   "br",   "img",
                                        "line",   "path", "polyline",
                                        "circle", "rect", "!DOCTYPE"};
    char stack[64][16];
    int depth = 0;

    for (const char *p = strchr(html, '<'); p; p = strchr(p + 1, '<')) {
        char name[16] = "";
        bool close = p[1] == '/';
        bool skip = false;
        const char *end = strchr(p, '>');

        assert_non_null(end);
        assert_int_equal(sscanf(p + 1 + close, "%15[A-Za-z0-9!]", name), 1);
        for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
            skip = skip || strcmp(name, empty[i]) == 0;
        if (skip)
            continue;
        if (close) {
            assert_true(depth > 0);
            assert_string_equal(stack[--depth], name);
        } else {
            assert_true(depth < 64);
            (void)snprintf(stack[depth++], 16, "%s", name);
        }
        p = end;
    }
    assert_int_equal(depth, 0);
}

static size_t count_of(const char *s, const char *word)
{
    size_t n = 0;

    for (const char *p = strstr(s, word); p; p = strstr(p + 1, word))
        n++;
    return n;
}

/* One h1 first; no level is skipped on the way down. */
static void headings(const char *html)
{
    int level = 0;

    for (const char *p = strstr(html, "<h"); p; p = strstr(p + 1, "<h")) {
        int here = p[2] - '0';

        if (here < 1 || here > 6)
            continue;
        assert_true(here <= level + 1);
        level = here;
    }
    assert_true(level > 1);
}

/* Every id stands once; what links and labels name is there. */
static void ids(const char *html)
{
    static const char *const refers[] = {"href=\"#", "aria-labelledby=\""};
    char want[128];
    char name[96];

    for (const char *p = strstr(html, " id=\""); p;
         p = strstr(p + 1, " id=\"")) {
        assert_int_equal(sscanf(p + 5, "%95[^\"]", name), 1);
        (void)snprintf(want, sizeof want, " id=\"%s\"", name);
        assert_int_equal(count_of(html, want), 1);
    }
    for (size_t k = 0; k < 2; k++)
        for (const char *p = strstr(html, refers[k]); p;
             p = strstr(p + 1, refers[k])) {
            const char *q = p + strlen(refers[k]);

            while (*q != '"') {
                assert_int_equal(sscanf(q, "%95[^\" ]", name), 1);
                (void)snprintf(want, sizeof want, " id=\"%s\"", name);
                assert_int_equal(count_of(html, want), 1);
                q += strlen(name);
                q += *q == ' ';
            }
        }
}

/* What scrolls has a name of its own; tables whose rows become blocks keep
 * their roles. */
static void regions(const char *html)
{
    static const char mark[] = "role=\"region\" tabindex=\"0\" ";
    const char *gates = strstr(html, "<table class=\"gates stack\" role");
    char name[200];
    char rows[20000];

    assert_true(count_of(html, mark) > 10);
    for (const char *p = strstr(html, mark); p; p = strstr(p + 1, mark)) {
        assert_int_equal(sscanf(p + strlen(mark), "%199[^>]", name), 1);
        assert_non_null(strstr(name, "aria-label=\"table"));
        assert_non_null(strstr(name, ", "));
        assert_int_equal(count_of(html, name), 1);
    }
    assert_non_null(gates);
    (void)snprintf(rows, sizeof rows, "%.*s",
                   (int)(strstr(gates, "</table>") - gates), gates);
    assert_true(count_of(rows, "<tr role=\"row\">") > 2);
    assert_int_equal(count_of(rows, "<tr"),
                     count_of(rows, "<tr role=\"row\">"));
    assert_int_equal(count_of(rows, "<td"),
                     count_of(rows, "<td role=\"cell\">"));
    assert_int_equal(count_of(rows, "<th "),
                     6 + count_of(rows, "<th role=\"rowheader\""));
}

static void test_page(void **state)
{
    struct sample s;
    struct text a = {0};

    (void)state;
    sample_make(&s);
    extra_fill(&s.r);
    with_gates(&s);
    assert_ok(report_html(&s.r, &a));
    if (getenv("FMCIB_KEEP"))
        assert_ok(file_publish(getenv("FMCIB_KEEP"), a.s, a.len));
    well_formed(a.s);
    assert_null(strstr(a.s, "<script"));
    assert_null(strstr(a.s, "http"));
    assert_null(strstr(a.s, "url("));
    assert_null(strstr(a.s, "fuzzy <&>"));
    assert_non_null(strstr(a.s, "fuzzy &lt;&amp;&gt;"));
    assert_non_null(strstr(a.s, "<html lang=\"en\">"));
    assert_non_null(strstr(a.s, "<title>"));
    assert_int_equal(count_of(a.s, "<h1>"), 1);
    /* text alternatives: every picture, every figure */
    assert_int_equal(count_of(a.s, "<img "), 40);
    assert_int_equal(count_of(a.s, "<img alt=\"middle axial slice"), 40);
    assert_true(count_of(a.s, "role=\"img\"") >= 40);
    assert_int_equal(count_of(a.s, "<svg "),
                     count_of(a.s, "<svg class=\"plot\" role=\"img\"") +
                         count_of(a.s, "aria-hidden=\"true\" width="));
    assert_int_equal(count_of(a.s, "<desc "), count_of(a.s, "role=\"img\""));
    assert_int_equal(count_of(a.s, "<title id="),
                     count_of(a.s, "role=\"img\""));
    /* a band a set and class of ROC and precision, a matrix a set */
    assert_int_equal(count_of(a.s, "<path class=\"band"),
                     (size_t)2 * SAMPLE_SETS * SAMPLE_CLASSES +
                         count_of(strstr(a.s, "<h2 id=\"calibration\""),
                                  "<path class=\"band"));
    assert_int_equal(count_of(a.s, "<table class=\"confusion\""), SAMPLE_SETS);
    /* header cells say what they head */
    assert_int_equal(count_of(a.s, "<th>"), 0);
    assert_null(strstr(a.s, "nan"));
    assert_null(strstr(a.s, "inf,"));
    headings(a.s);
    ids(a.s);
    regions(a.s);
    text_free(&a);
    sample_drop(&s);
}

static void test_same_bytes(void **state)
{
    struct text form[2][3] = {{{0}}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sample s;

        sample_make(&s);
        extra_fill(&s.r);
        with_gates(&s);
        assert_ok(report_html(&s.r, &form[i][0]));
        assert_ok(report_json(&s.r, &form[i][1]));
        assert_ok(report_terminal(&s.r, &form[i][2]));
        sample_drop(&s);
    }
    for (int k = 0; k < 3; k++) {
        assert_int_equal(form[0][k].len, form[1][k].len);
        assert_same_bits(form[0][k].s, form[1][k].s, form[0][k].len);
        text_free(&form[0][k]);
        text_free(&form[1][k]);
    }
}

/* The terminal has a line for every part. */
static void test_terminal(void **state)
{
    static const char *const words[] = {"survival: log-rank p",
                                        "hazard ratio 2.90 (1.90-4.40)",
                                        "10 % of the training rows",
                                        "ICC3 0.980, 26 patients",
                                        "auc 0.946 (sd 0.004), 50",
                                        "5 files verified, 1 wrong or missing",
                                        "departures from the published recipe"};
    struct sample s;
    struct text t = {0};

    (void)state;
    sample_make(&s);
    extra_fill(&s.r);
    with_gates(&s);
    assert_ok(report_terminal(&s.r, &t));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_non_null(strstr(t.s, words[i]));
    text_free(&t);
    sample_drop(&s);
}

/* All rows are in the matrix, the right ones of a class on its diagonal; areas
 * of the classes average to the metric. */
static void check_confusion(const struct json *set)
{
    const struct json *table = json_get(set, "confusion");
    const struct json *area = json_get(set, "one_against_rest");
    double all = 0.0;
    double right = 0.0;
    double auc = 0.0;

    assert_int_equal(json_len(table), SAMPLE_CLASSES);
    for (size_t i = 0; i < SAMPLE_CLASSES; i++) {
        const struct json *row = json_at(table, i);

        for (size_t k = 0; k < SAMPLE_CLASSES; k++)
            all += json_f64(json_at(row, k), 1e9);
        right += json_f64(json_at(row, i), 1e9);
        auc +=
            json_f64(json_get(json_get(json_at(area, i), "auc"), "value"), 1e9);
    }
    assert_true(all == SAMPLE_ROWS);
    /* classes of equal size: balanced accuracy is accuracy */
    assert_true(fabs(right / all -
                     json_f64(json_get(json_get(set, "ba"), "value"), 0.0)) <
                1e-12);
    assert_true(fabs(auc / SAMPLE_CLASSES -
                     json_f64(json_get(json_get(set, "auc"), "value"), 0.0)) <
                1e-12);
}

/* report.json reads back, and its digest moves with a result, not with a
 * library. */
static void test_json(void **state)
{
    struct sample s;
    struct text t = {0};
    struct text again = {0};
    struct json *j = NULL;
    char digest[SHA256_HEX];
    char other[SHA256_HEX];

    (void)state;
    sample_make(&s);
    extra_fill(&s.r);
    with_gates(&s);
    assert_ok(report_json(&s.r, &t));
    assert_ok(json_parse(t.s, t.len, "report.json", &j));
    assert_ok(report_results(&s.r, &again, digest));
    assert_string_equal(json_text(json_get(j, "sha256")), digest);
    assert_int_equal(json_len(json_get(json_get(j, "results"), "sets")),
                     SAMPLE_SETS);
    assert_true(
        json_f64(
            json_get(
                json_get(json_at(json_get(json_get(j, "results"), "sets"), 2),
                         "auc"),
                "value"),
            0.0) == s.r.set[2].metric[METRIC_AUC].value);
    check_confusion(json_at(json_get(json_get(j, "results"), "sets"), 2));
    s.r.library[0].version = "0.2.0";
    text_free(&again);
    assert_ok(report_results(&s.r, &again, other));
    assert_string_equal(other, digest);
    s.r.set[2].metric[METRIC_AUC].value += 1e-15;
    text_free(&again);
    assert_ok(report_results(&s.r, &again, other));
    assert_string_not_equal(other, digest);
    s.r.set[2].metric[METRIC_AUC].value -= 1e-15;
    s.r.digest[0].sha256 = "00";
    text_free(&again);
    assert_ok(report_results(&s.r, &again, other));
    assert_string_not_equal(other, digest);
    json_free(j);
    text_free(&t);
    text_free(&again);
    sample_drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page), cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_terminal), cmocka_unit_test(test_json)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
