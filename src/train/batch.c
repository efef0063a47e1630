/* Reading is done by the calling thread (netCDF); the team then augments, one
 * shard an item, each member in its own staging block. */
#include "train/batch.h"

#include <inttypes.h>

#include "base/mem.h"

#include "det/stream.h"

/* Live negatives are read one step ahead, into buffers that change places with
 * those in use. */
struct ahead {
    bool there; /* begun */
    uint32_t epoch, step, n;
    uint32_t *rows;        /* [block.n][items] */
    struct patch *patches; /* [2][block.n][items]: now, ahead */
    char *raw;
};

struct batch {
    struct batch_conf conf;
    struct source *source;
    struct sampler *sampler;
    struct team *team;
    struct net *net[BATCH_PARTS];
    uint32_t epoch;
    uint32_t *rows;        /* [block.n][items] */
    struct patch *patches; /* [block.n][items][kinds] */
    struct ahead ahead;    /* live negatives of the step that comes */
    char *raw;             /* their voxels, max_bytes each */
    float *views;          /* [threads][views_len] */
    float *scratch;        /* [threads][scratch_len] */
    size_t views_len;      /* of the larger part: all views of a shard */
    size_t chain_len;      /* of what a chain makes, front of the scratch */
    size_t scratch_len;
};

static size_t cube(int64_t n)
{
    return (size_t)(n * n * n);
}

/* A multiple of a cache line. */
static size_t in_lines(size_t floats)
{
    return (floats + 15) & ~(size_t)15;
}

/* What a chain makes; the larger of the parts. */
static size_t chain_floats(const struct batch_conf *c, const struct source *s)
{
    size_t most = 0;

    for (uint32_t i = 0; i < c->parts; i++) {
        size_t len =
            augment_chain_len(&c->part[i].chain, source_facts(s)->max_edge);

        most = len > most ? len : most;
    }
    return in_lines(most);
}

/* That and the chain's scratch, of a thread. */
static size_t scratch_floats(const struct batch_conf *c, const struct source *s)
{
    size_t most = 0;

    for (uint32_t i = 0; i < c->parts; i++) {
        size_t len =
            augment_chain_scratch(&c->part[i].chain, source_facts(s)->max_edge);

        most = len > most ? len : most;
    }
    return chain_floats(c, s) + in_lines(most);
}

static size_t staging_floats(const struct batch_conf *c)
{
    size_t most = 0;

    for (uint32_t i = 0; i < c->parts; i++) {
        size_t len = (size_t)c->kinds * c->part[i].views * c->items *
                     cube(c->part[i].size);

        most = len > most ? len : most;
    }
    return most;
}

static size_t raw_bytes(const struct source *s)
{
    return (source_facts(s)->max_bytes + 63) & ~(size_t)63;
}

static bool is_live(const struct batch_conf *c, const struct source *s)
{
    return c->kinds > 1 && source_facts(s)->live;
}

size_t
batch_bytes(const struct batch_conf *c, const struct source *s, int threads)
{
    size_t patches = (size_t)c->block.n * c->items * c->kinds;
    size_t staging = staging_floats(c);

    if (is_live(c, s)) /* two sets of negatives beside the plain one */
        patches += 2 * (size_t)c->block.n * c->items;
    return patches * (raw_bytes(s) + sizeof(struct patch)) +
           (size_t)threads * (staging + scratch_floats(c, s)) * sizeof(float);
}

static status ahead_new(struct batch *b, size_t items)
{
    status st = OK;
    struct ahead *a = &b->ahead;

    TRY(mem_new(items, sizeof *a->rows, &a->rows));
    TRY(mem_new(2 * items, sizeof *a->patches, &a->patches));
    TRY(mem_raw(2 * items, raw_bytes(b->source), &a->raw));
    for (size_t i = 0; i < 2 * items; i++)
        a->patches[i].data = a->raw + i * raw_bytes(b->source);
out:
    return st;
}

status batch_new(const struct batch_conf *conf,
                 struct source *source,
                 struct sampler *sampler,
                 struct team *team,
                 struct batch **out)
{
    status st = OK;
    struct batch *b = NULL;
    size_t items = (size_t)conf->block.n * conf->items;
    size_t threads = (size_t)team_size(team);

    BUG_IF(conf->parts < 1 || conf->parts > BATCH_PARTS ||
           (conf->parts > 1 && conf->kinds > 1));
    TRY(mem_new(1, sizeof *b, &b));
    b->conf = *conf;
    b->source = source;
    b->sampler = sampler;
    b->team = team;
    b->views_len = staging_floats(conf);
    b->chain_len = chain_floats(conf, source);
    b->scratch_len = scratch_floats(conf, source);
    TRY(mem_new(items, sizeof *b->rows, &b->rows));
    TRY(mem_new(items * conf->kinds, sizeof *b->patches, &b->patches));
    TRY(mem_raw(items * conf->kinds, raw_bytes(source), &b->raw));
    TRY(mem_raw(threads * b->views_len, sizeof(float), &b->views));
    TRY(mem_raw(threads * b->scratch_len, sizeof(float), &b->scratch));
    if (is_live(conf, source))
        TRY(ahead_new(b, items));
    *out = b;
    b = NULL;
out:
    batch_free(b);
    return st;
}

static status read_item(struct batch *b, size_t item)
{
    status st = OK;
    uint32_t row = b->rows[item];
    uint32_t kinds = b->conf.kinds;
    size_t size = raw_bytes(b->source);
    char *raw = b->raw + item * kinds * size;
    struct patch *p = &b->patches[item * kinds];
    struct stream draw =
        stream_at(b->conf.seed, STREAM_NEGATIVE, b->epoch, row, 0);

    TRY(source_read(b->source, row, -1, raw, &p[0]));
    if (b->ahead.raw) {
        p[1] = b->ahead.patches[item];
    } else if (kinds > 1) {
        uint64_t k = stream_below(&draw, source_facts(b->source)->negatives);

        TRY(source_read(b->source, row, (int32_t)k, raw + size, &p[1]));
    }
out:
    return st;
}

/* Transforms clamp values and would hide that one is no number. */
static status check_item(const struct batch *b, size_t item)
{
    status st = OK;
    uint32_t kinds = b->conf.kinds;

    for (uint32_t k = 0; k < kinds; k++)
        TRY(source_numbers(&b->patches[item * kinds + k]));
out:
    if (st != OK)
        status_prefix("shard %zu, row %" PRIu32 ": ",
                      b->conf.block.lo + item / b->conf.items, b->rows[item]);
    return st;
}

/* All views of one part of a shard; view numbers start at `first`. */
static status
make_part(struct batch *b, size_t part, size_t local, int member, size_t first)
{
    status st = OK;
    const struct batch_conf *c = &b->conf;
    const struct batch_part *p = &c->part[part];
    size_t m = c->items;
    size_t len = cube(p->size);
    float *views = b->views + (size_t)member * b->views_len;
    float *scratch = b->scratch + (size_t)member * b->scratch_len;

    for (size_t v = 0; v < (size_t)c->kinds * p->views; v++)
        for (size_t j = 0; j < m; j++) {
            size_t item = local * m + j;
            struct image view = {.data = scratch};
            struct stream draw = stream_at(c->seed, STREAM_AUGMENT, b->epoch,
                                           b->rows[item], first + v);

            TRY(augment_chain_view(&p->chain,
                                   &b->patches[item * c->kinds + v / p->views],
                                   &draw, &view, scratch + b->chain_len));
            image_fit(&view, p->size, views + (v * m + j) * len);
        }
    net_put_f32(b->net[part], (uint32_t)local, views);
out:
    return st;
}

static status make_shard(void *ctx, size_t local, int member)
{
    status st = OK;
    struct batch *b = ctx;
    size_t first = 0;

    for (size_t j = 0; j < b->conf.items; j++)
        TRY(check_item(b, local * b->conf.items + j));
    for (size_t i = 0; i < b->conf.parts; i++) {
        TRY(make_part(b, i, local, member, first));
        first += (size_t)b->conf.kinds * b->conf.part[i].views;
    }
out:
    return st;
}

/* Rows of the local shards that have a batch in this step; how many shards. */
static uint32_t
rows_of(struct batch *b, uint32_t epoch, uint32_t step, uint32_t *rows)
{
    uint32_t lo = b->conf.block.lo;
    uint32_t shards = sampler_shards(b->sampler, step);
    uint32_t n = lo >= shards ? 0 : shards - lo;

    n = n < b->conf.block.n ? n : b->conf.block.n;
    for (uint32_t i = 0; i < n; i++)
        sampler_rows(b->sampler, epoch, step, lo + i,
                     rows + (size_t)i * b->conf.items);
    for (size_t i = 0; b->conf.pick && i < (size_t)n * b->conf.items; i++)
        rows[i] = b->conf.pick[rows[i]];
    return n;
}

static void start_ahead(struct batch *b, uint32_t epoch, uint32_t step)
{
    struct ahead *a = &b->ahead;
    size_t items = (size_t)b->conf.block.n * b->conf.items;

    a->there = true;
    a->epoch = epoch;
    a->step = step;
    a->n = rows_of(b, epoch, step, a->rows) * b->conf.items;
    source_negatives_start(b->source, epoch, a->rows, a->n, a->patches + items);
}

/* The negatives of this step, and those of the next one are begun. */
static status take_ahead(struct batch *b, uint32_t epoch, uint32_t step)
{
    status st = OK;
    struct ahead *a = &b->ahead;
    size_t items = (size_t)b->conf.block.n * b->conf.items;
    uint32_t steps = sampler_steps(b->sampler);

    if (a->there && (a->epoch != epoch || a->step != step)) {
        (void)source_negatives_wait(b->source); /* of another step */
        a->there = false;
    }
    if (!a->there)
        start_ahead(b, epoch, step);
    a->there = false;
    TRY(source_negatives_wait(b->source));
    for (size_t i = 0; i < items; i++) {
        struct patch now = a->patches[i];

        a->patches[i] = a->patches[items + i];
        a->patches[items + i] = now;
    }
    start_ahead(b, step + 1 < steps ? epoch : epoch + 1,
                step + 1 < steps ? step + 1 : 0);
out:
    return st;
}

status batch_fill(struct batch *b,
                  struct net *const net[],
                  uint32_t epoch,
                  uint32_t step)
{
    status st = OK;
    uint32_t n = rows_of(b, epoch, step, b->rows);

    for (uint32_t i = 0; i < b->conf.parts; i++)
        b->net[i] = net[i];
    b->epoch = epoch;
    if (b->ahead.raw)
        TRY(take_ahead(b, epoch, step));
    for (size_t i = 0; i < (size_t)n * b->conf.items; i++)
        TRY(read_item(b, i));
    TRY(team_run(b->team, n, make_shard, b));
out:
    return st;
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    if (b->ahead.there)
        (void)source_negatives_wait(b->source);
    mem_free(b->ahead.rows);
    mem_free(b->ahead.patches);
    mem_free(b->ahead.raw);
    mem_free(b->rows);
    mem_free(b->patches);
    mem_free(b->raw);
    mem_free(b->views);
    mem_free(b->scratch);
    mem_free(b);
}
