/* Rows that are not finished are cut into one block for each rank; a rank goes
 * through its block in chunks of threads x batch rows, one shard of the network
 * for each thread. In evaluation mode shards never meet, but in groups: then a
 * chunk is the rows of a group, and a group is done again as a whole. A row
 * that cannot be had leaves its place in the chunk to the next. */
#include "train/extract.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "det/shard.h"
#include "train/extract_impl.h"

/* Rows lo .. lo + n - 1, as far as there are: are all finished? */
static bool have_all(const struct extract_done *d, uint32_t lo, uint32_t n)
{
    bool all = true;

    for (uint32_t r = lo; r < lo + n && r < d->rows; r++)
        all = all && d->have[r];
    return all;
}

static void take_group(struct extract *x, uint32_t lo, uint32_t n)
{
    for (uint32_t r = lo; r < lo + n && r < x->done.rows; r++)
        x->todo[x->n_todo++] = r;
}

/* What former runs have left, and this rank's block of the rest. */
static status share_rows(struct extract *x)
{
    status st = OK;
    struct extract_done *d = &x->done;
    struct par *par = x->io->par;
    uint32_t each = x->group > 0 ? x->group : 1;
    uint32_t left = 0;
    struct block b;

    if (par_rank(par) == 0)
        st = extract_load(x->io->out, d);
    TRY(par_agree(par, st));
    TRY(par_bcast(par, d->have, d->rows, 0));
    for (uint32_t lo = 0; lo < d->rows; lo += each)
        left += !have_all(d, lo, each);
    b = shard_block(left, (uint32_t)par_size(par), (uint32_t)par_rank(par));
    st = mem_new((size_t)b.n * each, sizeof *x->todo, &x->todo);
    for (uint32_t lo = 0, i = 0; st == OK && lo < d->rows; lo += each) {
        if (have_all(d, lo, each))
            continue;
        if (i >= b.lo && i < b.lo + b.n)
            take_group(x, lo, each);
        i++;
    }
    if (st == OK && x->group == 0) /* rows that go together stay in order */
        st = source_order(x->io->source, x->n_todo, x->todo);
    TRY(par_agree(par, st));
out:
    return st;
}

static status make_done(struct extract *x)
{
    status st = OK;
    const struct source_facts *f = source_facts(x->io->source);
    struct extract_done *d = &x->done;

    d->rows = f->rows;
    d->dim = (uint32_t)net_planned(x->net)->features;
    memcpy(d->input, f->digest, SHA256_HEX);
    TRY(mem_new(d->rows, 1, &d->have));
    if (par_rank(x->io->par) != 0)
        goto out;
    TRY(mem_new((size_t)d->rows * d->dim, sizeof *d->value, &d->value));
    TRY(mem_new(d->rows, sizeof *d->reason, &d->reason));
out:
    return st;
}

static status make_buffers(struct extract *x)
{
    status st = OK;
    const struct source_facts *f = source_facts(x->io->source);
    size_t chunk = (size_t)x->meet.shards * x->batch;
    int32_t size = x->conf.size[0];

    x->view_len = (size_t)size * (size_t)size * (size_t)size;
    TRY(mem_raw(chunk, f->max_bytes, &x->raw));
    TRY(mem_new(chunk, sizeof *x->patches, &x->patches));
    TRY(mem_new(chunk, sizeof *x->chunk, &x->chunk));
    TRY(mem_new(chunk * x->view_len, sizeof(float), &x->views));
    TRY(mem_new((size_t)x->batch * x->done.dim, sizeof(float), &x->shard));
    TRY(mem_new((size_t)x->n_todo * x->done.dim, sizeof(float), &x->value));
    TRY(mem_new(x->n_todo, sizeof *x->row, &x->row));
out:
    return st;
}

static status make_shard(void *ctx, size_t shard, int member)
{
    status st = OK;
    struct extract *x = ctx;
    size_t batch = x->batch;
    float *views = x->views + shard * batch * x->view_len;

    for (size_t j = 0; j < batch; j++) {
        size_t i = shard * batch + j;

        if (i < x->n_chunk)
            TRY(extract_view(x, &x->patches[i], member,
                             views + j * x->view_len));
    }
    net_put_f32(x->net, (uint32_t)shard, views);
out:
    return st;
}

static status
check_patch(const struct source *s, uint32_t row, const struct patch *p)
{
    status st = source_numbers(p);

    if (st != OK)
        source_blame(s, row);
    return st;
}

/* Does the next row go with those of the chunk, the first of which was todo
 * number `first`? */
static bool goes_along(const struct extract *x, uint32_t first)
{
    return x->group == 0 ||
           x->todo[x->next] / x->group == x->todo[first] / x->group;
}

/* The next chunk: rows that can be had. */
static status read_chunk(struct extract *x)
{
    status st = OK;
    struct source *s = x->io->source;
    size_t max_bytes = source_facts(s)->max_bytes;
    uint32_t first = x->next;

    x->n_chunk = 0;
    while (x->n_chunk < x->meet.shards * x->batch && x->next < x->n_todo &&
           goes_along(x, first)) {
        uint32_t row = x->todo[x->next++];
        struct patch *p = &x->patches[x->n_chunk];

        if (source_fault(s, row))
            continue;
        st = source_read(s, row, -1, x->raw + x->n_chunk * max_bytes, p);
        if (st == OK)
            st = check_patch(s, row, p);
        if (st == OK)
            x->chunk[x->n_chunk++] = row;
        else
            TRY(source_reject(s, row, st));
    }
out:
    return st;
}

static status take_row(struct extract *x, uint32_t row, const float *value)
{
    status st = OK;
    uint32_t dim = x->done.dim;

    for (uint32_t k = 0; k < dim && st == OK; k++)
        ENSURE(isfinite(value[k]), ERR_NUMERIC,
               "row %" PRIu32 ": feature %" PRIu32 " is not a finite number; "
               "weights of another kind of input, or values far beyond HU",
               row, k);
    memcpy(x->value + (size_t)x->n * dim, value, dim * sizeof *value);
    x->row[x->n++] = row;
out:
    return st == OK ? OK : source_reject(x->io->source, row, st);
}

static status run_chunk(struct extract *x)
{
    status st = OK;
    size_t batch = x->batch;
    size_t shards;

    TRY(read_chunk(x));
    if (x->n_chunk == 0)
        return OK;
    shards = (x->n_chunk + x->batch - 1) / x->batch;
    net_set_shards(x->net, (uint32_t)shards);
    TRY(team_run(x->io->team, shards, make_shard, x));
    TRY(net_forward(x->net, OK, false));
    for (size_t i = 0; i < x->n_chunk; i++) {
        if (i % batch == 0)
            net_features_f32(x->net, (uint32_t)(i / batch), x->shard);
        TRY(take_row(x, x->chunk[i], x->shard + i % batch * x->done.dim));
    }
out:
    return st;
}

static status save(struct extract *x)
{
    status st = OK;

    if (x->n > x->saved)
        TRY(extract_save(x->io->out, &x->done, x->n - x->saved,
                         x->row + x->saved,
                         x->value + (size_t)x->saved * x->done.dim));
    x->saved = x->n;
out:
    return st;
}

static status run_rows(struct extract *x, bool *stop)
{
    status st = OK;
    const struct extract_io *io = x->io;
    struct progress bar;

    progress_start(&bar, "extract", "patch", 0, x->n_todo,
                   par_rank(io->par) == 0 && !io->quiet);
    while (x->next < x->n_todo && !*stop) {
        TRY(run_chunk(x));
        *stop = (io->stop_after >= 0 && x->n >= io->stop_after) ||
                (io->stop_wanted && io->stop_wanted());
        if (x->next < x->n_todo && x->n - x->saved >= io->save)
            TRY(save(x));
        progress_show(&bar, x->next, "");
    }
    progress_end(&bar, x->next, "");
    *stop = *stop && x->next < x->n_todo;
out:
    return st;
}

/* ---- to rank 0 ---------------------------------------------------------- */

/* The reasons of this rank's bad rows: row number, text, NUL. */
static status put_reasons(const struct extract *x, struct text *t)
{
    for (uint32_t i = 0; i < x->n_todo; i++) {
        const char *why = source_fault(x->io->source, x->todo[i]);

        if (why) {
            text_put(t, (const char *)&x->todo[i], sizeof x->todo[i]);
            text_put(t, why, strlen(why) + 1);
        }
    }
    return text_status(t);
}

static status take_reasons(struct extract_done *d, const char *s, size_t size)
{
    status st = OK;
    const char *end = s + size;

    while (s < end) {
        uint32_t row = 0;

        memcpy(&row, s, sizeof row);
        s += sizeof row;
        BUG_IF(row >= d->rows || d->reason[row]);
        TRY(mem_text(s, &d->reason[row]));
        s += strlen(s) + 1;
    }
out:
    return st;
}

static size_t total(const struct par *par, const size_t *sizes)
{
    size_t sum = 0;

    for (int i = 0; i < par_size(par); i++)
        sum += sizes[i];
    return sum;
}

static status gather(struct extract *x)
{
    status st = OK;
    struct extract_done *d = &x->done;
    struct par *par = x->io->par;
    size_t width = d->dim * sizeof *x->value;
    struct text why = {0};
    size_t *sizes = NULL;
    char *rows = NULL;
    char *values = NULL;
    char *reasons = NULL;
    size_t n;

    st = mem_new((size_t)par_size(par), sizeof *sizes, &sizes);
    if (st == OK)
        st = put_reasons(x, &why);
    TRY(par_agree(par, st));
    TRY(par_gather_bytes(par, x->value, x->n * width, &values, sizes));
    TRY(par_gather_bytes(par, why.s, why.len, &reasons, sizes));
    if (par_rank(par) == 0)
        st = take_reasons(d, reasons, total(par, sizes));
    TRY(par_agree(par, st));
    TRY(par_gather_bytes(par, x->row, x->n * sizeof *x->row, &rows, sizes));
    n = par_rank(par) == 0 ? total(par, sizes) / sizeof *x->row : 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t row = 0;

        memcpy(&row, rows + i * sizeof row, sizeof row);
        memcpy(d->value + (size_t)row * d->dim, values + i * width, width);
        d->have[row] = 1;
    }
out:
    text_free(&why);
    mem_free(sizes);
    mem_free(rows);
    mem_free(values);
    mem_free(reasons);
    return st;
}

/* A finished folder is not computed again. */
static status reuse(struct extract *x, struct extract_out *out)
{
    status st = OK;
    const struct extract_done *d = &x->done;
    char *path = NULL;

    TRY(file_join(x->io->out, "features.nc", &path));
    if (!file_exists(path))
        goto out;
    TRY(features_read(path, &out->features));
    ENSURE(strcmp(out->features->weights, d->weights) == 0 &&
               strcmp(out->features->input, d->input) == 0,
           ERR_RUN,
           "%s: holds features of other weights (%.12s) or patches (%.12s); "
           "take another --out",
           path, out->features->weights, out->features->input);
    out->again = true;
    out->n_rejected = d->rows - out->features->rows;
out:
    mem_free(path);
    return st;
}

static status open_all(struct extract *x, struct extract_out *out)
{
    status st = extract_open(x);

    if (st == OK)
        st = make_done(x);
    if (st == OK && par_rank(x->io->par) == 0)
        st = reuse(x, out);
    TRY(par_agree(x->io->par, st));
    TRY(par_any(x->io->par, out->again, &out->again));
out:
    return st;
}

static status run_all(struct extract *x, struct extract_out *out)
{
    status st = OK;
    bool stop = false;

    TRY(share_rows(x));
    st = make_buffers(x);
    if (st == OK)
        st = run_rows(x, &stop);
    TRY(par_agree(x->io->par, st));
    TRY(par_any(x->io->par, stop, &stop));
    if (stop) {
        st = save(x);
        TRY(par_agree(x->io->par, st));
        return STOPPED;
    }
    TRY(gather(x));
    if (par_rank(x->io->par) == 0)
        st = extract_table(&x->done, x->io->source, out);
    TRY(par_agree(x->io->par, st));
out:
    return st;
}

void extract_out_free(struct extract_out *out)
{
    features_free(out->features);
    text_free(&out->rejected);
    *out = (struct extract_out){0};
}

status extract_run(const struct extract_io *io, struct extract_out *out)
{
    status st = OK;
    struct extract x = {.io = io};

    TRY(open_all(&x, out));
    if (!out->again)
        TRY(run_all(&x, out));
out:
    for (uint32_t r = 0; x.done.reason && r < x.done.rows; r++)
        mem_free(x.done.reason[r]);
    mem_free(x.done.reason);
    mem_free(x.done.have);
    mem_free(x.done.value);
    mem_free(x.raw);
    mem_free(x.patches);
    mem_free(x.views);
    mem_free(x.value);
    mem_free(x.row);
    mem_free(x.todo);
    mem_free(x.chunk);
    mem_free(x.shard);
    extract_close(&x);
    return st;
}
