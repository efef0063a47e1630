/* golden/search: both journals read into the tables Optuna makes of them, and
 * the compact one written again, record by record, byte for byte but for the
 * times. */
#include <unistd.h>

#include "base/file.h"

#include "hpo/journal.h"
#include "hpo/space.h"
#include "search.h"

static struct count c = {.what = "journal, fields"};

static bool same(const struct json *a, const struct json *b)
{
    if (json_is_number(a) || json_is_number(b)) {
        double x = json_f64(a, -1);
        double y = json_f64(b, -2);
        return json_is_number(a) && json_is_number(b) &&
               (x == y || (isnan(x) && isnan(y)));
    }
    if (json_is_text(a) || json_is_text(b))
        return json_is_text(a) && json_is_text(b) &&
               !strcmp(json_text(a), json_text(b));
    if (json_is_null(a) || json_is_null(b))
        return json_is_null(a) && json_is_null(b);
    if (json_is_array(a) != json_is_array(b) ||
        json_is_object(a) != json_is_object(b) || json_len(a) != json_len(b))
        return false;
    for (size_t i = 0; i < json_len(a); i++) {
        bool map = json_is_object(a);
        const struct json *x = map ? json_member(a, i) : json_at(a, i);
        const struct json *y =
            map ? json_get(b, json_key(a, i)) : json_at(b, i);
        if (!y || !same(x, y))
            return false;
    }
    return json_len(a) > 0 || json_bool(a, false) == json_bool(b, false);
}

static void check_attrs(const struct journal_attrs *got,
                        const struct json *want)
{
    assert_int_equal(got->n, json_len(want));
    for (size_t i = 0; i < json_len(want); i++) {
        const struct json *v = journal_attr(got, json_key(want, i));
        assert_non_null(v);
        if (!same(v, json_member(want, i)))
            fail_msg("attribute %s differs", json_key(want, i));
    }
    c.consumed++;
}

static const struct journal_value *find_param(const struct journal_trial *t,
                                              const char *name)
{
    for (size_t i = 0; i < t->n_params; i++)
        if (!strcmp(t->params[i].name, name))
            return &t->params[i];
    fail_msg("parameter %s is missing", name);
    return NULL;
}

/* Internal values, and what they mean through the distribution. */
static void check_params(const struct journal_trial *t, const struct json *want)
{
    const struct json *in = json_get(want, "params_internal");
    const struct json *ex = json_get(want, "params");

    assert_int_equal(t->n_params, json_len(in));
    for (size_t i = 0; i < json_len(in); i++) {
        const struct journal_value *v = find_param(t, json_key(in, i));
        const struct json *outer = json_get(ex, json_key(in, i));
        struct space_param p;
        assert_near(v->x, json_f64(json_member(in, i), NAN), 0, 0);
        assert_ok(space_from_json(v->name, v->dist, &p));
        if (p.kind == SPACE_CATEGORICAL) {
            struct json *choice = NULL;
            char text[256];
            int n =
                snprintf(text, sizeof text, "[%s]", p.choices[(uint32_t)v->x]);
            assert_ok(json_parse(text, (size_t)n, "choice", &choice));
            assert_true(same(json_at(choice, 0), outer));
            json_free(choice);
        } else {
            assert_near(v->x, json_f64(outer, NAN), 0, 0);
        }
        space_param_free(&p);
    }
    c.consumed += 2;
}

static void check_reports(const struct journal_trial *t,
                          const struct json *want)
{
    assert_int_equal(t->n_reports, json_len(want));
    for (size_t i = 0; i < t->n_reports; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%lld", (long long)t->reports[i].step);
        assert_true(json_is_number(json_get(want, key)));
        assert_near(t->reports[i].value, json_f64(json_get(want, key), NAN), 0,
                    0);
    }
    c.consumed++;
}

static void check_trial(const struct journal_trial *t,
                        size_t number,
                        const struct json *want)
{
    const struct json *values = json_get(want, "values");

    assert_int_equal(t->id, json_i64(json_get(want, "trial_id"), -1));
    assert_int_equal(number, json_i64(json_get(want, "number"), -1));
    assert_string_equal(trial_state_name(t->state),
                        json_text(json_get(want, "state")));
    assert_int_equal(t->has_value, !json_is_null(values));
    if (t->has_value)
        assert_near(t->value, json_f64(json_at(values, 0), NAN), 0, 0);
    assert_int_equal(t->has_start,
                     json_bool(json_get(want, "has_start"), false));
    assert_int_equal(t->has_end,
                     json_bool(json_get(want, "has_complete"), false));
    c.consumed += 6;
    check_params(t, want);
    check_reports(t, json_get(want, "intermediate"));
    check_attrs(&t->user, json_get(want, "user_attrs"));
    check_attrs(&t->system, json_get(want, "system_attrs"));
}

static void check_study(const struct journal *j, const struct json *want)
{
    const char *name = json_text(json_get(want, "study_name"));
    const struct journal_study *s = journal_find(j, name);
    const struct json *trials = json_get(want, "trials");

    assert_non_null(s);
    assert_int_equal(s->id, json_i64(json_get(want, "study_id"), -1));
    assert_string_equal(json_text(json_at(json_get(want, "directions"), 0)),
                        s->maximise ? "MAXIMIZE" : "MINIMIZE");
    c.consumed += 3;
    check_attrs(&s->user, json_get(want, "user_attrs"));
    check_attrs(&s->system, json_get(want, "system_attrs"));
    assert_int_equal(s->n_trials, json_len(trials));
    for (size_t i = 0; i < s->n_trials; i++) {
        c.covered += (unsigned)json_len(json_at(trials, i));
        check_trial(&s->trials[i], i, json_at(trials, i));
    }
}

static void check_log(const char *name, const struct json *want)
{
    struct journal *j = NULL;
    size_t alive = 0;

    if (!golden_there(name)) {
        c.absent++;
        return;
    }
    assert_ok(journal_read(golden_path(name), &j));
    assert_int_equal(j->torn, 0);
    for (size_t i = 0; i < j->n_studies; i++)
        alive += !j->studies[i].deleted;
    assert_int_equal(alive, json_len(want));
    for (size_t i = 0; i < json_len(want); i++) {
        /* every field but the list of trials */
        c.covered += (unsigned)json_len(json_at(want, i)) - 1;
        check_study(j, json_at(want, i));
    }
    journal_free(j);
}

static void read_tables(void **state)
{
    (void)state;
    struct json *root = golden_json("search/journal_expected.json");
    check_log("search/journal_v31.log", json_get(root, "journal_v31"));
    check_log("search/journal_c_style.log", json_get(root, "journal_c_style"));
    json_free(root);
    c.listed = c.covered;
    count_end(&c);
}

/* ---- writing ---- */

/* The times of a record become "T". */
static void without_times(char *s)
{
    static const char *const keys[] = {"\"datetime_start\":\"",
                                       "\"datetime_complete\":\""};
    for (int k = 0; k < 2; k++) {
        char *at = s;
        while ((at = strstr(at, keys[k])) != NULL) {
            at += strlen(keys[k]);
            char *end = strchr(at, '"');
            assert_non_null(end);
            assert_int_equal(end - at, 26);
            *at = 'T';
            memmove(at + 1, end, strlen(end) + 1);
        }
    }
}

/* Write one record of the golden file again through the writer; false: a kind
 * of record the writer does not make (ready-made and queued trials). */
static bool rewrite(struct journal_writer *w, const struct json *r)
{
    int64_t op = json_i64(json_get(r, "op_code"), -1);
    int64_t id = json_i64(json_get(r, "trial_id"), -1);
    double value = json_f64(json_at(json_get(r, "values"), 0), NAN);
    struct space_param p;
    struct json *dist = NULL;

    if (op == 0)
        journal_create_study(w, json_text(json_get(r, "study_name")), true);
    else if (op == 2)
        journal_study_attr(w, 0, false, "note", "\"caf\\u00e9\"");
    else if (op == 3)
        journal_study_attr(w, 0, true, "mpitpe:seed", "7");
    else if (op == 4 && !json_get(r, "state"))
        journal_start_trial(w, 0);
    else if (op == 4)
        return false;
    else if (op == 5) {
        const char *text = json_text(json_get(r, "distribution"));
        const char *name = json_text(json_get(r, "param_name"));
        assert_ok(json_parse(text, strlen(text), "dist", &dist));
        assert_ok(space_from_json(name, dist, &p));
        journal_param(w, id, &p,
                      json_f64(json_get(r, "param_value_internal"), NAN));
        space_param_free(&p);
        json_free(dist);
    } else if (op == 6)
        journal_end_trial(
            w, id, (enum trial_state)json_i64(json_get(r, "state"), 3), value);
    else if (op == 7)
        journal_report(w, id, json_i64(json_get(r, "step"), -1),
                       json_f64(json_get(r, "intermediate_value"), NAN));
    else
        journal_trial_attr(w, id, op == 9, "rank", "3");
    return true;
}

static void write_again(void **state)
{
    (void)state;
    char path[] = "/tmp/fmcib-journal-XXXXXX";
    char *want = NULL;
    char *got = NULL;
    size_t size = 0;
    struct count n = {.what = "journal, records written"};

    assert_ok(file_read(golden_path("search/journal_c_style.log"), 1u << 20,
                        &want, &size));
    char *save = NULL;
    for (char *line = strtok_r(want, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        struct json *r = NULL;
        struct journal_writer *w = NULL;
        int fd = mkstemp(path);
        assert_true(fd >= 0 && close(fd) == 0);
        assert_ok(json_parse(line, strlen(line), "golden", &r));
        assert_ok(journal_open(path, json_text(json_get(r, "worker_id")), &w));
        n.listed++;
        if (rewrite(w, r)) {
            n.covered++;
            assert_ok(journal_flush(w));
            assert_ok(file_read(path, 1u << 20, &got, &size));
            assert_true(size > 0 && got[size - 1] == '\n');
            got[size - 1] = '\0';
            without_times(line);
            without_times(got);
            assert_string_equal(got, line);
            n.consumed++;
            mem_free(got);
        }
        journal_close(w);
        json_free(r);
        (void)unlink(path);
        (void)strcpy(path, "/tmp/fmcib-journal-XXXXXX");
    }
    mem_free(want);
    count_end(&n);
}

/* A NaN told is a FAIL, in both directions. */
static void tell_nan(void **state)
{
    (void)state;
    struct count n = {.what = "NaN told"};
    char path[] = "/tmp/fmcib-journal-XXXXXX";
    struct journal_writer *w = NULL;
    struct journal *j = NULL;

    for (int rules = 0; rules < 2; rules++) {
        struct json *root = golden_open_rules("split", rules, &n);
        if (!root)
            continue;
        const struct json *told = json_get(root, "tell_nan");
        for (size_t i = 0; i < json_len(told); i++) {
            const struct json *want = json_member(told, i);
            n.covered++;
            n.listed++;
            (void)strcpy(path, "/tmp/fmcib-journal-XXXXXX");
            int fd = mkstemp(path);
            assert_true(fd >= 0 && close(fd) == 0);
            assert_ok(journal_open(path, "w", &w));
            journal_create_study(w, "s",
                                 !strcmp(json_key(told, i), "maximize"));
            journal_start_trial(w, 0);
            journal_end_trial(w, 0, TRIAL_COMPLETE, NAN);
            assert_ok(journal_flush(w));
            journal_close(w);
            assert_ok(journal_read(path, &j));
            assert_string_equal(trial_state_name(j->studies[0].trials[0].state),
                                json_text(json_get(want, "state")));
            assert_false(j->studies[0].trials[0].has_value);
            n.consumed++;
            journal_free(j);
            (void)unlink(path);
        }
        json_free(root);
    }
    count_end(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_tables),
        cmocka_unit_test(write_again),
        cmocka_unit_test(tell_nan),
    };
    return golden_run(tests);
}
