/* Every decision of Optuna's pruners, report by report. */
#include "hpo/pruner.h"
#include "search.h"

/* "median(startup=3,warmup=4,interval=3)": words by position or by name. */
struct words {
    char name[32];
    char value[8][16];
    char key[8][16];
    unsigned n;
};

static struct words split(const char *text)
{
    struct words w = {0};
    size_t len = strcspn(text, "(0123456789");

    assert_true(len < sizeof w.name);
    memcpy(w.name, text, len);
    for (text += len; *text; w.n++) {
        size_t equal;
        size_t end;

        text += *text == '(' || *text == ',';
        end = strcspn(text, ",)");
        equal = strcspn(text, "=");
        assert_true(w.n < 8 && end < 16);
        if (equal < end) {
            memcpy(w.key[w.n], text, equal);
            memcpy(w.value[w.n], text + equal + 1, end - equal - 1);
        } else {
            memcpy(w.value[w.n], text, end);
        }
        text += end;
        text += *text == ')';
    }
    return w;
}

/* The word of that name, else the one at that position. */
static double
word(const struct words *w, const char *key, unsigned at, double d)
{
    for (unsigned i = 0; i < w->n; i++)
        if (strcmp(w->key[i], key) == 0)
            return strtod(w->value[i], NULL);
    if (at < w->n && !*w->key[at])
        return strtod(w->value[at], NULL); /* "auto": 0 */
    return d;
}

static struct pruner_conf conf_of(const struct json *run, const char *study)
{
    const char *name = json_text(json_get(run, "name"));
    struct words w = split(name);
    struct pruner_conf c;

    if (strcmp(w.name, "median") == 0 || strcmp(w.name, "percentile") == 0) {
        /* runs whose name gives no startup were made with 3: no other number
         * explains them */
        c = pruner_defaults(PRUNER_PERCENTILE);
        if (w.name[0] == 'p')
            c.percentile = word(&w, "percentile", 0, NAN);
        c.n_startup = (uint32_t)word(&w, "startup", w.name[0] == 'p', 3);
        c.warmup = (int64_t)word(&w, "warmup", 1 + (w.name[0] == 'p'), 0);
        c.interval = (int64_t)word(&w, "interval", 2 + (w.name[0] == 'p'), 1);
        c.n_min = (uint32_t)word(&w, "min_trials", 9, 1);
    } else if (strncmp(w.name, "sh", 2) == 0) {
        c = pruner_defaults(PRUNER_HALVING);
        c.min_resource = (int64_t)word(&w, "min_resource", 0, 0);
        c.eta = (int64_t)word(&w, "eta", 1, 4);
        c.rate = (int64_t)word(&w, "rate", 2, 0);
        c.bootstrap = (size_t)word(&w, "bootstrap", 9, 0);
    } else if (strcmp(w.name, "hyperband") == 0) {
        bool is_auto = strcmp(w.value[0], "auto") == 0;
        c = pruner_defaults(PRUNER_HYPERBAND);
        c.min_resource = is_auto ? 1 : (int64_t)word(&w, "min", 0, 1);
        c.max_resource = (int64_t)word(&w, "max", 1, 0);
        c.eta = (int64_t)word(&w, "eta", 2, 3);
        c.study = study;
    } else {
        assert_string_equal(w.name, "wilcoxon");
        c = pruner_defaults(PRUNER_WILCOXON);
        c.p = word(&w, "p", 0, 0.1);
        c.n_steps = (uint32_t)word(&w, "startup", 1, 2);
    }
    c.maximise = strcmp(json_text(json_get(run, "direction")), "maximize") == 0;
    return c;
}

enum { MOST = 4096, RUNGS = 32 };

struct played { /* owned, per trial */
    struct trial trial;
    struct trial_report report[MOST];
    double rung[RUNGS];
};

static enum trial_state state_of(const struct json *t)
{
    const char *text = json_text(json_get(t, "state"));

    return strcmp(text, "COMPLETE") == 0 ? TRIAL_COMPLETE : TRIAL_PRUNED;
}

/* One trial, its reports one by one. */
static void play(struct pruner *p,
                 const struct json *t,
                 struct trial *trials,
                 uint32_t at,
                 struct played *mine,
                 struct count *c)
{
    const char *name = p->conf.maximise ? "maximise" : "minimise";
    const struct json *reported = json_get(t, "reported");
    const struct json *decision = json_get(t, "decision");
    const struct json *rungs = json_get(t, "rungs");

    assert_int_equal(json_len(reported), json_len(decision));
    assert_true(json_len(reported) <= MOST);
    trials[at] = (struct trial){
        .value = NAN, .reports = mine->report, .rungs = mine->rung};
    c->covered += (unsigned)json_len(decision);
    for (uint32_t i = 0; i < json_len(reported); i++, c->consumed++) {
        struct pruner_verdict v;
        double value = json_f64(json_at(reported, i), NAN);

        mine->report[i] = (struct trial_report){i, value};
        trials[at].n_reports++;
        assert_ok(pruner_ask(p, trials, at + 1, at, &v));
        if (v.prune != json_bool(json_at(decision, i), !v.prune))
            fail_msg("%s, trial %u, step %u: %s", name, at, i,
                     v.prune ? "pruned" : "kept");
        for (; v.new_rungs > 0; v.new_rungs--) {
            assert_true(trials[at].n_rungs < RUNGS);
            mine->rung[trials[at].n_rungs++] = value;
        }
    }
    assert_int_equal(trials[at].n_rungs, json_len(rungs));
    for (uint32_t r = 0; r < trials[at].n_rungs; r++) {
        char key[32];
        (void)snprintf(key, sizeof key, "completed_rung_%u", r);
        assert_true(json_f64(json_get(rungs, key), NAN) == mine->rung[r]);
    }
    trials[at].state = state_of(t);
    trials[at].value = json_f64(json_get(t, "value"), NAN);
}

static void run(const struct json *run, const char *study, struct count *c)
{
    const struct json *list = json_get(run, "trials");
    struct pruner_conf conf = conf_of(run, study);
    uint32_t n = (uint32_t)json_len(list);
    struct trial *trials = NULL;
    struct played *played = NULL;
    struct pruner p;

    assert_ok(pruner_start(&conf, &p));
    printf("%s, %s\n", json_text(json_get(run, "name")),
           json_text(json_get(run, "direction")));
    assert_ok(mem_new(n, sizeof *trials, &trials));
    assert_ok(mem_new(n, sizeof *played, &played));
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(json_i64(json_get(json_at(list, i), "number"), -1), i);
        play(&p, json_at(list, i), trials, i, &played[i], c);
    }
    mem_free(played);
    mem_free(trials);
}

static void decisions(void **state)
{
    struct count c = {.what = "pruners: decisions"};

    (void)state;
    for (int rules = 0; rules < 2; rules++) {
        struct json *root = golden_open_rules("pruners", rules, &c);
        const struct json *runs = json_get(root, "runs");

        if (!root)
            continue;
        for (size_t i = 0; i < json_len(runs); i++)
            run(json_at(runs, i), json_text(json_get(root, "study_name")), &c);
        printf("%s: %zu runs\n", rules ? "pruners_v31" : "pruners_cur",
               json_len(runs));
        json_free(root);
    }
    c.listed = c.covered;
    count_end(&c);
}

static void bracket(const struct json *g, const char *study, struct count *c)
{
    const struct json *of = json_get(g, "bracket_of_trial");
    struct pruner_conf conf = pruner_defaults(PRUNER_HYPERBAND);
    struct trial_report report = {0, 0.0};
    struct trial t = {.reports = &report, .n_reports = 1};
    struct pruner_verdict v;
    struct pruner p;

    conf.min_resource = json_i64(json_get(g, "min_resource"), -1);
    conf.max_resource = json_i64(json_get(g, "max_resource"), -1);
    conf.eta = json_i64(json_get(g, "reduction_factor"), -1);
    conf.study = study;
    assert_ok(pruner_start(&conf, &p));
    assert_ok(pruner_ask(&p, &t, 1, 0, &v));
    assert_int_equal(p.brackets, json_i64(json_get(g, "n_brackets"), -1));
    for (uint32_t b = 0; b < p.brackets; b++)
        assert_int_equal(p.budget[b],
                         json_i64(json_at(json_get(g, "budgets"), b), -1));
    c->covered += (unsigned)json_len(of);
    for (uint32_t k = 0; k < json_len(of); k++, c->consumed++)
        assert_int_equal(pruner_bracket(&p, k), json_i64(json_at(of, k), -1));
}

static void brackets(void **state)
{
    struct count c = {.what = "pruners: brackets of trials"};

    (void)state;
    for (int rules = 0; rules < 2; rules++) {
        struct json *root = golden_open_rules("pruners", rules, &c);
        const struct json *list = json_get(root, "hyperband_brackets");

        for (size_t i = 0; i < json_len(list); i++)
            bracket(json_at(list, i), json_text(json_get(root, "study_name")),
                    &c);
        json_free(root);
    }
    c.listed = c.covered;
    count_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions),
        cmocka_unit_test(brackets),
    };
    return golden_run(tests);
}
