/* The trunk of the residual family. Slices and buffers are declared in
 * state-dict order (He et al. 2016 as MONAI 1.4 names it), operations in the
 * order they run: in a block the shortcut runs before the last norm, whose
 * parameters come first in the table. */
#include "nn/net_build.h"

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
        TRY(build_plain(b, OP_SUBSAMPLE, 1, stride, o, x));
        b->p->slots[*x].no_grad = true;
    } else {
        build_name(name, "%s.downsample.0", block);
        TRY(build_conv(b, name, s, *x, x));
        build_name(name, "%s.downsample.1", block);
        TRY(build_norm(b, name, o, &norm));
        TRY(build_apply(b, norm, *x, NONE, false, x));
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
        build_name(name, "%s.conv%d", block, i + 1);
        TRY(build_conv(b, name, spec[basic][i], x, &x));
        build_name(name, "%s.bn%d", block, i + 1);
        TRY(build_norm(b, name, spec[basic][i].o, &norm));
        if (i < last)
            TRY(build_apply(b, norm, x, NONE, true, &x));
    }
    TRY(build_shortcut(b, block, o, stride, &add));
    TRY(build_apply(b, norm, x, add, true, &b->x));
out:
    return st;
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

    TRY(build_conv(b, "conv1", s, b->x, &b->x));
    build_named(b, "conv1");
    TRY(build_norm(b, "bn1", s.o, &norm));
    TRY(build_apply(b, norm, b->x, NONE, true, &b->x));
    build_named(b, "bn1");
    if (!c->no_max_pool) {
        TRY(build_plain(b, OP_POOL, 3, 2, s.o, &b->x));
        build_named(b, "maxpool");
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
        build_name(name, "layer%d.%d", stage + 1, j);
        TRY(build_block(b, name, planes, stage > 0 && j == 0 ? 2 : 1));
    }
    build_name(name, "layer%d", stage + 1);
    build_named(b, name);
out:
    return st;
}

status build_resnet(struct builder *b)
{
    status st = OK;

    TRY(build_stem(b));
    for (int32_t i = 0; i < b->conf->stages; i++)
        TRY(build_stage(b, i));
    TRY(build_plain(b, OP_MEAN, 1, 1, 0, &b->x));
    build_named(b, "features");
out:
    return st;
}
