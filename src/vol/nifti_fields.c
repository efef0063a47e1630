#include "vol/nifti_fields.h"

#include <string.h>

#include "vol/nifti_head.h"

struct raw { /* the header and its byte order */
    const uint8_t *bytes;
    bool swap;
};

static void get(const struct raw *r, int at, size_t size, void *out)
{
    uint8_t *to = out;

    for (size_t i = 0; i < size; i++)
        to[i] = r->bytes[(size_t)at + (r->swap ? size - 1 - i : i)];
}

static int16_t get_i16(const struct raw *r, int at)
{
    int16_t v;

    get(r, at, sizeof v, &v);
    return v;
}

static int32_t get_i32(const struct raw *r, int at)
{
    int32_t v;

    get(r, at, sizeof v, &v);
    return v;
}

static int64_t get_i64(const struct raw *r, int at)
{
    int64_t v;

    get(r, at, sizeof v, &v);
    return v;
}

static double get_f32(const struct raw *r, int at)
{
    float v;

    get(r, at, sizeof v, &v);
    return (double)v;
}

static double get_f64(const struct raw *r, int at)
{
    double v;

    get(r, at, sizeof v, &v);
    return v;
}

static void fields_1(const struct raw *r, struct nifti_fields *f)
{
    for (int i = 0; i < 8; i++)
        f->dim[i] = get_i16(r, NIFTI_DIM + 2 * i);
    f->datatype = get_i16(r, NIFTI_DATATYPE);
    f->bitpix = get_i16(r, NIFTI_BITPIX);
    for (int i = 0; i < 4; i++)
        f->pixdim[i] = get_f32(r, NIFTI_PIXDIM + 4 * i);
    f->vox_offset = get_f32(r, NIFTI_VOX_OFFSET);
    f->slope = get_f32(r, NIFTI_SCL_SLOPE);
    f->inter = get_f32(r, NIFTI_SCL_INTER);
    f->units = r->bytes[NIFTI_XYZT_UNITS] & 7;
    f->qform = get_i16(r, NIFTI_QFORM_CODE);
    f->sform = get_i16(r, NIFTI_SFORM_CODE);
    for (int i = 0; i < 3; i++) {
        f->quatern[i] = get_f32(r, NIFTI_QUATERN + 4 * i);
        f->qoffset[i] = get_f32(r, NIFTI_QOFFSET + 4 * i);
    }
    for (int i = 0; i < 12; i++)
        f->srow[i] = get_f32(r, NIFTI_SROW + 4 * i);
}

static void fields_2(const struct raw *r, struct nifti_fields *f)
{
    for (int i = 0; i < 8; i++)
        f->dim[i] = get_i64(r, NIFTI2_DIM + 8 * i);
    f->datatype = get_i16(r, NIFTI2_DATATYPE);
    f->bitpix = get_i16(r, NIFTI2_BITPIX);
    for (int i = 0; i < 4; i++)
        f->pixdim[i] = get_f64(r, NIFTI2_PIXDIM + 8 * i);
    f->vox_offset = (double)get_i64(r, NIFTI2_VOX_OFFSET);
    f->slope = get_f64(r, NIFTI2_SCL_SLOPE);
    f->inter = get_f64(r, NIFTI2_SCL_INTER);
    f->units = get_i32(r, NIFTI2_XYZT_UNITS) & 7;
    f->qform = get_i32(r, NIFTI2_QFORM_CODE);
    f->sform = get_i32(r, NIFTI2_SFORM_CODE);
    for (int i = 0; i < 3; i++) {
        f->quatern[i] = get_f64(r, NIFTI2_QUATERN + 8 * i);
        f->qoffset[i] = get_f64(r, NIFTI2_QOFFSET + 8 * i);
    }
    for (int i = 0; i < 12; i++)
        f->srow[i] = get_f64(r, NIFTI2_SROW + 8 * i);
}

bool nifti_is_2(const uint8_t *raw)
{
    static const char tail[5] = "\r\n\032\n";
    const uint8_t *m = raw + NIFTI2_MAGIC;

    return (memcmp(m, "n+2", 4) == 0 || memcmp(m, "ni2", 4) == 0) &&
           memcmp(m + 4, tail, 4) == 0;
}

status
nifti_fields(const uint8_t *raw, const char *path, struct nifti_fields *out)
{
    status st = OK;
    bool two = nifti_is_2(raw);
    const char *magic = (const char *)raw + (two ? NIFTI2_MAGIC : NIFTI_MAGIC);
    int head = two ? NIFTI2_HEAD : NIFTI_HEAD;
    struct raw r = {raw, false};
    struct nifti_fields f = {.version = two ? 2 : 1};

    ENSURE(two || memcmp(magic, "n+1", 4) == 0 || memcmp(magic, "ni1", 4) == 0,
           ERR_DATA,
           "%s: is no NIfTI file (field magic is neither of \"n+1\", \"ni1\", "
           "\"n+2\", \"ni2\"); convert it",
           path);
    f.pair = magic[1] == 'i';
    r.swap = get_i32(&r, NIFTI_SIZEOF_HDR) != head;
    ENSURE(get_i32(&r, NIFTI_SIZEOF_HDR) == head, ERR_DATA,
           "%s: NIfTI field sizeof_hdr is not %d in either byte order: damaged "
           "header; fetch the file again",
           path, head);
    f.swap = r.swap;
    if (two)
        fields_2(&r, &f);
    else
        fields_1(&r, &f);
    *out = f;
out:
    return st;
}
