/* Parts of a network and of a step: a frozen trunk, a head alone, shards
 * without a batch, the shard that diverges. */
#include <math.h>

#include "unit/net_fixture.h"

static double *pull(struct fixture *f, uint32_t shards)
{
    size_t n = (size_t)shards * (size_t)(f->conf.views * f->conf.m) *
               (size_t)net_planned(f->net)->embed;
    struct stream r = stream_at(3, STREAM_TEST, 0, 0, 0);
    double *g = NULL;

    assert_ok(mem_new(n, sizeof *g, &g));
    for (size_t i = 0; i < n; i++)
        g[i] = stream_normal(&r);
    return g;
}

/* Forward and backward with the same gradient of the embeddings. */
static void walk(struct fixture *f, bool train)
{
    double *g = pull(f, f->meet->shard_n);

    assert_ok(net_forward(f->net, OK, train));
    assert_ok(net_backward(f->net, OK, g));
    mem_free(g);
}

static void frozen_trunk(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture all;
    struct fixture part;
    bool skip[128];
    size_t n = 0;
    const struct slice *s;

    (void)state;
    fixture_open(&all, &conf, "simd", NULL, 3, 2);
    conf.frozen_trunk = true;
    conf.input_grad = false;
    fixture_open(&part, &conf, "simd", NULL, 3, 2);
    assert_true(net_planned(part.net)->bytes_shard <
                net_planned(all.net)->bytes_shard);
    s = net_slices(part.net, &n);
    assert_true(n <= 128);
    net_frozen(part.net, skip);
    for (int train = 0; train < 2; train++) {
        size_t learned = 0;
        size_t len = 0;

        walk(&all, train);
        walk(&part, train);
        assert_same_bits(net_running(part.net, &len),
                         net_running(all.net, &len), len * sizeof(float));
        for (size_t i = 0; i < n; i++) {
            const float *got = (float *)net_grad(part.net) + s[i].offset;
            const float *want = (float *)net_grad(all.net) + s[i].offset;

            assert_int_equal(skip[i], strncmp(s[i].name, "back", 4) == 0);
            learned += !skip[i];
            for (size_t k = 0; k < s[i].len; k++)
                assert_true(got[k] == (skip[i] ? 0.0F : want[k]));
        }
        assert_int_equal(learned, 4);
    }
    fixture_close(&all);
    fixture_close(&part);
}

static void a_frozen_trunk_needs_a_head(void **state)
{
    struct net_conf conf = small_conf();
    struct net_plan plan;

    (void)state;
    conf.frozen_trunk = true;
    conf.n_head = 0;
    assert_fails(net_plan(&conf, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "nothing to learn");
    conf = (struct net_conf){.in_channels = 5,
                             .size = {1, 2, 1},
                             .n_head = 1,
                             .head = {3},
                             .views = 1,
                             .m = 1};
    assert_fails(net_plan(&conf, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "head alone");
}

/* A step of 4 shards of which 3 have a batch is a step of 3 shards. */
static void shards_without_a_batch(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture three;
    struct fixture four;
    double sd[2];
    size_t len = 0;

    (void)state;
    fixture_open(&three, &conf, "simd", NULL, 3, 2);
    fixture_open(&four, &conf, "simd", NULL, 4, 3);
    net_set_shards(four.net, 3);
    for (int train = 0; train < 2; train++) {
        walk(&three, train);
        walk(&four, train);
        assert_same_bits(net_grad(four.net), net_grad(three.net),
                         net_planned(four.net)->bytes_grad);
        assert_same_bits(net_running(four.net, &len),
                         net_running(three.net, &len), len * sizeof(float));
    }
    assert_ok(net_feature_sd(three.net, OK, &sd[0]));
    assert_ok(net_feature_sd(four.net, OK, &sd[1]));
    assert_true(sd[0] == sd[1]);
    net_set_shards(four.net, 4);
    walk(&four, true);
    assert_true(memcmp(net_grad(four.net), net_grad(three.net),
                       net_planned(four.net)->bytes_grad) != 0);
    fixture_close(&three);
    fixture_close(&four);
}

static void the_shard_that_diverges_is_named(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    float *x = NULL;
    double *g = NULL;

    (void)state;
    fixture_open(&f, &conf, "simd", NULL, 4, 2);
    assert_ok(mem_new(4 * f.voxels, sizeof *x, &x));
    g = pull(&f, 4);
    assert_ok(net_forward(f.net, OK, true));
    g[3 * 4 * 4] = INFINITY; /* shard 3, view 0 */
    assert_fails(net_backward(f.net, OK, g), ERR_NUMERIC,
                 "shard 3, backbone.layer2.1.bn3");
    x[17] = NAN;
    net_put_f32(f.net, 2, x);
    assert_fails(net_forward(f.net, OK, true), ERR_NUMERIC,
                 "shard 2, backbone.bn1, channel 0: values");
    mem_free(x);
    mem_free(g);
    fixture_close(&f);
}

/* A weight gradient overflows where nothing else does: the sum does not say
 * whose, a second look does. */
static void the_shard_of_a_gradient_is_named(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    double *g = NULL;
    size_t len = 0;

    (void)state;
    for (int frozen = 0; frozen < 2; frozen++) {
        const struct slice *s;
        float *p;

        conf.frozen_trunk = frozen == 1;
        conf.input_grad = !conf.frozen_trunk;
        fixture_open(&f, &conf, "simd", NULL, 5, 2);
        s = net_slices(f.net, &len);
        p = net_param(f.net);
        for (size_t i = 0; i < len; i++) /* small outputs of large features */
            for (size_t k = 0; k < s[i].len; k++)
                if (strcmp(s[i].name, "projection_head.layers.2.weight") == 0)
                    p[s[i].offset + k] *= 1e30F;
                else if (strcmp(s[i].name, "projection_head.layers.0.weight") ==
                         0)
                    p[s[i].offset + k] *= 1e-30F;
                else if (strcmp(s[i].name, "backbone.layer2.1.bn3.weight") == 0)
                    p[s[i].offset + k] *= 1e5F;
        g = pull(&f, 5);
        assert_ok(net_forward(f.net, OK, true));
        for (size_t i = 0; i < 5 * 4 * 4; i++)
            g[i] = i / 16 == 3 ? 1e5 : 0.0;
        g[1 * 16] = 1e-3;
        assert_ok(net_backward(f.net, OK, g));
        assert_fails(
            optim_step(f.optim, 0.1, net_param(f.net), net_grad(f.net), NULL),
            ERR_NUMERIC, "summed over all shards, is not finite");
        net_look(f.net);
        assert_ok(net_forward(f.net, OK, true));
        assert_fails(net_backward(f.net, OK, g), ERR_NUMERIC,
                     "shard 3, projection_head.layers.0.weight: gradient");
        mem_free(g);
        fixture_close(&f);
    }
}

/* A twin gives the same outputs and gradients from its own memory, and moves
 * the running statistics they share. */
static void a_twin_shares_what_is_learnt(void **state)
{
    struct net_conf conf = small_conf();
    struct net *twin = NULL;
    struct fixture f;
    double *pulled = NULL;
    float x[2][16];
    float *grad[2] = {NULL, NULL};
    size_t len = 0;
    size_t n = 0;
    int64_t before;

    (void)state;
    fixture_open(&f, &conf, "simd", NULL, 3, 2);
    assert_ok(net_twin(f.net, &conf, &twin));
    assert_true(net_param(twin) == net_param(f.net));
    assert_true(net_grad(twin) != net_grad(f.net));
    before = net_counters(f.net, &n)[0];
    pulled = pull(&f, 3);
    len = net_planned(f.net)->param_len;
    assert_true(conf.views * net_planned(f.net)->embed <= 16);
    for (int k = 0; k < 2; k++) {
        struct net *net = k ? twin : f.net;
        struct net *own = f.net;

        f.net = net; /* inputs go there */
        fixture_inputs(&f, 1);
        f.net = own;
        assert_ok(net_forward(net, OK, true));
        net_embed_f32(net, 1, x[k]);
        assert_ok(net_backward(net, OK, pulled));
        assert_ok(mem_new(len, sizeof *grad[k], &grad[k]));
        memcpy(grad[k], net_grad(net), len * sizeof *grad[k]);
    }
    assert_same_bits(x[0], x[1],
                     (size_t)(conf.views * net_planned(f.net)->embed) *
                         sizeof x[0][0]);
    assert_same_bits(grad[0], grad[1], len * sizeof *grad[0]);
    assert_int_equal(net_counters(f.net, &n)[0] - before, 2 * conf.views);
    net_add_gradient(f.net, twin);
    for (size_t i = 0; i < len; i++)
        assert_true(((const float *)net_grad(f.net))[i] == 2 * grad[0][i]);
    mem_free(grad[0]);
    mem_free(grad[1]);
    mem_free(pulled);
    net_free(twin);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_trunk),
        cmocka_unit_test(a_frozen_trunk_needs_a_head),
        cmocka_unit_test(shards_without_a_batch),
        cmocka_unit_test(the_shard_that_diverges_is_named),
        cmocka_unit_test(the_shard_of_a_gradient_is_named),
        cmocka_unit_test(a_twin_shares_what_is_learnt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
