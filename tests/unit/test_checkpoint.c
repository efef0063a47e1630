/* store/checkpoint: what is put is what is read, the digest is that of the
 * memory, and damage anywhere is noticed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#include "check.h"
#include "store/checkpoint.h"
#include "store/seal.h"

enum { A = 6, B = 10, N_FLOAT = A * B };

static char folder[] = "/tmp/fmcib-ckpt-XXXXXX";
static char path[64];
static float weights[N_FLOAT];
static double momentum[3] = {0.1, -2.0, 1e300};
static int64_t step = 42;
static const uint64_t dim2[2] = {A, B};
static const uint64_t dim1[1] = {3};

static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < N_FLOAT; i++)
        weights[i] = (float)i / 7.0f;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/step.nc", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static status put_all(struct ckpt_writer *w)
{
    status st = OK;

    TRY(ckpt_put(w, "layer1.0.conv1.weight", DIGEST_F32, 2, dim2, weights));
    TRY(ckpt_put_text(w, "run_id", "abc"));
    TRY(ckpt_put(w, "momentum", DIGEST_F64, 1, dim1, momentum));
    TRY(ckpt_put(w, "step", DIGEST_I64, 0, NULL, &step));
    TRY(ckpt_put_text(w, "identity", "seed: 1\nV: 8\n"));
    TRY(ckpt_put_text(w, "empty", ""));
out:
    return st;
}

static void save(char digest[SHA256_HEX])
{
    struct ckpt_writer *w = NULL;

    assert_ok(ckpt_create(path, "checkpoint", &w));
    assert_ok(put_all(w));
    assert_ok(ckpt_finish(w, digest));
    ckpt_writer_free(w);
}

static void gives_back_what_was_put(void **state)
{
    struct ckpt *c = NULL;
    float f[N_FLOAT];
    double m[3];
    int64_t s = 0;
    char digest[SHA256_HEX];

    (void)state;
    save(digest);
    assert_ok(ckpt_open(path, "checkpoint", &c));
    assert_int_equal(ckpt_count(c), 3);
    assert_string_equal(ckpt_at(c, 0)->name, "layer1.0.conv1.weight");
    assert_int_equal(ckpt_at(c, 0)->len, N_FLOAT);
    assert_ok(ckpt_need(c, "step", DIGEST_I64, 0, NULL));
    assert_ok(ckpt_get(c, "momentum", m));
    assert_ok(ckpt_get(c, "layer1.0.conv1.weight", f));
    assert_ok(ckpt_get(c, "step", &s));
    assert_same_bits(f, weights, sizeof f);
    assert_same_bits(m, momentum, sizeof m);
    assert_int_equal(s, 42);
    assert_string_equal(ckpt_text(c, "identity"), "seed: 1\nV: 8\n");
    assert_string_equal(ckpt_text(c, "empty"), "");
    assert_null(ckpt_text(c, "nothing"));
    assert_string_equal(ckpt_digest(c), digest);
    assert_ok(ckpt_verify(c));
    ckpt_close(c);
}

static void digest_is_that_of_the_memory(void **state)
{
    char file[SHA256_HEX];
    char mine[SHA256_HEX];
    char hex[SHA256_HEX];
    struct ckpt_sum *s = NULL;

    (void)state;
    save(file);
    assert_ok(ckpt_sum_new(&s));
    assert_ok(ckpt_array_digest("layer1.0.conv1.weight", DIGEST_F32, 2, dim2,
                                weights, hex));
    ckpt_sum_add(s, "layer1.0.conv1.weight", hex);
    assert_ok(
        ckpt_array_digest("momentum", DIGEST_F64, 1, dim1, momentum, hex));
    ckpt_sum_add(s, "momentum", hex);
    assert_ok(ckpt_array_digest("step", DIGEST_I64, 0, NULL, &step, hex));
    ckpt_sum_add(s, "step", hex);
    ckpt_sum_end(s, mine);
    assert_string_equal(mine, file);
    ckpt_sum_free(s);
    weights[7] = 1.0f / 3.0f;
    save(mine);
    assert_string_not_equal(mine, file);
    weights[7] = 1.0f;
}

static void says_what_does_not_fit(void **state)
{
    struct ckpt *c = NULL;
    struct ckpt_writer *w = NULL;
    const uint64_t other[2] = {B, A};
    char digest[SHA256_HEX];
    float f = 0;
    char *text = NULL;

    (void)state;
    save(digest);
    assert_ok(ckpt_open(path, "checkpoint", &c));
    assert_fails(ckpt_need(c, "fc", DIGEST_F32, 2, dim2), ERR_DATA,
                 "no array \"fc\" (float32 [6, 10] is needed)");
    assert_fails(ckpt_need(c, "layer1.0.conv1.weight", DIGEST_F32, 2, other),
                 ERR_DATA, "is float32 [6, 10], float32 [10, 6] is needed");
    assert_fails(ckpt_get(c, "fc", &f), ERR_DATA, "no array \"fc\"");
    ckpt_close(c);
    assert_fails(ckpt_open(path, "weights", &c), ERR_DATA,
                 "kind is \"checkpoint\", \"weights\" is needed");
    assert_fails(ckpt_open("/nowhere/x.nc", "weights", &c), ERR_FILE,
                 "/nowhere/x.nc");
    assert_fails(ckpt_open(folder, "weights", &c), ERR_FILE, "is a folder");
    assert_fails(ckpt_create("/nowhere/x.nc", "weights", &w), ERR_FILE,
                 "/nowhere/x.nc");
    assert_ok(mem_new(60002, 1, &text));
    memset(text, 'x', 60001);
    assert_ok(ckpt_create(path, "weights", &w));
    assert_fails(ckpt_put_text(w, "log", text), ERR_DATA, "at most 60000");
    ckpt_writer_free(w); /* leaves the former file and no temporary one */
    mem_free(text);
    assert_ok(ckpt_open(path, "checkpoint", &c));
    ckpt_close(c);
}

/* OK only when all that was put comes back. */
static status read_all(void)
{
    status st = OK;
    struct ckpt *c = NULL;
    float f[N_FLOAT];
    double m[3];
    int64_t s = 0;

    TRY(ckpt_open(path, "checkpoint", &c));
    TRY(ckpt_need(c, "layer1.0.conv1.weight", DIGEST_F32, 2, dim2));
    TRY(ckpt_need(c, "momentum", DIGEST_F64, 1, dim1));
    TRY(ckpt_need(c, "step", DIGEST_I64, 0, NULL));
    TRY(ckpt_get(c, "layer1.0.conv1.weight", f));
    TRY(ckpt_get(c, "momentum", m));
    TRY(ckpt_get(c, "step", &s));
    assert_same_bits(f, weights, sizeof f);
    assert_same_bits(m, momentum, sizeof m);
    assert_int_equal(s, 42);
    assert_string_equal(ckpt_text(c, "identity"), "seed: 1\nV: 8\n");
    assert_string_equal(ckpt_text(c, "run_id"), "abc");
out:
    ckpt_close(c);
    return st;
}

static void notices_a_flipped_byte(void **state)
{
    char digest[SHA256_HEX];
    char *good = NULL;
    size_t len = 0;

    (void)state;
    save(digest);
    assert_ok(file_read(path, 1 << 24, &good, &len));
    for (size_t i = 0; i < len; i += 11) {
        good[i] ^= 0x04;
        assert_ok(file_publish(path, good, len));
        good[i] ^= 0x04;
        assert_true(read_all() != OK);
        assert_non_null(strstr(status_text(), path));
        assert_true(i + 24 >= len || strstr(status_text(), "damaged"));
    }
    mem_free(good);
}

/* The content digests find what a right seal covers: a value changed by a
 * program, not by the disk. */
static void notices_changed_values_under_a_seal(void **state)
{
    char digest[SHA256_HEX];
    char *good = NULL;
    char *at = NULL;
    size_t len = 0;

    (void)state;
    save(digest);
    assert_ok(file_read(path, 1 << 24, &good, &len));
    for (at = good; memcmp(at, weights, sizeof weights) != 0; at++)
        assert_true(at + sizeof weights < good + len);
    for (size_t i = 0; i < sizeof weights; i += 7) {
        at[i] ^= 0x10;
        assert_ok(file_publish(path, good, len - 24));
        assert_ok(seal_put(path));
        at[i] ^= 0x10;
        assert_fails(read_all(), ERR_NUMERIC, path);
        assert_non_null(strstr(status_text(), "layer1.0.conv1.weight"));
    }
    mem_free(good);
}

static void refuses_truncated_and_foreign_files(void **state)
{
    char digest[SHA256_HEX];
    struct ckpt *c = NULL;
    char *good = NULL;
    size_t len = 0;

    (void)state;
    save(digest);
    assert_ok(file_read(path, 1 << 24, &good, &len));
    for (size_t cut = 0; cut < len; cut += len / 23) {
        assert_ok(file_publish(path, good, cut));
        assert_fails(ckpt_open(path, "checkpoint", &c), ERR_DATA, path);
    }
    assert_ok(file_publish(path, "text, no NetCDF", 15));
    assert_fails(ckpt_open(path, "checkpoint", &c), ERR_DATA,
                 "no file of this suite");
    assert_ok(file_publish(path, "text, no NetCDF, with a seal", 28));
    assert_ok(seal_put(path));
    assert_fails(ckpt_open(path, "checkpoint", &c), ERR_DATA,
                 "no readable NetCDF-4");
    mem_free(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_put),
        cmocka_unit_test(digest_is_that_of_the_memory),
        cmocka_unit_test(says_what_does_not_fit),
        cmocka_unit_test(notices_a_flipped_byte),
        cmocka_unit_test(notices_changed_values_under_a_seal),
        cmocka_unit_test(refuses_truncated_and_foreign_files),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
