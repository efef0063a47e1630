/* Messages between a coordinator and its workers, and blocks of any size. */
#include <limits.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

#include "par/par_impl.h"

enum { TAG_BLOCK = 2, CHUNK = 1 << 30, TAG_MAX = 32767 };

status par_send(struct par *p, int to, int tag, const void *bytes, size_t size)
{
    status st = OK;

    BUG_IF(to < 0 || to >= p->size || to == p->rank);
    BUG_IF(tag < 0 || tag > TAG_MAX);
    ENSURE(size <= INT_MAX, ERR_COMM, "a message of %zu bytes is too long",
           size);
    MPI_TRY(p, MPI_Send(bytes, (int)size, MPI_BYTE, to, tag, p->messages),
            "send");
out:
    return st;
}

static status probe(struct par *p, bool *waiting, MPI_Status *info)
{
    status st = OK;
    int flag = 0;

    MPI_TRY(p,
            MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, p->messages, &flag, info),
            "probe");
    *waiting = flag != 0;
out:
    return st;
}

status par_probe(struct par *p, bool *waiting)
{
    MPI_Status info;

    return probe(p, waiting, &info);
}

status par_recv(
    struct par *p, int *from, int *tag, char **buf, size_t *cap, size_t *size)
{
    status st = OK;
    struct timespec pause = {0, 1000};
    bool waiting = false;
    MPI_Status info;
    int n = 0;

    for (;;) {
        TRY(probe(p, &waiting, &info));
        if (waiting)
            break;
        (void)nanosleep(&pause, NULL);
        if (pause.tv_nsec < 1000000)
            pause.tv_nsec *= 2;
    }
    MPI_TRY(p, MPI_Get_count(&info, MPI_BYTE, &n), "receive");
    TRY(mem_grow((size_t)n, 1, buf, cap));
    MPI_TRY(p,
            MPI_Recv(*buf, n, MPI_BYTE, info.MPI_SOURCE, info.MPI_TAG,
                     p->messages, MPI_STATUS_IGNORE),
            "receive");
    *from = info.MPI_SOURCE;
    *tag = info.MPI_TAG;
    *size = (size_t)n;
out:
    return st;
}

static status send_block(struct par *p, const char *bytes, size_t size)
{
    status st = OK;

    for (size_t done = 0; done < size; done += CHUNK) {
        size_t n = size - done < CHUNK ? size - done : CHUNK;

        MPI_TRY(p,
                MPI_Send(bytes + done, (int)n, MPI_BYTE, 0, TAG_BLOCK, p->comm),
                "send a block");
    }
out:
    return st;
}

static status receive_block(struct par *p, int from, char *to, size_t size)
{
    status st = OK;

    for (size_t done = 0; done < size; done += CHUNK) {
        size_t n = size - done < CHUNK ? size - done : CHUNK;

        MPI_TRY(p,
                MPI_Recv(to + done, (int)n, MPI_BYTE, from, TAG_BLOCK, p->comm,
                         MPI_STATUS_IGNORE),
                "receive a block");
    }
out:
    return st;
}

/* Rank 0: its own block and everybody's, one after another. */
static status receive_all(struct par *p,
                          const void *mine,
                          const uint64_t *each,
                          char *all,
                          size_t *sizes)
{
    status st = OK;
    char *at = all;

    BUG_IF(!all);
    if (each[0] > 0)
        memcpy(at, mine, each[0]);
    for (int r = 0; r < p->size; r++) {
        if (r > 0)
            TRY(receive_block(p, r, at, each[r]));
        at += each[r];
    }
    for (int r = 0; r < p->size; r++)
        sizes[r] = each[r];
out:
    return st;
}

status par_gather_bytes(
    struct par *p, const void *mine, size_t size, char **out, size_t *sizes)
{
    status st = OK;
    char *all = NULL;
    uint64_t own = size;
    uint64_t *each = NULL;
    size_t whole = 0;

    st = mem_new((size_t)p->size, sizeof *each, &each);
    TRY(par_agree(p, st));
    TRY(par_allgather(p, &own, sizeof own, each));
    for (int r = 0; r < p->size; r++)
        whole += each[r];
    if (p->rank == 0)
        st = mem_raw(whole, 1, &all);
    TRY(par_agree(p, st));
    if (p->rank > 0)
        TRY(send_block(p, mine, size));
    else
        TRY(receive_all(p, mine, each, all, sizes));
    *out = all;
    all = NULL;
out:
    mem_free(all);
    mem_free(each);
    return st;
}
