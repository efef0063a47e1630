/* NT-Xent against a memory bank (He et al. 2020), which the study's SimCLR and
 * NNCLR files came to by an argument in the wrong place, with a bank of one
 * vector (spec 6.3): cross entropy of an anchor's similarities, view 0, to its
 * other view and to every vector of its group's bank. Both views receive
 * gradient, the bank none. nnclr_bank: half of each pair (neighbour,
 * prediction), neighbours constant. */
#include "det/math.h"
#include "nn/loss_kind.h"
#include "nn/unit_length.h"

struct against {
    const struct loss_conf *conf;
    const double *bank;  /* [groups][queue][d] */
    const double *embed; /* [2][n][d] */
    size_t n, d;
    bool constant;  /* view 0 receives no gradient */
    double share;   /* of the whole loss */
    double *z;      /* [2][n][d] of length 1 */
    double *logit;  /* [n][1 + queue] */
    double *value;  /* [n] */
    double *grad;   /* [2][n][d] */
    double *group;  /* [groups] */
    double *health; /* [n] similarity to the own other view */
};

static size_t pair_len(const struct loss_conf *conf)
{
    return (size_t)conf->n * (2 * (size_t)conf->d + 3 + conf->queue);
}

static size_t work_one(const struct loss_conf *conf)
{
    return pair_len(conf) + 2 * (size_t)conf->n * conf->d + conf->groups;
}

static size_t work_pairs(const struct loss_conf *conf)
{
    return pair_len(conf) + 4 * (size_t)conf->n * conf->d + conf->groups;
}

/* One anchor: its logits, and the gradients of it and of its other view, which
 * is no other anchor's. */
static status anchor(void *ctx, size_t i, int member)
{
    const struct against *f = ctx;
    size_t d = f->d;
    size_t k_n = f->conf->queue;
    double t = f->conf->temperature;
    double *z = f->z + i * d;
    double *other = f->z + (f->n + i) * d;
    double *logit = f->logit + i * (1 + k_n);
    double *g = f->grad + i * d;
    double *g_other = f->grad + (f->n + i) * d;
    const double *bank = f->bank + i / (f->n / f->conf->groups) * k_n * d;
    double length = unit_make(f->embed + i * d, d, z);
    double length_other = unit_make(f->embed + (f->n + i) * d, d, other);
    double scale = f->share / ((double)f->n * t);
    double top;
    double sum = 0.0;

    (void)member;
    f->health[i] = unit_dot(z, other, d);
    logit[0] = f->health[i] / t;
    top = logit[0];
    for (size_t k = 0; k < k_n; k++) {
        logit[1 + k] = unit_dot(z, bank + k * d, d) / t;
        top = logit[1 + k] > top ? logit[1 + k] : top;
    }
    f->value[i] = top - logit[0];
    for (size_t k = 0; k <= k_n; k++) {
        logit[k] = det_exp(logit[k] - top);
        sum += logit[k];
    }
    f->value[i] += det_log(sum);
    for (size_t c = 0; c < d; c++) {
        g[c] = (logit[0] / sum - 1.0) * other[c];
        g_other[c] = (logit[0] / sum - 1.0) * z[c];
        for (size_t k = 0; k < k_n; k++)
            g[c] += logit[1 + k] / sum * bank[k * d + c];
    }
    unit_back(z, length, scale, d, g);
    unit_back(other, length_other, scale, d, g_other);
    for (size_t c = 0; f->constant && c < d; c++)
        g[c] = 0.0;
    return OK;
}

/* Adds the pair's share to the figures of out. */
static status
run_pair(struct against *f, struct team *team, struct loss_out *out)
{
    size_t groups = f->conf->groups;
    size_t per_group;
    status st = OK;

    BUG_IF(groups == 0 || f->n < groups);
    per_group = f->n / groups;
    TRY(team_run(team, f->n, anchor, f));
    for (size_t i = 0; i < f->n; i++) {
        out->value += f->share * f->value[i] / (double)f->n;
        out->own += f->share * f->health[i] / (double)f->n;
        f->group[i / per_group] += f->share * f->value[i] / (double)per_group;
    }
out:
    return st;
}

static status run(const struct loss_conf *conf,
                  size_t pairs,
                  struct team *team,
                  double *memory,
                  const struct loss_in *in,
                  struct loss_out *out)
{
    size_t n = in->n;
    size_t d = conf->d;
    double *grad = memory + pair_len(conf);
    struct against f = {.conf = conf,
                        .bank = in->queue,
                        .n = n,
                        .d = d,
                        .constant = pairs > 1,
                        .share = 1.0 / (double)pairs,
                        .z = memory,
                        .value = memory + 2 * n * d,
                        .health = memory + 2 * n * d + n,
                        .logit = memory + 2 * n * d + 2 * n,
                        .group = grad + 2 * pairs * n * d};
    status st = OK;

    BUG_IF(!in->queue);
    for (size_t g = 0; g < conf->groups; g++)
        f.group[g] = 0.0;
    for (size_t p = 0; p < pairs; p++) {
        f.embed = in->output + p * 2 * n * d;
        f.grad = grad + p * 2 * n * d;
        TRY(run_pair(&f, team, out));
    }
    out->group = f.group;
    out->grad = grad;
out:
    return st;
}

static status run_ntxent(const struct loss_conf *conf,
                         struct team *team,
                         double *memory,
                         const struct loss_in *in,
                         struct loss_out *out)
{
    return run(conf, 1, team, memory, in, out);
}

static status run_nnclr(const struct loss_conf *conf,
                        struct team *team,
                        double *memory,
                        const struct loss_in *in,
                        struct loss_out *out)
{
    return run(conf, 2, team, memory, in, out);
}

const struct loss_kind loss_ntxent_bank = {"ntxent_bank", 2,        true,
                                           false,         work_one, run_ntxent};
const struct loss_kind loss_nnclr_bank = {"nnclr_bank", 4,          true,
                                          false,        work_pairs, run_nnclr};
