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

static double ten_to(int power)
{
    double v = 1.0;

    for (int i = 0; i < power; i++)
        v *= 10.0;
    for (int i = 0; i > power; i--)
        v /= 10.0;
    return v;
}

/* The first multiple of step at or above lo. */
static double first_tick(double lo, double step)
{
    double k = __builtin_ceil(lo / step - 1e-9);

    return k * step;
}

/* Ticks of an axis; decimals < 0: powers of ten. */
struct ticks {
    double from, step, hi;
    int decimals;
};

static struct ticks ticks_of(const struct svg_axis *a, int wanted, bool log)
{
    struct ticks k = {.hi = a->hi};

    k.step = svg_step(a->lo, a->hi, wanted, &k.decimals);
    if (log) {
        k.step = k.step < 1.0 ? 1.0 : k.step;
        k.decimals = -1;
    }
    k.from = first_tick(a->lo, k.step);
    return k;
}

static void tick_label(struct text *t, const struct ticks *k, double v)
{
    int power = (int)(v < 0.0 ? v - 0.5 : v + 0.5);

    if (k->decimals >= 0)
        text_add(t, "%.*f", k->decimals, v == 0.0 ? 0.0 : v);
    else if (power < -3 || power > 4)
        text_add(t, "1e%d", power);
    else
        text_add(t, "%.*f", power < 0 ? -power : 0, ten_to(power));
}

static void ticks_x(const struct svg_plot *p, struct text *t)
{
    const struct ticks k = ticks_of(&p->x, p->ticks_x, p->log_x);
    double bottom = p->top + p->h;

    for (int i = 0; k.from + i * k.step <= k.hi + 1e-9 * k.step; i++) {
        double v = k.from + i * k.step;
        double x = svg_x(p, v);

        text_add(t,
                 "<line class=\"grid\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" "
                 "y2=\"%.2f\"/>",
                 x, p->top, x, bottom);
        text_add(t,
                 "<text class=\"tick\" text-anchor=\"middle\" x=\"%.2f\" "
                 "y=\"%.2f\">",
                 x, bottom + 15.0);
        tick_label(t, &k, v);
        text_add(t, "</text>");
    }
}

static void ticks_y(const struct svg_plot *p, struct text *t)
{
    const struct ticks k = ticks_of(&p->y, p->ticks_y, false);

    for (int i = 0; k.from + i * k.step <= k.hi + 1e-9 * k.step; i++) {
        double v = k.from + i * k.step;
        double y = svg_y(p, v);

        text_add(t,
                 "<line class=\"grid\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" "
                 "y2=\"%.2f\"/>",
                 p->left, y, p->left + p->w, y);
        text_add(t,
                 "<text class=\"tick\" text-anchor=\"end\" x=\"%.2f\" "
                 "y=\"%.2f\">",
                 p->left - 6.0, y + 3.5);
        tick_label(t, &k, v);
        text_add(t, "</text>");
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
             p->left - 43.0, middle, p->left - 43.0, middle);
    svg_escape(t, p->y.label);
    text_add(t, "</text>");
}

void svg_frame(const struct svg_plot *p, struct text *t)
{
    text_add(t,
             "<svg class=\"plot\" role=\"img\" aria-labelledby=\"%s-t %s-d\" "
             "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n"
             "<title id=\"%s-t\">",
             p->id, p->id, p->width, p->height, p->width, p->height, p->id);
    svg_escape(t, p->title);
    text_add(t, "</title><desc id=\"%s-d\">", p->id);
    svg_escape(t, p->description);
    text_add(t, "</desc>\n");
}

void svg_open(struct svg_plot *p, struct text *t)
{
    p->left = p->indent > 0.0 ? p->indent : 56.0;
    p->top = 26.0;
    p->w = p->width - p->left - (p->small ? 10.0 : 92.0);
    p->h = p->height - p->top - 40.0 - p->below;
    svg_frame(p, t);
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
    bool first = true;

    text_add(t, "<polyline class=\"line %s\" points=\"", style);
    for (size_t i = 0; i < n; i++) {
        if (__builtin_isnan(y[i]))
            continue;
        text_add(t, "%s%.2f,%.2f", first ? "" : " ", svg_x(p, x[i]),
                 svg_y(p, y[i]));
        first = false;
    }
    text_add(t, "\"/>\n");
}

void svg_stairs(const struct svg_plot *p,
                struct text *t,
                const double *x,
                const double *y,
                size_t n,
                double end,
                const char *style)
{
    if (n == 0)
        return;
    text_add(t, "<path class=\"line %s\" d=\"M%.1f,%.1f", style, svg_x(p, x[0]),
             svg_y(p, y[0]));
    for (size_t i = 1; i < n; i++)
        if (y[i] != y[i - 1])
            text_add(t, "H%.1fV%.1f", svg_x(p, x[i]), svg_y(p, y[i]));
    text_add(t, "H%.1f\"/>\n", svg_x(p, end));
}

/* One edge of an area, forwards or backwards; stairs have two corners a
 * point. */
static void edge(const struct svg_plot *p,
                 struct text *t,
                 const struct svg_band *b,
                 bool upper)
{
    bool first = upper;

    for (size_t k = 0; k < b->n; k++) {
        size_t i = upper ? k : b->n - 1 - k;
        double y = upper ? b->hi[i] : b->lo[i];
        double next = i + 1 < b->n ? b->x[i + 1] : b->end;

        if (__builtin_isnan(b->lo[i]) || __builtin_isnan(b->hi[i]))
            continue;
        y = svg_y(p, y);
        if (b->stairs && !upper)
            text_add(t, "L%.1f,%.1f", svg_x(p, next), y);
        text_add(t, "%c%.1f,%.1f", first ? 'M' : 'L', svg_x(p, b->x[i]), y);
        if (b->stairs && upper)
            text_add(t, "L%.1f,%.1f", svg_x(p, next), y);
        first = false;
    }
}

void svg_area(const struct svg_plot *p,
              struct text *t,
              const struct svg_band *b,
              const char *style)
{
    size_t known = 0;

    for (size_t i = 0; i < b->n; i++)
        known += !__builtin_isnan(b->lo[i]) && !__builtin_isnan(b->hi[i]);
    if (known == 0)
        return;
    text_add(t, "<path class=\"band %s\" d=\"", style);
    edge(p, t, b, true);
    edge(p, t, b, false);
    text_add(t, "Z\"/>\n");
}

static const char CROSS[] =
    "m-3.4-1.9l1.5-1.5l1.9,1.9l1.9-1.9l1.5,1.5l-1.9,1.9l1.9,1.9l-1.5,1.5"
    "l-1.9-1.9l-1.9,1.9l-1.5-1.5l1.9-1.9z";
static const char *const SHAPE[SVG_SHAPES] = {
    "m-3,0a3,3 0 1,0 6,0a3,3 0 1,0-6,0",
    "m-2.7-2.7h5.4v5.4h-5.4z",
    "m0-3.7l3.5,6.2h-7z",
    "m0-4l3.2,4l-3.2,4l-3.2-4z",
    "m0,3.7l3.5-6.2h-7z",
    "m-1.1-3.7h2.2v2.6h2.6v2.2h-2.6v2.6h-2.2v-2.6h-2.6v-2.2h2.6z",
    CROSS,
    "m-4-1.4h8v2.8h-8z"};

void svg_marks(const struct svg_plot *p,
               struct text *t,
               const double *x,
               const double *y,
               size_t n,
               int shape,
               const char *style)
{
    text_add(t, "<path class=\"mark %s\" d=\"", style);
    for (size_t i = 0; i < n; i++)
        if (!__builtin_isnan(y[i]))
            text_add(t, "M%.1f,%.1f%s", svg_x(p, x[i]), svg_y(p, y[i]),
                     SHAPE[shape % SVG_SHAPES]);
    text_add(t, "\"/>\n");
}

void svg_symbol(struct text *t, int shape, const char *style)
{
    text_add(t,
             "<svg class=\"symbol\" aria-hidden=\"true\" width=\"12\" "
             "height=\"12\"><path class=\"mark %s\" d=\"M6,6%s\"/></svg>",
             style, SHAPE[shape % SVG_SHAPES]);
}

void svg_whisker(const struct svg_plot *p,
                 struct text *t,
                 double x,
                 const double value[3],
                 int shape,
                 const char *style)
{
    if (!__builtin_isnan(value[1]) && !__builtin_isnan(value[2]))
        text_add(t,
                 "<line class=\"whisker %s\" x1=\"%.1f\" y1=\"%.1f\" "
                 "x2=\"%.1f\" y2=\"%.1f\"/>",
                 style, svg_x(p, x), svg_y(p, value[1]), svg_x(p, x),
                 svg_y(p, value[2]));
    svg_marks(p, t, &x, value, 1, shape, style);
}

void svg_words(struct text *t,
               double x,
               double y,
               const char *anchor,
               const char *style,
               const char *words)
{
    text_add(t,
             "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" "
             "y=\"%.1f\">",
             style, anchor, x, y);
    svg_escape(t, words);
    text_add(t, "</text>");
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
