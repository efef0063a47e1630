/* Order, checks and geometry of the slices of a series. The arithmetic follows
 * GDCMImageIO and ImageSeriesReader of ITK 5.4 operation by operation, so that
 * the same bits come out. */
#include "vol/dicom_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const double same_place_mm = 1e-4;
static const double off_grid = 0.1;      /* of the spacing */
static const double shift_pixels = 0.25; /* in plane */
static const double same_direction = 1e-4;
static const double unit_length = 1e-2;

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void normalise(double v[3])
{
    double factor = 1.0 / sqrt(dot(v, v));

    for (int i = 0; i < 3; i++)
        v[i] = factor * v[i];
}

/* What one number needs: name, value, cause, remedy. */
static status check_fields(const char *path, const struct dicom_head *h)
{
    status st = OK;

    ENSURE(h->rows > 0 && h->columns > 0, ERR_DATA,
           "%s: DICOM fields rows (0028,0010) and columns (0028,0011) are %d "
           "and %d; correct the file",
           path, h->rows, h->columns);
    ENSURE(h->samples == 1 || h->samples == -1, ERR_DATA,
           "%s: DICOM field samples per pixel (0028,0002) is %d: a colour "
           "picture, no CT slice; remove it from the folder",
           path, h->samples);
    ENSURE(strcmp(h->photometric, "MONOCHROME2") == 0 || !h->photometric[0],
           ERR_DATA,
           "%s: DICOM field photometric interpretation (0028,0004) is \"%s\", "
           "CT slices are MONOCHROME2; remove it from the folder",
           path, h->photometric);
    ENSURE(isnan(h->frames) || h->frames == 1.0, ERR_DATA,
           "%s: DICOM field number of frames (0028,0008) is %.9g: enhanced CT "
           "in one file is not read; convert it with dcm2niix and list the "
           ".nii.gz",
           path, h->frames);
    ENSURE(h->allocated == 8 || h->allocated == 16, ERR_DATA,
           "%s: DICOM field bits allocated (0028,0100) is %d, 8 and 16 are "
           "read; convert it with dcm2niix and list the .nii.gz",
           path, h->allocated);
    ENSURE(h->stored > h->allocated - 8 && h->stored <= h->allocated, ERR_DATA,
           "%s: DICOM field bits stored (0028,0101) is %d where %d are "
           "allocated; correct the file",
           path, h->stored, h->allocated);
    ENSURE(h->high == h->stored - 1 ||
               (h->high == -1 && h->stored == h->allocated),
           ERR_DATA,
           "%s: DICOM field high bit (0028,0102) is %d where %d bits are "
           "stored, %d is read; convert it with dcm2niix and list the .nii.gz",
           path, h->high, h->stored, h->stored - 1);
    ENSURE(h->is_signed == 0 || h->is_signed == 1, ERR_DATA,
           "%s: DICOM field pixel representation (0028,0103) is %s; 0 "
           "(unsigned) and 1 (signed) are possible, correct the file",
           path, h->is_signed == -1 ? "absent" : "another number");
out:
    return st;
}

static status check_place(const char *path, const struct dicom_head *h)
{
    status st = OK;
    const double *row = h->orientation;
    const double *column = h->orientation + 3;

    ENSURE(!isnan(h->position[0]), ERR_DATA,
           "%s: DICOM field image position (0020,0032) is absent, so the place "
           "of the slice is unknown; remove the file or fetch the scan again",
           path);
    ENSURE(!isnan(row[0]), ERR_DATA,
           "%s: DICOM field image orientation (0020,0037) is absent, so the "
           "place of the slice is unknown; remove the file or fetch the scan "
           "again",
           path);
    ENSURE(fabs(dot(row, row) - 1.0) <= unit_length &&
               fabs(dot(column, column) - 1.0) <= unit_length &&
               fabs(dot(row, column)) <= unit_length,
           ERR_DATA,
           "%s: DICOM field image orientation (0020,0037) is %.9g\\%.9g\\%.9g\\"
           "%.9g\\%.9g\\%.9g, which are not two unit vectors at a right angle; "
           "correct the file",
           path, row[0], row[1], row[2], column[0], column[1], column[2]);
    ENSURE(h->spacing[0] > 0.0 && h->spacing[1] > 0.0, ERR_DATA,
           "%s: DICOM field pixel spacing (0028,0030) is %s; correct the file",
           path, isnan(h->spacing[0]) ? "absent" : "not positive");
    ENSURE(!(h->slope == 0.0), ERR_DATA,
           "%s: DICOM field rescale slope (0028,1053) is 0; correct the file",
           path);
    ENSURE(!h->lut || !isnan(h->slope), ERR_DATA,
           "%s: DICOM field modality LUT sequence (0028,3000) stands in place "
           "of slope and intercept, it is not read; convert it with dcm2niix "
           "and list the .nii.gz",
           path);
out:
    return st;
}

static status check_bytes(const char *path, const struct dicom_head *h)
{
    status st = OK;
    uint64_t need =
        (uint64_t)h->rows * (uint64_t)h->columns * (uint64_t)h->allocated / 8;

    ENSURE(h->pixels != DICOM_NATIVE || h->bytes == need + need % 2 ||
               h->bytes == need,
           ERR_DATA,
           "%s: DICOM pixel data (7fe0,0010) have %llu bytes, %d x %d pixels "
           "of %d bits need %llu: damaged; fetch the file again",
           path, (unsigned long long)h->bytes, h->columns, h->rows,
           h->allocated, (unsigned long long)need);
out:
    return st;
}

static enum pixel smallest_type(double least, double most)
{
    static const struct {
        double least, most;
        enum pixel pixel;
    } types[] = {
        {0.0, 255.0, PIXEL_U8},
        {0.0, 65535.0, PIXEL_U16},
        {0.0, 4294967295.0, PIXEL_U32},
        {-128.0, 127.0, PIXEL_I8},
        {-32768.0, 32767.0, PIXEL_I16},
        {-2147483648.0, 2147483647.0, PIXEL_I32},
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (least >= types[i].least && most <= types[i].most)
            return types[i].pixel;
    return PIXEL_F64;
}

/* A field that is absent counts as no rescaling of its kind. */
static void set_rescale(struct dicom_head *h)
{
    h->slope = isnan(h->slope) ? 1.0 : h->slope;
    h->inter = isnan(h->inter) ? 0.0 : h->inter;
}

static enum pixel pixel_of(const struct dicom_head *h)
{
    double span = (double)(1L << h->stored);
    double least = h->is_signed ? -span / 2.0 : 0.0;
    double a = h->slope * least + h->inter;
    double b = h->slope * (least + span - 1.0) + h->inter;

    if (h->slope != trunc(h->slope) || h->inter != trunc(h->inter))
        return PIXEL_F64;
    return a <= b ? smallest_type(a, b) : smallest_type(b, a);
}

static enum pixel disk_of(const struct dicom_head *h)
{
    if (h->allocated == 8)
        return h->is_signed ? PIXEL_I8 : PIXEL_U8;
    return h->is_signed ? PIXEL_I16 : PIXEL_U16;
}

/* Do two slices belong to one grid? */
static status check_same(const struct dicom_slice *a,
                         const struct dicom_slice *b)
{
    status st = OK;
    const struct dicom_head *h = &a->head;
    const struct dicom_head *g = &b->head;
    double turn = 0.0;

    ENSURE(h->rows == g->rows && h->columns == g->columns, ERR_DATA,
           "%s: has %d x %d pixels, %s of the same series %d x %d: mixed "
           "series; keep one kind in the folder",
           b->path, g->columns, g->rows, a->path, h->columns, h->rows);
    for (int i = 0; i < 6; i++)
        turn = fmax(turn, fabs(h->orientation[i] - g->orientation[i]));
    ENSURE(turn <= same_direction, ERR_DATA,
           "%s: image orientation (0020,0037) differs from that of %s in the "
           "same series: mixed series; keep one kind in the folder",
           b->path, a->path);
    for (int i = 0; i < 2; i++)
        ENSURE(fabs(h->spacing[i] - g->spacing[i]) <=
                   same_direction * h->spacing[i],
               ERR_DATA,
               "%s: pixel spacing (0028,0030) is %.9g mm, that of %s in the "
               "same series %.9g mm: mixed series; keep one kind in the folder",
               b->path, g->spacing[i], a->path, h->spacing[i]);
    ENSURE(disk_of(h) == disk_of(g) && pixel_of(h) == pixel_of(g), ERR_DATA,
           "%s: pixels are %s (%d bits stored, slope %.9g, intercept %.9g), "
           "those of %s in the same series %s (%d, %.9g, %.9g); keep one kind "
           "in the folder",
           b->path, pixel_name(pixel_of(g)), g->stored, g->slope, g->inter,
           a->path, pixel_name(pixel_of(h)), h->stored, h->slope, h->inter);
out:
    return st;
}

static int by_place(const void *a, const void *b)
{
    const struct dicom_slice *s = a;
    const struct dicom_slice *t = b;

    if (s->along != t->along)
        return s->along < t->along ? -1 : 1;
    return strcmp(s->path, t->path);
}

/* Directions and in-plane spacing of the first slice, the rest from the way
 * from the first slice to the last. */
static void set_geometry(struct dicom_series *s)
{
    const struct dicom_head *h = &s->slice[0].head;
    const double *last = s->slice[s->n - 1].head.position;
    struct geometry *g = &s->geo;
    double axis[3][3];
    double way[3];

    memcpy(axis[0], h->orientation, sizeof axis[0]);
    memcpy(axis[1], h->orientation + 3, sizeof axis[1]);
    cross(axis[0], axis[1], axis[2]);
    normalise(axis[2]);
    cross(axis[1], axis[2], axis[0]);
    normalise(axis[0]);
    cross(axis[2], axis[0], axis[1]);
    for (int r = 0; r < 3; r++) {
        g->origin[r] = h->position[r];
        way[r] = last[r] - h->position[r];
        for (int a = 0; a < 3; a++)
            g->direction[3 * r + a] = axis[a][r];
    }
    g->size[0] = h->columns;
    g->size[1] = h->rows;
    g->size[2] = (int64_t)s->n;
    g->spacing[0] = h->spacing[1];
    g->spacing[1] = h->spacing[0];
    g->spacing[2] = isnan(h->between) ? 1.0 : h->between;
    if (s->n > 1)
        g->spacing[2] = sqrt(dot(way, way)) / (double)(s->n - 1);
}

static status check_places(const char *path, const struct dicom_series *s)
{
    status st = OK;
    const struct dicom_slice *all = s->slice;

    for (size_t i = 1; i < s->n; i++) {
        double step = all[i].along - all[i - 1].along;

        ENSURE(step > same_place_mm, ERR_DATA,
               "%s: %s and %s lie at the same place (%.9g mm along the axis of "
               "the scan): a copy, or two scans in one series; remove one",
               path, all[i - 1].path, all[i].path, all[i].along);
    }
    for (size_t i = 1; i < s->n; i++) {
        double mean = (all[s->n - 1].along - all[0].along) / (double)(s->n - 1);
        double step = all[i].along - all[i - 1].along;
        double off = all[i].along - all[0].along - (double)i * mean;

        ENSURE(fabs(off) <= off_grid * mean, ERR_DATA,
               "%s: slices are not evenly spaced: %s lies %.9g mm after the "
               "one before it, the mean of the series is %.9g mm: a slice is "
               "missing, or the spacing changes; fetch the scan again, or "
               "resample it and list the result",
               path, all[i].path, step, mean);
    }
out:
    return st;
}

/* Does the stack rise straight? */
static status check_tilt(const char *path, const struct dicom_series *s)
{
    status st = OK;
    const struct geometry *g = &s->geo;
    const struct dicom_slice *all = s->slice;

    for (size_t i = 1; i < s->n; i++)
        for (int a = 0; a < 2; a++) {
            double shift = 0.0;

            for (int r = 0; r < 3; r++)
                shift += g->direction[3 * r + a] *
                         (all[i].head.position[r] - g->origin[r]);
            ENSURE(fabs(shift) <= shift_pixels * g->spacing[a], ERR_DATA,
                   "%s: gantry tilt: %s is shifted by %.9g mm in plane after "
                   "%.9g mm, so the stack is sheared; straighten it with "
                   "dcm2niix (file NAME_Tilt) and list that file",
                   path, all[i].path, shift, all[i].along - all[0].along);
        }
out:
    return st;
}

status dicom_assemble(const char *path,
                      struct dicom_slice *slice,
                      size_t n,
                      struct dicom_series *out)
{
    status st = OK;
    struct dicom_series s = {.slice = slice, .n = n};
    double normal[3];

    for (size_t i = 0; i < n; i++) {
        TRY(check_fields(slice[i].path, &slice[i].head));
        TRY(check_place(slice[i].path, &slice[i].head));
        TRY(check_bytes(slice[i].path, &slice[i].head));
        set_rescale(&slice[i].head);
        TRY(check_same(&slice[0], &slice[i]));
    }
    cross(slice[0].head.orientation, slice[0].head.orientation + 3, normal);
    for (size_t i = 0; i < n; i++)
        slice[i].along = dot(normal, slice[i].head.position);
    qsort(slice, n, sizeof *slice, by_place);
    TRY(check_places(path, &s));
    set_geometry(&s);
    TRY(check_tilt(path, &s));
    TRY(geometry_check(&s.geo, path));
    s.disk = disk_of(&slice[0].head);
    s.pixel = pixel_of(&slice[0].head);
    *out = s;
out:
    return st;
}

status dicom_series_read(const char *path, struct dicom_series *out)
{
    status st = OK;
    struct dicom_slice *slice = NULL;
    size_t n = 0;

    TRY(dicom_folder(path, &slice, &n));
    TRY(dicom_assemble(path, slice, n, out));
    slice = NULL;
out:
    dicom_slices_free(slice, n);
    return st;
}

void dicom_series_free(struct dicom_series *s)
{
    if (!s)
        return;
    dicom_slices_free(s->slice, s->n);
    memset(s, 0, sizeof *s);
}
