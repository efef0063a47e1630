#include "store/state_pass.h"

#include <string.h>

#include "base/mem.h"

#include "det/digest.h"
#include "store/state_impl.h"

/* Values that are read and digested while they are in the cache. */
enum { READ = 1 << 16 };

struct worker {
    const struct state_pass *p;
    uint64_t most;               /* values of the largest piece */
    unsigned char *buf;          /* [team][most * 8 + READ * 16] */
    char (*digests)[SHA256_HEX]; /* [scheme->n] */
};

static size_t buf_size(uint64_t most)
{
    return (size_t)most * 8 + (size_t)READ * 16;
}

static bool widened(enum state_type t)
{
    return t == STATE_F16 || t == STATE_BF16;
}

/* How a type enters a digest; *parts numbers of it make one element. */
static enum digest_type digest_as(enum state_type t, uint64_t *parts)
{
    static const enum digest_type as[STATE_TYPES] = {
        [STATE_F32] = DIGEST_F32, [STATE_F64] = DIGEST_F64,
        [STATE_F16] = DIGEST_F32, [STATE_BF16] = DIGEST_F32,
        [STATE_I64] = DIGEST_I64, [STATE_I32] = DIGEST_I32,
        [STATE_I16] = DIGEST_I16, [STATE_I8] = DIGEST_I16,
        [STATE_U8] = DIGEST_U8,   [STATE_BOOL] = DIGEST_U8,
        [STATE_C64] = DIGEST_F32, [STATE_C128] = DIGEST_F64};

    *parts = t == STATE_C64 || t == STATE_C128 ? 2 : 1;
    return as[t];
}

static void
start_digest(struct digest *d, const struct state_tensor *t, const char *name)
{
    uint64_t dim[STATE_RANK + 1];
    uint64_t parts = 1;
    enum digest_type type = digest_as(t->type, &parts);

    memcpy(dim, t->dim, sizeof t->dim);
    dim[t->rank] = parts;
    digest_array_start(d, name, type, t->rank + (parts > 1), dim);
}

/* The next n values into `to`, which has 16 bytes for each behind them. */
static status
read_some(struct state_reader *r, enum state_type t, uint64_t n, void *to)
{
    status st = OK;
    unsigned char *raw = (unsigned char *)to + (size_t)READ * 8;

    if (!widened(t) && t != STATE_I8)
        return state_next(r, n, to);
    TRY(state_next(r, n, raw));
    if (widened(t))
        state_to_f32(t, raw, (size_t)n, to);
    for (uint64_t i = 0; t == STATE_I8 && i < n; i++)
        ((int16_t *)to)[i] = (int16_t)((raw[i] ^ 0x80) - 0x80);
out:
    return st;
}

/* Values up to element `end` into buf, digested as they come. */
static status read_piece(struct state_reader *r,
                         struct digest *d,
                         enum state_type t,
                         uint64_t end,
                         unsigned char *buf)
{
    status st = OK;
    uint64_t parts = 1;
    enum digest_type as = digest_as(t, &parts);
    size_t size = widened(t) ? 4 : state_type_size(t);

    do {
        uint64_t n = end - r->next < READ ? end - r->next : READ;

        TRY(read_some(r, t, n, buf));
        digest_values(d, as, buf, n * parts);
        buf += n * size;
    } while (r->next < end);
out:
    return st;
}

/* One tensor: in pieces of `piece` values through fn. */
static status
read_tensor(const struct worker *w, size_t item, int member, struct digest *d)
{
    status st = OK;
    const struct state_pass *p = w->p;
    unsigned char *buf = w->buf + (size_t)member * buf_size(w->most);
    uint64_t piece = p->piece ? p->piece[item] : READ;
    size_t tensor = p->scheme->item[item].tensor;
    const struct state_tensor *t = state_at(p->state, tensor);
    struct state_reader r = {0};

    TRY(state_start(p->state, tensor, &r));
    do {
        uint64_t first = r.next;
        uint64_t end = t->len - first < piece ? t->len : first + piece;

        TRY(read_piece(&r, d, t->type, end, buf));
        if (p->fn)
            TRY(p->fn(p->ctx, item, member, first, end - first, buf));
    } while (r.next < t->len);
out:
    state_stop(&r);
    return st;
}

static status do_item(void *ctx, size_t item, int member)
{
    status st = OK;
    struct worker *w = ctx;
    const struct scheme_item *i = &w->p->scheme->item[item];
    const struct state_tensor *t = state_at(w->p->state, i->tensor);
    struct digest *d = NULL;

    TRY(digest_new(&d));
    start_digest(d, t, i->name);
    TRY(read_tensor(w, item, member, d));
    digest_end(d, w->digests[item]);
out:
    digest_free(d);
    return st;
}

/* Parameters, then running statistics. */
static status sum_up(const struct worker *w, char digest[SHA256_HEX])
{
    status st = OK;
    const struct scheme *l = w->p->scheme;
    struct ckpt_sum *sum = NULL;

    TRY(ckpt_sum_new(&sum));
    for (int buffers = 0; buffers < 2; buffers++)
        for (size_t i = 0; i < l->n; i++)
            if (scheme_is_buffer(l->item[i].name) == buffers)
                ckpt_sum_add(sum, l->item[i].name, w->digests[i]);
    ckpt_sum_end(sum, digest);
out:
    ckpt_sum_free(sum);
    return st;
}

status state_pass_run(const struct state_pass *p, char digest[SHA256_HEX])
{
    status st = OK;
    struct worker w = {.p = p, .most = READ, .digests = p->digests};
    bool alone = !p->team || state_format(p->state) == STATE_NETCDF;

    for (size_t i = 0; p->piece && i < p->scheme->n; i++)
        w.most = p->piece[i] > w.most ? p->piece[i] : w.most;
    TRY(mem_raw(alone ? 1 : (size_t)team_size(p->team), buf_size(w.most),
                &w.buf));
    if (!p->digests)
        TRY(mem_raw(p->scheme->n, SHA256_HEX, &w.digests));
    if (!alone)
        TRY(team_run(p->team, p->scheme->n, do_item, &w));
    for (size_t i = 0; alone && i < p->scheme->n; i++)
        TRY(do_item(&w, i, 0));
    TRY(sum_up(&w, digest));
out:
    mem_free(w.buf);
    if (!p->digests)
        mem_free(w.digests);
    return st;
}

status state_pass_tensor(struct state *s,
                         size_t tensor,
                         const char *name,
                         char digest[SHA256_HEX])
{
    status st = OK;
    struct scheme_item item = {.tensor = tensor, .name = name, .bare = name};
    struct scheme l = {.item = &item, .n = 1};
    struct state_pass p = {.state = s, .scheme = &l};
    struct worker w = {.p = &p, .most = READ};

    TRY(mem_raw(1, SHA256_HEX, &w.digests));
    TRY(mem_raw(1, buf_size(w.most), &w.buf));
    TRY(do_item(&w, 0, 0));
    memcpy(digest, w.digests[0], SHA256_HEX);
out:
    mem_free(w.buf);
    mem_free(w.digests);
    return st;
}
