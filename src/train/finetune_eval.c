/* Rows of a set through the network in evaluation mode: validation and best
 * weights. A chunk of rows is a batch: row i of it is sample i,
 * so shards and ranks only say who computes. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "det/math.h"
#include "det/stream.h"
#include "train/finetune_impl.h"

const char TUNE_VALIDATION_HEADER[] = "step,epoch,loss,auc,ap,map,ba,acc";

/* Choices of validate.metric; the last is the loss. */
static const enum metric metrics[] = {METRIC_AUC, METRIC_AP, METRIC_MAP,
                                      METRIC_BA, METRIC_ACC};
enum { METRICS_SHOWN = 5, METRIC_LOSS = 5 };

static size_t in_lines(size_t floats)
{
    return (floats + 15) & ~(size_t)15;
}

static const struct augment_chain *chain_of(const struct finetune *f)
{
    return augment_chain_of(&f->augment[1], 0);
}

static int64_t edge_of(const struct finetune *f)
{
    return f->t.part[0].conf.size[0];
}

static uint32_t most_rows(const struct finetune *f)
{
    uint32_t most = 0;

    for (int i = TUNE_VAL; i < TUNE_PARTS; i++)
        most = f->set[i].rows > most ? f->set[i].rows : most;
    return most;
}

static void plan_sizes(const struct finetune *f, struct tune_eval *e)
{
    size_t edge = (size_t)edge_of(f);
    uint32_t longest = 1;

    for (int i = TUNE_VAL; i < TUNE_PARTS; i++) {
        const struct source_facts *s =
            f->set[i].source ? source_facts(f->set[i].source) : NULL;

        if (s && s->max_edge > longest)
            longest = s->max_edge;
        if (s && s->max_bytes > e->raw_size)
            e->raw_size = s->max_bytes;
    }
    e->raw_size = (e->raw_size + 63) & ~(size_t)63;
    e->view_len = edge * edge * edge;
    e->chain_len = in_lines(augment_chain_len(chain_of(f), longest));
    e->scratch_len =
        e->chain_len + in_lines(augment_chain_scratch(chain_of(f), longest));
}

size_t tune_eval_bytes(const struct finetune *f)
{
    struct tune_eval e = {0};
    const struct train_conf *c = f->t.io->conf;
    size_t local = (size_t)f->t.block.n * (size_t)c->items;
    size_t threads = (size_t)team_size(f->t.io->team);
    size_t d = (size_t)c->head.v.i[c->head.n - 1];

    plan_sizes(f, &e);
    return local * (e.raw_size + sizeof(struct patch)) +
           threads * (e.scratch_len + (size_t)c->items * e.view_len) *
               sizeof(float) +
           most_rows(f) * (d + f->classes + 2) * sizeof(double);
}

status tune_eval_new(struct finetune *f)
{
    status st = OK;
    struct tune_eval *e = &f->eval;
    size_t items = (size_t)f->t.io->conf->items;
    size_t local = f->t.block.n * items;
    size_t threads = (size_t)team_size(f->t.io->team);
    size_t rows = most_rows(f);

    plan_sizes(f, e);
    TRY(mem_raw(local, e->raw_size, &e->raw));
    TRY(mem_new(local, sizeof *e->patches, &e->patches));
    TRY(mem_raw(threads * e->scratch_len, sizeof(float), &e->scratch));
    TRY(mem_new(threads * items * e->view_len, sizeof(float), &e->views));
    TRY(mem_new(rows * (size_t)f->t.part[0].plan.embed, sizeof(double),
                &e->logit));
    TRY(mem_new(rows * f->classes, sizeof(double), &e->proba));
    TRY(mem_new(rows, sizeof(double), &e->target));
    TRY(mem_new(rows, sizeof *e->y, &e->y));
out:
    return st;
}

void tune_eval_free(struct finetune *f)
{
    struct tune_eval *e = &f->eval;

    mem_free(e->raw);
    mem_free(e->patches);
    mem_free(e->scratch);
    mem_free(e->views);
    mem_free(e->logit);
    mem_free(e->proba);
    mem_free(e->target);
    mem_free(e->y);
}

/* ---- a chunk ---- */

/* Row of the chunk that item j of a local shard is. */
static uint32_t chunk_row(const struct finetune *f, size_t local, uint32_t j)
{
    uint32_t m = (uint32_t)f->t.io->conf->items;

    return (f->t.block.lo + (uint32_t)local) * m + j;
}

static status read_chunk(struct finetune *f)
{
    status st = OK;
    struct tune_eval *e = &f->eval;
    uint32_t m = (uint32_t)f->t.io->conf->items;

    for (size_t s = 0; s < f->t.block.n; s++)
        for (uint32_t j = 0; j < m; j++) {
            uint32_t row = chunk_row(f, s, j);
            size_t at = s * m + j;

            if (row < e->n)
                TRY(source_read(e->set->source, e->set->pick[e->first + row],
                                -1, e->raw + at * e->raw_size,
                                &e->patches[at]));
        }
out:
    return st;
}

static status make_shard(void *ctx, size_t local, int member)
{
    status st = OK;
    struct finetune *f = ctx;
    struct tune_eval *e = &f->eval;
    uint32_t m = (uint32_t)f->t.io->conf->items;
    float *views = e->views + (size_t)member * m * e->view_len;
    float *scratch = e->scratch + (size_t)member * e->scratch_len;

    for (uint32_t j = 0; j < m; j++) {
        struct image view = {.data = scratch};
        struct stream none = stream_at(0, STREAM_AUGMENT, 0, 0, 0);

        if (chunk_row(f, local, j) >= e->n)
            continue;
        TRY(augment_chain_view(chain_of(f), &e->patches[local * m + j], &none,
                               &view, scratch + e->chain_len));
        image_fit(&view, edge_of(f), views + j * e->view_len);
    }
    net_put_f32(f->t.net, (uint32_t)local, views);
out:
    return st;
}

static status run_chunk(struct finetune *f)
{
    struct tune_eval *e = &f->eval;
    uint32_t m = (uint32_t)f->t.io->conf->items;
    size_t d = (size_t)f->t.part[0].plan.embed;
    status st = OK;

    net_set_shards(f->t.net, (e->n + m - 1) / m);
    st = read_chunk(f);
    f->unread = f->unread || st != OK;
    if (st == OK)
        st = team_run(f->t.io->team, f->t.block.n, make_shard, f);
    st = net_forward(f->t.net, st, false); /* ranks may meet on the way */
    TRY(training_gather(&f->t, &f->t.part[0], st));
    for (size_t i = 0; i < e->n * d; i++)
        e->logit[e->first * d + i] = (double)f->t.part[0].all[i];
out:
    return st;
}

status tune_logits(struct finetune *f, const struct tune_set *set)
{
    status st = OK;
    struct tune_eval *e = &f->eval;
    uint32_t batch = (uint32_t)(f->t.io->conf->shards * f->t.io->conf->items);

    e->set = set;
    for (e->first = 0; e->first < set->rows; e->first += e->n) {
        uint32_t left = set->rows - e->first;

        e->n = left < batch ? left : batch;
        TRY(run_chunk(f));
    }
out:
    return st;
}

/* ---- figures ---- */

void tune_proba(struct finetune *f, const struct tune_set *set)
{
    struct tune_eval *e = &f->eval;
    size_t k = f->classes;

    for (size_t i = 0; i < set->rows; i++) {
        const double *x = e->logit + i * (size_t)f->t.part[0].plan.embed;
        double *p = e->proba + i * k;
        double top = x[0];
        double sum = 0;

        e->y[i] = set->label[set->pick[i]];
        e->target[i] = (double)e->y[i];
        if (f->t.part[0].plan.embed == 1) {
            p[1] = 1.0 / (1.0 + det_exp(-x[0]));
            p[0] = 1.0 - p[1];
            continue;
        }
        for (size_t c = 1; c < k; c++)
            top = x[c] > top ? x[c] : top;
        for (size_t c = 0; c < k; c++) {
            p[c] = det_exp(x[c] - top);
            sum += p[c];
        }
        for (size_t c = 0; c < k; c++)
            p[c] /= sum;
    }
}

/* Mean over the rows, a batch at a time. */
static status mean_loss(struct finetune *f, uint32_t rows, double *out)
{
    status st = OK;
    struct tune_eval *e = &f->eval;
    uint32_t batch = (uint32_t)(f->t.io->conf->shards * f->t.io->conf->items);
    double sum = 0;

    for (uint32_t first = 0; first < rows; first += batch) {
        uint32_t n = rows - first < batch ? rows - first : batch;
        struct objective_in in = {
            .output =
                e->logit + (size_t)first * (size_t)f->t.part[0].plan.embed,
            .n = n,
            .target = e->target + first};
        struct loss_out loss = {0};

        TRY(objective_run(f->t.objective, &in, &loss));
        sum += loss.value * n;
    }
    *out = sum / rows;
out:
    return st;
}

static status
figures_of(struct finetune *f, uint32_t rows, double figures[TUNE_FIGURES])
{
    status st = OK;
    struct scored *s = NULL;

    TRY(mean_loss(f, rows, &figures[0]));
    TRY(scored_new(f->eval.y, f->eval.proba, rows, f->classes, &s));
    for (int i = 0; i < METRICS_SHOWN; i++)
        TRY(scored_metric(s, metrics[i], NULL, rows, &figures[1 + i]));
out:
    scored_free(s);
    return st;
}

status tune_measure(struct finetune *f,
                    const struct tune_set *set,
                    double figures[TUNE_FIGURES])
{
    status st = tune_logits(f, set);

    if (st == OK) {
        tune_proba(f, set);
        st = figures_of(f, set->rows, figures);
    }
    return par_agree(f->t.io->par, st);
}

/* ---- validation ---- */

const char *tune_metric_name(const struct finetune *f)
{
    static const char *const columns[] = {"auc", "ap",  "map",
                                          "ba",  "acc", "loss"};

    return columns[f->t.io->conf->metric];
}

static int64_t every(const struct finetune *f)
{
    return f->t.io->conf->validate_every * f->t.steps_per_epoch;
}

int64_t tune_validations(const struct finetune *f)
{
    const struct training *t = &f->t;
    int64_t n = t->step / every(f);

    if (!f->set[TUNE_VAL].source)
        return 0;
    return n + (t->step == t->steps && t->step % every(f) != 0);
}

bool tune_validates(const struct finetune *f)
{
    const struct training *t = &f->t;

    return f->set[TUNE_VAL].source != NULL &&
           (t->step % every(f) == 0 || t->step == t->steps);
}

static void best_name(int64_t step, char name[64])
{
    (void)snprintf(name, 64, "best-%08lld.nc", (long long)step);
}

/* Does a value beat the best so far? A larger one, or a smaller loss; the
 * first of equal ones stays. */
static bool beats(const struct finetune *f, double value)
{
    if (!isfinite(value))
        return false;
    if (f->t.best_step < 0)
        return true;
    return f->t.io->conf->metric == METRIC_LOSS ? value < f->t.best
                                                : value > f->t.best;
}

static status keep_best(struct finetune *f, double value)
{
    status st = OK;
    struct training *t = &f->t;
    char name[64];
    char digest[SHA256_HEX] = "";
    char *old = NULL;
    int64_t before = t->best_step;

    t->best = value;
    t->best_step = t->step;
    best_name(t->step, name);
    TRY(training_save_weights(t, name, digest));
    if (before >= 0 && par_rank(t->io->par) == 0) {
        best_name(before, name);
        TRY(file_join(t->io->out, name, &old));
        (void)unlink(old);
    }
out:
    mem_free(old);
    return st;
}

status tune_validate(struct finetune *f)
{
    status st = OK;
    struct training *t = &f->t;
    double v[TUNE_FIGURES] = {0};
    int choice = t->io->conf->metric;
    double value;
    struct text line = {0};

    TRY(tune_measure(f, &f->set[TUNE_VAL], v));
    value = choice == METRIC_LOSS ? v[0] : v[1 + choice];
    text_add(&line, "%lld,%lld", (long long)t->step,
             (long long)(t->step / t->steps_per_epoch));
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        text_put(&line, ",", 1);
        text_double(&line, v[i]);
    }
    st = text_status(&line);
    TRY(par_agree(t->io->par, st));
    TRY(training_log(t, "validation.csv", line.s));
    if (par_rank(t->io->par) == 0)
        LOG_F64("validation", t->step, value);
    if (beats(f, value))
        TRY(keep_best(f, value));
    TRY(tune_watch_value(f, value));
out:
    text_free(&line);
    return st;
}

/* The file of the best step, under its last name; a resume after the end finds
 * it there. */
static status name_best(struct finetune *f, struct training_result *out)
{
    status st = OK;
    struct ckpt *file = NULL;
    char name[64];
    char *from = NULL;

    best_name(f->t.best_step, name);
    TRY(file_join(f->t.io->out, name, &from));
    TRY(file_join(f->t.io->out, "weights-best.nc", &out->path));
    if (file_exists(from))
        ENSURE(rename(from, out->path) == 0, ERR_FILE,
               "%s: cannot be renamed to %s", from, out->path);
    TRY(ckpt_open(out->path, "weights", &file));
    memcpy(out->digest, ckpt_digest(file), SHA256_HEX);
out:
    ckpt_close(file);
    mem_free(from);
    return st;
}

status tune_finish_best(struct finetune *f, struct training_result *out)
{
    status st = OK;

    if (f->t.best_step < 0)
        return OK;
    if (par_rank(f->t.io->par) == 0)
        st = name_best(f, out);
    return par_agree(f->t.io->par, st);
}
