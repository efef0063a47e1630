/* One rank, or two, fail before a collective: all ranks get the code, text
 * and trail of the lowest one, nobody waits, and the next call works. */
#include "mpi/ranks.h"

enum { V = 5, LEN = 3000 };

static double rows[V][LEN];
static double total[LEN];

enum kind { AGREE, SUM, GATHER, PARTS, KINDS };

static status meet(enum kind kind, status st)
{
    struct block b =
        shard_block(V, (uint32_t)par_size(world), (uint32_t)par_rank(world));
    struct part parts[TREE_MAX_DEPTH];
    uint32_t n = tree_nodes(V, b.lo, b.n, parts);
    uint64_t ids[V] = {0};
    const double *local = b.n > 0 ? rows[b.lo] : NULL;

    for (uint32_t i = 0; i < n; i++)
        parts[i].value = rows[parts[i].lo];
    switch (kind) {
    case AGREE:
        return par_agree(world, st);
    case SUM: /* a failed rank has nothing to show */
        return par_sum_f64(world, st, V, st ? NULL : local, LEN, total);
    case GATHER:
        return par_gather_shards(world, st, V, st ? NULL : ids, 8, ids);
    default:
        return par_sum_parts(world, st, V, (struct parts){st ? NULL : parts, n},
                             LEN, 8, total);
    }
}

static void fail_at(enum kind kind, int first, int second, status code)
{
    status st = OK;
    char want[64];

    if (par_rank(world) == first || par_rank(world) == second)
        st = status_fail(par_rank(world) == first ? code : ERR_FILE, "file.c",
                         70 + par_rank(world), "rank %d says no, %s",
                         par_rank(world), "sorry");
    (void)snprintf(want, sizeof want, "rank %d says no, sorry", first);
    total[0] = 77;
    need(meet(kind, st) == code);
    need(strcmp(status_text(), want) == 0);
    (void)snprintf(want, sizeof want, "file.c:%d", 70 + first);
    need(strstr(trail_text(), want));
    need(total[0] == 77); /* outputs are written on success only */
}

static void test_failures(void **state)
{
    int n = par_size(world);

    (void)state;
    for (int i = 0; i < 2 * KINDS * n; i++) {
        enum kind kind = (enum kind)(i / n % KINDS);

        fail_at(kind, i % n, i % n, ERR_DATA);
        fail_at(kind, i % n, n - 1, STOPPED);
        need_ok(meet(kind, OK));
    }
}

/* Failures before the buffers of a call exist, and calls too long to make. */
static void test_first_call(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++)
        fail_at((enum kind)kind, par_size(world) - 1, 99, ERR_NUMERIC);
    need(par_sum_f64(world, OK, V, NULL, (size_t)1 << 40, NULL) == ERR_COMM);
    need(strstr(status_text(), "too much"));
    need_ok(par_barrier(world));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_call),
        cmocka_unit_test(test_failures),
    };

    ranks_main(argc, argv, tests);
}
