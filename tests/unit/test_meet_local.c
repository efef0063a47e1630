/* The meeting of one process. */
#include "base/mem.h"

#include "check.h"
#include "nn/meet_local.h"

static void
push(const struct meet *meet, const struct grad *g, uint32_t shard, float value)
{
    float *v = NULL;

    assert_ok(mem_raw(GRAD_PIECE, sizeof *v, &v));
    *v = value;
    mem_free(
        meet->grad_push(meet->ctx, g, (struct grad_piece){shard, 0, 1}, 0, v));
}

/* The order of additions, not only the sum: ((a+b)+(c+d))+e. */
static void the_local_meeting_is_the_tree(void **state)
{
    const float part[5] = {1e8F, 3.3F, -1e8F, 7.7F, 0.1F};
    const double rows[5] = {1e17, 3.3, -1e17, 7.7, 0.1};
    struct meet_local *m = NULL;
    const struct meet *meet;
    float total = 0;
    struct dev *dev = NULL;
    struct grad g = {.len = 1, .total = &total};
    double sum = 0;
    char all[5];

    (void)state;
    assert_ok(dev_open("simd", NULL, &dev));
    g.dev = dev;
    assert_ok(meet_local_new(5, 1, DTYPE_F32, NULL, &m));
    meet = meet_local_get(m);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5; i++)
            push(meet, &g, i, part[i]);
        assert_ok(meet->grad_start(meet->ctx, OK, &g));
        assert_true(total ==
                    ((part[0] + part[1]) + (part[2] + part[3])) + part[4]);
    }
    assert_ok(meet->sum(meet->ctx, OK, rows, 1, &sum));
    assert_true(sum == ((rows[0] + rows[1]) + (rows[2] + rows[3])) + rows[4]);
    assert_ok(meet->gather(meet->ctx, OK, "abcde", 1, all));
    assert_memory_equal(all, "abcde", 5);
    assert_int_equal(meet->sum(meet->ctx, ERR_FILE, rows, 1, &sum), ERR_FILE);
    push(meet, &g, 0, part[0]);
    assert_int_equal(meet->grad_start(meet->ctx, ERR_FILE, &g), ERR_FILE);
    for (uint32_t i = 0; i < 5; i++) /* a failed round leaves nothing behind */
        push(meet, &g, i, part[i]);
    assert_ok(meet->grad_start(meet->ctx, OK, &g));
    meet_local_free(m);
    dev_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_local_meeting_is_the_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
