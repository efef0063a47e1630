/* From fields to a layout. */
#include "vol/nrrd_read.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

#include "vol/nrrd_fields.h"

static status check_fields(const struct nrrd_fields *f, const struct heading *h)
{
    static const struct {
        enum nrrd_field field;
        const char *name;
    } needed[] = {{NRRD_DIMENSION, "dimension"},
                  {NRRD_TYPE, "type"},
                  {NRRD_SIZES, "sizes"},
                  {NRRD_ENCODING, "encoding"}};
    status st = OK;

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        ENSURE(nrrd_has(f, needed[i].field), ERR_DATA,
               "%s: the NRRD header has no field %s; fetch the file again",
               h->path, needed[i].name);
    ENSURE(nrrd_has(f, NRRD_ENDIAN) || f->coding == CODING_TEXT ||
               pixel_size((enum pixel)f->type) == 1,
           ERR_DATA, "%s: the NRRD header has no field endian", h->path);
    ENSURE(f->space == NRRD_NO_SPACE || !nrrd_has(f, NRRD_SPACINGS), ERR_DATA,
           "%s: the NRRD header has spacings and a space; give space "
           "directions instead of spacings",
           h->path);
    ENSURE(!nrrd_has(f, NRRD_MINS) || f->space == NRRD_NO_SPACE, ERR_DATA,
           "%s: the NRRD header has axis mins and a space; give a space origin "
           "instead",
           h->path);
    ENSURE(f->byte_skip >= 0 || f->coding == CODING_RAW, ERR_DATA,
           "%s: byte skip -1 goes with encoding raw only; convert it", h->path);
out:
    return st;
}

/* With a space: vectors and origin, turned to LPS as the toolkit does. */
static status
in_space(const struct nrrd_fields *f, const struct heading *h, struct layout *l)
{
    status st = OK;
    double sign[3] = {1.0, 1.0, 1.0};

    if (f->space == NRRD_RAS)
        sign[0] = sign[1] = -1.0;
    if (f->space == NRRD_LAS) {
        sign[0] = -1.0;
        l->note = "space LAS: x is negated as SimpleITK does, which gives no "
                  "LPS coordinates; convert the file to LPS or RAS";
    }
    for (int a = 0; a < 3 && nrrd_has(f, NRRD_DIRECTIONS); a++) {
        const double *v = f->vector[a];
        double n = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);

        ENSURE(n > 0.0, ERR_DATA,
               "%s: the space direction of axis %d has length 0; correct the "
               "header",
               h->path, a);
        l->geo.spacing[a] = n;
        for (int r = 0; r < 3; r++)
            l->geo.direction[3 * r + a] = sign[r] * (v[r] * (1.0 / n));
    }
    for (int r = 0; r < 3 && nrrd_has(f, NRRD_ORIGIN); r++)
        l->geo.origin[r] = sign[r] * f->origin[r];
out:
    return st;
}

/* Without: spacings along the axes. */
static status along_axes(const struct nrrd_fields *f,
                         const struct heading *h,
                         struct layout *l)
{
    status st = OK;

    for (size_t a = 0; a < 3; a++) {
        double s = f->spacing[a];

        ENSURE(s != 0.0, ERR_DATA,
               "%s: the spacing of axis %zu is 0; correct the header", h->path,
               a);
        ENSURE(!nrrd_has(f, NRRD_MINS) || (isfinite(s) && isfinite(f->min[a])),
               ERR_DATA,
               "%s: axis %zu has axis mins without spacing, or the other way "
               "round; correct the header",
               h->path, a);
        if (isnan(s))
            continue;
        l->geo.spacing[a] = fabs(s);
        if (s < 0.0)
            l->geo.direction[4 * a] = -1.0;
        if (nrrd_has(f, NRRD_MINS))
            l->geo.origin[a] = f->node ? f->min[a] : f->min[a] + s / 2.0;
    }
out:
    return st;
}

/* Bytes of `lines` lines from `at` on. */
static status
skip_lines(const char *path, uint64_t at, int64_t lines, uint64_t *len)
{
    status st = OK;
    uint64_t size = 0;
    FILE *f = NULL;

    *len = 0;
    TRY(file_size(path, &size));
    ENSURE(size > at, ERR_DATA, "%s: is empty: truncated; fetch it again",
           path);
    f = fopen(path, "rb");
    ENSURE(f, ERR_FILE, "%s: %s", path, strerror(errno));
    ENSURE(fseeko(f, (off_t)at, SEEK_SET) == 0, ERR_FILE, "%s: %s", path,
           strerror(errno));
    while (lines > 0) {
        int c = getc_unlocked(f);

        ENSURE(c != EOF, ERR_DATA,
               "%s: ends before the lines that line skip passes over: "
               "truncated; fetch the file again",
               path);
        ++*len;
        if (c == '\n')
            lines--;
    }
out:
    if (f)
        (void)fclose(f);
    return st;
}

/* Where the voxels of each segment begin. */
static status place(const struct nrrd_fields *f, struct layout *l)
{
    status st = OK;

    for (size_t i = 0; i < l->segments; i++) {
        struct segment *s = &l->segment[i];
        uint64_t lines = 0;

        if (f->line_skip > 0)
            TRY(skip_lines(s->path, s->offset, f->line_skip, &lines));
        s->offset += lines;
        if (f->byte_skip < 0)
            TRY(layout_at_end(l, s));
        else if (f->coding == CODING_GZIP)
            s->skip = (uint64_t)f->byte_skip;
        else
            s->offset += (uint64_t)f->byte_skip;
    }
out:
    return st;
}

static status
add_files(const struct nrrd_fields *f, struct heading *h, struct layout *l)
{
    status st = OK;
    struct segment model = {.slices = l->geo.size[2], .slope = 1.0};
    const char *name = f->file;

    if (!name) { /* behind the header */
        model.offset = h->at;
        name = strrchr(h->path, '/');
        TRY(heading_file(h, name ? name + 1 : h->path, &model, l));
        return OK;
    }
    if (f->list)
        TRY(heading_list(h, &model, !f->list_3d, l));
    else if (strchr(name, '%'))
        TRY(heading_pattern(h, name, &model, l));
    else
        TRY(heading_file(h, name, &model, l));
out:
    return st;
}

status nrrd_parse(const char *path, struct layout *out)
{
    status st = OK;
    struct heading h = {0};
    struct nrrd_fields f;
    struct layout l = {.geo = {.spacing = {1, 1, 1},
                               .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}}};

    TRY(heading_open(path, &h));
    TRY(nrrd_fields(&h, &f));
    TRY(check_fields(&f, &h));
    memcpy(l.geo.size, f.size, sizeof f.size);
    l.disk = l.pixel = (enum pixel)f.type;
    l.coding = f.coding;
    l.swap = f.coding != CODING_TEXT && f.big;
    if (f.space != NRRD_NO_SPACE)
        TRY(in_space(&f, &h, &l));
    else
        TRY(along_axes(&f, &h, &l));
    TRY(add_files(&f, &h, &l));
    TRY(place(&f, &l));
    *out = l;
    l = (struct layout){0};
out:
    layout_free(&l);
    heading_free(&h);
    return st;
}
