/* Long sums over shards, bucket by bucket, each in two messages: nodes to the
 * owners of slices, which fold them, and slices of the total to all. Two
 * buckets are on their way at once, and both while the caller works: a poke
 * takes on what has come, the end waits. Who is how far is nobody else's
 * matter: messages of a pair of ranks arrive in the order of buckets. */
#include <limits.h>
#include <string.h>

#include "base/mem.h"

#include "par/par_impl.h"

enum {
    TAG_SLICE = 1,
    TAG_TOTAL = 2,
    AHEAD = 2,          /* buckets in flight: this one and the next */
    GRAIN = 1024,       /* elements: a slice is a whole number of them */
    LEAST_BUCKET = 4096 /* bytes */
};

struct par_sum {
    uint32_t shards;
    struct part part[TREE_MAX_DEPTH];
    struct parts parts;
    size_t len;
    size_t elem;
    char *total;
    size_t bucket;       /* elements */
    uint32_t others;     /* nodes of other ranks */
    size_t room;         /* bytes for the slices of one bucket */
    struct part *source; /* [all nodes]: what this rank folds */
    MPI_Request *request[AHEAD];
    int n_request[AHEAD];
    char *slices[AHEAD];
    /* buckets that have begun, been folded here, come back whole; a bucket's
     * requests are of its nodes until it is folded, then of its total */
    size_t buckets, posted, folded, done;
};

/* A part of a bucket, in elements from the start of the vector. */
struct span {
    size_t lo;
    size_t n;
};

static struct span bucket_span(const struct par_sum *s, size_t b)
{
    struct span v = {b * s->bucket, s->bucket};

    if (v.lo + v.n > s->len)
        v.n = s->len - v.lo;
    return v;
}

/* Slice of rank r: grains are dealt out evenly, so a short vector has few
 * owners and the messages do not get tiny. */
static struct span slice(const struct par *p, struct span v, int r)
{
    size_t grains = (v.n + GRAIN - 1) / GRAIN;
    size_t lo = grains * (size_t)r / (size_t)p->size * GRAIN;
    size_t hi = grains * ((size_t)r + 1) / (size_t)p->size * GRAIN;

    if (lo > v.n)
        lo = v.n;
    if (hi > v.n)
        hi = v.n;
    return (struct span){v.lo + lo, hi - lo};
}

static uint32_t all_nodes(const struct par *p, uint32_t shards)
{
    uint32_t n = 0;

    for (int r = 0; r < p->size; r++)
        n += par_nodes(p, shards, r, NULL);
    return n;
}

/* Elements of a bucket: fewer when ranks hold several nodes each, so that the
 * memory for slices does not grow. The same on all ranks. */
static size_t
bucket_len(const struct par *p, uint32_t shards, size_t len, size_t elem)
{
    uint32_t nodes = all_nodes(p, shards);
    size_t bytes = p->bucket;
    size_t n;

    if (nodes > (uint32_t)p->size)
        bytes = bytes / nodes * (size_t)p->size;
    if (bytes < LEAST_BUCKET)
        bytes = LEAST_BUCKET;
    n = bytes / elem;
    return n < len ? n : len;
}

/* Bytes for the slices of other ranks' nodes of one bucket. */
static size_t
slice_room(const struct par *p, size_t bucket, size_t elem, uint32_t others)
{
    size_t grains = (bucket + GRAIN - 1) / GRAIN;
    size_t most = (grains + (size_t)p->size - 1) / (size_t)p->size * GRAIN;

    if (most > bucket)
        most = bucket;
    return most * elem * others;
}

size_t par_parts_memory(const struct par *p, uint32_t shards)
{
    uint32_t others =
        all_nodes(p, shards) - par_nodes(p, shards, p->rank, NULL);
    size_t bucket = bucket_len(p, shards, SIZE_MAX, sizeof(float));

    if (p->size == 1)
        return 0;
    return AHEAD * slice_room(p, bucket, sizeof(float), others);
}

void par_set_bucket(struct par *p, size_t bytes)
{
    p->bucket = bytes;
}

static status prepare(struct par *p, struct par_sum *s)
{
    status st = OK;
    uint32_t nodes = all_nodes(p, s->shards);
    size_t requests;

    s->others = nodes - par_nodes(p, s->shards, p->rank, NULL);
    s->bucket = bucket_len(p, s->shards, s->len, s->elem);
    s->room = slice_room(p, s->bucket, s->elem, s->others);
    requests =
        s->others + (size_t)p->size * par_nodes(p, s->shards, p->rank, NULL);
    if (requests < 2 * (size_t)p->size)
        requests = 2 * (size_t)p->size;
    TRY(par_grow(&p->slices, AHEAD * s->room));
    TRY(par_grow(&p->sources, nodes * sizeof(struct part)));
    TRY(par_grow(&p->requests, AHEAD * requests * sizeof(MPI_Request)));
    s->source = p->sources.mem;
    for (int i = 0; i < AHEAD; i++) {
        s->slices[i] = (char *)p->slices.mem + (size_t)i * s->room;
        s->request[i] = (MPI_Request *)p->requests.mem + (size_t)i * requests;
        s->n_request[i] = 0;
    }
out:
    return st;
}

static status ask_one(
    struct par *p, struct par_sum *s, int set, int from, char *to, size_t bytes)
{
    status st = OK;

    MPI_TRY(p,
            MPI_Irecv(to, (int)bytes, MPI_BYTE, from, TAG_SLICE, p->comm,
                      &s->request[set][s->n_request[set]]),
            "receive a slice");
    s->n_request[set]++;
out:
    return st;
}

/* Ask for the slices of bucket b that this rank owns. */
static status ask(struct par *p, struct par_sum *s, size_t b)
{
    status st = OK;
    int set = (int)(b % AHEAD);
    size_t bytes = slice(p, bucket_span(s, b), p->rank).n * s->elem;
    char *to = s->slices[set];

    for (int r = 0; bytes > 0 && r < p->size; r++) {
        uint32_t nodes = r == p->rank ? 0 : par_nodes(p, s->shards, r, NULL);

        for (uint32_t k = 0; k < nodes; k++, to += bytes)
            TRY(ask_one(p, s, set, r, to, bytes));
    }
out:
    return st;
}

/* Send this rank's part of slice v to its owner. */
static status
give_one(struct par *p, struct par_sum *s, int set, int to, struct span v)
{
    status st = OK;

    for (uint32_t k = 0; v.n > 0 && k < s->parts.n; k++) {
        const char *from = s->parts.at[k].value;

        MPI_TRY(p,
                MPI_Isend(from + v.lo * s->elem, (int)(v.n * s->elem), MPI_BYTE,
                          to, TAG_SLICE, p->comm,
                          &s->request[set][s->n_request[set]]),
                "send a slice");
        s->n_request[set]++;
    }
out:
    return st;
}

/* Send the slices of bucket b to their owners, not all to rank 0 at first. */
static status give(struct par *p, struct par_sum *s, size_t b)
{
    status st = OK;

    for (int i = 1; i < p->size; i++) {
        int r = (p->rank + i) % p->size;

        TRY(give_one(p, s, (int)(b % AHEAD), r,
                     slice(p, bucket_span(s, b), r)));
    }
out:
    return st;
}

static status post(struct par *p, struct par_sum *s, size_t b)
{
    status st = OK;

    s->n_request[b % AHEAD] = 0;
    TRY(ask(p, s, b));
    TRY(give(p, s, b));
out:
    return st;
}

/* Fold the slices of bucket b, which have come, into the total. */
static void fold(struct par *p, struct par_sum *s, size_t b, bool alone)
{
    struct span own = slice(p, bucket_span(s, b), p->rank);
    char *from = s->slices[b % AHEAD];
    char *to = s->total + own.lo * s->elem;
    uint32_t n = 0;

    if (own.n == 0)
        return;
    BUG_IF(!s->source);
    for (int r = 0; r < p->size; r++) {
        uint32_t nodes = par_nodes(p, s->shards, r, s->source + n);

        for (uint32_t k = 0; k < nodes; k++) {
            if (r == p->rank) {
                s->source[n + k].value =
                    (char *)s->parts.at[k].value + own.lo * s->elem;
            } else {
                s->source[n + k].value = from;
                from += own.n * s->elem;
            }
        }
        n += nodes;
    }
    par_fold_run(p->fold, alone, s->shards, s->source, n, own.n * s->elem,
                 s->elem, &to);
}

/* One message of a slice of the total: to rank r, or from it. */
static status
swap(struct par *p, struct par_sum *s, struct span v, int r, bool send, int set)
{
    status st = OK;
    char *at = s->total + v.lo * s->elem;
    int bytes = (int)(v.n * s->elem);
    MPI_Request *to = s->request[set] + s->n_request[set];

    if (v.n == 0)
        return OK;
    if (send)
        MPI_TRY(p, MPI_Isend(at, bytes, MPI_BYTE, r, TAG_TOTAL, p->comm, to),
                "send a slice of the total");
    else
        MPI_TRY(p, MPI_Irecv(at, bytes, MPI_BYTE, r, TAG_TOTAL, p->comm, to),
                "receive a slice of the total");
    s->n_request[set]++;
out:
    return st;
}

/* This rank's slice of the total to all, theirs from them. */
static status gather(struct par *p, struct par_sum *s, size_t b)
{
    status st = OK;
    int set = (int)(b % AHEAD);
    struct span v = bucket_span(s, b);
    struct span own = slice(p, v, p->rank);

    s->n_request[set] = 0;
    for (int i = 1; i < p->size; i++) {
        int r = (p->rank + i) % p->size;

        TRY(swap(p, s, slice(p, v, r), r, false, set));
        TRY(swap(p, s, own, r, true, set));
    }
out:
    return st;
}

/* Have the messages of bucket b come? Wait for them, or look. */
static status
come(struct par *p, struct par_sum *s, size_t b, bool wait, bool *yes)
{
    status st = OK;
    int set = (int)(b % AHEAD);
    int all = 1;

    if (wait)
        MPI_TRY(p,
                MPI_Waitall(s->n_request[set], s->request[set],
                            MPI_STATUSES_IGNORE),
                "wait for slices");
    else
        MPI_TRY(p,
                MPI_Testall(s->n_request[set], s->request[set], &all,
                            MPI_STATUSES_IGNORE),
                "look for slices");
    *yes = all != 0;
out:
    return st;
}

/* Add up the next bucket whose slices have come; *did: it was there. */
static status fold_next(struct par *p, struct par_sum *s, bool wait, bool *did)
{
    status st = OK;

    *did = false;
    if (s->folded == s->posted)
        return OK;
    TRY(come(p, s, s->folded, wait, did));
    if (!*did)
        return OK;
    fold(p, s, s->folded, !wait);
    TRY(gather(p, s, s->folded));
    s->folded++;
out:
    return st;
}

/* Be done with the next bucket whose total has come. */
static status end_next(struct par *p, struct par_sum *s, bool wait, bool *did)
{
    status st = OK;

    *did = false;
    if (s->done == s->folded)
        return OK;
    TRY(come(p, s, s->done, wait, did));
    if (!*did)
        return OK;
    s->done++;
    if (s->posted < s->buckets)
        TRY(post(p, s, s->posted++));
out:
    return st;
}

/* One thing that can be done now; *more: there was one. */
static status advance(struct par *p, struct par_sum *s, bool wait, bool *more)
{
    status st = OK;

    TRY(fold_next(p, s, wait, more));
    if (!*more)
        TRY(end_next(p, s, wait, more));
out:
    return st;
}

status par_sum_poke(struct par *p)
{
    status st = OK;
    bool more = p->sum->done < p->sum->buckets;

    while (more)
        TRY(advance(p, p->sum, false, &more));
out:
    return st;
}

status par_sum_end(struct par *p)
{
    status st = OK;
    bool more = false;

    while (p->sum->done < p->sum->buckets)
        TRY(advance(p, p->sum, true, &more));
out:
    return st;
}

static void check_parts(const struct par *p, const struct par_sum *s)
{
    struct part want[TREE_MAX_DEPTH];
    uint32_t n = par_nodes(p, s->shards, p->rank, want);

    BUG_IF(n != s->parts.n);
    for (uint32_t k = 0; k < n; k++)
        BUG_IF(want[k].lo != s->parts.at[k].lo ||
               want[k].n != s->parts.at[k].n);
}

/* The first buckets; nothing is on its way. */
static status begin(struct par *p, struct par_sum *s)
{
    status st = OK;

    if (s->len == 0)
        return OK;
    BUG_IF(s->bucket == 0);
    s->buckets = (s->len + s->bucket - 1) / s->bucket;
    while (s->posted < AHEAD && s->posted < s->buckets)
        TRY(post(p, s, s->posted++));
out:
    return st;
}

status par_parts_new(struct par_sum **out)
{
    return mem_new(1, sizeof **out, out);
}

status par_sum_start(struct par *p,
                     status so_far,
                     uint32_t shards,
                     struct parts parts,
                     size_t len,
                     size_t elem,
                     void *total)
{
    status st = OK;
    struct par_sum *s = p->sum;

    TRY(par_sum_end(p));
    *s = (struct par_sum){
        .shards = shards, .len = len, .elem = elem, .total = total};
    s->parts = (struct parts){s->part, parts.n};
    if (so_far == OK) {
        BUG_IF(parts.n > TREE_MAX_DEPTH);
        for (uint32_t k = 0; k < parts.n; k++)
            s->part[k] = parts.at[k];
        check_parts(p, s);
    }
    if (so_far == OK && p->size > 1)
        so_far = prepare(p, s);
    TRY(par_agree(p, so_far));
    if (p->size == 1)
        par_fold_run(p->fold, false, shards, s->part, parts.n, len * elem, elem,
                     &s->total);
    else
        TRY(begin(p, s));
out:
    return st;
}

status par_sum_parts(struct par *p,
                     status so_far,
                     uint32_t shards,
                     struct parts parts,
                     size_t len,
                     size_t elem,
                     void *total)
{
    status st = OK;

    TRY(par_sum_start(p, so_far, shards, parts, len, elem, total));
    TRY(par_sum_end(p));
out:
    return st;
}
