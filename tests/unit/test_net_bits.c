/* The same bits for any threads, any backend, any cut of the shards among
 * ranks; and ranks that fail or own nothing strand nobody. Ranks are threads
 * here, each with its own net; they meet at barriers. */
#include <pthread.h>

#include "det/tree.h"
#include "unit/net_fixture.h"

enum { RANKS_MAX = 4, SHARDS_MAX = 8 };

struct hub {
    pthread_barrier_t barrier;
    uint32_t ranks, shards;
    status st[RANKS_MAX];
    struct trail trail[RANKS_MAX];
    const void *rows[RANKS_MAX]; /* of the present meeting */
    uint32_t n[RANKS_MAX];
    char *parts[SHARDS_MAX];
    size_t pushed[SHARDS_MAX]; /* elements of it, 0 when whole */
};

struct rank {
    struct hub *hub;
    uint32_t index;
    struct meet meet;
    struct net_conf conf;
    int fail_at; /* meeting at which this rank reports a failure, or -1 */
    int met;
    status st;
    char text[TRAIL_SIZE];
    void *param; /* after the steps */
    size_t bytes;
};

/* Lowest failing rank's status; everybody has arrived. */
static status arrive(struct rank *r, status st, const void *rows)
{
    struct hub *h = r->hub;
    status all = OK;

    if (r->met++ == r->fail_at && st == OK)
        st = status_fail(ERR_FILE, __FILE__, __LINE__, "disk of rank %u",
                         r->index);
    h->st[r->index] = st;
    h->rows[r->index] = rows;
    trail_save(&h->trail[r->index]);
    pthread_barrier_wait(&h->barrier);
    for (uint32_t i = h->ranks; i-- > 0;)
        if (h->st[i] != OK) {
            all = h->st[i];
            trail_load(&h->trail[i]);
        }
    return all;
}

static void leave(struct rank *r)
{
    pthread_barrier_wait(&r->hub->barrier);
}

static status
hub_gather(void *ctx, status st, const void *mine, size_t size, void *all)
{
    struct rank *r = ctx;
    char *to = all;

    st = arrive(r, st, mine);
    for (uint32_t i = 0; i < r->hub->ranks && st == OK; i++) {
        if (r->hub->n[i] > 0)
            memcpy(to, r->hub->rows[i], size * r->hub->n[i]);
        to += size * r->hub->n[i];
    }
    leave(r);
    return st;
}

static status
hub_sum(void *ctx, status st, const double *rows, size_t len, double *total)
{
    struct rank *r = ctx;
    double *all = NULL;
    double *scratch = NULL;

    assert_ok(mem_new(r->hub->shards * len, sizeof *all, &all));
    assert_ok(mem_new(r->hub->shards * len, sizeof *all, &scratch));
    st = hub_gather(ctx, st, rows, len * sizeof *rows, all);
    if (st == OK)
        tree_sum_f64(all, r->hub->shards, len, scratch, total);
    mem_free(all);
    mem_free(scratch);
    return st;
}

static void *hub_push(void *ctx,
                      const struct grad *g,
                      struct grad_piece piece,
                      int member,
                      void *part)
{
    struct rank *r = ctx;
    char **to = &r->hub->parts[piece.shard];
    size_t *pushed = &r->hub->pushed[piece.shard];
    size_t elem = (size_t)dev_facts(g->dev).dtype;

    assert_int_equal(member, 0);
    assert_true(piece.n <= GRAD_PIECE && piece.at + piece.n <= g->len);
    if (*pushed == 0) {
        mem_free(*to);
        assert_ok(mem_new(g->len, elem, to));
    }
    *pushed = (*pushed + piece.n) % g->len;
    memcpy(*to + piece.at * elem, part, piece.n * elem);
    return part;
}

/* Value of the node [lo, lo + n) of the tree, element i, by its definition. */
static float node(const struct hub *h, uint32_t lo, uint32_t n, size_t i)
{
    float left;

    if (n == 1)
        return ((const float *)(const void *)h->parts[lo])[i];
    left = node(h, lo, n / 2, i);
    if (lo + n / 2 >= h->shards)
        return left;
    return left + node(h, lo + n / 2, n / 2, i);
}

static status hub_total(void *ctx, status st, const struct grad *g)
{
    struct rank *r = ctx;
    uint32_t n = 1;

    assert_int_equal(dev_facts(g->dev).dtype, DTYPE_F32);
    while (n < r->hub->shards)
        n *= 2;
    st = arrive(r, st, NULL);
    for (size_t i = 0; i < g->len && st == OK; i++)
        ((float *)g->total)[i] = node(r->hub, 0, n, i);
    leave(r);
    return st;
}

/* Two steps of training on one rank; st of the second. */
static void *rank_main(void *arg)
{
    struct rank *r = arg;
    struct fixture f;

    r->meet.ctx = r;
    r->meet.sum = hub_sum;
    r->meet.gather = hub_gather;
    r->meet.grad_push = hub_push;
    r->meet.grad_start = hub_total;
    fixture_open(&f, &r->conf, "simd", &r->meet, r->hub->shards, 1);
    for (int step = 0; step < 2 && r->st == OK; step++)
        r->st = fixture_step(&f, OK);
    (void)snprintf(r->text, sizeof r->text, "%s",
                   r->st == OK ? "" : status_text());
    r->bytes = net_planned(f.net)->bytes_param;
    assert_ok(mem_new(r->bytes, 1, &r->param));
    memcpy(r->param, net_param(f.net), r->bytes);
    fixture_close(&f);
    return NULL;
}

/* Cut `shards` among ranks as counts say; rank `bad` fails at its meeting
 * number `when`. */
static void run_ranks(struct rank *ranks,
                      struct hub *h,
                      const uint32_t *counts,
                      int bad,
                      int when)
{
    pthread_t thread[RANKS_MAX];
    uint32_t lo = 0;

    pthread_barrier_init(&h->barrier, NULL, h->ranks);
    for (uint32_t i = 0; i < h->ranks; i++) {
        h->n[i] = counts[i];
        ranks[i] = (struct rank){.hub = h, .index = i, .conf = small_conf()};
        ranks[i].fail_at = (int)i == bad ? when : -1;
        ranks[i].meet.shards = h->shards;
        ranks[i].meet.shard_lo = lo;
        ranks[i].meet.shard_n = counts[i];
        lo += counts[i];
    }
    assert_int_equal(lo, h->shards);
    for (uint32_t i = 0; i < h->ranks; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, rank_main, &ranks[i]),
                         0);
    for (uint32_t i = 0; i < h->ranks; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&h->barrier);
    for (uint32_t i = 0; i < h->shards; i++) {
        mem_free(h->parts[i]);
        h->parts[i] = NULL;
    }
}

/* Two steps in this process. */
static void *
alone(const char *backend, uint32_t shards, int threads, size_t *bytes)
{
    struct net_conf conf = small_conf();
    struct fixture f;
    void *copy = NULL;

    fixture_open(&f, &conf, backend, NULL, shards, threads);
    assert_ok(fixture_step(&f, OK));
    assert_ok(fixture_step(&f, OK));
    *bytes = net_planned(f.net)->bytes_param;
    assert_ok(mem_new(*bytes, 1, &copy));
    memcpy(copy, net_param(f.net), *bytes);
    fixture_close(&f);
    return copy;
}

static void any_threads_any_backend(void **state)
{
    size_t bytes = 0;

    (void)state;
    for (uint32_t shards = 1; shards <= 5; shards++) {
        void *want = alone("ref", shards, 1, &bytes);

        for (int threads = 1; threads <= 3; threads++) {
            void *got = alone("simd", shards, threads, &bytes);

            assert_same_bits(got, want, bytes);
            mem_free(got);
        }
        mem_free(want);
    }
}

/* Any cut of 5 (and 8) shards, also with ranks that own none. */
static void any_ranks(void **state)
{
    static const struct {
        uint32_t ranks, shards, counts[RANKS_MAX];
    } cuts[] = {{2, 5, {3, 2}},
                {3, 5, {2, 2, 1}},
                {4, 5, {0, 1, 4, 0}},
                {2, 8, {4, 4}},
                {3, 8, {1, 5, 2}}};
    struct rank ranks[RANKS_MAX];
    size_t bytes = 0;

    (void)state;
    for (size_t c = 0; c < sizeof cuts / sizeof cuts[0]; c++) {
        struct hub h = {.ranks = cuts[c].ranks, .shards = cuts[c].shards};
        void *want = alone("simd", h.shards, 1, &bytes);

        run_ranks(ranks, &h, cuts[c].counts, -1, 0);
        for (uint32_t i = 0; i < h.ranks; i++) {
            assert_int_equal(ranks[i].st, OK);
            assert_same_bits(ranks[i].param, want, bytes);
            mem_free(ranks[i].param);
        }
        mem_free(want);
    }
}

/* One rank fails at every kind of meeting (forward, embeddings, backward, the
 * second step): all ranks return its status and text, none waits for ever. */
static void a_failing_rank_strands_nobody(void **state)
{
    static const int when[] = {0, 5, 11, 12, 13, 14, 20, 37, 45};
    static const uint32_t counts[3] = {2, 1, 2};
    struct rank ranks[RANKS_MAX];

    (void)state;
    for (size_t w = 0; w < sizeof when / sizeof when[0]; w++)
        for (int bad = 0; bad < 3; bad += 2) {
            struct hub h = {.ranks = 3, .shards = 5};
            char text[32];

            run_ranks(ranks, &h, counts, bad, when[w]);
            (void)snprintf(text, sizeof text, "disk of rank %d", bad);
            for (uint32_t i = 0; i < 3; i++) {
                assert_int_equal(ranks[i].st, ERR_FILE);
                assert_non_null(strstr(ranks[i].text, text));
                assert_int_equal(ranks[i].met, when[w] + 1);
                mem_free(ranks[i].param);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_threads_any_backend),
        cmocka_unit_test(any_ranks),
        cmocka_unit_test(a_failing_rank_strands_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
