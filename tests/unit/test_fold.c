#include "base/mem.h"

#include "check.h"
#include "nn/fold.h"

enum { V_MAX = 13, LEN = 5 };

/* Values whose sums depend on the association. */
static float value(uint32_t shard, size_t i)
{
    return (float)(shard * shard + 1) * 1.1e-3F + (shard % 3 ? 7e4F : -7e4F) +
           (float)i;
}

static void add(void *ctx, void *dst, const void *src)
{
    float *d = dst;
    const float *s = src;

    (void)ctx;
    for (size_t i = 0; i < LEN; i++)
        d[i] = d[i] + s[i];
}

static float *vector(void)
{
    float *v = NULL;

    assert_ok(mem_raw(LEN, sizeof *v, &v));
    return v;
}

/* Every block of every V: the nodes of det/tree with the same bits, twice in
 * a row, and what the caller gets back is his after each push. */
static void nodes_of_blocks(void **state)
{
    float rows[V_MAX][LEN];

    (void)state;
    for (uint32_t v = 1; v <= V_MAX; v++)
        for (uint32_t lo = 0; lo < v; lo++)
            for (uint32_t n = 1; lo + n <= v; n++) {
                struct fold *f = NULL;
                struct tree t;

                assert_ok(fold_new(v, (struct block){lo, n}, LEN, DTYPE_F32,
                                   NULL, &f));
                for (int turn = 0; turn < 2; turn++) {
                    float *part = vector();
                    uint32_t count = 0;
                    const struct part *p;

                    tree_start(&t, v, add, NULL, NULL);
                    for (uint32_t s = lo; s < lo + n; s++) {
                        for (size_t i = 0; i < LEN; i++)
                            part[i] = rows[s][i] = value(s, i);
                        part = fold_push(f, s, part, LEN);
                        memset(part, 0xff, LEN * sizeof *part);
                        tree_push(&t, (struct part){s, 1, rows[s]});
                    }
                    p = fold_parts(f, &count);
                    assert_int_equal(count, t.depth);
                    for (uint32_t i = 0; i < count; i++) {
                        assert_int_equal(p[i].lo, t.stack[i].lo);
                        assert_int_equal(p[i].n, t.stack[i].n);
                        assert_same_bits(p[i].value, t.stack[i].value,
                                         sizeof rows[0]);
                    }
                    for (uint32_t i = 0; i < count; i++) {
                        float *node = fold_take(f, i, vector());

                        assert_same_bits(node, t.stack[i].value,
                                         sizeof rows[0]);
                        mem_free(node);
                    }
                    fold_reset(f);
                    mem_free(part);
                }
                fold_free(f);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nodes_of_blocks)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
