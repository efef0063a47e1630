/* Little-endian bytes on every machine; gzip without time and name. */
#include "vol/nifti_write.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "base/file_out.h"
#include "base/mem.h"

#include "vol/nifti_head.h"

enum { PIECE = 1 << 16 };

static void put_i16(uint8_t *head, int at, int v)
{
    head[at] = (uint8_t)((unsigned)v & 255U);
    head[at + 1] = (uint8_t)(((unsigned)v >> 8) & 255U);
}

static void put_u32(uint8_t *head, int at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        head[at + i] = (uint8_t)(v >> (8 * i));
}

static void put_f32(uint8_t *head, int at, double v)
{
    float f = (float)v;
    uint32_t u;

    memcpy(&u, &f, sizeof u);
    put_u32(head, at, u);
}

static const struct nifti_form ours = {3, 1, 2, {0.0, 0.0, 0.0}};

static void make_head(const struct geometry *g,
                      enum pixel pixel,
                      const struct nifti_form *form,
                      uint8_t head[NIFTI_VOXELS])
{
    static const double sign[3] = {-1.0, -1.0, 1.0};
    double zero = form == &ours ? -0.0 : 0.0; /* x + 0 makes -0 to 0 */

    memset(head, 0, NIFTI_VOXELS);
    put_u32(head, NIFTI_SIZEOF_HDR, NIFTI_HEAD);
    put_i16(head, NIFTI_DIM, form->rank);
    put_f32(head, NIFTI_PIXDIM, 1.0);
    for (int a = 0; a < 7; a++) {
        put_i16(head, NIFTI_DIM + 2 * (a + 1), a < 3 ? (int)g->size[a] : 1);
        put_f32(head, NIFTI_PIXDIM + 4 * (a + 1),
                a < 3           ? g->spacing[a]
                : form == &ours ? 0.0
                                : 1.0);
    }
    put_i16(head, NIFTI_DATATYPE, nifti_code(pixel));
    put_i16(head, NIFTI_BITPIX, (int)(8 * pixel_size(pixel)));
    put_f32(head, NIFTI_VOX_OFFSET, NIFTI_VOXELS);
    put_f32(head, NIFTI_SCL_SLOPE, 1.0);
    head[NIFTI_XYZT_UNITS] = (uint8_t)form->units;
    put_i16(head, NIFTI_SFORM_CODE, form->sform);
    for (int r = 0; r < 3; r++) {
        put_f32(head, NIFTI_QUATERN + 4 * r, form->quatern[r]);
        for (int c = 0; c < 3; c++)
            put_f32(head, NIFTI_SROW + 16 * r + 4 * c,
                    sign[r] * g->direction[3 * r + c] * g->spacing[c] + zero);
        put_f32(head, NIFTI_SROW + 16 * r + 12, sign[r] * g->origin[r] + zero);
    }
    memcpy(head + NIFTI_MAGIC, "n+1", 4);
}

/* Where the bytes go: straight into the file or through deflate. */
struct nifti_out {
    struct file_out *file;
    bool gz;
    z_stream z;
    size_t size; /* of a voxel */
    size_t left; /* voxels still to come */
    uint8_t piece[PIECE];
    uint8_t out[PIECE];
};

static status flush(struct nifti_out *o, int how)
{
    status st = OK;
    int code;

    do {
        o->z.next_out = o->out;
        o->z.avail_out = PIECE;
        code = deflate(&o->z, how);
        BUG_IF(code == Z_STREAM_ERROR);
        TRY(file_out_put(o->file, o->out, PIECE - o->z.avail_out));
    } while (o->z.avail_out == 0 || (how == Z_FINISH && code != Z_STREAM_END));
out:
    return st;
}

static status put_bytes(struct nifti_out *o, const uint8_t *bytes, size_t len)
{
    status st = OK;

    if (!o->gz)
        return file_out_put(o->file, bytes, len);
    memcpy(&o->z.next_in, &bytes, sizeof bytes); /* zlib's lacks the const */
    o->z.avail_in = (uInt)len;
    TRY(flush(o, Z_NO_FLUSH));
out:
    return st;
}

/* Voxels in pieces, turned to little-endian. */
status nifti_out_put(struct nifti_out *o, const void *voxels, size_t n)
{
    status st = OK;
    const uint8_t *from = voxels;
    size_t total = n * o->size;
    const uint16_t one = 1;
    bool little = *(const uint8_t *)&one == 1;

    BUG_IF(n > o->left);
    for (size_t at = 0; at < total; at += PIECE) {
        size_t len = total - at < PIECE ? total - at : PIECE;

        memcpy(o->piece, from + at, len);
        for (size_t i = 0; !little && i < len; i += o->size)
            for (size_t k = 0; k < o->size; k++)
                o->piece[i + k] = from[at + i + o->size - 1 - k];
        TRY(put_bytes(o, o->piece, len));
    }
    o->left -= n;
out:
    return st;
}

static status start(struct nifti_out *o, const char *path)
{
    status st = OK;

    TRY(file_out_open(path, &o->file));
    if (o->gz && deflateInit2(&o->z, 1, Z_DEFLATED, 15 + 16, 8,
                              Z_DEFAULT_STRATEGY) != Z_OK) {
        o->gz = false; /* nothing to end */
        ENSURE(false, ERR_MEM, "%s: no memory for deflate", path);
    }
out:
    return st;
}

status nifti_out_open(const char *path,
                      const struct geometry *geo,
                      enum pixel pixel,
                      const struct nifti_form *form,
                      struct nifti_out **out)
{
    status st = OK;
    size_t n = strlen(path);
    struct nifti_out *o = NULL;
    uint8_t head[NIFTI_VOXELS];

    TRY(geometry_check(geo, path));
    for (int a = 0; a < 3; a++)
        ENSURE(geo->size[a] <= INT16_MAX, ERR_DATA,
               "%s: axis %d has %lld voxels, NIfTI-1 holds 32767", path, a,
               (long long)geo->size[a]);
    TRY(mem_new(1, sizeof *o, &o));
    o->size = pixel_size(pixel);
    o->left = geometry_len(geo);
    o->gz = n > 3 && strcmp(path + n - 3, ".gz") == 0;
    TRY(start(o, path));
    make_head(geo, pixel, form ? form : &ours, head);
    TRY(put_bytes(o, head, sizeof head));
    *out = o;
    o = NULL;
out:
    nifti_out_drop(o);
    return st;
}

status nifti_out_end(struct nifti_out *o)
{
    status st = OK;

    BUG_IF(o->left > 0);
    if (o->gz)
        TRY(flush(o, Z_FINISH));
    TRY(file_out_publish(o->file));
out:
    nifti_out_drop(o);
    return st;
}

void nifti_out_drop(struct nifti_out *o)
{
    if (!o)
        return;
    if (o->gz)
        (void)deflateEnd(&o->z); /* an unused stream is fine */
    file_out_close(o->file);
    mem_free(o);
}

status nifti_write(const char *path, const struct volume *v)
{
    status st = OK;
    struct nifti_out *o = NULL;

    TRY(nifti_out_open(path, &v->geo, v->pixel, NULL, &o));
    TRY(nifti_out_put(o, v->data, geometry_len(&v->geo)));
    st = nifti_out_end(o);
    o = NULL;
out:
    nifti_out_drop(o);
    return st;
}
