/* The auto-encoder of the study (spec 5.5), named as MONAI 1.4 does. */
#include "nn/net_build.h"

static struct conv_spec layer(int32_t o, int32_t stride)
{
    return (struct conv_spec){o, 3, stride, 2, true, true, SLICE_CONV};
}

static int32_t wide(const struct builder *b, int32_t stage)
{
    return (int32_t)(b->conf->planes[stage] * b->conf->widen);
}

static status encode(struct builder *b, int32_t i)
{
    struct conv_spec s = layer(wide(b, i), b->conf->strides[i]);
    char name[NAME_PART];
    status st = OK;

    build_name(name, "encode.encode_%d.conv", i);
    TRY(build_conv(b, name, s, b->x, &b->x));
    build_name(name, "encode.encode_%d.adn.A", i);
    TRY(build_prelu(b, name, &b->x));
    build_name(name, "encode%d", i);
    build_named(b, name);
out:
    return st;
}

/* The residual's convolution runs last: its way back is the first, while the
 * gradient both share is still whole. */
static status residual_unit(struct builder *b)
{
    struct conv_spec s = {b->conf->middle, 3, 1, 1, true, true, SLICE_CONV};
    struct conv_spec shortcut = {b->conf->middle, 1,         1, 0, true,
                                 false,           SLICE_CONV};
    int32_t x = b->x;
    int32_t add = b->x;
    char name[NAME_PART];
    status st = OK;

    for (int i = 0; i < 2; i++) {
        build_name(name, "intermediate.inter_0.conv.unit%d.conv", i);
        TRY(build_conv(b, name, s, x, &x));
        build_name(name, "intermediate.inter_0.conv.unit%d.adn.A", i);
        TRY(build_prelu(b, name, &x));
    }
    if (b->p->slots[add].shape.c != s.o)
        TRY(build_conv(b, "intermediate.inter_0.residual", shortcut, add,
                       &add));
    TRY(build_add(b, add, &x));
    b->x = x;
out:
    return st;
}

status build_autoencoder(struct builder *b)
{
    status st = OK;

    for (int32_t i = 0; i < b->conf->stages; i++)
        TRY(encode(b, i));
    TRY(residual_unit(b));
    b->image = b->x;
    build_named(b, "middle");
    TRY(build_plain(b, OP_AVERAGE, NET_WINDOW, NET_WINDOW, b->conf->middle,
                    &b->x));
    TRY(build_plain(b, OP_FLATTEN, 1, 1, 0, &b->x));
    build_named(b, "features");
out:
    return st;
}

status build_decoder(struct builder *b)
{
    const struct net_conf *c = b->conf;
    char name[NAME_PART];
    status st = OK;

    b->x = b->image;
    for (int32_t i = 0; i < c->stages; i++) {
        int32_t back = c->stages - 1 - i;
        bool last = back == 0;
        struct conv_spec s =
            layer(last ? c->in_channels : wide(b, back - 1), c->strides[back]);

        s.theory = !last; /* no norm behind the last */
        build_name(name, "decode.decode_%d.conv.conv", i);
        TRY(build_up(b, name, s, &b->x));
        build_name(name, "decode.decode_%d.conv.adn.A", i);
        if (!last)
            TRY(build_prelu(b, name, &b->x));
        build_name(name, "decode%d", i);
        build_named(b, name);
    }
    build_named(b, "embed");
out:
    return st;
}
