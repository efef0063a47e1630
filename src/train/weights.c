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
    size_t largest;              /* elements of the largest tensor, plain */
    char *plain;                 /* [threads][largest] */
    char (*digests)[SHA256_HEX]; /* [n_slices + n_buffers] */
};

enum { NAME_MAX_LEN = NET_NAME + 32 };

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
    TRY(mem_raw((size_t)team_size(team), w->largest * (size_t)dtype,
                &w->plain));
    TRY(mem_new(w->n_slices + w->n_buffers, SHA256_HEX, &w->digests));
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
    mem_free(w->plain);
    mem_free(w->digests);
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

static struct array slice_array(const struct weights *w,
                                const struct slice *s,
                                const void *vec,
                                void *plain)
{
    struct array a = {.name = s->name, .values = plain};

    a.type = w->dtype == DTYPE_F32 ? DIGEST_F32 : DIGEST_F64;
    a.dim[0] = (uint64_t)s->o;
    a.rank = 1;
    if (s->kind != SLICE_VECTOR)
        a.dim[a.rank++] = (uint64_t)s->c;
    if (s->kind == SLICE_CONV)
        for (int i = 0; i < 3; i++)
            a.dim[a.rank++] = (uint64_t)s->k;
    if (w->dtype == DTYPE_F32)
        slice_get_f32(s, w->dtype, vec, plain);
    else
        slice_get_f64(s, w->dtype, vec, plain);
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

static status digest_item(void *ctx, size_t item, int member)
{
    struct weights *w = ctx;
    struct array a;

    if (item < w->n_slices)
        a = slice_array(w, &w->slices[item], net_param(w->net),
                        w->plain +
                            (size_t)member * w->largest * (size_t)w->dtype);
    else
        a = buffer_array(w, &w->buffers[item - w->n_slices]);
    return ckpt_array_digest(a.name, a.type, a.rank, a.dim, a.values,
                             w->digests[item]);
}

status weights_digest(struct weights *w, char hex[SHA256_HEX])
{
    status st = OK;
    struct ckpt_sum *sum = NULL;
    size_t n = w->n_slices + w->n_buffers;

    TRY(ckpt_sum_new(&sum));
    TRY(team_run(w->team, n, digest_item, w));
    for (size_t i = 0; i < n; i++)
        ckpt_sum_add(sum,
                     i < w->n_slices ? w->slices[i].name
                                     : w->buffers[i - w->n_slices].name,
                     w->digests[i]);
    ckpt_sum_end(sum, hex);
out:
    ckpt_sum_free(sum);
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
        struct array a = slice_array(w, &w->slices[i], vec, w->plain);

        (void)snprintf(name, sizeof name, "%s%s", prefix, a.name);
        TRY(ckpt_put(file, name, a.type, a.rank, a.dim, a.values));
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
        struct array a = slice_array(w, s, vec, w->plain); /* its shape */

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
