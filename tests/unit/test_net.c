/* Configurations that are refused, tables, memory, start values, modes. */
#include <math.h>

#include "unit/net_fixture.h"

static void refused(struct net_conf conf, const char *word)
{
    struct net_plan plan;

    assert_fails(net_plan(&conf, DTYPE_F32, 1, 1, &plan), ERR_CONF, word);
}

static void bad_configurations(void **state)
{
    struct net_conf c;

    (void)state;
    c = small_conf();
    c.stages = 9;
    refused(c, "stages");
    c = small_conf();
    c.layers[1] = 0;
    refused(c, "stage 2");
    c = small_conf();
    c.planes[0] = -3;
    refused(c, "stage 1");
    c = small_conf();
    c.widen = NAN;
    refused(c, "widen");
    c = small_conf();
    c.widen = 1e300;
    refused(c, "stage 1");
    c = small_conf();
    c.size[2] = 0;
    refused(c, "input size");
    c = small_conf();
    c.in_channels = 0;
    refused(c, "channels");
    c = small_conf();
    c.conv1_stride = 0;
    refused(c, "stride");
    c = small_conf();
    c.head[1] = 0;
    refused(c, "layer 2 of the head");
    c = small_conf();
    c.m = 0;
    refused(c, "0 samples");
    c = small_conf();
    c.m = 100000;
    c.size[0] = 1000;
    refused(c, "more shards");
    c = small_conf();
    c.shortcut = NET_SHORTCUT_A;
    c.planes[1] = 1;
    refused(c, "shortcut A");
}

static void tables_are_aligned_and_named(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    const struct slice *s;
    size_t n = 0;
    size_t end = 0;

    (void)state;
    fixture_open(&f, &conf, "ref", NULL, 1, 1);
    s = net_slices(f.net, &n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(s[i].offset % 16, 0);
        assert_true(s[i].offset >= end);
        assert_true(s[i].plain <= s[i].len);
        end = s[i].offset + s[i].len;
    }
    assert_true(end <= net_planned(f.net)->param_len);
    assert_string_equal(s[0].name, "backbone.conv1.weight");
    assert_string_equal(s[n - 1].name, "projection_head.layers.2.bias");
    fixture_close(&f);
}

/* The full network, four views of eight shards on this process, fits 16 GB
 * with momentum and the tree's buffers. */
static void the_full_network_fits(void **state)
{
    struct net_conf conf = small_conf();
    struct net_plan plan;
    double all;

    (void)state;
    conf.stages = 4;
    conf.widen = 2;
    for (int i = 0; i < 4; i++) {
        conf.layers[i] = (int32_t[]){3, 4, 6, 3}[i];
        conf.planes[i] = 64 << i;
    }
    for (int i = 0; i < 3; i++)
        conf.size[i] = 50;
    conf.head[0] = 2048;
    conf.head[1] = 128;
    conf.input_grad = false;
    assert_ok(net_plan(&conf, DTYPE_F32, 8, 2, &plan));
    assert_int_equal(plan.param_plain, 193130752);
    assert_int_equal(plan.features, 4096);
    all = (double)plan.bytes_total + (double)plan.bytes_param +
          (double)meet_local_bytes(8, plan.sum_len, DTYPE_F32, 2);
    print_message("full network, V = 8: %.2f GB a shard, %.2f GB in all\n",
                  (double)plan.bytes_shard / 1e9, all / 1e9);
    assert_true(all < 16e9);
}

static bool is_padding(const struct net *n, size_t at)
{
    size_t count = 0;
    const struct slice *s = net_slices(n, &count);

    for (size_t i = 0; i < count; i++)
        if (at >= s[i].offset && at < s[i].offset + s[i].len)
            return false;
    return true;
}

/* Start values: spread as spec 5.1 says, padding zero, also after steps. */
static void padding_stays_zero(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    const struct slice *s;
    float *plain = NULL;
    float *back = NULL;
    size_t n = 0;
    size_t len;

    (void)state;
    fixture_open(&f, &conf, "ref", NULL, 2, 1);
    len = net_planned(f.net)->param_len;
    for (int step = 0; step < 2; step++)
        assert_ok(fixture_step(&f, OK));
    s = net_slices(f.net, &n);
    assert_ok(mem_new(len, sizeof *back, &back));
    for (size_t i = 0; i < n; i++) {
        assert_ok(mem_new(s[i].plain, sizeof *plain, &plain));
        slice_get_f32(&s[i], DTYPE_F32, net_param(f.net), plain);
        slice_put_f32(&s[i], DTYPE_F32, plain, back);
        mem_free(plain);
    }
    /* back holds only what plain order carries: all else must be zero */
    assert_same_bits(back, net_param(f.net), len * sizeof *back);
    for (size_t i = 0; i < len; i++)
        if (is_padding(f.net, i))
            assert_true(((float *)net_grad(f.net))[i] == 0.0F);
    mem_free(back);
    fixture_close(&f);
}

static void
spread(struct fixture *f, const char *name, bool normal, double want)
{
    size_t n = 0;
    const struct slice *s = net_slices(f->net, &n);
    double *x = NULL;
    double square = 0;
    double largest = 0;
    size_t i = 0;

    while (strcmp(s[i].name, name) != 0)
        i++;
    assert_ok(mem_new(s[i].plain, sizeof *x, &x));
    slice_get_f64(&s[i], f->dtype, net_param(f->net), x);
    for (size_t k = 0; k < s[i].plain; k++) {
        square += x[k] * x[k];
        largest = fabs(x[k]) > largest ? fabs(x[k]) : largest;
    }
    square = sqrt(square / (double)s[i].plain);
    if (normal)
        assert_true(fabs(square / want - 1) < 0.15);
    else
        assert_true(largest <= want && largest > 0.6 * want);
    mem_free(x);
}

static void start_values(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;

    (void)state;
    fixture_open(&f, &conf, "ref64", NULL, 1, 2);
    spread(&f, "backbone.conv1.weight", true, sqrt(2.0 / (3 * 343)));
    spread(&f, "backbone.layer2.0.conv2.weight", true, sqrt(2.0 / (5 * 27)));
    spread(&f, "backbone.layer1.0.downsample.0.bias", false, 1 / sqrt(3.0));
    spread(&f, "projection_head.layers.0.weight", false, 1 / sqrt(20.0));
    spread(&f, "projection_head.layers.0.bias", false, 1 / sqrt(20.0));
    spread(&f, "backbone.bn1.weight", false, 1.0);
    fixture_close(&f);
}

static double bias_gradient(struct fixture *f)
{
    size_t n = 0;
    const struct slice *s = net_slices(f->net, &n);
    double x[64];
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        if (strstr(s[i].name, "downsample.0.bias")) {
            assert_true(s[i].plain <= 64);
            slice_get_f64(&s[i], f->dtype, net_grad(f->net), x);
            for (size_t k = 0; k < s[i].plain; k++)
                sum += fabs(x[k]);
        }
    return sum;
}

/* Trap 3: exact zero, or the noise of the published program; in evaluation
 * mode it is a true gradient either way. */
static void the_bias_before_a_norm(void **state)
{
    struct net_conf conf = small_conf();
    struct loss_out out;
    struct fixture f;

    (void)state;
    for (int zero = 0; zero < 2; zero++) {
        double sum;

        conf.zero_theory_bias = zero;
        fixture_open(&f, &conf, "ref", NULL, 2, 1);
        assert_ok(fixture_forward(&f, OK, true, &out));
        assert_ok(net_backward(f.net, OK, f.mine));
        sum = bias_gradient(&f);
        assert_true(zero ? sum == 0.0 : sum > 0.0 && sum < 1e-4);
        assert_ok(fixture_forward(&f, OK, false, &out));
        assert_ok(net_backward(f.net, OK, f.mine));
        assert_true(bias_gradient(&f) > 1e-6);
        fixture_close(&f);
    }
}

/* Four views joined are one view of four times the samples. */
static void joint_views_are_one_batch(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture joint;
    struct fixture one;
    double a[16];
    double b[16];
    size_t n = 0;

    (void)state;
    conf.joint = true;
    fixture_open(&joint, &conf, "ref64", NULL, 2, 1);
    conf.joint = false;
    conf.views = 1;
    conf.m = 4;
    fixture_open(&one, &conf, "ref64", NULL, 2, 1);
    assert_ok(net_forward(joint.net, OK, true));
    assert_ok(net_forward(one.net, OK, true));
    for (uint32_t s = 0; s < 2; s++) {
        net_embed_f64(joint.net, s, a);
        net_embed_f64(one.net, s, b);
        for (int i = 0; i < 16; i++)
            assert_true(fabs(a[i] - b[i]) < 1e-9);
        memset(joint.mine, 0, 32 * sizeof(double));
        joint.mine[3] = 1;
        joint.mine[17] = -2;
    }
    assert_int_equal(net_counters(joint.net, &n)[0], 1);
    assert_ok(net_backward(joint.net, OK, joint.mine));
    assert_ok(net_backward(one.net, OK, joint.mine));
    n = net_planned(one.net)->param_len;
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(((double *)net_grad(joint.net))[i] -
                         ((double *)net_grad(one.net))[i]) < 1e-9);
    fixture_close(&joint);
    fixture_close(&one);
}

/* Running values: four times a step, in view order. */
static void running_values_move_once_a_view(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    size_t n = 0;

    (void)state;
    fixture_open(&f, &conf, "ref64", NULL, 2, 1);
    assert_ok(net_forward(f.net, OK, true));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(net_counters(f.net, &n)[i], 4);
    assert_ok(net_forward(f.net, OK, false));
    assert_int_equal(net_counters(f.net, &n)[0], 4);
    fixture_close(&f);
}

static void not_a_number_is_an_error(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    float *x = NULL;

    (void)state;
    fixture_open(&f, &conf, "ref", NULL, 2, 1);
    assert_ok(mem_new(4 * f.voxels, sizeof *x, &x));
    x[2 * f.voxels + 5] = NAN;
    net_put_f32(f.net, 1, x);
    assert_fails(net_forward(f.net, OK, true), ERR_NUMERIC, "backbone.bn1");
    mem_free(x);
    fixture_close(&f);
}

static void one_value_per_channel_is_refused(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;

    (void)state;
    conf.size[0] = 4;
    conf.size[1] = 4;
    conf.size[2] = 4;
    fixture_open(&f, &conf, "ref", NULL, 1, 1);
    assert_fails(net_forward(f.net, OK, true), ERR_DATA, "layer1.0.bn1");
    assert_ok(net_forward(f.net, OK, false));
    fixture_close(&f);
}

/* A step takes no memory from the system (the fixture's own does). */
static void a_step_allocates_nothing(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    unsigned long before;

    (void)state;
    fixture_open(&f, &conf, "simd", NULL, 3, 2);
    assert_ok(fixture_step(&f, OK));
    before = mem_calls();
    assert_ok(net_forward(f.net, OK, true));
    assert_ok(net_backward(f.net, OK, f.mine));
    assert_ok(
        optim_step(f.optim, 0.1, net_param(f.net), net_grad(f.net), NULL));
    assert_int_equal(mem_calls(), before);
    fixture_close(&f);
}

/* A net for features only takes less memory and gives the same bits. */
static void forward_only_is_smaller(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture whole;
    struct fixture part;
    struct tensor t;
    float a[16];
    float b[16];

    (void)state;
    fixture_open(&whole, &conf, "simd", NULL, 1, 1);
    conf.backward = false;
    conf.input_grad = false;
    fixture_open(&part, &conf, "simd", NULL, 1, 1);
    assert_true(2 * net_planned(part.net)->bytes_shard <
                net_planned(whole.net)->bytes_shard);
    assert_ok(net_forward(whole.net, OK, false));
    assert_ok(net_forward(part.net, OK, false));
    net_embed_f32(whole.net, 0, a);
    net_embed_f32(part.net, 0, b);
    assert_same_bits(a, b, sizeof a);
    assert_true(net_activation(whole.net, 0, "layer1", &t));
    assert_false(net_activation(part.net, 0, "layer1", &t));
    assert_false(net_activation(whole.net, 0, "layer9", &t));
    fixture_close(&whole);
    fixture_close(&part);
}

static void feature_sd(void **state)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    double x[3][4][20];
    double want = 0;
    double got = -1;

    (void)state;
    fixture_open(&f, &conf, "ref64", NULL, 3, 1);
    assert_ok(net_forward(f.net, OK, true));
    assert_ok(net_feature_sd(f.net, OK, &got));
    for (uint32_t s = 0; s < 3; s++)
        net_features_f64(f.net, s, x[s][0]);
    for (int c = 0; c < 20; c++) {
        double mean = 0;
        double var = 0;

        for (int i = 0; i < 12; i++)
            mean += x[i / 4][i % 4][c] / 12;
        for (int i = 0; i < 12; i++)
            var += pow(x[i / 4][i % 4][c] - mean, 2) / 11;
        want += sqrt(var) / 20;
    }
    assert_true(fabs(got / want - 1) < 1e-9);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(tables_are_aligned_and_named),
        cmocka_unit_test(the_full_network_fits),
        cmocka_unit_test(padding_stays_zero),
        cmocka_unit_test(start_values),
        cmocka_unit_test(the_bias_before_a_norm),
        cmocka_unit_test(joint_views_are_one_batch),
        cmocka_unit_test(running_values_move_once_a_view),
        cmocka_unit_test(not_a_number_is_an_error),
        cmocka_unit_test(one_value_per_channel_is_refused),
        cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(forward_only_is_smaller),
        cmocka_unit_test(feature_sd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
