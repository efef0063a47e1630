/* The toolkit's resampler walks scan lines along axis 0: it computes the
 * input position of the line's first voxel and of the place one past its last,
 * and goes from one to the other by the fraction i0 / n0. A window must do the
 * same with the n0 of the whole grid, not its own; then its voxels are those
 * of the whole image bit for bit. */
#include "vol/window.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "vol/pixel.h"

int64_t round_half_even(double x)
{
    int64_t i = (int64_t)x;
    double rest = x - (double)i;

    return rest > 0.5 || (rest == 0.5 && i % 2 == 1) ? i + 1 : i;
}

status grid_of(const struct geometry *input,
               const double spacing[3],
               const double input_inverse[9],
               struct grid *out)
{
    status st = OK;
    struct grid g = {0};

    TRY(geometry_check(input, "image"));
    g.geo = *input;
    g.input = *input;
    g.same = !spacing;
    if (input_inverse)
        memcpy(g.input_inverse, input_inverse, sizeof g.input_inverse);
    else
        geometry_inverse(input, g.input_inverse);
    for (int a = 0; a < 3 && spacing; a++) {
        double n = (double)input->size[a] * input->spacing[a] / spacing[a];

        ENSURE(isfinite(spacing[a]) && spacing[a] > 0.0, ERR_DATA,
               "spacing to resample to is %.9g mm on axis %d, it must be "
               "positive",
               spacing[a], a);
        if (n < 2147483648.0)
            g.geo.size[a] = round_half_even(n);
        ENSURE(n < 2147483647.0 && g.geo.size[a] >= 1, ERR_DATA,
               "axis %d of the image (%lld voxels of %.9g mm) has %.9g voxels "
               "after resampling to %.9g mm, 1 to 2147483647 are possible",
               a, (long long)input->size[a], input->spacing[a], n, spacing[a]);
        g.geo.spacing[a] = spacing[a];
    }
    if (g.same)
        memcpy(g.inverse, g.input_inverse, sizeof g.inverse);
    else
        geometry_inverse(&g.geo, g.inverse);
    *out = g;
out:
    return st;
}

/* Positions along axis 0 of a line whose other axes stand still; the lines of
 * an axis-aligned window have them in common. */
struct along {
    size_t base, up;
    double d;
    bool in;
};
enum { ALONG = 256 };

/* A part of one scan line. */
struct line {
    const void *in;   /* of the part that is there */
    size_t offset[3]; /* elements from a voxel to its neighbour, per axis */
    int64_t first[3]; /* index of the first voxel of the part */
    int64_t size[3];  /* of the whole input */
    double start[3];  /* input position of i0 = 0 */
    double way[3];    /* input position of i0 = n0, less start */
    double n0;
    int64_t lo, hi; /* i0 */
    void *out;
    ptrdiff_t at, stride;
    double outside;            /* stored unsaturated */
    const struct along *along; /* [hi - lo], or NULL: cell by cell */
    size_t base;               /* of axes 1 and 2, with along */
    size_t up[3];
    double d[3];
};

/* Where a position lies: element of the lower neighbour, distance to the upper
 * ones, and the way to them (0 at the last voxel: edges are repeated). */
struct cell {
    size_t base;
    size_t up[3];
    double d[3];
};

/* The same along axis a alone; false: outside. */
static inline bool find_along(
    const struct line *l, int a, double x, size_t *base, size_t *up, double *d)
{
    int64_t b;

    if (!(x >= -0.5 && x < (double)l->size[a] - 0.5))
        return false;
    b = x < 0.0 ? 0 : (int64_t)x;
    *d = x < 0.0 ? 0.0 : x - (double)b;
    *base = (size_t)(b - l->first[a]) * l->offset[a];
    *up = b + 1 < l->size[a] ? l->offset[a] : 0;
    return true;
}

static inline bool find_cell(const struct line *l, int64_t i0, struct cell *c)
{
    double alpha = (double)i0 / l->n0;

    c->base = 0;
    for (int a = 0; a < 3; a++) {
        double x = l->start[a] + alpha * l->way[a];
        size_t base;

        if (!find_along(l, a, x, &base, &c->up[a], &c->d[a]))
            return false;
        c->base += base;
    }
    return true;
}

static inline double mix(double a, double b, double d)
{
    return a + (b - a) * d;
}

/* Linear along axis 0, then 1, then 2. */
#define CELL_VALUE(type)                                                       \
    static inline double value_##type(const type *v, size_t x, size_t y,       \
                                      size_t z, const double d[3])             \
    {                                                                          \
        const type *w = v + z;                                                 \
        double a = mix((double)v[0], (double)v[x], d[0]);                      \
        double b = mix((double)v[y], (double)v[x + y], d[0]);                  \
        double e = mix((double)w[0], (double)w[x], d[0]);                      \
        double f = mix((double)w[y], (double)w[x + y], d[0]);                  \
                                                                               \
        return mix(mix(a, b, d[1]), mix(e, f, d[1]), d[2]);                    \
    }                                                                          \
                                                                               \
    static inline double at_##type(const struct line *l, int64_t i, bool *in)  \
    {                                                                          \
        const type *v = l->in;                                                 \
        struct cell c;                                                         \
                                                                               \
        if (l->along) {                                                        \
            const struct along *s = &l->along[i - l->lo];                      \
            const double d[3] = {s->d, l->d[1], l->d[2]};                      \
                                                                               \
            *in = s->in;                                                       \
            return s->in ? value_##type(v + l->base + s->base, s->up,          \
                                        l->up[1], l->up[2], d)                 \
                         : 0.0;                                                \
        }                                                                      \
        *in = find_cell(l, i, &c);                                             \
        return *in ? value_##type(v + c.base, c.up[0], c.up[1], c.up[2], c.d)  \
                   : 0.0;                                                      \
    }

/* Between values of an integer type the mix stays within the type, so the
 * saturation of pixel_set has nothing to do and the cast alone is left. */
#define LINE_INT(type)                                                         \
    CELL_VALUE(type)                                                           \
    static void line_##type(const struct line *l)                              \
    {                                                                          \
        type outside = (type)(int64_t)l->outside;                              \
        ptrdiff_t at = l->at;                                                  \
                                                                               \
        for (int64_t i = l->lo; i < l->hi; i++, at += l->stride) {             \
            bool in;                                                           \
            double v = at_##type(l, i, &in);                                   \
                                                                               \
            ((type *)l->out)[at] = in ? (type)v : outside;                     \
        }                                                                      \
    }

#define LINE_FLOAT(type, kind)                                                 \
    CELL_VALUE(type)                                                           \
    static void line_##type(const struct line *l)                              \
    {                                                                          \
        ptrdiff_t at = l->at;                                                  \
                                                                               \
        for (int64_t i = l->lo; i < l->hi; i++, at += l->stride) {             \
            bool in;                                                           \
            double v = at_##type(l, i, &in);                                   \
                                                                               \
            pixel_set(kind, l->out, (size_t)at, in ? v : l->outside);          \
        }                                                                      \
    }

LINE_INT(uint8_t)
LINE_INT(int8_t)
LINE_INT(uint16_t)
LINE_INT(int16_t)
LINE_INT(uint32_t)
LINE_INT(int32_t)
LINE_FLOAT(float, PIXEL_F32)
LINE_FLOAT(double, PIXEL_F64)

static void (*const line_of[PIXEL_TYPES])(const struct line *) = {
    line_uint8_t,  line_int8_t,  line_uint16_t, line_int16_t,
    line_uint32_t, line_int32_t, line_float,    line_double};

static void
input_position(const struct grid *g, const int64_t index[3], double out[3])
{
    double i[3] = {(double)index[0], (double)index[1], (double)index[2]};
    double p[3];

    geometry_point(&g->geo, i, p);
    geometry_index(&g->input, g->input_inverse, p, out);
}

/* No resampling: the voxels themselves. */
static void
copy_line(const struct volume *v, const int64_t lo[3], const struct line *l)
{
    size_t size = pixel_size(v->pixel);
    const char *in = v->data;
    char *out = l->out;

    for (int a = 0; a < 3; a++)
        in += (size_t)(lo[a] - v->lo[a]) * l->offset[a] * size;
    out += l->at * (ptrdiff_t)size;
    for (int64_t i = l->lo; i < l->hi; i++) {
        memcpy(out, in, size);
        in += size;
        out += l->stride * (ptrdiff_t)size;
    }
}

/* The scan line (j, k) of the grid. */
static void line_at(struct line *l, const struct grid *g, int64_t j, int64_t k)
{
    const int64_t first[3] = {0, j, k};
    const int64_t past[3] = {g->geo.size[0], j, k};

    input_position(g, first, l->start);
    input_position(g, past, l->way);
    for (int a = 0; a < 3; a++)
        l->way[a] -= l->start[a];
}

/* Positions along axis 0, if the other axes do not move and there is room.
 * They are those of the line before where that had the same. */
static void share(struct line *l, struct along along[ALONG], double of[2])
{
    l->along = NULL;
    l->base = 0;
    if (l->way[1] != 0.0 || l->way[2] != 0.0 || l->hi - l->lo > ALONG)
        return;
    for (int a = 1; a < 3; a++) {
        size_t base;

        if (!find_along(l, a, l->start[a], &base, &l->up[a], &l->d[a]))
            return;
        l->base += base;
    }
    l->along = along;
    if (of[0] == l->start[0] && of[1] == l->way[0])
        return;
    of[0] = l->start[0];
    of[1] = l->way[0];
    for (int64_t i = l->lo; i < l->hi; i++) {
        struct along *s = &along[i - l->lo];

        s->in = find_along(l, 0, of[0] + (double)i / l->n0 * of[1], &s->base,
                           &s->up, &s->d);
    }
}

/* Positions are linear in the index but for rounding, so those of a window lie
 * between those of its corners; the slack is far above any rounding, in voxels,
 * for origins however far away. */
static double slack_of(const struct geometry *g)
{
    double far = 0.0;
    double least = g->spacing[0];

    for (int a = 0; a < 3; a++) {
        far += fabs(g->origin[a]) + (double)g->size[a] * g->spacing[a];
        least = g->spacing[a] < least ? g->spacing[a] : least;
    }
    return 1e-6 + 1e-11 * far / least;
}

/* Along one axis of `size` voxels: which of them linear interpolation at
 * positions least..most reads; one below 0 reads voxel 1 too, weighted 0. */
static void
span(double least, double most, int64_t size, int64_t *lo, int64_t *hi)
{
    double n = (double)size;

    *lo = 0;
    *hi = 0;
    if (!(most > -1.0 && least < n)) /* also not a number */
        return;
    if (least > 0.0)
        *lo = (int64_t)least;
    *hi = most + 2.0 >= n ? size : most < 0.0 ? 2 : (int64_t)most + 2;
}

void need_of(const struct geometry *g,
             const double least[3],
             const double most[3],
             int64_t lo[3],
             int64_t hi[3])
{
    double slack = slack_of(g);
    bool empty = false;

    for (int a = 0; a < 3; a++) {
        span(least[a] - slack, most[a] + slack, g->size[a], &lo[a], &hi[a]);
        empty = empty || lo[a] == hi[a];
    }
    for (int a = 0; a < 3 && empty; a++)
        lo[a] = hi[a] = 0;
}

void window_need(const struct grid *g,
                 const int64_t lo[3],
                 const int64_t hi[3],
                 int64_t need_lo[3],
                 int64_t need_hi[3])
{
    double least[3] = {HUGE_VAL, HUGE_VAL, HUGE_VAL};
    double most[3] = {-HUGE_VAL, -HUGE_VAL, -HUGE_VAL};

    for (int a = 0; a < 3; a++) {
        need_lo[a] = lo[a];
        need_hi[a] = hi[a];
    }
    if (g->same || lo[0] >= hi[0] || lo[1] >= hi[1] || lo[2] >= hi[2])
        return;
    for (int corner = 0; corner < 8; corner++) {
        int64_t i[3];
        double x[3];

        for (int a = 0; a < 3; a++)
            i[a] = corner >> a & 1 ? hi[a] - 1 : lo[a];
        input_position(g, i, x);
        for (int a = 0; a < 3; a++) {
            least[a] = x[a] < least[a] ? x[a] : least[a];
            most[a] = x[a] > most[a] ? x[a] : most[a];
        }
    }
    need_of(&g->input, least, most, need_lo, need_hi);
}

void window_resample(const struct volume *v,
                     const struct grid *g,
                     const int64_t lo[3],
                     const int64_t hi[3],
                     void *out,
                     size_t at,
                     const ptrdiff_t stride[3])
{
    size_t row = (size_t)(v->hi[0] - v->lo[0]);
    struct line l = {.in = v->data,
                     .offset = {1, row, row * (size_t)(v->hi[1] - v->lo[1])},
                     .n0 = (double)g->geo.size[0],
                     .lo = lo[0],
                     .hi = hi[0],
                     .out = out,
                     .stride = stride[0],
                     .outside = -1024.0};
    struct along along[ALONG];
    double of[2] = {(double)NAN, (double)NAN}; /* nothing is shared yet */
    int64_t from[3];
    int64_t to[3];

    for (int a = 0; a < 3; a++) {
        l.first[a] = v->lo[a];
        l.size[a] = g->input.size[a];
        BUG_IF(lo[a] < 0 || hi[a] > g->geo.size[a] ||
               v->geo.size[a] != g->input.size[a]);
    }
    window_need(g, lo, hi, from, to);
    BUG_IF(!volume_holds(v, from, to));
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++) {
            const int64_t start[3] = {lo[0], j, k};

            l.at = (ptrdiff_t)at + (j - lo[1]) * stride[1] +
                   (k - lo[2]) * stride[2];
            if (g->same) {
                copy_line(v, start, &l);
            } else {
                line_at(&l, g, j, k);
                share(&l, along, of);
                line_of[v->pixel](&l);
            }
        }
}
