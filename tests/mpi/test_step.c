/* A step of a training on these ranks allocates nothing: reading, views,
 * network, messages, update and digest live in memory planned before. */
#include "base/mem.h"

#include "ranks.h"
#include "train/pretrain_impl.h"

static struct train_conf keys(void)
{
    return (struct train_conf){.weights = "",
                               .patches = "computed",
                               .computed_rows = 24,
                               .shards = 5,
                               .items = 1,
                               .groups = 1,
                               .epochs = 4,
                               .block = 1,
                               .layers = {.n = 2, .v.i = {1, 1}},
                               .planes = {.n = 2, .v.i = {4, 8}},
                               .head = {.n = 1, .v.i = {6}},
                               .widen = 1,
                               .conv1_stride = 2,
                               .max_pool = true,
                               .shortcut = 1,
                               .temperature = 0.1,
                               .lr = 0.075,
                               .momentum = 0.9,
                               .weight_decay = 1e-6,
                               .trust = 0.001,
                               .schedule = 1,
                               .drop_every = 30,
                               .drop_by = 0.1};
}

static void test_no_allocation_in_a_step(void **state)
{
    struct train_conf c = keys();
    struct augment_conf a = augment_default(17);
    struct compute_conf cc = {0};
    struct pretrain_io io = {.run = {.conf = &c,
                                     .compute = &cc,
                                     .out = ".",
                                     .run_id = "",
                                     .identity = "",
                                     .par = world,
                                     .quiet = true,
                                     .stop_after = -1},
                             .augment = &a};
    struct pretrain p = {0};
    struct step_facts f;
    unsigned long calls = 0;

    (void)state;
    need_ok(team_new(2, &io.run.team));
    need_ok(pretrain_open(&p, &io));
    need_ok(pretrain_step(&p, &f)); /* buffers of messages grow */
    calls = mem_calls();
    for (int i = 0; i < 3; i++)
        need_ok(pretrain_step(&p, &f));
    need(mem_calls() == calls);
    pretrain_close(&p);
    team_free(io.run.team);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_allocation_in_a_step),
    };

    ranks_main(argc, argv, tests);
}
