#include "nn/objective.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "nn/bank.h"
#include "nn/unit_length.h"

enum kind { PLAIN, BANKED, NNCLR, SWAV };
enum { BANKS = 16 };

struct objective {
    struct objective_conf conf;
    enum kind kind;
    struct team *team;
    struct loss *loss;
    struct bank *bank[BANKS];
    size_t n_banks;
    double *input;  /* nnclr: [4][n][d]; ntxent_bank: [n][d] */
    double *grad;   /* nnclr: [2][n][d] */
    double *scores; /* swav: [high][groups][queue][d] */
    double *turned; /* swav: prototypes [middle][d] */
    const double *bias;
};

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

static enum kind kind_of(const char *name)
{
    if (begins(name, "nnclr"))
        return NNCLR;
    if (strcmp(name, "swav") == 0)
        return SWAV;
    return strcmp(name, "ntxent_bank") == 0 ? BANKED : PLAIN;
}

static status add_bank(struct objective *o, uint32_t size, uint32_t d)
{
    const struct loss_conf *l = &o->conf.loss;
    struct bank_conf conf = {.groups = l->groups,
                             .size = size,
                             .shared = o->conf.shared,
                             .d = d,
                             .n = l->n,
                             .seed = o->conf.seed,
                             .which = (uint32_t)o->n_banks};
    status st = OK;

    ENSURE(o->n_banks < BANKS, ERR_CONF, "%s with more than %d queues",
           o->conf.loss.name, BANKS);
    TRY(bank_new(&conf, o->team, &o->bank[o->n_banks]));
    o->n_banks++;
out:
    return st;
}

static status new_nnclr(struct objective *o)
{
    const struct loss_conf *l = &o->conf.loss;
    size_t len = (size_t)l->n * l->d;
    status st = OK;

    ENSURE(o->conf.middle == l->d, ERR_CONF,
           "nnclr holds predictions of width %u against projections of width "
           "%u: they must have one width",
           l->d, o->conf.middle);
    TRY(add_bank(o, o->conf.bank, l->d));
    if (strcmp(l->name, "nnclr_bank") == 0)
        TRY(add_bank(o, l->queue, l->d));
    TRY(mem_new(4 * len, sizeof *o->input, &o->input));
    TRY(mem_new(2 * len, sizeof *o->grad, &o->grad));
out:
    return st;
}

static status new_swav(struct objective *o)
{
    const struct loss_conf *l = &o->conf.loss;
    status st = OK;

    if (l->queue == 0)
        return OK;
    for (uint32_t v = 0; v < l->high; v++)
        TRY(add_bank(o, l->queue, o->conf.middle));
    TRY(mem_new((size_t)l->high * l->groups * l->queue * l->d,
                sizeof *o->scores, &o->scores));
    TRY(mem_new((size_t)o->conf.middle * l->d, sizeof *o->turned, &o->turned));
out:
    return st;
}

status objective_new(const struct objective_conf *conf,
                     struct team *team,
                     struct objective **out)
{
    struct objective *o = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *o, &o));
    o->conf = *conf;
    o->team = team;
    TRY(loss_new(&conf->loss, team, &o->loss));
    o->kind = kind_of(conf->loss.name);
    if (o->kind == NNCLR)
        TRY(new_nnclr(o));
    else if (o->kind == SWAV)
        TRY(new_swav(o));
    if (o->kind == BANKED) {
        TRY(add_bank(o, conf->loss.queue, conf->loss.d));
        TRY(mem_new((size_t)conf->loss.n * conf->loss.d, sizeof *o->input,
                    &o->input));
    }
    *out = o;
    o = NULL;
out:
    objective_free(o);
    return st;
}

void objective_free(struct objective *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->n_banks; i++)
        bank_free(o->bank[i]);
    loss_free(o->loss);
    mem_free(o->input);
    mem_free(o->grad);
    mem_free(o->scores);
    mem_free(o->turned);
    mem_free(o);
}

size_t objective_bytes(const struct objective_conf *conf)
{
    const struct loss_conf *l = &conf->loss;
    size_t vectors = (size_t)l->n * l->d; /* doubles */

    switch (kind_of(l->name)) {
    case PLAIN:
        vectors = 0;
        break;
    case BANKED:
        vectors += 2 * (size_t)l->groups * l->queue * l->d;
        break;
    case NNCLR:
        vectors *= 6;
        vectors += 2 * (size_t)l->groups * (conf->bank + l->queue) * l->d;
        break;
    case SWAV:
        vectors = (size_t)l->high * l->groups * l->queue *
                      (l->d + 2 * (size_t)conf->middle) +
                  (size_t)conf->middle * l->d;
        break;
    }
    return loss_bytes(l) + vectors * sizeof(double);
}

uint32_t objective_views(const struct objective *o)
{
    return o->kind == NNCLR ? 2 : loss_views(o->loss);
}

bool objective_needs_middle(const struct objective *o)
{
    return o->kind == NNCLR || (o->kind == SWAV && o->n_banks > 0);
}

/* The bank before this step's vectors, then they come in. */
static status
run_banked(struct objective *o, struct loss_in *in, struct loss_out *out)
{
    size_t d = o->conf.loss.d;
    size_t len;
    status st = OK;

    in->queue = bank_rows(o->bank[0], &len);
    TRY(loss_run(o->loss, in, out));
    for (size_t i = 0; i < in->n; i++)
        (void)unit_make(in->output + (in->n + i) * d, d, o->input + i * d);
    bank_push(o->bank[0], o->input, in->n);
out:
    return st;
}

static status run_nnclr(struct objective *o,
                        const struct objective_in *in,
                        struct loss_out *out)
{
    size_t len = (size_t)in->n * o->conf.loss.d;
    struct loss_in pairs = {.output = o->input, .n = in->n};
    size_t n;
    status st = OK;

    for (size_t v = 0; v < 2; v++) {
        TRY(bank_nearest(o->bank[0], in->middle + v * len, in->n,
                         o->input + 2 * v * len));
        memcpy(o->input + (2 * v + 1) * len, in->output + v * len,
               len * sizeof *o->input);
    }
    bank_push(o->bank[0], in->middle + len, in->n);
    if (o->n_banks > 1)
        pairs.queue = bank_rows(o->bank[1], &n);
    TRY(loss_run(o->loss, &pairs, out));
    for (size_t v = 0; v < 2; v++)
        memcpy(o->grad + v * len, out->grad + (2 * v + 1) * len,
               len * sizeof *o->grad);
    out->grad = o->grad;
out:
    return st;
}

/* Scores of row i of all queues. */
static status score(void *ctx, size_t i, int member)
{
    struct objective *o = ctx;
    size_t d = o->conf.loss.d;
    size_t e = o->conf.middle;
    size_t rows = (size_t)o->conf.loss.groups * o->conf.loss.queue;
    size_t len;
    const double *x = bank_rows(o->bank[i / rows], &len) + i % rows * e;
    double *to = o->scores + i * d;

    (void)member;
    for (size_t k = 0; k < d; k++)
        to[k] = 0.0;
    for (size_t c = 0; c < e; c++)
        for (size_t k = 0; k < d; k++)
            to[k] += x[c] * o->turned[c * d + k];
    for (size_t k = 0; k < d; k++)
        to[k] += o->bias[k];
    return OK;
}

static status score_queues(struct objective *o, const struct objective_in *in)
{
    size_t d = o->conf.loss.d;
    size_t e = o->conf.middle;

    for (size_t k = 0; k < d; k++)
        for (size_t c = 0; c < e; c++)
            o->turned[c * d + k] = in->weight[k * e + c];
    o->bias = in->bias;
    return team_run(o->team,
                    (size_t)o->conf.loss.high * o->conf.loss.groups *
                        o->conf.loss.queue,
                    score, o);
}

/* The queues as they were before this step's features, from the step on that
 * fills them. */
static status run_swav(struct objective *o,
                       const struct objective_in *in,
                       struct loss_in *scores,
                       struct loss_out *out)
{
    const struct loss_conf *l = &o->conf.loss;
    size_t len = (size_t)in->n * o->conf.middle;
    size_t n;
    int64_t given = o->n_banks > 0 ? bank_state(o->bank[0], &n)[l->groups] : 0;
    status st = OK;

    if (o->n_banks > 0 && in->epoch >= o->conf.queue_epoch &&
        given + in->n / l->groups >= l->queue) {
        TRY(score_queues(o, in));
        scores->queue = o->scores;
    }
    for (size_t v = 0; v < o->n_banks; v++)
        bank_push(o->bank[v], in->middle + v * len, in->n);
    TRY(loss_run(o->loss, scores, out));
out:
    return st;
}

status objective_run(struct objective *o,
                     const struct objective_in *in,
                     struct loss_out *out)
{
    struct loss_in plain = {
        .output = in->output, .n = in->n, .target = in->target};

    if (o->kind == NNCLR)
        return run_nnclr(o, in, out);
    if (o->kind == SWAV)
        return run_swav(o, in, &plain, out);
    if (o->kind == BANKED)
        return run_banked(o, &plain, out);
    return loss_run(o->loss, &plain, out);
}

struct bank *objective_bank(struct objective *o, size_t i)
{
    return i < o->n_banks ? o->bank[i] : NULL;
}

bool objective_part(struct objective *o, size_t i, struct objective_part *out)
{
    struct objective_part p = {0};

    if (i >= 2 * o->n_banks)
        return false;
    (void)snprintf(p.name, sizeof p.name, "bank.%zu.%s", i / 2,
                   i % 2 == 0 ? "rows" : "state");
    if (i % 2 == 0)
        p.f64 = bank_rows(o->bank[i / 2], &p.n);
    else
        p.i64 = bank_state(o->bank[i / 2], &p.n);
    *out = p;
    return true;
}
