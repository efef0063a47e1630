#include "vol/cutter.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

#include "vol/pixel.h"

struct cutter {
    struct cutter_conf conf;
    struct scan *scan;
    struct grid grid;        /* training; of the volume itself otherwise */
    struct infer_grid image; /* inference */
};

status cutter_open(const char *path,
                   const struct cutter_conf *conf,
                   struct cutter **out)
{
    status st = OK;
    struct cutter *c = NULL;
    const struct geometry *geo;

    TRY(mem_new(1, sizeof *c, &c));
    c->conf = *conf;
    TRY(scan_open(path, &c->scan));
    geo = scan_geometry(c->scan);
    if (conf->path == CUTTER_TRAINING)
        st = patch_grid(geo, &conf->train, &c->grid);
    else
        st = grid_of(geo, NULL, NULL, &c->grid);
    if (st == OK && conf->path == CUTTER_INFERENCE)
        st = infer_grid_of(geo, &c->image);
    if (st != OK)
        status_prefix("%s: ", path);
    TRY(st);
    *out = c;
    c = NULL;
out:
    cutter_close(c);
    return st;
}

void cutter_close(struct cutter *c)
{
    if (!c)
        return;
    scan_close(c->scan);
    mem_free(c);
}

const struct geometry *cutter_geometry(const struct cutter *c)
{
    return scan_geometry(c->scan);
}

enum pixel cutter_volume_pixel(const struct cutter *c)
{
    return scan_pixel(c->scan);
}

enum pixel cutter_pixel(const struct cutter *c)
{
    return c->conf.path == CUTTER_TRAINING ? scan_pixel(c->scan) : PIXEL_F32;
}

const struct grid *cutter_grid(const struct cutter *c)
{
    return &c->grid;
}

bool cutter_decoded(const struct cutter *c)
{
    return scan_decoded(c->scan);
}

bool cutter_forward(const struct cutter *c)
{
    return scan_forward(c->scan);
}

static void largest(const struct cutter *c, int32_t shape[3])
{
    const struct infer_conf *i = &c->conf.infer;

    for (int a = 0; a < 3; a++)
        shape[a] =
            (int32_t)(c->conf.path == CUTTER_TRAINING ? 2 * c->conf.train.radius
                                                      : i->size[a]);
    if (c->conf.path == CUTTER_PRECROPPED)
        infer_precropped_shape(scan_geometry(c->scan), i, shape);
}

size_t cutter_len(const struct cutter *c)
{
    struct patch p = {0};

    largest(c, p.shape);
    return patch_len(&p);
}

uint32_t cutter_edge(const struct cutter *c)
{
    int32_t shape[3];
    int32_t edge = 0;

    largest(c, shape);
    for (int a = 0; a < 3; a++)
        edge = shape[a] > edge ? shape[a] : edge;
    return (uint32_t)edge;
}

/* The volume's own grid, nothing turned: where does a seed lie? */
static struct patch_conf plain(const struct cutter *c)
{
    return (struct patch_conf){.radius = c->conf.infer.size[0]};
}

status
cutter_check(const struct cutter *c, const double point[3], const char *name)
{
    status st = OK;
    struct patch_conf own = plain(c);
    int64_t lo[3];
    int64_t hi[3];

    if (c->conf.path == CUTTER_PRECROPPED)
        return OK;
    if (c->conf.path == CUTTER_TRAINING)
        return seed_check(&c->grid, &c->conf.train, point, c->conf.tolerance_mm,
                          name);
    TRY(seed_check(&c->grid, &own, point, c->conf.tolerance_mm, name));
    infer_box(&c->image, &c->conf.infer, point, NULL, lo, hi);
    for (int a = 0; a < 3; a++)
        ENSURE(lo[a] < hi[a], ERR_DATA,
               "%s: the crop about the seed (%.9g, %.9g, %.9g) mm is empty "
               "along axis %d: the image ends at %" PRId64
               ", the crop goes from %" PRId64 " to %" PRId64,
               name, point[0], point[1], point[2], a, c->image.size[a], lo[a],
               hi[a]);
out:
    return st;
}

void cutter_seed(const struct cutter *c,
                 const double point[3],
                 struct piece *out)
{
    const struct geometry *geo = scan_geometry(c->scan);

    switch (c->conf.path) {
    case CUTTER_TRAINING:
        patch_box(&c->grid, &c->conf.train, point, out->lo, out->hi);
        patch_need(&c->grid, &c->conf.train, out->lo, out->hi, out->need_lo,
                   out->need_hi);
        break;
    case CUTTER_INFERENCE:
        infer_box(&c->image, &c->conf.infer, point, NULL, out->lo, out->hi);
        infer_need(&c->image, &c->conf.infer, out->lo, out->hi, out->need_lo,
                   out->need_hi);
        break;
    case CUTTER_PRECROPPED:
        for (int a = 0; a < 3; a++) {
            out->lo[a] = out->need_lo[a] = 0;
            out->hi[a] = out->need_hi[a] = geo->size[a];
        }
        break;
    }
}

bool cutter_mark(const struct cutter *c, const double point[3], int64_t at[3])
{
    const struct infer_conf *conf = &c->conf.infer;
    int64_t index[3];
    int64_t lo[3];
    int64_t hi[3];
    double exact[3];

    if (c->conf.path == CUTTER_TRAINING)
        patch_seed(&c->grid, &c->conf.train, point, at);
    if (c->conf.path != CUTTER_INFERENCE)
        return c->conf.path == CUTTER_TRAINING;
    infer_box(&c->image, conf, point, exact, lo, hi);
    seed_index(exact, index);
    for (int a = 0; a < 3; a++) {
        int64_t zeros = conf->size[2 - a] - (hi[a] - lo[a]);

        at[2 - a] = index[a] - lo[a] + zeros / 2;
    }
    return true;
}

void cutter_corner(const struct cutter *c,
                   const int64_t corner[3],
                   struct piece *out)
{
    BUG_IF(c->conf.path != CUTTER_TRAINING);
    negative_box(&c->grid, &c->conf.train, corner, out->lo, out->hi);
    patch_need(&c->grid, &c->conf.train, out->lo, out->hi, out->need_lo,
               out->need_hi);
}

status cutter_read(struct cutter *c,
                   const int64_t lo[3],
                   const int64_t hi[3],
                   struct volume *out)
{
    if (lo[0] < hi[0] && lo[1] < hi[1] && lo[2] < hi[2])
        return scan_part(c->scan, lo, hi, out);
    *out = volume_of(scan_geometry(c->scan), scan_pixel(c->scan), NULL);
    for (int a = 0; a < 3; a++)
        out->lo[a] = out->hi[a] = 0;
    return OK;
}

status cutter_read_last(struct cutter *c,
                        const int64_t lo[3],
                        const int64_t hi[3],
                        struct volume *out)
{
    enum { SLICES = 8 };
    status st = OK;
    struct volume v =
        volume_of(scan_geometry(c->scan), scan_pixel(c->scan), NULL);
    size_t slice = (size_t)((hi[0] - lo[0]) * (hi[1] - lo[1]));
    int64_t from[3] = {lo[0], lo[1], lo[2]};
    int64_t to[3] = {hi[0], hi[1], hi[2]};

    TRY(mem_raw(slice * (size_t)(hi[2] - lo[2]), pixel_size(v.pixel), &v.data));
    for (; from[2] < hi[2]; from[2] = to[2]) {
        size_t at = slice * (size_t)(from[2] - lo[2]) * pixel_size(v.pixel);

        to[2] = from[2] + SLICES < hi[2] ? from[2] + SLICES : hi[2];
        TRY(scan_read(c->scan, from, to, (char *)v.data + at));
    }
    memcpy(v.lo, lo, sizeof v.lo);
    memcpy(v.hi, hi, sizeof v.hi);
    *out = v;
    v.data = NULL;
out:
    volume_free(&v);
    return st;
}

void cutter_cut(const struct cutter *c,
                const struct volume *part,
                const struct piece *piece,
                struct patch *out)
{
    switch (c->conf.path) {
    case CUTTER_TRAINING:
        patch_cut(part, &c->grid, &c->conf.train, piece->lo, piece->hi, out);
        break;
    case CUTTER_INFERENCE:
        infer_patch(part, &c->image, &c->conf.infer, piece->lo, piece->hi, out);
        break;
    case CUTTER_PRECROPPED:
        infer_precropped(part, &c->conf.infer, out);
        break;
    }
}
