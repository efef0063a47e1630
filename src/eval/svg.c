#include "eval/svg.h"

void svg_escape(struct text *t, const char *s)
{
    for (; *s; s++)
        switch (*s) {
        case '<':
            text_put(t, "&lt;", 4);
            break;
        case '>':
            text_put(t, "&gt;", 4);
            break;
        case '&':
            text_put(t, "&amp;", 5);
            break;
        case '"':
            text_put(t, "&quot;", 6);
            break;
        default:
            text_put(t, s, 1);
        }
}

double svg_x(const struct svg_plot *p, double x)
{
    return p->left + (x - p->x.lo) / (p->x.hi - p->x.lo) * p->w;
}

double svg_y(const struct svg_plot *p, double y)
{
    return p->top + p->h - (y - p->y.lo) / (p->y.hi - p->y.lo) * p->h;
}

double svg_step(double lo, double hi, int ticks, int *decimals)
{
    static const double nice[] = {1.0, 2.0, 5.0, 10.0};
    double want = (hi - lo) / (ticks > 1 ? ticks : 1);
    double power = 1.0;
    double step = 1.0;

    *decimals = 0;
    while (power * 10.0 <= want)
        power *= 10.0;
    while (power > want && *decimals < 12) {
        power /= 10.0;
        (*decimals)++;
    }
    for (size_t i = 0; i < sizeof nice / sizeof nice[0]; i++) {
        step = nice[i] * power;
        if (step >= want * (1.0 - 1e-9))
            break;
    }
    if (step >= 10.0 * power && *decimals > 0)
        (*decimals)--;
    return step;
}

/* The first multiple of step at or above lo. */
static double first_tick(double lo, double step)
{
    double k = __builtin_ceil(lo / step - 1e-9);

    return k * step;
}

static void ticks_x(const struct svg_plot *p, struct text *t)
{
    int decimals = 0;
    double step = svg_step(p->x.lo, p->x.hi, p->ticks_x, &decimals);
    double from = first_tick(p->x.lo, step);
    double bottom = p->top + p->h;

    for (int i = 0; from + i * step <= p->x.hi + 1e-9 * step; i++) {
        double v = from + i * step;
        double x = svg_x(p, v);

        text_add(t,
                 "<line class=\"grid\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" "
                 "y2=\"%.2f\"/>",
                 x, p->top, x, bottom);
        text_add(t,
                 "<text class=\"tick\" text-anchor=\"middle\" x=\"%.2f\" "
                 "y=\"%.2f\">%.*f</text>",
                 x, bottom + 15.0, decimals, v == 0.0 ? 0.0 : v);
    }
}

static void ticks_y(const struct svg_plot *p, struct text *t)
{
    int decimals = 0;
    double step = svg_step(p->y.lo, p->y.hi, p->ticks_y, &decimals);
    double from = first_tick(p->y.lo, step);

    for (int i = 0; from + i * step <= p->y.hi + 1e-9 * step; i++) {
        double v = from + i * step;
        double y = svg_y(p, v);

        text_add(t,
                 "<line class=\"grid\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" "
                 "y2=\"%.2f\"/>",
                 p->left, y, p->left + p->w, y);
        text_add(t,
                 "<text class=\"tick\" text-anchor=\"end\" x=\"%.2f\" "
                 "y=\"%.2f\">%.*f</text>",
                 p->left - 6.0, y + 3.5, decimals, v == 0.0 ? 0.0 : v);
    }
}

static void labels(const struct svg_plot *p, struct text *t)
{
    double middle = p->top + p->h / 2.0;

    text_add(t, "<text class=\"name\" x=\"%.2f\" y=\"%.2f\">", p->left,
             p->top - 9.0);
    svg_escape(t, p->title);
    text_add(t,
             "</text><text class=\"axis\" text-anchor=\"middle\" x=\"%.2f\" "
             "y=\"%.2f\">",
             p->left + p->w / 2.0, p->top + p->h + 32.0);
    svg_escape(t, p->x.label);
    text_add(t,
             "</text><text class=\"axis\" text-anchor=\"middle\" x=\"%.2f\" "
             "y=\"%.2f\" transform=\"rotate(-90 %.2f %.2f)\">",
             p->left - 36.0, middle, p->left - 36.0, middle);
    svg_escape(t, p->y.label);
    text_add(t, "</text>");
}

void svg_open(struct svg_plot *p, struct text *t)
{
    p->left = 48.0;
    p->top = 26.0;
    p->w = p->width - p->left - (p->small ? 10.0 : 92.0);
    p->h = p->height - p->top - 40.0;
    text_add(t,
             "<svg class=\"plot\" role=\"img\" aria-labelledby=\"%s-t %s-d\" "
             "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n"
             "<title id=\"%s-t\">",
             p->id, p->id, p->width, p->height, p->width, p->height, p->id);
    svg_escape(t, p->title);
    text_add(t, "</title><desc id=\"%s-d\">", p->id);
    svg_escape(t, p->description);
    text_add(t, "</desc>\n");
    ticks_x(p, t);
    ticks_y(p, t);
    labels(p, t);
    text_add(t, "\n");
}

void svg_close(struct text *t)
{
    text_add(t, "</svg>\n");
}

void svg_line(const struct svg_plot *p,
              struct text *t,
              const double *x,
              const double *y,
              size_t n,
              const char *style)
{
    text_add(t, "<polyline class=\"line %s\" points=\"", style);
    for (size_t i = 0; i < n; i++)
        text_add(t, "%s%.2f,%.2f", i ? " " : "", svg_x(p, x[i]),
                 svg_y(p, y[i]));
    text_add(t, "\"/>\n");
}

void svg_guide(const struct svg_plot *p,
               struct text *t,
               double x0,
               double y0,
               double x1,
               double y1)
{
    text_add(t,
             "<line class=\"guide\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" "
             "y2=\"%.2f\"/>\n",
             svg_x(p, x0), svg_y(p, y0), svg_x(p, x1), svg_y(p, y1));
}

void svg_notes(const struct svg_plot *p,
               struct text *t,
               const struct svg_note *note,
               size_t n)
{
    const double apart = 14.0;
    double at[SVG_NOTES];
    size_t order[SVG_NOTES];

    n = n < SVG_NOTES ? n : SVG_NOTES;
    for (size_t i = 0; i < n; i++) { /* by height on the page, from the top */
        size_t k = i;

        at[i] = svg_y(p, note[i].y);
        for (; k > 0 && at[order[k - 1]] > at[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    for (size_t i = 1; i < n; i++) {
        double least = at[order[i - 1]] + apart;

        if (at[order[i]] < least)
            at[order[i]] = least;
    }
    for (size_t i = 0; i < n; i++) {
        text_add(t, "<text class=\"note %s\" x=\"%.2f\" y=\"%.2f\">",
                 note[i].style, p->left + p->w + 6.0, at[i] + 4.0);
        svg_escape(t, note[i].words);
        text_add(t, "</text>\n");
    }
}
