/* The table of losses, and the way between shards and views. */
#include "nn/losses.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#include "nn/loss_kind.h"

static const struct loss_kind *const kinds[] = {
    &loss_infonce,      &loss_ntxent_mined, &loss_ntxent,     &loss_nnclr,
    &loss_nnclr_gather, &loss_ntxent_bank,  &loss_nnclr_bank, &loss_swav,
    &loss_ce,           &loss_bce,          &loss_mae,
};

struct loss {
    struct loss_conf conf;
    const struct loss_kind *kind;
    struct team *team;
    double *work;
};

static const struct loss_kind *find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

status
loss_new(const struct loss_conf *conf, struct team *team, struct loss **out)
{
    struct loss *l = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *l, &l));
    l->conf = *conf;
    l->kind = find(conf->name);
    l->team = team;
    ENSURE(l->kind, ERR_CONF, "there is no loss \"%s\"", conf->name);
    l->conf.name = l->kind->name;
    ENSURE(conf->n >= 1 && conf->d >= 1, ERR_CONF,
           "a loss over %u samples of width %u", conf->n, conf->d);
    ENSURE(conf->groups >= 1 && conf->n % conf->groups == 0, ERR_CONF,
           "the global batch of %u cannot be cut into %u groups", conf->n,
           conf->groups);
    ENSURE(!l->kind->temperature ||
               (isfinite(conf->temperature) && conf->temperature > 0),
           ERR_CONF, "temperature of the loss must be above 0");
    ENSURE(l->kind->views > 0 ||
               (conf->high >= 1 && conf->high + conf->low >= 2 &&
                conf->high + conf->low <= 64 && conf->epsilon > 0),
           ERR_CONF, "%s over %u high and %u low crops", conf->name, conf->high,
           conf->low);
    TRY(mem_new(l->kind->work(conf), sizeof *l->work, &l->work));
    *out = l;
    l = NULL;
out:
    loss_free(l);
    return st;
}

void loss_free(struct loss *l)
{
    if (!l)
        return;
    mem_free(l->work);
    mem_free(l);
}

size_t loss_bytes(const struct loss_conf *conf)
{
    const struct loss_kind *kind = find(conf->name);

    return kind ? kind->work(conf) * sizeof(double) : 0;
}

uint32_t loss_views(const struct loss *l)
{
    return l->kind->views ? l->kind->views : l->conf.high + l->conf.low;
}

/* The first output that is no number says which sample diverged. */
static status check_output(const struct loss *l, const struct loss_in *in)
{
    size_t d = l->conf.d;
    size_t rows = (size_t)loss_views(l) * in->n;
    status st = OK;

    for (size_t i = 0; i < rows * d; i++)
        ENSURE(isfinite(in->output[i]), ERR_NUMERIC,
               "loss %s: output %zu of sample %zu of the batch, view %zu, is "
               "not finite; the training has diverged or an input holds no "
               "number",
               l->kind->name, i % d, i / d % in->n, i / d / in->n);
out:
    return st;
}

status loss_run(struct loss *l, const struct loss_in *in, struct loss_out *out)
{
    struct loss_out result = {0};
    status st = OK;

    BUG_IF(in->n < 1 || in->n > l->conf.n || in->n % l->conf.groups != 0);
    BUG_IF(l->kind->target && !in->target);
    TRY(check_output(l, in));
    TRY(l->kind->run(&l->conf, l->team, l->work, in, &result));
    ENSURE(isfinite(result.value), ERR_NUMERIC,
           "loss %s is not finite; the training has diverged", l->kind->name);
    *out = result;
out:
    return st;
}

/* Where row j of shard s and view v begins. */
struct split {
    size_t shards, views, m, d;
};

static size_t by_view(const struct split *p, size_t s, size_t v, size_t j)
{
    return ((v * p->shards + s) * p->m + j) * p->d;
}

static size_t by_shard(const struct split *p, size_t s, size_t v, size_t j)
{
    return ((s * p->views + v) * p->m + j) * p->d;
}

void loss_by_view(const float *rows,
                  uint32_t shards,
                  uint32_t views,
                  uint32_t m,
                  uint32_t d,
                  double *embed)
{
    const struct split p = {shards, views, m, d};

    for (size_t s = 0; s < shards; s++)
        for (size_t v = 0; v < views; v++)
            for (size_t j = 0; j < m; j++) {
                const float *from = rows + by_shard(&p, s, v, j);
                double *to = embed + by_view(&p, s, v, j);

                for (size_t i = 0; i < d; i++)
                    to[i] = (double)from[i];
            }
}

void loss_by_view_f64(const double *rows,
                      uint32_t shards,
                      uint32_t views,
                      uint32_t m,
                      uint32_t d,
                      double *embed)
{
    const struct split p = {shards, views, m, d};

    for (size_t s = 0; s < shards; s++)
        for (size_t v = 0; v < views; v++)
            for (size_t j = 0; j < m; j++)
                memcpy(embed + by_view(&p, s, v, j),
                       rows + by_shard(&p, s, v, j), d * sizeof *embed);
}

void loss_by_shard(const double *grad,
                   const struct meet *meet,
                   uint32_t views,
                   uint32_t m,
                   uint32_t d,
                   double *rows)
{
    const struct split p = {meet->shards, views, m, d};

    for (size_t s = 0; s < meet->shard_n; s++)
        for (size_t v = 0; v < views; v++)
            for (size_t j = 0; j < m; j++)
                memcpy(rows + by_shard(&p, s, v, j),
                       grad + by_view(&p, meet->shard_lo + s, v, j),
                       d * sizeof *rows);
}
