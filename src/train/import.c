#include "train/import.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#include "store/match.h"
#include "store/state_pass.h"
#include "train/weights.h"

struct import {
    struct state *state;
    struct scheme *scheme;
    char digest[SHA256_HEX];
};

/* Where a tensor of the file goes. */
struct target {
    const struct match_want *want; /* NULL: left out */
    const struct slice *slice;
    const struct buffer *buffer;
};

struct filling {
    struct import *file;
    struct net *net;
    enum dtype dtype;
    struct match_want *want; /* slices, then buffers */
    struct target *of;       /* [n] */
    size_t n;
    size_t *tensor;        /* [n] */
    struct target *target; /* [scheme->n] */
    uint64_t *piece;       /* [scheme->n] */
    size_t row_max;        /* doubles for one piece of a thread */
    double *wide;          /* [team][row_max]: float64 of float32, or back */
};

status import_open(const char *path, struct import **out)
{
    status st = OK;
    struct import *f = NULL;

    TRY(mem_new(1, sizeof *f, &f));
    TRY(state_open(path, &f->state));
    TRY(scheme_find(f->state, &f->scheme));
    *out = f;
    f = NULL;
out:
    import_close(f);
    return st;
}

void import_close(struct import *f)
{
    if (!f)
        return;
    scheme_free(f->scheme);
    state_close(f->state);
    mem_free(f);
}

const struct scheme *import_scheme(const struct import *f)
{
    return f->scheme;
}

struct state *import_state(struct import *f)
{
    return f->state;
}

const char *import_digest(const struct import *f)
{
    return f->digest;
}

/* Shapes do not tell them. */
static status set_strides(const char *path, struct net_conf *c)
{
    static const int32_t study[] = {2, 2, 2, 1, 2, 2, 2};
    status st = OK;

    ENSURE(c->stages == 7, ERR_DATA,
           "%s: an auto-encoder of %d stages, whose strides are not in the "
           "file; they are known of the study's seven",
           path, c->stages);
    memcpy(c->strides, study, sizeof study);
out:
    return st;
}

status import_conf_of(const struct state *s,
                      const struct scheme *l,
                      struct net_conf *out,
                      bool *told)
{
    status st = OK;
    struct scheme_net n;
    const char *path = state_path(s);

    *told = state_text(s, "net") != NULL;
    if (*told)
        return weights_net_parse(state_text(s, "net"), path, out);
    ENSURE(scheme_net(s, l, &n) && (n.genesis || n.autoencoder || n.stem == 7),
           ERR_DATA,
           "%s: names and shapes of its tensors (%s) make no network of this "
           "suite: stem 7 x 7 x 7, basic or bottleneck blocks; or the encoder "
           "of Models Genesis; or the auto-encoder",
           path, l->what);
    *out = (struct net_conf){
        .family = n.genesis       ? NET_GENESIS
                  : n.autoencoder ? NET_AUTOENCODER
                                  : NET_RESNET,
        .middle = n.middle,
        .decoder = n.decoder,
        .block = n.bottleneck ? NET_BOTTLENECK : NET_BASIC,
        .stages = n.stages,
        .widen = 1,
        .in_channels = n.in_channels,
        .size = {50, 50, 50},
        .conv1_stride = 2,
        .shortcut = n.shortcut_a ? NET_SHORTCUT_A : NET_SHORTCUT_B,
        .bias_downsample = n.bias_downsample,
        .n_head = n.n_head,
        .head_names = strcmp(l->head_prefix, "heads.") == 0 ? NET_HEAD_LIST
                                                            : NET_HEAD_LAYERS,
        .trunk_prefix = l->trunk_prefix,
        .head_prefix = l->head_prefix,
        .views = 1,
        .m = 1};
    if (n.autoencoder)
        TRY(set_strides(path, out));
    for (int i = 0; n.genesis && i < 3; i++)
        out->size[i] = 48;
    memcpy(out->layers, n.layers, sizeof n.layers);
    memcpy(out->planes, n.planes, sizeof n.planes);
    memcpy(out->head, n.head, sizeof n.head);
out:
    return st;
}

status import_net_conf(const struct import *f, struct net_conf *out, bool *told)
{
    return import_conf_of(f->state, f->scheme, out, told);
}

/* ---- filling ----------------------------------------------------------------
 */

static bool starts(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static bool is_trunk(const char *bare)
{
    return starts(bare, "conv1.") || starts(bare, "down_tr") ||
           starts(bare, "encode.") || starts(bare, "intermediate.") ||
           starts(bare, "bn1.") ||
           (starts(bare, "layer") && bare[5] >= '0' && bare[5] <= '9');
}

/* Trunk, decoder or head, and the name behind its prefix. */
static void
name_want(const struct net_conf *c, const char *name, struct match_want *w)
{
    const char *head = c->head_prefix ? c->head_prefix : "";
    const char *tail = c->tail_prefix ? c->tail_prefix : "";
    const char *trunk = c->trunk_prefix ? c->trunk_prefix : "";
    const char *bare = name + strlen(trunk);

    w->bare = bare;
    w->prefix = NULL;
    if (starts(name, trunk) && (is_trunk(bare) || c->decoder)) {
        w->role = is_trunk(bare) ? SCHEME_TRUNK : SCHEME_DECODER;
        return;
    }
    if (tail[0] && starts(name, tail))
        head = tail;
    w->role = SCHEME_HEAD;
    w->bare = name + strlen(head);
    w->prefix = tail[0] ? head : NULL;
}

static void want_slice(const struct slice *s, struct match_want *w)
{
    w->kind = MATCH_WEIGHT;
    w->dim[0] = (uint64_t)s->o;
    w->rank = 1;
    if (s->kind != SLICE_VECTOR)
        w->dim[w->rank++] = (uint64_t)s->c;
    if (s->kind == SLICE_CONV)
        for (int i = 0; i < 3; i++)
            w->dim[w->rank++] = (uint64_t)s->k;
}

static void want_buffer(const struct buffer *b, struct match_want *w)
{
    w->kind = b->kind == BUFFER_COUNT ? MATCH_COUNTER
              : b->kind == BUFFER_VAR ? MATCH_VARIANCE
                                      : MATCH_WEIGHT;
    w->rank = b->kind == BUFFER_COUNT ? 0 : 1;
    w->dim[0] = b->len;
}

/* The wants, in the order slices, buffers; those of heads are not made for
 * trunk_only (target tells which is which). */
static status
make_wants(struct filling *x, const struct net_conf *conf, bool trunk_only)
{
    status st = OK;
    size_t n_slices = 0;
    size_t n_buffers = 0;
    const struct slice *s = net_slices(x->net, &n_slices);
    const struct buffer *b = net_buffers(x->net, &n_buffers);

    for (size_t i = 0; i < n_slices + n_buffers; i++) {
        struct match_want *w = &x->want[x->n];
        bool slice = i < n_slices;

        *w = (struct match_want){0};
        name_want(conf, slice ? s[i].name : b[i - n_slices].name, w);
        if (trunk_only && w->role != SCHEME_TRUNK)
            continue;
        if (slice)
            want_slice(&s[i], w);
        else
            want_buffer(&b[i - n_slices], w);
        x->of[x->n++] =
            (struct target){.want = w,
                            .slice = slice ? &s[i] : NULL,
                            .buffer = slice ? NULL : &b[i - n_slices]};
    }
    TRY(match_find(x->file->state, x->file->scheme, x->want, x->n, trunk_only,
                   x->tensor));
out:
    return st;
}

/* From wants to the scheme's items, with the values of a piece: 32 rows. */
static void aim(struct filling *x)
{
    const struct scheme *l = x->file->scheme;

    for (size_t i = 0; i < l->n; i++) {
        x->piece[i] = 1 << 16;
        for (size_t k = 0; k < x->n; k++)
            if (x->tensor[k] == l->item[i].tensor)
                x->target[i] = x->of[k];
        if (x->target[i].slice) {
            const struct slice *s = x->target[i].slice;
            uint64_t row = s->plain / (uint64_t)s->o;

            x->piece[i] = row * (s->kind == SLICE_VECTOR ? (uint64_t)s->o : 32);
        } else if (x->target[i].buffer) {
            x->piece[i] = x->target[i].buffer->len;
        }
        if (x->piece[i] > x->row_max)
            x->row_max = (size_t)x->piece[i];
    }
}

/* Elements of the net's type. */
static status convert(const struct filling *x,
                      const struct target *to,
                      bool is_f64,
                      uint64_t first,
                      uint64_t n,
                      double *wide,
                      const void **values)
{
    status st = OK;
    const char *path = state_path(x->file->state);
    enum state_type type = is_f64 ? STATE_F64 : STATE_F32;

    if (is_f64)
        TRY(match_f64(path, to->want, first, *values, (size_t)n));
    else
        TRY(match_f32(path, to->want, first, *values, (size_t)n));
    if (x->dtype == DTYPE_F32 && is_f64) {
        state_to_f32(type, *values, (size_t)n, (float *)(void *)wide);
        *values = wide;
    } else if (x->dtype == DTYPE_F64 && !is_f64) {
        state_to_f64(type, *values, (size_t)n, wide);
        *values = wide;
    }
out:
    return st;
}

static status put_piece(void *ctx,
                        size_t item,
                        int member,
                        uint64_t first,
                        uint64_t n,
                        const void *values)
{
    status st = OK;
    const struct filling *x = ctx;
    const struct target *to = &x->target[item];
    size_t tensor = x->file->scheme->item[item].tensor;
    size_t count = 0;

    if (!to->want)
        return OK;
    if (to->want->kind == MATCH_COUNTER) {
        memcpy(net_counters(x->net, &count) + to->buffer->offset, values, 8);
        return OK;
    }
    TRY(convert(x, to, state_at(x->file->state, tensor)->type == STATE_F64,
                first, n, x->wide + (size_t)member * x->row_max, &values));
    if (to->slice) {
        uint64_t row = to->slice->plain / (uint64_t)to->slice->o;

        slice_put_rows(to->slice, x->dtype, (int32_t)(first / row),
                       (int32_t)(n / row), values, net_param(x->net));
    } else {
        char *run = net_running(x->net, &count);

        memcpy(run + (to->buffer->offset + first) * (size_t)x->dtype, values,
               (size_t)n * (size_t)x->dtype);
    }
out:
    return st;
}

static void warn_doubles(const struct filling *x)
{
    const struct scheme *l = x->file->scheme;

    if (x->dtype == DTYPE_F32 &&
        state_at(x->file->state, l->item[0].tensor)->type == STATE_F64)
        log_warn("%s: float64 weights are rounded to float32",
                 state_path(x->file->state));
}

/* Nothing is left out in silence. */
static void say_decoder(const struct filling *x, bool trunk_only)
{
    const struct scheme *l = x->file->scheme;
    size_t i = 0;

    if (!trunk_only || l->n_decoder == 0)
        return;
    while (l->item[i].role != SCHEME_DECODER)
        i++;
    log_info("%s: %zu tensors of the decoder (%s, ...) are left out; the "
             "encoder alone is used",
             state_path(x->file->state), l->n_decoder, l->item[i].name);
}

static status make_room(struct filling *x)
{
    status st = OK;
    size_t n = x->file->scheme->n;
    size_t slices = 0;
    size_t buffers = 0;

    (void)net_slices(x->net, &slices);
    (void)net_buffers(x->net, &buffers);
    TRY(mem_new(slices + buffers + 1, sizeof *x->want, &x->want));
    TRY(mem_new(slices + buffers + 1, sizeof *x->tensor, &x->tensor));
    TRY(mem_new(slices + buffers + 1, sizeof *x->of, &x->of));
    TRY(mem_new(n, sizeof *x->target, &x->target));
    TRY(mem_new(n, sizeof *x->piece, &x->piece));
out:
    return st;
}

status import_fill(struct import *f,
                   const struct net_conf *conf,
                   struct net *net,
                   struct team *team,
                   enum dtype dtype,
                   bool trunk_only)
{
    status st = OK;
    struct filling x = {.file = f, .net = net, .dtype = dtype};
    struct state_pass pass = {
        .state = f->state, .scheme = f->scheme, .team = team, .fn = put_piece};

    TRY(make_room(&x));
    TRY(make_wants(&x, conf, trunk_only));
    aim(&x);
    TRY(mem_raw((size_t)team_size(team) * x.row_max, sizeof *x.wide, &x.wide));
    pass.ctx = &x;
    pass.piece = x.piece;
    TRY(state_pass_run(&pass, f->digest));
    if (state_digest(f->state) && f->scheme->n_left == 0)
        memcpy(f->digest, state_digest(f->state), SHA256_HEX);
    warn_doubles(&x);
    say_decoder(&x, trunk_only);
out:
    mem_free(x.want);
    mem_free(x.tensor);
    mem_free(x.target);
    mem_free(x.piece);
    mem_free(x.wide);
    mem_free(x.of);
    return st;
}
