/* Figures of the report. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "eval/page.h"
#include "eval/png.h"
#include "eval/svg.h"

enum { POINTS = 400, STYLES = 8 };

static int style_of(size_t set)
{
    return (int)(set % STYLES);
}

/* ---- dots and intervals of the main metric, one row a set */

static void forest_row(struct text *t,
                       const struct svg_plot *p,
                       const struct report_set *s,
                       const struct interval *v,
                       size_t i)
{
    double y = p->top + 24.0 * (double)i + 14.0;
    double x = svg_x(p, v->value);

    page_put(t, "<text text-anchor=\"end\"");
    text_add(t, " x=\"%.2f\" y=\"%.2f\">", p->left - 12.0, y + 4.0);
    svg_escape(t, s->name);
    text_add(t,
             "</text><line class=\"whisker s%d\" x1=\"%.2f\" y1=\"%.2f\" "
             "x2=\"%.2f\" y2=\"%.2f\"/><circle class=\"dot s%d\" cx=\"%.2f\" "
             "cy=\"%.2f\" r=\"4.5\"/>",
             style_of(i), svg_x(p, v->lo), y, svg_x(p, v->hi), y, style_of(i),
             x, y);
    text_add(t, "<text x=\"%.2f\" y=\"%.2f\">%.3f</text>\n",
             p->left + p->w + 10.0, y + 4.0, v->value);
}

static void forest_axis(struct text *t, const struct svg_plot *p, double bottom)
{
    int decimals = 0;
    double step = svg_step(p->x.lo, p->x.hi, 6, &decimals);
    double from = __builtin_ceil(p->x.lo / step - 1e-9) * step;

    for (int i = 0; from + i * step <= p->x.hi + 1e-9; i++) {
        double x = svg_x(p, from + i * step);

        text_add(t,
                 "<line class=\"grid\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" "
                 "y2=\"%.2f\"/><text class=\"tick\" text-anchor=\"middle\" "
                 "x=\"%.2f\" y=\"%.2f\">%.*f</text>",
                 x, p->top, x, bottom, x, bottom + 16.0, decimals,
                 from + i * step);
    }
}

/* The range shown: intervals, widened outwards to whole tenths. */
static void
forest_range(const struct report *r, enum metric m, double *lo, double *hi)
{
    *lo = 1.0;
    *hi = 0.0;
    for (size_t i = 0; i < r->n_sets; i++) {
        const struct interval *v = &r->set[i].metric[m];

        *lo = v->lo < *lo ? v->lo : *lo;
        *hi = v->hi > *hi ? v->hi : *hi;
    }
    *lo = __builtin_floor(*lo * 10.0) / 10.0;
    *hi = __builtin_ceil(*hi * 10.0) / 10.0;
    if (!(*lo < *hi)) {
        *lo = 0.0;
        *hi = 1.0;
    }
}

void page_forest(struct text *t, const struct report *r)
{
    enum metric m = r->metric[0];
    struct svg_plot p = {.left = 120.0, .top = 10.0, .w = 520.0};
    double bottom = p.top + 24.0 * (double)r->n_sets + 6.0;
    const char *title = metric_title(m, r->classes);

    forest_range(r, m, &p.x.lo, &p.x.hi);
    text_add(
        t,
        "<figure><svg class=\"plot\" role=\"img\" "
        "aria-labelledby=\"forest-t forest-d\" viewBox=\"0 0 720 %.0f\" "
        "width=\"720\" height=\"%.0f\">\n<title id=\"forest-t\">%s of each "
        "feature set</title><desc id=\"forest-d\">",
        bottom + 42.0, bottom + 42.0, title);
    for (size_t i = 0; i < r->n_sets; i++) {
        const struct interval *v = &r->set[i].metric[m];

        svg_escape(t, r->set[i].name);
        text_add(t, ": %.3f, interval %.3f to %.3f. ", v->value, v->lo, v->hi);
    }
    page_put(t, "</desc>\n");
    forest_axis(t, &p, bottom);
    page_put(t, "\n");
    for (size_t i = 0; i < r->n_sets; i++)
        forest_row(t, &p, &r->set[i], &r->set[i].metric[m], i);
    text_add(t,
             "<text class=\"axis\" text-anchor=\"middle\" x=\"%.2f\" "
             "y=\"%.2f\">%s (dot: all test rows; line: 95 %% bootstrap "
             "interval)</text>\n</svg></figure>\n",
             p.left + p.w / 2.0, bottom + 34.0, title);
}

/* ---- ROC curves, one plot a class */

/* Points between two of the same run of right or up steps are left out. */
static void roc_line(struct text *t,
                     const struct svg_plot *p,
                     const struct report_curve *c,
                     size_t set)
{
    text_add(t, "<polyline class=\"line s%d\" points=\"", style_of(set));
    for (uint32_t i = 0; i < c->n; i++) {
        bool inner = i > 0 && i + 1 < c->n;

        if (inner &&
            ((c->fpr[i - 1] == c->fpr[i] && c->fpr[i] == c->fpr[i + 1]) ||
             (c->tpr[i - 1] == c->tpr[i] && c->tpr[i] == c->tpr[i + 1])))
            continue;
        text_add(t, "%s%.2f,%.2f", i ? " " : "", svg_x(p, c->fpr[i]),
                 svg_y(p, c->tpr[i]));
    }
    page_put(t, "\"/>\n");
}

static void roc_class(struct text *t, const struct report *r, uint32_t k)
{
    char id[32];
    char title[128];
    struct svg_plot p = {.id = id,
                         .title = title,
                         .description = "ROC curve of this class against the "
                                        "others, one line for each feature "
                                        "set; the dashed line is chance.",
                         .width = 236,
                         .height = 244,
                         .x = {"false positive rate", 0.0, 1.0},
                         .y = {"true positive rate", 0.0, 1.0},
                         .ticks_x = 4,
                         .ticks_y = 4,
                         .small = true};

    (void)snprintf(id, sizeof id, "roc-%u", k);
    (void)snprintf(title, sizeof title, "%s", r->class_name[k]);
    svg_open(&p, t);
    svg_guide(&p, t, 0.0, 0.0, 1.0, 1.0);
    for (size_t i = 0; i < r->n_sets; i++)
        if (r->set[i].roc && r->set[i].roc[k].n > 0)
            roc_line(t, &p, &r->set[i].roc[k], i);
    svg_close(t);
}

void page_roc(struct text *t, const struct report *r)
{
    page_put(t, "<p class=\"note\">");
    for (size_t i = 0; i < r->n_sets; i++) {
        text_add(t, "<span class=\"key s%d\"></span>", style_of(i));
        svg_escape(t, r->set[i].name);
        page_put(t, "&emsp;");
    }
    page_put(t, "</p>\n<div class=\"plots\">\n");
    for (uint32_t k = r->classes == 2 ? 1 : 0; k < r->classes; k++)
        roc_class(t, r, k);
    page_put(t, "</div>\n");
}

/* ---- pretraining */

/* Means over equal stretches, at most POINTS of them. */
static uint32_t thin(const double *v, uint32_t n, double *out)
{
    uint32_t points = n < POINTS ? n : POINTS;

    for (uint32_t i = 0; i < points; i++) {
        uint32_t lo = (uint32_t)((uint64_t)i * n / points);
        uint32_t hi = (uint32_t)((uint64_t)(i + 1) * n / points);
        double sum = 0.0;

        for (uint32_t k = lo; k < hi; k++)
            sum += v[k];
        out[i] = sum / (hi - lo);
    }
    return points;
}

struct line {
    enum health field;
    const char *words;
    const char *style;
};

static void steps_lines(struct text *t,
                        const struct report_steps *s,
                        const struct svg_plot *p,
                        const struct line *line,
                        size_t n_lines)
{
    struct svg_note note[SVG_NOTES];
    double x[POINTS];
    double y[POINTS];
    uint32_t n = thin(s->step, s->n, x);

    for (size_t i = 0; i < n_lines; i++) {
        (void)thin(s->v[line[i].field], s->n, y);
        svg_line(p, t, x, y, n, line[i].style);
        note[i] = (struct svg_note){y[n - 1], line[i].style, line[i].words};
    }
    svg_notes(p, t, note, n_lines);
}

static void range_of(const struct report_steps *s, enum health f, double *hi)
{
    *hi = 0.0;
    for (uint32_t i = 0; i < s->n; i++)
        *hi = s->v[f][i] > *hi ? s->v[f][i] : *hi;
    *hi = *hi > 0.0 ? __builtin_ceil(*hi * 2.0) / 2.0 : 1.0;
}

static void steps_plot(struct text *t,
                       const struct report_steps *s,
                       struct svg_plot *p,
                       const struct line *line,
                       size_t n_lines)
{
    p->width = 500;
    p->height = 270;
    p->ticks_x = 5;
    p->ticks_y = 5;
    p->x = (struct svg_axis){"step", 0.0, s->step[s->n - 1]};
    svg_open(p, t);
    steps_lines(t, s, p, line, n_lines);
    svg_close(t);
}

status page_steps(struct text *t, const struct report *r)
{
    static const struct line loss[] = {{HEALTH_LOSS, "loss", "s2"}};
    static const struct line health[] = {
        {HEALTH_OWN, "own view", "s3"},
        {HEALTH_OTHER, "other lesions", "s1"},
        {HEALTH_NEGATIVE, "negatives", "s2"},
        {HEALTH_FEATURE_SD, "feature sd", "s0"}};
    const struct report_steps *s = &r->steps;
    uint32_t last = s->n - 1;
    char words[256];
    struct svg_plot a = {.id = "loss",
                         .title = "Contrastive loss",
                         .y = {"loss (nats)", 0.0, 1.0}};
    struct svg_plot b = {.id = "health",
                         .title =
                             "Similarity of embeddings, spread of features",
                         .y = {"cosine; standard deviation", -1.0, 1.0}};

    page_put(t, "<div class=\"plots\">\n");
    range_of(s, HEALTH_LOSS, &a.y.hi);
    (void)snprintf(words, sizeof words,
                   "From %.3f at step %.0f to %.3f at step "
                   "%.0f.",
                   s->v[HEALTH_LOSS][0], s->step[0], s->v[HEALTH_LOSS][last],
                   s->step[last]);
    a.description = words;
    steps_plot(t, s, &a, loss, 1);
    range_of(s, HEALTH_FEATURE_SD, &b.y.hi);
    b.y.hi = b.y.hi > 1.0 ? b.y.hi : 1.0;
    (void)snprintf(words, sizeof words,
                   "At the last step: own view %.3f, other lesions %.3f, "
                   "negatives %.3f, feature standard deviation %.3f.",
                   s->v[HEALTH_OWN][last], s->v[HEALTH_OTHER][last],
                   s->v[HEALTH_NEGATIVE][last], s->v[HEALTH_FEATURE_SD][last]);
    b.description = words;
    steps_plot(t, s, &b, health, 4);
    page_put(t, "</div>\n");
    return text_status(t);
}

/* ---- pictures, one line for each label, in order of first appearance */

static bool seen_before(const struct report *r, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(r->patch[j].label, r->patch[i].label) == 0)
            return true;
    return false;
}

static status patch_line(struct text *t, const struct report *r, size_t first)
{
    status st = OK;

    page_put(t, "<figure>");
    page_tag(t, "figcaption", NULL, r->patch[first].label);
    for (size_t i = first; i < r->n_patches; i++) {
        const struct report_patch *p = &r->patch[i];

        if (strcmp(p->label, r->patch[first].label) != 0)
            continue;
        page_put(t, "<img alt=\"middle axial slice, ");
        svg_escape(t, p->label);
        page_put(t, ", ");
        svg_escape(t, p->row);
        page_put(t, "\" src=\"");
        TRY(png_data_uri(p->pixels, p->width, p->height, t));
        page_put(t, "\">");
    }
    page_put(t, "</figure>\n");
out:
    return st;
}

status page_patches(struct text *t, const struct report *r)
{
    status st = OK;

    page_put(t, "<div class=\"patches\">\n");
    for (size_t i = 0; i < r->n_patches; i++)
        if (!seen_before(r, i))
            TRY(patch_line(t, r, i));
    page_put(t, "</div>\n");
out:
    return st;
}
