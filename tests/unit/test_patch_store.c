/* store/patch: ragged patches of several types come back by (row, k), from
 * file and from memory; stores that do not fit together are refused. */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "check.h"
#include "store/patch.h"
#include "store/patch_file.h"
#include "store/seal.h"
#include "tmp.h"
#include "vol/pixel.h"

enum { ROWS = 8, NEG = 2, SHARDS = 4, MOST = 6 * 5 * 4 };

static char dir[TMP_PATH];

static int setup(void **state)
{
    (void)state;
    tmp_make(dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static void fill_hex(char hex[SHA256_HEX], char digit)
{
    memset(hex, digit, SHA256_HEX - 1);
    hex[SHA256_HEX - 1] = '\0';
}

static struct patch_head head_of(char run)
{
    struct patch_head h = {.program = "test 1",
                           .identity = "seed: 1\n",
                           .columns = "\"\",image_path,label",
                           .rows = ROWS,
                           .negatives = NEG,
                           .shards = SHARDS,
                           .chunk = 64};

    fill_hex(h.run_id, run);
    fill_hex(h.list, 'b');
    return h;
}

/* Row 3 is int32, row 5 float32, the others int16; sizes vary. */
/* Every type a volume can have. */
static enum digest_type type_of(uint32_t row)
{
    static const enum digest_type type[] = {DIGEST_I16, DIGEST_U16, DIGEST_U8,
                                            DIGEST_I32, DIGEST_I8,  DIGEST_F32,
                                            DIGEST_F64, DIGEST_U32, DIGEST_I16};

    return type[row % 9];
}

static enum pixel pixel_of(enum digest_type t)
{
    static const enum pixel p[] = {
        [DIGEST_F32] = PIXEL_F32, [DIGEST_F64] = PIXEL_F64,
        [DIGEST_I16] = PIXEL_I16, [DIGEST_I32] = PIXEL_I32,
        [DIGEST_U8] = PIXEL_U8,   [DIGEST_I8] = PIXEL_I8,
        [DIGEST_U16] = PIXEL_U16, [DIGEST_U32] = PIXEL_U32};

    return p[t];
}

static void sample(uint32_t row, int32_t k, struct patch_info *p, void *voxels)
{
    uint32_t n = 0;

    *p = (struct patch_info){.row = row,
                             .k = k,
                             .dim = {4 + row % 3, 5, 3 + (uint32_t)(k + 1) % 2},
                             .type = type_of(row)};
    n = p->dim[0] * p->dim[1] * p->dim[2];
    for (uint32_t i = 0; i < n; i++) {
        int v = (int)(row * 1000 + i) - 100 * k - 1024;

        pixel_set(pixel_of(p->type), voxels, i,
                  p->type == DIGEST_F32   ? (double)v / 3.0
                  : p->type == DIGEST_I32 ? v * 1000.0
                                          : v);
    }
}

/* Rows go to shards as 0 4 | 1 5 | 2 6 | 3 7. */
static void write_shard(const char *to, uint32_t shard, char run)
{
    struct patch_head h = head_of(run);
    struct patch_writer *w = NULL;
    char record[64];
    char digest[SHA256_HEX];
    double voxels[MOST];

    assert_ok(patch_create(to, shard, &h, &w));
    for (uint32_t row = shard; row < ROWS; row += SHARDS) {
        (void)snprintf(record, sizeof record, "%u,\"a,%u.nii\",%u", row, row,
                       row % 2);
        assert_ok(patch_put_row(w, row, record));
        for (int32_t k = PATCH_POSITIVE; k < NEG; k++) {
            struct patch_info p;

            sample(row, k, &p, voxels);
            assert_ok(patch_put(w, &p, voxels));
        }
    }
    assert_ok(patch_finish(w, digest));
    patch_writer_free(w);
}

static void write_store(char run)
{
    for (uint32_t i = 0; i < SHARDS; i++)
        write_shard(dir, i, run);
}

static char *shard_path(uint32_t i)
{
    char *path = NULL;

    assert_ok(patch_shard_path(dir, i, SHARDS, &path));
    return path;
}

static size_t size_of(enum digest_type t)
{
    return pixel_size(pixel_of(t));
}

static void compare_all(struct patch_store *s)
{
    double want[MOST]; /* room for every type */
    double have[MOST];
    float f[MOST];

    for (uint32_t row = ROWS; row-- > 0;)
        for (int32_t k = PATCH_POSITIVE; k < NEG; k++) {
            struct patch_info p;
            struct patch_info q;
            size_t n = 0;

            sample(row, k, &p, want);
            patch_at(s, row, k, &q);
            assert_memory_equal(p.dim, q.dim, sizeof p.dim);
            assert_int_equal(p.type, q.type);
            n = (size_t)p.dim[0] * p.dim[1] * p.dim[2];
            assert_ok(patch_read(s, row, k, have));
            assert_same_bits(want, have, n * size_of(p.type));
            assert_ok(patch_read_f32(s, row, k, f));
            for (size_t i = 0; i < n; i++) {
                double v = pixel_get(pixel_of(p.type), want, i);

                assert_true(f[i] == (float)v);
            }
        }
}

static void gives_back_every_patch(void **state)
{
    struct patch_store *s = NULL;
    const struct patch_facts *f = NULL;
    char digest[SHA256_HEX];
    uint64_t bytes = 0;
    double voxels[MOST];

    (void)state;
    write_store('a');
    assert_ok(patch_store_open(dir, &s));
    f = patch_store_facts(s);
    assert_int_equal(f->rows, ROWS);
    assert_int_equal(f->negatives, NEG);
    assert_int_equal(f->patches, ROWS * (1 + NEG));
    assert_int_equal(f->max_dim[0], 6);
    assert_int_equal(f->min_dim[0], 4);
    assert_int_equal(f->max_voxels, 6 * 5 * 4);
    for (uint32_t row = 0; row < ROWS; row++)
        for (int32_t k = PATCH_POSITIVE; k < NEG; k++) {
            struct patch_info p;

            sample(row, k, &p, voxels);
            bytes += p.dim[0] * p.dim[1] * p.dim[2] * size_of(p.type);
        }
    assert_int_equal(f->bytes, bytes);
    memcpy(digest, f->digest, sizeof digest);
    compare_all(s);
    assert_ok(patch_store_load(s));
    compare_all(s);
    assert_int_equal(patch_store_cols(s), 3);
    assert_int_equal(patch_store_find(s, "label"), 2);
    assert_int_equal(patch_store_find(s, "x"), -1);
    assert_string_equal(patch_store_col(s, 0), "");
    assert_string_equal(patch_store_cell(s, 6, 1), "a,6.nii");
    assert_string_equal(patch_store_cell(s, 5, 2), "1");
    patch_store_close(s);
    /* the digest is of the content, not of the run */
    write_store('c');
    assert_ok(patch_store_open(dir, &s));
    assert_string_equal(patch_store_facts(s)->digest, digest);
    patch_store_close(s);
}

static void refuses_what_does_not_fit(void **state)
{
    struct patch_store *s = NULL;
    char *path = shard_path(2);

    (void)state;
    write_store('a');
    assert_int_equal(remove(path), 0);
    assert_fails(patch_store_open(dir, &s), ERR_FILE,
                 "patches-00002-of-00004.nc");
    write_shard(dir, 2, 'd');
    assert_fails(patch_store_open(dir, &s), ERR_RUN, "by run dddddddddddd");
    write_shard(dir, 2, 'a');
    assert_ok(patch_store_open(dir, &s));
    patch_store_close(s);
    assert_fails(patch_store_open("/nowhere", &s), ERR_FILE, "/nowhere");
    assert_fails(patch_store_open(path, &s), ERR_FILE, "is a folder");
    assert_fails(patch_store_open("/", &s), ERR_FILE, "no patch store");
    mem_free(path);
}

static void check_tells_resume_what_is_there(void **state)
{
    struct patch_head h = head_of('a');
    bool there = true;
    char digest[SHA256_HEX];
    char *path = shard_path(1);

    (void)state;
    write_store('a');
    assert_ok(patch_shard_check(dir, 1, &h, &there, digest));
    assert_true(there);
    assert_int_equal(remove(path), 0);
    assert_ok(patch_shard_check(dir, 1, &h, &there, digest));
    assert_false(there);
    write_shard(dir, 1, 'e');
    assert_fails(patch_shard_check(dir, 1, &h, &there, digest), ERR_RUN,
                 "written by run eeeeeeeeeeee");
    write_shard(dir, 1, 'a');
    fill_hex(h.list, 'f');
    assert_fails(patch_shard_check(dir, 1, &h, &there, digest), ERR_RUN,
                 "another list");
    mem_free(path);
}

static void notices_damage(void **state)
{
    struct patch_store *s = NULL;
    char *path = shard_path(0);
    char *good = NULL;
    size_t len = 0;

    (void)state;
    write_store('a');
    assert_ok(file_read(path, 1 << 24, &good, &len));
    for (size_t i = 0; i < len; i += 101) {
        good[i] ^= 0x20;
        assert_ok(file_publish(path, good, len));
        good[i] ^= 0x20;
        assert_true(patch_store_open(dir, &s) != OK);
        assert_non_null(strstr(status_text(), path));
    }
    for (size_t cut = 0; cut < len; cut += len / 13) {
        assert_ok(file_publish(path, good, cut));
        assert_fails(patch_store_open(dir, &s), ERR_DATA, path);
    }
    mem_free(good);
    mem_free(path);
}

/* What a right seal covers, the content digests find. */
static void notices_changes_under_a_seal(void **state)
{
    struct patch_store *s = NULL;
    struct patch_shard shard;
    struct digest *d = NULL;
    char *path = shard_path(0);
    char *good = NULL;
    char *at = NULL;
    size_t len = 0;
    double voxels[MOST];

    (void)state;
    write_store('a');
    assert_ok(file_read(path, 1 << 24, &good, &len));
    for (at = good; memcmp(at, "\"a,4.nii\"", 9) != 0; at++)
        assert_true(at + 9 < good + len);
    at[3] = '5';
    assert_ok(file_publish(path, good, len - 24));
    assert_ok(seal_put(path));
    assert_fails(patch_store_open(dir, &s), ERR_NUMERIC, "its tables do not");
    write_shard(dir, 0, 'a');
    assert_ok(patch_shard_open(path, &shard));
    assert_ok(digest_new(&d));
    assert_ok(patch_shard_read(&shard, &shard.table.entry[1], d, voxels));
    shard.table.entry[1].sha[9] ^= 1; /* as if the voxels were others */
    assert_fails(patch_shard_read(&shard, &shard.table.entry[1], d, voxels),
                 ERR_NUMERIC, "row 0, patch 0 does not give");
    digest_free(d);
    patch_shard_free(&shard);
    mem_free(good);
    mem_free(path);
}

static void unfinished_shards_leave_nothing(void **state)
{
    struct patch_head h = head_of('a');
    struct patch_writer *w = NULL;
    char *path = shard_path(3);
    char *tmp = NULL;

    (void)state;
    (void)remove(path);
    assert_ok(file_tmp_name(path, &tmp));
    assert_ok(patch_create(dir, 3, &h, &w));
    assert_true(file_exists(tmp));
    patch_writer_free(w);
    assert_false(file_exists(tmp));
    assert_false(file_exists(path));
    assert_fails(patch_create("/nowhere", 3, &h, &w), ERR_FILE, "/nowhere");
    mem_free(tmp);
    mem_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_every_patch),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(check_tells_resume_what_is_there),
        cmocka_unit_test(notices_damage),
        cmocka_unit_test(notices_changes_under_a_seal),
        cmocka_unit_test(unfinished_shards_leave_nothing),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
