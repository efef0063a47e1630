/* What is drawn of a patient, and the assembly of the volume: body, lesions,
 * noise, rounding, storage. */
#include "vol/phantom.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#include "det/math.h"
#include "det/stream.h"

/* Streams of a patient: b of STREAM_PHANTOM. Append only. */
enum { PART_BODY = 0, PART_LESIONS = 1, PART_SCANNER = 2, PART_LABELS = 3 };

static const double extent_mm[3] = {192.0, 192.0, 160.0};

/* Orientations of storage: identity, flips, permutations (PLI is what the
 * study's largest data set has). */
static const struct {
    int axis[3];
    bool flip[3];
} STORAGE[] = {
    {{0, 1, 2}, {false, false, false}}, /* LPS */
    {{0, 1, 2}, {true, true, false}},   /* RAS */
    {{0, 1, 2}, {false, false, true}},  /* LPI */
    {{1, 0, 2}, {false, false, true}},  /* PLI */
    {{1, 0, 2}, {true, true, false}},   /* ARS */
    {{2, 0, 1}, {false, false, false}}, /* SLP */
    {{1, 2, 0}, {false, true, false}},  /* PIL */
    {{0, 2, 1}, {true, false, true}},   /* RSA */
};
enum { N_STORAGE = sizeof STORAGE / sizeof STORAGE[0] };

/* To a multiple of 1/1024, so that float32 headers hold it exactly. */
static double grid_1024(double v)
{
    return (double)(int64_t)(v * 1024.0 + 0.5) / 1024.0;
}

static void draw_body(struct phantom *p)
{
    struct stream s =
        stream_at(p->seed, STREAM_PHANTOM, p->patient, PART_BODY, 0);
    uint64_t storage = 0;

    p->noise = stream_u64(&s) >> 2;
    p->spacing[0] = grid_1024(stream_range(&s, 1.2, 1.6));
    p->spacing[1] = grid_1024(stream_range(&s, 1.2, 1.6));
    p->spacing[2] = 2.0 + 0.5 * (double)stream_below(&s, 3);
    for (int a = 0; a < 3; a++)
        p->size[a] = (int64_t)(extent_mm[a] / p->spacing[a] + 0.5);
    p->a = stream_range(&s, 82.0, 92.0);
    p->b = stream_range(&s, 64.0, 74.0);
    p->sd = stream_range(&s, 8.0, 20.0);
    storage = stream_below(&s, N_STORAGE);
    memcpy(p->axis, STORAGE[storage].axis, sizeof p->axis);
    memcpy(p->flip, STORAGE[storage].flip, sizeof p->flip);
}

static double dot(const double *u, const double *v)
{
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
}

/* A unit vector of random direction, at right angles to n rows of `to`. */
static void
draw_direction(struct stream *s, const double *to, int n, double out[3])
{
    double len = 0.0;

    while (len < 1e-6) { /* practically never twice */
        for (int a = 0; a < 3; a++)
            out[a] = stream_normal(s);
        for (int r = 0; r < n; r++) {
            double along = dot(out, to + (ptrdiff_t)3 * r);

            for (int a = 0; a < 3; a++)
                out[a] -= along * to[3 * r + a];
        }
        len = sqrt(dot(out, out));
    }
    for (int a = 0; a < 3; a++)
        out[a] /= len;
}

/* Inside the body, off the spine, off the other lesions. */
static bool place_is_free(const struct phantom *p, int n, const double c[3])
{
    double ex = c[0] / p->a;
    double ey = c[1] / p->b;
    double sy = c[1] - 0.58 * p->b;

    if (sqrt(ex * ex + ey * ey) > 0.72 || sqrt(c[0] * c[0] + sy * sy) < 26.0)
        return false;
    for (int i = 0; i < n; i++) {
        double d[3];

        for (int a = 0; a < 3; a++)
            d[a] = c[a] - p->lesion[i].center[a];
        if (sqrt(dot(d, d)) < 36.0)
            return false;
    }
    return true;
}

/* One try to place lesion n; false: the place is taken. */
static bool draw_lesion(struct phantom *p, struct stream *s, int n)
{
    struct phantom_lesion *l = &p->lesion[n];
    double c[3];

    c[0] = stream_range(s, -80.0, 80.0);
    c[1] = stream_range(s, -60.0, 60.0);
    c[2] = stream_range(s, -58.0, 58.0);
    if (!place_is_free(p, n, c))
        return false;
    memcpy(l->center, c, sizeof c);
    for (int r = 0; r < 3; r++)
        draw_direction(s, l->turn, r, l->turn + (ptrdiff_t)3 * r);
    for (int i = 0; i < PHANTOM_BALLS; i++)
        draw_direction(s, NULL, 0, l->ball[i]);
    l->radius = stream_range(s, 8.0, 12.0);
    for (int a = 0; a < 3; a++)
        l->stretch[a] = stream_range(s, 0.8, 1.2);
    l->base = stream_range(s, 80.0, 200.0);
    l->amp = stream_range(s, 150.0, 300.0);
    l->mottle = stream_double(s);
    l->noise = p->noise + 100 * (uint64_t)(n + 1);
    return true;
}

/* A patient whose first places leave no room for eight starts again. */
static void draw_lesions(struct phantom *p)
{
    enum { TRIES = 20000 };
    struct stream s =
        stream_at(p->seed, STREAM_PHANTOM, p->patient, PART_LESIONS, 0);
    uint32_t order[PHANTOM_CLASSES];
    int n = 0;

    stream_permutation(&s, PHANTOM_CLASSES, order);
    while (n < PHANTOM_LESIONS) {
        int tries = 0;

        for (n = 0; n < PHANTOM_LESIONS && tries < TRIES; tries++)
            n += draw_lesion(p, &s, n);
    }
    for (n = 0; n < PHANTOM_LESIONS; n++)
        p->lesion[n].cls = (int)order[n];
}

/* Risk q from class and contrast; see the header for what comes of it. */
static void draw_label(struct phantom *p, int n)
{
    const struct phantom_lesion *l = &p->lesion[n];
    struct stream s = stream_at(p->seed, STREAM_PHANTOM, p->patient,
                                PART_LABELS, (uint64_t)n);
    bool bad = l->cls == 2 || l->cls == 3 || l->cls == 5 || l->cls == 6;
    double q = 1.5 * bad - 0.75 + 0.75 * ((l->amp - 150.0) / 75.0 - 1.0);
    double death = 0.0;
    double censored = 0.0;

    p->label[n].malignant = stream_double(&s) < 1.0 / (1.0 + det_exp(-2.0 * q));
    death = -det_log(1.0 - stream_double(&s)) * 24.0 * det_exp(-0.8 * q);
    censored = stream_range(&s, 6.0, 48.0);
    p->label[n].event = death <= censored;
    p->label[n].months = death <= censored ? death : censored;
}

void phantom_draw(uint64_t seed, uint32_t patient, struct phantom *out)
{
    memset(out, 0, sizeof *out);
    out->seed = seed;
    out->patient = patient;
    draw_body(out);
    draw_lesions(out);
    for (int n = 0; n < PHANTOM_LESIONS; n++)
        draw_label(out, n);
}

/* ---- volume ------------------------------------------------------------ */

static void geometry_of(const struct phantom *p, struct geometry *g)
{
    memset(g, 0, sizeof *g);
    for (int a = 0; a < 3; a++) {
        int w = p->axis[a];
        double half = (double)(p->size[w] - 1) / 2.0 * p->spacing[w];

        g->size[a] = p->size[w];
        g->spacing[a] = p->spacing[w];
        g->direction[3 * w + a] = p->flip[a] ? -1.0 : 1.0;
        g->origin[w] = p->flip[a] ? half : -half;
    }
}

/* Where voxel 0 of the world lies in the file, and the steps along x, y, z. */
static int64_t strides_of(const struct phantom *p, int64_t stride[3])
{
    int64_t step = 1;
    int64_t at = 0;

    for (int a = 0; a < 3; a++) {
        int w = p->axis[a];

        stride[w] = p->flip[a] ? -step : step;
        if (p->flip[a])
            at += step * (p->size[w] - 1);
        step *= p->size[w];
    }
    return at;
}

/* Three uniforms of 21 bits from one draw: their sum has sd 1/2. */
static double scanner_noise(struct stream *s)
{
    enum { MASK = (1 << 21) - 1 };
    uint64_t u = stream_u64(s);
    uint64_t sum = (u & MASK) + (u >> 21 & MASK) + (u >> 42 & MASK);

    return 2.0 * ((double)sum * 0x1p-21 - 1.5);
}

/* Nearest, ties to even, without a call: |v| < 2^31. */
static double nearest(double v)
{
    const double magic = 0x1.8p52;

    return (v + magic) - magic;
}

static void
store_slice(const struct phantom *p, const float *hu, int64_t z, int16_t *out)
{
    struct stream s = stream_at(p->seed, STREAM_PHANTOM, p->patient,
                                PART_SCANNER, (uint64_t)z);
    int64_t stride[3];
    int64_t at = strides_of(p, stride) + z * stride[2];
    const float *in = hu + z * p->size[0] * p->size[1];

    for (int64_t y = 0; y < p->size[1]; y++) {
        int16_t *row = out + at + y * stride[1];

        for (int64_t x = 0; x < p->size[0]; x++) {
            double v = nearest((double)*in++ + p->sd * scanner_noise(&s));

            v = v < -1024.0 ? -1024.0 : v > 3071.0 ? 3071.0 : v;
            row[x * stride[0]] = (int16_t)v;
        }
    }
}

status phantom_volume(const struct phantom *p, struct volume *out)
{
    status st = OK;
    struct geometry geo;
    struct volume v = {0};
    float *hu = NULL;

    geometry_of(p, &geo);
    TRY(volume_new(&geo, PIXEL_I16, &v));
    TRY(mem_new(geometry_len(&geo), sizeof *hu, &hu));
    TRY(phantom_body(p, hu));
    for (int i = 0; i < PHANTOM_LESIONS; i++)
        phantom_add_lesion(p, &p->lesion[i], hu);
    for (int64_t z = 0; z < p->size[2]; z++)
        store_slice(p, hu, z, v.data);
    *out = v;
    memset(&v, 0, sizeof v);
out:
    mem_free(hu);
    volume_free(&v);
    return st;
}

/* ---- simple figures ---------------------------------------------------- */

struct moments {
    double n, sum, squares;
};

static void add_moment(struct moments *m, double v)
{
    m->n += 1.0;
    m->sum += v;
    m->squares += v * v;
}

static void put_moments(const struct moments *m, float out[2])
{
    double mean = m->sum / m->n;
    double var = m->squares / m->n - mean * mean;

    out[0] = (float)mean;
    out[1] = (float)sqrt(var > 0.0 ? var : 0.0);
}

status phantom_simple(const struct phantom_lesion *l,
                      const struct patch *patch,
                      int64_t radius,
                      float out[PHANTOM_SIMPLE])
{
    status st = OK;
    struct moments core = {0};
    struct moments all = {0};
    const int16_t *v = patch->data;
    double middle = (double)radius - 0.5;
    double reach = 0.8 * l->radius;

    ENSURE(patch->pixel == PIXEL_I16 && patch->shape[0] == 2 * radius &&
               patch->shape[1] == 2 * radius && patch->shape[2] == 2 * radius,
           ERR_DATA, "a phantom's patch of radius %lld is cut by the border",
           (long long)radius);
    for (int64_t z = 0; z < 2 * radius; z++)
        for (int64_t y = 0; y < 2 * radius; y++)
            for (int64_t x = 0; x < 2 * radius; x++) {
                double d[3] = {(double)x - middle, (double)y - middle,
                               (double)z - middle};

                add_moment(&all, *v);
                if (dot(d, d) < reach * reach)
                    add_moment(&core, *v);
                v++;
            }
    for (int a = 0; a < 3; a++)
        out[a] = (float)l->center[a];
    out[3] = (float)l->radius;
    put_moments(&core, out + 4);
    put_moments(&all, out + 6);
out:
    return st;
}
