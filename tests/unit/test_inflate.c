/* Both engines on the same streams: inflate.c once more with zlib, whatever
 * the build took. */
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"

#include "det/stream.h"
#include "tmp.h"
#include "vol/inflate.h"

#define inflate_open    zlib_open
#define inflate_close   zlib_close
#define inflate_next    zlib_next
#define inflate_skip    zlib_skip
#define inflate_end     zlib_end
#define inflate_is_gzip zlib_is_gzip
status zlib_open(const char *path,
                 uint64_t offset,
                 enum inflate_kind kind,
                 struct inflate **out);
void zlib_close(struct inflate *f);
status zlib_next(struct inflate *f, void *to, size_t len, const char *what);
status zlib_skip(struct inflate *f, uint64_t len, const char *what);
status zlib_end(struct inflate *f);
status zlib_is_gzip(const char *path, uint64_t offset, bool *out);
#undef FMCIB_ISAL
#include "vol/inflate.c"
#undef inflate_open
#undef inflate_close
#undef inflate_next
#undef inflate_skip
#undef inflate_end
#undef inflate_is_gzip

/* The engine of the build, and zlib. */
static const struct engine_calls {
    const char *name;
    status (*open)(const char *,
                   uint64_t,
                   enum inflate_kind,
                   struct inflate **);
    void (*close)(struct inflate *);
    status (*next)(struct inflate *, void *, size_t, const char *);
    status (*pass)(struct inflate *, uint64_t, const char *);
    status (*end)(struct inflate *);
} engines[] = {
    {"build", inflate_open, inflate_close, inflate_next, inflate_skip,
     inflate_end},
    {"zlib", zlib_open, zlib_close, zlib_next, zlib_skip, zlib_end},
};
enum { ENGINES = 2, LEN = 3000000, JUNK = 13 };

/* CT-like bytes: smooth with noise, and a run. */
static uint8_t *make_bytes(void)
{
    struct stream s = stream_at(1, STREAM_TEST, 300, 0, 0);
    uint8_t *b = NULL;

    assert_ok(mem_raw(LEN, 1, &b));
    for (size_t i = 0; i < LEN; i++)
        b[i] = i < LEN / 3 ? (uint8_t)7
                           : (uint8_t)(i / 1000 + stream_below(&s, 9));
    return b;
}

/* `parts` streams one after the other behind JUNK bytes. */
static const char *make_file(const char *dir,
                             const uint8_t *bytes,
                             enum inflate_kind kind,
                             size_t parts,
                             size_t *len)
{
    static char path[TMP_PATH];
    uint8_t *out = NULL;
    size_t cap = LEN + 100000;
    size_t at = JUNK;

    assert_ok(mem_new(cap, 1, &out));
    for (size_t i = 0; i < parts; i++) {
        z_stream z = {0};
        size_t n = LEN / parts;

        assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED,
                                      kind == INFLATE_GZIP ? 31 : 15, 8, 0),
                         Z_OK);
        z.next_in = (uint8_t *)(uintptr_t)bytes + i * n;
        z.avail_in = (unsigned)n;
        z.next_out = out + at;
        z.avail_out = (unsigned)(cap - at);
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        at += z.total_out;
        (void)deflateEnd(&z);
    }
    *len = at;
    (void)tmp_write(dir, "z", out, at, path);
    mem_free(out);
    return path;
}

static void test_same_bytes(void **state)
{
    uint8_t *bytes = make_bytes();
    uint8_t *got = NULL;
    char dir[TMP_PATH];

    (void)state;
    tmp_make(dir);
    assert_ok(mem_raw(LEN, 1, &got));
    for (int i = 0; i < 3; i++) { /* gzip, gzip of 4 members, zlib */
        enum inflate_kind kind = i == 2 ? INFLATE_ZLIB : INFLATE_GZIP;
        size_t len = 0;
        const char *path = make_file(dir, bytes, kind, i == 1 ? 4 : 1, &len);

        for (int e = 0; e < ENGINES; e++)
            for (size_t piece = 1000; piece <= LEN; piece *= 3000) {
                struct inflate *f = NULL;

                assert_ok(engines[e].open(path, JUNK, kind, &f));
                assert_ok(engines[e].pass(f, 1234567, "start"));
                for (size_t at = 1234567; at < LEN; at += piece)
                    assert_ok(engines[e].next(
                        f, got + at, LEN - at < piece ? LEN - at : piece, "x"));
                assert_ok(engines[e].end(f));
                assert_memory_equal(got + 1234567, bytes + 1234567,
                                    LEN - 1234567);
                assert_fails(engines[e].next(f, got, 1, "rest"), ERR_DATA,
                             "1 bytes before the end of its rest");
                engines[e].close(f);
            }
    }
    mem_free(got);
    mem_free(bytes);
    tmp_clean(dir);
}

/* Read all of a file of 100 bytes; what both engines say. */
static status read_all(const struct engine_calls *e,
                       const char *path,
                       enum inflate_kind kind,
                       uint8_t *got)
{
    status st = OK;
    struct inflate *f = NULL;

    TRY(e->open(path, 0, kind, &f));
    TRY(e->next(f, got, 100, "bytes"));
    TRY(e->end(f));
out:
    e->close(f);
    return st;
}

/* Cut at every byte, and every bit of the check sum turned. */
static void test_damage(void **state)
{
    uint8_t bytes[100];
    uint8_t file[256];
    uint8_t got[100];
    char dir[TMP_PATH];
    char path[TMP_PATH];

    (void)state;
    tmp_make(dir);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i);
    for (int k = 0; k < 2; k++) {
        enum inflate_kind kind = k ? INFLATE_ZLIB : INFLATE_GZIP;
        size_t tail = k ? 4 : 8;
        z_stream z = {.next_in = bytes,
                      .avail_in = sizeof bytes,
                      .next_out = file,
                      .avail_out = sizeof file};

        assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, k ? 15 : 31, 8, 0),
                         Z_OK);
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        for (int e = 0; e < ENGINES; e++) {
            (void)tmp_write(dir, "z", file, z.total_out, path);
            assert_ok(read_all(&engines[e], path, kind, got));
            assert_memory_equal(got, bytes, sizeof bytes);
            for (size_t n = 0; n < z.total_out; n++) {
                (void)tmp_write(dir, "z", file, n, path);
                assert_int_equal(read_all(&engines[e], path, kind, got),
                                 ERR_DATA);
            }
            for (size_t n = 8 * (z.total_out - tail); n < 8 * z.total_out;
                 n++) {
                file[n / 8] ^= (uint8_t)(1U << n % 8);
                (void)tmp_write(dir, "z", file, z.total_out, path);
                assert_fails(read_all(&engines[e], path, kind, got), ERR_DATA,
                             "damaged");
                file[n / 8] ^= (uint8_t)(1U << n % 8);
            }
        }
        (void)deflateEnd(&z);
    }
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
