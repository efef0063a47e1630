/* The network that names and shapes describe. */
#include <stdio.h>
#include <string.h>

#include "store/scheme.h"

static const struct state_tensor *find(const struct state *s,
                                       const struct scheme *l,
                                       enum scheme_role role,
                                       const char *bare)
{
    const char *prefix = role == SCHEME_HEAD ? l->head_prefix : "";

    for (size_t i = 0; i < l->n; i++)
        if (l->item[i].role == role && strcmp(l->item[i].bare, bare) == 0 &&
            strncmp(l->item[i].name, prefix, strlen(prefix)) == 0)
            return state_at(s, l->item[i].tensor);
    return NULL;
}

static const struct state_tensor *find_block(const struct state *s,
                                             const struct scheme *l,
                                             int32_t stage,
                                             int32_t block,
                                             const char *end)
{
    char name[64];

    (void)snprintf(name, sizeof name, "layer%d.%d.%s", (int)stage + 1,
                   (int)block, end);
    return find(s, l, SCHEME_TRUNK, name);
}

static bool width_of(const struct state_tensor *t, int rank, int32_t *out)
{
    if (!t || t->rank != rank || t->dim[0] < 1 || t->dim[0] > INT32_MAX)
        return false;
    *out = (int32_t)t->dim[0];
    return true;
}

static bool
read_stages(const struct state *s, const struct scheme *l, struct scheme_net *n)
{
    bool shortcut = false;

    for (; n->stages < SCHEME_STAGES; n->stages++) {
        int32_t k = n->stages;
        const struct state_tensor *first =
            find_block(s, l, k, 0, "conv1.weight");

        if (!first)
            break;
        if (!width_of(first, 5, &n->planes[k]))
            return false;
        while (find_block(s, l, k, n->layers[k], "conv1.weight"))
            n->layers[k]++;
        shortcut |= find_block(s, l, k, 0, "downsample.0.weight") != NULL;
        n->bias_downsample |= find_block(s, l, k, 0, "downsample.0.bias") != 0;
    }
    n->shortcut_a = !shortcut;
    return n->stages > 0;
}

static bool
read_head(const struct state *s, const struct scheme *l, struct scheme_net *n)
{
    bool layers = strcmp(l->head_prefix, "projection_head.") == 0;

    for (int i = 0; i < SCHEME_HEADS * (layers ? 3 : 1); i++) {
        char name[32];
        const struct state_tensor *t = NULL;

        (void)snprintf(name, sizeof name,
                       layers ? "layers.%d.weight" : "%d.0.weight", i);
        t = find(s, l, SCHEME_HEAD, name);
        if (!t && layers)
            continue; /* activations have numbers too */
        if (!t)
            break;
        if (t->rank == 1 && layers)
            continue; /* a norm */
        if (n->n_head == SCHEME_HEADS || !width_of(t, 2, &n->head[n->n_head++]))
            return false;
    }
    return true;
}

/* Stages 64, 128, ... of the encoder of Models Genesis. */
static bool read_genesis(const struct state *s,
                         const struct scheme *l,
                         struct scheme_net *n)
{
    for (; n->stages < SCHEME_STAGES; n->stages++) {
        char name[64];
        const struct state_tensor *t = NULL;

        (void)snprintf(name, sizeof name, "down_tr%d.ops.0.conv1.weight",
                       64 << n->stages);
        t = find(s, l, SCHEME_TRUNK, name);
        if (!t)
            break;
        if (!width_of(t, 5, &n->planes[n->stages]))
            return false;
        n->layers[n->stages] = 2;
    }
    return true;
}

static bool find_genesis(const struct state *s,
                         const struct scheme *l,
                         struct scheme_net *out)
{
    struct scheme_net n = {.genesis = true};
    const struct state_tensor *first =
        find(s, l, SCHEME_TRUNK, "down_tr64.ops.0.conv1.weight");

    if (!first || first->rank != 5 || first->dim[1] > INT32_MAX)
        return false;
    n.in_channels = (int32_t)first->dim[1];
    if (!read_genesis(s, l, &n) || !read_head(s, l, &n))
        return false;
    *out = n;
    return true;
}

/* Stages encode_0, encode_1, ... and the unit behind them. */
static bool find_autoencoder(const struct state *s,
                             const struct scheme *l,
                             struct scheme_net *out)
{
    struct scheme_net n = {.autoencoder = true, .decoder = l->n_decoder > 0};
    const struct state_tensor *first =
        find(s, l, SCHEME_TRUNK, "encode.encode_0.conv.weight");

    if (!first || first->rank != 5 || first->dim[1] > INT32_MAX)
        return false;
    n.in_channels = (int32_t)first->dim[1];
    for (; n.stages < SCHEME_STAGES; n.stages++) {
        char name[64];
        const struct state_tensor *t = NULL;

        (void)snprintf(name, sizeof name, "encode.encode_%d.conv.weight",
                       (int)n.stages);
        t = find(s, l, SCHEME_TRUNK, name);
        if (!t)
            break;
        if (!width_of(t, 5, &n.planes[n.stages]))
            return false;
        n.layers[n.stages] = 1;
    }
    if (!width_of(find(s, l, SCHEME_TRUNK,
                       "intermediate.inter_0.conv.unit0.conv.weight"),
                  5, &n.middle) ||
        !read_head(s, l, &n))
        return false;
    *out = n;
    return true;
}

bool scheme_net(const struct state *s,
                const struct scheme *l,
                struct scheme_net *out)
{
    struct scheme_net n = {0};
    const struct state_tensor *stem = find(s, l, SCHEME_TRUNK, "conv1.weight");

    if (!stem)
        return find_genesis(s, l, out) || find_autoencoder(s, l, out);
    if (stem->rank != 5 || stem->dim[1] > INT32_MAX || stem->dim[2] > 99)
        return false;
    n.in_channels = (int32_t)stem->dim[1];
    n.stem = (int32_t)stem->dim[2];
    n.bottleneck = find_block(s, l, 0, 0, "conv3.weight") != NULL;
    if (!read_stages(s, l, &n) || !read_head(s, l, &n))
        return false;
    *out = n;
    return true;
}

static void put_head(const struct scheme_net *n, struct text *t)
{
    for (int32_t i = 0; i < n->n_head; i++)
        text_add(t, "%s%d", i ? " " : ", head ", (int)n->head[i]);
}

static void put_genesis(const struct scheme_net *n, struct text *t)
{
    text_add(t, "encoder of Models Genesis, %d stages", (int)n->stages);
    for (int32_t i = 0; i < n->stages; i++)
        text_add(t, "%s%d-%d", i ? ", " : " of ", (int)n->planes[i],
                 2 * (int)n->planes[i]);
    text_add(t, " channels on %d", (int)n->in_channels);
    put_head(n, t);
}

static void put_autoencoder(const struct scheme_net *n, struct text *t)
{
    text_add(t, "%s",
             n->decoder ? "auto-encoder"
                        : "encoder of an "
                          "auto-encoder");
    for (int32_t i = 0; i < n->stages; i++)
        text_add(t, "%s%d", i ? " " : ", stages of ", (int)n->planes[i]);
    text_add(t, ", middle %d channels, on %d", (int)n->middle,
             (int)n->in_channels);
    put_head(n, t);
}

void scheme_net_text(const struct scheme_net *n, struct text *t)
{
    bool study = n->stages == 4;

    if (n->genesis) {
        put_genesis(n, t);
        return;
    }
    if (n->autoencoder) {
        put_autoencoder(n, t);
        return;
    }
    text_add(t, "%s [", n->bottleneck ? "bottleneck" : "basic");
    for (int32_t i = 0; i < n->stages; i++)
        text_add(t, "%s%d", i ? ", " : "", (int)n->layers[i]);
    text_add(t, "], planes");
    for (int32_t i = 0; i < n->stages; i++) {
        text_add(t, " %d", (int)n->planes[i]);
        study = study && n->planes[i] == n->planes[0] << i;
    }
    if (study && n->planes[0] % 64 == 0)
        text_add(t, " (width %d)", (int)n->planes[0] / 64);
    text_add(t, ", stem %d x %d x %d on %d channel%s, shortcut %s",
             (int)n->stem, (int)n->stem, (int)n->stem, (int)n->in_channels,
             n->in_channels == 1 ? "" : "s", n->shortcut_a ? "A" : "B");
    if (!n->shortcut_a)
        text_add(t, n->bias_downsample ? " with bias" : " without bias");
    put_head(n, t);
}
