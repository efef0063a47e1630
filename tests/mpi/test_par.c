/* Every function of par against a serial reference, bit for bit, on as many
 * ranks as mpirun gives. */
#include "base/mem.h"

#include "det/stream.h"
#include "mpi/ranks.h"

static const uint32_t shard_counts[] = {1, 2, 3, 5, 8, 13};

enum { COUNTS = sizeof shard_counts / sizeof *shard_counts, MAX_V = 13 };

static struct block mine(uint32_t shards)
{
    return shard_block(shards, (uint32_t)par_size(world),
                       (uint32_t)par_rank(world));
}

/* Row of a shard: sums depend on the order; every seventh is -0. */
static void fill_f64(uint32_t shard, size_t len, double *row)
{
    struct stream s = stream_at(41, STREAM_TEST, shard, 0, 0);

    for (size_t i = 0; i < len; i++)
        row[i] =
            i % 7 == 3 ? -0.0 : stream_range(&s, -1, 1) * (double)(1 + i % 5);
}

static void fill_f32(uint32_t shard, size_t len, float *row)
{
    struct stream s = stream_at(42, STREAM_TEST, shard, 0, 0);

    for (size_t i = 0; i < len; i++)
        row[i] = i % 7 == 3 ? -0.0F : (float)stream_range(&s, -1, 1);
}

static void *room(size_t n, size_t size)
{
    void *p = NULL;

    need_ok(mem_new(n, size, &p));
    return p;
}

static void test_facts(void **state)
{
    (void)state;
    need(par_rank(world) >= 0 && par_rank(world) < par_size(world));
    need(strlen(par_library(world)) > 4);
    need(!strchr(par_library(world), '\n'));
    printf("%d ranks, %s\n", par_size(world), par_library(world));
}

static void one_sum_f64(uint32_t v, size_t len)
{
    struct block b = mine(v);
    double *all = room(v * len, sizeof *all);
    double *scratch = room(v * len, sizeof *all);
    double *want = room(len, sizeof *all);
    double *got = room(len, sizeof *all);

    for (uint32_t i = 0; i < v; i++)
        fill_f64(i, len, all + i * len);
    tree_sum_f64(all, v, len, scratch, want);
    need_ok(par_sum_f64(world, OK, v, all + b.lo * len, len, got));
    need(same_bits(got, want, len * sizeof *got));
    mem_free(all);
    mem_free(scratch);
    mem_free(want);
    mem_free(got);
}

static void test_sum_f64(void **state)
{
    static const size_t lens[] = {0, 1, 3, 257, 5001, 8, 0};

    (void)state;
    for (int i = 0; i < COUNTS; i++)
        for (size_t k = 0; k < sizeof lens / sizeof *lens; k++)
            one_sum_f64(shard_counts[i], lens[k]);
}

/* The test's data would show a sum that follows the ranks. */
static void test_data_shows_order(void **state)
{
    enum { LEN = 257, V = 13 };
    static double rows[V][LEN];
    static double scratch[V][LEN];
    double want[LEN];
    double by_rank[LEN] = {0};

    (void)state;
    for (uint32_t i = 0; i < V; i++)
        fill_f64(i, LEN, rows[i]);
    tree_sum_f64(&rows[0][0], V, LEN, &scratch[0][0], want);
    for (int r = 0; r < par_size(world); r++) {
        struct block b = shard_block(V, (uint32_t)par_size(world), (uint32_t)r);

        for (int k = 0; k < LEN; k++) {
            double part = 0;

            for (uint32_t i = b.lo; i < b.lo + b.n; i++)
                part += rows[i][k];
            by_rank[k] += part;
        }
    }
    need(!same_bits(by_rank, want, sizeof want));
}

static void one_gather(uint32_t v, size_t size)
{
    struct block b = mine(v);
    char *want = room(v, size);
    char *got = room(v, size);

    for (size_t j = 0; j < v * size; j++)
        want[j] = (char)(j * 7 + j / size);
    need_ok(par_gather_shards(world, OK, v, want + b.lo * size, size, got));
    need(same_bits(got, want, v * size));
    mem_free(want);
    mem_free(got);
}

static void test_gather_shards(void **state)
{
    static const size_t sizes[] = {0, 1, 4, 1001};

    (void)state;
    for (int i = 0; i < COUNTS * 4; i++)
        one_gather(shard_counts[i / 4], sizes[i % 4]);
}

struct vector {
    size_t len;
    size_t elem;
};

static void add(void *ctx, void *dst, const void *src)
{
    const struct vector *v = ctx;
    double *d = dst;
    const double *s = src;
    float *df = dst;
    const float *sf = src;

    for (size_t i = 0; i < v->len; i++) {
        if (v->elem == 8)
            d[i] = d[i] + s[i];
        else
            df[i] = df[i] + sf[i];
    }
}

/* Leaves [lo, lo + n) of v into `work`, folded as far as they go. */
static void local_tree(
    struct tree *t, struct vector *x, uint32_t v, struct block b, char *work)
{
    size_t bytes = x->len * x->elem;

    tree_start(t, v, add, NULL, x);
    for (uint32_t i = 0; i < b.n; i++) {
        char *leaf = work + i * bytes;

        if (x->elem == 8)
            fill_f64(b.lo + i, x->len, (double *)(void *)leaf);
        else
            fill_f32(b.lo + i, x->len, (float *)(void *)leaf);
        tree_push(t, (struct part){b.lo + i, 1, leaf});
    }
}

static void one_sum_parts(uint32_t v, struct vector x, bool in_place)
{
    size_t bytes = x.len * x.elem;
    struct tree all;
    struct tree own;
    char *all_work = room(v, bytes);
    char *own_work = room(v, bytes);
    char *total = room(1, bytes);
    void *to = total;

    local_tree(&all, &x, v, (struct block){0, v}, all_work);
    local_tree(&own, &x, v, mine(v), own_work);
    if (in_place && own.depth > 0)
        to = own.stack[0].value;
    need_ok(par_sum_parts(world, OK, v, (struct parts){own.stack, own.depth},
                          x.len, x.elem, to));
    need(all.depth == 1);
    need(same_bits(to, all.stack[0].value, bytes));
    mem_free(all_work);
    mem_free(own_work);
    mem_free(total);
}

static void test_sum_parts(void **state)
{
    static const size_t lens[] = {0, 1, 2, 1023, 1025, 4096, 40001};

    (void)state;
    par_set_bucket(world, 40000); /* not a multiple of anything */
    for (int i = 0; i < COUNTS; i++) {
        for (size_t k = 0; k < sizeof lens / sizeof *lens; k++) {
            one_sum_parts(shard_counts[i], (struct vector){lens[k], 4}, k & 1);
            one_sum_parts(shard_counts[i], (struct vector){lens[k], 8}, i & 1);
        }
    }
    par_set_bucket(world, 32 << 20);
}

/* A sum on its way while the ranks do other things, each as often as it likes;
 * the next start ends it, and one that fails on a rank leaves nothing. */
static void one_sum_beside(uint32_t v, size_t len)
{
    enum { SUMS = 3 };
    struct vector x = {len, 4};
    size_t bytes = len * x.elem;
    struct tree all[SUMS];
    struct tree own[SUMS];
    char *work[2 * SUMS];
    char *total[SUMS];
    bool any = false;

    for (int i = 0; i < SUMS; i++) {
        work[2 * i] = room(v, bytes);
        work[2 * i + 1] = room(v, bytes);
        total[i] = room(1, bytes);
        local_tree(&all[i], &x, v, (struct block){0, v}, work[2 * i]);
        local_tree(&own[i], &x, v, mine(v), work[2 * i + 1]);
        need_ok(par_sum_start(world, OK, v,
                              (struct parts){own[i].stack, own[i].depth}, len,
                              x.elem, total[i]));
        for (int k = 0; k < par_rank(world) * 3 + i; k++)
            need_ok(par_sum_poke(world));
        need_ok(par_any(world, true, &any));
        one_sum_f64(v, 257);
        need_ok(par_sum_poke(world));
    }
    need(par_sum_start(world, ERR_DATA, v, (struct parts){NULL, 0}, len, x.elem,
                       total[0]) == ERR_DATA);
    need_ok(par_sum_end(world));
    for (int i = 0; i < SUMS; i++) {
        need(same_bits(total[i], all[i].stack[0].value, bytes));
        mem_free(work[2 * i]);
        mem_free(work[2 * i + 1]);
        mem_free(total[i]);
    }
}

static void test_sum_beside_work(void **state)
{
    (void)state;
    par_set_bucket(world, 40000);
    for (int i = 0; i < COUNTS; i++) {
        one_sum_beside(shard_counts[i], 1025);
        one_sum_beside(shard_counts[i], 70001);
    }
    par_set_bucket(world, 32 << 20);
}

/* With a team's threads: the same bits. */
static void test_sum_by_team(void **state)
{
    struct team *team = NULL;

    (void)state;
    need_ok(team_new(3, &team));
    need_ok(par_use_team(world, team));
    one_sum_parts(13, (struct vector){300001, 4}, false);
    one_sum_parts(6, (struct vector){300001, 8}, true);
    one_sum_f64(13, 40001);
    need_ok(par_use_team(world, NULL));
    team_free(team);
    one_sum_parts(13, (struct vector){300001, 4}, true);
}

static void test_sum_parts_whole_bucket(void **state)
{
    (void)state;
    one_sum_parts(3, (struct vector){(9 << 20) + 5, 4}, false);
}

static void test_no_allocation(void **state)
{
    enum { V = 5, LEN = 3000 };
    static double rows[V][LEN];
    static double total[LEN];
    static char work[V][LEN * 8];
    static uint64_t ids[V];
    struct vector x = {LEN, 8};
    struct block b = mine(V);
    unsigned long calls = 0;

    (void)state;
    for (int round = 0; round < 3; round++) {
        struct tree own;

        local_tree(&own, &x, V, b, work[0]);
        need_ok(par_sum_f64(world, OK, V, rows[b.lo % V], LEN, total));
        need_ok(par_sum_parts(
            world, OK, V, (struct parts){own.stack, own.depth}, LEN, 8, total));
        need_ok(par_gather_shards(world, OK, V, ids + b.lo, 8, ids));
        if (round == 1)
            calls = mem_calls();
    }
    need(mem_calls() == calls);
    need(par_parts_memory(world, V) <= (size_t)72 << 20);
    need(par_size(world) > 1 || par_parts_memory(world, V) == 0);
}

static void test_integers(void **state)
{
    int r = par_rank(world);
    int n = par_size(world);
    int64_t v[3] = {r, -r, (int64_t)1 << 40};
    int64_t out[3];
    int64_t all[8];
    char word[6] = "wrong";
    bool any = true;

    (void)state;
    need_ok(par_max_i64(world, v, 3, out));
    need(out[0] == n - 1 && out[1] == 0 && out[2] == (int64_t)1 << 40);
    need_ok(par_sum_i64(world, v, 3, v));
    need(v[0] == n * (n - 1) / 2 && v[1] == -v[0] && v[2] == (int64_t)n << 40);
    need_ok(par_sum_i64(world, NULL, 0, NULL));
    v[0] = 100 + r;
    need_ok(par_allgather(world, v, sizeof *v, all));
    for (int i = 0; i < n; i++)
        need(all[i] == 100 + i);
    for (int root = 0; root < n; root++) {
        if (r == root)
            memcpy(word, (char[]){'r', 'o', 'o', 't', (char)('0' + root), 0},
                   6);
        need_ok(par_bcast(world, word, sizeof word, root));
        need(word[0] == 'r' && word[4] == '0' + root);
    }
    need_ok(par_any(world, false, &any));
    need(!any);
    for (int i = 0; i < n; i++) {
        need_ok(par_any(world, i == r, &any));
        need(any);
    }
    need_ok(par_barrier(world));
}

static void test_gather_bytes(void **state)
{
    int r = par_rank(world);
    char *mine_bytes = room((size_t)r * 1000, 1);
    char *out = (char *)1;
    size_t sizes[8] = {9, 9, 9, 9};
    size_t at = 0;

    (void)state;
    memset(mine_bytes, 'a' + r, (size_t)r * 1000);
    need_ok(par_gather_bytes(world, mine_bytes, (size_t)r * 1000, &out,
                             r ? NULL : sizes));
    mem_free(mine_bytes);
    if (r > 0) {
        need(!out);
        return;
    }
    for (int i = 0; i < par_size(world); i++) {
        need(sizes[i] == (size_t)i * 1000);
        for (size_t k = 0; k < sizes[i]; k++)
            need(out[at++] == 'a' + i);
    }
    mem_free(out);
}

/* Groups of two: each counts and adds for itself, at the same time, and a
 * failure in one is no matter of the others. */
static void test_split(void **state)
{
    struct par *all = world;
    struct par *sub = NULL;
    int rank = par_rank(all);
    int first = rank / 2 * 2;
    int n = par_size(all) - first < 2 ? 1 : 2;
    int64_t sum = rank;
    char word[8] = "";

    (void)state;
    need_ok(par_split(all, rank / 2, &sub));
    need(par_size(sub) == n && par_rank(sub) == rank - first);
    for (int i = 0; i <= first; i++)
        need_ok(par_sum_i64(sub, &(int64_t){rank}, 1, &sum));
    need(sum == (n == 2 ? 2 * first + 1 : rank));
    if (rank == first)
        memcpy(word, "abcdefg", sizeof word);
    need_ok(par_bcast(sub, word, sizeof word, 0));
    need(strcmp(word, "abcdefg") == 0);
    world = sub;
    one_sum_f64(5, 7);
    world = all;
    status st = rank == 0 ? status_fail(ERR_DATA, "f", 1, "first") : OK;
    need(par_agree(sub, st) == (first == 0 ? ERR_DATA : OK));
    par_stop(sub);
    need_ok(par_barrier(all));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_sum_f64),
        cmocka_unit_test(test_data_shows_order),
        cmocka_unit_test(test_gather_shards),
        cmocka_unit_test(test_sum_parts),
        cmocka_unit_test(test_sum_beside_work),
        cmocka_unit_test(test_sum_by_team),
        cmocka_unit_test(test_sum_parts_whole_bucket),
        cmocka_unit_test(test_no_allocation),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_gather_bytes),
        cmocka_unit_test(test_split),
    };

    ranks_main(argc, argv, tests);
}
