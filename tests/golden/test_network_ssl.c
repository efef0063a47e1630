/* The pretraining runs of the original with 1, 2 and 4 processes, here in one
 * process with a shard a sample, or fewer; see golden_ssl.h. */
#include "check.h"
#include "golden/golden_net.h"
#include "golden/golden_ssl.h"

static void replay(const char *backend,
                   const char *name,
                   uint32_t shards,
                   int threads,
                   bool zero_bias,
                   char hex[SHA256_HEX])
{
    struct dev *dev = NULL;
    struct team *team = NULL;
    struct meet_local *local = NULL;
    struct net_plan plan;
    enum dtype dtype;

    assert_ok(dev_open(backend, NULL, &dev));
    dtype = dev_facts(dev).dtype;
    assert_ok(team_new(threads, &team));
    assert_ok(golden_ssl_plan(name, shards, dtype, &plan));
    assert_ok(meet_local_new(shards, plan.sum_len, dtype, team, &local));
    assert_ok(
        golden_ssl_run(name, meet_local_get(local), team, dev, zero_bias, hex));
    meet_local_free(local);
    team_free(team);
    dev_close(dev);
}

static void all_runs(const char *backend, bool zero_bias)
{
    struct golden_ssl_case c[GOLDEN_SSL_MAX];
    size_t n = golden_ssl_cases(c, GOLDEN_SSL_MAX);
    size_t consumed = 0;

    for (size_t i = 0; i < n; i++, consumed++)
        replay(backend, c[i].name, c[i].batch, 2, zero_bias, NULL);
    golden_count(backend, consumed, n, n);
}

static void double_as_published(void **state)
{
    (void)state;
    all_runs("ref64", false);
}

static void double_with_zero_bias_gradient(void **state)
{
    (void)state;
    all_runs("ref64", true);
}

static void single_precision(void **state)
{
    (void)state;
    all_runs("ref", true);
    all_runs("simd", true);
}

/* Half as many shards, and as few as there are groups: other bits, the same
 * run. */
static void any_cut_into_shards(void **state)
{
    struct golden_ssl_case c[GOLDEN_SSL_MAX];
    size_t n = golden_ssl_cases(c, GOLDEN_SSL_MAX);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        if (c[i].batch / 2 % c[i].groups == 0)
            replay("ref64", c[i].name, c[i].batch / 2, 2, true, NULL);
        replay("ref64", c[i].name, c[i].groups, 1, true, NULL);
    }
}

static void same_bits_for_any_threads_and_backend(void **state)
{
    struct golden_ssl_case c[GOLDEN_SSL_MAX];
    size_t n = golden_ssl_cases(c, GOLDEN_SSL_MAX);
    const struct golden_ssl_case *some = &c[n / 2];
    char one[SHA256_HEX];
    char many[SHA256_HEX];

    (void)state;
    assert_true(n > 0);
    replay("ref", some->name, some->batch, 1, true, one);
    for (int threads = 2; threads <= 3; threads++) {
        replay("simd", some->name, some->batch, threads, true, many);
        assert_string_equal(one, many);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_as_published),
        cmocka_unit_test(double_with_zero_bias_gradient),
        cmocka_unit_test(single_precision),
        cmocka_unit_test(any_cut_into_shards),
        cmocka_unit_test(same_bits_for_any_threads_and_backend),
    };

    return golden_run(tests);
}
