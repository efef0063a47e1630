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

status report_terminal(const struct report *r, struct text *out)
{
    text_add(out, "%s, cohort %s: %u rows, %u classes\n\n", r->task, r->cohort,
             r->rows, r->classes);
    put_table(r, out);
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
