/* Test rows in the plane, by class. */
#include <stdio.h>

#include "base/mem.h"

#include "eval/page.h"

/* The square around all rows, so that both axes have one scale. */
static void square(const struct report_map *m, struct svg_plot *p)
{
    double lo[2] = {m->xy[0], m->xy[1]};
    double hi[2] = {m->xy[0], m->xy[1]};
    double half = 0.0;

    for (size_t i = 0; i < m->n; i++)
        for (size_t a = 0; a < 2; a++) {
            double v = m->xy[2 * i + a];

            lo[a] = v < lo[a] ? v : lo[a];
            hi[a] = v > hi[a] ? v : hi[a];
        }
    for (int a = 0; a < 2; a++)
        half = (hi[a] - lo[a]) / 2.0 > half ? (hi[a] - lo[a]) / 2.0 : half;
    half = half > 0.0 ? 1.06 * half : 1.0;
    p->x.lo = (lo[0] + hi[0]) / 2.0 - half;
    p->x.hi = p->x.lo + 2.0 * half;
    p->y.lo = (lo[1] + hi[1]) / 2.0 - half;
    p->y.hi = p->y.lo + 2.0 * half;
}

static status dots(struct text *t,
                   const struct svg_plot *p,
                   const struct report_map *m,
                   uint32_t classes)
{
    status st = OK;
    double *x = NULL;
    double *y = NULL;

    TRY(mem_raw(m->n, sizeof *x, &x));
    TRY(mem_raw(m->n, sizeof *y, &y));
    for (uint32_t k = 0; k < classes; k++) {
        size_t n = 0;

        for (size_t i = 0; i < m->n; i++)
            if (m->y[i] == (int32_t)k) {
                x[n] = m->xy[2 * i];
                y[n++] = m->xy[2 * i + 1];
            }
        svg_marks(p, t, x, y, n, (int)k, page_series(k));
    }
out:
    mem_free(x);
    mem_free(y);
    return st;
}

static void describe(struct text *w, const struct report_map *m)
{
    if (m->tsne)
        text_add(w, "t-SNE, perplexity %g, %u steps, divergence %.3f nats. ",
                 m->perplexity, m->steps, m->divergence);
    else
        text_add(w,
                 "The first two principal components hold %.1f %% and %.1f %% "
                 "of the variance. ",
                 100.0 * m->share[0], 100.0 * m->share[1]);
    text_add(w, "Trustworthiness in %u neighbours %.3f. ", m->neighbours,
             m->trust);
    if (m->n < m->rows)
        text_add(w, "%u of %u rows, evenly spaced. ", m->n, m->rows);
}

static status one_map(struct text *t, const struct report *r, size_t i)
{
    status st = OK;
    const struct report_map *m = &r->map[i];
    struct text words = {0};
    char id[32];
    char title[128];
    struct svg_plot p = {
        .id = id,
        .title = title,
        .width = 245,
        .height = 253,
        .x = {.label = m->tsne ? "t-SNE 1 (no unit)" : "component 1"},
        .y = {.label = m->tsne ? "t-SNE 2 (no unit)" : "component 2"},
        .ticks_x = 4,
        .ticks_y = 4,
        .small = true};

    (void)snprintf(id, sizeof id, "map-%zu", i);
    (void)snprintf(title, sizeof title, "%s, %s", m->set,
                   m->tsne ? "t-SNE" : "PCA");
    square(m, &p);
    describe(&words, m);
    TRY(text_status(&words));
    p.description = words.s;
    page_put(t, "<figure class=\"map\">");
    svg_open(&p, t);
    TRY(dots(t, &p, m, r->classes));
    svg_close(t);
    page_tag(t, "figcaption", NULL, words.s);
    page_put(t, "</figure>\n");
out:
    text_free(&words);
    return st;
}

status page_maps(struct text *t, const struct report *r)
{
    status st = OK;

    if (r->n_maps == 0)
        return OK;
    page_section(
        t, "maps", "Maps of the features",
        "Features of the test rows in the plane, each to mean 0 and variance "
        "1: a picture, not a result. "
        "Distances between far groups mean little in t-SNE (van der Maaten "
        "and Hinton 2008); trustworthiness (Venna and Kaski 2001) is 1 when "
        "every neighbour on the map is one among the features.");
    page_put(t, "<p class=\"note legend\">");
    for (uint32_t k = 0; k < r->classes; k++) {
        page_put(t, "<span>");
        svg_symbol(t, (int)k, page_series(k));
        svg_escape(t, r->class_name[k]);
        page_put(t, "</span> ");
    }
    page_put(t, "</p>\n<div class=\"plots\">\n");
    for (size_t i = 0; i < r->n_maps; i++)
        TRY(one_map(t, r, i));
    page_put(t, "</div>\n");
    page_section_end(t);
out:
    return st;
}
