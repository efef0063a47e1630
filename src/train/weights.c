#include "train/weights.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct weights {
    struct net *net;
    struct team *team;
    enum dtype dtype;
    const struct slice *slices;
    size_t n_slices;
    const struct buffer *buffers;
    size_t n_buffers;
    size_t largest;        /* elements of the largest tensor, plain */
    char *plain;           /* [largest] */
    size_t rows;           /* elements of ROWS rows of any tensor */
    char *piece;           /* [threads][2][rows] */
    struct digest **state; /* [threads][2] */
    struct ckpt_sum *sum;
    char (*digests)[SHA256_HEX]; /* [n_slices + n_buffers] */
    size_t *order; /* of them, the largest first: threads end together */
};

enum {
    NAME_MAX_LEN = NET_NAME + 32,
    ROWS = 32 /* of a tensor, hashed while they are in the cache */
};

static size_t piece_len(const struct slice *s)
{
    size_t n = s->o < ROWS ? (size_t)s->o : ROWS;

    return s->plain / (size_t)s->o * n;
}

/* What a digest needs, twice for each thread. */
static status new_states(struct weights *w)
{
    status st = OK;
    size_t states = 2 * (size_t)team_size(w->team);

    for (size_t i = 0; i < w->n_slices; i++)
        if (piece_len(&w->slices[i]) > w->rows)
            w->rows = piece_len(&w->slices[i]);
    TRY(mem_raw(states, w->rows * (size_t)w->dtype, &w->piece));
    TRY(mem_new(states, sizeof(struct digest *), &w->state));
    for (size_t i = 0; i < states; i++)
        TRY(digest_new(&w->state[i]));
    TRY(ckpt_sum_new(&w->sum));
out:
    return st;
}

static size_t item_len(const struct weights *w, size_t i)
{
    return i < w->n_slices ? w->slices[i].plain
                           : w->buffers[i - w->n_slices].len;
}

static void set_order(struct weights *w)
{
    for (size_t i = 0; i < w->n_slices + w->n_buffers; i++) {
        size_t at = i;

        for (; at > 0 && item_len(w, w->order[at - 1]) < item_len(w, i); at--)
            w->order[at] = w->order[at - 1];
        w->order[at] = i;
    }
}

status weights_new(struct net *net,
                   struct team *team,
                   enum dtype dtype,
                   struct weights **out)
{
    status st = OK;
    struct weights *w = NULL;

    TRY(mem_new(1, sizeof *w, &w));
    w->net = net;
    w->team = team;
    w->dtype = dtype;
    w->slices = net_slices(net, &w->n_slices);
    w->buffers = net_buffers(net, &w->n_buffers);
    for (size_t i = 0; i < w->n_slices; i++)
        if (w->slices[i].plain > w->largest)
            w->largest = w->slices[i].plain;
    for (size_t i = 0; i < w->n_buffers; i++)
        if (w->buffers[i].len > w->largest)
            w->largest = w->buffers[i].len;
    TRY(mem_raw(w->largest, (size_t)dtype, &w->plain));
    TRY(new_states(w));
    TRY(mem_new(w->n_slices + w->n_buffers, SHA256_HEX, &w->digests));
    TRY(mem_new(w->n_slices + w->n_buffers, sizeof *w->order, &w->order));
    set_order(w);
    *out = w;
    w = NULL;
out:
    weights_free(w);
    return st;
}

void weights_free(struct weights *w)
{
    if (!w)
        return;
    for (int i = 0; w->state && i < 2 * team_size(w->team); i++)
        digest_free(w->state[i]);
    mem_free(w->state);
    ckpt_sum_free(w->sum);
    mem_free(w->piece);
    mem_free(w->plain);
    mem_free(w->digests);
    mem_free(w->order);
    mem_free(w);
}

/* One array as it stands in a file: name, type, shape and values. */
struct array {
    const char *name;
    enum digest_type type;
    int rank;
    uint64_t dim[CKPT_RANK];
    const void *values;
};

/* Without values. */
static struct array slice_array(const struct weights *w, const struct slice *s)
{
    struct array a = {.name = s->name};

    a.type = w->dtype == DTYPE_F32 ? DIGEST_F32 : DIGEST_F64;
    a.dim[0] = (uint64_t)s->o;
    a.rank = 1;
    if (s->kind != SLICE_VECTOR)
        a.dim[a.rank++] = (uint64_t)s->c;
    if (s->kind == SLICE_CONV)
        for (int i = 0; i < 3; i++)
            a.dim[a.rank++] = (uint64_t)s->k;
    return a;
}

static struct array buffer_array(const struct weights *w,
                                 const struct buffer *b)
{
    struct array a = {.name = b->name};
    size_t n = 0;

    if (b->kind == BUFFER_COUNT) {
        a.type = DIGEST_I64;
        a.values = net_counters(w->net, &n) + b->offset;
        return a; /* rank 0 */
    }
    a.type = w->dtype == DTYPE_F32 ? DIGEST_F32 : DIGEST_F64;
    a.rank = 1;
    a.dim[0] = b->len;
    a.values = (char *)net_running(w->net, &n) + b->offset * (size_t)w->dtype;
    return a;
}

/* A tensor on its way into a digest, some rows at a time. */
struct stream {
    const struct slice *s;
    struct digest *d;
    enum digest_type type;
    char *piece;
    int32_t next;   /* row */
    size_t at, len; /* elements of the piece that are hashed, that it has */
};

/* place is 2 * member, or that + 1. */
static struct stream
stream_start(struct weights *w, const struct slice *s, size_t place)
{
    struct array a = slice_array(w, s);
    struct stream t = {.s = s, .d = w->state[place], .type = a.type};

    t.piece = w->piece + place * w->rows * (size_t)w->dtype;
    digest_array_start(t.d, a.name, a.type, a.rank, a.dim);
    return t;
}

/* False at its end. */
static bool stream_fill(const struct weights *w, struct stream *t)
{
    int32_t n = t->s->o - t->next < ROWS ? t->s->o - t->next : ROWS;

    if (t->at < t->len)
        return true;
    if (n == 0)
        return false;
    slice_get_rows(t->s, w->dtype, t->next, n, net_param(w->net), t->piece);
    t->next += n;
    t->at = 0;
    t->len = t->s->plain / (size_t)t->s->o * (size_t)n;
    return true;
}

static const char *stream_at(const struct weights *w, const struct stream *t)
{
    return t->piece + t->at * (size_t)w->dtype;
}

static void stream_end(const struct weights *w, struct stream *t, char *hex)
{
    while (stream_fill(w, t)) {
        digest_values(t->d, t->type, stream_at(w, t), t->len - t->at);
        t->at = t->len;
    }
    digest_end(t->d, hex);
}

/* Two tensors, together as far as the shorter one goes. */
static void digest_slices(struct weights *w, size_t i, size_t k, int member)
{
    size_t place = 2 * (size_t)member;
    struct stream a = stream_start(w, &w->slices[i], place);
    struct stream b = stream_start(w, &w->slices[k], place + 1);

    while (stream_fill(w, &a) && stream_fill(w, &b)) {
        size_t n = a.len - a.at < b.len - b.at ? a.len - a.at : b.len - b.at;

        digest_values_two(a.d, stream_at(w, &a), b.d, stream_at(w, &b), a.type,
                          n);
        a.at += n;
        b.at += n;
    }
    stream_end(w, &a, w->digests[i]);
    stream_end(w, &b, w->digests[k]);
}

static void digest_one(struct weights *w, size_t item, int member)
{
    struct digest *d = w->state[2 * (size_t)member];
    struct array a;

    if (item < w->n_slices) {
        struct stream t = stream_start(w, &w->slices[item], 2 * (size_t)member);

        stream_end(w, &t, w->digests[item]);
        return;
    }
    a = buffer_array(w, &w->buffers[item - w->n_slices]);
    digest_array(d, a.name, a.type, a.rank, a.dim, a.values);
    digest_end(d, w->digests[item]);
}

/* Places 2 i and 2 i + 1 of the order. */
static status digest_pair(void *ctx, size_t i, int member)
{
    struct weights *w = ctx;
    const size_t *item = w->order + 2 * i;
    size_t left = w->n_slices + w->n_buffers - 2 * i;

    if (left > 1 && item[0] < w->n_slices && item[1] < w->n_slices) {
        digest_slices(w, item[0], item[1], member);
        return OK;
    }
    digest_one(w, item[0], member);
    if (left > 1)
        digest_one(w, item[1], member);
    return OK;
}

status weights_digest(struct weights *w, char hex[SHA256_HEX])
{
    status st = OK;
    size_t n = w->n_slices + w->n_buffers;

    TRY(team_run(w->team, (n + 1) / 2, digest_pair, w));
    for (size_t i = 0; i < n; i++)
        ckpt_sum_add(w->sum,
                     i < w->n_slices ? w->slices[i].name
                                     : w->buffers[i - w->n_slices].name,
                     w->digests[i]);
    ckpt_sum_end(w->sum, hex);
out:
    return st;
}

status weights_put_vector(struct weights *w,
                          struct ckpt_writer *file,
                          const char *prefix,
                          const void *vec)
{
    status st = OK;
    char name[NAME_MAX_LEN];

    for (size_t i = 0; i < w->n_slices; i++) {
        const struct slice *s = &w->slices[i];
        struct array a = slice_array(w, s);

        slice_get_rows(s, w->dtype, 0, s->o, vec, w->plain);
        (void)snprintf(name, sizeof name, "%s%s", prefix, a.name);
        TRY(ckpt_put(file, name, a.type, a.rank, a.dim, w->plain));
    }
out:
    return st;
}

status weights_put(struct weights *w, struct ckpt_writer *file)
{
    status st = OK;

    TRY(weights_put_vector(w, file, "", net_param(w->net)));
    for (size_t i = 0; i < w->n_buffers; i++) {
        struct array a = buffer_array(w, &w->buffers[i]);

        TRY(ckpt_put(file, a.name, a.type, a.rank, a.dim, a.values));
    }
out:
    return st;
}

status weights_get_vector(struct weights *w,
                          struct ckpt *file,
                          const char *prefix,
                          void *vec)
{
    status st = OK;
    char name[NAME_MAX_LEN];

    for (size_t i = 0; i < w->n_slices; i++) {
        const struct slice *s = &w->slices[i];
        struct array a = slice_array(w, s);

        (void)snprintf(name, sizeof name, "%s%s", prefix, s->name);
        TRY(ckpt_need(file, name, a.type, a.rank, a.dim));
        TRY(ckpt_get(file, name, w->plain));
        if (w->dtype == DTYPE_F32)
            slice_put_f32(s, w->dtype, (const float *)(void *)w->plain, vec);
        else
            slice_put_f64(s, w->dtype, (const double *)(void *)w->plain, vec);
    }
out:
    return st;
}

status weights_get(struct weights *w, struct ckpt *file)
{
    status st = OK;

    TRY(weights_get_vector(w, file, "", net_param(w->net)));
    for (size_t i = 0; i < w->n_buffers; i++) {
        struct array a = buffer_array(w, &w->buffers[i]);

        TRY(ckpt_need(file, a.name, a.type, a.rank, a.dim));
        TRY(ckpt_get(file, a.name, (void *)a.values));
    }
out:
    return st;
}
