/* Published figures against this run: the rules of validation/README.md. */
#include <string.h>

#include "eval/gate_part.h"

static const double EXACT = 1e-6;       /* full sample, no tolerance given */
static const double RESAMPLES = 1000.0; /* behind published means and p */

static const char NONE[] = "none: nothing is compared";

/* ---- records */

static status
optional(const struct json *j, const char *key, const char *file, double *out)
{
    status st = OK;

    *out = __builtin_nan("");
    if (json_get(j, key))
        TRY(gate_number(j, key, file, out));
out:
    return st;
}

static status
read_numbers(const struct json *j, const char *file, struct record *out)
{
    status st = OK;

    TRY(gate_number(j, "train_pct", file, &out->train_pct));
    TRY(gate_number(j, "n", file, &out->n));
    TRY(optional(j, "value", file, &out->value));
    TRY(optional(j, "low", file, &out->low));
    TRY(optional(j, "high", file, &out->high));
    TRY(optional(j, "p", file, &out->p));
    TRY(optional(j, "below", file, &out->below));
    TRY(optional(j, "trials", file, &out->trials));
    TRY(optional(j, "tolerance", file, &out->tolerance));
    if (__builtin_isnan(out->tolerance))
        out->tolerance = EXACT;
    ENSURE(__builtin_isnan(out->low) == __builtin_isnan(out->high), ERR_DATA,
           "%s: record \"%s\" has one end of an interval only", file, out->id);
out:
    return st;
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* What a rule rests on must be there. */
static status check_kind(const struct record *c, const char *file)
{
    status st = OK;
    bool interval = !__builtin_isnan(c->low);

    ENSURE(is(c->exact, "full_sample") || is(c->exact, "resampled") ||
               is(c->exact, "figure") || is(c->exact, "printed") ||
               is(c->exact, "trials") || is(c->exact, "difference"),
           ERR_DATA,
           "%s: record \"%s\": exact \"%s\" is none of full_sample, resampled, "
           "figure, printed, trials, difference",
           file, c->id, c->exact);
    ENSURE(is(c->exact, "difference") == (c->against != NULL), ERR_DATA,
           "%s: record \"%s\": \"against\" and \"exact: difference\" go "
           "together",
           file, c->id);
    ENSURE(!__builtin_isnan(c->value) || !__builtin_isnan(c->below) ||
               (c->against && !__builtin_isnan(c->p)),
           ERR_DATA, "%s: record \"%s\" has no number \"value\"", file, c->id);
    ENSURE(c->published_only || interval, ERR_DATA,
           "%s: record \"%s\": without an interval (low, high) only \"inputs: "
           "published\" can be compared",
           file, c->id);
    ENSURE(!is(c->exact, "trials") || interval, ERR_DATA,
           "%s: record \"%s\": trials need low and high", file, c->id);
out:
    return st;
}

static status
read_record(const struct json *j, const char *file, struct record *out)
{
    status st = OK;
    const char *inputs = NULL;

    TRY(gate_text(j, "id", file, &out->id));
    TRY(gate_text(j, "task", file, &out->task));
    TRY(gate_text(j, "cohort", file, &out->cohort));
    TRY(gate_text(j, "set", file, &out->set));
    TRY(gate_text(j, "metric", file, &out->figure));
    TRY(gate_text(j, "exact", file, &out->exact));
    TRY(gate_text(j, "source", file, &out->source));
    TRY(gate_text(j, "inputs", file, &inputs));
    out->against = json_text(json_get(j, "against"));
    ENSURE(gate_has_figure(out->figure), ERR_DATA,
           "%s: record \"%s\": metric \"%s\" is neither a metric nor a figure "
           "of survival or stability (validation/README.md lists them)",
           file, out->id, out->figure);
    ENSURE(is(inputs, "published") || is(inputs, "any"), ERR_DATA,
           "%s: record \"%s\": inputs \"%s\" is none of published, any", file,
           out->id, inputs);
    out->published_only = is(inputs, "published");
    TRY(read_numbers(j, file, out));
    TRY(check_kind(out, file));
out:
    return st;
}

/* ---- may it be compared? */

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

static const struct json *cohort_of(const struct gate_inputs *in,
                                    const char *name)
{
    const struct json *c = NULL;

    for (uint32_t f = 0; f < in->n_reference && !c; f++)
        c = json_get(json_get(in->reference[f].tree, "cohorts"), name);
    return c;
}

/* Figures of rows that are not the run's test rows: those of its retest, its
 * tuning table, its trials; gate_seen checks them. */
static bool other_rows(const struct record *c)
{
    return is(c->figure, "icc3") || is(c->figure, "threshold");
}

static const char *obstacle(struct report *r,
                            const struct gate_inputs *in,
                            const struct record *c,
                            struct seen *seen,
                            status *st)
{
    const char *why;

    if (!other_rows(c) && !is(c->cohort, r->cohort))
        return pool_text(&r->pool, st,
                         "the figure is of cohort %s, this run of %s",
                         c->cohort, r->cohort);
    if (!other_rows(c) && !is(c->exact, "trials")) {
        if (c->n != r->rows)
            return pool_text(&r->pool, st, "%g test rows there, %u here", c->n,
                             r->rows);
        if (!same_counts(cohort_of(in, c->cohort), r, in->count))
            return "the test rows have other class counts";
    }
    why = gate_seen(r, c, seen, st);
    if (*why)
        return why;
    if (c->published_only && !in->published)
        return __builtin_isnan(c->low)
                   ? "no interval is published: needs the published inputs "
                     "(validate.inputs: published)"
                   : "an exact figure needs the published inputs "
                     "(validate.inputs: published)";
    if (__builtin_isnan(seen->value))
        return "it is undefined on these rows";
    return "";
}

/* ---- the verdict */

static bool inside(double v, double lo, double hi)
{
    return lo <= v && v <= hi;
}

/* Equal up to the last digit that is published. */
static void exactly(struct report *r,
                    const struct record *c,
                    const struct seen *s,
                    struct report_gate *g,
                    status *st)
{
    bool good = __builtin_fabs(s->value - c->value) <= c->tolerance;

    g->seen = pool_text(&r->pool, st, "%.9g", s->value);
    if (!__builtin_isnan(c->below)) {
        good = s->value < c->below;
        g->want = pool_text(&r->pool, st, "below %g", c->below);
        g->rule = "published inputs, a bound: reproduced when below it, else "
                  "differs";
    } else {
        g->want =
            pool_text(&r->pool, st, "%.9g within %g", c->value, c->tolerance);
        g->rule = "published inputs, an exact figure: reproduced within the "
                  "tolerance, else differs";
    }
    g->verdict = good ? GATE_REPRODUCED : GATE_DIFFERS;
}

/* Both means are of unseeded resamples: four standard errors of their
 * difference. */
static void by_resamples(struct report *r,
                         const struct record *c,
                         const struct seen *s,
                         struct report_gate *g,
                         status *st)
{
    double slack = 4.0 * __builtin_sqrt(2.0 / RESAMPLES) * s->sd + 1e-5;
    bool near = __builtin_isnan(c->low) ? inside(c->value, s->lo, s->hi)
                                        : inside(s->mean, c->low, c->high);

    g->seen = pool_text(&r->pool, st, "mean of resamples %.5f", s->mean);
    g->want = pool_text(&r->pool, st, "%.5f within %.5f", c->value, slack);
    g->rule = "published inputs, a mean of 1000 unseeded resamples: reproduced "
              "within 4 sqrt(2/1000) sd + 1e-5, consistent inside the "
              "published interval (without one: when ours holds the figure), "
              "else differs";
    g->verdict = __builtin_fabs(s->mean - c->value) <= slack ? GATE_REPRODUCED
                 : near                                      ? GATE_CONSISTENT
                                                             : GATE_DIFFERS;
}

/* The study's one-sided p, of 1000 unseeded permutations there and here. */
static void by_permutations(struct report *r,
                            const struct record *c,
                            const struct seen *s,
                            struct report_gate *g,
                            status *st)
{
    double slack =
        4.0 * __builtin_sqrt(2.0 * c->p * (1.0 - c->p) / RESAMPLES) + 1.5e-3;
    bool good = __builtin_fabs(s->p - c->p) <= slack;
    bool interval = !__builtin_isnan(c->low);
    bool near = interval && inside(s->value, c->low, c->high);

    g->seen = pool_text(&r->pool, st, "%+.4f, p %.3f", s->value, s->p);
    g->want =
        interval ? pool_text(&r->pool, st, "%+.4f to %+.4f, p %.3f within %.3f",
                             c->low, c->high, c->p, slack)
                 : pool_text(&r->pool, st, "p %.3f within %.3f", c->p, slack);
    g->rule = "published inputs, one-sided p of 1000 unseeded permutations: "
              "reproduced within 4 standard errors with the difference inside "
              "the published interval, consistent with the latter alone, else "
              "differs";
    g->verdict = good && (near || !interval) ? GATE_REPRODUCED
                 : near                      ? GATE_CONSISTENT
                                             : GATE_DIFFERS;
}

/* A model of our own, or trials: intervals against intervals. */
static void by_interval(struct report *r,
                        const struct record *c,
                        const struct seen *s,
                        struct report_gate *g,
                        status *st)
{
    bool mean = is(c->exact, "resampled") || is(c->exact, "figure");
    double v = mean && !__builtin_isnan(s->mean) ? s->mean : s->value;
    bool overlap = s->lo <= c->high && c->low <= s->hi;

    g->seen = pool_text(&r->pool, st, "%.4f (%.4f to %.4f)", v, s->lo, s->hi);
    g->want = pool_text(&r->pool, st, "inside %.4f to %.4f", c->low, c->high);
    g->rule = is(c->exact, "trials")
                  ? "trials: reproduced when our mean is inside the published "
                    "range of trials, consistent when the ranges overlap, else "
                    "differs"
                  : "own inputs: reproduced inside the published interval, "
                    "consistent when the intervals overlap, else differs";
    g->verdict = inside(v, c->low, c->high) ? GATE_REPRODUCED
                 : overlap                  ? GATE_CONSISTENT
                                            : GATE_DIFFERS;
}

static void compare(struct report *r,
                    const struct gate_inputs *in,
                    const struct record *c,
                    const struct seen *s,
                    struct report_gate *g,
                    status *st)
{
    if (!in->published || is(c->exact, "trials"))
        by_interval(r, c, s, g, st);
    else if (c->against)
        by_permutations(r, c, s, g, st);
    else if (is(c->exact, "resampled") || is(c->exact, "figure"))
        by_resamples(r, c, s, g, st);
    else
        exactly(r, c, s, g, st);
}

/* For the plot of both. */
static void
numbers(const struct record *c, const struct seen *s, struct report_gate *g)
{
    bool mean = is(c->exact, "resampled") || is(c->exact, "figure");

    if (__builtin_isnan(c->value))
        return;
    g->numbers = true;
    g->ours[0] = mean && !__builtin_isnan(s->mean) ? s->mean : s->value;
    g->ours[1] = s->lo;
    g->ours[2] = s->hi;
    g->theirs[0] = c->value;
    g->theirs[1] = c->low;
    g->theirs[2] = c->high;
}

static status reference_gate(struct report *r,
                             const struct gate_inputs *in,
                             const struct record *c)
{
    status st = OK;
    struct report_gate *g = NULL;
    struct seen seen = {0};
    const char *why = obstacle(r, in, c, &seen, &st);
    double figure = __builtin_isnan(c->value) ? c->p : c->value;

    TRY(st);
    TRY(gate_new(r, c->id, "reference", &g));
    g->what = pool_text(&r->pool, &st, "%s%s%s: %s", c->set,
                        c->against ? " \xe2\x88\x92 " : "",
                        c->against ? c->against : "", gate_title(r, c->figure));
    g->source = pool_text(&r->pool, &st, "%s", c->source);
    TRY(st);
    if (*why) {
        g->want = __builtin_isnan(figure)
                      ? pool_text(&r->pool, &st, "below %g", c->below)
                      : pool_text(&r->pool, &st, "%s%.4f",
                                  c->against ? "p " : "", figure);
        g->rule = NONE;
        TRY(gate_not_comparable(r, g, why));
        goto out;
    }
    compare(r, in, c, &seen, g, &st);
    numbers(c, &seen, g);
out:
    return st;
}

/* ---- which are listed */

static bool has_share(const struct report *r, const struct record *c)
{
    for (size_t i = 0; i < r->n_shares; i++)
        if (r->share[i].pct == c->train_pct && is(r->share[i].set, c->set))
            return true;
    return false;
}

/* Listed: figures of this task and share of data whose sets this run has, and
 * those of the foundation model's features; others are counted. */
static bool listed(const struct report *r,
                   const struct gate_inputs *in,
                   const struct record *c)
{
    if (is(c->task, "stability"))
        return r->n_retests + r->n_perturbations > 0;
    if (!is(c->task, r->task))
        return false;
    if (c->against)
        return report_find(r, c->set) >= 0 && report_find(r, c->against) >= 0;
    if (c->train_pct != (double)in->train_pct)
        return has_share(r, c);
    return report_find(r, c->set) >= 0 ||
           (!is(c->cohort, r->cohort) && is(c->set, "foundation_features"));
}

static status one_file(struct report *r,
                       const struct gate_inputs *in,
                       const struct gate_file *file)
{
    status st = OK;
    const struct json *list = json_get(file->tree, "records");

    ENSURE(json_is_array(list) ||
               json_is_object(json_get(file->tree, "cohorts")) ||
               json_is_array(json_get(file->tree, "published")),
           ERR_DATA,
           "%s: has none of the lists \"records\", \"cohorts\" and "
           "\"published\"",
           file->name);
    for (size_t i = 0; i < json_len(list); i++) {
        struct record c = {0};

        TRY(read_record(json_at(list, i), file->name, &c));
        if (listed(r, in, &c))
            TRY(reference_gate(r, in, &c));
        else
            r->n_skipped++;
    }
out:
    return st;
}

status gate_references(struct report *r, const struct gate_inputs *in)
{
    status st = OK;

    for (uint32_t f = 0; f < in->n_reference; f++)
        TRY(one_file(r, in, &in->reference[f]));
out:
    return st;
}
