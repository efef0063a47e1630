/* The encoder of Models Genesis (Zhou et al. 2021; a 3-D U-Net's way down):
 * stages of two convolutions with bias, each with norm and ReLU, the second
 * twice as wide; pools between; at the end means over 3^3 voxels, two apart,
 * and all of them as features, channel by channel (spec 5.5). Its norms take
 * batch statistics whatever the mode. */
#include "nn/net_build.h"

/* Convolution, norm and ReLU number i of a stage. */
static status
build_unit(struct builder *b, const char *stage, int32_t i, int32_t o)
{
    struct conv_spec s = {o, 3, 1, 1, true, true, SLICE_CONV};
    char name[NAME_PART];
    int32_t norm;
    status st = OK;

    build_name(name, "%s.ops.%d.conv1", stage, i);
    TRY(build_conv(b, name, s, b->x, &b->x));
    build_name(name, "%s.ops.%d.bn1", stage, i);
    TRY(build_norm(b, name, o, &norm));
    TRY(build_apply(b, norm, b->x, NONE, true, &b->x));
out:
    return st;
}

/* Stages are named by the widths of the published network: 64, 128, ... */
static status build_stage(struct builder *b, int32_t stage)
{
    int32_t width = (int32_t)(b->conf->planes[stage] * b->conf->widen);
    char name[NAME_PART];
    status st = OK;

    build_name(name, "down_tr%d", 64 << stage);
    TRY(build_unit(b, name, 0, width));
    TRY(build_unit(b, name, 1, 2 * width));
    build_named(b, name);
    if (stage + 1 < b->conf->stages)
        TRY(build_plain(b, OP_POOL, 2, 2, 2 * width, &b->x));
out:
    return st;
}

status build_genesis(struct builder *b)
{
    status st = OK;

    b->p->batch_norms = true;
    for (int32_t i = 0; i < b->conf->stages; i++)
        TRY(build_stage(b, i));
    TRY(build_plain(b, OP_AVERAGE, NET_WINDOW, 2, b->p->slots[b->x].shape.c,
                    &b->x));
    TRY(build_plain(b, OP_FLATTEN, 1, 1, 0, &b->x));
    build_named(b, "features");
out:
    return st;
}
