/* Long sums over shards, bucket by bucket. While a bucket is folded and
 * gathered, the messages of the next one are on their way. */
#include <limits.h>
#include <string.h>

#include "par/par_impl.h"

enum {
    TAG_SLICE = 1,
    AHEAD = 2,          /* buckets in flight: this one and the next */
    GRAIN = 1024,       /* elements: a slice is a whole number of them */
    LEAST_BUCKET = 4096 /* bytes */
};

struct sum {
    uint32_t shards;
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
};

/* A part of a bucket, in elements from the start of the vector. */
struct span {
    size_t lo;
    size_t n;
};

static struct span bucket_span(const struct sum *s, size_t b)
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

static status prepare(struct par *p, struct sum *s)
{
    status st = OK;
    uint32_t nodes = all_nodes(p, s->shards);
    size_t requests;

    s->others = nodes - par_nodes(p, s->shards, p->rank, NULL);
    s->bucket = bucket_len(p, s->shards, s->len, s->elem);
    s->room = slice_room(p, s->bucket, s->elem, s->others);
    requests =
        s->others + (size_t)p->size * par_nodes(p, s->shards, p->rank, NULL);
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

static status
ask_one(struct par *p, struct sum *s, int set, int from, char *to, size_t bytes)
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
static status ask(struct par *p, struct sum *s, size_t b)
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
give_one(struct par *p, struct sum *s, int set, int to, struct span v)
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
static status give(struct par *p, struct sum *s, size_t b)
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

static status post(struct par *p, struct sum *s, size_t b)
{
    status st = OK;

    s->n_request[b % AHEAD] = 0;
    TRY(ask(p, s, b));
    TRY(give(p, s, b));
out:
    return st;
}

/* Wait for the slices of bucket b and fold them into the total. */
static status fold(struct par *p, struct sum *s, size_t b)
{
    status st = OK;
    int set = (int)(b % AHEAD);
    struct span own = slice(p, bucket_span(s, b), p->rank);
    char *from = s->slices[set];
    char *to = s->total + own.lo * s->elem;
    uint32_t n = 0;

    for (int i = 0; i < s->n_request[set]; i++)
        MPI_TRY(p, MPI_Wait(&s->request[set][i], MPI_STATUS_IGNORE),
                "wait for slices");
    if (own.n == 0)
        return OK;
    BUG_IF(!s->source || !s->parts.at);
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
    par_fold_run(p->fold, s->shards, s->source, n, own.n * s->elem, s->elem,
                 &to);
out:
    return st;
}

static status gather(struct par *p, struct sum *s, size_t b)
{
    status st = OK;
    struct span v = bucket_span(s, b);

    for (int r = 0; r < p->size; r++) {
        struct span w = slice(p, v, r);

        p->count[r] = (int)(w.n * s->elem);
        p->place[r] = (int)((w.lo - v.lo) * s->elem);
    }
    MPI_TRY(p,
            MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL,
                           s->total + v.lo * s->elem, p->count, p->place,
                           MPI_BYTE, p->comm),
            "gather slices");
out:
    return st;
}

static void check_parts(const struct par *p, const struct sum *s)
{
    struct part want[TREE_MAX_DEPTH];
    uint32_t n = par_nodes(p, s->shards, p->rank, want);

    BUG_IF(n != s->parts.n);
    for (uint32_t k = 0; k < n; k++)
        BUG_IF(want[k].lo != s->parts.at[k].lo ||
               want[k].n != s->parts.at[k].n);
}

static status run_buckets(struct par *p, struct sum *s)
{
    status st = OK;
    size_t buckets;

    if (s->len == 0)
        return OK;
    BUG_IF(s->bucket == 0);
    buckets = (s->len + s->bucket - 1) / s->bucket;
    TRY(post(p, s, 0));
    for (size_t b = 0; b < buckets; b++) {
        if (b + 1 < buckets)
            TRY(post(p, s, b + 1));
        TRY(fold(p, s, b));
        TRY(gather(p, s, b));
    }
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
    struct sum s = {.shards = shards,
                    .parts = parts,
                    .len = len,
                    .elem = elem,
                    .total = total};

    if (so_far == OK)
        check_parts(p, &s);
    if (so_far == OK && p->size > 1)
        so_far = prepare(p, &s);
    TRY(par_agree(p, so_far));
    if (p->size == 1)
        par_fold_run(p->fold, shards, parts.at, parts.n, len * elem, elem,
                     &s.total);
    else
        TRY(run_buckets(p, &s));
out:
    return st;
}
