/* The meeting of one process. */
#include "base/mem.h"

#include "check.h"
#include "nn/meet_local.h"

static void push(const struct meet *meet, uint32_t shard, float value)
{
    float *v = NULL;

    assert_ok(mem_raw(1, sizeof *v, &v));
    *v = value;
    mem_free(meet->grad_push(meet->ctx, shard, v, 1, DTYPE_F32));
}

/* The order of additions, not only the sum: ((a+b)+(c+d))+e. */
static void the_local_meeting_is_the_tree(void **state)
{
    const float part[5] = {1e8F, 3.3F, -1e8F, 7.7F, 0.1F};
    const double rows[5] = {1e17, 3.3, -1e17, 7.7, 0.1};
    struct meet_local *m = NULL;
    const struct meet *meet;
    float total = 0;
    double sum = 0;
    char all[5];

    (void)state;
    assert_ok(meet_local_new(5, 1, 1, DTYPE_F32, NULL, &m));
    meet = meet_local_get(m);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5; i++)
            push(meet, i, part[i]);
        assert_ok(meet->grad_start(meet->ctx, OK, 1, DTYPE_F32, &total));
        assert_true(total ==
                    ((part[0] + part[1]) + (part[2] + part[3])) + part[4]);
    }
    assert_ok(meet->sum(meet->ctx, OK, rows, 1, &sum));
    assert_true(sum == ((rows[0] + rows[1]) + (rows[2] + rows[3])) + rows[4]);
    assert_ok(meet->gather(meet->ctx, OK, "abcde", 1, all));
    assert_memory_equal(all, "abcde", 5);
    assert_int_equal(meet->sum(meet->ctx, ERR_FILE, rows, 1, &sum), ERR_FILE);
    push(meet, 0, part[0]);
    assert_int_equal(
        meet->grad_start(meet->ctx, ERR_FILE, 1, DTYPE_F32, &total), ERR_FILE);
    for (uint32_t i = 0; i < 5; i++) /* a failed round leaves nothing behind */
        push(meet, i, part[i]);
    assert_ok(meet->grad_start(meet->ctx, OK, 1, DTYPE_F32, &total));
    meet_local_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_local_meeting_is_the_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
