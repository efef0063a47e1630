/* The summary on the terminal. */
#include "eval/report.h"

static void put_table(const struct report *r, struct text *out)
{
    text_add(out, "%-14s", "features");
    for (uint32_t m = 0; m < r->n_metrics && m < 3; m++)
        text_add(out, "  %-20s", metric_name(r->metric[m]));
    text_add(out, "\n");
    for (size_t i = 0; i < r->n_sets; i++) {
        text_add(out, "%-14s", r->set[i].name);
        for (uint32_t m = 0; m < r->n_metrics && m < 3; m++) {
            const struct interval *v = &r->set[i].metric[r->metric[m]];

            text_add(out, "  %.3f (%.3f-%.3f) ", v->value, v->lo, v->hi);
        }
        text_add(out, "\n");
    }
    for (size_t i = 0; i < r->n_differences; i++) {
        const struct report_difference *d = &r->difference[i];

        text_add(out, "%s - %s: %s %+.3f (%+.3f to %+.3f)\n", r->set[d->a].name,
                 r->set[d->b].name, metric_name(d->metric), d->v.value, d->v.lo,
                 d->v.hi);
    }
}

static void put_gate_lines(const struct report *r, struct text *out)
{
    size_t other = 0;

    for (size_t i = 0; i < r->n_gates; i++) {
        const struct report_gate *g = &r->gate[i];

        if (g->verdict == GATE_NOT_COMPARABLE) {
            other++;
            continue;
        }
        text_add(out, "  %-10s  %-20s %s: %s, wanted %s\n",
                 verdict_text(g->verdict), g->id, g->what, g->seen, g->want);
    }
    if (other + r->n_skipped)
        text_add(out, "  %zu figures are not comparable with this run (%s)\n",
                 other + r->n_skipped, r->cohort);
}

/* One line for each further part that the report has. */
static void put_survival(const struct report *r, struct text *out)
{
    for (size_t i = 0; i < r->n_sets; i++) {
        const struct report_survival *s = r->set[i].survival;

        if (!s)
            continue;
        text_add(out, "%-14s  survival: log-rank p %.3g, ", r->set[i].name,
                 s->logrank.p);
        if (*s->hr_missing)
            text_add(out, "no hazard ratio (%s)", s->hr_missing);
        else
            text_add(out, "hazard ratio %.2f (%.2f-%.2f)", s->hr.hr, s->hr.lo,
                     s->hr.hi);
        text_add(out, ", concordance %.3f\n", s->c.index);
    }
}

static void put_stability(const struct report *r, struct text *out)
{
    for (size_t i = 0; i < r->n_shares; i++) {
        const struct interval *v = &r->share[i].metric[r->metric[0]];

        text_add(out,
                 "%-14s  %g %% of the training rows: %s %.3f (%.3f-%.3f)\n",
                 r->share[i].set, r->share[i].pct, metric_name(r->metric[0]),
                 v->value, v->lo, v->hi);
    }
    for (size_t i = 0; i < r->n_retests; i++)
        if (r->retest[i].has_icc)
            text_add(out, "%-14s  test and retest: ICC3 %.3f, %u patients\n",
                     r->retest[i].set, r->retest[i].icc.of[ICC_3].icc,
                     r->retest[i].targets);
    for (size_t i = 0; i < r->n_perturbations; i++)
        text_add(out, "%-14s  moved seeds: auc %.3f (sd %.3f), %u trials\n",
                 r->perturbation[i].set, r->perturbation[i].mean[0],
                 r->perturbation[i].sd[0], r->perturbation[i].trials);
}

static void put_origin(const struct report *r, struct text *out)
{
    uint64_t ok = 0;
    uint64_t bad = 0;

    for (size_t i = 0; i < r->n_sources; i++) {
        ok += r->source[i].ok;
        bad += r->source[i].wrong + r->source[i].missing;
    }
    if (r->n_sources > 0)
        text_add(out, "data: %llu files verified, %llu wrong or missing\n",
                 (unsigned long long)ok, (unsigned long long)bad);
    if (r->n_deviations > 0)
        text_add(out, "%zu departures from the published recipe\n",
                 r->n_deviations);
}

status report_terminal(const struct report *r, struct text *out)
{
    text_add(out, "%s, cohort %s: %u rows, %u classes\n\n", r->task, r->cohort,
             r->rows, r->classes);
    put_table(r, out);
    put_survival(r, out);
    put_stability(r, out);
    put_origin(r, out);
    text_add(out, "\ngates: %zu pass, %zu fail, %zu not comparable\n",
             report_count(r, GATE_PASS), report_count(r, GATE_FAIL),
             report_count(r, GATE_NOT_COMPARABLE) + r->n_skipped);
    if (r->n_gates > report_count(r, GATE_PASS) + report_count(r, GATE_FAIL) +
                         report_count(r, GATE_NOT_COMPARABLE))
        text_add(out,
                 "published figures: %zu reproduced, %zu consistent, %zu "
                 "differ\n",
                 report_count(r, GATE_REPRODUCED),
                 report_count(r, GATE_CONSISTENT),
                 report_count(r, GATE_DIFFERS));
    put_gate_lines(r, out);
    return text_status(out);
}
