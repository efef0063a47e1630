#ifndef EVAL_SVG_H
#define EVAL_SVG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Small plots as inline SVG. Colours, dashes and widths come from the page's
 * style sheet by class (s0, s1, ...), so they follow light and dark. Every
 * figure has a title and a description for those who cannot see it.
 * Coordinates are printed with one or two decimals; equal data give equal
 * bytes. A point whose y is NaN is left out. */

struct svg_axis {
    const char *label; /* with the unit: "step", "AUC" */
    double lo, hi;     /* data range shown */
};

struct svg_plot {
    const char *id;          /* unique in the page: a-z, 0-9, - */
    const char *title;       /* above the plot and read aloud */
    const char *description; /* text alternative */
    int width, height;       /* of the figure, in CSS pixels */
    struct svg_axis x, y;
    int ticks_x, ticks_y; /* about how many */
    bool small;           /* one of several: no room for more than essentials */
    int below;            /* pixels under the axis for the caller's texts */
    bool log_x;           /* x: lo, hi and data are decimal logarithms */
    double indent;        /* pixels left of the axis; 0: 56 */
    /* set by svg_open */
    double left, top, w, h;
};

/* Open the figure with title and description only; the caller has set left,
 * top, w, h. */
void svg_frame(const struct svg_plot *p, struct text *t);
/* Open the figure: frame, grid, ticks, labels. */
void svg_open(struct svg_plot *p, struct text *t);
void svg_close(struct text *t);

/* A line through n points; style is a class list such as "s0". */
void svg_line(const struct svg_plot *p,
              struct text *t,
              const double *x,
              const double *y,
              size_t n,
              const char *style);
/* Stairs: y[i] from x[i] to x[i + 1], the last one up to `end`. */
void svg_stairs(const struct svg_plot *p,
                struct text *t,
                const double *x,
                const double *y,
                size_t n,
                double end,
                const char *style);
/* The area between two such stairs, or between two lines. */
struct svg_band {
    const double *x, *lo, *hi; /* [n]; a NaN bound is taken as unknown: left
                                  out */
    size_t n;
    bool stairs;
    double end; /* of stairs */
};
void svg_area(const struct svg_plot *p,
              struct text *t,
              const struct svg_band *b,
              const char *style);
/* Symbols; `shape` 0..SVG_SHAPES-1 tells groups apart without colour. */
enum { SVG_SHAPES = 8 };
void svg_marks(const struct svg_plot *p,
               struct text *t,
               const double *x,
               const double *y,
               size_t n,
               int shape,
               const char *style);
/* The symbol alone, centred in a 12 x 12 picture hidden from readers aloud:
 * for legends. */
void svg_symbol(struct text *t, int shape, const char *style);
/* A vertical interval with its value. */
void svg_whisker(const struct svg_plot *p,
                 struct text *t,
                 double x,
                 const double value[3], /* value, low, high */
                 int shape,
                 const char *style);
/* Words at a pixel position; anchor: start, middle, end. */
void svg_words(struct text *t,
               double x,
               double y,
               const char *anchor,
               const char *style,
               const char *words);
/* A thin straight line for orientation (class "guide"). */
void svg_guide(const struct svg_plot *p,
               struct text *t,
               double x0,
               double y0,
               double x1,
               double y1);
/* Texts at the right ends of lines, moved apart where they would overlap. */
enum { SVG_NOTES = 8 };
struct svg_note {
    double y; /* where the line ends, data */
    const char *style;
    const char *words;
};
void svg_notes(const struct svg_plot *p,
               struct text *t,
               const struct svg_note *note,
               size_t n);

/* Pixel position of data. */
double svg_x(const struct svg_plot *p, double x);
double svg_y(const struct svg_plot *p, double y);

/* A step of 1, 2 or 5 times a power of ten that gives about `ticks` ticks;
 * *decimals: how many the labels need. */
double svg_step(double lo, double hi, int ticks, int *decimals);

/* <, >, &, quotes as entities. */
void svg_escape(struct text *t, const char *s);

#endif
