/* Pipelines by name: every one is whole and runs on any patch, within its
 * memory; one digest for all; the words of the configuration are the names. */
#include <math.h>

#include "base/mem.h"
#include "base/sha256.h"

#include "check.h"
#include "vol/augment/augment.h"
#include "vol/augment/transforms.h"

enum { GUARD = 64, EDGE = 20 };

static struct patch random_patch(struct stream *s)
{
    struct patch p = {{0}, (enum pixel)stream_below(s, PIXEL_TYPES), NULL};

    for (int a = 0; a < 3; a++)
        p.shape[a] = 1 + (int32_t)stream_below(s, EDGE);
    assert_ok(mem_new(patch_len(&p), pixel_size(p.pixel), &p.data));
    for (size_t i = 0; i < patch_len(&p); i++)
        pixel_set(p.pixel, p.data, i, stream_range(s, -1100, 1500));
    return p;
}

static float *guarded(size_t n)
{
    float *m = NULL;

    assert_ok(mem_new(n + GUARD, sizeof *m, &m));
    for (int i = 0; i < GUARD; i++)
        m[n + (size_t)i] = 7.0F;
    return m;
}

static void end_guarded(float *m, size_t n)
{
    for (int i = 0; i < GUARD; i++)
        assert_true(m[n + (size_t)i] == 7.0F);
    mem_free(m);
}

/* One view, added to the digest. */
static void
one_view(const struct augment_chain *c, struct stream *s, struct sha256 *sha)
{
    struct patch in = random_patch(s);
    size_t n = augment_chain_len(c, EDGE);
    size_t n_scratch = augment_chain_scratch(c, EDGE);
    struct image out = {{0, 0, 0}, guarded(n)};
    float *scratch = guarded(n_scratch);
    unsigned long calls = mem_calls();
    int longest = 0;

    assert_ok(augment_chain_view(c, &in, s, &out, scratch));
    assert_int_equal(mem_calls(), calls);
    for (int a = 0; a < 3; a++) {
        assert_true(out.shape[a] >= augment_edge(c));
        longest = in.shape[a] > longest ? in.shape[a] : longest;
    }
    for (size_t i = 0; i < image_len(&out); i++)
        assert_true(isfinite(out.data[i]));
    if (longest <= augment_edge(c))
        for (int a = 0; a < 3; a++)
            assert_int_equal(out.shape[a], augment_edge(c));
    sha256_add(sha, out.shape, sizeof out.shape);
    sha256_add(sha, out.data, image_len(&out) * sizeof(float));
    end_guarded(out.data, n);
    end_guarded(scratch, n_scratch);
    mem_free(in.data);
}

/* The digest holds for every compiler, optimisation level and instruction set;
 * if it moves, the commit says why. */
static void test_all(void **state)
{
    static const char want[SHA256_HEX] =
        "f928b482af760e59bec35349db9cf5ae6e480c31699e94317bd73e70839022af";
    struct sha256 *sha = NULL;
    uint8_t raw[SHA256_SIZE];
    char hex[SHA256_HEX];

    (void)state;
    assert_ok(sha256_new(&sha));
    for (size_t i = 0; augment_name_at(i); i++) {
        const struct augment_name *name = augment_name_at(i);
        struct augment_pipeline p;

        assert_ok(augment_preset(name->config, name->part, 16, &p));
        for (int32_t v = 0; v < augment_views(&p); v++)
            for (uint64_t turn = 0; turn < 10; turn++) {
                struct stream s =
                    stream_at(2, STREAM_TEST, i, (uint64_t)v, turn);

                one_view(augment_chain_of(&p, v), &s, sha);
            }
    }
    sha256_end(sha, raw);
    sha256_hex(raw, hex);
    sha256_free(sha);
    assert_string_equal(hex, want);
}

/* Med3D is in no file's pipeline, but can be a step. */
static void test_med3d_step(void **state)
{
    const struct augment_chain c = {
        2, {{.op = AUGMENT_PAD, .size = 6}, {.op = AUGMENT_MED3D}}};
    int16_t hu[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct patch in = {{2, 2, 2}, PIXEL_I16, hu};
    float out[216];
    float again[216];
    struct image a = {{0}, out};
    struct image b = {{0}, again};
    float *scratch = NULL;

    (void)state;
    assert_ok(mem_new(augment_chain_scratch(&c, 2), sizeof(float), &scratch));
    for (uint64_t row = 0; row < 2; row++) {
        struct stream s = stream_at(1, STREAM_TEST, row, 0, 0);
        struct stream t = stream_at(1, STREAM_TEST, row, 0, 0);

        assert_ok(augment_chain_view(&c, &in, &s, &a, scratch));
        assert_ok(augment_chain_view(&c, &in, &t, &b, scratch));
        assert_same_bits(out, again, sizeof out);
    }
    memset(hu, 0, sizeof hu);
    {
        struct stream s = stream_at(1, STREAM_TEST, 0, 0, 0);

        assert_fails(augment_chain_view(&c, &in, &s, &a, scratch), ERR_DATA,
                     "above 0");
    }
    mem_free(scratch);
}

static void test_views(void **state)
{
    struct augment_pipeline p;

    (void)state;
    assert_ok(augment_preset("pretraining/swav_pretrain", "train", 50, &p));
    assert_int_equal(augment_views(&p), 8);
    for (int32_t v = 0; v < 8; v++)
        assert_int_equal(augment_edge(augment_chain_of(&p, v)),
                         v < 2 ? 50 : 25);
    assert_ok(augment_preset("pretraining/fmcib_pretrain", "train", 50, &p));
    assert_int_equal(augment_views(&p), 2);
    assert_ok(
        augment_preset("baselines/models_genesis/finetune", "val", 50, &p));
    assert_int_equal(augment_edge(augment_chain_of(&p, 0)), 48);
    assert_fails(augment_preset("adaptation/fmcib", "train", 50, &p), ERR_CONF,
                 "no pipeline adaptation/fmcib (train); there are: pretrain");
    assert_fails(augment_preset("inference/extract_features", "predict", 3, &p),
                 ERR_CONF, "views of 3 voxels");
}

/* The pretraining pipeline is the chain of the default configuration, but for
 * how the crop rounds its sums. */
static void test_default(void **state)
{
    static const char *const config[2] = {"pretraining/fmcib_pretrain",
                                          "pretraining/original_simclr_"
                                          "pretrain"};

    (void)state;
    for (int order = 0; order < 2; order++) {
        struct augment_conf conf = augment_default(50);
        struct augment_chain want;
        struct augment_pipeline p;
        const struct augment_chain *have;

        conf.order = order;
        want = augment_chain_conf(&conf);
        assert_ok(augment_preset(config[order], "train", 50, &p));
        have = augment_chain_of(&p, 1);
        assert_int_equal(have->n, want.n);
        for (int i = 0; i < want.n; i++) {
            const struct augment_step *a = &have->step[i];
            const struct augment_step *b = &want.step[i];

            assert_true(a->op == b->op && a->size == b->size && a->p == b->p &&
                        a->lo == b->lo && a->hi == b->hi);
            assert_int_equal(a->fused, a->op == AUGMENT_CROP);
            assert_false(b->fused);
        }
    }
}

/* Draws of fine-tuning in the order of its steps, and no more. */
static void test_order_of_draws(void **state)
{
    const int32_t shape[3] = {9, 12, 7};
    struct augment_pipeline p;
    struct augment_params q;

    (void)state;
    assert_ok(augment_preset("adaptation/fmcib_finetune", "train", 16, &p));
    for (uint64_t i = 0; i < 50; i++) {
        struct stream a = stream_at(3, STREAM_TEST, i, 0, 0);
        struct stream b = stream_at(3, STREAM_TEST, i, 0, 0);
        bool on;

        augment_chain_draw(augment_chain_of(&p, 0), shape, &a, &q);
        on = stream_double(&b) < 0.5;
        assert_int_equal(on, q.smooth.on);
        for (int k = 0; k < 3 && on; k++)
            assert_true(q.smooth.sigma[k] == stream_range(&b, 0.25, 1.5));
        on = stream_double(&b) < 0.5;
        assert_int_equal(on, q.translate.on);
        for (int k = 0; k < 3 && on; k++)
            assert_true(q.translate.t[k] == stream_range(&b, -10.0, 10.0));
        on = stream_double(&b) < 0.5;
        assert_int_equal(on, q.flip.on);
        if (on)
            assert_int_equal(q.flip.axis, (int)stream_below(&b, 3));
        on = stream_double(&b) < 0.5;
        assert_int_equal(on, q.rotate.on);
        if (on)
            assert_int_equal(q.rotate.k, 1 + (int)stream_below(&b, 3));
        assert_true(stream_u64(&a) == stream_u64(&b));
    }
}

static void test_choice(void **state)
{
    struct augment_choice choice = {0};
    struct conf_table table = {augment_choice_rows, augment_choice_rows_n,
                               &choice};
    const char *set;
    char line[160];
    struct conf *c = NULL;
    struct augment_pipeline p;
    struct augment_pipeline q;

    (void)state;
    for (size_t i = 0; augment_name_at(i); i++) {
        const struct augment_name *name = augment_name_at(i);

        (void)snprintf(line, sizeof line, "augment.pipeline=%s", name->config);
        set = line;
        assert_ok(conf_load(&table, 1, NULL, 0, NULL, &set, 1, &c));
        assert_ok(augment_chosen(&choice, name->part, &p));
        assert_ok(augment_preset(name->config, name->part, 50, &q));
        assert_int_equal(augment_views(&p), augment_views(&q));
        assert_int_equal(p.part[0].chain.n, q.part[0].chain.n);
        conf_free(c);
    }
    choice = (struct augment_choice){.pipeline = 0, .size = 50};
    assert_fails(augment_chosen(&choice, "val", &p), ERR_CONF,
                 "fmcib_pretrain (val)");
}

static void test_fit(void **state)
{
    float in[24];
    float out[27];
    struct image m = {{2, 3, 4}, in};

    (void)state;
    for (int i = 0; i < 24; i++)
        in[i] = (float)(i + 1);
    image_fit(&m, 3, out);
    for (int z = 0; z < 3; z++)
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 3; x++)
                assert_true(out[(z * 3 + y) * 3 + x] ==
                            (z < 2 ? in[(z * 3 + y) * 4 + x] : 0.0F));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),    cmocka_unit_test(test_med3d_step),
        cmocka_unit_test(test_views),  cmocka_unit_test(test_default),
        cmocka_unit_test(test_choice), cmocka_unit_test(test_order_of_draws),
        cmocka_unit_test(test_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
