/* Mutated NIfTI files. A header that is accepted must describe something
 * possible; a file that is accepted must hold what it says. */
#include <sys/resource.h>

#include "base/log.h"

#include "check.h"
#include "det/stream.h"
#include "unit/nifti_sample.h"

/* Memory: freed blocks stay with the address sanitizer for a while. */
#if defined(__SANITIZE_ADDRESS__)
enum { GROWTH_KIB = 512 * 1024 };
#else
enum { GROWTH_KIB = 32 * 1024 };
#endif
enum { HEADERS = 200000, FILES = 3000 };

/* The fields a reader looks at; mutations go there more often than chance. */
static const int fields[] = {
    NIFTI_SIZEOF_HDR, NIFTI_DIM,        NIFTI_DATATYPE,  NIFTI_BITPIX,
    NIFTI_PIXDIM,     NIFTI_VOX_OFFSET, NIFTI_SCL_SLOPE, NIFTI_XYZT_UNITS,
    NIFTI_QFORM_CODE, NIFTI_SFORM_CODE, NIFTI_QUATERN,   NIFTI_QOFFSET,
    NIFTI_SROW,       NIFTI_MAGIC};

static void mutate(struct stream *s, struct sample *f)
{
    static const uint32_t odd[] = {
        0,          1,          0xFFFFFFFF, 0x7F800000, 0xFF800000, 0x7FC00000,
        0x00000001, 0x7F7FFFFF, 0x80000000, 0x00007FFF, 0x00008000, 0x3F800000};
    uint64_t n = 1 + stream_below(s, 4);

    for (uint64_t i = 0; i < n; i++) {
        size_t at = stream_below(s, f->len);

        if (stream_below(s, 2))
            at = (size_t)
                     fields[stream_below(s, sizeof fields / sizeof *fields)] +
                 stream_below(s, 12);
        if (at + 4 > f->len)
            continue;
        switch (stream_below(s, 3)) {
        case 0:
            f->bytes[at] ^= (uint8_t)(1U << stream_below(s, 8));
            break;
        case 1:
            f->bytes[at] = (uint8_t)stream_below(s, 256);
            break;
        default:
            memcpy(f->bytes + at, &odd[stream_below(s, 12)],
                   stream_below(s, 2) ? 4 : 2);
        }
    }
}

static void test_headers(void **state)
{
    struct stream s = stream_at(1, STREAM_TEST, 100, 0, 0);
    int taken = 0;

    (void)state;
    for (int i = 0; i < HEADERS; i++) {
        struct sample f = sample_nifti();
        struct nifti_head h;

        mutate(&s, &f);
        if (nifti_head_parse(f.bytes, "fuzz", &h) != OK) {
            assert_true(strlen(status_text()) > 0);
            continue;
        }
        taken++;
        assert_ok(geometry_check(&h.geo, "fuzz"));
        assert_true(pixel_size(h.pixel) >= 1 && pixel_size(h.disk) >= 1);
        assert_true(h.offset >= NIFTI_VOXELS);
    }
    printf("%d of %d mutated headers are possible ones\n", taken, HEADERS);
    assert_in_range(taken, HEADERS / 20, HEADERS * 19 / 20);
}

static void test_files(void **state)
{
    struct stream s = stream_at(2, STREAM_TEST, 101, 0, 0);
    struct rusage before;
    struct rusage after;
    int taken = 0;

    (void)state;
    (void)getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < FILES; i++) {
        struct sample f = sample_nifti();
        struct volume v = {0};
        const char *path;

        mutate(&s, &f);
        if (stream_below(&s, 4) == 0)
            f.len = stream_below(&s, f.len);
        path = i % 2 ? sample_file(&f) : sample_gz(&f);
        if (volume_open(path, &v) == OK) {
            taken++;
            assert_ok(geometry_check(&v.geo, "fuzz"));
            assert_true(geometry_len(&v.geo) <= 48); /* bytes of voxels */
            for (size_t k = 0; k < geometry_len(&v.geo); k++)
                (void)pixel_get(v.pixel, v.data, k);
        }
        volume_free(&v);
        (void)unlink(path);
    }
    (void)getrusage(RUSAGE_SELF, &after);
    printf("%d of %d mutated files are possible ones, memory grew by %ld KiB\n",
           taken, FILES, after.ru_maxrss - before.ru_maxrss);
    assert_in_range(taken, FILES / 20, FILES * 19 / 20);
    assert_true(after.ru_maxrss - before.ru_maxrss < GROWTH_KIB);
}

/* Compressed bytes themselves changed. */
static void test_compressed(void **state)
{
    struct stream s = stream_at(3, STREAM_TEST, 102, 0, 0);
    struct sample f = sample_nifti();
    const char *path = sample_gz(&f);
    char *good = NULL;
    char *bad = NULL;
    size_t len = 0;
    int taken = 0;

    (void)state;
    assert_ok(file_read(path, 1 << 20, &good, &len));
    assert_ok(mem_new(len, 1, &bad));
    for (int i = 0; i < FILES; i++) {
        struct volume v = {0};

        memcpy(bad, good, len);
        for (uint64_t k = 1 + stream_below(&s, 3); k > 0; k--)
            bad[stream_below(&s, len)] = (char)stream_below(&s, 256);
        sample_write(path, bad, len);
        taken += volume_open(path, &v) == OK;
        volume_free(&v);
    }
    printf("%d of %d damaged gzip files were taken (bytes without meaning)\n",
           taken, FILES);
    assert_true(taken < FILES / 4);
    (void)unlink(path);
    mem_free(good);
    mem_free(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_compressed),
    };

    if (log_open(NULL, true) != OK) /* thousands of warnings otherwise */
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
