/* From the configuration to the program: input, the trunk of the family, heads.
 */
#include <string.h>

#include "base/mem.h"

#include "nn/net_build.h"

static status build_trunk(struct builder *b)
{
    switch (b->conf->family) {
    case NET_RESNET:
        return build_resnet(b);
    case NET_GENESIS:
        return build_genesis(b);
    case NET_AUTOENCODER:
        return build_autoencoder(b);
    }
    BUG_IF(true);
    return OK;
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
        build_name(name, "layers.%d", first);
    else
        build_name(name, "%d.0", i);
    TRY(build_conv(b, name, s, b->x, &b->x));
    if (norm) {
        build_name(name, "layers.%d", first + 1);
        TRY(build_norm(b, name, s.o, &index));
        TRY(build_apply(b, index, b->x, NONE, !last, &b->x));
    } else if (!last) {
        TRY(build_plain(b, OP_RELU, 1, 1, 0, &b->x));
    }
out:
    return st;
}

static status build_prototypes(struct builder *b)
{
    struct conv_spec s = {
        b->conf->tail_width[0], 1, 1, 0, true, false, SLICE_LINEAR};
    status st = OK;

    TRY(build_plain(b, OP_UNIT, 1, 1, 0, &b->x));
    b->p->middle = b->x;
    b->p->prototypes = b->p->n_slices;
    TRY(build_conv(b, "heads.0", s, b->x, &b->x));
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
        build_named(b, "embed");
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
    TRY(build_slot(&b, in, &p->input));
    p->slots[p->input].no_grad = !conf->input_grad;
    b.x = p->input;
    build_named(&b, "input");
    b.prefix = conf->trunk_prefix ? conf->trunk_prefix : "";
    if (conf->stages > 0)
        TRY(build_trunk(&b));
    p->features = b.x;
    p->trunk_ops = p->n_ops;
    p->trunk_slices = p->n_slices;
    if (conf->frozen_trunk)
        p->slots[p->features].no_grad = true;
    if (conf->decoder)
        TRY(build_decoder(&b));
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
