/* Survival of two risk groups, and how stable results are. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "eval/page.h"

static const char *const RISK[RISKS] = {"low risk", "high risk"};
static const char *const STYLE[RISKS] = {"s2", "s1"};

static double longest(const struct report_survival *s)
{
    double end = 0.0;

    for (int g = 0; g < RISKS; g++)
        if (s->km[g].n > 0 && s->km[g].at[s->km[g].n - 1].t > end)
            end = s->km[g].at[s->km[g].n - 1].t;
    return end > 0.0 ? end : 1.0;
}

/* ---- one plot */

struct km_arrays {
    double *x, *y, *lo, *hi, *tick_x, *tick_y;
    size_t n, ticks;
};

static void arrays_free(struct km_arrays *a)
{
    double *const all[] = {a->x, a->y, a->lo, a->hi, a->tick_x, a->tick_y};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        mem_free(all[i]);
}

static status arrays_of(const struct km *k, struct km_arrays *a)
{
    status st = OK;
    double **const all[] = {&a->x,  &a->y,      &a->lo,
                            &a->hi, &a->tick_x, &a->tick_y};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        TRY(mem_raw(k->n, sizeof(double), all[i]));
    for (uint32_t i = 0; i < k->n; i++) {
        a->x[i] = k->at[i].t;
        a->y[i] = k->at[i].s;
        a->lo[i] = k->at[i].lo;
        a->hi[i] = k->at[i].hi;
        if (k->at[i].censored > 0) {
            a->tick_x[a->ticks] = k->at[i].t;
            a->tick_y[a->ticks++] = k->at[i].s;
        }
    }
    a->n = k->n;
out:
    return st;
}

/* Short strokes where somebody left observation. */
static void censored(struct text *t,
                     const struct svg_plot *p,
                     const struct km_arrays *a,
                     int g)
{
    text_add(t, "<path class=\"line %s solid\" d=\"", STYLE[g]);
    for (size_t i = 0; i < a->ticks; i++)
        text_add(t, "M%.1f,%.1fv-6", svg_x(p, a->tick_x[i]),
                 svg_y(p, a->tick_y[i]) + 3.0);
    page_put(t, "\"/>\n");
}

static uint32_t at_risk(const struct km *k, double t)
{
    for (uint32_t i = 0; i < k->n; i++)
        if (k->at[i].t >= t)
            return k->at[i].at_risk;
    return 0;
}

static void risk_numbers(struct text *t,
                         const struct svg_plot *p,
                         const struct report_survival *s)
{
    int decimals = 0;
    double step = svg_step(p->x.lo, p->x.hi, p->ticks_x, &decimals);
    double top = p->top + p->h + 54.0;

    svg_words(t, 4.0, top, "start", "axis", "at risk");
    for (int g = 0; g < RISKS; g++) {
        double y = top + 15.0 * (g + 1);

        text_add(t, "<text class=\"cell note %s\" x=\"4\" y=\"%.1f\">%s</text>",
                 STYLE[g], y, g == RISK_LOW ? "low" : "high");
        for (int i = 0; i * step <= p->x.hi + 1e-9 * step; i++)
            text_add(t,
                     "<text class=\"cell\" text-anchor=\"middle\" "
                     "x=\"%.1f\" y=\"%.1f\">%u</text>",
                     svg_x(p, i * step), y, at_risk(&s->km[g], i * step));
        page_put(t, "\n");
    }
}

static status group_curve(struct text *t,
                          const struct svg_plot *p,
                          const struct report_survival *s,
                          int g)
{
    status st = OK;
    struct km_arrays a = {0};

    if (s->km[g].n == 0)
        return OK;
    TRY(arrays_of(&s->km[g], &a));
    svg_area(p, t,
             &(struct svg_band){.x = a.x,
                                .lo = a.lo,
                                .hi = a.hi,
                                .n = a.n,
                                .stairs = true,
                                .end = a.x[a.n - 1]},
             STYLE[g]);
    svg_stairs(p, t, a.x, a.y, a.n, a.x[a.n - 1], STYLE[g]);
    censored(t, p, &a, g);
out:
    arrays_free(&a);
    return st;
}

static void describe(struct text *w, const struct report_survival *s)
{
    text_add(w, "Kaplan-Meier curves of two groups with 95 %% bands. ");
    for (int g = 0; g < RISKS; g++) {
        text_add(w, "%s: %u patients, %u deaths, ", RISK[g], s->n[g],
                 s->events[g]);
        if (s->km[g].n == 0)
            text_add(w, "nobody. ");
        else if (__builtin_isinf(s->km[g].median))
            text_add(w, "median not reached. ");
        else
            text_add(w, "median %.2f years. ", s->km[g].median);
    }
    if (!__builtin_isnan(s->logrank.p))
        text_add(w, "Log-rank p %.3g.", s->logrank.p);
}

/* Name of the set and the p value, for the top of the plot. */
static void head_of(char *out, size_t size, const char *name, double p)
{
    if (__builtin_isnan(p))
        (void)snprintf(out, size, "%s", name);
    else if (p < 0.001)
        (void)snprintf(out, size, "%s, log-rank p < 0.001", name);
    else
        (void)snprintf(out, size, "%s, log-rank p %.3f", name, p);
}

static status km_plot(struct text *t, const struct report *r, size_t i)
{
    status st = OK;
    const struct report_survival *s = r->set[i].survival;
    struct text words = {0};
    struct svg_note note[RISKS];
    size_t notes = 0;
    char id[32];
    char title[160];
    struct svg_plot p = {.id = id,
                         .title = title,
                         .width = 500,
                         .height = 340,
                         .x = {"years", 0.0, longest(s)},
                         .y = {"share alive", 0.0, 1.0},
                         .ticks_x = 6,
                         .ticks_y = 5,
                         .below = 52};

    (void)snprintf(id, sizeof id, "km-%zu", i);
    head_of(title, sizeof title, r->set[i].name, s->logrank.p);
    describe(&words, s);
    TRY(text_status(&words));
    p.description = words.s;
    svg_open(&p, t);
    for (int g = 0; g < RISKS; g++) {
        TRY(group_curve(t, &p, s, g));
        if (s->km[g].n > 0)
            note[notes++] = (struct svg_note){s->km[g].at[s->km[g].n - 1].s,
                                              STYLE[g], RISK[g]};
    }
    svg_notes(&p, t, note, notes);
    risk_numbers(t, &p, s);
    svg_close(t);
out:
    text_free(&words);
    return st;
}

/* ---- the table */

static void km_row(struct text *t, const struct report_set *set)
{
    const struct report_survival *s = set->survival;

    page_put(t, "<tr>");
    text_add(t, "<th scope=\"row\">");
    svg_escape(t, set->name);
    text_add(t, "</th><td>%.4g<span class=\"ci\">", s->threshold);
    svg_escape(t, s->threshold_from);
    text_add(t, "</span></td>");
    for (int g = 0; g < RISKS; g++) {
        text_add(t, "<td>%u / %u<span class=\"ci\">", s->events[g], s->n[g]);
        if (s->km[g].n == 0)
            page_put(t, "nobody");
        else if (__builtin_isinf(s->km[g].median))
            page_put(t, "median not reached");
        else
            text_add(t, "median %.2f years", s->km[g].median);
        page_put(t, "</span></td>");
    }
    page_put(t, "<td>");
    page_p(t, s->logrank.p);
    page_put(t, "</td>");
    if (*s->hr_missing)
        page_cell(t, "note", s->hr_missing);
    else
        page_interval(t, s->hr.hr, s->hr.lo, s->hr.hi);
    page_number(t, "%.3f", s->c.index);
    page_put(t, "</tr>\n");
}

status page_survival(struct text *t, const struct report *r)
{
    static const char *const head[] = {"features",
                                       "threshold of the score",
                                       "low risk: deaths / patients",
                                       "high risk: deaths / patients",
                                       "log-rank p",
                                       "hazard ratio, high over low",
                                       "concordance",
                                       NULL};
    status st = OK;
    bool some = false;

    for (size_t i = 0; i < r->n_sets; i++)
        some = some || r->set[i].survival;
    if (!some)
        return OK;
    page_section(t, "survival", "Survival", NULL);
    page_put(t, "<p class=\"note\">Patients whose score (probability of being "
                "alive) is below the threshold are of high risk. Bands: 95 %, "
                "log-log (Kalbfleisch and Prentice 1980); strokes: end of "
                "observation. Hazard ratio by Cox regression with Wald 95 % "
                "interval; concordance of the score itself (Harrell 1982). ");
    if (r->survival_rules)
        svg_escape(t, r->survival_rules);
    if (r->left_out)
        text_add(t,
                 " Without a known state at two years, and so not among the "
                 "test rows of the classification: %u.",
                 r->left_out);
    page_put(t, "</p>\n<div class=\"plots\">\n");
    for (size_t i = 0; i < r->n_sets; i++)
        if (r->set[i].survival)
            TRY(km_plot(t, r, i));
    page_put(t, "</div>\n");
    page_table(t, NULL, NULL, head);
    for (size_t i = 0; i < r->n_sets; i++)
        if (r->set[i].survival)
            km_row(t, &r->set[i]);
    page_table_end(t);
    page_section_end(t);
out:
    return st;
}
