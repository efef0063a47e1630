#ifndef TESTS_UNIT_NIFTI_SAMPLE_H
#define TESTS_UNIT_NIFTI_SAMPLE_H

/* NIfTI files built byte by byte, so that the reader is not only tested with
 * our own writer. */

#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"

#include "check.h"
#include "vol/nifti_head.h"
#include "vol/volume.h"

enum { SAMPLE_MAX = 4096 };

struct sample {
    uint8_t bytes[SAMPLE_MAX];
    size_t len;
};

static inline void sample_i16(struct sample *s, int at, int v)
{
    int16_t x = (int16_t)v;

    memcpy(s->bytes + at, &x, sizeof x);
}

static inline void sample_f32(struct sample *s, int at, double v)
{
    float x = (float)v;

    memcpy(s->bytes + at, &x, sizeof x);
}

/* 4 x 3 x 2 int16 voxels 0, 1, 2, ... of 0.5 x 0.75 x 2 mm; sform code 2 with
 * RAS axes and offset (-10, -20, 30). */
static inline struct sample sample_nifti(void)
{
    static const int dim[8] = {3, 4, 3, 2, 1, 1, 1, 1};
    static const double pix[4] = {1, 0.5, 0.75, 2};
    struct sample s = {{0}, NIFTI_VOXELS + 48};
    int32_t size = NIFTI_HEAD;

    memcpy(s.bytes, &size, sizeof size);
    for (int i = 0; i < 8; i++)
        sample_i16(&s, NIFTI_DIM + 2 * i, dim[i]);
    for (int i = 0; i < 4; i++)
        sample_f32(&s, NIFTI_PIXDIM + 4 * i, pix[i]);
    sample_i16(&s, NIFTI_DATATYPE, 4);
    sample_i16(&s, NIFTI_BITPIX, 16);
    sample_f32(&s, NIFTI_VOX_OFFSET, NIFTI_VOXELS);
    sample_f32(&s, NIFTI_SCL_SLOPE, 1);
    s.bytes[NIFTI_XYZT_UNITS] = 2 | 8;
    sample_i16(&s, NIFTI_SFORM_CODE, 2);
    for (int i = 0; i < 3; i++)
        sample_f32(&s, NIFTI_SROW + 20 * i, pix[i + 1]);
    sample_f32(&s, NIFTI_SROW + 12, -10);
    sample_f32(&s, NIFTI_SROW + 28, -20);
    sample_f32(&s, NIFTI_SROW + 44, 30);
    memcpy(s.bytes + NIFTI_MAGIC, "n+1", 4);
    for (int i = 0; i < 24; i++)
        sample_i16(&s, NIFTI_VOXELS + 2 * i, i);
    return s;
}

static inline void sample_i64(struct sample *s, int at, int64_t v)
{
    memcpy(s->bytes + at, &v, sizeof v);
}

static inline void sample_f64(struct sample *s, int at, double v)
{
    memcpy(s->bytes + at, &v, sizeof v);
}

/* The same as a NIfTI-2 file. */
static inline struct sample sample_nifti2(void)
{
    static const double pix[4] = {1, 0.5, 0.75, 2};
    static const int dim[8] = {3, 4, 3, 2, 1, 1, 1, 1};
    static const double offset[3] = {-10, -20, 30};
    struct sample s = {{0}, NIFTI2_VOXELS + 48};
    int32_t size = NIFTI2_HEAD;
    int32_t code = 2;

    memcpy(s.bytes, &size, sizeof size);
    memcpy(s.bytes + NIFTI2_MAGIC, "n+2\0\r\n\032\n", 8);
    for (int i = 0; i < 8; i++)
        sample_i64(&s, NIFTI2_DIM + 8 * i, dim[i]);
    for (int i = 0; i < 4; i++)
        sample_f64(&s, NIFTI2_PIXDIM + 8 * i, pix[i]);
    sample_i16(&s, NIFTI2_DATATYPE, 4);
    sample_i16(&s, NIFTI2_BITPIX, 16);
    sample_i64(&s, NIFTI2_VOX_OFFSET, NIFTI2_VOXELS);
    sample_f64(&s, NIFTI2_SCL_SLOPE, 1);
    s.bytes[NIFTI2_XYZT_UNITS] = 2 | 8;
    memcpy(s.bytes + NIFTI2_SFORM_CODE, &code, sizeof code);
    for (int i = 0; i < 3; i++) {
        sample_f64(&s, NIFTI2_SROW + 40 * i, pix[i + 1]);
        sample_f64(&s, NIFTI2_SROW + 32 * i + 24, offset[i]);
    }
    for (int i = 0; i < 24; i++)
        sample_i16(&s, NIFTI2_VOXELS + 2 * i, i);
    return s;
}

/* The other byte order: every number of the file reversed. */
static inline void sample_reverse(struct sample *s)
{
    static const int one[][3] = {/* offset, bytes, count */
                                 {0, 4, 1},    {40, 2, 8},   {70, 2, 2},
                                 {76, 4, 8},   {108, 4, 3},  {252, 2, 2},
                                 {256, 4, 18}, {352, 2, 24}, {0, 0, 0}};
    static const int two[][3] = {{0, 4, 1},    {12, 2, 2},   {16, 8, 8},
                                 {104, 8, 11}, {344, 4, 2},  {352, 8, 18},
                                 {496, 4, 3},  {544, 2, 24}, {0, 0, 0}};
    const int(*field)[3] = nifti_is_2(s->bytes) ? two : one;

    for (; (*field)[1]; field++)
        for (int i = 0; i < (*field)[2]; i++) {
            int n = (*field)[1];
            uint8_t *b = s->bytes + (*field)[0] + i * n;

            for (int k = 0; k < n / 2; k++) {
                uint8_t t = b[k];

                b[k] = b[n - 1 - k];
                b[n - 1 - k] = t;
            }
        }
}

/* A name in the temporary folder that no other test has. */
static inline const char *sample_path(const char *end)
{
    static char path[256];
    const char *dir = getenv("TMPDIR");

    (void)snprintf(path, sizeof path, "%s/fmcib-nifti-%ld%s",
                   dir ? dir : "/tmp", (long)getpid(), end);
    return path;
}

/* Not published: thousands of syncs would wait for the disk. */
static inline void sample_write(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static inline const char *sample_file(const struct sample *s)
{
    const char *path = sample_path(".nii");

    sample_write(path, s->bytes, s->len);
    return path;
}

static inline const char *sample_gz(const struct sample *s)
{
    const char *path = sample_path(".nii.gz");
    gzFile gz = gzopen(path, "wb1");

    assert_non_null(gz);
    assert_int_equal(gzwrite(gz, s->bytes, (unsigned)s->len), (int)s->len);
    assert_int_equal(gzclose(gz), Z_OK);
    return path;
}

#endif
