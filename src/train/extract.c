/* Rows are cut into one block for each rank; a rank goes through its block in
 * chunks of threads x batch rows, one shard of the network for each thread.
 * In evaluation mode shards never meet. */
#include "train/extract.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#include "det/shard.h"
#include "train/import.h"
#include "vol/augment/augment.h"

struct extract {
    const struct extract_io *io;
    struct dev *dev;
    struct meet meet; /* local shards only, never called */
    struct net *net;
    struct net_conf conf;
    char digest[SHA256_HEX]; /* of the weights */
    struct block rows;       /* of this rank */
    uint32_t *order;         /* [rows.n] as they are read */
    uint32_t first;          /* of the chunk, in order */
    uint32_t n;              /* rows in the chunk */
    char *raw;               /* [threads * batch] patches, max_bytes each */
    struct patch *patches;   /* [threads * batch] */
    float *views;            /* [threads][batch][size^3] */
    float *value;            /* [rows.n][features] */
    float *shard;            /* [batch][features] */
    size_t view_len;
};

static status open_net(struct extract *x)
{
    status st = OK;
    struct import *file = NULL;
    enum dtype dtype;
    bool told = false;

    TRY(compute_open(x->io->compute, &x->dev));
    dtype = dev_facts(x->dev).dtype;
    TRY(import_open(x->io->weights, &file));
    TRY(import_net_conf(file, &x->conf, &told));
    x->conf.n_head = 0;
    x->conf.m = (int32_t)x->io->batch;
    x->meet.shards = (uint32_t)team_size(x->io->team);
    x->meet.shard_n = x->meet.shards;
    TRY(net_new(&x->conf, &x->meet, x->io->team, x->dev, &x->net));
    TRY(import_fill(file, &x->conf, x->net, x->io->team, dtype, true));
    memcpy(x->digest, import_digest(file), SHA256_HEX);
    if (!told && par_rank(x->io->par) == 0 && !x->io->quiet)
        log_info("%s says no stem stride; taken as the published weights have "
                 "it, 2",
                 x->io->weights);
out:
    import_close(file);
    return st;
}

static status make_buffers(struct extract *x)
{
    status st = OK;
    const struct source_facts *f = source_facts(x->io->source);
    size_t chunk = (size_t)x->meet.shards * x->io->batch;
    int32_t size = x->conf.size[0];

    x->view_len = (size_t)size * (size_t)size * (size_t)size;
    TRY(mem_raw(chunk, f->max_bytes, &x->raw));
    TRY(mem_new(chunk, sizeof *x->patches, &x->patches));
    TRY(mem_new(chunk * x->view_len, sizeof(float), &x->views));
    TRY(mem_new((size_t)x->io->batch * (size_t)net_planned(x->net)->features,
                sizeof(float), &x->shard));
    TRY(mem_new((size_t)x->rows.n * (size_t)net_planned(x->net)->features,
                sizeof(float), &x->value));
    TRY(mem_new(x->rows.n, sizeof *x->order, &x->order));
    TRY(source_order(x->io->source, x->rows.lo, x->rows.n, x->order));
out:
    return st;
}

static status make_shard(void *ctx, size_t shard, int member)
{
    status st = OK;
    struct extract *x = ctx;
    size_t batch = x->io->batch;
    float *views = x->views + shard * batch * x->view_len;
    bool normalised = source_facts(x->io->source)->normalised;

    (void)member;
    for (size_t j = 0; j < batch; j++) {
        size_t i = shard * batch + j;

        if (i < x->n)
            TRY((normalised ? augment_fit : augment_plain)(
                x->conf.size[0], &x->patches[i], views + j * x->view_len));
    }
    net_put_f32(x->net, (uint32_t)shard, views);
out:
    return st;
}

static status run_chunk(struct extract *x)
{
    status st = OK;
    size_t dim = (size_t)net_planned(x->net)->features;
    size_t batch = x->io->batch;
    size_t max_bytes = source_facts(x->io->source)->max_bytes;

    for (uint32_t i = 0; i < x->n; i++)
        TRY(source_read(x->io->source, x->order[x->first + i], -1,
                        x->raw + i * max_bytes, &x->patches[i]));
    TRY(team_run(x->io->team, x->meet.shards, make_shard, x));
    TRY(net_forward(x->net, OK, false));
    for (size_t s = 0; s * batch < x->n; s++) {
        size_t n = x->n - s * batch < batch ? x->n - s * batch : batch;

        net_features_f32(x->net, (uint32_t)s, x->shard);
        for (size_t j = 0; j < n; j++) {
            size_t row = x->order[x->first + s * batch + j] - x->rows.lo;

            memcpy(x->value + row * dim, x->shard + j * dim,
                   dim * sizeof *x->shard);
        }
    }
out:
    return st;
}

static status run_rows(struct extract *x)
{
    status st = OK;
    uint32_t chunk = x->meet.shards * x->io->batch;
    struct progress bar;

    progress_start(&bar, "extract", "patch", 0, x->rows.n,
                   par_rank(x->io->par) == 0 && !x->io->quiet);
    for (; x->first < x->rows.n; x->first += x->n) {
        uint32_t left = x->rows.n - x->first;

        x->n = left < chunk ? left : chunk;
        TRY(run_chunk(x));
        progress_show(&bar, x->first + x->n, "");
    }
    progress_end(&bar, x->rows.n, "");
out:
    return st;
}

/* The list's columns beside the values of all ranks; rank 0. */
static status
collect(const struct extract *x, const char *values, struct features **out)
{
    status st = OK;
    struct source *s = x->io->source;
    const struct source_facts *f = source_facts(s);
    uint32_t cols = source_cols(s);
    struct features *t = NULL;

    TRY(features_new(f->rows, (uint32_t)net_planned(x->net)->features, cols,
                     &t));
    memcpy(t->value, values, (size_t)t->rows * t->dim * sizeof *t->value);
    memcpy(t->weights, x->digest, SHA256_HEX);
    memcpy(t->input, f->digest, SHA256_HEX);
    for (uint32_t c = 0; c < cols; c++) {
        const char *name = source_col(s, c);

        /* a list's own row numbers, by the name pandas gives them */
        TRY(features_name(t, c, name[0] ? name : "Unnamed: 0"));
        for (uint32_t r = 0; r < t->rows; r++)
            TRY(features_cell(t, r, c, source_cell(s, r, c)));
    }
    *out = t;
    t = NULL;
out:
    features_free(t);
    return st;
}

static status gather(struct extract *x, struct features **out)
{
    status st = OK;
    char *all = NULL;
    size_t *sizes = NULL;
    size_t dim = (size_t)net_planned(x->net)->features;

    st = mem_new((size_t)par_size(x->io->par), sizeof *sizes, &sizes);
    TRY(par_agree(x->io->par, st));
    TRY(par_gather_bytes(x->io->par, x->value,
                         (size_t)x->rows.n * dim * sizeof *x->value, &all,
                         sizes));
    if (par_rank(x->io->par) == 0)
        st = collect(x, all, out);
    TRY(par_agree(x->io->par, st));
out:
    mem_free(all);
    mem_free(sizes);
    return st;
}

status extract_run(const struct extract_io *io, struct features **out)
{
    status st = OK;
    struct extract x = {.io = io};

    x.rows =
        shard_block(source_facts(io->source)->rows, (uint32_t)par_size(io->par),
                    (uint32_t)par_rank(io->par));
    st = open_net(&x);
    if (st == OK)
        st = make_buffers(&x);
    if (st == OK)
        st = run_rows(&x);
    TRY(par_agree(io->par, st));
    TRY(gather(&x, out));
out:
    mem_free(x.raw);
    mem_free(x.patches);
    mem_free(x.views);
    mem_free(x.value);
    mem_free(x.order);
    mem_free(x.shard);
    net_free(x.net);
    dev_close(x.dev);
    return st;
}
