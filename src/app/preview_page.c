/* The page of preview.h: light and dark, readable without pictures. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

#include "app/preview.h"
#include "eval/png.h"
#include "eval/svg.h"

enum { GAP = 7 }; /* voxels about the seed that stay clear of the mark */

static const struct {
    const char *name;
    double level, width; /* HU */
} windows[] = {[PREVIEW_LUNG] = {"lung", -600.0, 1500.0},
               [PREVIEW_SOFT] = {"soft tissue", 40.0, 400.0}};

static const char STYLE[] =
    ":root{color-scheme:light dark;--bg:#fbfbf9;--card:#fff;--fg:#1b1d20;"
    "--muted:#575c63;--line:#dedfda;--warn:#9a3412}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1c1f23;"
    "--fg:#e7e8e6;--muted:#a4a9b0;--line:#33373d;--warn:#f0a35a}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 "
    "\"Source Sans 3\",\"Noto Sans\",system-ui,\"Segoe UI\",\"Helvetica "
    "Neue\",Arial,sans-serif;font-variant-numeric:tabular-nums}\n"
    "main{max-width:86rem;margin:0 auto;padding:2rem 1.5rem 4rem}\n"
    "h1{font-size:1.8rem;line-height:1.2;margin:0 0 .5rem;"
    "overflow-wrap:anywhere}\n"
    "h2{font-size:1.05rem;margin:0 0 .2rem;overflow-wrap:anywhere}\n"
    "p{margin:.3rem 0 .7rem;max-width:52rem}\n"
    "section{background:var(--card);border:1px solid var(--line);"
    "border-radius:6px;padding:1rem 1.2rem;margin:1.2rem 0}\n"
    "dl{display:flex;flex-wrap:wrap;gap:.1rem 1.6rem;margin:0 0 .8rem;"
    "font-size:.92rem}\n"
    "dl div{display:flex;gap:.45rem}dt{color:var(--muted)}dd{margin:0}\n"
    ".warn{color:var(--warn);font-weight:650}\n"
    ".figures{display:grid;gap:.9rem 1.6rem;grid-template-columns:"
    "repeat(auto-fill,minmax(min(100%,29rem),1fr))}\n"
    "figure{margin:0}figcaption{color:var(--muted);font-size:.86rem;"
    "margin-bottom:.25rem}\n"
    ".slices{display:flex;gap:5px;align-items:flex-start}\n"
    ".slice{position:relative;display:block;min-width:0;background:#000;"
    "line-height:0;outline:1px solid var(--line)}\n"
    ".slice img{display:block;image-rendering:pixelated;max-width:100%;"
    "height:auto}\n"
    ".slice svg{position:absolute;inset:0;width:100%;height:100%}\n"
    ".under{fill:none;stroke:#000;stroke-width:1.1;stroke-opacity:.65}\n"
    ".over{fill:none;stroke:#ffd84d;stroke-width:.45}\n"
    "@media print{section{break-inside:avoid}}\n";

static void put(struct text *t, const char *s)
{
    text_put(t, s, strlen(s));
}

static void put_training(struct text *t, const struct patch_conf *c)
{
    text_add(t, "%" PRId64 " voxels an edge where the volume does not end, ",
             2 * c->radius);
    if (c->resample)
        text_add(t, "at %.9g x %.9g x %.9g mm (x, y, z)", c->spacing_mm[0],
                 c->spacing_mm[1], c->spacing_mm[2]);
    else
        put(t, "on the grid of its volume");
    text_add(t, "; patch.orient is %s. ", c->orient ? "true" : "false");
}

static void put_path(struct text *t, const struct cutter_conf *c)
{
    const int64_t *n = c->infer.size;

    if (c->path == CUTTER_TRAINING)
        put_training(t, &c->train);
    else
        text_add(t,
                 "%" PRId64 " x %" PRId64 " x %" PRId64 " voxels (z, y, x), %s"
                 "zeros around it where the volume ends. ",
                 n[0], n[1], n[2],
                 c->path == CUTTER_INFERENCE
                     ? "1 mm, by the inference path, "
                     : "taken from its volume as it is, with ");
    put(t, "The slices go through the seed: axial, coronal, sagittal; the "
           "patient's left is at the right of axial and coronal slices, the "
           "back is below in axial and at the right in sagittal ones, the "
           "head is up. The yellow lines point at the seed.</p>\n");
    if (c->path == CUTTER_PRECROPPED ||
        (c->path == CUTTER_TRAINING && !c->train.orient_patch))
        put(t, "<p class=\"warn\">Patches keep the axes of their volume: "
               "sides may differ from this.</p>\n");
}

void preview_open(struct text *t, const struct preview_head *h)
{
    put(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
           "<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, "
           "initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n"
           "<title>Patches of ");
    svg_escape(t, h->list);
    put(t, "</title>\n<style>\n");
    put(t, STYLE);
    put(t, "</style>\n</head>\n<body>\n<main>\n<h1>Patches of ");
    svg_escape(t, h->list);
    text_add(t,
             "</h1>\n<p>%" PRIu32 " of %" PRIu32 " rows. Each patch is cut "
             "about its seed, ",
             h->shown, h->rows);
    put_path(t, h->cut);
    if (h->pipeline)
        text_add(t,
                 "<p>Views: the slices through the middle of what the "
                 "pipeline %s makes of the patch in epoch 0 with seed "
                 "%" PRIu64 ", in HU.</p>\n",
                 h->pipeline, h->seed);
}

void preview_close(struct text *t)
{
    put(t, "</main>\n</body>\n</html>\n");
}

static void fact(struct text *t, const char *name)
{
    text_add(t, "<div><dt>%s</dt><dd>", name);
}

void preview_row_open(struct text *t, const struct preview_row *r)
{
    text_add(t,
             "<section aria-labelledby=\"row-%" PRIu32 "\">\n<h2 id=\"row-"
             "%" PRIu32 "\">Row %" PRIu32 ": ",
             r->number, r->number, r->number);
    svg_escape(t, r->path);
    put(t, "</h2>\n<dl>");
    fact(t, "Line of the list");
    text_add(t, "%" PRIu32 "</dd></div>", r->line);
    fact(t, "Seed (LPS, mm)");
    text_add(t, "%.9g, %.9g, %.9g</dd></div>", r->seed_mm[0], r->seed_mm[1],
             r->seed_mm[2]);
    fact(t, "Spacing of the volume (mm)");
    text_add(t, "%.6g x %.6g x %.6g</dd></div>", r->spacing_mm[0],
             r->spacing_mm[1], r->spacing_mm[2]);
    fact(t, "Label");
    if (r->label_name) {
        svg_escape(t, r->label_name);
        put(t, " = ");
        svg_escape(t, r->label[0] ? r->label : "(empty)");
    } else {
        put(t, "none in the list");
    }
    put(t, "</dd></div>");
    fact(t, "Outside the volume");
    text_add(
        t, r->outside > 0.0 ? "<span class=\"warn\">%.1f %%</span>" : "%.1f %%",
        100.0 * r->outside);
    put(t, "</dd></div></dl>\n<div class=\"figures\">\n");
}

void preview_row_close(struct text *t)
{
    put(t, "</div>\n</section>\n");
}

enum preview_window preview_window_of(const struct image *hu)
{
    size_t in[2] = {0, 0};

    for (size_t i = 0; i < image_len(hu); i++)
        for (int w = 0; w < 2; w++) {
            double off = (double)hu->data[i] - windows[w].level;

            in[w] +=
                off >= -windows[w].width / 2 && off <= windows[w].width / 2;
        }
    /* The narrow window shows more of what it holds. */
    return in[PREVIEW_SOFT] * 2 >= in[PREVIEW_LUNG] ? PREVIEW_SOFT
                                                    : PREVIEW_LUNG;
}

/* ---- pictures ----------------------------------------------------------- */

/* A slice: which axis stays, which run to the right and down, and whether the
 * one down is turned round (head up). */
static const struct plane {
    const char *name;
    int fixed, right, down;
    bool up;
} planes[3] = {{"axial", 0, 2, 1, false},
               {"coronal", 1, 2, 0, true},
               {"sagittal", 2, 1, 0, true}};

static uint8_t grey(double hu, enum preview_window w)
{
    double v = (hu - windows[w].level) / windows[w].width * 255.0 + 127.5 + 0.5;

    return v < 0.0 ? 0 : v > 255.0 ? 255 : (uint8_t)v;
}

static void fill(const struct preview_image *m,
                 const struct plane *p,
                 enum preview_window window,
                 uint8_t *out)
{
    const int32_t *n = m->hu.shape;
    int64_t at[3];

    at[p->fixed] = m->at[p->fixed];
    for (int32_t j = 0; j < n[p->down]; j++)
        for (int32_t i = 0; i < n[p->right]; i++) {
            at[p->right] = i;
            at[p->down] = p->up ? n[p->down] - 1 - j : j;
            *out++ =
                grey((double)m->hu.data[(at[0] * n[1] + at[1]) * n[2] + at[2]],
                     window);
        }
}

/* Four lines from the edges that end short of the seed. */
static void put_mark(struct text *t, double x, double y, int32_t w, int32_t h)
{
    static const char *const styles[2] = {"under", "over"};

    text_add(
        t, "<svg viewBox=\"0 0 %" PRId32 " %" PRId32 "\" aria-hidden=\"true\">",
        w, h);
    for (int k = 0; k < 2; k++) {
        text_add(t, "<path class=\"%s\" d=\"", styles[k]);
        if (x > GAP)
            text_add(t, "M0 %.1fH%.1f", y, x - GAP);
        if (x + GAP < w)
            text_add(t, "M%" PRId32 " %.1fH%.1f", w, y, x + GAP);
        if (y > GAP)
            text_add(t, "M%.1f 0V%.1f", x, y - GAP);
        if (y + GAP < h)
            text_add(t, "M%.1f %" PRId32 "V%.1f", x, h, y + GAP);
        put(t, "\"/>");
    }
    put(t, "</svg>");
}

static status put_slice(struct text *t,
                        const char *name,
                        const struct preview_image *m,
                        const struct plane *p,
                        enum preview_window window)
{
    status st = OK;
    int32_t w = m->hu.shape[p->right];
    int32_t h = m->hu.shape[p->down];
    uint8_t *pixels = NULL;
    int64_t down = m->at[p->down];

    TRY(mem_new((size_t)w * (size_t)h, 1, &pixels));
    fill(m, p, window, pixels);
    put(t, "<span class=\"slice\"><img src=\"");
    TRY(png_data_uri(pixels, (uint32_t)w, (uint32_t)h, t));
    text_add(t,
             "\" width=\"%" PRId32 "\" height=\"%" PRId32
             "\" alt=\"%s, %s slice, %s window\">",
             w * m->scale, h * m->scale, name, p->name, windows[window].name);
    if (m->mark)
        put_mark(t, (double)m->at[p->right] + 0.5,
                 (double)(p->up ? h - 1 - down : down) + 0.5, w, h);
    put(t, "</span>");
out:
    mem_free(pixels);
    return st;
}

status preview_figure(struct text *t,
                      const char *name,
                      const struct preview_image *m,
                      enum preview_window window)
{
    status st = OK;
    struct preview_image shown = *m;

    for (int a = 0; a < 3; a++) /* the nearest slice there is */
        if (shown.at[a] < 0 || shown.at[a] >= shown.hu.shape[a]) {
            shown.at[a] = shown.at[a] < 0 ? 0 : shown.hu.shape[a] - 1;
            shown.mark = false;
        }
    text_add(t,
             "<figure><figcaption>%s, %s window (level %.0f, width %.0f HU)"
             "%s</figcaption><div class=\"slices\">",
             name, windows[window].name, windows[window].level,
             windows[window].width,
             m->mark && !shown.mark ? "; the seed is outside" : "");
    for (int i = 0; i < 3; i++)
        TRY(put_slice(t, name, &shown, &planes[i], window));
    put(t, "</div></figure>\n");
out:
    return st;
}
