/* Boxes of a file against the whole volume, for every way voxels are stored;
 * and that no more of the file is touched than a box needs. */
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/text.h"

#include "tmp.h"
#include "unit/vol_sample.h"
#include "vol/nifti_write.h"
#include "vol/scan.h"

/* A box of an open scan equals the box of the volume. */
static void same_box(struct scan *s,
                     const struct volume *v,
                     const int64_t lo[3],
                     const int64_t hi[3])
{
    struct volume part = {0};
    size_t size = pixel_size(v->pixel);
    const char *p;

    assert_ok(scan_part(s, lo, hi, &part));
    assert_memory_equal(&part.geo, scan_geometry(s), sizeof part.geo);
    assert_memory_equal(part.lo, lo, sizeof part.lo);
    assert_memory_equal(part.hi, hi, sizeof part.hi);
    p = part.data;
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++) {
            int64_t row = k * v->geo.size[1] + j;
            size_t at = (size_t)(row * v->geo.size[0] + lo[0]);
            size_t len = (size_t)(hi[0] - lo[0]) * size;

            assert_memory_equal(p, (const char *)v->data + at * size, len);
            p += len;
        }
    volume_free(&part);
}

/* Random boxes, forward and back, the whole among them. */
static void
check_file(const char *path, const struct volume *v, struct stream *r)
{
    static const int64_t zero[3];
    struct scan *s = NULL;

    assert_ok(scan_open(path, &s));
    assert_int_equal(scan_pixel(s), v->pixel);
    assert_memory_equal(scan_geometry(s)->size, v->geo.size,
                        sizeof v->geo.size);
    for (int i = 0; i < 40; i++) {
        int64_t lo[3];
        int64_t hi[3];

        for (int a = 0; a < 3; a++) {
            uint64_t len = (uint64_t)v->geo.size[a];

            lo[a] = (int64_t)stream_below(r, len);
            hi[a] = lo[a] + 1;
            hi[a] += (int64_t)stream_below(r, len - (uint64_t)lo[a]);
        }
        if (i % 10 == 9)
            same_box(s, v, zero, v->geo.size);
        same_box(s, v, lo, hi);
    }
    scan_close(s);
}

static void test_nifti(void **state)
{
    static const char *const name[] = {"a.nii", "a.nii.gz"};
    struct stream r = stream_at(1, STREAM_TEST, 200, 0, 0);
    char dir[TMP_PATH];
    char path[TMP_PATH];

    (void)state;
    tmp_make(dir);
    for (int n = 0; n < 2; n++)
        for (int p = 0; p < PIXEL_TYPES; p++) {
            struct volume v = sample_volume(&r, 3, (enum pixel)p, 9);

            assert_ok(nifti_write(tmp_path(dir, name[n], path), &v));
            check_file(path, &v, &r);
            volume_free(&v);
        }
    tmp_clean(dir);
}

static void put_zlib(struct text *t, const void *bytes, size_t len)
{
    uLongf n = compressBound((uLong)len);
    uint8_t *out = NULL;

    assert_ok(mem_raw(n, 1, &out));
    assert_int_equal(compress(out, &n, bytes, (uLong)len), Z_OK);
    text_put(t, (const char *)out, n);
    mem_free(out);
}

/* MetaImage: how 0 raw, 1 reversed bytes, 2 zlib, 3 text, 4 one file for each
 * slice, 5 the same, compressed. */
static void write_meta(const char *dir, int how, const struct volume *v)
{
    static const char *const type[PIXEL_TYPES] = {
        "MET_UCHAR", "MET_CHAR", "MET_USHORT", "MET_SHORT",
        "MET_UINT",  "MET_INT",  "MET_FLOAT",  "MET_DOUBLE"};
    struct text t = {0};
    char path[TMP_PATH];
    size_t size = pixel_size(v->pixel);
    size_t len = geometry_len(&v->geo) * size;
    size_t slice = len / (size_t)v->geo.size[2];

    text_add(&t, "NDims = 3\nDimSize = %d %d %d\nElementType = %s\n",
             (int)v->geo.size[0], (int)v->geo.size[1], (int)v->geo.size[2],
             type[v->pixel]);
    text_add(&t, "BinaryData = %s\nCompressedData = %s\n",
             how == 3 ? "False" : "True", how == 2 || how == 5 ? "1" : "0");
    text_add(&t, "ElementByteOrderMSB = %d\nElementDataFile = %s\n", how == 1,
             how < 4 ? "LOCAL" : "LIST");
    if (how == 1)
        pixel_swap(v->pixel, v->data, len / size);
    if (how < 2)
        text_put(&t, v->data, len);
    if (how == 1)
        pixel_swap(v->pixel, v->data, len / size);
    if (how == 2)
        put_zlib(&t, v->data, len);
    for (size_t i = 0; how == 3 && i < len / size; i++)
        text_add(&t, "%.17g\n", pixel_get(v->pixel, v->data, i));
    for (int64_t k = 0; how >= 4 && k < v->geo.size[2]; k++) {
        const char *from = (const char *)v->data + (size_t)k * slice;
        struct text one = {0};
        char name[16];

        (void)snprintf(name, sizeof name, "%d.raw", (int)k);
        text_add(&t, "%s\n", name);
        if (how == 4)
            text_put(&one, from, slice);
        else
            put_zlib(&one, from, slice);
        (void)tmp_write(dir, name, one.s, one.len, path);
        text_free(&one);
    }
    assert_ok(text_status(&t));
    (void)tmp_write(dir, "a.mha", t.s, t.len, path);
    text_free(&t);
}

static void test_codings(void **state)
{
    struct stream r = stream_at(1, STREAM_TEST, 201, 0, 0);
    char dir[TMP_PATH];
    char path[TMP_PATH];

    (void)state;
    tmp_make(dir);
    for (int how = 0; how < 6; how++)
        for (int p = 0; p < PIXEL_TYPES; p++) {
            struct volume v = sample_volume(&r, 0, (enum pixel)p, 9);

            write_meta(dir, how, &v);
            check_file(tmp_path(dir, "a.mha", path), &v, &r);
            volume_free(&v);
        }
    tmp_clean(dir);
}

/* Bytes this process read from files so far; 0 where the system does not
 * say. */
static uint64_t bytes_read(void)
{
    unsigned long long n = 0;
    FILE *f = fopen("/proc/self/io", "r");

    if (f && fscanf(f, "rchar: %llu", &n) != 1)
        n = 0;
    if (f)
        (void)fclose(f);
    return n;
}

/* 96 x 96 x 64 int16 of noise: 1.2 MB, deflate hardly shrinks it. */
static struct volume noise(struct stream *r)
{
    struct geometry g = {
        {96, 96, 64}, {1, 1, 1}, {0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    struct volume v = {0};

    assert_ok(volume_new(&g, PIXEL_I16, &v));
    for (size_t i = 0; i < geometry_len(&g); i++)
        ((int16_t *)v.data)[i] = (int16_t)(stream_u64(r) >> 50);
    return v;
}

/* Eight boxes, one after the other along axis 2, overlapping. */
static uint64_t read_eight(const char *path, const struct volume *v)
{
    uint64_t before = bytes_read();
    struct scan *s = NULL;

    assert_ok(scan_open(path, &s));
    for (int i = 0; i < 8; i++) {
        const int64_t lo[3] = {30, 40, 6 * i};
        const int64_t hi[3] = {60, 50, 6 * i + 10};

        same_box(s, v, lo, hi);
    }
    scan_close(s);
    return bytes_read() - before;
}

static void test_reads_little(void **state)
{
    struct stream r = stream_at(1, STREAM_TEST, 202, 0, 0);
    struct volume v = noise(&r);
    char dir[TMP_PATH];
    char path[TMP_PATH];
    uint64_t raw;
    uint64_t packed;
    uint64_t size = 0;

    (void)state;
    tmp_make(dir);
    assert_ok(nifti_write(tmp_path(dir, "a.nii", path), &v));
    raw = read_eight(path, &v);
    assert_ok(nifti_write(tmp_path(dir, "a.nii.gz", path), &v));
    packed = read_eight(path, &v);
    assert_ok(file_size(path, &size));
    printf("read of %zu bytes raw %d, of %d compressed %d (last slice 51 of "
           "63)\n",
           geometry_len(&v.geo) * 2, (int)raw, (int)size, (int)packed);
    /* 8 boxes of 10 slices, 10 rows each, and the header; the rest is what
     * the C library reads ahead of the header, and /proc itself */
    assert_true(raw <= 80 * 10 * 96 * 2 + 8192);
    /* once through the stream up to slice 51, and 256 KB read ahead */
    assert_true(packed <= size * 52 / 64 + (1 << 18) + 16384);
    volume_free(&v);
    tmp_clean(dir);
}

/* Damage behind the slices that are wanted is not met; an error does not stay
 * in the scan. */
static void test_stops_at_last_slice(void **state)
{
    static const int64_t lo[3] = {10, 10, 3};
    static const int64_t hi[3] = {20, 20, 9};
    static const int64_t last_lo[3] = {10, 10, 50};
    static const int64_t last_hi[3] = {20, 20, 64};
    struct stream r = stream_at(1, STREAM_TEST, 203, 0, 0);
    struct volume v = noise(&r);
    struct volume part = {0};
    char dir[TMP_PATH];
    char path[TMP_PATH];
    char *bytes = NULL;
    size_t len = 0;
    struct scan *s = NULL;

    (void)state;
    tmp_make(dir);
    assert_ok(nifti_write(tmp_path(dir, "a.nii.gz", path), &v));
    assert_ok(file_read(path, 1 << 24, &bytes, &len));
    (void)tmp_write(dir, "a.nii.gz", bytes, len * 7 / 8, path);
    assert_ok(scan_open(path, &s));
    same_box(s, &v, lo, hi);
    for (int i = 0; i < 2; i++)
        assert_fails(scan_part(s, last_lo, last_hi, &part), ERR_DATA,
                     "truncated");
    assert_null(part.data);
    same_box(s, &v, lo, hi);
    scan_close(s);
    mem_free(bytes);
    volume_free(&v);
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nifti),
        cmocka_unit_test(test_codings),
        cmocka_unit_test(test_reads_little),
        cmocka_unit_test(test_stops_at_last_slice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
