/* Figures of the report. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "eval/page.h"
#include "eval/png.h"
#include "eval/svg.h"

enum { POINTS = 400, FOREST_SETS = 16 };

/* ---- dots and intervals of each metric, one row a set */

enum { ROW = 22 };

struct forest_row {
    const char *words;
    double v[3]; /* value, low, high; NaN: none */
    int shape;
    const char *style;
};

static void forest_draw(struct text *t,
                        const struct svg_plot *p,
                        const struct forest_row *row,
                        size_t i)
{
    double y = p->top + ROW * (double)i + ROW / 2.0;
    char number[32];

    if (*row->words)
        svg_words(t, p->left - 10.0, y + 4.0, "end", "cell", row->words);
    if (__builtin_isnan(row->v[0]))
        return;
    if (!__builtin_isnan(row->v[1]) && !__builtin_isnan(row->v[2]))
        text_add(t,
                 "<line class=\"whisker %s\" x1=\"%.1f\" y1=\"%.1f\" "
                 "x2=\"%.1f\" y2=\"%.1f\"/>",
                 row->style, svg_x(p, row->v[1]), y, svg_x(p, row->v[2]), y);
    svg_marks(
        p, t, &row->v[0],
        &(double){p->y.lo + (p->y.hi - p->y.lo) * (1.0 - (y - p->top) / p->h)},
        1, row->shape, row->style);
    (void)snprintf(number, sizeof number, "%.3f", row->v[0]);
    svg_words(t, p->left + p->w + 8.0, y + 4.0, "start", "cell", number);
    page_put(t, "\n");
}

static void
forest_axis(struct text *t, const struct svg_plot *p, const char *label)
{
    int decimals = 0;
    double step = svg_step(p->x.lo, p->x.hi, p->ticks_x, &decimals);
    double from = __builtin_ceil(p->x.lo / step - 1e-9) * step;
    double bottom = p->top + p->h;

    for (int i = 0; from + i * step <= p->x.hi + 1e-9; i++) {
        double v = from + i * step;
        double x = svg_x(p, v);

        text_add(t,
                 "<line class=\"grid\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" "
                 "y2=\"%.2f\"/><text class=\"tick\" text-anchor=\"middle\" "
                 "x=\"%.2f\" y=\"%.2f\">%.*f</text>",
                 x, p->top, x, bottom, x, bottom + 16.0, decimals,
                 v == 0.0 ? 0.0 : v);
    }
    svg_words(t, p->left + p->w / 2.0, bottom + 34.0, "middle", "axis", label);
}

/* The range shown: all values and intervals, widened to whole tenths. */
static void
forest_range(const struct forest_row *row, size_t n, struct svg_axis *a)
{
    a->lo = __builtin_inf();
    a->hi = -a->lo;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            double v = row[i].v[k];

            if (__builtin_isnan(v))
                continue;
            a->lo = v < a->lo ? v : a->lo;
            a->hi = v > a->hi ? v : a->hi;
        }
    a->lo = __builtin_floor(a->lo * 10.0) / 10.0;
    a->hi = __builtin_ceil(a->hi * 10.0) / 10.0;
    if (!(a->lo < a->hi)) {
        a->lo = 0.0;
        a->hi = 1.0;
    }
}

/* id, title and description are the caller's; indent: room for the words. */
static void forest(struct text *t,
                   struct svg_plot *p,
                   const struct forest_row *row,
                   size_t n)
{
    p->left = p->indent;
    p->top = 24.0;
    p->w = p->width - p->left - 46.0;
    p->h = ROW * (double)n;
    p->height = (int)(p->top + p->h) + 42;
    p->y = (struct svg_axis){"", 0.0, 1.0};
    forest_range(row, n, &p->x);
    svg_frame(p, t);
    forest_axis(t, p, p->x.label);
    svg_words(t, p->left, 14.0, "start", "name", p->title);
    page_put(t, "\n");
    for (size_t i = 0; i < n; i++)
        forest_draw(t, p, &row[i], i);
    svg_close(t);
}

static void one_metric(struct text *t, const struct report *r, uint32_t k)
{
    struct forest_row row[FOREST_SETS];
    size_t n = r->n_sets < FOREST_SETS ? r->n_sets : FOREST_SETS;
    enum metric m = r->metric[k];
    struct text words = {0};
    char id[32];
    struct svg_plot p = {.id = id,
                         .title = metric_title(m, r->classes),
                         .width = k == 0 ? 420 : 280,
                         .indent = k == 0 ? 130.0 : 20.0,
                         .ticks_x = k == 0 ? 6 : 4,
                         .x = {.label = metric_title(m, r->classes)}};

    (void)snprintf(id, sizeof id, "forest-%s", metric_name(m));
    for (size_t i = 0; i < n; i++) {
        const struct interval *v = &r->set[i].metric[m];

        row[i] = (struct forest_row){k == 0 ? r->set[i].name : "",
                                     {v->value, v->lo, v->hi},
                                     (int)i,
                                     page_series(i)};
        text_add(&words, "%s: %.3f, interval %.3f to %.3f. ", r->set[i].name,
                 v->value, v->lo, v->hi);
    }
    p.description = words.s ? words.s : "";
    forest(t, &p, row, n);
    text_free(&words);
}

void page_forest(struct text *t, const struct report *r)
{
    page_put(t, "<p class=\"note\">Symbol: all test rows; line: 95 % bootstrap "
                "interval. Rows are in the order of the first plot.</p>\n"
                "<div class=\"plots\">\n");
    for (uint32_t k = 0; k < r->n_metrics; k++)
        one_metric(t, r, k);
    page_put(t, "</div>\n");
}

/* ---- published figures beside ours */

static bool drawn(const struct report_gate *g)
{
    for (int k = 0; k < 3; k++)
        if (g->ours[k] > 1.0 || g->ours[k] < -1.0 || g->theirs[k] > 1.0 ||
            g->theirs[k] < -1.0)
            return false;
    return g->numbers;
}

static status published_rows(const struct report *r,
                             struct forest_row *row,
                             struct text *words)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_gates; i++) {
        const struct report_gate *g = &r->gate[i];
        struct forest_row ours = {g->what, {0}, 0, "s2"};
        struct forest_row theirs = {"published", {0}, 3, "s1"};

        if (!drawn(g))
            continue;
        memcpy(ours.v, g->ours, sizeof ours.v);
        memcpy(theirs.v, g->theirs, sizeof theirs.v);
        row[n++] = ours;
        row[n++] = theirs;
        text_add(words, "%s: %.3f here, %.3f published, %s. ", g->what,
                 g->ours[0], g->theirs[0], verdict_text(g->verdict));
    }
    return text_status(words);
}

status page_published(struct text *t, const struct report *r)
{
    status st = OK;
    struct text words = {0};
    struct forest_row *row = NULL;
    size_t n = 0;
    struct svg_plot p = {.id = "published",
                         .title = "This run and the publication",
                         .width = 760,
                         .indent = 380.0,
                         .ticks_x = 6,
                         .x = {.label = "value"}};

    for (size_t i = 0; i < r->n_gates; i++)
        n += drawn(&r->gate[i]);
    if (n == 0)
        return OK;
    TRY(mem_new(2 * n, sizeof *row, &row));
    TRY(published_rows(r, row, &words));
    p.description = words.s;
    page_section(t, "published", "Published figures",
                 "Circle: this run with its 95 % interval; diamond: the "
                 "publication with its own. Figures beyond &minus;1 to 1 "
                 "(hazard ratios, thresholds) are in the gates alone.");
    page_put(t, "<figure class=\"scroll\">");
    forest(t, &p, row, 2 * n);
    page_put(t, "</figure>\n");
    page_section_end(t);
out:
    mem_free(row);
    text_free(&words);
    return st;
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
    p->x = (struct svg_axis){"step", 0.0,
                             s->step[s->n - 1] > 0.0 ? s->step[s->n - 1] : 1.0};
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
