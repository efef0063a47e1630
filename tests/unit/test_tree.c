/* The tree against an independent recursive definition, for every shard
 * count up to 33 and every split into blocks up to 9; and that the wrong
 * sums people write by habit differ from it. */
#include "check.h"
#include "det/shard.h"
#include "det/stream.h"
#include "det/tree.h"

enum { LEN = 3, MAX_V = 33 };

static void add(void *ctx, void *dst, const void *src)
{
    float *d = dst;
    const float *s = src;

    (*(int *)ctx)++;
    for (int i = 0; i < LEN; i++)
        d[i] = d[i] + s[i];
}

/* Values whose sum depends on the order; column 2 is all -0. */
static void fill(float leaf[MAX_V][LEN], uint64_t salt)
{
    struct stream s = stream_at(7, STREAM_TEST, salt, 0, 0);

    for (int i = 0; i < MAX_V; i++) {
        leaf[i][0] = (float)(stream_range(&s, -1, 1) * 1e4);
        leaf[i][1] = (float)stream_range(&s, -1, 1);
        leaf[i][2] = -0.0F;
    }
}

/* The definition: the node [lo, lo + n) of a padded tree over v leaves. */
static bool
node(float leaf[MAX_V][LEN], uint32_t v, uint32_t lo, uint32_t n, float *out)
{
    float right[LEN];
    bool there;

    if (lo >= v)
        return false;
    if (n == 1) {
        memcpy(out, leaf[lo], LEN * sizeof *out);
        return true;
    }
    (void)node(leaf, v, lo, n / 2, out);
    there = node(leaf, v, lo + n / 2, n / 2, right);
    for (int i = 0; there && i < LEN; i++)
        out[i] = out[i] + right[i];
    return true;
}

static void reference(float leaf[MAX_V][LEN], uint32_t v, float *out)
{
    uint32_t n = 1;

    while (n < v)
        n *= 2;
    (void)node(leaf, v, 0, n, out);
}

static void push_leaves(struct tree *t,
                        float leaf[MAX_V][LEN],
                        float work[MAX_V][LEN],
                        uint32_t lo,
                        uint32_t n)
{
    for (uint32_t i = lo; i < lo + n; i++) {
        memcpy(work[i], leaf[i], sizeof work[i]);
        tree_push(t, (struct part){i, 1, work[i]});
    }
}

static void test_all_counts(void **state)
{
    float leaf[MAX_V][LEN];
    float work[MAX_V][LEN];
    float want[LEN];

    (void)state;
    for (uint32_t v = 1; v <= MAX_V; v++) {
        struct tree t;
        int adds = 0;

        fill(leaf, v);
        reference(leaf, v, want);
        tree_start(&t, v, add, NULL, &adds);
        push_leaves(&t, leaf, work, 0, v);
        assert_int_equal(t.depth, 1);
        assert_int_equal(adds, v - 1);
        assert_same_bits(t.stack[0].value, want, sizeof want);
    }
}

/* Cuts of v shards into consecutive blocks are the subsets of v - 1 places;
 * an empty block changes nothing. */
static void check_split(float leaf[MAX_V][LEN], uint32_t v, uint32_t cuts)
{
    float work[MAX_V][LEN];
    float want[LEN];
    struct tree all;
    int adds = 0;
    uint32_t lo = 0;

    tree_start(&all, v, add, NULL, &adds);
    for (uint32_t end = 1; end <= v; end++) {
        struct part nodes[TREE_MAX_DEPTH];
        struct tree mine;

        if (end < v && !(cuts >> (end - 1) & 1))
            continue;
        tree_start(&mine, v, add, NULL, &adds);
        push_leaves(&mine, leaf, work, lo, end - lo);
        assert_int_equal(tree_nodes(v, lo, end - lo, nodes), mine.depth);
        for (uint32_t i = 0; i < mine.depth; i++) {
            assert_int_equal(nodes[i].lo, mine.stack[i].lo);
            assert_int_equal(nodes[i].n, mine.stack[i].n);
            tree_push(&all, mine.stack[i]);
        }
        lo = end;
    }
    reference(leaf, v, want);
    assert_int_equal(all.depth, 1);
    assert_int_equal(adds, v - 1);
    assert_same_bits(all.stack[0].value, want, sizeof want);
}

static void test_all_splits(void **state)
{
    float leaf[MAX_V][LEN];

    (void)state;
    for (uint32_t v = 1; v <= 9; v++) {
        fill(leaf, 100 + v);
        for (uint32_t cuts = 0; cuts < 1u << (v - 1); cuts++)
            check_split(leaf, v, cuts);
    }
}

static void test_nodes(void **state)
{
    struct part p[TREE_MAX_DEPTH];

    (void)state;
    assert_int_equal(tree_nodes(8, 0, 8, p), 1);
    assert_int_equal(tree_nodes(8, 3, 0, p), 0);
    assert_int_equal(tree_nodes(8, 1, 6, NULL), 4);
    assert_int_equal(tree_nodes(5, 2, 3, p), 2);
    assert_int_equal(p[1].lo, 4);
    assert_int_equal(p[1].n, 4); /* three absent leaves behind shard 4 */
    for (uint32_t v = 1; v < 200; v++)
        for (uint32_t r = 0; r < 16; r++) {
            struct block b = shard_block(v, 16, r);

            assert_true(tree_nodes(v, b.lo, b.n, p) <= 16);
        }
}

static int dropped;

static void drop(void *ctx, void *value)
{
    (void)ctx;
    (void)value;
    dropped++;
}

static void test_drop_and_depth(void **state)
{
    float leaf[MAX_V][LEN];
    float work[MAX_V][LEN];
    struct tree t;
    uint32_t deepest = 0;
    int adds = 0;

    (void)state;
    fill(leaf, 1);
    dropped = 0;
    tree_start(&t, 32, add, drop, &adds);
    for (uint32_t i = 0; i < 32; i++) {
        push_leaves(&t, leaf, work, i, 1);
        if (t.depth > deepest)
            deepest = t.depth;
    }
    assert_int_equal(dropped, 31);
    assert_int_equal(deepest, 5); /* log2, after the merges of a push */
}

static void test_sum_f64(void **state)
{
    /* (1 + t) + (t + t); from left to right it were 1 */
    const double four[] = {1, 0x1p-53, 0x1p-53, 0x1p-53};
    double rows[MAX_V][2];
    double scratch[MAX_V][2];
    float leaf[MAX_V][LEN];
    double total[2];
    float want[LEN];

    (void)state;
    for (uint32_t v = 1; v <= MAX_V; v++) {
        fill(leaf, v);
        for (uint32_t i = 0; i < v; i++) {
            /* sums of these are exact in double, so the order is free */
            leaf[i][1] = (float)(int)(leaf[i][1] * 1000);
            rows[i][0] = leaf[i][1];
            rows[i][1] = -0.0;
        }
        reference(leaf, v, want);
        tree_sum_f64(&rows[0][0], v, 2, &scratch[0][0], total);
        assert_true(total[0] == (double)want[1]);
        assert_true(total[1] == 0 && __builtin_signbit(total[1]));
        tree_sum_f64(NULL, v, 0, NULL, NULL);
    }
    tree_sum_f64(four, 4, 1, &scratch[0][0], total);
    assert_true(total[0] == 1 + 0x1p-52);
    tree_sum_f64(four, 3, 1, &scratch[0][0], total);
    assert_true(total[0] == 1);
}

/* The faults that the bits must show. */
static void test_faults_are_seen(void **state)
{
    float leaf[MAX_V][LEN];
    int zero_seen = 0;
    int left_seen = 0;
    int pair_seen = 0;

    (void)state;
    for (uint32_t v = 3; v <= MAX_V; v++) {
        float want[LEN];
        float zero[LEN] = {0};
        float left[LEN];
        float pair[LEN] = {0};

        fill(leaf, v);
        reference(leaf, v, want);
        memcpy(zero, want, sizeof zero);
        zero[2] = zero[2] + 0.0F; /* an absent leaf taken as +0 */
        memcpy(left, leaf[0], sizeof left);
        for (uint32_t i = 1; i < v; i++)
            for (int k = 0; k < LEN; k++)
                left[k] = left[k] + leaf[i][k];
        /* adjacent pairs, as a rank-dependent cut would make them */
        memcpy(pair, leaf[v - 1], sizeof pair);
        for (uint32_t i = v - 1; i-- > 0;)
            for (int k = 0; k < LEN; k++)
                pair[k] = leaf[i][k] + pair[k];
        zero_seen += !same_bits(zero, want, sizeof want);
        left_seen += !same_bits(left, want, sizeof want);
        pair_seen += !same_bits(pair, want, sizeof want);
    }
    assert_int_equal(zero_seen, MAX_V - 2);
    assert_true(left_seen > 20);
    assert_true(pair_seen > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_counts),
        cmocka_unit_test(test_all_splits),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_drop_and_depth),
        cmocka_unit_test(test_sum_f64),
        cmocka_unit_test(test_faults_are_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
