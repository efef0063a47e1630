#include "train/sampler.h"

#include "base/mem.h"

#include "det/stream.h"

struct sampler {
    struct sampler_conf conf;
    uint32_t per_group; /* entries of a group in an epoch, padded */
    uint32_t steps;
    uint32_t last;   /* shards of the last step */
    uint32_t epoch;  /* of order; UINT32_MAX = none yet */
    uint32_t *order; /* [rows] */
};

status sampler_new(const struct sampler_conf *conf, struct sampler **out)
{
    status st = OK;
    struct sampler *s = NULL;
    uint32_t batch;

    ENSURE(conf->groups > 0 && conf->shards % conf->groups == 0, ERR_CONF,
           "train.groups = %u does not divide train.shards = %u: a group is a "
           "block of whole shards; take a divisor",
           conf->groups, conf->shards);
    TRY(mem_new(1, sizeof *s, &s));
    s->conf = *conf;
    s->per_group = (conf->rows + conf->groups - 1) / conf->groups;
    batch = conf->shards / conf->groups * conf->items;
    s->steps = s->per_group / batch;
    ENSURE(!conf->keep_last || conf->groups == 1, ERR_CONF,
           "a smaller last batch (train.drop_last: false) cannot be cut into "
           "%u groups",
           conf->groups);
    s->last = conf->shards;
    if (conf->keep_last && conf->rows % batch >= conf->items) {
        s->steps++;
        s->last = conf->rows % batch / conf->items;
    }
    s->epoch = UINT32_MAX;
    ENSURE(s->steps > 0, ERR_DATA,
           "the list has %u rows, a step needs %u (train.shards = %u times "
           "train.items = %u): take fewer shards or items, or a longer list",
           conf->rows, conf->shards * conf->items, conf->shards, conf->items);
    TRY(mem_new(conf->rows, sizeof *s->order, &s->order));
    *out = s;
    s = NULL;
out:
    sampler_free(s);
    return st;
}

uint32_t sampler_steps(const struct sampler *s)
{
    return s->steps;
}

uint32_t sampler_shards(const struct sampler *s, uint32_t step)
{
    return step + 1 == s->steps ? s->last : s->conf.shards;
}

void sampler_rows(struct sampler *s,
                  uint32_t epoch,
                  uint32_t step,
                  uint32_t shard,
                  uint32_t *rows)
{
    const struct sampler_conf *c = &s->conf;
    uint32_t shards_of_group = c->shards / c->groups;
    uint32_t group = shard / shards_of_group;
    uint32_t first =
        (step * shards_of_group + shard % shards_of_group) * c->items;

    BUG_IF(step >= s->steps || shard >= c->shards);
    if (s->epoch != epoch) {
        struct stream draw = stream_at(c->seed, STREAM_SAMPLER, epoch, 0, 0);

        stream_permutation(&draw, c->rows, s->order);
        s->epoch = epoch;
    }
    for (uint32_t i = 0; i < c->items; i++)
        rows[i] = s->order[((first + i) * c->groups + group) % c->rows];
}

void sampler_free(struct sampler *s)
{
    if (!s)
        return;
    mem_free(s->order);
    mem_free(s);
}
