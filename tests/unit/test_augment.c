/* Views: input untouched, same stream same bytes, nothing beyond the scratch,
 * no allocation, one digest on every compiler and machine. */
#include <math.h>

#include "base/mem.h"
#include "base/sha256.h"

#include "check.h"
#include "vol/augment/augment.h"

enum { GUARD = 64 };

/* A patch z x y x x of random HU. */
static struct patch random_patch(
    struct stream *s, enum pixel pixel, int32_t z, int32_t y, int32_t x)
{
    struct patch p = {{z, y, x}, pixel, NULL};

    assert_ok(mem_new(patch_len(&p), pixel_size(pixel), &p.data));
    for (size_t i = 0; i < patch_len(&p); i++)
        pixel_set(pixel, p.data, i, stream_range(s, -1100, 1500));
    return p;
}

struct room { /* memory with guards behind it */
    float *out, *scratch;
    size_t n_out, n_scratch;
};

static struct room new_room(const struct augment_conf *conf, int64_t edge)
{
    struct room r = {NULL, NULL, (size_t)(conf->size * conf->size * conf->size),
                     augment_scratch_len(conf, edge)};

    assert_ok(mem_new(r.n_out + GUARD, sizeof(float), &r.out));
    assert_ok(mem_new(r.n_scratch + GUARD, sizeof(float), &r.scratch));
    for (int i = 0; i < GUARD; i++)
        r.out[r.n_out + (size_t)i] = r.scratch[r.n_scratch + (size_t)i] = 7.0F;
    return r;
}

static void end_room(struct room *r)
{
    for (int i = 0; i < GUARD; i++)
        assert_true(r->out[r->n_out + (size_t)i] == 7.0F &&
                    r->scratch[r->n_scratch + (size_t)i] == 7.0F);
    mem_free(r->out);
    mem_free(r->scratch);
}

static void test_views(void **state)
{
    struct stream s = stream_at(4, STREAM_TEST, 4, 0, 0);

    (void)state;
    for (uint64_t turn = 0; turn < 120; turn++) {
        struct augment_conf conf = augment_default(4 + (int64_t)(turn % 17));
        int64_t edge = 24;
        struct patch p =
            random_patch(&s, (enum pixel)stream_below(&s, PIXEL_TYPES),
                         1 + (int32_t)stream_below(&s, 24),
                         1 + (int32_t)stream_below(&s, 24),
                         1 + (int32_t)stream_below(&s, 24));
        struct stream a = stream_at(1, STREAM_AUGMENT, 0, turn, 0);
        struct stream b = a;
        struct room r = new_room(&conf, edge);
        struct room q = new_room(&conf, edge);
        size_t size = patch_len(&p) * pixel_size(p.pixel);
        unsigned long calls;
        void *copy = NULL;

        conf.order = (int)(turn % 2);
        assert_ok(mem_raw(size, 1, &copy));
        memcpy(copy, p.data, size);
        for (size_t i = 0; i < q.n_scratch; i++)
            q.scratch[i] = -1e30F; /* its content does not matter */
        calls = mem_calls();
        assert_ok(augment_view(&conf, &p, &a, r.out, r.scratch));
        assert_ok(augment_view(&conf, &p, &b, q.out, q.scratch));
        assert_int_equal(mem_calls(), calls);
        assert_same_bits(r.out, q.out, r.n_out * sizeof(float));
        assert_same_bits(copy, p.data, size);
        for (size_t i = 0; i < r.n_out; i++)
            assert_true(r.out[i] >= -0.05F && r.out[i] <= 1.0F);
        mem_free(copy);
        mem_free(p.data);
        end_room(&r);
        end_room(&q);
    }
}

/* The bits are part of the identity: this digest holds for every compiler,
 * optimisation level and instruction set. If it moves, the commit says why. */
static void test_digest(void **state)
{
    static const char want[SHA256_HEX] =
        "7c7580b4cbf7d32e6b65e88a643040f32b237b8102212a90ef02bc7d603f92cc";
    struct stream s = stream_at(5, STREAM_TEST, 5, 0, 0);
    struct augment_conf conf = augment_default(13);
    struct patch p = random_patch(&s, PIXEL_I16, 14, 11, 16);
    struct room r = new_room(&conf, 16);
    struct sha256 *sha = NULL;
    uint8_t raw[SHA256_SIZE];
    char hex[SHA256_HEX];

    (void)state;
    assert_ok(sha256_new(&sha));
    for (uint64_t view = 0; view < 40; view++) {
        struct stream v = stream_at(1, STREAM_AUGMENT, 2, 3, view);

        conf.order = (int)(view % 2);
        assert_ok(augment_view(&conf, &p, &v, r.out, r.scratch));
        sha256_add(sha, r.out, r.n_out * sizeof(float));
    }
    sha256_end(sha, raw);
    sha256_hex(raw, hex);
    sha256_free(sha);
    assert_string_equal(hex, want);
    mem_free(p.data);
    end_room(&r);
}

static void test_plain(void **state)
{
    struct stream s = stream_at(6, STREAM_TEST, 6, 0, 0);
    struct patch p = random_patch(&s, PIXEL_I16, 3, 8, 6);
    const int16_t *hu = p.data;
    float out[216];

    (void)state;
    assert_ok(augment_plain(6, &p, out));
    for (int z = 0; z < 6; z++)
        for (int y = 0; y < 6; y++)
            for (int x = 0; x < 6; x++) {
                float want = 0.0F; /* z: 1 before, 2 after; y: middle */

                if (z >= 1 && z < 4)
                    want =
                        ((float)hu[((z - 1) * 8 + y + 1) * 6 + x] + 1024.0F) /
                        3072.0F;
                assert_true(out[(z * 6 + y) * 6 + x] == want);
            }
    mem_free(p.data);
}

static void test_bad_patches(void **state)
{
    struct augment_conf conf = augment_default(4);
    struct stream s = stream_at(7, STREAM_TEST, 7, 0, 0);
    struct patch empty = {{4, 0, 4}, PIXEL_I16, NULL};
    struct patch large = {{4, 4, 5000}, PIXEL_I16, NULL};
    float out[64];
    float scratch[1];

    (void)state;
    assert_fails(augment_view(&conf, &empty, &s, out, scratch), ERR_DATA,
                 "4 x 0 x 4");
    assert_fails(augment_plain(4, &empty, out), ERR_DATA, "4 x 0 x 4");
    assert_fails(augment_view(&conf, &large, &s, out, scratch), ERR_DATA,
                 "5000");
}

/* The rows of the configuration give what augment_default gives. */
static void test_rows(void **state)
{
    struct augment_conf conf = {0};
    struct augment_conf want = augment_default(50);
    struct conf_table table = {augment_rows, augment_rows_n, &conf};
    struct conf *c = NULL;

    (void)state;
    assert_ok(conf_load(&table, 1, NULL, 0, NULL, NULL, 0, &c));
    assert_true(conf.size == want.size && conf.order == want.order);
    assert_true(conf.crop_lo == want.crop_lo && conf.crop_hi == want.crop_hi);
    assert_true(conf.flip_p == want.flip_p &&
                conf.histogram_p == want.histogram_p &&
                conf.smooth_p == want.smooth_p);
    assert_true(conf.sigma_lo == want.sigma_lo &&
                conf.sigma_hi == want.sigma_hi);
    conf_free(c);
    for (size_t i = 0; i < augment_rows_n; i++)
        assert_int_equal(augment_rows[i].role, IDENTITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views), cmocka_unit_test(test_digest),
        cmocka_unit_test(test_plain), cmocka_unit_test(test_bad_patches),
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
