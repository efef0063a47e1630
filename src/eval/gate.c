#include "eval/gate.h"

#include <string.h>

#include "eval/gate_part.h"

static const double EXACT = 1e-6; /* published inputs, no resampling */

status gate_new(struct report *r,
                const char *id,
                const char *kind,
                struct report_gate **out)
{
    status st = OK;
    struct report_gate *g = NULL;

    TRY(REPORT_ADD(r, gate, n_gates, cap_gates, &g));
    g->id = pool_text(&r->pool, &st, "%s", id);
    g->kind = kind;
    g->seen = g->want = g->why = g->source = g->what = g->rule = "";
    *out = g;
out:
    return st;
}

status
gate_not_comparable(struct report *r, struct report_gate *g, const char *why)
{
    status st = OK;

    g->verdict = GATE_NOT_COMPARABLE;
    g->why = pool_text(&r->pool, &st, "%s", why);
    return st;
}

status gate_text(const struct json *j,
                 const char *key,
                 const char *file,
                 const char **out)
{
    status st = OK;
    const char *id = json_text(json_get(j, "id"));

    *out = json_text(json_get(j, key));
    ENSURE(*out, ERR_DATA, "%s: record \"%s\" has no text \"%s\"", file,
           id ? id : "?", key);
out:
    return st;
}

status gate_number(const struct json *j,
                   const char *key,
                   const char *file,
                   double *out)
{
    status st = OK;
    const char *id = json_text(json_get(j, "id"));

    ENSURE(json_is_number(json_get(j, key)), ERR_DATA,
           "%s: record \"%s\" has no number \"%s\"", file, id ? id : "?", key);
    *out = json_f64(json_get(j, key), 0.0);
out:
    return st;
}

status gate_metric(const struct json *j, const char *file, enum metric *out)
{
    status st = OK;
    const char *name = NULL;
    const char *id = NULL;

    TRY(gate_text(j, "metric", file, &name));
    TRY(gate_text(j, "id", file, &id));
    ENSURE(metric_find(name) >= 0, ERR_DATA,
           "%s: record \"%s\": metric \"%s\" is none of auc, ap, map, "
           "map_study, ba, acc",
           file, id, name);
    *out = (enum metric)metric_find(name);
out:
    return st;
}

bool gate_has_metric(const struct report *r, enum metric m)
{
    for (uint32_t i = 0; i < r->n_metrics; i++)
        if (r->metric[i] == m)
            return true;
    return false;
}

/* ---- published figures */

struct record {
    const char *id, *task, *cohort, *set, *exact, *source;
    enum metric metric;
    double train_pct, n, value, low, high;
    bool interval;
};

static status
read_record(const struct json *j, const char *file, struct record *out)
{
    status st = OK;

    TRY(gate_text(j, "id", file, &out->id));
    TRY(gate_text(j, "task", file, &out->task));
    TRY(gate_text(j, "cohort", file, &out->cohort));
    TRY(gate_text(j, "set", file, &out->set));
    TRY(gate_text(j, "exact", file, &out->exact));
    TRY(gate_text(j, "source", file, &out->source));
    TRY(gate_metric(j, file, &out->metric));
    TRY(gate_number(j, "train_pct", file, &out->train_pct));
    TRY(gate_number(j, "n", file, &out->n));
    TRY(gate_number(j, "value", file, &out->value));
    out->interval = json_get(j, "low") != NULL;
    if (out->interval) {
        TRY(gate_number(j, "low", file, &out->low));
        TRY(gate_number(j, "high", file, &out->high));
    }
out:
    return st;
}

/* Are the run's class counts those of the cohort, in any order? */
static bool same_counts(const struct json *cohort,
                        const struct report *r,
                        const uint32_t *count)
{
    const struct json *want = json_get(cohort, "counts");

    if (json_len(want) != r->classes)
        return false;
    for (uint32_t k = 0; k < r->classes; k++) {
        uint32_t here = 0;
        uint32_t there = 0;

        for (uint32_t j = 0; j < r->classes; j++) {
            here += count[j] == count[k];
            there += json_i64(json_at(want, j), -1) == (int64_t)count[k];
        }
        if (here != there)
            return false;
    }
    return true;
}

/* Why the figure cannot be held against this run, "" when it can. */
static const char *obstacle(struct report *r,
                            const struct gate_inputs *in,
                            const struct record *c,
                            status *st)
{
    const struct json *cohort =
        json_get(json_get(in->reference, "cohorts"), c->cohort);

    if (strcmp(c->cohort, r->cohort) != 0)
        return pool_text(&r->pool, st,
                         "the figure is of cohort %s, this run of %s",
                         c->cohort, r->cohort);
    if (c->n != r->rows)
        return pool_text(&r->pool, st, "%g test rows there, %u here", c->n,
                         r->rows);
    if (!same_counts(cohort, r, in->count))
        return "the test rows have other class counts";
    if (!gate_has_metric(r, c->metric))
        return "the metric was not asked for (validate.metrics)";
    if (!in->published && strcmp(c->exact, "full_sample") == 0)
        return "an exact figure needs the published inputs "
               "(validate.inputs: published)";
    if (!in->published && !c->interval)
        return "no interval is published";
    return "";
}

static status compare(struct report *r,
                      const struct gate_inputs *in,
                      const struct record *c,
                      struct report_gate *g)
{
    status st = OK;
    const struct interval *v =
        &r->set[report_find(r, c->set)].metric[c->metric];
    double slack = 4.0 * __builtin_sqrt(2.0 / 1000.0) * v->sd + 1e-5;
    bool good;

    if (!in->published) {
        good = v->lo <= c->high && c->low <= v->hi;
        g->seen = pool_text(&r->pool, &st, "%.4f (%.4f-%.4f)", v->value, v->lo,
                            v->hi);
        g->want =
            pool_text(&r->pool, &st, "overlap with %.4f-%.4f", c->low, c->high);
    } else if (strcmp(c->exact, "full_sample") == 0) {
        good = __builtin_fabs(v->value - c->value) <= EXACT;
        g->seen = pool_text(&r->pool, &st, "%.9g", v->value);
        g->want = pool_text(&r->pool, &st, "%.9g within %g", c->value, EXACT);
    } else {
        good = __builtin_fabs(v->mean - c->value) <= slack;
        g->seen = pool_text(&r->pool, &st, "mean of resamples %.5f", v->mean);
        g->want = pool_text(&r->pool, &st, "%.5f within %.5f", c->value, slack);
    }
    g->verdict = good ? GATE_PASS : GATE_FAIL;
    return st;
}

static status reference_gate(struct report *r,
                             const struct gate_inputs *in,
                             const struct record *c)
{
    status st = OK;
    struct report_gate *g = NULL;
    const char *why = obstacle(r, in, c, &st);

    TRY(st);
    TRY(gate_new(r, c->id, "reference", &g));
    g->what = pool_text(&r->pool, &st, "%s: %s", c->set,
                        metric_title(c->metric, r->classes));
    g->source = pool_text(&r->pool, &st, "%s", c->source);
    TRY(st);
    if (*why) {
        g->want = pool_text(&r->pool, &st, "%.4f", c->value);
        TRY(gate_not_comparable(r, g, why));
        goto out;
    }
    TRY(compare(r, in, c, g));
out:
    return st;
}

/* Listed: figures of this task and share of data whose feature set this run
 * has, and those of the foundation model's features; others are counted. */
static status references(struct report *r, const struct gate_inputs *in)
{
    status st = OK;
    const struct json *list = json_get(in->reference, "records");

    ENSURE(json_is_array(list) &&
               json_is_object(json_get(in->reference, "cohorts")),
           ERR_DATA, "%s: has no lists \"records\" and \"cohorts\"",
           in->reference_name);
    for (size_t i = 0; i < json_len(list); i++) {
        struct record c = {0};
        bool ours;

        TRY(read_record(json_at(list, i), in->reference_name, &c));
        ours = strcmp(c.task, r->task) == 0 &&
               c.train_pct == (double)in->train_pct;
        if (ours && (report_find(r, c.set) >= 0 ||
                     (strcmp(c.cohort, r->cohort) != 0 &&
                      strcmp(c.set, "foundation_features") == 0)))
            TRY(reference_gate(r, in, &c));
        else
            r->n_skipped++;
    }
out:
    return st;
}

status gates_evaluate(struct report *r, const struct gate_inputs *in)
{
    status st = OK;

    TRY(gate_claims(r, in));
    TRY(gate_regression(r, in));
    TRY(references(r, in));
    TRY(gate_deviations(r, in));
out:
    return st;
}
