/* The searches: what was tried, what it gave, which parameter mattered. */
#include <stdio.h>

#include "base/mem.h"

#include "det/math.h"
#include "eval/page.h"

enum { PLOT_W = 245, PLOT_H = 205 };
static const char *const STATE[] = {"complete", "pruned", "failed"};
static const char *const COLOUR[] = {"s2", "s0", "s1"};
static const int SHAPE[] = {0, 3, 6};

/* Range of the values, widened outwards to whole ticks. */
static void range(const struct report_search *s, struct svg_axis *a)
{
    bool first = true;
    int decimals = 0;
    double step;

    a->lo = 0.0;
    a->hi = 1.0;
    for (uint32_t i = 0; i < s->n; i++) {
        double v = s->value[i];

        if (__builtin_isnan(v))
            continue;
        a->lo = first || v < a->lo ? v : a->lo;
        a->hi = first || v > a->hi ? v : a->hi;
        first = false;
    }
    if (!(a->lo < a->hi)) {
        a->lo -= 0.5;
        a->hi += 0.5;
    }
    step = svg_step(a->lo, a->hi, 4, &decimals);
    a->lo = __builtin_floor(a->lo / step) * step;
    a->hi = __builtin_ceil(a->hi / step) * step;
}

/* Trials of each state; those without a value stand on the lower edge. */
static status points(struct text *t,
                     const struct svg_plot *p,
                     const struct report_search *s,
                     const double *x)
{
    status st = OK;
    double *y = NULL;

    TRY(mem_raw(s->n, sizeof *y, &y));
    for (int k = 0; k < 3; k++) {
        bool some = false;

        for (uint32_t i = 0; i < s->n; i++) {
            bool here = (int)s->state[i] == k && !__builtin_isnan(x[i]);

            y[i] = !here                          ? __builtin_nan("")
                   : __builtin_isnan(s->value[i]) ? p->y.lo
                                                  : s->value[i];
            some = some || here;
        }
        if (some)
            svg_marks(p, t, x, y, s->n, SHAPE[k], COLOUR[k]);
    }
out:
    mem_free(y);
    return st;
}

static bool better(const struct report_search *s, double a, double b)
{
    return s->minimise ? a < b : a > b;
}

/* The trial that is best, -1 without any. */
static int64_t best_of(const struct report_search *s)
{
    int64_t best = -1;

    for (uint32_t i = 0; i < s->n; i++)
        if (s->state[i] == TRIAL_DONE && !__builtin_isnan(s->value[i]) &&
            (best < 0 || better(s, s->value[i], s->value[best])))
            best = i;
    return best;
}

static status best_line(struct text *t,
                        const struct svg_plot *p,
                        const struct report_search *s)
{
    status st = OK;
    double *x = NULL;
    double *y = NULL;
    size_t n = 0;

    TRY(mem_raw(s->n, sizeof *x, &x));
    TRY(mem_raw(s->n, sizeof *y, &y));
    for (uint32_t i = 0; i < s->n; i++) {
        double v = s->value[i];

        if (s->state[i] != TRIAL_DONE || __builtin_isnan(v) ||
            (n > 0 && !better(s, v, y[n - 1])))
            continue;
        x[n] = i;
        y[n++] = v;
    }
    svg_stairs(p, t, x, y, n, s->n - 1.0, "s3");
out:
    mem_free(x);
    mem_free(y);
    return st;
}

static status history(struct text *t, const struct report_search *s, size_t k)
{
    status st = OK;
    struct text words = {0};
    char id[32];
    int64_t best = best_of(s);
    uint32_t count[3] = {0};
    double *x = NULL;
    struct svg_plot p = {.id = id,
                         .title = s->set,
                         .width = PLOT_W,
                         .height = PLOT_H,
                         .x = {"trial", 0.0, s->n > 1 ? s->n - 1.0 : 1.0},
                         .y = {.label = s->objective},
                         .ticks_x = 4,
                         .ticks_y = 4,
                         .small = true};

    (void)snprintf(id, sizeof id, "search-%zu", k);
    range(s, &p.y);
    TRY(mem_raw(s->n, sizeof *x, &x));
    for (uint32_t i = 0; i < s->n; i++) {
        x[i] = i;
        count[s->state[i]]++;
    }
    for (int c = 0; c < 3; c++)
        text_add(&words, "%u %s, ", count[c], STATE[c]);
    if (best >= 0)
        text_add(&words, "best %s %.4f in trial %lld.", s->objective,
                 s->value[best], (long long)best);
    else
        text_add(&words, "no best trial.");
    TRY(text_status(&words));
    p.description = words.s;
    svg_open(&p, t);
    TRY(best_line(t, &p, s));
    TRY(points(t, &p, s, x));
    svg_close(t);
out:
    mem_free(x);
    text_free(&words);
    return st;
}

/* ---- a parameter against the objective */

/* Positive and over more than two decades: drawn by its logarithm. */
static bool wants_log(const struct report_search *s, const double *x)
{
    double lo = __builtin_inf();
    double hi = 0.0;

    for (uint32_t i = 0; i < s->n; i++) {
        if (__builtin_isnan(x[i]))
            continue;
        if (!(x[i] > 0.0))
            return false;
        lo = x[i] < lo ? x[i] : lo;
        hi = x[i] > hi ? x[i] : hi;
    }
    return hi > 100.0 * lo;
}

static void ends(struct svg_plot *p, const double *x, uint32_t n)
{
    bool first = true;

    for (uint32_t i = 0; i < n; i++) {
        if (__builtin_isnan(x[i]))
            continue;
        p->x.lo = first || x[i] < p->x.lo ? x[i] : p->x.lo;
        p->x.hi = first || x[i] > p->x.hi ? x[i] : p->x.hi;
        first = false;
    }
    if (p->log_x) {
        p->x.lo = __builtin_floor(p->x.lo);
        p->x.hi = __builtin_ceil(p->x.hi);
    }
    if (!(p->x.lo < p->x.hi)) {
        p->x.lo -= 0.5;
        p->x.hi += 0.5;
    }
}

static status
against(struct text *t, const struct report_search *s, size_t k, size_t param)
{
    status st = OK;
    const struct report_param *v = &s->param[param];
    double *x = NULL;
    char id[40];
    char title[128];
    char words[256];
    bool log = !v->words && wants_log(s, v->x);
    struct svg_plot p = {.id = id,
                         .title = title,
                         .description = words,
                         .width = PLOT_W,
                         .height = PLOT_H,
                         .x = {.label = v->name},
                         .y = {.label = s->objective},
                         .ticks_x = 4,
                         .ticks_y = 4,
                         .log_x = log,
                         .small = true};

    (void)snprintf(id, sizeof id, "param-%zu-%zu", k, param);
    (void)snprintf(title, sizeof title, "%s: %s", s->set, v->name);
    (void)snprintf(words, sizeof words,
                   "%s of each trial against %s%s; share of the variance "
                   "explained: %.2f.",
                   s->objective, v->name, log ? ", logarithmic" : "",
                   __builtin_isnan(v->importance) ? 0.0 : v->importance);
    range(s, &p.y);
    TRY(mem_raw(s->n, sizeof *x, &x));
    for (uint32_t i = 0; i < s->n; i++)
        x[i] = log ? det_log(v->x[i]) / det_log(10.0) : v->x[i];
    ends(&p, x, s->n);
    svg_open(&p, t);
    TRY(points(t, &p, s, x));
    svg_close(t);
out:
    mem_free(x);
    return st;
}

static void importance(struct text *t, const struct report *r)
{
    static const char *const head[] = {
        "search", "parameter", "share of the variance of the objective", NULL};

    page_table(t, NULL,
               "Importance: the share of the objective's variance between "
               "bins of a parameter (correlation ratio over complete trials; "
               "at most 10 bins of equal count), less what chance gives "
               "(Kelley 1935). It describes the trials made, which crowd where "
               "the objective is good.",
               head);
    for (size_t i = 0; i < r->n_searches; i++)
        for (size_t k = 0; k < r->search[i].n_params; k++) {
            const struct report_param *v = &r->search[i].param[k];

            page_put(t, "<tr><th scope=\"row\">");
            svg_escape(t, r->search[i].set);
            page_put(t, "</th>");
            page_tag(t, "td", "mono", v->name);
            page_put(t, "<td>");
            if (__builtin_isnan(v->importance))
                page_put(t, "too few trials, or all alike");
            else
                text_add(t,
                         "<svg class=\"swatch\" aria-hidden=\"true\" "
                         "width=\"100\" height=\"10\"><rect class=\"bar s2\" "
                         "width=\"%.0f\" height=\"10\"/></svg>%.2f",
                         100.0 * v->importance, v->importance);
            if (r->search[i].n_params == 1)
                page_put(t, " <span class=\"note\">the only parameter</span>");
            page_put(t, "</td></tr>\n");
        }
    page_table_end(t);
}

status page_search(struct text *t, const struct report *r)
{
    status st = OK;

    if (r->n_searches == 0)
        return OK;
    page_section(t, "search", "Search", NULL);
    page_put(t, "<p class=\"note legend\">");
    for (int k = 0; k < 3; k++) {
        page_put(t, "<span>");
        svg_symbol(t, SHAPE[k], COLOUR[k]);
        text_add(t, "%s</span> ", STATE[k]);
    }
    page_put(t, "<span>");
    page_swatch(t, "s3");
    page_put(t, "best so far</span></p>\n<div class=\"plots\">\n");
    for (size_t i = 0; i < r->n_searches; i++)
        TRY(history(t, &r->search[i], i));
    page_put(t, "</div>\n<h3>Objective by parameter</h3>\n"
                "<div class=\"plots\">\n");
    for (size_t i = 0; i < r->n_searches; i++)
        for (size_t k = 0; k < r->search[i].n_params; k++)
            if (!r->search[i].param[k].words)
                TRY(against(t, &r->search[i], i, k));
    page_put(t, "</div>\n");
    importance(t, r);
    page_section_end(t);
out:
    return st;
}
