/* The pretraining runs of the original on the ranks it is started with; their
 * digest must be that of one process. */
#include "golden/golden.h"
#include "golden/golden_ssl.h"
#include "mpi/ranks.h"
#include "nn/meet_local.h"
#include "train/meet_par.h"

static void
on_ranks(const char *backend, const struct golden_ssl_case *c, char *hex)
{
    struct dev *dev = NULL;
    struct team *team = NULL;
    struct meet_par *meet = NULL;
    struct net_plan plan;
    enum dtype dtype;

    need_ok(dev_open(backend, NULL, &dev));
    dtype = dev_facts(dev).dtype;
    need_ok(team_new(1 + par_rank(world) % 2, &team));
    need_ok(golden_ssl_plan(c->name, c->batch, dtype, &plan));
    need_ok(meet_par_new(world, team, c->batch, plan.grad_len, dtype, &meet));
    need_ok(golden_ssl_run(c->name, meet_par_meet(meet), team, dev, true, hex));
    meet_par_free(meet);
    team_free(team);
    dev_close(dev);
}

static void
alone(const char *backend, const struct golden_ssl_case *c, char *hex)
{
    struct dev *dev = NULL;
    struct team *team = NULL;
    struct meet_local *meet = NULL;
    struct net_plan plan;
    enum dtype dtype;

    need_ok(dev_open(backend, NULL, &dev));
    dtype = dev_facts(dev).dtype;
    need_ok(team_new(1, &team));
    need_ok(golden_ssl_plan(c->name, c->batch, dtype, &plan));
    need_ok(meet_local_new(c->batch, plan.sum_len, dtype, team, &meet));
    need_ok(
        golden_ssl_run(c->name, meet_local_get(meet), team, dev, true, hex));
    meet_local_free(meet);
    team_free(team);
    dev_close(dev);
}

static void all_runs(const char *backend)
{
    char mine[SHA256_HEX];
    char want[SHA256_HEX];
    struct golden_ssl_case c[GOLDEN_SSL_MAX];
    size_t n = golden_ssl_cases(c, GOLDEN_SSL_MAX);
    size_t consumed = 0;

    for (size_t i = 0; i < n; i++, consumed++) {
        on_ranks(backend, &c[i], mine);
        alone(backend, &c[i], want);
        need(strcmp(mine, want) == 0);
    }
    golden_count(backend, consumed, n, n);
}

static void in_double(void **state)
{
    (void)state;
    all_runs("ref64");
}

static void in_float(void **state)
{
    (void)state;
    all_runs("simd");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_double),
        cmocka_unit_test(in_float),
    };

    /* before MPI starts: a rank that leaves later ends the job as failed */
    if (!golden_there("network/train.json") ||
        !golden_there("network/train.safetensors"))
        return 77;
    ranks_main(argc, argv, tests);
}
