/* One row of DL_info.csv: file name, crossing of the diameters, point. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lists/deeplesion.h"
#include "lists/number.h"

static const char *const names[DL_COLUMNS] = {
    "File_name",
    "Key_slice_index",
    "Measurement_coordinates",
    "Bounding_boxes",
    "Lesion_diameters_Pixel_",
    "Coarse_lesion_type",
    "Possibly_noisy",
    "Slice_range",
    "Spacing_mm_px_",
    "DICOM_windows",
    "Patient_gender",
    "Patient_age",
    "Train_Val_Test",
};

status deeplesion_columns(const struct csv *t, uint32_t col[DL_COLUMNS])
{
    status st = OK;

    for (int i = 0; i < DL_COLUMNS; i++)
        TRY(csv_need(t, names[i], &col[i]));
out:
    return st;
}

/* ---- crossing ---------------------------------------------------------- */

/* Twice the signed area of a, b, c. */
static double turn(const double *a, const double *b, const double *c)
{
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/* Middle of the overlap of [a0,a1] and [b0,b1] on axis k. */
static double middle(const double p[8], int k)
{
    double lo = fmax(fmin(p[k], p[2 + k]), fmin(p[4 + k], p[6 + k]));
    double hi = fmin(fmax(p[k], p[2 + k]), fmax(p[4 + k], p[6 + k]));

    return (lo + hi) / 2.0;
}

/* The line through (ax, ay) and (bx, by) in homogeneous coordinates. */
static void line(const double *a, const double *b, double out[3])
{
    out[0] = a[1] - b[1];
    out[1] = b[0] - a[0];
    out[2] = a[0] * b[1] - b[0] * a[1];
}

static bool opposite(double a, double b)
{
    return (a < 0.0 && b > 0.0) || (a > 0.0 && b < 0.0);
}

bool deeplesion_cross(const double p[8], double out[2])
{
    const double side[4] = {turn(p, p + 2, p + 4), turn(p, p + 2, p + 6),
                            turn(p + 4, p + 6, p), turn(p + 4, p + 6, p + 2)};
    const double mid[2] = {middle(p, 0), middle(p, 1)};
    double q[8];
    double a[3];
    double b[3];
    double w;

    if (side[0] == 0.0 && side[1] == 0.0)
        return false; /* on one line */
    if ((!opposite(side[0], side[1]) && side[0] != 0.0 && side[1] != 0.0) ||
        (!opposite(side[2], side[3]) && side[2] != 0.0 && side[3] != 0.0))
        return false;
    /* an end on the other segment is the point itself */
    for (size_t e = 0; e < 4; e++) {
        const double *end = p + 2 * ((e + 2) % 4);

        if (side[e] == 0.0) {
            memcpy(out, end, 2 * sizeof *out);
            return true;
        }
    }
    for (int i = 0; i < 8; i++)
        q[i] = p[i] - mid[i % 2];
    line(q, q + 2, a);
    line(q + 4, q + 6, b);
    w = a[0] * b[1] - b[0] * a[1];
    out[0] = (a[1] * b[2] - b[1] * a[2]) / w + mid[0];
    out[1] = (b[0] * a[2] - a[0] * b[2]) / w + mid[1];
    return isfinite(out[0]) && isfinite(out[1]);
}

/* ---- cells ------------------------------------------------------------- */

struct where {
    const struct csv *t;
    const uint32_t *col;
    uint32_t row;
};

static const char *cell(const struct where *w, enum deeplesion_column c)
{
    return csv_cell(w->t, w->row, w->col[c]);
}

static status numbers(const struct where *w,
                      enum deeplesion_column c,
                      uint32_t n,
                      double *out)
{
    status st = OK;

    ENSURE(number_list(cell(w, c), n, out), ERR_DATA,
           "%s:%" PRIu32 ": column %s: \"%.80s\" is not %" PRIu32
           " numbers with commas",
           csv_path(w->t), csv_line(w->t, w->row), names[c], cell(w, c), n);
out:
    return st;
}

/* PPPPPP_SS_RR_KKK.png; *series is the length of PPPPPP_SS_RR. */
static bool file_name(const char *s, int *series)
{
    static const char form[] = "dddddd_dd_dd_";
    size_t k = 0;

    for (; form[k]; k++)
        if (form[k] == 'd' ? s[k] < '0' || s[k] > '9' : s[k] != form[k])
            return false;
    *series = (int)k - 1;
    s += k;
    k = strspn(s, "0123456789");
    return k >= 3 && strcmp(s + k, ".png") == 0;
}

static status volume_of(const struct where *w,
                        const double range[2],
                        double key,
                        struct lesion *out)
{
    status st = OK;
    int series = 0;

    ENSURE(file_name(cell(w, DL_NAME), &series), ERR_DATA,
           "%s:%" PRIu32 ": column File_name: \"%.80s\" is not of the form "
           "PPPPPP_SS_RR_KKK.png",
           csv_path(w->t), csv_line(w->t, w->row), cell(w, DL_NAME));
    ENSURE(range[0] >= 0 && range[0] <= key && key <= range[1] &&
               range[1] < 1e6 && range[0] == floor(range[0]) &&
               range[1] == floor(range[1]),
           ERR_DATA,
           "%s:%" PRIu32 ": key slice %s is not in Slice_range \"%.40s\"",
           csv_path(w->t), csv_line(w->t, w->row), cell(w, DL_KEY),
           cell(w, DL_RANGE));
    (void)snprintf(out->volume, sizeof out->volume, "%.*s_%03d-%03d.nii.gz",
                   series, cell(w, DL_NAME), (int)range[0], (int)range[1]);
out:
    return st;
}

static double once(const struct deeplesion_conf *conf, double v)
{
    return conf->numbers == DEEPLESION_NUMBERS_LISTS ? number_reread(v) : v;
}

/* The table was written and read before the points were computed, and once
 * more after; so points are reread once, all else twice. */
static void place(const struct deeplesion_conf *conf, struct lesion *l)
{
    bool swapped = conf->xy == DEEPLESION_XY_SWAPPED;
    double at[3];

    for (int a = 0; a < 3; a++) {
        l->centroid[a] = once(conf, l->centroid[a]);
        l->diameter_mm[a] = once(conf, l->diameter_mm[a]);
    }
    /* spacing as a NIfTI header holds it: float32 */
    at[0] = number_f32(l->spacing_mm[0]) * trunc(l->centroid[0]);
    at[1] = number_f32(l->spacing_mm[1]) * trunc(l->centroid[1]);
    at[2] = -(number_f32(l->spacing_mm[2]) * l->centroid[2]);
    l->point_mm[0] = once(conf, at[swapped ? 1 : 0]);
    l->point_mm[1] = once(conf, at[swapped ? 0 : 1]);
    l->point_mm[2] = once(conf, at[2]);
    for (int a = 0; a < 3; a++) {
        l->centroid[a] = once(conf, l->centroid[a]);
        l->diameter_mm[a] = once(conf, l->diameter_mm[a]);
        l->spacing_mm[a] = once(conf, once(conf, l->spacing_mm[a]));
    }
}

status deeplesion_row(const struct csv *t,
                      const uint32_t col[DL_COLUMNS],
                      uint32_t row,
                      const struct deeplesion_conf *conf,
                      struct lesion *out)
{
    status st = OK;
    const struct where w = {t, col, row};
    struct lesion l = {.row = row};
    double measure[8];
    double range[2];
    double box[4];
    double pixels[2];
    int64_t key = 0;

    TRY(numbers(&w, DL_MEASURE, 8, measure));
    TRY(numbers(&w, DL_BOX, 4, box));
    TRY(numbers(&w, DL_DIAMETER, 2, pixels));
    TRY(numbers(&w, DL_RANGE, 2, range));
    TRY(numbers(&w, DL_SPACING, 3, l.spacing_mm));
    TRY(csv_i64(t, row, col[DL_KEY], &key));
    TRY(csv_i64(t, row, col[DL_LABEL], &l.label));
    TRY(csv_i64(t, row, col[DL_SPLIT], &l.split));
    TRY(volume_of(&w, range, (double)key, &l));
    ENSURE(l.split >= 1 && l.split <= 3, ERR_DATA,
           "%s:%" PRIu32 ": Train_Val_Test is %" PRId64 "; 1, 2 or 3 is needed",
           csv_path(t), csv_line(t, row), l.split);
    for (int a = 0; a < 3; a++)
        ENSURE(l.spacing_mm[a] > 0, ERR_DATA,
               "%s:%" PRIu32 ": spacing \"%.60s\" is not positive", csv_path(t),
               csv_line(t, row), cell(&w, DL_SPACING));
    for (int k = 0; k < 4; k++) {
        ENSURE(fabs(box[k]) < 1e9, ERR_DATA,
               "%s:%" PRIu32 ": bounding box \"%.60s\" is no pixels",
               csv_path(t), csv_line(t, row), cell(&w, DL_BOX));
        l.box[k] = (int64_t)box[k];
    }
    l.rejected = !deeplesion_cross(measure, l.centroid);
    l.centroid[2] = conf->z == DEEPLESION_Z_SCRIPT
                        ? range[1] - (double)key + 1.0
                        : (double)key - range[0] +
                              (conf->z == DEEPLESION_Z_LISTS ? 1.0 : 0.0);
    l.diameter_mm[0] = pixels[0] * l.spacing_mm[0];
    l.diameter_mm[1] = pixels[1] * l.spacing_mm[1];
    l.diameter_mm[2] = fmax(l.diameter_mm[0], l.diameter_mm[1]);
    if (!l.rejected && l.spacing_mm[2] <= conf->max_spacing_mm)
        place(conf, &l);
    *out = l;
out:
    return st;
}
