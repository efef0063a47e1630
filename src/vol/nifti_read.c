/* The header is taken apart first and held against the size of the file; only
 * then memory is asked for. zlib reads plain and compressed files through the
 * same calls. */
#include "vol/nifti_read.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "vol/nifti_head.h"

enum {
    BUFFER = 1 << 18, /* of zlib */
    CHUNK = 1 << 24,  /* one read */
    DEFLATE_RATIO =
        1032,      /* deflate cannot do better (zlib's technical notes) */
    TAIL = 1 << 16 /* read past the voxels, for the check sum */
};

/* One open file: gz is ended by the caller's `out:`. */
static status gz_open(const char *path, gzFile *out)
{
    status st = OK;
    uint64_t size = 0;
    gzFile gz = NULL;

    TRY(file_size(path, &size)); /* refuses folders */
    gz = gzopen(path, "rb");
    ENSURE(gz, ERR_FILE, "%s: %s", path, strerror(errno));
    (void)gzbuffer(gz, BUFFER);
    *out = gz;
out:
    return st;
}

/* len bytes, or an error that says why not. */
static status
gz_read(gzFile gz, const char *path, void *to, size_t len, const char *what)
{
    status st = OK;
    uint8_t *p = to;

    while (len) {
        unsigned part = len < CHUNK ? (unsigned)len : CHUNK;
        int n = gzread(gz, p, part);
        int code = Z_OK;
        const char *text = gzerror(gz, &code);

        ENSURE(code != Z_ERRNO, ERR_FILE, "%s: %s: %s", path, what,
               strerror(errno));
        ENSURE(n >= 0 && (code == Z_OK || code == Z_STREAM_END ||
                          code == Z_BUF_ERROR),
               ERR_DATA,
               "%s: %s: compressed data are damaged (%s); fetch "
               "the file again",
               path, what, text);
        ENSURE(n > 0, ERR_DATA,
               "%s: ends %zu bytes before the end of its %s: truncated; fetch "
               "the file again",
               path, len, what);
        p += n;
        len -= (size_t)n;
    }
out:
    return st;
}

static status skip(gzFile gz, const char *path, uint64_t len)
{
    status st = OK;
    uint8_t waste[4096];

    while (len) {
        size_t part = len < sizeof waste ? (size_t)len : sizeof waste;

        TRY(gz_read(gz, path, waste, part, "header extensions"));
        len -= part;
    }
out:
    return st;
}

static status read_head(gzFile gz, const char *path, struct nifti_head *h)
{
    status st = OK;
    uint8_t raw[NIFTI_HEAD];
    uint64_t size = 0;
    uint64_t most;
    uint64_t need;

    TRY(file_size(path, &size));
    TRY(gz_read(gz, path, raw, sizeof raw, "NIfTI header"));
    TRY(nifti_head_parse(raw, path, h));
    need = h->offset + geometry_len(&h->geo) * pixel_size(h->disk);
    most = gzdirect(gz) ? size : size * DEFLATE_RATIO;
    ENSURE(need <= most, ERR_DATA,
           "%s: NIfTI field dim asks for %lld x %lld x %lld voxels (%llu "
           "bytes), the file of %llu bytes cannot hold them: truncated, or a "
           "wrong header; fetch the file again",
           path, (long long)h->geo.size[0], (long long)h->geo.size[1],
           (long long)h->geo.size[2], (unsigned long long)need,
           (unsigned long long)size);
out:
    return st;
}

/* The end of a gzip file holds its check sum: read on to have it checked. */
static status read_tail(gzFile gz, const char *path)
{
    status st = OK;
    uint8_t waste[4096];
    int code = Z_OK;

    if (gzdirect(gz))
        return OK;
    for (size_t n = 0; n < TAIL; n += sizeof waste)
        if (gzread(gz, waste, sizeof waste) <= 0)
            break;
    (void)gzerror(gz, &code);
    ENSURE(code == Z_OK || code == Z_STREAM_END, ERR_DATA,
           "%s: compressed data are truncated or damaged (check sum at the "
           "end); fetch the file again",
           path);
out:
    return st;
}

static void swap_bytes(uint8_t *data, size_t len, size_t size)
{
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < size / 2; k++) {
            uint8_t b = data[i * size + k];

            data[i * size + k] = data[i * size + size - 1 - k];
            data[i * size + size - 1 - k] = b;
        }
}

/* v * slope + inter, in double. Integers become float32 in place from the
 * last to the first, so data has room for the larger type. */
static void scale(const struct nifti_head *h, void *data, size_t len)
{
    bool up = pixel_size(h->pixel) >= pixel_size(h->disk);

    for (size_t i = 0; i < len; i++) {
        size_t at = up ? len - 1 - i : i;
        double v = pixel_get(h->disk, data, at);

        if (h->disk != h->pixel) /* the toolkit goes through float here */
            v = (double)(float)v;
        v = v * h->slope + h->inter;
        if (h->pixel == PIXEL_F64)
            ((double *)data)[at] = v;
        else
            ((float *)data)[at] = (float)v;
    }
}

static status
read_voxels(gzFile gz, const char *path, const struct nifti_head *h, void **out)
{
    status st = OK;
    size_t len = geometry_len(&h->geo);
    size_t disk = pixel_size(h->disk);
    size_t size = pixel_size(h->pixel) > disk ? pixel_size(h->pixel) : disk;
    size_t room = mem_available();
    void *data = NULL;

    ENSURE(room == 0 || len * size <= room, ERR_MEM,
           "%s: %zu bytes of voxels, %zu bytes of memory are free", path,
           len * size, room);
    TRY(mem_raw(len, size, &data));
    TRY(skip(gz, path, h->offset - NIFTI_HEAD));
    TRY(gz_read(gz, path, data, len * disk, "voxels"));
    TRY(read_tail(gz, path));
    if (h->swap)
        swap_bytes(data, len, disk);
    if (h->scaled)
        scale(h, data, len);
    *out = data;
    data = NULL;
out:
    mem_free(data);
    return st;
}

status nifti_read(const char *path, struct volume *out)
{
    status st = OK;
    struct nifti_head h;
    gzFile gz = NULL;
    void *data = NULL;

    TRY(gz_open(path, &gz));
    TRY(read_head(gz, path, &h));
    TRY(read_voxels(gz, path, &h, &data));
    if (h.note)
        log_warn("%s: %s", path, h.note);
    *out = volume_of(&h.geo, h.pixel, data);
out:
    if (gz)
        (void)gzclose(gz);
    return st;
}

status nifti_peek(const char *path, struct geometry *geo, enum pixel *pixel)
{
    status st = OK;
    struct nifti_head h;
    gzFile gz = NULL;

    TRY(gz_open(path, &gz));
    TRY(read_head(gz, path, &h));
    *geo = h.geo;
    *pixel = h.pixel;
out:
    if (gz)
        (void)gzclose(gz);
    return st;
}
