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
    struct dev *dev = NULL;

    (void)state;
    assert_ok(dev_open("simd", NULL, &dev));
    for (uint32_t v = 1; v <= V_MAX; v++)
        for (uint32_t lo = 0; lo < v; lo++)
            for (uint32_t n = 1; lo + n <= v; n++) {
                struct fold *f = NULL;
                struct tree t;

                assert_ok(
                    fold_new(v, (struct block){lo, n}, LEN, DTYPE_F32, &f));
                for (int turn = 0; turn < 2; turn++) {
                    float *part = vector();
                    uint32_t count = 0;
                    const struct part *p;

                    tree_start(&t, v, add, NULL, NULL);
                    for (uint32_t s = lo; s < lo + n; s++) {
                        for (size_t i = 0; i < LEN; i++)
                            part[i] = rows[s][i] = value(s, i);
                        part = fold_push(f, dev, s, part, LEN);
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
                    fold_reset(f);
                    mem_free(part);
                }
                fold_free(f);
            }
    dev_close(dev);
}

/* Pieces of a vector of two nodes, the second first, by another fold. */
static void pieces_of_nodes(void **state)
{
    struct fold **f = NULL;
    struct dev *dev = NULL;
    float node[2][LEN] = {{0}};
    char *nodes[2] = {(char *)node[0], (char *)node[1]};
    struct grad_piece piece = {.at = 3, .n = 2};

    (void)state;
    assert_ok(dev_open("simd", NULL, &dev));
    assert_ok(folds_new(8, (struct block){4, 3}, DTYPE_F32, 2, &f));
    for (int turn = 0; turn < 2; turn++) {
        float *part = NULL;

        assert_ok(mem_raw(GRAD_PIECE, sizeof *part, &part));
        for (piece.shard = 4; piece.shard < 7; piece.shard++) {
            for (size_t i = 0; i < piece.n; i++)
                part[i] = value(piece.shard, piece.at + i);
            part = fold_piece(f[turn], dev, piece, part, nodes);
        }
        mem_free(part);
        piece = (struct grad_piece){.at = 0, .n = 3};
    }
    for (size_t i = 0; i < LEN; i++) {
        assert_true(node[0][i] == value(4, i) + value(5, i));
        assert_true(node[1][i] == value(6, i));
    }
    folds_free(f, 2);
    dev_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nodes_of_blocks),
                                       cmocka_unit_test(pieces_of_nodes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
