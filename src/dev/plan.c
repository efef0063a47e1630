/* The geometry of a convolution: which voxel meets which through a tap.
 * Along each axis  input = output * stride + tap - pad. */
#include "dev/plan.h"

#include <string.h>

#include "base/mem.h"

#include "dev/arith.h"

size_t shape_voxels(struct shape s)
{
    return (size_t)s.d * (size_t)s.h * (size_t)s.w;
}

bool shape_same(struct shape a, struct shape b)
{
    return a.n == b.n && a.c == b.c && a.d == b.d && a.h == b.h && a.w == b.w;
}

static int32_t out_size(const struct conv_desc *d, int32_t size)
{
    return (size + 2 * d->pad - d->k) / d->stride + 1;
}

struct shape conv_out_shape(const struct conv_desc *desc)
{
    struct shape s = desc->in;

    s.c = desc->o;
    s.d = out_size(desc, desc->in.d);
    s.h = out_size(desc, desc->in.h);
    s.w = out_size(desc, desc->in.w);
    return s;
}

static bool fits(const struct conv_desc *d, int32_t size)
{
    return size >= 1 && size + 2 * d->pad >= d->k;
}

void plan_init(struct plan *p, const struct conv_desc *desc)
{
    BUG_IF(desc->k < 1 || desc->k > ARITH_K_MAX);
    BUG_IF(desc->stride < 1 || desc->pad < 0 || desc->o < 1);
    BUG_IF(desc->in.n < 1 || desc->in.c < 1);
    BUG_IF(!fits(desc, desc->in.d) || !fits(desc, desc->in.h) ||
           !fits(desc, desc->in.w));
    *p = (struct plan){.desc = *desc,
                       .out = conv_out_shape(desc),
                       .taps = desc->k * desc->k * desc->k};
}

/* Place on one axis, -1 outside. */
static int32_t
forward(const struct conv_desc *d, int32_t o, int32_t t, int32_t size)
{
    int32_t i = o * d->stride + t - d->pad;
    return i >= 0 && i < size ? i : -1;
}

static int32_t
backward(const struct conv_desc *d, int32_t i, int32_t t, int32_t size)
{
    int32_t o = i + d->pad - t;
    if (o < 0 || o % d->stride != 0)
        return -1;
    o /= d->stride;
    return o < size ? o : -1;
}

typedef int32_t
axis_fn(const struct conv_desc *d, int32_t i, int32_t t, int32_t size);

static ptrdiff_t meet(const struct conv_desc *d,
                      axis_fn *axis,
                      struct shape from,
                      struct shape to,
                      size_t voxel,
                      int32_t tap)
{
    size_t line = voxel / (size_t)from.w;
    int32_t x = axis(d, (int32_t)(voxel % (size_t)from.w), tap % d->k, to.w);
    int32_t y =
        axis(d, (int32_t)(line % (size_t)from.h), tap / d->k % d->k, to.h);
    int32_t z =
        axis(d, (int32_t)(line / (size_t)from.h), tap / d->k / d->k, to.d);

    if (x < 0 || y < 0 || z < 0)
        return -1;
    return ((ptrdiff_t)z * to.h + y) * to.w + x;
}

ptrdiff_t plan_source(const struct plan *p, size_t out_voxel, int32_t tap)
{
    return meet(&p->desc, forward, p->out, p->desc.in, out_voxel, tap);
}

ptrdiff_t plan_target(const struct plan *p, size_t in_voxel, int32_t tap)
{
    return meet(&p->desc, backward, p->desc.in, p->out, in_voxel, tap);
}

status plan_pairs(struct plan *p)
{
    size_t voxels = shape_voxels(p->out);
    size_t n = 0;
    status st = OK;

    /* Voxels count in int32 here; a volume of 2^31 is beyond all memory. */
    BUG_IF(shape_voxels(p->desc.in) > INT32_MAX || voxels > INT32_MAX);
    TRY(mem_raw((size_t)p->taps * voxels, sizeof *p->pairs, &p->pairs));
    for (int32_t tap = 0; tap < p->taps; tap++) {
        p->first[tap] = n;
        for (size_t v = 0; v < voxels; v++) {
            ptrdiff_t in = plan_source(p, v, tap);
            if (in >= 0)
                p->pairs[n++] = (struct voxel_pair){(int32_t)v, (int32_t)in};
        }
    }
    p->first[p->taps] = n;
out:
    return st;
}

void plan_check(const struct plan *p,
                const struct tensor *x,
                const struct tensor *y)
{
    BUG_IF(!shape_same(x->shape, p->desc.in));
    BUG_IF(!shape_same(y->shape, p->out));
}

size_t pool_which_at(struct shape s, int32_t sample, int32_t c, size_t voxel)
{
    size_t b = (size_t)shape_block(s.c);
    size_t row = voxel * (size_t)s.n + (size_t)sample;

    return ((size_t)c / b * shape_rows(s) + row) * b + (size_t)c % b;
}

void tensor_clear_padding(const struct tensor *t, size_t size)
{
    size_t b = (size_t)shape_block(t->shape.c);
    size_t used = (size_t)t->shape.c % b;
    char *row = (char *)t->data +
                (size_t)t->shape.c / b * shape_plane(t->shape) * b * size;

    if (used == 0)
        return;
    for (size_t i = 0; i < shape_rows(t->shape); i++)
        memset(row + (i * b + used) * size, 0, (b - used) * size);
}
