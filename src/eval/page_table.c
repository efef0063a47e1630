/* Tables: results, gates, discrepancies. */
#include <stdio.h>
#include <string.h>

#include "eval/page.h"

/* ---- metrics of each set */

static void metric_cell(struct text *t, const struct interval *v)
{
    if (__builtin_isnan(v->value)) {
        page_put(t, "<td>undefined</td>");
        return;
    }
    text_add(t,
             "<td><b>%.3f</b><span class=\"ci\">%.3f to %.3f</span>"
             "<span class=\"ci\">mean %.3f</span></td>",
             v->value, v->lo, v->hi, v->mean);
}

static void metric_row(struct text *t, const struct report *r, size_t i)
{
    const struct report_set *s = &r->set[i];

    page_put(t, "<tr><th scope=\"row\">");
    page_swatch(t, page_series(i));
    svg_escape(t, s->name);
    if (__builtin_isnan(s->c))
        page_put(t, "</th><td>&ndash;");
    else
        text_add(t, "</th><td>%.3g", s->c);
    if (s->trials >= 0)
        text_add(t, "<span class=\"ci\">%lld trial%s</span>",
                 (long long)s->trials, s->trials == 1 ? "" : "s");
    page_put(t, "</td>");
    for (uint32_t m = 0; m < r->n_metrics; m++)
        metric_cell(t, &s->metric[r->metric[m]]);
    page_put(t, "</tr>\n");
}

static void metrics(struct text *t, const struct report *r)
{
    const char *head[METRICS + 3] = {"features", "C chosen"};
    char caption[512];

    for (uint32_t m = 0; m < r->n_metrics; m++)
        head[2 + m] = metric_title(r->metric[m], r->classes);
    (void)snprintf(caption, sizeof caption,
                   "Linear models on %u test rows. Bold: metric on all rows. "
                   "Then the 2.5 to 97.5 percentiles and the mean of %u "
                   "resamples of the rows (the study reports that mean).",
                   r->rows, r->resamples);
    page_table(t, NULL, caption, head);
    for (size_t i = 0; i < r->n_sets; i++)
        metric_row(t, r, i);
    page_table_end(t);
}

/* ---- differences */

static void difference_row(struct text *t,
                           const struct report *r,
                           const struct report_difference *d,
                           bool permuted,
                           bool delong)
{
    page_put(t, "<tr><th scope=\"row\">");
    svg_escape(t, r->set[d->a].name);
    page_put(t, " &minus; ");
    svg_escape(t, r->set[d->b].name);
    text_add(t,
             "</th><td>%s</td><td><b>%+.3f</b></td><td>%+.3f to %+.3f</td>"
             "<td>%.1f %%</td>",
             metric_title(d->metric, r->classes), d->v.value, d->v.lo, d->v.hi,
             100.0 * d->v.above);
    if (permuted && d->permuted.n > 0) {
        const double p[] = {d->p, d->p_holm, d->p_bh};

        for (size_t i = 0; i < sizeof p / sizeof p[0]; i++) {
            page_put(t, "<td>");
            page_p(t, p[i]);
            page_put(t, "</td>");
        }
    } else if (permuted) {
        page_put(t, "<td>&ndash;</td><td>&ndash;</td><td>&ndash;</td>");
    }
    if (delong && d->delong) {
        text_add(t, "<td>%+.3f to %+.3f<span class=\"ci\">p ", d->delong->lo,
                 d->delong->hi);
        page_p(t, d->delong->p);
        page_put(t, "</span></td>");
    } else if (delong) {
        page_put(t, "<td>&ndash;</td>");
    }
    page_put(t, "</tr>\n");
}

static void differences(struct text *t, const struct report *r)
{
    const char *head[10] = {"comparison", "metric", "difference",
                            "95 % interval", "resamples above zero"};
    size_t n = 5;
    bool permuted = false;
    bool delong = false;

    for (size_t i = 0; i < r->n_differences; i++) {
        permuted = permuted || r->difference[i].permuted.n > 0;
        delong = delong || r->difference[i].delong;
    }
    if (permuted) {
        head[n++] = "p by permutation";
        head[n++] = "p, Holm";
        head[n++] = "p, Benjamini-Hochberg";
    }
    if (delong)
        head[n++] = "DeLong 95 % interval";
    page_table(t, "wrap",
               permuted
                   ? "Paired differences: both models on the same resamples. "
                     "p: exchanging the two models' scores row by row; "
                     "corrected over all differences of this table (Holm: "
                     "family-wise error; Benjamini-Hochberg: false "
                     "discoveries)."
                   : "Paired differences: both models on the same resamples.",
               head);
    for (size_t i = 0; i < r->n_differences; i++)
        difference_row(t, r, &r->difference[i], permuted, delong);
    page_table_end(t);
}

void page_metrics(struct text *t, const struct report *r)
{
    metrics(t, r);
    if (r->n_differences > 0)
        differences(t, r);
}

/* ---- gates */

/* Cells of tables that are stacked on narrow screens. */
static void role_cell(struct text *t, const char *style, const char *words)
{
    page_put(t, "<td role=\"cell\">");
    page_tag(t, "span", style, words && *words ? words : "\xe2\x80\x93");
    page_put(t, "</td>");
}

/* A value and, on a line of its own, its interval in brackets. */
static void seen_cell(struct text *t, const char *seen)
{
    const char *bracket = strstr(seen, " (");
    struct text value = {0};

    if (!bracket) {
        role_cell(t, NULL, seen);
        return;
    }
    text_put(&value, seen, (size_t)(bracket - seen));
    page_put(t, "<td role=\"cell\">");
    svg_escape(t, value.s ? value.s : "");
    page_tag(t, "span", "ci", bracket + 1);
    page_put(t, "</td>");
    text_free(&value);
}

/* The number of a gate's rule in the order of first use, from 1; 0: none, or
 * nothing is compared. */
static size_t rule_of(const struct report *r, const struct report_gate *g)
{
    size_t n = 0;

    if (!*g->rule || g->verdict == GATE_NOT_COMPARABLE)
        return 0;
    for (size_t i = 0; i < r->n_gates; i++) {
        const struct report_gate *a = &r->gate[i];
        bool first = *a->rule && a->verdict != GATE_NOT_COMPARABLE;

        for (size_t j = 0; first && j < i; j++)
            first = r->gate[j].verdict == GATE_NOT_COMPARABLE ||
                    strcmp(r->gate[j].rule, a->rule) != 0;
        n += first;
        if (strcmp(a->rule, g->rule) == 0 && first)
            return n;
    }
    return n;
}

static void rules(struct text *t, const struct report *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_gates; i++) {
        if (rule_of(r, &r->gate[i]) != n + 1)
            continue;
        page_put(t, n == 0 ? "<p class=\"note\">Rules:</p>\n<ol "
                             "class=\"note\">\n"
                           : "");
        page_tag(t, "li", NULL, r->gate[i].rule);
        page_put(t, "\n");
        n++;
    }
    if (n > 0)
        page_put(t, "</ol>\n");
}

static void
gate_row(struct text *t, const struct report *r, const struct report_gate *g)
{
    static const char *const style[VERDICTS] = {
        "tag pass", "tag fail", "tag na", "tag pass", "tag pass", "tag fail"};
    static const char *const mark[VERDICTS] = {
        "\xe2\x9c\x93 pass",       "\xe2\x9c\x97 fail",
        "not comparable",          "\xe2\x9c\x93 reproduced",
        "\xe2\x9c\x93 consistent", "\xe2\x9c\x97 differs"};
    size_t rule = rule_of(r, g);

    page_put(t, "<tr role=\"row\">");
    role_cell(t, style[g->verdict], mark[g->verdict]);
    page_put(t, "<th role=\"rowheader\" scope=\"row\">");
    svg_escape(t, g->what);
    page_put(t, "<span class=\"ci mono\">");
    svg_escape(t, g->id);
    page_put(t, "</span></th><td role=\"cell\">");
    svg_escape(t, g->kind);
    if (rule > 0)
        text_add(t, "<span class=\"ci\">rule %zu</span>", rule);
    page_put(t, "</td>");
    seen_cell(t, g->seen);
    role_cell(t, NULL, g->want);
    page_put(t, "<td role=\"cell\">");
    svg_escape(t, g->why);
    if (*g->why && *g->source)
        page_put(t, "<br>");
    page_tag(t, "span", "note", g->source);
    page_put(t, "</td></tr>\n");
}

void page_gates(struct text *t, const struct report *r)
{
    static const enum verdict order[VERDICTS] = {
        GATE_FAIL,       GATE_DIFFERS, GATE_REPRODUCED,
        GATE_CONSISTENT, GATE_PASS,    GATE_NOT_COMPARABLE};
    static const char *const head[] = {
        "verdict",           "what", "kind", "this run", "wanted",
        "reason and source", NULL};

    page_section(t, "gates", "Gates",
                 "A published figure is held against this run only when "
                 "cohort, rows and classes are the published ones; a phantom "
                 "is never compared with a patient. Stored results of the same "
                 "configuration are called regression.");
    rules(t, r);
    page_table(t, "gates stack", NULL, head);
    for (size_t v = 0; v < VERDICTS; v++)
        for (size_t i = 0; i < r->n_gates; i++)
            if (r->gate[i].verdict == order[v])
                gate_row(t, r, &r->gate[i]);
    page_table_end(t);
    if (r->n_skipped)
        text_add(t,
                 "<p class=\"note\">%zu further published figures belong to "
                 "other tasks, cohorts, training shares or networks than this "
                 "run has; validation/reference lists them.</p>\n",
                 r->n_skipped);
    page_section_end(t);
}

void page_discrepancies(struct text *t, const struct report *r)
{
    static const char *const head[] = {"no.", "what", "where", "consequence",
                                       NULL};

    if (r->n_discrepancies == 0)
        return;
    page_section(t, "discrepancies", "Where the publication disagrees",
                 "Contradictions between its text, tables, files and code, "
                 "and what this project does about each.");
    page_table(t, "wide stack", NULL, head);
    for (size_t i = 0; i < r->n_discrepancies; i++) {
        const struct report_discrepancy *d = &r->discrepancy[i];

        text_add(t,
                 "<tr role=\"row\"><th role=\"rowheader\" "
                 "scope=\"row\">%lld</th>",
                 (long long)d->id);
        role_cell(t, NULL, d->what);
        role_cell(t, "note", d->where);
        role_cell(t, NULL, d->consequence);
        page_put(t, "</tr>\n");
    }
    page_table_end(t);
    page_section_end(t);
}
