#include "train/start.h"

#include <string.h>

#include "base/log.h"

#include "train/import.h"
#include "train/weights.h"

struct origin {
    const char *path;
    const struct net_conf *ours, *theirs;
    bool speaks; /* this rank warns */
};

static status differs(const struct origin *o, const char *key, const char *what)
{
    return status_fail(ERR_DATA, __FILE__, __LINE__,
                       "%s: is of another network than %s says (%s); give the "
                       "keys net.* that it was trained with",
                       o->path, key, what);
}

static status compare_widths(const struct origin *o)
{
    status st = OK;
    const struct net_conf *a = o->ours;
    const struct net_conf *b = o->theirs;

    ENSURE(a->stages == b->stages, ERR_DATA,
           "%s: has %d stages, net.layers has %d", o->path, b->stages,
           a->stages);
    for (int i = 0; i < a->stages; i++) {
        ENSURE(a->layers[i] == b->layers[i], ERR_DATA,
               "%s: has %d blocks in stage %d, net.layers says %d", o->path,
               b->layers[i], i + 1, a->layers[i]);
        ENSURE((int32_t)(a->planes[i] * a->widen) ==
                   (int32_t)(b->planes[i] * b->widen),
               ERR_DATA,
               "%s: is %d planes x %g wide in stage %d, net.planes and "
               "net.widen say %d x %g",
               o->path, b->planes[i], b->widen, i + 1, a->planes[i], a->widen);
    }
out:
    return st;
}

static status compare_autoencoder(const struct origin *o)
{
    status st = OK;
    const struct net_conf *a = o->ours;
    const struct net_conf *b = o->theirs;

    TRY(compare_widths(o));
    ENSURE(a->middle == b->middle, ERR_DATA,
           "%s: is %d wide in the middle, net.middle says %d", o->path,
           b->middle, a->middle);
    for (int i = 0; i < a->stages; i++)
        ENSURE(a->strides[i] == b->strides[i], ERR_DATA,
               "%s: has stride %d in stage %d, net.strides says %d", o->path,
               b->strides[i], i + 1, a->strides[i]);
out:
    return st;
}

/* told: the file says what shapes do not. */
static status compare_trunk(const struct origin *o, bool told)
{
    status st = OK;
    const struct net_conf *a = o->ours;
    const struct net_conf *b = o->theirs;

    if (a->family != b->family)
        TRY(differs(o, "net.family", weights_family(b->family)));
    if (a->family == NET_GENESIS)
        return compare_widths(o);
    if (a->family == NET_AUTOENCODER)
        return compare_autoencoder(o);
    if (a->block != b->block)
        TRY(differs(o, "net.block",
                    b->block == NET_BASIC ? "basic" : "bottleneck"));
    TRY(compare_widths(o));
    if (a->shortcut != b->shortcut)
        TRY(differs(o, "net.shortcut",
                    b->shortcut == NET_SHORTCUT_A ? "A" : "B"));
    if (a->bias_downsample != b->bias_downsample)
        TRY(differs(o, "net.bias_downsample",
                    b->bias_downsample ? "true" : "false"));
    if (told && a->no_max_pool != b->no_max_pool)
        TRY(differs(o, "net.max_pool", b->no_max_pool ? "false" : "true"));
    if (told && a->conv1_stride != b->conv1_stride && o->speaks)
        log_warn("%s: was trained with net.conv1_stride: %d, here it is %d; "
                 "the weights fit, but their features change",
                 o->path, b->conv1_stride, a->conv1_stride);
out:
    return st;
}

static status compare_head(const struct origin *o, bool told)
{
    status st = OK;
    const struct net_conf *a = o->ours;
    const struct net_conf *b = o->theirs;
    int32_t own = a->n_head > 0 ? a->head[a->n_head - 1] : 0;
    int32_t last = b->n_head > 0 ? b->head[b->n_head - 1] : 0;

    ENSURE(a->decoder == b->decoder, ERR_DATA,
           "%s: has %s decoder of an auto-encoder, this training %s; "
           "start.from: trunk takes the encoder alone",
           o->path, b->decoder ? "the" : "no",
           b->decoder ? "needs none" : "needs it");
    ENSURE(last == own, ERR_DATA,
           "%s: its head has %d outputs, net.head says %d: it was trained for "
           "another task; start.from: trunk takes the trunk alone",
           o->path, last, own);
    ENSURE(a->n_head == b->n_head &&
               memcmp(a->head, b->head,
                      (size_t)a->n_head * sizeof a->head[0]) == 0,
           ERR_DATA,
           "%s: its head has %d layers of other widths than net.head; "
           "start.from: trunk takes the trunk alone",
           o->path, b->n_head);
    ENSURE(a->head_names == b->head_names, ERR_DATA,
           "%s: its head is a %s; start.from: trunk takes the trunk alone",
           o->path,
           b->head_names == NET_HEAD_LIST ? "head of supervised training"
                                          : "projection head of pretraining");
    ENSURE(
        !told || (a->head_norm == b->head_norm &&
                  a->head_norm_last == b->head_norm_last && a->tail == b->tail),
        ERR_DATA,
        "%s: its heads are of another loss.name; start.from: trunk takes the "
        "trunk alone",
        o->path);
out:
    return st;
}

static status check_words(const struct train_conf *c)
{
    static const char *const from[] = {"random", "trunk", "all"};
    status st = OK;

    ENSURE((c->start == START_RANDOM) == (c->weights[0] == '\0'), ERR_CONF,
           "start.from: %s and start.weights: \"%s\" do not go together: a "
           "random start has no weights, the others need them",
           from[c->start], c->weights);
out:
    return st;
}

status training_start_open(struct training *t)
{
    status st = OK;
    const struct train_conf *c = t->io->conf;
    bool told = false;
    struct net_conf theirs = {0};
    struct origin o = {c->weights, &t->part[0].conf, &theirs,
                       par_rank(t->io->par) == 0};

    TRY(check_words(c));
    if (c->start == START_RANDOM)
        return OK;
    TRY(import_open(c->weights, &t->start));
    TRY(import_net_conf(t->start, &theirs, &told));
    TRY(compare_trunk(&o, told));
    if (c->start == START_ALL)
        TRY(compare_head(&o, told));
out:
    return st;
}

status training_start(struct training *t, char digest[SHA256_HEX])
{
    status st = OK;
    const struct train_conf *c = t->io->conf;

    digest[0] = '\0';
    if (!t->start)
        return OK;
    TRY(import_fill(t->start, &t->part[0].conf, t->net, t->io->team, t->dtype,
                    c->start == START_TRUNK));
    memcpy(digest, import_digest(t->start), SHA256_HEX);
    import_close(t->start);
    t->start = NULL;
out:
    return st;
}
