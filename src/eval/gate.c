#include "eval/gate.h"

#include <string.h>

#include "eval/gate_part.h"

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
           "%s: record \"%s\": metric \"%s\" is none of %s", file, id, name,
           metric_names());
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

/* ---- the publication's own contradictions */

status gate_discrepancies(struct report *r, const struct gate_file *file)
{
    status st = OK;
    const struct json *list = json_get(file->tree, "discrepancies");

    ENSURE(json_is_array(list), ERR_DATA, "%s: has no list \"discrepancies\"",
           file->name);
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *j = json_at(list, i);
        const char *what = json_text(json_get(j, "what"));
        const char *where = json_text(json_get(j, "where"));
        const char *so = json_text(json_get(j, "consequence"));
        int64_t id = json_i64(json_get(j, "id"), -1);
        struct report_discrepancy *d = NULL;

        ENSURE(id >= 0 && what && where && so, ERR_DATA,
               "%s: entry %zu needs the number id and the texts what, where, "
               "consequence",
               file->name, i + 1);
        TRY(REPORT_ADD(r, discrepancy, n_discrepancies, cap_discrepancies, &d));
        d->id = id;
        d->what = pool_text(&r->pool, &st, "%s", what);
        d->where = pool_text(&r->pool, &st, "%s", where);
        d->consequence = pool_text(&r->pool, &st, "%s", so);
        TRY(st);
    }
out:
    return st;
}

status gates_evaluate(struct report *r, const struct gate_inputs *in)
{
    status st = OK;

    TRY(gate_claims(r, in));
    TRY(gate_regression(r, in));
    TRY(gate_references(r, in));
    TRY(gate_deviations(r, in));
out:
    return st;
}
