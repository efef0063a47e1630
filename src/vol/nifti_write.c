/* Little-endian bytes on every machine; gzip without time and name. */
#include "vol/nifti_write.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
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

static void make_head(const struct volume *v, uint8_t head[NIFTI_VOXELS])
{
    static const double sign[3] = {-1.0, -1.0, 1.0};
    const struct geometry *g = &v->geo;

    memset(head, 0, NIFTI_VOXELS);
    put_u32(head, NIFTI_SIZEOF_HDR, NIFTI_HEAD);
    put_i16(head, NIFTI_DIM, 3);
    put_f32(head, NIFTI_PIXDIM, 1.0);
    for (int a = 0; a < 7; a++) {
        put_i16(head, NIFTI_DIM + 2 * (a + 1), a < 3 ? (int)g->size[a] : 1);
        if (a < 3)
            put_f32(head, NIFTI_PIXDIM + 4 * (a + 1), g->spacing[a]);
    }
    put_i16(head, NIFTI_DATATYPE, nifti_code(v->pixel));
    put_i16(head, NIFTI_BITPIX, (int)(8 * pixel_size(v->pixel)));
    put_f32(head, NIFTI_VOX_OFFSET, NIFTI_VOXELS);
    put_f32(head, NIFTI_SCL_SLOPE, 1.0);
    head[NIFTI_XYZT_UNITS] = 2; /* mm */
    put_i16(head, NIFTI_SFORM_CODE, 1);
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++)
            put_f32(head, NIFTI_SROW + 16 * r + 4 * c,
                    sign[r] * g->direction[3 * r + c] * g->spacing[c]);
        put_f32(head, NIFTI_SROW + 16 * r + 12, sign[r] * g->origin[r]);
    }
    memcpy(head + NIFTI_MAGIC, "n+1", 4);
}

/* Where the bytes go: straight into the file or through deflate. */
struct sink {
    FILE *f;
    const char *path;
    bool gz;
    z_stream z;
    uint8_t out[PIECE];
};

static status sink_flush(struct sink *s, int flush)
{
    status st = OK;
    int code;

    do {
        s->z.next_out = s->out;
        s->z.avail_out = PIECE;
        code = deflate(&s->z, flush);
        BUG_IF(code == Z_STREAM_ERROR);
        ENSURE(fwrite(s->out, 1, PIECE - s->z.avail_out, s->f) ==
                   PIECE - s->z.avail_out,
               ERR_FILE, "%s: cannot be written: disk full?", s->path);
    } while (s->z.avail_out == 0 ||
             (flush == Z_FINISH && code != Z_STREAM_END));
out:
    return st;
}

static status sink_put(struct sink *s, const uint8_t *bytes, size_t len)
{
    status st = OK;

    if (!s->gz) {
        ENSURE(fwrite(bytes, 1, len, s->f) == len, ERR_FILE,
               "%s: cannot be written: disk full?", s->path);
        return OK;
    }
    memcpy(&s->z.next_in, &bytes, sizeof bytes); /* zlib's lacks the const */
    s->z.avail_in = (uInt)len;
    TRY(sink_flush(s, Z_NO_FLUSH));
out:
    return st;
}

/* Voxels in pieces, turned to little-endian. */
static status put_voxels(struct sink *s, const struct volume *v)
{
    status st = OK;
    uint8_t piece[PIECE];
    size_t size = pixel_size(v->pixel);
    size_t total = geometry_len(&v->geo) * size;
    const uint16_t one = 1;
    bool little = *(const uint8_t *)&one == 1;

    for (size_t at = 0; at < total; at += PIECE) {
        size_t len = total - at < PIECE ? total - at : PIECE;

        memcpy(piece, (const uint8_t *)v->data + at, len);
        for (size_t i = 0; !little && i < len; i += size)
            for (size_t k = 0; k < size; k++)
                piece[i + k] =
                    ((const uint8_t *)v->data)[at + i + size - 1 - k];
        TRY(sink_put(s, piece, len));
    }
out:
    return st;
}

static status write_all(struct sink *s, const struct volume *v)
{
    status st = OK;
    uint8_t head[NIFTI_VOXELS];

    if (s->gz)
        ENSURE(deflateInit2(&s->z, 1, Z_DEFLATED, 15 + 16, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK,
               ERR_MEM, "%s: no memory for deflate", s->path);
    make_head(v, head);
    TRY(sink_put(s, head, sizeof head));
    TRY(put_voxels(s, v));
    if (s->gz)
        TRY(sink_flush(s, Z_FINISH));
out:
    if (s->gz)
        (void)deflateEnd(&s->z);
    return st;
}

status nifti_write(const char *path, const struct volume *v)
{
    status st = OK;
    size_t n = strlen(path);
    struct sink *s = NULL;
    char *tmp = NULL;

    TRY(geometry_check(&v->geo, path));
    for (int a = 0; a < 3; a++)
        ENSURE(v->geo.size[a] <= INT16_MAX, ERR_DATA,
               "%s: axis %d has %lld voxels, NIfTI-1 holds 32767", path, a,
               (long long)v->geo.size[a]);
    TRY(mem_new(1, sizeof *s, &s));
    TRY(file_tmp_name(path, &tmp));
    s->path = path;
    s->gz = n > 3 && strcmp(path + n - 3, ".gz") == 0;
    s->f = fopen(tmp, "wb");
    ENSURE(s->f, ERR_FILE, "%s: cannot be made (folder missing?)", path);
    TRY(write_all(s, v));
    n = (size_t)(fclose(s->f) != 0);
    s->f = NULL;
    ENSURE(n == 0, ERR_FILE, "%s: cannot be written: disk full?", path);
    TRY(file_rename(tmp, path));
out:
    if (s && s->f)
        (void)fclose(s->f);
    if (st != OK && tmp)
        (void)unlink(tmp);
    mem_free(tmp);
    mem_free(s);
    return st;
}
