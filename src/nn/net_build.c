/* Tables of a program grow here: every family of networks declares its layers
 * through these functions. */
#include "nn/net_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { ALIGN = 16 };

void build_name(char name[NAME_PART], const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(name, NAME_PART, fmt, args);
    va_end(args);
}

status build_slot(struct builder *b, struct shape shape, int32_t *out)
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
    op.kept = NONE;
    op.work[0] = op.work[1] = NONE;
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

static void count_grad(struct program *p, const struct op *op)
{
    size_t len = program_grad_len(p, op);

    p->grad_len = len > p->grad_len ? len : p->grad_len;
    if (!program_in_pieces(p, op) && len > p->whole_len)
        p->whole_len = len;
}

status build_conv(struct builder *b,
                  const char *name,
                  struct conv_spec s,
                  int32_t x,
                  int32_t *y)
{
    struct program *p = b->p;
    struct op op = {.kind = OP_CONV,
                    .x = x,
                    .add = NONE,
                    .slope = NONE,
                    .k = s.k,
                    .stride = s.stride,
                    .pad = s.pad,
                    .bias = NONE,
                    .bias_theory = s.theory};
    struct conv_desc desc = {p->slots[x].shape, s.o, s.k, s.stride, s.pad};
    struct slice w = {.kind = s.kind, .o = s.o, .c = desc.in.c, .k = s.k};
    struct slice v = {.kind = SLICE_VECTOR, .o = s.o, .c = 1, .k = 1};
    size_t turned = weight_len(desc.in.c, s.k, s.o);
    int32_t index;
    status st = OK;

    TRY(add_slice(b, w, &op.weight, "%s.weight", name));
    if (s.bias)
        TRY(add_slice(b, v, &op.bias, "%s.bias", name));
    TRY(add_op(b, op, &index));
    TRY(build_slot(b, conv_out_shape(&desc), &p->ops[index].y));
    count_grad(p, &p->ops[index]);
    p->turn_len = turned > p->turn_len ? turned : p->turn_len;
    *y = p->ops[index].y;
out:
    return st;
}

status build_norm(struct builder *b, const char *name, int32_t c, int32_t *out)
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

status build_apply(struct builder *b,
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
                    .bias = NONE,
                    .slope = NONE};
    struct shape s = p->slots[x].shape;
    int32_t index;
    status st = OK;

    p->norms[norm].rows =
        (size_t)b->conf->m * (size_t)s.d * (size_t)s.h * (size_t)s.w;
    TRY(add_op(b, op, &index));
    TRY(build_slot(b, s, &p->ops[index].y));
    *y = p->ops[index].y;
out:
    return st;
}

status build_plain(struct builder *b,
                   enum op_kind kind,
                   int32_t k,
                   int32_t stride,
                   int32_t o,
                   int32_t *x)
{
    struct program *p = b->p;
    int32_t pad = kind == OP_POOL ? (k - 1) / 2 : 0;
    struct op op = {.kind = kind,
                    .x = *x,
                    .add = NONE,
                    .k = k,
                    .stride = stride,
                    .pad = pad,
                    .weight = NONE,
                    .bias = NONE,
                    .slope = NONE};
    struct conv_desc desc = {p->slots[*x].shape, o, k, stride, pad};
    struct shape s = desc.in;
    int32_t index;
    status st = OK;

    if (kind == OP_POOL || kind == OP_SUBSAMPLE || kind == OP_AVERAGE)
        s = conv_out_shape(&desc);
    else if (kind == OP_MEAN)
        s = (struct shape){s.n, s.c, 1, 1, 1};
    else if (kind == OP_FLATTEN)
        s = (struct shape){s.n, s.c * s.d * s.h * s.w, 1, 1, 1};
    TRY(add_op(b, op, &index));
    TRY(build_slot(b, s, &p->ops[index].y));
    *x = p->ops[index].y;
out:
    return st;
}

status
build_up(struct builder *b, const char *name, struct conv_spec s, int32_t *x)
{
    struct program *p = b->p;
    struct shape from = p->slots[*x].shape;
    struct op op = {.kind = OP_UP,
                    .x = *x,
                    .add = NONE,
                    .k = s.k,
                    .stride = s.stride,
                    .pad = s.pad,
                    .bias_theory = s.theory,
                    .slope = NONE,
                    .turn = p->up_len,
                    .coef = p->n_coef};
    struct shape to = {from.n, s.o, (from.d - 1) * s.stride,
                       (from.h - 1) * s.stride, (from.w - 1) * s.stride};
    int32_t more = s.k + s.stride - 1 - 2 * s.pad; /* output padding too */
    struct slice w = {.kind = SLICE_CONV, .o = from.c, .c = s.o, .k = s.k};
    struct slice v = {.kind = SLICE_VECTOR, .o = s.o, .c = 1, .k = 1};
    int32_t index;
    status st = OK;

    to.d += more;
    to.h += more;
    to.w += more;
    TRY(add_slice(b, w, &op.weight, "%s.weight", name));
    TRY(add_slice(b, v, &op.bias, "%s.bias", name));
    TRY(add_op(b, op, &index));
    TRY(build_slot(b, to, &p->ops[index].y));
    p->n_coef += (size_t)s.o;
    p->up_len += weight_len(s.o, s.k, from.c);
    count_grad(p, &p->ops[index]);
    *x = p->ops[index].y;
out:
    return st;
}

struct conv_desc program_conv(const struct program *p, const struct op *op)
{
    int32_t in = op->kind == OP_UP ? op->y : op->x;
    int32_t out = op->kind == OP_UP ? op->x : op->y;

    return (struct conv_desc){p->slots[in].shape, p->slots[out].shape.c, op->k,
                              op->stride, op->pad};
}

status build_prelu(struct builder *b, const char *name, int32_t *x)
{
    struct program *p = b->p;
    int32_t conv = p->slots[*x].producer;
    struct slice v = {.kind = SLICE_VECTOR, .o = 1, .c = 1, .k = 1};
    struct op op = {.kind = OP_INSTANCE,
                    .x = *x,
                    .add = NONE,
                    .weight = p->ops[conv].weight,
                    .bias = NONE,
                    .slope = NONE};
    int32_t index;
    status st = OK;

    TRY(add_op(b, op, &index));
    TRY(build_slot(b, p->slots[*x].shape, &p->ops[index].y));
    op.kind = OP_PRELU;
    op.x = p->ops[index].y;
    op.weight = conv; /* whose vector takes the gradient of the slope along */
    TRY(add_slice(b, v, &op.slope, "%s.weight", name));
    TRY(add_op(b, op, &index));
    TRY(build_slot(b, p->slots[*x].shape, &p->ops[index].y));
    p->ops[conv].slope = op.slope;
    count_grad(p, &p->ops[conv]);
    *x = p->ops[index].y;
out:
    return st;
}

status build_add(struct builder *b, int32_t add, int32_t *x)
{
    struct program *p = b->p;
    struct op op = {.kind = OP_ADD,
                    .x = *x,
                    .add = add,
                    .weight = NONE,
                    .bias = NONE,
                    .slope = NONE};
    int32_t index;
    status st = OK;

    TRY(add_op(b, op, &index));
    TRY(build_slot(b, p->slots[*x].shape, &p->ops[index].y));
    *x = p->ops[index].y;
out:
    return st;
}

void build_named(struct builder *b, const char *name)
{
    char *to = b->p->slots[b->x].name;

    memcpy(to, name, strlen(name) + 1); /* NAME_PART holds both */
}

size_t program_grad_len(const struct program *p, const struct op *op)
{
    const struct slice *w = &p->slices[op->weight];
    const struct slice *last = op->slope != NONE  ? &p->slices[op->slope]
                               : op->bias != NONE ? &p->slices[op->bias]
                                                  : w;

    return last->offset + (last->len + ALIGN - 1) / ALIGN * ALIGN - w->offset;
}
