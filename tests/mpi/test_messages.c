/* Coordinator and workers: tickets out, answers in, as the search does. */
#include "base/mem.h"

#include "mpi/ranks.h"

enum { ASK = 1, TICKET = 2, LAST = 3, TICKETS = 40 };

/* A message for ticket t: t * 1000 bytes of its own letter. */
static size_t write_answer(int ticket, char **buf, size_t *cap)
{
    size_t n = (size_t)ticket * 1000;

    need_ok(mem_grow(n + 1, 1, buf, cap));
    memset(*buf, 'A' + ticket % 26, n);
    return n;
}

struct book {
    int last[8]; /* the ticket a rank works on, -1 for none */
    bool done[TICKETS];
    int next;
};

static void take_answer(struct book *b, int from, const char *buf, size_t size)
{
    int t = b->last[from];

    if (t < 0) {
        need(size == 0);
        return;
    }
    need(size == (size_t)t * 1000 && !b->done[t]);
    for (size_t i = 0; i < size; i++)
        need(buf[i] == 'A' + t % 26);
    b->done[t] = true;
}

/* False when there was none left. */
static bool give_ticket(struct book *b, int to)
{
    if (b->next == TICKETS) {
        need_ok(par_send(world, to, LAST, NULL, 0));
        return false;
    }
    need_ok(par_send(world, to, TICKET, &b->next, sizeof b->next));
    b->last[to] = b->next++;
    return true;
}

static void coordinator(void)
{
    struct book b = {{-1, -1, -1, -1, -1, -1, -1, -1}, {false}, 0};
    int busy = par_size(world) - 1;
    char *buf = NULL;
    size_t cap = 0;

    while (busy > 0) {
        int from = -1;
        int tag = -1;
        size_t size = 0;

        need_ok(par_recv(world, &from, &tag, &buf, &cap, &size));
        need(tag == ASK && from > 0 && from < 8);
        take_answer(&b, from, buf, size);
        busy -= !give_ticket(&b, from);
    }
    for (int t = 0; t < TICKETS; t++)
        need(b.done[t] || par_size(world) == 1);
    mem_free(buf);
}

static void worker(void)
{
    char *buf = NULL;
    char *answer = NULL;
    size_t cap = 0;
    size_t answer_cap = 0;
    size_t size = 0;
    size_t n = 0;

    for (;;) {
        int from = -1;
        int tag = -1;
        int ticket = -1;

        need_ok(par_send(world, 0, ASK, answer, n));
        need_ok(par_recv(world, &from, &tag, &buf, &cap, &size));
        need(from == 0);
        if (tag == LAST)
            break;
        need(tag == TICKET && size == sizeof ticket);
        memcpy(&ticket, buf, sizeof ticket);
        n = write_answer(ticket, &answer, &answer_cap);
    }
    need(size == 0);
    mem_free(buf);
    mem_free(answer);
}

static void test_tickets(void **state)
{
    bool waiting = true;

    (void)state;
    if (par_rank(world) == 0)
        coordinator();
    else
        worker();
    need_ok(par_barrier(world));
    need_ok(par_probe(world, &waiting));
    need(!waiting);
    need_ok(par_barrier(world)); /* nobody sends before all have looked */
}

/* Messages and collectives do not meet; probe sees one; order is kept; sizes
 * above any eager limit. */
static void test_order(void **state)
{
    enum { BIG = 3 << 20 };
    int n = par_size(world);
    int r = par_rank(world);
    char *buf = NULL;
    size_t cap = 0;

    (void)state;
    if (n == 1)
        return;
    if (r == 1) {
        need_ok(mem_grow(BIG, 1, &buf, &cap));
        memset(buf, 7, BIG);
        for (int i = 0; i < 5; i++)
            need_ok(par_send(world, 0, i, &i, sizeof i));
    }
    need_ok(par_barrier(world));
    if (r == 1)
        need_ok(par_send(world, 0, 32767, buf, BIG));
    for (int i = 0; r == 0 && i < 6; i++) {
        int from;
        int tag;
        int word;
        size_t size;
        bool waiting = false;

        while (!waiting)
            need_ok(par_probe(world, &waiting));
        need_ok(par_recv(world, &from, &tag, &buf, &cap, &size));
        need(from == 1 && tag == (i < 5 ? i : 32767));
        memcpy(&word, buf, sizeof word);
        need(i < 5 ? word == i : size == BIG && buf[BIG - 1] == 7);
    }
    need_ok(par_barrier(world));
    mem_free(buf);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tickets),
        cmocka_unit_test(test_order),
    };

    ranks_main(argc, argv, tests);
}
