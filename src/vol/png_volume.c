/* Runs of pictures as volumes, read and written. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "vol/nifti_write.h"
#include "vol/png_read.h"
#include "vol/png_slices.h"

enum { AS_DOUBLE = 300, OFFSET = 32768 };

/* sform "aligned", no units; qform without code, as its library fills it for
 * the rotation x <-> -y, z <-> -z: half a turn about (-1, 1, 0). */
static const struct nifti_form study_form = {
    3, 2, 0, {-0.70710678118654757, 0.70710678118654757, 0.0}};

/* Axis 0 of the volume runs down the picture. */
static status
read_slice(const struct segment *s, const struct layout *l, void *out)
{
    status st = OK;
    int64_t rows = l->geo.size[0];
    int64_t columns = l->geo.size[1];
    uint16_t *picture = NULL;
    int16_t *to = out;

    TRY(mem_raw((size_t)(rows * columns), sizeof *picture, &picture));
    TRY(png_read(s->path, columns, rows, picture));
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            to[c * rows + r] =
                (int16_t)((int)picture[r * columns + c] - OFFSET);
out:
    mem_free(picture);
    return st;
}

/* gcc 12 drops (double)(float) of neighbours in an array when it turns them
 * into vectors; a volatile keeps the rounding. */
static double rounded(double v)
{
    volatile float f = (float)v;

    return (double)f;
}

status png_layout(const struct png_series *s,
                  const struct png_run *r,
                  const double spacing_mm[3],
                  struct layout *out)
{
    /* signs of zeros as the NIfTI reader gives them for the file */
    static const double origin[3] = {-0.0, -0.0, 0.0};
    static const double direction[9] = {-0.0, 1.0, -0.0, 1.0, -0.0,
                                        -0.0, 0.0, 0.0,  -1.0};
    status st = OK;
    struct layout l = {
        .coding = CODING_SLICE, .read_slice = read_slice, .disk = PIXEL_I16};

    l.pixel = r->n < AS_DOUBLE ? PIXEL_I16 : PIXEL_F64;
    l.scaled = l.pixel != l.disk;
    TRY(png_size(s->slice[r->first].path, &l.geo.size[1], &l.geo.size[0]));
    l.geo.size[2] = (int64_t)r->n;
    for (int a = 0; a < 3; a++)
        l.geo.spacing[a] = rounded(spacing_mm[a]);
    memcpy(l.geo.origin, origin, sizeof origin);
    memcpy(l.geo.direction, direction, sizeof direction);
    for (size_t i = 0; i < r->n; i++) {
        const struct segment g = {
            .path = s->slice[r->first + i].path, .slices = 1, .slope = 1.0};

        TRY(layout_add(&l, &g));
    }
    *out = l;
    l = (struct layout){.segment = NULL};
out:
    layout_free(&l);
    return st;
}

static status put_slices(const struct layout *l,
                         int16_t *slice,
                         double *as_double,
                         struct nifti_out *o)
{
    status st = OK;
    size_t n = (size_t)(l->geo.size[0] * l->geo.size[1]);

    for (size_t k = 0; k < l->segments; k++) {
        TRY(l->read_slice(&l->segment[k], l, slice));
        for (size_t i = 0; i < n && as_double; i++)
            as_double[i] = (double)slice[i];
        TRY(nifti_out_put(o, as_double ? (void *)as_double : (void *)slice, n));
    }
out:
    return st;
}

status png_volume(const struct png_series *s,
                  const struct png_run *r,
                  const double spacing_mm[3],
                  const char *path)
{
    status st = OK;
    struct nifti_form form = study_form;
    struct layout l = {.segment = NULL};
    struct nifti_out *o = NULL;
    int16_t *slice = NULL;
    double *as_double = NULL;
    size_t n;

    TRY(png_layout(s, r, spacing_mm, &l));
    form.rank = r->n == 1 ? 2 : 3;
    n = (size_t)(l.geo.size[0] * l.geo.size[1]);
    TRY(mem_raw(n, sizeof *slice, &slice));
    if (l.pixel == PIXEL_F64)
        TRY(mem_raw(n, sizeof *as_double, &as_double));
    TRY(nifti_out_open(path, &l.geo, l.pixel, &form, &o));
    TRY(put_slices(&l, slice, as_double, o));
    st = nifti_out_end(o);
    o = NULL;
out:
    nifti_out_drop(o);
    layout_free(&l);
    mem_free(slice);
    mem_free(as_double);
    return st;
}

/* --- a folder as a CT --- */

/* "007-009" is a run; without it there must be one. */
static status choose_run(const struct png_series *s,
                         const char *folder,
                         const char *part,
                         const struct png_run **out)
{
    status st = OK;
    struct text t = {NULL, 0, 0, OK};
    const char *p = part;
    int64_t first = 0;
    int64_t last = 0;

    ENSURE(!part ||
               (png_number(&p, '-', &first) && png_number(&p, '\0', &last)),
           ERR_DATA, "%s#%s: write FOLDER#FIRST-LAST (007-009)", folder, part);
    for (size_t i = 0; i < s->runs; i++) {
        const struct png_run *r = &s->run[i];
        int a = s->slice[r->first].number;
        int b = s->slice[r->first + r->n - 1].number;

        if (part ? a == first && b == last : s->runs == 1) {
            *out = r;
            goto out;
        }
        text_add(&t, "%s%03d-%03d", i ? ", " : "", a, b);
    }
    TRY(text_status(&t));
    ENSURE(false, ERR_DATA,
           "%s%s%s: the runs of slices in this folder are %s; name one as "
           "FOLDER#FIRST-LAST",
           folder, part ? "#" : "", part ? part : "", t.s);
out:
    text_free(&t);
    return st;
}

static status find_info(const char *folder, char **out)
{
    static const char *const above[] = {"../DL_info.csv", "../../DL_info.csv"};
    status st = OK;
    char *path = NULL;

    for (int i = 0; i < 2; i++) {
        TRY(file_join(folder, above[i], &path));
        if (file_exists(path)) {
            *out = path;
            return OK;
        }
        mem_free(path);
        path = NULL;
    }
    ENSURE(
        false, ERR_FILE,
        "%s: DL_info.csv is neither in the folder above nor in the one above "
        "that, so the spacing is unknown; put it there",
        folder);
out:
    mem_free(path);
    return st;
}

status png_parse(const char *path, struct layout *out)
{
    status st = OK;
    struct png_series s = {.name = NULL};
    const struct png_run *r = NULL;
    struct csv *info = NULL;
    char *folder = NULL;
    char *table = NULL;
    char *part = NULL;
    double spacing_mm[3];

    TRY(mem_text(path, &folder));
    if (!file_is_dir(folder) && strrchr(folder, '#')) {
        part = strrchr(folder, '#');
        *part++ = '\0';
    }
    TRY(png_series_open(folder, &s));
    TRY(choose_run(&s, folder, part, &r));
    TRY(find_info(folder, &table));
    TRY(csv_read(table, &info));
    TRY(png_spacing(info, s.name, spacing_mm));
    TRY(png_layout(&s, r, spacing_mm, out));
out:
    csv_free(info);
    mem_free(table);
    mem_free(folder);
    png_series_free(&s);
    return st;
}
