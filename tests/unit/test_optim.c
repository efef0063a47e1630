/* Optimisers: refusals, traps 4 and 9, long slices, threads, errors. */
#include <math.h>

#include "base/mem.h"
#include "base/team.h"

#include "check.h"
#include "det/stream.h"
#include "nn/optim.h"

enum { SLICES = 3 };

static const char *const kinds[] = {"lars", "sgd", "adam"};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

struct bench {
    struct dev *dev;
    struct team *team;
    struct optim *optim;
    struct slice slices[SLICES];
    size_t len;
    double *p, *g;
};

static struct slice vector(const char *name, int32_t n, size_t offset)
{
    struct slice s = {.kind = SLICE_VECTOR, .o = n, .c = 1, .k = 1};

    (void)snprintf(s.name, sizeof s.name, "%s", name);
    s.len = (size_t)n;
    s.plain = (size_t)n;
    s.offset = offset;
    return s;
}

static void
open_bench(struct bench *b, const char *name, double decay, int threads)
{
    struct optim_conf conf = {.name = name,
                              .momentum = 0.9,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .weight_decay = decay,
                              .trust = 0.001,
                              .eps = 1e-8};
    struct stream r = stream_at(1, STREAM_TEST, 0, 0, 0);

    memset(b, 0, sizeof *b);
    b->slices[0] = vector("short", 5, 0);
    b->slices[1] = vector("long", 150001, 16);
    b->slices[2] = vector("zero", 7, 150032);
    b->len = 150048;
    assert_ok(dev_open("ref64", NULL, &b->dev));
    assert_ok(team_new(threads, &b->team));
    assert_ok(optim_new(&conf, b->slices, SLICES, b->team, b->dev, &b->optim));
    assert_ok(mem_new(b->len, sizeof *b->p, &b->p));
    assert_ok(mem_new(b->len, sizeof *b->g, &b->g));
    for (size_t s = 0; s < SLICES; s++)
        for (size_t i = 0; i < b->slices[s].len; i++) {
            b->p[b->slices[s].offset + i] = s == 2 ? 0 : stream_normal(&r);
            b->g[b->slices[s].offset + i] = stream_normal(&r);
        }
}

static void close_bench(struct bench *b)
{
    optim_free(b->optim);
    team_free(b->team);
    dev_close(b->dev);
    mem_free(b->p);
    mem_free(b->g);
}

static double length(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* By the formula of spec 6.7, over three chunks; trap 4 at the zero slice. */
static void long_slices_and_zero_tensors(void **state)
{
    struct bench b;
    const double wd = 1e-4;
    double grad = 0;
    double param = 0;
    double q;
    double p0;
    double p1;
    double *p;

    (void)state;
    open_bench(&b, "lars", wd, 2);
    assert_ok(mem_new(b.len, sizeof *p, &p));
    memcpy(p, b.p, b.len * sizeof *p);
    assert_ok(optim_step(b.optim, 0.5, b.p, b.g, NULL));
    p0 = length(p + 16, 150001);
    q = 0.001 * p0 / (length(b.g + 16, 150001) + wd * p0 + 1e-8);
    for (size_t i = 16; i < 16 + 150001; i++)
        assert_true(fabs(b.p[i] - (p[i] - 0.5 * q * (b.g[i] + wd * p[i]))) <
                    1e-12);
    for (size_t i = 150032; i < 150039; i++)
        assert_true(fabs(b.p[i] + 0.5 * b.g[i]) < 1e-15);
    optim_norms(b.optim, &grad, &param);
    p1 = length(p, b.len);
    assert_true(fabs(param / p1 - 1) < 1e-12);
    assert_true(fabs(grad / length(b.g, b.len) - 1) < 1e-12);
    for (size_t i = 5; i < 16; i++)
        assert_true(b.p[i] == 0.0);
    mem_free(p);
    close_bench(&b);
}

/* Trap 9: no gradient is not a zero gradient. */
static void a_skipped_slice_does_not_move(void **state)
{
    const bool skip[SLICES] = {true, false, false};
    struct bench b;
    double before[5];
    size_t n = 0;

    (void)state;
    open_bench(&b, "lars", 1e-6, 2);
    memcpy(before, b.p, sizeof before);
    b.g[0] = NAN; /* not looked at */
    assert_ok(optim_step(b.optim, 0.5, b.p, b.g, skip));
    assert_same_bits(before, b.p, sizeof before);
    assert_int_equal(optim_steps(b.optim, &n)[0], 0);
    assert_int_equal(optim_steps(b.optim, &n)[1], 1);
    assert_int_equal(n, SLICES);
    b.g[0] = 0.5;
    assert_ok(optim_step(b.optim, 0.5, b.p, b.g, NULL));
    assert_true(b.p[0] != before[0]);
    close_bench(&b);
}

static void not_a_number_moves_nothing(void **state)
{
    struct bench b;
    double before;

    (void)state;
    open_bench(&b, "lars", 1e-6, 1);
    before = b.p[3];
    b.g[140000] = INFINITY;
    assert_fails(optim_step(b.optim, 0.5, b.p, b.g, NULL), ERR_NUMERIC,
                 "long: gradient");
    assert_true(b.p[3] == before);
    close_bench(&b);
}

static void threads_do_not_enter(void **state)
{
    struct bench one;
    struct bench more;

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        open_bench(&one, kinds[k], 1e-6, 1);
        for (int t = 0; t < 3; t++)
            assert_ok(optim_step(one.optim, 0.1, one.p, one.g, NULL));
        for (int threads = 2; threads <= 3; threads++) {
            open_bench(&more, kinds[k], 1e-6, threads);
            for (int t = 0; t < 3; t++)
                assert_ok(optim_step(more.optim, 0.1, more.p, more.g, NULL));
            assert_same_bits(more.p, one.p, one.len * sizeof *one.p);
            close_bench(&more);
        }
        close_bench(&one);
    }
}

/* The first step of Adam is lr against the sign of the gradient, whatever its
 * size; a slice that was skipped has its first step later. */
static void adam_counts_the_steps_of_a_slice(void **state)
{
    const bool skip[SLICES] = {true, false, false};
    struct bench b;
    double p0;
    double p1;

    (void)state;
    open_bench(&b, "adam", 0, 2);
    p0 = b.p[0];
    p1 = b.p[16];
    for (int t = 0; t < 50; t++)
        assert_ok(optim_step(b.optim, 0.5, b.p, b.g, skip));
    assert_true(b.p[0] == p0);
    assert_true(fabs(fabs(p1 - b.p[16]) - 25) < 1e-3);
    b.g[0] = 1e-3;
    assert_ok(optim_step(b.optim, 0.5, b.p, b.g, NULL));
    assert_true(fabs(p0 - b.p[0] - 0.5) < 1e-5);
    close_bench(&b);
}

static void bad_configurations(void **state)
{
    static const struct {
        struct optim_conf conf;
        const char *word;
    } bad[] = {
        {{.name = "sgd", .momentum = 1.0}, "momentum 1"},
        {{.name = "sgd", .momentum = -0.1}, "momentum -0.1"},
        {{.name = "lars", .dampening = 2}, "dampening 2"},
        {{.name = "adam", .beta1 = 0.9, .beta2 = 1}, "betas 0.9 and 1"},
        {{.name = "adam", .weight_decay = -1}, "weight decay -1"},
        {{.name = "sgd", .nesterov = true}, "Nesterov"},
        {{.name = "newton"}, "\"newton\""},
    };
    struct bench b;
    struct optim *o = NULL;

    (void)state;
    open_bench(&b, "sgd", 0, 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_fails(
            optim_new(&bad[i].conf, b.slices, SLICES, b.team, b.dev, &o),
            ERR_CONF, bad[i].word);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(long_slices_and_zero_tensors),
        cmocka_unit_test(a_skipped_slice_does_not_move),
        cmocka_unit_test(not_a_number_moves_nothing),
        cmocka_unit_test(adam_counts_the_steps_of_a_slice),
        cmocka_unit_test(threads_do_not_enter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
