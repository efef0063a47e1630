#include "golden/golden_net.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static bool is_text(const struct json *j, const char *text)
{
    return json_text(j) && strcmp(json_text(j), text) == 0;
}

struct net_conf golden_net_conf(const struct json *c)
{
    struct net_conf conf = {.views = 1, .m = 1, .backward = true};
    const struct json *size = json_get(c, "size");
    const struct json *layers = json_get(c, "layers");

    if (is_text(json_get(c, "family"), "genesis"))
        conf.family = NET_GENESIS;
    if (is_text(json_get(c, "family"), "autoencoder"))
        conf.family = NET_AUTOENCODER;
    conf.decoder = conf.family == NET_AUTOENCODER;
    conf.middle = (int32_t)json_i64(json_get(c, "middle"), 0);
    conf.block =
        is_text(json_get(c, "block"), "basic") ? NET_BASIC : NET_BOTTLENECK;
    conf.stages = (int32_t)json_len(layers);
    for (size_t i = 0; i < json_len(layers) && i < NET_STAGES; i++) {
        conf.layers[i] = (int32_t)json_i64(json_at(layers, i), 0);
        conf.planes[i] =
            (int32_t)json_i64(json_at(json_get(c, "planes"), i), 0);
        conf.strides[i] =
            (int32_t)json_i64(json_at(json_get(c, "strides"), i), 0);
    }
    conf.widen = json_f64(json_get(c, "widen"), 1.0);
    conf.in_channels = (int32_t)json_i64(json_get(c, "in_channels"), 1);
    for (size_t i = 0; i < 3; i++)
        conf.size[i] = (int32_t)json_i64(json_at(size, i), 0);
    conf.conv1_stride = (int32_t)json_i64(json_get(c, "conv1_stride"), 2);
    conf.no_max_pool = json_bool(json_get(c, "no_max_pool"), false);
    conf.shortcut =
        is_text(json_get(c, "shortcut"), "A") ? NET_SHORTCUT_A : NET_SHORTCUT_B;
    conf.bias_downsample = json_bool(json_get(c, "bias_downsample"), true);
    return conf;
}

status golden_net_open(const struct net_conf *conf,
                       const char *backend,
                       uint32_t shards,
                       int threads,
                       struct golden_net *out)
{
    struct golden_net g = {0};
    struct net_plan plan;
    status st = OK;

    TRY(dev_open(backend, NULL, &g.dev));
    g.dtype = dev_facts(g.dev).dtype;
    TRY(team_new(threads, &g.team));
    TRY(net_plan(conf, g.dtype, shards, threads, &plan));
    TRY(meet_local_new(shards, plan.sum_len, g.dtype, g.team, &g.local));
    TRY(net_new(conf, meet_local_get(g.local), g.team, g.dev, &g.net));
    *out = g;
    memset(&g, 0, sizeof g);
out:
    golden_net_close(&g);
    return st;
}

void golden_net_close(struct golden_net *g)
{
    net_free(g->net);
    meet_local_free(g->local);
    team_free(g->team);
    dev_close(g->dev);
    memset(g, 0, sizeof *g);
}

static void put_running(struct golden_net *g,
                        const struct buffer *b,
                        const struct formula *f)
{
    size_t n = 0;
    char *running = net_running(g->net, &n);

    if (g->dtype == DTYPE_F32)
        formula_fill(f, 0, b->len, (float *)(void *)running + b->offset);
    else
        formula_fill_f64(f, 0, b->len, (double *)(void *)running + b->offset);
}

static status
put_slice(struct golden_net *g, const struct slice *s, const struct formula *f)
{
    float *plain = NULL;
    status st = OK;

    TRY(mem_new(s->plain, sizeof *plain, &plain));
    formula_fill(f, 0, s->plain, plain);
    slice_put_f32(s, g->dtype, plain, net_param(g->net));
out:
    mem_free(plain);
    return st;
}

static size_t elements(const struct json *shape)
{
    size_t n = 1;

    for (size_t i = 0; i < json_len(shape); i++)
        n *= (size_t)json_i64(json_at(shape, i), 0);
    return n;
}

status golden_net_fill(struct golden_net *g,
                       uint64_t seed,
                       uint64_t stream,
                       const struct json *tensors)
{
    size_t n_slices = 0;
    size_t n_buffers = 0;
    const struct slice *s = net_slices(g->net, &n_slices);
    const struct buffer *b = net_buffers(g->net, &n_buffers);
    const struct slice *s_end = s + n_slices;
    const struct buffer *b_end = b + n_buffers;
    size_t n_counters = 0;
    int64_t *counters = net_counters(g->net, &n_counters);
    status st = OK;

    for (size_t i = 0; i < json_len(tensors); i++) {
        const struct json *t = json_at(tensors, i);
        const char *name = json_text(json_get(t, "name"));
        struct formula f = {seed, stream,
                            (uint64_t)json_i64(json_get(t, "index"), -1),
                            json_f64(json_get(t, "offset"), 0),
                            json_f64(json_get(t, "scale"), 0)};

        if (s < s_end && strcmp(s->name, name) == 0) {
            ENSURE(elements(json_get(t, "shape")) == s->plain, ERR_DATA,
                   "%s: %zu elements", name, s->plain);
            TRY(put_slice(g, s++, &f));
            continue;
        }
        ENSURE(b < b_end && strcmp(b->name, name) == 0, ERR_DATA,
               "tensor %zu, %s, is not next in the net", i, name);
        if (b->kind != BUFFER_COUNT) {
            ENSURE(elements(json_get(t, "shape")) == b->len, ERR_DATA,
                   "%s: %zu elements", name, b->len);
            put_running(g, b, &f);
        } else {
            counters[b->offset] = json_i64(json_get(t, "int"), 0);
        }
        b++;
    }
    ENSURE(s == s_end && b == b_end, ERR_DATA,
           "the net has tensors that are not in the list");
out:
    return st;
}

status golden_net_vector(struct golden_net *g,
                         const void *vec,
                         const char *name,
                         double **out,
                         size_t *n)
{
    size_t count = 0;
    const struct slice *s = net_slices(g->net, &count);
    double *plain = NULL;
    size_t i = 0;
    status st = OK;

    while (i < count && strcmp(s[i].name, name) != 0)
        i++;
    ENSURE(i < count, ERR_DATA, "the net has no parameter %s", name);
    TRY(mem_new(s[i].plain, sizeof *plain, &plain));
    slice_get_f64(&s[i], g->dtype, vec, plain);
    *n = s[i].plain;
    *out = plain;
out:
    return st;
}

status golden_net_buffer(struct golden_net *g,
                         const char *name,
                         double **out,
                         size_t *n)
{
    size_t count = 0;
    size_t len = 0;
    const struct buffer *b = net_buffers(g->net, &count);
    const char *running = net_running(g->net, &len);
    const int64_t *counters = net_counters(g->net, &len);
    double *plain = NULL;
    size_t i = 0;
    status st = OK;

    while (i < count && strcmp(b[i].name, name) != 0)
        i++;
    ENSURE(i < count, ERR_DATA, "the net has no buffer %s", name);
    TRY(mem_new(b[i].len, sizeof *plain, &plain));
    for (size_t k = 0; k < b[i].len; k++) {
        size_t at = b[i].offset + k;

        if (b[i].kind == BUFFER_COUNT)
            plain[k] = (double)counters[at];
        else if (g->dtype == DTYPE_F32)
            plain[k] = (double)((const float *)(const void *)running)[at];
        else
            plain[k] = ((const double *)(const void *)running)[at];
    }
    *n = b[i].len;
    *out = plain;
out:
    return st;
}
