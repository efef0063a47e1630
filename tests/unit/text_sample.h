#ifndef TESTS_UNIT_TEXT_SAMPLE_H
#define TESTS_UNIT_TEXT_SAMPLE_H

/* Files with a text header: 4 x 3 x 2 int16 voxels 0, 1, 2, ... */

#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "tmp.h"
#include "vol/volume.h"

enum { TEXT_VOXELS = 24 };

/* The voxels as bytes; big: the other byte order. */
static inline void text_voxels(uint8_t out[2 * TEXT_VOXELS], int big)
{
    for (int i = 0; i < TEXT_VOXELS; i++) {
        out[2 * i + !!big] = (uint8_t)i;
        out[2 * i + !big] = 0;
    }
}

/* Deflated, with the wrapper zlib's inflateInit2 calls `bits`. */
static inline size_t text_deflate(const void *in, size_t n, int bits, void *out)
{
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)in,
                  .avail_in = (unsigned)n,
                  .next_out = out,
                  .avail_out = 200};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, 0), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&z);
    return z.total_out;
}

/* dir/name of a header and n bytes. */
static inline const char *text_file(const char *dir,
                                    const char *name,
                                    const char *header,
                                    const void *bytes,
                                    size_t n)
{
    static char path[TMP_PATH];
    struct text t = {0};

    text_add(&t, "%s", header);
    text_put(&t, bytes, n);
    assert_ok(text_status(&t));
    (void)tmp_write(dir, name, t.s, t.len, path);
    text_free(&t);
    return path;
}

/* The file is read, its voxels are 0, 1, 2, ...; geometry as given (NULL: not
 * looked at; direction: identity). */
static inline void text_good(const char *path,
                             const double spacing[3],
                             const double origin[3],
                             const double direction[9])
{
    struct volume v = {0};

    assert_ok(volume_open(path, &v));
    assert_int_equal(geometry_len(&v.geo), TEXT_VOXELS);
    for (int i = 0; i < TEXT_VOXELS; i++)
        assert_true(pixel_get(v.pixel, v.data, (size_t)i) == i);
    for (int a = 0; a < 3; a++) {
        if (spacing)
            assert_true(v.geo.spacing[a] == spacing[a]);
        if (origin)
            assert_true(v.geo.origin[a] == origin[a]);
    }
    for (int i = 0; i < 9; i++)
        assert_true(v.geo.direction[i] ==
                    (direction ? direction[i] : (double)(i % 4 == 0)));
    volume_free(&v);
}

static inline void text_bad(const char *path, status code, const char *word)
{
    struct volume v = {0};

    assert_fails(volume_open(path, &v), code, word);
    assert_null(v.data);
}

/* The file cut at every length: never read, but where only what follows the
 * voxels is gone. */
static inline void text_cut(const char *dir, const char *path, size_t trailing)
{
    char *bytes = NULL;
    size_t len = 0;
    char cut[TMP_PATH];
    const char *end = strrchr(path, '.');
    char name[32];

    (void)snprintf(name, sizeof name, "cut%s", end);
    assert_ok(file_read(path, 1 << 20, &bytes, &len));
    for (size_t n = 0; n + trailing < len; n++) {
        struct volume v = {0};
        status st;

        (void)tmp_write(dir, name, bytes, n, cut);
        st = volume_open(cut, &v);
        if (st != ERR_DATA && st != ERR_FILE)
            fail_msg("%s cut to %zu of %zu bytes: %s", path, n, len,
                     status_name(st));
    }
    mem_free(bytes);
}

#endif
