/* The shape of a network as a JSON text in its weights file, so that programs
 * which use the weights need no second description. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#include "train/weights.h"

static void
put_list(struct text *t, const char *key, const int32_t *v, int32_t n)
{
    text_add(t, "\"%s\": [", key);
    for (int32_t i = 0; i < n; i++)
        text_add(t, "%s%d", i ? ", " : "", v[i]);
    text_add(t, "], ");
}

static const char *const FAMILIES[] = {"resnet", "genesis", "autoencoder"};

const char *weights_family(enum net_family f)
{
    return FAMILIES[f];
}

/* Residual networks came first, and say nothing. */
static void put_family(struct text *t, const struct net_conf *c)
{
    if (c->family != NET_RESNET)
        text_add(t, "\"family\": \"%s\", ", FAMILIES[c->family]);
    if (c->family != NET_AUTOENCODER)
        return;
    put_list(t, "strides", c->strides, c->stages);
    text_add(t, "\"middle\": %d, \"decoder\": %s, ", c->middle,
             c->decoder ? "true" : "false");
}

status weights_net_text(const struct net_conf *c, struct text *t)
{
    text_add(t, "{");
    put_family(t, c);
    text_add(t, "\"block\": \"%s\", ",
             c->block == NET_BASIC ? "basic" : "bottleneck");
    put_list(t, "layers", c->layers, c->stages);
    put_list(t, "planes", c->planes, c->stages);
    text_add(t, "\"widen\": ");
    text_double(t, c->widen);
    text_add(t, ", \"in_channels\": %d, \"size\": [%d, %d, %d], ",
             c->in_channels, c->size[0], c->size[1], c->size[2]);
    text_add(t, "\"conv1_stride\": %d, \"max_pool\": %s, ", c->conv1_stride,
             c->no_max_pool ? "false" : "true");
    text_add(t, "\"shortcut\": \"%s\", \"bias_downsample\": %s, ",
             c->shortcut == NET_SHORTCUT_A ? "A" : "B",
             c->bias_downsample ? "true" : "false");
    put_list(t, "head", c->head, c->n_head);
    text_add(t, "\"head_names\": \"%s\", \"trunk_prefix\": ",
             c->head_names == NET_HEAD_LAYERS ? "layers" : "list");
    text_json(t, c->trunk_prefix ? c->trunk_prefix : "");
    text_add(t, ", \"head_prefix\": ");
    text_json(t, c->head_prefix ? c->head_prefix : "");
    if (c->head_norm)
        text_add(t, ", \"head_norm\": \"%s\"",
                 c->head_norm_last ? "all" : "between");
    if (c->tail != NET_NO_TAIL) {
        text_add(t, ", ");
        put_list(t, c->tail == NET_PREDICTION ? "prediction" : "prototypes",
                 c->tail_width, c->n_tail);
        text_add(t, "\"tail_prefix\": ");
        text_json(t, c->tail_prefix ? c->tail_prefix : "");
    }
    text_add(t, "}");
    return text_status(t);
}

static int32_t get_list(const struct json *j, int32_t *v, int32_t max)
{
    size_t n = json_len(j);

    if (n > (size_t)max)
        return -1;
    for (size_t i = 0; i < n; i++)
        v[i] = (int32_t)json_i64(json_at(j, i), -1);
    return (int32_t)n;
}

static bool is_word(const struct json *j, const char *word)
{
    const char *s = json_text(j);

    return s && strcmp(s, word) == 0;
}

/* The prefixes a net_conf may point at live as long as the program. */
static const char *known_prefix(const struct json *j)
{
    static const char *const known[] = {"backbone.",        "projection_head.",
                                        "prediction_head.", "prototypes.",
                                        "trunk.",           "heads."};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is_word(j, known[i]))
            return known[i];
    return "";
}

/* What stands in files of networks with norms in the head, or a tail. */
static void get_tail(const struct json *j, struct net_conf *c)
{
    const struct json *prediction = json_get(j, "prediction");
    const struct json *prototypes = json_get(j, "prototypes");
    const struct json *widths = prediction ? prediction : prototypes;

    c->head_norm_last = is_word(json_get(j, "head_norm"), "all");
    c->head_norm =
        c->head_norm_last || is_word(json_get(j, "head_norm"), "between");
    if (!widths)
        return;
    c->tail = prediction ? NET_PREDICTION : NET_PROTOTYPES;
    c->n_tail = get_list(widths, c->tail_width, NET_HEAD_MAX);
    c->tail_prefix = known_prefix(json_get(j, "tail_prefix"));
}

static void get_family(const struct json *j, struct net_conf *c)
{
    for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++)
        if (is_word(json_get(j, "family"), FAMILIES[i]))
            c->family = (enum net_family)i;
    (void)get_list(json_get(j, "strides"), c->strides, NET_STAGES);
    c->middle = (int32_t)json_i64(json_get(j, "middle"), 0);
    c->decoder = json_bool(json_get(j, "decoder"), false);
}

status
weights_net_parse(const char *text, const char *path, struct net_conf *out)
{
    status st = OK;
    struct json *j = NULL;
    struct net_conf c = {0};
    int32_t size[3] = {0};
    int32_t planes;

    TRY(json_parse(text, strlen(text), path, &j));
    get_family(j, &c);
    c.block =
        is_word(json_get(j, "block"), "basic") ? NET_BASIC : NET_BOTTLENECK;
    c.stages = get_list(json_get(j, "layers"), c.layers, NET_STAGES);
    planes = get_list(json_get(j, "planes"), c.planes, NET_STAGES);
    c.widen = json_f64(json_get(j, "widen"), 0);
    c.in_channels = (int32_t)json_i64(json_get(j, "in_channels"), 1);
    ENSURE(get_list(json_get(j, "size"), size, 3) == 3 && c.stages >= 1 &&
               planes == c.stages,
           ERR_DATA, "%s: its text \"net\" is damaged: %s", path, text);
    memcpy(c.size, size, sizeof size);
    c.conv1_stride = (int32_t)json_i64(json_get(j, "conv1_stride"), 2);
    c.no_max_pool = !json_bool(json_get(j, "max_pool"), true);
    c.shortcut =
        is_word(json_get(j, "shortcut"), "A") ? NET_SHORTCUT_A : NET_SHORTCUT_B;
    c.bias_downsample = json_bool(json_get(j, "bias_downsample"), true);
    c.n_head = get_list(json_get(j, "head"), c.head, NET_HEAD_MAX);
    c.head_names = is_word(json_get(j, "head_names"), "list") ? NET_HEAD_LIST
                                                              : NET_HEAD_LAYERS;
    c.trunk_prefix = known_prefix(json_get(j, "trunk_prefix"));
    c.head_prefix = known_prefix(json_get(j, "head_prefix"));
    get_tail(j, &c);
    ENSURE(c.n_head >= 0 && c.n_tail >= 0, ERR_DATA,
           "%s: its text \"net\" is damaged: %s", path, text);
    c.views = 1;
    c.m = 1;
    *out = c;
out:
    json_free(j);
    return st;
}

status weights_net_conf(const struct ckpt *file,
                        const char *path,
                        struct net_conf *out)
{
    status st = OK;
    const char *text = ckpt_text(file, "net");

    ENSURE(text, ERR_DATA,
           "%s: says nothing of its network (text \"net\"); is it a weights "
           "file of fmcib-pretrain?",
           path);
    TRY(weights_net_parse(text, path, out));
out:
    return st;
}
