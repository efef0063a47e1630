/* Claims of our own, stored results, and departures from the published
 * recipe. */
#include <string.h>

#include "det/digest.h"
#include "eval/gate_part.h"

static const char *const HEALTH_NAME[HEALTHS] = {
    "loss", "own", "other", "negative", "feature_sd", "lr"};

/* ---- claims */

/* A bound of the file: "above" or "below", exactly one. */
static status
bound_of(const struct json *j, const char *file, bool *above, double *bound)
{
    status st = OK;
    const char *id = json_text(json_get(j, "id"));

    *above = json_get(j, "above") != NULL;
    ENSURE(*above != (json_get(j, "below") != NULL), ERR_DATA,
           "%s: record \"%s\" needs one of \"above\" and \"below\"", file,
           id ? id : "?");
    TRY(gate_number(j, *above ? "above" : "below", file, bound));
out:
    return st;
}

static status decide(struct report *r,
                     struct report_gate *g,
                     double seen,
                     bool above,
                     double bound)
{
    status st = OK;

    g->want =
        pool_text(&r->pool, &st, "%s %g", above ? "above" : "below", bound);
    g->verdict = (above ? seen > bound : seen < bound) ? GATE_PASS : GATE_FAIL;
    return st;
}

static const struct report_difference *
find_difference(const struct report *r, int a, int b, enum metric m)
{
    for (size_t i = 0; i < r->n_differences; i++)
        if ((int)r->difference[i].a == a && (int)r->difference[i].b == b &&
            r->difference[i].metric == m)
            return &r->difference[i];
    return NULL;
}

/* "low", "value" or "high" of an interval. */
static status part_of(const struct json *j,
                      const char *file,
                      const struct interval *v,
                      double *out)
{
    status st = OK;
    const char *use = NULL;

    TRY(gate_text(j, "use", file, &use));
    ENSURE(strcmp(use, "low") == 0 || strcmp(use, "value") == 0 ||
               strcmp(use, "high") == 0,
           ERR_DATA, "%s: \"use: %s\" is none of low, value, high", file, use);
    *out = use[0] == 'l' ? v->lo : use[0] == 'v' ? v->value : v->hi;
out:
    return st;
}

static status claim_metric(struct report *r,
                           const struct json *j,
                           const char *file,
                           bool difference,
                           struct report_gate *g)
{
    status st = OK;
    const char *set = NULL;
    const char *against = "";
    enum metric m = METRIC_AUC;
    bool above = false;
    double bound = 0.0;
    double seen = 0.0;
    const struct interval *v = NULL;
    const char *use = NULL;

    TRY(gate_text(j, "set", file, &set));
    TRY(gate_text(j, "use", file, &use));
    TRY(gate_metric(j, file, &m));
    TRY(bound_of(j, file, &above, &bound));
    if (difference)
        TRY(gate_text(j, "against", file, &against));
    g->what = pool_text(&r->pool, &st, "%s%s%s: %s", set,
                        difference ? " \xe2\x88\x92 " : "", against,
                        metric_title(m, r->classes));
    TRY(st);
    if (difference) {
        const struct report_difference *d =
            find_difference(r, report_find(r, set), report_find(r, against), m);

        v = d ? &d->v : NULL;
    } else if (report_find(r, set) >= 0 && gate_has_metric(r, m)) {
        v = &r->set[report_find(r, set)].metric[m];
    }
    if (!v) {
        TRY(gate_not_comparable(r, g, "this run does not have it"));
        goto out;
    }
    TRY(part_of(j, file, v, &seen));
    g->seen = pool_text(&r->pool, &st, "%+.4f (%+.4f to %+.4f)", v->value,
                        v->lo, v->hi);
    if (!difference)
        g->seen = pool_text(&r->pool, &st, "%.4f (%.4f to %.4f)", v->value,
                            v->lo, v->hi);
    TRY(st);
    TRY(decide(r, g, seen, above, bound));
    g->want = pool_text(&r->pool, &st, "%s%s",
                        use[0] == 'l'   ? "lower bound "
                        : use[0] == 'h' ? "upper bound "
                                        : "",
                        g->want);
out:
    return st;
}

static status claim_health(struct report *r,
                           const struct json *j,
                           const char *file,
                           struct report_gate *g)
{
    status st = OK;
    const char *field = NULL;
    bool above = false;
    double bound = 0.0;
    double seen;
    int f = 0;

    TRY(gate_text(j, "field", file, &field));
    TRY(bound_of(j, file, &above, &bound));
    while (f < HEALTHS && strcmp(field, HEALTH_NAME[f]) != 0)
        f++;
    ENSURE(f < HEALTHS, ERR_DATA, "%s: \"field: %s\" is no health figure", file,
           field);
    g->what = pool_text(&r->pool, &st, "%s at the last step", field);
    TRY(st);
    if (r->steps.n == 0) {
        TRY(gate_not_comparable(r, g, "no pretraining in this report"));
        goto out;
    }
    seen = r->steps.v[f][r->steps.n - 1];
    g->seen = pool_text(&r->pool, &st, "%.4f", seen);
    TRY(st);
    TRY(decide(r, g, seen, above, bound));
out:
    return st;
}

static status
one_claim(struct report *r, const struct json *j, const char *file)
{
    status st = OK;
    const char *id = NULL;
    const char *cohort = NULL;
    const char *kind = NULL;
    const char *why = NULL;
    struct report_gate *g = NULL;

    TRY(gate_text(j, "id", file, &id));
    TRY(gate_text(j, "cohort", file, &cohort));
    TRY(gate_text(j, "kind", file, &kind));
    TRY(gate_text(j, "why", file, &why));
    ENSURE(strcmp(kind, "difference") == 0 || strcmp(kind, "value") == 0 ||
               strcmp(kind, "health") == 0,
           ERR_DATA,
           "%s: record \"%s\": kind \"%s\" is none of difference, value, "
           "health",
           file, id, kind);
    if (strcmp(cohort, r->cohort) != 0)
        goto out;
    TRY(gate_new(r, id, "", &g));
    g->kind = pool_text(&r->pool, &st, "%s", kind);
    g->why = pool_text(&r->pool, &st, "%s", why);
    g->source = "claim of this project";
    g->rule = "pass when the bound holds, else fail";
    TRY(st);
    if (strcmp(kind, "health") == 0)
        TRY(claim_health(r, j, file, g));
    else
        TRY(claim_metric(r, j, file, kind[0] == 'd', g));
out:
    return st;
}

status gate_claims(struct report *r, const struct gate_inputs *in)
{
    status st = OK;
    const struct json *list = json_get(in->gates, "gates");

    ENSURE(json_is_array(list), ERR_DATA, "%s: has no list \"gates\"",
           in->gates_name);
    for (size_t i = 0; i < json_len(list); i++)
        TRY(one_claim(r, json_at(list, i), in->gates_name));
out:
    return st;
}

/* ---- stored results of an earlier run with the same configuration */

status gate_configuration(const struct report *r, char hex[SHA256_HEX])
{
    status st = OK;
    struct digest *d = NULL;

    TRY(digest_new(&d));
    for (size_t i = 0; i < r->n_keys; i++) {
        if (!r->key[i].identity)
            continue;
        digest_text(d, "stage", r->key[i].stage);
        digest_text(d, r->key[i].key, r->key[i].value);
    }
    digest_end(d, hex);
out:
    digest_free(d);
    return st;
}

status gate_regression_yaml(const struct report *r, struct text *out)
{
    status st = OK;
    char hex[SHA256_HEX];

    TRY(gate_configuration(r, hex));
    text_add(out,
             "# Stored results of a run, for gates of kind regression.\n"
             "schema: 1\ncohort: %s\ntask: %s\nconfiguration: \"%s\"\n"
             "records:\n",
             r->cohort, r->task, hex);
    for (size_t i = 0; i < r->n_sets; i++)
        for (uint32_t m = 0; m < r->n_metrics; m++) {
            const struct report_set *s = &r->set[i];
            double v = s->metric[r->metric[m]].value;

            if (!__builtin_isfinite(v))
                continue;
            text_add(
                out, "  - {id: %s.%s, set: %s, metric: %s, value: ", s->name,
                metric_name(r->metric[m]), s->name, metric_name(r->metric[m]));
            text_double(out, v);
            text_add(out, ", tolerance: 0}\n");
        }
    st = text_status(out);
out:
    return st;
}

static status one_stored(struct report *r,
                         const struct json *j,
                         const char *file,
                         const char *obstacle)
{
    status st = OK;
    struct report_gate *g = NULL;
    const char *id = NULL;
    const char *set = NULL;
    enum metric m = METRIC_AUC;
    double value = 0.0;
    double tolerance = 0.0;
    double seen;

    TRY(gate_text(j, "id", file, &id));
    TRY(gate_text(j, "set", file, &set));
    TRY(gate_metric(j, file, &m));
    TRY(gate_number(j, "value", file, &value));
    TRY(gate_number(j, "tolerance", file, &tolerance));
    TRY(gate_new(r, id, "regression", &g));
    g->what =
        pool_text(&r->pool, &st, "%s: %s", set, metric_title(m, r->classes));
    g->want = pool_text(&r->pool, &st, "%.9g within %g", value, tolerance);
    g->why = "stored result of the same configuration";
    g->rule = "pass within the stored tolerance, else fail";
    g->source = pool_text(&r->pool, &st, "%s", file);
    TRY(st);
    if (!*obstacle && (report_find(r, set) < 0 || !gate_has_metric(r, m)))
        obstacle = "this run does not have it";
    if (*obstacle) {
        TRY(gate_not_comparable(r, g, obstacle));
        goto out;
    }
    seen = r->set[report_find(r, set)].metric[m].value;
    g->seen = pool_text(&r->pool, &st, "%.9g", seen);
    g->verdict =
        __builtin_fabs(seen - value) <= tolerance ? GATE_PASS : GATE_FAIL;
out:
    return st;
}

status gate_regression(struct report *r, const struct gate_inputs *in)
{
    status st = OK;
    const char *obstacle = "";
    const char *stored = json_text(json_get(in->regression, "configuration"));
    const struct json *list = json_get(in->regression, "records");
    char hex[SHA256_HEX];

    if (!in->regression)
        return OK;
    ENSURE(stored && json_is_array(list), ERR_DATA,
           "%s: has no \"configuration\" and \"records\"", in->regression_name);
    TRY(gate_configuration(r, hex));
    if (strcmp(hex, stored) != 0)
        obstacle = "stored from another configuration";
    for (size_t i = 0; i < json_len(list); i++)
        TRY(one_stored(r, json_at(list, i), in->regression_name, obstacle));
out:
    return st;
}

/* ---- departures from the published recipe */

/* Equal as text or as numbers. */
static bool same(const char *a, const char *b)
{
    double x = 0.0;
    double y = 0.0;

    return strcmp(a, b) == 0 ||
           (text_to_double(a, &x) && text_to_double(b, &y) && x == y);
}

/* Keys of the run that say something else than one published value. */
static status
one_published(struct report *r, const struct json *j, const char *file)
{
    status st = OK;
    const char *key = json_text(json_get(j, "key"));
    const char *value = json_text(json_get(j, "value"));
    const char *source = json_text(json_get(j, "source"));

    ENSURE(key && value && source, ERR_DATA,
           "%s: an entry of \"published\" needs the texts key, value, source",
           file);
    for (size_t k = 0; k < r->n_keys; k++) {
        struct report_deviation *d = NULL;

        if (strcmp(r->key[k].key, key) != 0 || same(r->key[k].value, value))
            continue;
        TRY(REPORT_ADD(r, deviation, n_deviations, cap_deviations, &d));
        d->key = pool_text(&r->pool, &st, "%s", key);
        d->here = r->key[k].value;
        d->published = pool_text(&r->pool, &st, "%s", value);
        d->source = pool_text(&r->pool, &st, "%s", source);
        TRY(st);
    }
out:
    return st;
}

status gate_deviations(struct report *r, const struct gate_inputs *in)
{
    status st = OK;
    for (uint32_t f = 0; f < in->n_reference; f++) {
        const struct gate_file *file = &in->reference[f];
        const struct json *list = json_get(file->tree, "published");

        for (size_t i = 0; i < json_len(list); i++)
            TRY(one_published(r, json_at(list, i), file->name));
    }
out:
    return st;
}
