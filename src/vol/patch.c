/* A patch is a box of the image that is sliced (re-oriented or not), turned
 * to LPS. Both turns are permutations and reversals of index axes, so the box
 * is carried back to the native grid, only its voxels are resampled, and they
 * are written to their final places by strides. */
#include "vol/patch.h"

#include <string.h>

#include "base/mem.h"

#include "vol/orient.h"

status patch_new(int64_t radius, enum pixel pixel, struct patch *out)
{
    status st = OK;
    struct patch p = {{0, 0, 0}, pixel, NULL};

    ENSURE(radius >= 1 && radius <= 1024, ERR_CONF,
           "patch radius is %lld, 1 to 1024 is possible", (long long)radius);
    TRY(mem_new((size_t)(8 * radius * radius * radius), pixel_size(pixel),
                &p.data));
    *out = p;
out:
    return st;
}

void patch_free(struct patch *p)
{
    if (!p)
        return;
    mem_free(p->data);
    memset(p, 0, sizeof *p);
}

size_t patch_len(const struct patch *p)
{
    return (size_t)p->shape[0] * (size_t)p->shape[1] * (size_t)p->shape[2];
}

status patch_grid(const struct geometry *geo,
                  const struct patch_conf *conf,
                  struct grid *out)
{
    return grid_of(geo, conf->resample ? conf->spacing_mm : NULL, NULL, out);
}

static const struct orient as_it_is = {{0, 1, 2}, {false, false, false}};

/* From the native grid to the image that is sliced. */
static struct orient sliced(const struct grid *g, const struct patch_conf *conf)
{
    return conf->orient ? orient_to(g->geo.direction, "LPI") : as_it_is;
}

/* A box of the image that is sliced, in the native grid: axis a of the sliced
 * image is native axis first.from[a]. */
static void native_box(const struct grid *g,
                       struct orient first,
                       const int64_t lo[3],
                       const int64_t hi[3],
                       int64_t native_lo[3],
                       int64_t native_hi[3])
{
    for (int a = 0; a < 3; a++) {
        int n = first.from[a];

        native_lo[n] = first.flip[a] ? g->geo.size[n] - hi[a] : lo[a];
        native_hi[n] = native_lo[n] + hi[a] - lo[a];
    }
}

void patch_need(const struct grid *g,
                const struct patch_conf *conf,
                const int64_t lo[3],
                const int64_t hi[3],
                int64_t need_lo[3],
                int64_t need_hi[3])
{
    int64_t native_lo[3];
    int64_t native_hi[3];

    native_box(g, sliced(g, conf), lo, hi, native_lo, native_hi);
    window_need(g, native_lo, native_hi, need_lo, need_hi);
}

void patch_cut(const struct volume *v,
               const struct grid *g,
               const struct patch_conf *conf,
               const int64_t lo[3],
               const int64_t hi[3],
               struct patch *out)
{
    struct orient first = sliced(g, conf);
    struct geometry geo = orient_geometry(&g->geo, first);
    struct orient second =
        conf->orient_patch ? orient_to(geo.direction, "LPS") : as_it_is;
    int64_t native_lo[3];
    int64_t native_hi[3];
    ptrdiff_t stride[3];
    ptrdiff_t step = 1;
    ptrdiff_t at = 0;

    native_box(g, first, lo, hi, native_lo, native_hi);
    for (int b = 0; b < 3; b++) { /* patch axis x, y, z */
        int a = second.from[b];
        int n = first.from[a];
        int64_t len = hi[a] - lo[a];

        stride[n] = step;
        if (first.flip[a] != second.flip[b] && len > 0) {
            stride[n] = -step;
            at += step * (ptrdiff_t)(len - 1);
        }
        out->shape[2 - b] = (int32_t)len;
        step *= (ptrdiff_t)len;
    }
    out->pixel = v->pixel;
    if (step > 0)
        window_resample(v, g, native_lo, native_hi, out->data, (size_t)at,
                        stride);
}

/* Half-open box of a seed's index, clamped to the sliced image. */
static void box_of(const int64_t size[3],
                   const int64_t index[3],
                   int64_t radius,
                   int64_t lo[3],
                   int64_t hi[3])
{
    for (int a = 0; a < 3; a++) {
        int64_t from = index[a] - radius;
        int64_t to = index[a] + radius;

        lo[a] = from < 0 ? 0 : from > size[a] ? size[a] : from;
        hi[a] = to < 0 ? 0 : to > size[a] ? size[a] : to;
        if (hi[a] < lo[a])
            hi[a] = lo[a];
    }
}

void patch_box(const struct grid *g,
               const struct patch_conf *conf,
               const double point[3],
               int64_t lo[3],
               int64_t hi[3])
{
    struct geometry geo = orient_geometry(&g->geo, sliced(g, conf));
    double c[3];
    int64_t index[3];

    geometry_index(&g->geo, g->inverse, point, c);
    seed_index(c, index);
    box_of(geo.size, index, conf->radius, lo, hi);
}

struct geometry patch_image(const struct grid *g, const struct patch_conf *conf)
{
    return orient_geometry(&g->geo, sliced(g, conf));
}

void patch_positive(const struct volume *v,
                    const struct grid *g,
                    const struct patch_conf *conf,
                    const double point[3],
                    struct patch *out)
{
    int64_t lo[3];
    int64_t hi[3];

    patch_box(g, conf, point, lo, hi);
    patch_cut(v, g, conf, lo, hi, out);
}

void patch_seed(const struct grid *g,
                const struct patch_conf *conf,
                const double point[3],
                int64_t at[3])
{
    struct geometry geo = patch_image(g, conf);
    struct orient second =
        conf->orient_patch ? orient_to(geo.direction, "LPS") : as_it_is;
    int64_t lo[3];
    int64_t hi[3];
    int64_t index[3];
    double c[3];

    geometry_index(&g->geo, g->inverse, point, c);
    seed_index(c, index);
    box_of(geo.size, index, conf->radius, lo, hi);
    for (int b = 0; b < 3; b++) {
        int a = second.from[b];

        at[2 - b] = second.flip[b] ? hi[a] - 1 - index[a] : index[a] - lo[a];
    }
}

/* Edge of a negative along axis a of the sliced image. */
static int64_t
edge(const struct geometry *geo, const struct patch_conf *conf, int a)
{
    return geo->size[a] < 2 * conf->radius ? geo->size[a] : 2 * conf->radius;
}

void negative_range(const struct grid *g,
                    const struct patch_conf *conf,
                    int64_t range[3])
{
    struct geometry geo = patch_image(g, conf);

    for (int a = 0; a < 3; a++)
        range[a] = geo.size[a] - edge(&geo, conf, a) + 1;
}

void negative_draw(const struct grid *g,
                   const struct patch_conf *conf,
                   struct stream *s,
                   int64_t corner[3])
{
    int64_t range[3];

    negative_range(g, conf, range);
    for (int a = 0; a < 3; a++)
        corner[a] =
            range[a] > 1 ? (int64_t)stream_below(s, (uint64_t)range[a]) : 0;
}

bool negative_holds(const struct grid *g,
                    const struct patch_conf *conf,
                    const int64_t corner[3],
                    const double point[3])
{
    struct geometry geo = patch_image(g, conf);
    double c[3];
    int64_t index[3];

    geometry_index(&g->geo, g->inverse, point, c);
    seed_index(c, index);
    for (int a = 0; a < 3; a++)
        if (index[a] < corner[a] || index[a] >= corner[a] + edge(&geo, conf, a))
            return false;
    return true;
}

void negative_box(const struct grid *g,
                  const struct patch_conf *conf,
                  const int64_t corner[3],
                  int64_t lo[3],
                  int64_t hi[3])
{
    struct geometry geo = patch_image(g, conf);

    for (int a = 0; a < 3; a++) {
        lo[a] = corner[a];
        hi[a] = corner[a] + edge(&geo, conf, a);
        BUG_IF(lo[a] < 0 || hi[a] > geo.size[a]);
    }
}

void patch_negative(const struct volume *v,
                    const struct grid *g,
                    const struct patch_conf *conf,
                    const int64_t corner[3],
                    struct patch *out)
{
    int64_t lo[3];
    int64_t hi[3];

    negative_box(g, conf, corner, lo, hi);
    patch_cut(v, g, conf, lo, hi, out);
}
