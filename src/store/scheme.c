#include "store/scheme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const WRAPPERS[] = {"model.", "module.", "_orig_mod."};
static const char *const TRUNKS[] = {"trunk.", "backbone."};
static const char *const HEADS[] = {"heads.", "projection_head.",
                                    "prediction_head.", "prototypes."};
/* Which key tells a trunk. */
static const char *const MARKS[] = {"conv1.weight",
                                    "down_tr64.ops.0.conv1.weight",
                                    "encode.encode_0.conv.weight"};
/* Decoders, of the trunk with this mark. */
static const struct {
    size_t mark;
    const char *begins;
} DECODERS[] = {
    {1, "up_tr64."}, {1, "up_tr128."}, {1, "up_tr256."},
    {1, "out_tr."},  {2, "decode."},
};
static const char *const HOMES[] = {"trunk_state_dict/", "state_dict/", ""};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static const char *unwrap(const char *key)
{
    for (size_t i = 0; i < COUNT(WRAPPERS); i++)
        if (starts(key, WRAPPERS[i]))
            return unwrap(key + strlen(WRAPPERS[i]));
    return key;
}

/* The prefix of `list` that key begins with, NULL if none. */
static const char *prefix_of(const char *key, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (starts(key, list[i]))
            return list[i];
    return NULL;
}

/* ---- order ----------------------------------------------------------------
 */

/* Places of parts of names among their siblings: convK and bnK alternate, what
 * a layer does behind its convolution and shortcuts follow; numbers by value.
 */
static const struct {
    const char *word;
    long rank;
    bool numbered; /* more for its number */
    int step;
} PLACES[] = {
    {"weight", 0, false, 0},
    {"bias", 1, false, 0},
    {"running_mean", 2, false, 0},
    {"running_var", 3, false, 0},
    {"num_batches_tracked", 4, false, 0},
    {"conv", 90, false, 0},
    {"adn", 91, false, 0},
    {"residual", 92, false, 0},
    {"conv", 100, true, 2},
    {"bn", 101, true, 2},
    {"downsample", 200, false, 0},
    {"layer", 300, true, 1},
    {"down_tr", 400, true, 1},
    {"encode", 400, false, 0},
    {"intermediate", 401, false, 0},
    {"encode_", 500, true, 1},
    {"decode_", 500, true, 1},
    {"unit", 500, true, 1},
    {"", 1000, true, 1},
};
static const long NO_PLACE = 100000000;

static long rank_of(const char *part, size_t n)
{
    for (size_t i = 0; i < COUNT(PLACES); i++) {
        size_t len = strlen(PLACES[i].word);
        const char *digits = part + len;
        char *end = NULL;
        long v;

        if (n < len || memcmp(part, PLACES[i].word, len) != 0)
            continue;
        if (n == len && !PLACES[i].numbered)
            return PLACES[i].rank;
        if (!PLACES[i].numbered || n == len || n > len + 7 || digits[0] < '0' ||
            digits[0] > '9')
            continue;
        v = strtol(digits, &end, 10);
        if (end == part + n)
            return PLACES[i].rank + PLACES[i].step * v;
    }
    return NO_PLACE;
}

static int compare_names(const char *a, const char *b)
{
    const char *p = a;
    const char *q = b;

    while (*p && *q) {
        size_t n = strcspn(p, ".");
        size_t m = strcspn(q, ".");
        long x = rank_of(p, n);
        long y = rank_of(q, m);
        int c = memcmp(p, q, n < m ? n : m);

        if (x != y)
            return x < y ? -1 : 1;
        if (c != 0 || n != m)
            return c != 0 ? c : n < m ? -1 : 1;
        p += n + (p[n] == '.');
        q += m + (q[m] == '.');
    }
    return strcmp(a, b);
}

static int by_name(const void *a, const void *b)
{
    const struct scheme_item *x = a;
    const struct scheme_item *y = b;
    const char *const *end = HEADS + COUNT(HEADS);

    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    for (const char *const *h = HEADS; x->role == SCHEME_HEAD && h < end; h++)
        if (starts(x->name, *h) != starts(y->name, *h))
            return starts(x->name, *h) ? -1 : 1;
    return compare_names(x->bare, y->bare);
}

bool scheme_is_buffer(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *last = dot ? dot + 1 : name;

    return starts(last, "running_") || strcmp(last, "num_batches_tracked") == 0;
}

/* ---- finding --------------------------------------------------------------
 */

static const char *mark_of(const char *name)
{
    for (size_t i = 0; i < COUNT(MARKS); i++)
        if (strcmp(name, MARKS[i]) == 0)
            return MARKS[i];
    return NULL;
}

/* Does the dictionary hold a trunk? Its prefix behind the wrappers, or NULL;
 * *key is the key that tells, which ends with *mark. */
static const char *trunk_of(const struct state *s,
                            const char *home,
                            const char **key,
                            const char **mark)
{
    for (size_t i = 0; i < state_count(s); i++) {
        const char *name = state_at(s, i)->name;
        const char *rest = NULL;
        const char *prefix = NULL;

        if (!starts(name, home))
            continue;
        *key = name + strlen(home);
        rest = unwrap(*key);
        prefix = prefix_of(rest, TRUNKS, COUNT(TRUNKS));
        *mark = mark_of(rest + (prefix ? strlen(prefix) : 0));
        if (*mark)
            return prefix ? prefix : "";
    }
    return NULL;
}

/* Something like a trunk under another prefix: what stands before the last
 * "layer1.0.conv1.weight". */
static status fail_unknown(const struct state *s)
{
    const char *end = "layer1.0.conv1.weight";

    for (size_t i = 0; i < state_count(s); i++) {
        const char *name = state_at(s, i)->name;
        size_t n = strlen(name);

        if (n > strlen(end) && strcmp(name + n - strlen(end), end) == 0)
            return status_fail(
                ERR_DATA, __FILE__, __LINE__,
                "%s: no layout that is known here: its trunk seems to lie "
                "under \"%.*s\" (%s); known are trunk_state_dict, state_dict "
                "and the top level, with model., module., trunk., backbone.",
                state_path(s), (int)(n - strlen(end)), name, name);
    }
    return status_fail(
        ERR_DATA, __FILE__, __LINE__,
        "%s: holds no trunk: none of its %zu tensors (%s, ...) is a "
        "conv1.weight of trunk_state_dict, state_dict or the top level",
        state_path(s), state_count(s), state_at(s, 0)->name);
}

/* Put one name into l->names, which has room, and make it the item's. */
static void name_item(struct scheme *l,
                      size_t *used,
                      struct scheme_item *item,
                      const char *prefix,
                      const char *bare)
{
    size_t n = strlen(prefix);
    size_t len = n + strlen(bare) + 1;
    char *to = l->names + *used;

    (void)snprintf(to, len, "%s%s", prefix, bare);
    item->name = to;
    item->bare = to + n;
    *used += len;
}

/* A trunk as it was found. */
struct trunk {
    const char *prefix;
    const char *key, *mark;
};

static bool is_decoder(const struct trunk *trunk, const char *rest)
{
    for (size_t i = 0; i < COUNT(DECODERS); i++)
        if (trunk->mark == MARKS[DECODERS[i].mark] &&
            starts(rest, DECODERS[i].begins))
            return true;
    return false;
}

static void add_item(struct scheme *l,
                     const char *key,
                     const struct trunk *trunk,
                     size_t tensor,
                     size_t *used)
{
    struct scheme_item *item = &l->item[l->n++];
    const char *rest = unwrap(key);
    const char *head = prefix_of(rest, HEADS, COUNT(HEADS));

    item->tensor = tensor;
    if (head) {
        item->role = SCHEME_HEAD;
        name_item(l, used, item, head, rest + strlen(head));
        if (l->head_prefix[0] == '\0')
            l->head_prefix = head;
        return;
    }
    if (trunk->prefix[0] && starts(rest, trunk->prefix))
        rest += strlen(trunk->prefix);
    else if (trunk->prefix[0])
        rest = key; /* not under the trunk's prefix: unexpected as it is */
    if (is_decoder(trunk, rest)) {
        item->role = SCHEME_DECODER;
        l->n_decoder++;
    } else {
        l->n_trunk++;
    }
    name_item(l, used, item, l->trunk_prefix, rest);
}

/* "state_dict, model.trunk., model.heads." */
static void describe(struct scheme *l,
                     const char *home,
                     const struct trunk *trunk_at,
                     const char *head_key)
{
    const char *where = home[0] ? home : "top level";
    int n = snprintf(l->what, sizeof l->what, "%.*s", (int)strcspn(where, "/"),
                     where);
    size_t trunk = strlen(trunk_at->key) - strlen(trunk_at->mark);
    const char *head = head_key ? unwrap(head_key) : NULL;

    if (trunk > 0 && trunk < 30 && n < (int)sizeof l->what)
        n += snprintf(l->what + n, sizeof l->what - (size_t)n, ", %.*s",
                      (int)trunk, trunk_at->key);
    if (home == HOMES[0] && l->n > l->n_trunk + l->n_decoder &&
        n < (int)sizeof l->what)
        n += snprintf(l->what + n, sizeof l->what - (size_t)n,
                      ", head_state_dict");
    if (head && head - head_key < 30 && n < (int)sizeof l->what)
        (void)snprintf(l->what + n, sizeof l->what - (size_t)n, ", %.*s%s",
                       (int)(head - head_key), head_key, l->head_prefix);
}

static status check_names(const struct state *s, const struct scheme *l)
{
    status st = OK;

    for (size_t i = 1; i < l->n; i++)
        ENSURE(strcmp(l->item[i - 1].name, l->item[i].name) != 0, ERR_DATA,
               "%s: %s and %s are both %s", state_path(s),
               state_at(s, l->item[i - 1].tensor)->name,
               state_at(s, l->item[i].tensor)->name, l->item[i].name);
out:
    return st;
}

/* What checkpoints of ours hold beside weights: "momentum:conv1.weight",
 * "step".
 */
static bool is_beside(const struct state *s, const char *key)
{
    static const char *const counts[] = {"optim.steps", "step", "best.step",
                                         "best.value"};
    bool found = strchr(key, '/') != NULL;

    if (state_format(s) != STATE_NETCDF)
        return found;
    for (size_t i = 0; i < COUNT(counts); i++)
        found = found || strcmp(key, counts[i]) == 0;
    return found || strchr(key, ':') != NULL;
}

static status fill(const struct state *s,
                   struct scheme *l,
                   const char *home,
                   const struct trunk *trunk)
{
    status st = OK;
    size_t room = 0;
    size_t used = 0;
    const char *head_key = NULL;

    for (size_t i = 0; i < state_count(s); i++)
        room += strlen(state_at(s, i)->name) + 32;
    TRY(mem_raw(room, 1, &l->names));
    TRY(mem_new(state_count(s), sizeof *l->item, &l->item));
    l->trunk_prefix =
        strcmp(trunk->prefix, "backbone.") == 0 ? trunk->prefix : "";
    l->head_prefix = "";
    for (size_t i = 0; i < state_count(s); i++) {
        const char *name = state_at(s, i)->name;
        const char *key = name + strlen(home);

        if (home == HOMES[0] && starts(name, "head_state_dict/")) {
            struct scheme_item *item = &l->item[l->n++];

            *item = (struct scheme_item){.tensor = i, .role = SCHEME_HEAD};
            name_item(l, &used, item, HEADS[0], name + 16);
            l->head_prefix = HEADS[0];
        } else if (!starts(name, home) || is_beside(s, key)) {
            l->n_left++;
        } else {
            add_item(l, key, trunk, i, &used);
            if (l->item[l->n - 1].role == SCHEME_HEAD && !head_key)
                head_key = key;
        }
    }
    qsort(l->item, l->n, sizeof *l->item, by_name);
    if (l->n >
        l->n_trunk +
            l->n_decoder) /* the projection's, whatever the file's order */
        l->head_prefix =
            prefix_of(l->item[l->n_trunk].name, HEADS, COUNT(HEADS));
    describe(l, home, trunk, head_key);
    TRY(check_names(s, l));
out:
    return st;
}

status scheme_find(const struct state *s, struct scheme **out)
{
    status st = OK;
    struct scheme *l = NULL;
    struct trunk trunk = {0};
    size_t home = 0;

    for (; !trunk.prefix && home < COUNT(HOMES); home++)
        trunk.prefix = trunk_of(s, HOMES[home], &trunk.key, &trunk.mark);
    if (!trunk.prefix)
        TRY(fail_unknown(s));
    TRY(mem_new(1, sizeof *l, &l));
    TRY(fill(s, l, HOMES[home - 1], &trunk));
    *out = l;
    l = NULL;
out:
    scheme_free(l);
    return st;
}

status scheme_all(const struct state *s, struct scheme **out)
{
    status st = OK;
    struct scheme *l = NULL;

    TRY(mem_new(1, sizeof *l, &l));
    TRY(mem_new(state_count(s), sizeof *l->item, &l->item));
    (void)snprintf(l->what, sizeof l->what, "all tensors as they are");
    l->trunk_prefix = l->head_prefix = "";
    l->n = l->n_trunk = state_count(s);
    for (size_t i = 0; i < l->n; i++)
        l->item[i] = (struct scheme_item){.tensor = i,
                                          .name = state_at(s, i)->name,
                                          .bare = state_at(s, i)->name};
    qsort(l->item, l->n, sizeof *l->item, by_name);
    *out = l;
    l = NULL;
out:
    scheme_free(l);
    return st;
}

void scheme_free(struct scheme *l)
{
    if (!l)
        return;
    mem_free(l->item);
    mem_free(l->names);
    mem_free(l);
}
