/* Curves over thresholds: ROC, precision and recall, calibration. */
#include <stdio.h>

#include "eval/page.h"

#define BANDED                                                                 \
    "Bands: at each point of the lower axis, 95 % of the resamples of the "    \
    "rows; in brackets, 95 % of their areas. "
static const double APART = 0.7; /* pixels, at least, between points drawn */

/* A curve class by class: what it draws of set i, class k. */
struct family {
    const char *id, *what;
    struct svg_axis x, y;
    void (*guide)(struct text *t, const struct svg_plot *p);
    bool (*has)(const struct report *r, size_t i, uint32_t k);
    void (*draw)(struct text *t,
                 const struct svg_plot *p,
                 const struct report *r,
                 size_t i,
                 uint32_t k);
    /* under the lines; NULL: none */
    const struct band *(*band)(const struct report_set *s, uint32_t k);
    /* "AUC 0.812", after the name of the set */
    void (*tell)(struct text *t, const struct report *r, size_t i, uint32_t k);
};

/* Points nearer than APART to the last one drawn are left out. */
static void curve(struct text *t,
                  const struct svg_plot *p,
                  const double *x,
                  const double *y,
                  uint32_t n,
                  const char *style)
{
    double px = 0.0;
    double py = 0.0;

    text_add(t, "<polyline class=\"line %s\" points=\"", style);
    for (uint32_t i = 0; i < n; i++) {
        double at_x = svg_x(p, x[i]);
        double at_y = svg_y(p, y[i]);
        double moved = __builtin_fabs(at_x - px) + __builtin_fabs(at_y - py);

        if (i > 0 && i + 1 < n && moved < APART)
            continue;
        text_add(t, "%s%.1f,%.1f", i ? " " : "", at_x, at_y);
        px = at_x;
        py = at_y;
    }
    page_put(t, "\"/>\n");
}

static void bands(struct text *t,
                  const struct svg_plot *p,
                  const struct report *r,
                  const struct family *f,
                  uint32_t k)
{
    for (size_t i = 0; f->band && i < r->n_sets; i++) {
        const struct band *b = f->band(&r->set[i], k);

        if (b && f->has(r, i, k))
            svg_area(p, t,
                     &(struct svg_band){
                         .x = b->x, .lo = b->lo, .hi = b->hi, .n = BAND_POINTS},
                     page_series(i));
    }
}

/* " (0.78 to 0.84)" of a band's area. */
static void tell_band(struct text *t, const struct band *b)
{
    if (b)
        text_add(t, " (%.3f to %.3f)", b->area.lo, b->area.hi);
}

static status one_plot(struct text *t,
                       const struct report *r,
                       const struct family *f,
                       uint32_t k,
                       int size)
{
    status st = OK;
    char id[32];
    struct text words = {0};
    struct svg_plot p = {.id = id,
                         .title = r->class_name[k],
                         .width = size,
                         .height = size + 8,
                         .x = f->x,
                         .y = f->y,
                         .ticks_x = 4,
                         .ticks_y = 4,
                         .small = true};

    (void)snprintf(id, sizeof id, "%s-%u", f->id, k);
    text_add(&words, "%s of this class against the others. ", f->what);
    for (size_t i = 0; i < r->n_sets; i++) {
        if (!f->has(r, i, k))
            continue;
        text_add(&words, "%s: ", r->set[i].name);
        f->tell(&words, r, i, k);
        text_add(&words, ". ");
    }
    TRY(text_status(&words));
    p.description = words.s;
    svg_open(&p, t);
    f->guide(t, &p);
    bands(t, &p, r, f, k);
    for (size_t i = 0; i < r->n_sets; i++)
        if (f->has(r, i, k))
            f->draw(t, &p, r, i, k);
    svg_close(t);
out:
    text_free(&words);
    return st;
}

static bool any(const struct report *r, const struct family *f)
{
    for (size_t i = 0; i < r->n_sets; i++)
        for (uint32_t k = 0; k < r->classes; k++)
            if (f->has(r, i, k))
                return true;
    return false;
}

/* The values behind the plots: a row a set, a column a class. */
static void
values(struct text *t, const struct report *r, const struct family *f)
{
    page_put(t, "<details><summary>Values</summary>\n");
    page_scroll(t);
    page_put(t, "<table>\n<thead><tr><th scope=\"col\">features</th>");
    for (uint32_t k = r->classes == 2 ? 1 : 0; k < r->classes; k++) {
        page_put(t, "<th scope=\"col\">");
        svg_escape(t, r->class_name[k]);
        page_put(t, "</th>");
    }
    page_put(t, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < r->n_sets; i++) {
        page_put(t, "<tr><th scope=\"row\">");
        svg_escape(t, r->set[i].name);
        page_put(t, "</th>");
        for (uint32_t k = r->classes == 2 ? 1 : 0; k < r->classes; k++) {
            page_put(t, "<td>");
            if (f->has(r, i, k))
                f->tell(t, r, i, k);
            else
                page_put(t, "&ndash;");
            page_put(t, "</td>");
        }
        page_put(t, "</tr>\n");
    }
    page_put(t, "</tbody></table></div></details>\n");
}

static status
plots(struct text *t, const struct report *r, const struct family *f)
{
    status st = OK;
    bool two = r->classes == 2;

    page_sets(t, r);
    page_put(t, "<div class=\"plots\">\n");
    for (uint32_t k = two ? 1 : 0; k < r->classes; k++)
        TRY(one_plot(t, r, f, k, two ? 380 : 236));
    page_put(t, "</div>\n");
    values(t, r, f);
out:
    return st;
}

/* ---- ROC */

static void chance(struct text *t, const struct svg_plot *p)
{
    svg_guide(p, t, 0.0, 0.0, 1.0, 1.0);
}

static bool has_roc(const struct report *r, size_t i, uint32_t k)
{
    return r->set[i].roc && r->set[i].roc[k].n > 0;
}

static void draw_roc(struct text *t,
                     const struct svg_plot *p,
                     const struct report *r,
                     size_t i,
                     uint32_t k)
{
    const struct report_curve *c = &r->set[i].roc[k];

    curve(t, p, c->fpr, c->tpr, c->n, page_series(i));
}

static const struct band *roc_band(const struct report_set *s, uint32_t k)
{
    return s->roc_band && s->roc_band[k].area.used ? &s->roc_band[k] : NULL;
}

static void
tell_roc(struct text *t, const struct report *r, size_t i, uint32_t k)
{
    const struct report_curve *c = &r->set[i].roc[k];
    const struct delong *d = r->set[i].delong;

    text_add(t, "AUC %.3f", page_area(c->fpr, c->tpr, c->n));
    tell_band(t, roc_band(&r->set[i], k));
    if (d && k == 1)
        text_add(t, ", by DeLong %.3f to %.3f", d->lo, d->hi);
}

status page_roc(struct text *t, const struct report *r)
{
    static const struct family f = {"roc",
                                    "ROC curve",
                                    {"false positive rate", 0.0, 1.0},
                                    {"true positive rate", 0.0, 1.0},
                                    chance,
                                    has_roc,
                                    draw_roc,
                                    roc_band,
                                    tell_roc};
    status st = OK;

    if (!any(r, &f))
        return OK;
    page_section(t, "roc", "ROC curves",
                 r->classes == 2
                     ? BANDED "Dashed: chance. By DeLong: DeLong, DeLong and "
                              "Clarke-Pearson (1988)."
                     : "One class against the others. " BANDED
                       "Dashed: chance. Intervals of the mean area stand with "
                       "the results.");
    TRY(plots(t, r, &f));
    page_section_end(t);
out:
    return st;
}

/* ---- precision and recall */

static void no_guide(struct text *t, const struct svg_plot *p)
{
    (void)t;
    (void)p;
}

static bool has_pr(const struct report *r, size_t i, uint32_t k)
{
    return r->set[i].pr && r->set[i].pr[k].n > 0;
}

static void draw_pr(struct text *t,
                    const struct svg_plot *p,
                    const struct report *r,
                    size_t i,
                    uint32_t k)
{
    const struct report_pr *c = &r->set[i].pr[k];

    curve(t, p, c->recall, c->precision, c->n, page_series(i));
}

static const struct band *pr_band(const struct report_set *s, uint32_t k)
{
    return s->pr_band && s->pr_band[k].area.used ? &s->pr_band[k] : NULL;
}

/* Average precision: sum of recall steps times the precision reached. */
static void
tell_pr(struct text *t, const struct report *r, size_t i, uint32_t k)
{
    const struct report_pr *c = &r->set[i].pr[k];
    double ap = 0.0;

    for (uint32_t j = 1; j < c->n; j++)
        ap += (c->recall[j] - c->recall[j - 1]) * c->precision[j];
    text_add(t, "AP %.3f", ap);
    tell_band(t, pr_band(&r->set[i], k));
}

status page_pr(struct text *t, const struct report *r)
{
    static const struct family f = {"pr",
                                    "Precision-recall curve",
                                    {"recall", 0.0, 1.0},
                                    {"precision", 0.0, 1.0},
                                    no_guide,
                                    has_pr,
                                    draw_pr,
                                    pr_band,
                                    tell_pr};
    status st = OK;

    if (!any(r, &f))
        return OK;
    page_section(
        t, "pr", "Precision and recall",
        "Of the class named above a plot. AP: average precision, the "
        "sum of the steps of recall times the precision reached. " BANDED
        "A useless score has the share of the class among the rows.");
    TRY(plots(t, r, &f));
    page_section_end(t);
out:
    return st;
}

/* ---- calibration */

static bool has_calibration(const struct report *r, size_t i, uint32_t k)
{
    return r->set[i].calibration && r->set[i].calibration[k].n > 0;
}

enum { BINS = 64 };

static void draw_calibration(struct text *t,
                             const struct svg_plot *p,
                             const struct report *r,
                             size_t i,
                             uint32_t k)
{
    const struct report_calibration *c = &r->set[i].calibration[k];
    double x[BINS];
    double y[BINS];
    uint32_t n = 0;

    for (uint32_t b = 0; b < c->n && n < BINS; b++) {
        if (c->bin[b].n == 0)
            continue;
        x[n] = c->bin[b].proba;
        y[n++] = c->bin[b].share;
    }
    svg_line(p, t, x, y, n, page_series(i));
    svg_marks(p, t, x, y, n, (int)i, page_series(i));
}

static void
tell_calibration(struct text *t, const struct report *r, size_t i, uint32_t k)
{
    const struct report_calibration *c = &r->set[i].calibration[k];

    text_add(t, "Brier %.3f, error %.3f", c->of.brier, c->of.error);
}

status page_calibration(struct text *t, const struct report *r)
{
    static const struct family f = {"cal",
                                    "Calibration curve",
                                    {"mean probability", 0.0, 1.0},
                                    {"share of the class", 0.0, 1.0},
                                    chance,
                                    has_calibration,
                                    draw_calibration,
                                    NULL,
                                    tell_calibration};
    status st = OK;

    if (!any(r, &f))
        return OK;
    page_section(t, "calibration", "Calibration",
                 "Rows in equal bins of their predicted probability: its mean "
                 "against the share that is of the class; dashed: perfect. "
                 "Brier: mean squared error of the probability; error: mean "
                 "distance from the diagonal, weighted by rows. Bins of few "
                 "rows scatter.");
    TRY(plots(t, r, &f));
    page_section_end(t);
out:
    return st;
}
