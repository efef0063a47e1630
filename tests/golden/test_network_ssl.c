/* The pretraining runs of the original with 1, 2 and 4 processes, here in one
 * process with 8, 4, ... shards; see golden_ssl.h. */
#include "check.h"
#include "golden/golden_net.h"
#include "golden/golden_ssl.h"

static const struct {
    const char *name;
    uint32_t groups;
} runs[] = {{"ssl_W1", 1}, {"ssl_W2", 2}, {"ssl_W4", 4}};

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
    size_t consumed = 0;

    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++, consumed++)
        replay(backend, runs[i].name, 8, 2, zero_bias, NULL);
    golden_count(backend, consumed, 3, 3);
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

/* Shards of 1, 2 and 4 samples: other bits, the same run. */
static void any_cut_into_shards(void **state)
{
    (void)state;
    replay("ref64", "ssl_W1", 1, 1, true, NULL);
    replay("ref64", "ssl_W1", 2, 1, true, NULL);
    replay("ref64", "ssl_W2", 4, 2, true, NULL);
    replay("ref64", "ssl_W4", 4, 2, true, NULL);
}

static void same_bits_for_any_threads_and_backend(void **state)
{
    char one[SHA256_HEX];
    char many[SHA256_HEX];

    (void)state;
    replay("ref", "ssl_W2", 8, 1, true, one);
    for (int threads = 2; threads <= 3; threads++) {
        replay("simd", "ssl_W2", 8, threads, true, many);
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
