/* From 348 bytes to a geometry. The rules are listed in nifti_read.h. */
#include "vol/nifti_head.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "vol/nifti_fields.h"

static const int type_code[PIXEL_TYPES] = {2, 256, 512, 4, 768, 8, 16, 64};

int nifti_code(enum pixel p)
{
    return type_code[p];
}

int nifti_pixel(int code)
{
    for (int p = 0; p < PIXEL_TYPES; p++)
        if (type_code[p] == code)
            return p;
    return -1;
}

struct raw { /* what stands in the header, and whose it is */
    struct nifti_fields f;
    const char *path;
};

static status parse_dims(const struct raw *r, struct nifti_head *h)
{
    status st = OK;
    int rank = (int)r->f.dim[0];

    ENSURE(r->f.dim[0] >= 1 && r->f.dim[0] <= 7, ERR_DATA,
           "%s: NIfTI field dim[0] is %lld, 1 to 7 is possible: damaged "
           "header; fetch the file again",
           r->path, (long long)r->f.dim[0]);
    ENSURE(rank >= 3, ERR_DATA,
           "%s: NIfTI field dim[0] is %d: a 3-D image is needed, this has %d "
           "axes; give the whole series",
           r->path, rank, rank);
    for (int a = 1; a <= rank; a++) {
        int64_t n = r->f.dim[a];

        ENSURE(n >= 1 && n <= INT32_MAX, ERR_DATA,
               "%s: NIfTI field dim[%d] is %lld, it must be positive: damaged "
               "header; fetch the file again",
               r->path, a, (long long)n);
        ENSURE(a <= 3 || n == 1, ERR_DATA,
               "%s: NIfTI field dim[0] is %d and dim[%d] is %lld: a 3-D image "
               "is needed, this is %d-D; take one volume out of it first",
               r->path, rank, a, (long long)n, rank);
        if (a <= 3)
            h->geo.size[a - 1] = n;
    }
out:
    return st;
}

static status parse_type(const struct raw *r, struct nifti_head *h)
{
    status st = OK;
    int code = r->f.datatype;
    int bits = r->f.bitpix;
    double offset = r->f.vox_offset;
    double least = r->f.pair           ? 0.0
                   : r->f.version == 2 ? NIFTI2_VOXELS
                                       : NIFTI_VOXELS;
    int p = nifti_pixel(code);

    ENSURE(p >= 0, ERR_DATA,
           "%s: NIfTI field datatype is %d; integers of 8 to 32 bits, float32 "
           "and float64 are read (2, 4, 8, 16, 64, 256, 512, 768); convert it",
           r->path, code);
    h->disk = (enum pixel)p;
    ENSURE((size_t)bits == 8 * pixel_size(h->disk), ERR_DATA,
           "%s: NIfTI field bitpix is %d, datatype %d has %zu bits: damaged "
           "header; fetch the file again",
           r->path, bits, code, 8 * pixel_size(h->disk));
    ENSURE(offset >= least && offset <= 2147483647.0, ERR_DATA,
           "%s: NIfTI field vox_offset is %.9g, %.9g is the least: damaged "
           "header; fetch the file again",
           r->path, offset, least);
    h->offset = (uint64_t)offset;
    h->slope = r->f.slope;
    h->inter = r->f.inter;
    if (!isfinite(h->slope) || fabs(h->slope) < DBL_EPSILON)
        h->slope = 1.0;
    if (!isfinite(h->inter))
        h->inter = 0.0;
    h->scaled = h->slope != 1.0 || fabs(h->inter) > DBL_EPSILON;
    h->pixel = h->disk;
    if (h->scaled && h->disk != PIXEL_F64)
        h->pixel = PIXEL_F32;
out:
    return st;
}

static status parse_spacing(const struct raw *r, struct nifti_head *h)
{
    status st = OK;

    for (int a = 0; a < 3; a++) {
        double s = r->f.pixdim[a + 1];

        ENSURE(isfinite(s) && s > 0.0, ERR_DATA,
               "%s: NIfTI field pixdim[%d] (spacing) is %.9g mm, it must be "
               "positive; correct the header",
               r->path, a + 1, s);
        h->geo.spacing[a] = s;
    }
out:
    return st;
}

/* A transform of the file, RAS: index -> mm, without the last row. */
struct form {
    int code;
    double m[9]; /* row-major */
    double t[3];
};

static status parse_sform(const struct raw *r, struct form *f)
{
    status st = OK;

    f->code = r->f.sform;
    if (f->code <= 0) {
        f->code = 0;
        return OK;
    }
    for (int i = 0; i < 12; i++) {
        double v = r->f.srow[i];

        ENSURE(isfinite(v), ERR_DATA,
               "%s: NIfTI field srow_%c[%d] is not a number; correct the "
               "header",
               r->path, 'x' + i / 4, i % 4);
        if (i % 4 == 3)
            f->t[i / 4] = v;
        else
            f->m[3 * (i / 4) + i % 4] = v;
    }
out:
    return st;
}

/* Unit quaternion to rotation, scaled by the spacing (method 2 of nifti1.h);
 * double inside; version 1: float32 results,
 * as the reference library. */
static status
parse_qform(const struct raw *r, const struct geometry *g, struct form *f)
{
    status st = OK;
    double q[6];
    double a;
    double b;
    double c;
    double d;
    double s[3];

    f->code = r->f.qform;
    if (f->code <= 0) {
        f->code = 0;
        return OK;
    }
    for (int i = 0; i < 6; i++) {
        q[i] = i < 3 ? r->f.quatern[i] : r->f.qoffset[i - 3];
        ENSURE(isfinite(q[i]), ERR_DATA,
               "%s: NIfTI field %s of the qform is not a number; correct the "
               "header",
               r->path, i < 3 ? "quatern" : "qoffset");
    }
    b = q[0];
    c = q[1];
    d = q[2];
    a = 1.0 - (b * b + c * c + d * d);
    if (a < 1e-7) { /* rounded below a half turn: make b, c, d unit */
        double n = 1.0 / sqrt(b * b + c * c + d * d);

        a = 0.0;
        b *= n;
        c *= n;
        d *= n;
    } else {
        a = sqrt(a);
    }
    for (int i = 0; i < 3; i++)
        s[i] = g->spacing[i];
    if (r->f.pixdim[0] < 0.0)
        s[2] = -s[2];
    f->m[0] = (a * a + b * b - c * c - d * d) * s[0];
    f->m[1] = 2.0 * (b * c - a * d) * s[1];
    f->m[2] = 2.0 * (b * d + a * c) * s[2];
    f->m[3] = 2.0 * (b * c + a * d) * s[0];
    f->m[4] = (a * a + c * c - b * b - d * d) * s[1];
    f->m[5] = 2.0 * (c * d - a * b) * s[2];
    f->m[6] = 2.0 * (b * d - a * c) * s[0];
    f->m[7] = 2.0 * (c * d + a * b) * s[1];
    f->m[8] = (a * a + d * d - c * c - b * b) * s[2];
    for (int i = 0; i < 9 && r->f.version == 1; i++)
        f->m[i] = (double)(float)f->m[i];
    for (int i = 0; i < 3; i++)
        f->t[i] = q[3 + i];
out:
    return st;
}

static double column_norm(const double m[9], int c)
{
    return sqrt(m[c] * m[c] + m[3 + c] * m[3 + c] + m[6 + c] * m[6 + c]);
}

/* Are the columns, made unit, orthogonal within 1e-4? */
static bool orthogonal(const double m[9])
{
    double u[9];

    for (int c = 0; c < 3; c++) {
        double n = column_norm(m, c);

        if (n == 0.0)
            return false;
        for (int r = 0; r < 3; r++)
            u[3 * r + c] = m[3 * r + c] / n;
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double dot = 0.0;

            for (int k = 0; k < 3; k++)
                dot += u[3 * i + k] * u[3 * j + k];
            if (fabs(dot - (i == j ? 1.0 : 0.0)) > 1e-4)
                return false;
        }
    return true;
}

static bool alike(const struct form *s, const struct form *q)
{
    for (int i = 0; i < 9; i++)
        if (fabs(s->m[i] - q->m[i]) > 1e-4)
            return false;
    for (int i = 0; i < 3; i++)
        if (fabs(s->t[i] - q->t[i]) > 1e-4)
            return false;
    return true;
}

/* Which transform holds; NULL when the file has none. */
static const struct form *choose(const struct form *s, const struct form *q)
{
    if (s->code && orthogonal(s->m) &&
        (!q->code || s->code == 1 || alike(s, q)))
        return s;
    if (q->code)
        return q;
    return s->code ? s : NULL;
}

/* LPS geometry from a RAS transform. */
static status
set_geometry(const struct raw *r, const struct form *f, struct nifti_head *h)
{
    status st = OK;
    static const double sign[3] = {-1.0, -1.0, 1.0};

    for (int c = 0; c < 3; c++) {
        double n = column_norm(f->m, c);

        ENSURE(n > 0.0, ERR_DATA,
               "%s: the NIfTI transform is singular: column %d is 0; correct "
               "the header (sform, qform)",
               r->path, c);
        if (fabs(n - h->geo.spacing[c]) > 1e-3)
            h->note = "the lengths of the NIfTI transform's columns and pixdim "
                      "differ; pixdim is taken as spacing";
        for (int i = 0; i < 3; i++)
            h->geo.direction[3 * i + c] = sign[i] * f->m[3 * i + c] / n;
    }
    for (int i = 0; i < 3; i++)
        h->geo.origin[i] = sign[i] * f->t[i];
out:
    return st;
}

/* Millimetres from what xyzt_units says, spacing and origin alike. */
static status to_mm(const struct raw *r, struct nifti_head *h)
{
    static const double mm[4] = {1.0, 1000.0, 1.0, 0.001};
    status st = OK;

    ENSURE(r->f.units < 4, ERR_DATA,
           "%s: NIfTI field xyzt_units is %d, an unknown unit; correct the "
           "header",
           r->path, r->f.units);
    for (int a = 0; a < 3 && mm[r->f.units] != 1.0; a++) {
        h->geo.spacing[a] *= mm[r->f.units];
        h->geo.origin[a] *= mm[r->f.units];
    }
out:
    return st;
}

status
nifti_head_parse(const uint8_t *raw, const char *path, struct nifti_head *out)
{
    status st = OK;
    struct raw r = {.path = path};
    struct nifti_head h = {0};
    struct form s = {0};
    struct form q = {0};
    const struct form *f = NULL;

    TRY(nifti_fields(raw, path, &r.f));
    h.swap = r.f.swap;
    h.pair = r.f.pair;
    TRY(parse_dims(&r, &h));
    TRY(parse_type(&r, &h));
    TRY(parse_spacing(&r, &h));
    TRY(parse_sform(&r, &s));
    TRY(parse_qform(&r, &h.geo, &q));
    f = choose(&s, &q);
    if (f) {
        TRY(set_geometry(&r, f, &h));
    } else {
        h.note = "has neither sform nor qform; origin 0 and LPS axes are taken";
        h.geo.direction[0] = h.geo.direction[4] = h.geo.direction[8] = 1.0;
    }
    TRY(to_mm(&r, &h));
    TRY(geometry_check(&h.geo, path));
    *out = h;
out:
    return st;
}
