/* The image is thought of in RAS, as the original resamples it, and handed out
 * in LPS: axes 0 and 1 run backwards. */
#include "vol/infer.h"

#include <math.h>
#include <string.h>

#include "vol/pixel.h"
#include "vol/window.h"

/* World point in RAS of corner number `corner` of a volume's voxel centres. */
static void corner_of(const struct geometry *g, int corner, double out[3])
{
    double index[3];

    for (int a = 0; a < 3; a++)
        index[a] = corner >> a & 1 ? (double)(g->size[a] - 1) : 0.0;
    geometry_point(g, index, out);
    out[0] = -out[0];
    out[1] = -out[1];
}

/* Least and largest coordinate of the corners. */
static void extent_of(const struct geometry *g, double least[3], double most[3])
{
    double p[3];

    for (int corner = 0; corner < 8; corner++) {
        corner_of(g, corner, p);
        for (int a = 0; a < 3; a++) {
            if (corner == 0 || p[a] < least[a])
                least[a] = p[a];
            if (corner == 0 || p[a] > most[a])
                most[a] = p[a];
        }
    }
}

/* Where voxel 0 of the image lies (RAS): at the corner that is the least on all
 * axes, else so that the middles of both images meet. */
static void zero_of(const struct geometry *g,
                    const double least[3],
                    const int64_t size[3],
                    double out[3])
{
    double half[3];

    for (int corner = 0; corner < 8; corner++) {
        corner_of(g, corner, out);
        if (fabs(out[0] - least[0]) <= 1e-8 &&
            fabs(out[1] - least[1]) <= 1e-8 && fabs(out[2] - least[2]) <= 1e-8)
            return;
    }
    for (int a = 0; a < 3; a++)
        half[a] = (double)g->size[a] / 2.0;
    geometry_point(g, half, out);
    for (int a = 0; a < 3; a++)
        out[a] = (a < 2 ? -out[a] : out[a]) - (double)size[a] / 2.0;
}

/* Is the volume in RAS at 1 mm already, within the original's tolerance? */
static bool
is_there(const struct geometry *g, const int64_t size[3], const double zero[3])
{
    static const double to_ras[3] = {-1.0, -1.0, 1.0};

    for (int r = 0; r < 3; r++) {
        double t = to_ras[r] * g->origin[r];

        if (g->size[r] != size[r] ||
            !(fabs(t - zero[r]) <= 1e-3 + 1e-5 * fabs(zero[r])))
            return false;
        for (int a = 0; a < 3; a++) {
            double want = r == a ? 1.0 : 0.0;
            double have = to_ras[r] * g->direction[3 * r + a] * g->spacing[a];

            if (!(fabs(have - want) <= 1e-3 + 1e-5 * want))
                return false;
        }
    }
    return true;
}

/* Where LPS voxel 0 lies; unchanged voxels keep their spacing too. */
static void place(struct infer_grid *g, const double zero[3])
{
    const double last[3] = {(double)(g->size[0] - 1), (double)(g->size[1] - 1),
                            0.0};

    if (g->same) {
        geometry_point(&g->input, last, g->origin);
        return;
    }
    g->origin[0] = -(zero[0] + last[0]);
    g->origin[1] = -(zero[1] + last[1]);
    g->origin[2] = zero[2];
}

/* LPS index of a point. */
static void
index_of(const struct infer_grid *g, const double point[3], double c[3])
{
    for (int a = 0; a < 3; a++)
        c[a] = point[a] - g->origin[a];
    if (!g->same)
        return;
    for (int r = 0; r < 3; r++) {
        c[r] = 0.0;
        for (int a = 0; a < 3; a++) {
            double far = point[a] - g->input.origin[a];

            c[r] += g->to_input[3 * r + a] * (a < 2 ? -far : far);
        }
    }
    for (int a = 0; a < 2; a++)
        c[a] = (double)(g->size[a] - 1) - c[a];
}

status infer_grid_of(const struct geometry *input, struct infer_grid *out)
{
    status st = OK;
    struct infer_grid g = {.input = *input};
    double least[3];
    double most[3];
    double zero[3];
    double point[3];

    TRY(geometry_check(input, "image"));
    extent_of(input, least, most);
    for (int a = 0; a < 3; a++) {
        double n = most[a] - least[a] + 1.0;

        ENSURE(n < 2147483647.0, ERR_DATA,
               "the image has %.9g voxels of 1 mm along axis %d of the "
               "patient, 1 to 2147483647 are possible; correct the header",
               n, a);
        g.size[a] = round_half_even(n);
    }
    zero_of(input, least, g.size, zero);
    g.same = is_there(input, g.size, zero);
    geometry_inverse(input, g.to_input);
    for (int r = 0; r < 3; r++) { /* the inverse takes LPS */
        for (int a = 0; a < 2; a++)
            g.to_input[3 * r + a] = -g.to_input[3 * r + a];
        point[r] =
            r < 2 ? zero[r] + input->origin[r] : zero[r] - input->origin[r];
    }
    for (int r = 0; r < 3; r++)
        for (int a = 0; a < 3; a++)
            g.input_zero[r] += g.to_input[3 * r + a] * point[a];
    place(&g, zero);
    *out = g;
out:
    return st;
}

void infer_box(const struct infer_grid *g,
               const struct infer_conf *conf,
               const double point[3],
               double c[3],
               int64_t lo[3],
               int64_t hi[3])
{
    double at[3];
    int64_t index[3];

    index_of(g, point, at);
    seed_index(at, index);
    for (int a = 0; a < 3; a++) {
        int64_t half = conf->size[2 - a] / 2;

        lo[a] = index[a] - half > 0 ? index[a] - half : 0;
        hi[a] = index[a] + half < g->size[a] ? index[a] + half : g->size[a];
        if (c)
            c[a] = at[a];
    }
}

/* How RAS indices become input positions, the original's detours included:
 *     q_a = o_a * grow_a + from_a;  u = zero + M q;  x_r = (u_r + back_r) *
 * shrink_r. */
struct sampling {
    double grow[3], from[3];
    double back[3], shrink[3];
};

static struct sampling sampling_of(const struct infer_grid *g, bool ideal)
{
    struct sampling s;

    for (int a = 0; a < 3; a++) {
        double d = (double)g->size[a];
        double n = (double)g->input.size[a];

        s.grow[a] = 1.0;
        s.from[a] = 0.0;
        s.back[a] = 0.0;
        s.shrink[a] = 1.0;
        if (ideal)
            continue;
        if (g->size[a] > 1) {
            s.grow[a] = d / (d - 1.0);
            s.from[a] = -0.5;
        } else {
            s.grow[a] = 0.0;
        }
        s.back[a] = 0.5;
        s.shrink[a] = (n - 1.0) / n;
    }
    return s;
}

static double stepped(const struct sampling *s, int a, int64_t o)
{
    return (double)o * s->grow[a] + s->from[a];
}

/* RAS index along axis a of LPS index i. */
static int64_t ras(const struct infer_grid *g, int a, int64_t i)
{
    return a < 2 ? g->size[a] - 1 - i : i;
}

static void position(const struct infer_grid *g,
                     const struct sampling *s,
                     const double q[3],
                     double x[3])
{
    for (int r = 0; r < 3; r++) {
        double u = g->input_zero[r];

        for (int a = 2; a >= 0; a--)
            u += g->to_input[3 * r + a] * q[a];
        x[r] = (u + s->back[r]) * s->shrink[r];
    }
}

/* Without interpolation the image is the volume with axes 0 and 1 mirrored. */
static void same_need(const struct infer_grid *g,
                      const int64_t lo[3],
                      const int64_t hi[3],
                      int64_t need_lo[3],
                      int64_t need_hi[3])
{
    for (int a = 0; a < 3; a++) {
        need_lo[a] = a < 2 ? g->size[a] - hi[a] : lo[a];
        need_hi[a] = need_lo[a] + hi[a] - lo[a];
    }
}

void infer_need(const struct infer_grid *g,
                const struct infer_conf *conf,
                const int64_t lo[3],
                const int64_t hi[3],
                int64_t need_lo[3],
                int64_t need_hi[3])
{
    struct sampling s = sampling_of(g, conf->ideal);
    double least[3] = {HUGE_VAL, HUGE_VAL, HUGE_VAL};
    double most[3] = {-HUGE_VAL, -HUGE_VAL, -HUGE_VAL};

    if (g->same) {
        same_need(g, lo, hi, need_lo, need_hi);
        return;
    }
    for (int corner = 0; corner < 8; corner++) {
        double q[3];
        double x[3];

        for (int a = 0; a < 3; a++)
            q[a] =
                stepped(&s, a, ras(g, a, corner >> a & 1 ? hi[a] - 1 : lo[a]));
        position(g, &s, q, x);
        for (int a = 0; a < 3; a++) {
            least[a] = x[a] < least[a] ? x[a] : least[a];
            most[a] = x[a] > most[a] ? x[a] : most[a];
        }
    }
    need_of(&g->input, least, most, need_lo, need_hi);
}

/* Neighbours of a position along each axis: elements of the part from its
 * first voxel, and weights; a neighbour outside the volume weighs 0. */
struct spot {
    size_t at[3][2];
    double w[3][2];
};

/* False: no neighbour lies in the volume. */
static bool find_spot(const struct volume *v,
                      const size_t step[3],
                      const double x[3],
                      struct spot *out)
{
    for (int a = 0; a < 3; a++) {
        double n = (double)v->geo.size[a];
        int64_t b;
        double d;

        if (!(x[a] > -1.0 && x[a] < n))
            return false;
        b = x[a] < 0.0 ? -1 : (int64_t)x[a];
        d = x[a] - (double)b;
        out->w[a][0] = b < 0 ? 0.0 : 1.0 - d;
        out->w[a][1] = b + 1 < v->geo.size[a] ? d : 0.0;
        out->at[a][0] = (size_t)((b < 0 ? 0 : b) - v->lo[a]) * step[a];
        out->at[a][1] = (size_t)((out->w[a][1] != 0.0 ? b + 1
                                  : b < 0             ? 0
                                                      : b) -
                                 v->lo[a]) *
                        step[a];
    }
    return true;
}

static inline double normal(float hu)
{
    return (double)((hu + 1024.0F) / 3072.0F);
}

#define VALUE(type)                                                            \
    static double value_##type(const void *data, const struct spot *s)         \
    {                                                                          \
        double sum[3] = {0.0, 0.0, 0.0};                                       \
                                                                               \
        for (int k = 0; k < 2; k++) {                                          \
            sum[1] = 0.0;                                                      \
            for (int j = 0; j < 2; j++) {                                      \
                const type *in =                                               \
                    (const type *)data + s->at[2][k] + s->at[1][j];            \
                double a = normal((float)in[s->at[0][0]]);                     \
                double b = normal((float)in[s->at[0][1]]);                     \
                                                                               \
                sum[0] = s->w[0][0] * a + s->w[0][1] * b;                      \
                sum[1] += s->w[1][j] * sum[0];                                 \
            }                                                                  \
            sum[2] += s->w[2][k] * sum[1];                                     \
        }                                                                      \
        return sum[2];                                                         \
    }

VALUE(uint8_t)
VALUE(int8_t)
VALUE(uint16_t)
VALUE(int16_t)
VALUE(uint32_t)
VALUE(int32_t)
VALUE(float)
VALUE(double)

static double (*const value_of[PIXEL_TYPES])(const void *,
                                             const struct spot *) = {
    value_uint8_t,  value_int8_t,  value_uint16_t, value_int16_t,
    value_uint32_t, value_int32_t, value_float,    value_double};

static void steps_of(const struct volume *v, size_t step[3])
{
    step[0] = 1;
    step[1] = (size_t)(v->hi[0] - v->lo[0]);
    step[2] = step[1] * (size_t)(v->hi[1] - v->lo[1]);
}

static void copy_box(const struct volume *v,
                     const struct infer_grid *g,
                     const int64_t lo[3],
                     const int64_t hi[3],
                     float *out,
                     const int32_t shape[3])
{
    size_t step[3];

    steps_of(v, step);
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++) {
            float *line =
                out + ((k - lo[2]) * shape[1] + (j - lo[1])) * shape[2];

            for (int64_t i = lo[0]; i < hi[0]; i++) {
                size_t at = (size_t)(ras(g, 0, i) - v->lo[0]) +
                            (size_t)(ras(g, 1, j) - v->lo[1]) * step[1] +
                            (size_t)(k - v->lo[2]) * step[2];
                float hu;

                pixel_floats(v->pixel, v->data, at, 1, &hu);
                line[i - lo[0]] = (float)normal(hu);
            }
        }
}

static void sample_box(const struct volume *v,
                       const struct infer_grid *g,
                       const struct sampling *s,
                       const int64_t lo[3],
                       const int64_t hi[3],
                       float *out,
                       const int32_t shape[3])
{
    double (*value)(const void *, const struct spot *) = value_of[v->pixel];
    size_t step[3];
    struct spot spot;
    double q[3];
    double x[3];

    steps_of(v, step);
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++) {
            float *line =
                out + ((k - lo[2]) * shape[1] + (j - lo[1])) * shape[2];

            q[2] = stepped(s, 2, k);
            q[1] = stepped(s, 1, ras(g, 1, j));
            for (int64_t i = lo[0]; i < hi[0]; i++) {
                q[0] = stepped(s, 0, ras(g, 0, i));
                position(g, s, q, x);
                line[i - lo[0]] = find_spot(v, step, x, &spot)
                                      ? (float)value(v->data, &spot)
                                      : 0.0F;
            }
        }
}

void infer_patch(const struct volume *v,
                 const struct infer_grid *g,
                 const struct infer_conf *conf,
                 const int64_t lo[3],
                 const int64_t hi[3],
                 struct patch *out)
{
    struct sampling s = sampling_of(g, conf->ideal);
    int64_t from[3];
    int64_t to[3];
    size_t at = 0;

    infer_need(g, conf, lo, hi, from, to);
    BUG_IF(!volume_holds(v, from, to));
    out->pixel = PIXEL_F32;
    for (int a = 0; a < 3; a++) { /* z, y, x */
        int64_t len = hi[2 - a] - lo[2 - a];

        BUG_IF(len < 1 || len > conf->size[a]);
        out->shape[a] = (int32_t)conf->size[a];
        at = at * (size_t)conf->size[a] + (size_t)((conf->size[a] - len) / 2);
    }
    memset(out->data, 0, patch_len(out) * sizeof(float));
    if (g->same)
        copy_box(v, g, lo, hi, (float *)out->data + at, out->shape);
    else
        sample_box(v, g, &s, lo, hi, (float *)out->data + at, out->shape);
}

void infer_precropped_shape(const struct geometry *geo,
                            const struct infer_conf *conf,
                            int32_t shape[3])
{
    for (int a = 0; a < 3; a++)
        shape[a] = (int32_t)(geo->size[a] > conf->size[a] ? geo->size[a]
                                                          : conf->size[a]);
}

void infer_precropped(const struct volume *v,
                      const struct infer_conf *conf,
                      struct patch *out)
{
    const int64_t *n = v->geo.size;
    int64_t before[3];
    float *to = out->data;
    size_t from = 0;

    infer_precropped_shape(&v->geo, conf, out->shape);
    for (int a = 0; a < 3; a++)
        before[a] = (out->shape[a] - n[a]) / 2;
    out->pixel = PIXEL_F32;
    memset(out->data, 0, patch_len(out) * sizeof(float));
    for (int64_t k = 0; k < n[2]; k++)
        for (int64_t j = 0; j < n[1]; j++)
            for (int64_t i = 0; i < n[0]; i++, from++) {
                int64_t at = ((i + before[0]) * out->shape[1] + j + before[1]) *
                                 out->shape[2] +
                             k + before[2];
                float hu;

                pixel_floats(v->pixel, v->data, from, 1, &hu);
                to[at] = (float)normal(hu);
            }
}
