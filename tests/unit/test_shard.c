#include "check.h"
#include "det/shard.h"

static void test_blocks(void **state)
{
    (void)state;
    for (uint32_t v = 0; v <= 40; v++) {
        for (uint32_t ranks = 1; ranks <= 45; ranks++) {
            uint32_t next = 0;

            for (uint32_t r = 0; r < ranks; r++) {
                struct block b = shard_block(v, ranks, r);

                assert_int_equal(b.lo, next);
                assert_in_range(b.n, v / ranks, (v + ranks - 1) / ranks);
                for (uint32_t s = b.lo; s < b.lo + b.n; s++)
                    assert_int_equal(shard_owner(v, ranks, s), r);
                next += b.n;
            }
            assert_int_equal(next, v);
        }
    }
}

static void test_table(void **state)
{
    (void)state;
    assert_int_equal(shard_block(5, 3, 0).n, 2);
    assert_int_equal(shard_block(5, 3, 1).lo, 2);
    assert_int_equal(shard_block(5, 3, 2).n, 1);
    assert_int_equal(shard_block(2, 4, 3).n, 0);
    assert_int_equal(shard_block(2, 4, 3).lo, 2);
    assert_int_equal(shard_block(4294967295u, 2, 1).lo, 2147483648u);
    assert_int_equal(shard_owner(4294967295u, 2, 4294967294u), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
