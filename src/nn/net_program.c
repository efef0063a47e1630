/* From the configuration to the program. Slices and buffers are declared in
 * state-dict order (He et al. 2016 as MONAI 1.4 names it), operations in the
 * order they run: in a block the shortcut runs before the last norm, whose
 * parameters come first in the table. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "nn/net_int.h"

enum { ALIGN = 16 };

struct builder {
    const struct net_conf *conf;
    struct program *p;
    const char *prefix; /* of the part being built */
    int32_t x;          /* slot where the chain has got to */
};

struct conv_spec {
    int32_t o, k, stride, pad;
    bool bias, theory;
    enum slice_kind kind;
};

/* Names of layers are short: three numbers below 1000 and a word. */
static void name_part(char name[NAME_PART], const char *fmt, ...)
    FMCIB_PRINTF(2, 3);

static void name_part(char name[NAME_PART], const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(name, NAME_PART, fmt, args);
    va_end(args);
}

static status add_slot(struct builder *b, struct shape shape, int32_t *out)
{
    struct program *p = b->p;
    status st = OK;

    TRY(mem_grow((size_t)p->n_slots + 1, sizeof *p->slots, &p->slots,
                 &p->cap[0]));
    p->slots[p->n_slots] = (struct slot){
        .shape = shape, .store = NONE, .grad = NONE, .producer = p->n_ops - 1};
    *out = p->n_slots++;
out:
    return st;
}

static status add_op(struct builder *b, struct op op, int32_t *index)
{
    struct program *p = b->p;
    status st = OK;

    TRY(mem_grow((size_t)p->n_ops + 1, sizeof *p->ops, &p->ops, &p->cap[1]));
    op.g_x = NONE;
    op.g_y = NONE;
    op.g_sum = NONE;
    op.which = NONE;
    p->ops[p->n_ops] = op;
    *index = p->n_ops++;
out:
    return st;
}

static status
add_slice(struct builder *b, struct slice s, int32_t *out, const char *fmt, ...)
    FMCIB_PRINTF(4, 5);

static status
add_slice(struct builder *b, struct slice s, int32_t *out, const char *fmt, ...)
{
    struct program *p = b->p;
    status st = OK;
    int len = snprintf(s.name, sizeof s.name, "%s", b->prefix);
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(s.name + len, sizeof s.name - (size_t)len, fmt, args);
    va_end(args);
    TRY(mem_grow((size_t)p->n_slices + 1, sizeof *p->slices, &p->slices,
                 &p->cap[2]));
    s.len = s.kind == SLICE_VECTOR ? (size_t)s.o : weight_len(s.o, s.k, s.c);
    s.plain = (size_t)s.o * (size_t)s.c * (size_t)(s.k * s.k * s.k);
    s.offset = p->param_len;
    p->param_len += (s.len + ALIGN - 1) / ALIGN * ALIGN;
    p->param_plain += s.plain;
    p->slices[p->n_slices] = s;
    *out = p->n_slices++;
out:
    return st;
}

static status add_buffer(struct builder *b,
                         enum buffer_kind kind,
                         const char *name,
                         const char *what,
                         int32_t c,
                         int32_t *out)
{
    struct program *p = b->p;
    struct buffer f = {.kind = kind,
                       .len = kind == BUFFER_COUNT ? 1 : (size_t)c};
    status st = OK;

    TRY(mem_grow((size_t)p->n_buffers + 1, sizeof *p->buffers, &p->buffers,
                 &p->cap[3]));
    (void)snprintf(f.name, sizeof f.name, "%s%s.%s", b->prefix, name, what);
    if (kind == BUFFER_COUNT) {
        f.offset = p->n_counters++;
    } else {
        f.offset = p->running_len;
        p->running_len += (f.len + ALIGN - 1) / ALIGN * ALIGN;
    }
    p->buffers[p->n_buffers] = f;
    *out = p->n_buffers++;
out:
    return st;
}

/* A convolution or linear layer on slot x: parameters, operation, output. */
static status add_conv(struct builder *b,
                       const char *name,
                       struct conv_spec s,
                       int32_t x,
                       int32_t *y)
{
    struct program *p = b->p;
    struct op op = {.kind = OP_CONV,
                    .x = x,
                    .add = NONE,
                    .k = s.k,
                    .stride = s.stride,
                    .pad = s.pad,
                    .bias = NONE,
                    .bias_theory = s.theory};
    struct conv_desc desc = {p->slots[x].shape, s.o, s.k, s.stride, s.pad};
    struct slice w = {.kind = s.kind, .o = s.o, .c = desc.in.c, .k = s.k};
    struct slice v = {.kind = SLICE_VECTOR, .o = s.o, .c = 1, .k = 1};
    size_t turned = weight_len(desc.in.c, s.k, s.o);
    size_t push = 0;
    int32_t index;
    status st = OK;

    TRY(add_slice(b, w, &op.weight, "%s.weight", name));
    if (s.bias)
        TRY(add_slice(b, v, &op.bias, "%s.bias", name));
    TRY(add_op(b, op, &index));
    TRY(add_slot(b, conv_out_shape(&desc), &p->ops[index].y));
    push = program_push_len(p, &p->ops[index]);
    p->grad_len = push > p->grad_len ? push : p->grad_len;
    p->turn_len = turned > p->turn_len ? turned : p->turn_len;
    *y = p->ops[index].y;
out:
    return st;
}

size_t program_push_len(const struct program *p, const struct op *op)
{
    const struct slice *w = &p->slices[op->weight];
    const struct slice *last = op->bias == NONE ? w : &p->slices[op->bias];

    return last->offset + (last->len + ALIGN - 1) / ALIGN * ALIGN - w->offset;
}

/* Parameters and running statistics of a norm over c channels. */
static status
add_norm(struct builder *b, const char *name, int32_t c, int32_t *out)
{
    struct program *p = b->p;
    struct slice v = {.kind = SLICE_VECTOR, .o = c, .c = 1, .k = 1};
    struct norm m = {.c = c, .coef = p->n_coef};
    status st = OK;

    (void)snprintf(m.name, sizeof m.name, "%s%s", b->prefix, name);
    TRY(add_slice(b, v, &m.weight, "%s.weight", name));
    TRY(add_slice(b, v, &m.bias, "%s.bias", name));
    TRY(add_buffer(b, BUFFER_MEAN, name, "running_mean", c, &m.mean));
    TRY(add_buffer(b, BUFFER_VAR, name, "running_var", c, &m.var));
    TRY(add_buffer(b, BUFFER_COUNT, name, "num_batches_tracked", c, &m.count));
    TRY(mem_grow((size_t)p->n_norms + 1, sizeof *p->norms, &p->norms,
                 &p->cap[4]));
    p->n_coef += (size_t)b->conf->views * (size_t)c;
    p->c_max = c > p->c_max ? c : p->c_max;
    p->norms[p->n_norms] = m;
    *out = p->n_norms++;
out:
    return st;
}

/* y = relu?(norm(x) + add?) */
static status run_norm(struct builder *b,
                       int32_t norm,
                       int32_t x,
                       int32_t add,
                       bool relu,
                       int32_t *y)
{
    struct program *p = b->p;
    struct op op = {.kind = OP_NORM,
                    .x = x,
                    .add = add,
                    .relu = relu,
                    .norm = norm,
                    .weight = NONE,
                    .bias = NONE};
    struct shape s = p->slots[x].shape;
    int32_t index;
    status st = OK;

    p->norms[norm].rows =
        (size_t)b->conf->m * (size_t)s.d * (size_t)s.h * (size_t)s.w;
    TRY(add_op(b, op, &index));
    TRY(add_slot(b, s, &p->ops[index].y));
    *y = p->ops[index].y;
out:
    return st;
}

/* The operations without parameters. */
static status run_plain(struct builder *b,
                        enum op_kind kind,
                        int32_t k,
                        int32_t stride,
                        int32_t o,
                        int32_t *x)
{
    struct program *p = b->p;
    int32_t pad = kind == OP_POOL ? k / 2 : 0;
    struct op op = {.kind = kind,
                    .x = *x,
                    .add = NONE,
                    .k = k,
                    .stride = stride,
                    .pad = pad,
                    .weight = NONE,
                    .bias = NONE};
    struct conv_desc desc = {p->slots[*x].shape, o, k, stride, pad};
    struct shape s = desc.in;
    int32_t index;
    status st = OK;

    if (kind == OP_POOL || kind == OP_SUBSAMPLE)
        s = conv_out_shape(&desc);
    else if (kind == OP_MEAN)
        s = (struct shape){s.n, s.c, 1, 1, 1};
    TRY(add_op(b, op, &index));
    TRY(add_slot(b, s, &p->ops[index].y));
    *x = p->ops[index].y;
out:
    return st;
}

/* What is added before the last ReLU of a block: slot x itself, or made from
 * it where shape or width change. */
static status build_shortcut(
    struct builder *b, const char *block, int32_t o, int32_t stride, int32_t *x)
{
    struct conv_spec s = {o,    1,         stride, 0, b->conf->bias_downsample,
                          true, SLICE_CONV};
    int32_t c = b->p->slots[*x].shape.c;
    char name[NAME_PART];
    int32_t norm;
    status st = OK;

    if (stride == 1 && c == o)
        return OK;
    if (b->conf->shortcut == NET_SHORTCUT_A) {
        ENSURE(c <= o, ERR_CONF,
               "%s: shortcut A cannot go from %d to %d channels", block, c, o);
        TRY(run_plain(b, OP_SUBSAMPLE, 1, stride, o, x));
        b->p->slots[*x].no_grad = true;
    } else {
        name_part(name, "%s.downsample.0", block);
        TRY(add_conv(b, name, s, *x, x));
        name_part(name, "%s.downsample.1", block);
        TRY(add_norm(b, name, o, &norm));
        TRY(run_norm(b, norm, *x, NONE, false, x));
    }
out:
    return st;
}

/* Basic: 3^3 (stride), 3^3. Bottleneck: 1, 3^3 (stride), 1 to 4 x planes. */
static status build_block(struct builder *b,
                          const char *block,
                          int32_t planes,
                          int32_t stride)
{
    bool basic = b->conf->block == NET_BASIC;
    int32_t o = basic ? planes : 4 * planes;
    const struct conv_spec spec[2][3] = {
        {{planes, 1, 1, 0, false, false, SLICE_CONV},
         {planes, 3, stride, 1, false, false, SLICE_CONV},
         {o, 1, 1, 0, false, false, SLICE_CONV}},
        {{planes, 3, stride, 1, false, false, SLICE_CONV},
         {o, 3, 1, 1, false, false, SLICE_CONV}}};
    int last = basic ? 1 : 2;
    int32_t x = b->x;
    int32_t add = b->x;
    int32_t norm;
    char name[NAME_PART];
    status st = OK;

    for (int i = 0; i <= last; i++) {
        name_part(name, "%s.conv%d", block, i + 1);
        TRY(add_conv(b, name, spec[basic][i], x, &x));
        name_part(name, "%s.bn%d", block, i + 1);
        TRY(add_norm(b, name, spec[basic][i].o, &norm));
        if (i < last)
            TRY(run_norm(b, norm, x, NONE, true, &x));
    }
    TRY(build_shortcut(b, block, o, stride, &add));
    TRY(run_norm(b, norm, x, add, true, &b->x));
out:
    return st;
}

static void name_slot(struct builder *b, const char *name)
{
    char *to = b->p->slots[b->x].name;

    memcpy(to, name, strlen(name) + 1); /* NAME_PART holds both */
}

static status build_stem(struct builder *b)
{
    const struct net_conf *c = b->conf;
    struct conv_spec s = {(int32_t)(c->planes[0] * c->widen),
                          7,
                          c->conv1_stride,
                          3,
                          false,
                          false,
                          SLICE_CONV};
    int32_t norm;
    status st = OK;

    TRY(add_conv(b, "conv1", s, b->x, &b->x));
    name_slot(b, "conv1");
    TRY(add_norm(b, "bn1", s.o, &norm));
    TRY(run_norm(b, norm, b->x, NONE, true, &b->x));
    name_slot(b, "bn1");
    if (!c->no_max_pool) {
        TRY(run_plain(b, OP_POOL, 3, 2, s.o, &b->x));
        name_slot(b, "maxpool");
    }
out:
    return st;
}

static status build_stage(struct builder *b, int32_t stage)
{
    int32_t planes = (int32_t)(b->conf->planes[stage] * b->conf->widen);
    char name[NAME_PART];
    status st = OK;

    for (int j = 0; j < b->conf->layers[stage]; j++) {
        name_part(name, "layer%d.%d", stage + 1, j);
        TRY(build_block(b, name, planes, stage > 0 && j == 0 ? 2 : 1));
    }
    name_part(name, "layer%d", stage + 1);
    name_slot(b, name);
out:
    return st;
}

static status build_trunk(struct builder *b)
{
    status st = OK;

    TRY(build_stem(b));
    for (int32_t i = 0; i < b->conf->stages; i++)
        TRY(build_stage(b, i));
    TRY(run_plain(b, OP_MEAN, 1, 1, 0, &b->x));
    name_slot(b, "features");
out:
    return st;
}

/* Linear layers one behind the other. */
struct chain {
    const int32_t *width;
    int32_t n;
    enum net_head_names names;
    bool norm, norm_last;
};

/* Layer i, then what follows it: norm and ReLU, or ReLU, between layers.
 * Modules are counted as the original counts them. */
static status build_linear(struct builder *b, const struct chain *c, int32_t i)
{
    bool last = i + 1 == c->n;
    bool norm = last ? c->norm_last : c->norm;
    struct conv_spec s = {c->width[i], 1, 1, 0, !norm, false, SLICE_LINEAR};
    int32_t first = i * (c->norm ? 3 : 2);
    char name[NAME_PART];
    int32_t index;
    status st = OK;

    if (c->names == NET_HEAD_LAYERS)
        name_part(name, "layers.%d", first);
    else
        name_part(name, "%d.0", i);
    TRY(add_conv(b, name, s, b->x, &b->x));
    if (norm) {
        name_part(name, "layers.%d", first + 1);
        TRY(add_norm(b, name, s.o, &index));
        TRY(run_norm(b, index, b->x, NONE, !last, &b->x));
    } else if (!last) {
        TRY(run_plain(b, OP_RELU, 1, 1, 0, &b->x));
    }
out:
    return st;
}

static status build_prototypes(struct builder *b)
{
    struct conv_spec s = {
        b->conf->tail_width[0], 1, 1, 0, true, false, SLICE_LINEAR};
    status st = OK;

    TRY(run_plain(b, OP_UNIT, 1, 1, 0, &b->x));
    b->p->middle = b->x;
    b->p->prototypes = b->p->n_slices;
    TRY(add_conv(b, "heads.0", s, b->x, &b->x));
out:
    return st;
}

static status build_head(struct builder *b)
{
    const struct net_conf *c = b->conf;
    const struct chain head = {c->head, c->n_head, c->head_names, c->head_norm,
                               c->head_norm_last};
    const struct chain tail = {c->tail_width, c->n_tail, NET_HEAD_LAYERS, true,
                               false};
    status st = OK;

    for (int32_t i = 0; i < head.n; i++)
        TRY(build_linear(b, &head, i));
    b->p->middle = b->x;
    b->prefix = c->tail_prefix ? c->tail_prefix : "";
    if (c->tail == NET_PROTOTYPES)
        TRY(build_prototypes(b));
    for (int32_t i = 0; c->tail == NET_PREDICTION && i < tail.n; i++)
        TRY(build_linear(b, &tail, i));
    if (c->n_head + c->n_tail > 0)
        name_slot(b, "embed");
out:
    return st;
}

status program_build(const struct net_conf *conf, struct program *p)
{
    struct builder b = {.conf = conf, .p = p};
    struct shape in;
    status st = OK;

    TRY(program_check(conf));
    memset(p, 0, sizeof *p);
    p->prototypes = NONE;
    in = (struct shape){conf->views * conf->m, conf->in_channels, conf->size[0],
                        conf->size[1], conf->size[2]};
    TRY(add_slot(&b, in, &p->input));
    p->slots[p->input].no_grad = !conf->input_grad;
    b.x = p->input;
    name_slot(&b, "input");
    b.prefix = conf->trunk_prefix ? conf->trunk_prefix : "";
    if (conf->stages > 0)
        TRY(build_trunk(&b));
    p->features = b.x;
    p->trunk_ops = p->n_ops;
    p->trunk_slices = p->n_slices;
    if (conf->frozen_trunk)
        p->slots[p->features].no_grad = true;
    b.prefix = conf->head_prefix ? conf->head_prefix : "";
    TRY(build_head(&b));
    p->embed = b.x;
out:
    return st;
}

void program_free(struct program *p)
{
    mem_free(p->ops);
    mem_free(p->slots);
    mem_free(p->stores);
    mem_free(p->norms);
    mem_free(p->slices);
    mem_free(p->buffers);
    memset(p, 0, sizeof *p);
}
