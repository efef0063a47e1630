/* Planted faults in the sum over shards must show: the whole network, forward
 * and backward, with a meeting that adds as P ranks would. The right tree
 * gives one digest for every P; each wrong one gives several. */
#include "base/sha256.h"

#include "check.h"
#include "det/shard.h"
#include "det/stream.h"
#include "det/tree.h"
#include "nn/net.h"

enum { SHARDS = 5, SIZE = 13, RANKS_MAX = 4, LEN_MAX = 1 << 16 };

enum way {
    TREE,       /* nodes of each rank, folded in the fixed tree */
    BY_RANK,    /* each rank from left to right, then the ranks */
    WRONG_TREE, /* pairs by position in the rank's block, not by shard */
    SWAPPED     /* the right association, a shard counted twice, one lost */
};

struct fake {
    struct meet meet;
    enum way way;
    uint32_t ranks;
    double rows[SHARDS][LEN_MAX]; /* gradients pushed */
    size_t pushed;
};

static void add(void *ctx, void *dst, const void *src)
{
    size_t len = *(const size_t *)ctx;
    double *d = dst;
    const double *s = src;

    for (size_t i = 0; i < len; i++)
        d[i] = d[i] + s[i];
}

/* The same with every sum rounded to float, as gradients are. */
static void add_float(void *ctx, void *dst, const void *src)
{
    size_t len = *(const size_t *)ctx;
    double *d = dst;
    const double *s = src;

    for (size_t i = 0; i < len; i++)
        d[i] = (double)((float)d[i] + (float)s[i]);
}

/* Fold row[lo..lo+n) into row[lo], halves first, whatever lo is. */
static void fold_block(double (*row)[LEN_MAX],
                       uint32_t lo,
                       uint32_t n,
                       tree_add_fn *fn,
                       size_t *len)
{
    if (n <= 1)
        return;
    fold_block(row, lo, n / 2, fn, len);
    fold_block(row, lo + n / 2, n - n / 2, fn, len);
    fn(len, row[lo], row[lo + n / 2]);
}

static void
total(struct fake *f, double (*row)[LEN_MAX], size_t len, tree_add_fn *fn)
{
    struct tree t;

    if (f->way == SWAPPED)
        memcpy(row[f->ranks % SHARDS], row[0], len * sizeof(double));
    if (f->way == TREE || f->way == SWAPPED) {
        tree_start(&t, SHARDS, fn, NULL, &len);
        for (uint32_t i = 0; i < SHARDS; i++)
            tree_push(&t, (struct part){i, 1, row[i]});
        assert_int_equal(t.depth, 1);
        memmove(row[0], t.stack[0].value, len * sizeof(double));
        return;
    }
    for (uint32_t r = 0; r < f->ranks; r++) {
        struct block b = shard_block(SHARDS, f->ranks, r);

        if (f->way == WRONG_TREE)
            fold_block(row, b.lo, b.n, fn, &len);
        for (uint32_t i = 1; f->way == BY_RANK && i < b.n; i++)
            fn(&len, row[b.lo], row[b.lo + i]);
        if (r > 0)
            fn(&len, row[0], row[b.lo]);
    }
}

static status
fake_sum(void *ctx, status st, const double *rows, size_t len, double *out)
{
    static double row[SHARDS][LEN_MAX];

    assert_true(len <= LEN_MAX);
    for (size_t i = 0; i < SHARDS; i++)
        memcpy(row[i], rows + i * len, len * sizeof(double));
    total(ctx, row, len, add);
    memcpy(out, row[0], len * sizeof(double));
    return st;
}

static void *fake_push(void *ctx,
                       const struct grad *g,
                       struct grad_piece piece,
                       int member,
                       void *part)
{
    struct fake *f = ctx;
    const float *v = part;

    (void)member;
    assert_int_equal(dev_facts(g->dev).dtype, DTYPE_F32);
    assert_true(piece.at + piece.n <= LEN_MAX);
    for (size_t i = 0; i < piece.n; i++)
        f->rows[piece.shard][piece.at + i] = (double)v[i];
    f->pushed += piece.n;
    return part;
}

static status fake_total(void *ctx, status st, const struct grad *g)
{
    struct fake *f = ctx;
    float *v = g->total;

    assert_int_equal(f->pushed, SHARDS * g->len);
    f->pushed = 0;
    total(f, f->rows, g->len, add_float);
    for (size_t i = 0; i < g->len; i++)
        v[i] = (float)f->rows[0][i];
    return st;
}

static void fill(float *v, size_t n, uint64_t a)
{
    struct stream s = stream_at(11, STREAM_TEST, a, 0, 0);

    for (size_t i = 0; i < n; i++)
        v[i] = (float)stream_range(&s, -1, 1);
}

/* Digest of gradient and running statistics of one pass. */
static void one_pass(enum way way, uint32_t ranks, char hex[SHA256_HEX])
{
    static struct fake f;
    struct net_conf c = {.block = NET_BOTTLENECK,
                         .stages = 2,
                         .layers = {1, 1},
                         .planes = {2, 3},
                         .widen = 1,
                         .in_channels = 1,
                         .size = {SIZE, SIZE, SIZE},
                         .conv1_stride = 2,
                         .shortcut = NET_SHORTCUT_B,
                         .bias_downsample = true,
                         .n_head = 1,
                         .head = {4},
                         .views = 4,
                         .m = 1,
                         .backward = true};
    static float input[4 * SIZE * SIZE * SIZE];
    double d_embed[SHARDS * 4 * 4];
    struct team *team = NULL;
    struct dev *dev = NULL;
    struct net *net = NULL;
    struct sha256 *sum = NULL;
    uint8_t digest[SHA256_SIZE];
    size_t n = 0;

    f = (struct fake){.way = way, .ranks = ranks};
    f.meet = (struct meet){.ctx = &f,
                           .shards = SHARDS,
                           .shard_n = SHARDS,
                           .sum = fake_sum,
                           .grad_push = fake_push,
                           .grad_start = fake_total};
    assert_ok(team_new(1, &team));
    assert_ok(dev_open("ref", "auto", &dev));
    assert_ok(net_new(&c, &f.meet, team, dev, &net));
    assert_ok(net_init(net, 3));
    for (uint32_t i = 0; i < SHARDS; i++) {
        fill(input, sizeof input / sizeof input[0], i);
        net_put_f32(net, i, input);
    }
    for (size_t i = 0; i < sizeof d_embed / sizeof d_embed[0]; i++)
        d_embed[i] = 0.01 * (double)(i % 7) - 0.02;
    assert_ok(net_forward(net, OK, true));
    assert_ok(net_backward(net, OK, d_embed));
    assert_ok(sha256_new(&sum));
    sha256_add(sum, net_grad(net), net_planned(net)->param_len * sizeof(float));
    sha256_add(sum, net_running(net, &n), n * sizeof(float));
    sha256_end(sum, digest);
    sha256_hex(digest, hex);
    sha256_free(sum);
    net_free(net);
    dev_close(dev);
    team_free(team);
}

static unsigned distinct(enum way way)
{
    char hex[RANKS_MAX][SHA256_HEX];
    unsigned n = 0;

    for (uint32_t p = 0; p < RANKS_MAX; p++) {
        bool seen = false;

        one_pass(way, p + 1, hex[p]);
        for (uint32_t q = 0; q < p; q++)
            seen = seen || strcmp(hex[q], hex[p]) == 0;
        n += !seen;
    }
    return n;
}

static void right_tree_gives_one(void **state)
{
    (void)state;
    assert_int_equal(distinct(TREE), 1);
}

static void faults_are_detected(void **state)
{
    (void)state;
    assert_true(distinct(BY_RANK) > 1);
    assert_true(distinct(WRONG_TREE) > 1);
    assert_true(distinct(SWAPPED) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_tree_gives_one),
        cmocka_unit_test(faults_are_detected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
