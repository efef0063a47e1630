/* Gradients of the whole small network and its loss against central
 * differences, in double: along a random direction in every parameter tensor
 * and in the input, for both blocks, both norm batches, both modes. */
#include <math.h>

#include "unit/net_fixture.h"

static double value(struct fixture *f, bool train)
{
    struct loss_out out = {0};

    assert_ok(fixture_forward(f, OK, train, &out));
    return out.value;
}

static double norm_of(const struct fixture *f)
{
    const double *g = net_grad(f->net);
    double sum = 0;

    for (size_t i = 0; i < net_planned(f->net)->param_len; i++)
        sum += g[i] * g[i];
    return sqrt(sum);
}

/* x := base + h * dir */
static void
shift(double *x, const double *base, const double *dir, double h, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = base[i] + h * dir[i];
}

/* d loss along dir at slice s, by differences of fourth order. */
static double difference(struct fixture *f,
                         bool train,
                         const struct slice *s,
                         const double *base,
                         const double *dir)
{
    const double at[4] = {-2, -1, 1, 2};
    const double weight[4] = {1, -8, 8, -1};
    const double h = 1e-7;
    double *x = NULL;
    double sum = 0;

    assert_ok(mem_new(s->plain, sizeof *x, &x));
    for (int i = 0; i < 4; i++) {
        shift(x, base, dir, at[i] * h, s->plain);
        slice_put_f64(s, f->dtype, x, net_param(f->net));
        sum += weight[i] * value(f, train);
    }
    slice_put_f64(s, f->dtype, base, net_param(f->net));
    mem_free(x);
    return sum / (12 * h);
}

static void check_slice(struct fixture *f,
                        bool train,
                        const struct slice *s,
                        const double *grad,
                        double scale)
{
    struct stream r = stream_at(3, STREAM_TEST, s->offset, 0, 0);
    double *base = NULL;
    double *dir = NULL;
    double length = 0;
    double along = 0;
    double diff;

    assert_ok(mem_new(s->plain, sizeof *base, &base));
    assert_ok(mem_new(s->plain, sizeof *dir, &dir));
    slice_get_f64(s, f->dtype, net_param(f->net), base);
    for (size_t i = 0; i < s->plain; i++) {
        dir[i] = stream_normal(&r);
        length += dir[i] * dir[i];
    }
    for (size_t i = 0; i < s->plain; i++) {
        dir[i] /= sqrt(length);
        along += dir[i] * grad[i];
    }
    diff = difference(f, train, s, base, dir);
    /* kinks nearby, and some ulp of the loss over h */
    if (!(fabs(diff - along) <= 2e-6 * scale + 1e-8))
        fail_msg("%s (train %d joint %d): %.10g, by differences %.10g of %g",
                 s->name, train, f->conf.joint, along, diff, scale);
    mem_free(base);
    mem_free(dir);
}

static void check_params(struct fixture *f, bool train)
{
    size_t n = 0;
    const struct slice *s = net_slices(f->net, &n);
    double scale = norm_of(f);
    double **grad = NULL;

    assert_true(scale > 1e-3);
    assert_ok(mem_new(n, sizeof *grad, &grad));
    for (size_t i = 0; i < n; i++) {
        assert_ok(mem_new(s[i].plain, sizeof **grad, &grad[i]));
        slice_get_f64(&s[i], f->dtype, net_grad(f->net), grad[i]);
    }
    for (size_t i = 0; i < n; i++) {
        check_slice(f, train, &s[i], grad[i], scale);
        mem_free(grad[i]);
    }
    mem_free(grad);
}

/* One voxel of one sample of the last shard, in every view. */
static void check_input(struct fixture *f, bool train)
{
    uint32_t shard = f->meet->shard_n - 1;
    size_t n = (size_t)(f->conf.views * f->conf.m) * f->voxels;
    struct stream r =
        stream_at(1, STREAM_TEST, f->meet->shard_lo + shard, 7, 0);
    double *grad = NULL;
    double *x = NULL;
    double scale = 0;

    assert_ok(mem_new(n, sizeof *x, &x));
    assert_ok(mem_new(n, sizeof *grad, &grad));
    for (size_t i = 0; i < n; i++)
        x[i] = (double)(float)stream_double(&r);
    net_input_grad_f64(f->net, shard, grad);
    for (size_t i = 0; i < n; i++)
        scale += grad[i] * grad[i];
    for (int v = 0; v < f->conf.views; v++) {
        size_t at = (size_t)(v * f->conf.m) * f->voxels + f->voxels / 2;
        double keep = x[at];
        double plus;
        double minus;

        x[at] = keep + 1e-6;
        net_put_f64(f->net, shard, x);
        plus = value(f, train);
        x[at] = keep - 1e-6;
        net_put_f64(f->net, shard, x);
        minus = value(f, train);
        x[at] = keep;
        assert_true(fabs((plus - minus) / 2e-6 - grad[at]) <=
                    1e-5 * sqrt(scale));
    }
    net_put_f64(f->net, shard, x);
    mem_free(x);
    mem_free(grad);
}

/* Biases of zero put dead regions exactly on the kink of the ReLU. */
static void move_biases(struct fixture *f)
{
    size_t n = 0;
    const struct slice *s = net_slices(f->net, &n);
    double x[64];

    for (size_t i = 0; i < n; i++) {
        struct stream r = stream_at(4, STREAM_TEST, i, 0, 0);

        if (s[i].kind != SLICE_VECTOR)
            continue;
        assert_true(s[i].plain <= 64);
        slice_get_f64(&s[i], f->dtype, net_param(f->net), x);
        for (size_t k = 0; k < s[i].plain; k++)
            x[k] += stream_range(&r, -0.4, 0.4);
        slice_put_f64(&s[i], f->dtype, x, net_param(f->net));
    }
}

static void check_net(const struct net_conf *conf, uint32_t shards, bool train)
{
    struct loss_out out = {0};
    struct fixture f;

    fixture_open(&f, conf, "ref64", NULL, shards, 2);
    move_biases(&f);
    assert_ok(fixture_forward(&f, OK, train, &out));
    assert_ok(net_backward(f.net, OK, f.mine));
    check_input(&f, train);
    check_params(&f, train);
    fixture_close(&f);
}

static void bottleneck_per_view(void **state)
{
    struct net_conf conf = small_conf();

    (void)state;
    check_net(&conf, 3, true);
}

static void bottleneck_joint(void **state)
{
    struct net_conf conf = small_conf();

    (void)state;
    conf.joint = true;
    check_net(&conf, 3, true);
}

static void basic_without_pool(void **state)
{
    struct net_conf conf = small_conf();

    (void)state;
    conf.block = NET_BASIC;
    conf.no_max_pool = true;
    conf.in_channels = 2;
    conf.m = 2;
    check_net(&conf, 2, true);
}

/* Batch statistics in both modes, means over windows that share voxels. */
static void genesis(void **state)
{
    struct net_conf conf = small_conf();

    (void)state;
    conf.family = NET_GENESIS;
    conf.layers[0] = 2;
    conf.size[1] = 13;
    check_net(&conf, 3, true);
    conf.joint = true;
    check_net(&conf, 2, false);
}

/* Instance norms with PReLU, transposed convolutions; the embedding is the
 * image that the decoder gives back. */
static void autoencoder(void **state)
{
    struct net_conf conf = small_conf();

    (void)state;
    conf.family = NET_AUTOENCODER;
    conf.layers[1] = 1;
    conf.strides[0] = 2;
    conf.strides[1] = 2;
    conf.size[0] = conf.size[1] = conf.size[2] = 14;
    conf.middle = 4;
    conf.decoder = true;
    conf.n_head = 0;
    check_net(&conf, 2, true);
    check_net(&conf, 2, false);
    conf.middle = 5; /* no convolution beside the unit */
    check_net(&conf, 2, true);
}

/* Heads alone, on features. */
static struct net_conf heads_conf(void)
{
    return (struct net_conf){.in_channels = 6,
                             .size = {1, 1, 1},
                             .n_head = 2,
                             .head = {9, 4},
                             .head_names = NET_HEAD_LAYERS,
                             .head_norm = true,
                             .views = 4,
                             .m = 1,
                             .backward = true,
                             .input_grad = true};
}

/* NNCLR's heads: norms behind every layer of the first, and in the second. */
static void two_heads_with_norms(void **state)
{
    struct net_conf conf = heads_conf();

    (void)state;
    conf.head_norm_last = true;
    conf.tail = NET_PREDICTION;
    conf.n_tail = 2;
    conf.tail_width[0] = 6;
    conf.tail_width[1] = 4;
    conf.tail_prefix = "prediction_head.";
    check_net(&conf, 3, true);
}

/* SwAV's: outputs of length 1 before the prototypes. */
static void prototypes(void **state)
{
    struct net_conf conf = heads_conf();

    (void)state;
    conf.tail = NET_PROTOTYPES;
    conf.n_tail = 1;
    conf.tail_width[0] = 7;
    conf.tail_prefix = "prototypes.";
    check_net(&conf, 3, true);
    check_net(&conf, 2, false);
}

static void evaluation_mode(void **state)
{
    struct net_conf conf = small_conf();

    (void)state;
    check_net(&conf, 3, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bottleneck_per_view),
        cmocka_unit_test(bottleneck_joint),
        cmocka_unit_test(genesis),
        cmocka_unit_test(autoencoder),
        cmocka_unit_test(basic_without_pool),
        cmocka_unit_test(two_heads_with_norms),
        cmocka_unit_test(prototypes),
        cmocka_unit_test(evaluation_mode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
