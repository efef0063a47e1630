/* Losses against a target, mean over samples (spec 6.6): cross entropy of the
 * softmax of d logits with a class number; binary cross entropy of logits,
 * max(x, 0) - x t + log(1 + exp(-|x|)); mean absolute error, whose derivative
 * at 0 is 0. A sample is one item of the team; the mean is taken in ascending
 * order. */
#include <math.h>

#include "det/math.h"
#include "nn/loss_kind.h"

struct labelled {
    const struct loss_conf *conf;
    const struct loss_in *in;
    double *value; /* [n] */
    double *grad;  /* [n][d] */
    double *group; /* [groups] */
    double scale;  /* 1 / (values the mean is over) */
};

static size_t work(const struct loss_conf *conf)
{
    return (size_t)conf->n * (1 + (size_t)conf->d) + conf->groups;
}

static status entropy(void *ctx, size_t i, int member)
{
    const struct labelled *l = ctx;
    size_t d = l->conf->d;
    const double *x = l->in->output + i * d;
    double *g = l->grad + i * d;
    double label = l->in->target[i];
    double top = x[0];
    double sum = 0.0;
    size_t k = 0;
    status st = OK;

    (void)member;
    ENSURE(label >= 0 && label < (double)d && label == floor(label), ERR_DATA,
           "sample %zu of the batch has class %g, the network tells classes 0 "
           "to %zu apart",
           i, label, d - 1);
    k = (size_t)label;
    for (size_t j = 1; j < d; j++)
        top = x[j] > top ? x[j] : top;
    for (size_t j = 0; j < d; j++) {
        g[j] = det_exp(x[j] - top);
        sum += g[j];
    }
    l->value[i] = det_log(sum) - (x[k] - top);
    for (size_t j = 0; j < d; j++)
        g[j] = (g[j] / sum - (j == k ? 1.0 : 0.0)) * l->scale;
out:
    return st;
}

static status binary(void *ctx, size_t i, int member)
{
    const struct labelled *l = ctx;
    size_t d = l->conf->d;

    (void)member;
    l->value[i] = 0.0;
    for (size_t j = i * d; j < (i + 1) * d; j++) {
        double x = l->in->output[j];
        double t = l->in->target[j];
        double e = det_exp(-fabs(x)); /* in (0, 1] */
        double p = x >= 0 ? 1.0 / (1.0 + e) : e / (1.0 + e);

        l->value[i] += (x > 0 ? x : 0.0) - x * t + det_log1p(e);
        l->grad[j] = (p - t) * l->scale;
    }
    return OK;
}

static status absolute(void *ctx, size_t i, int member)
{
    const struct labelled *l = ctx;
    size_t d = l->conf->d;

    (void)member;
    l->value[i] = 0.0;
    for (size_t j = i * d; j < (i + 1) * d; j++) {
        double diff = l->in->output[j] - l->in->target[j];

        l->value[i] += fabs(diff);
        l->grad[j] = diff > 0 ? l->scale : diff < 0 ? -l->scale : 0.0;
    }
    return OK;
}

static status run(const struct loss_conf *conf,
                  struct team *team,
                  double *memory,
                  const struct loss_in *in,
                  status (*sample)(void *, size_t, int),
                  size_t per_sample,
                  struct loss_out *out)
{
    size_t n = in->n;
    size_t per_group = n / conf->groups;
    struct labelled l = {conf,   in,
                         memory, memory + conf->n,
                         NULL,   1.0 / ((double)n * (double)per_sample)};
    status st = OK;

    l.group = l.grad + (size_t)conf->n * conf->d;
    TRY(team_run(team, n, sample, &l));
    for (size_t g = 0; g < conf->groups; g++)
        l.group[g] = 0.0;
    for (size_t i = 0; i < n; i++) {
        out->value += l.value[i];
        l.group[i / per_group] += l.value[i];
    }
    out->value /= (double)n * (double)per_sample;
    for (size_t g = 0; g < conf->groups; g++)
        l.group[g] /= (double)per_group * (double)per_sample;
    out->group = l.group;
    out->grad = l.grad;
out:
    return st;
}

static status run_ce(const struct loss_conf *conf,
                     struct team *team,
                     double *memory,
                     const struct loss_in *in,
                     struct loss_out *out)
{
    return run(conf, team, memory, in, entropy, 1, out);
}

static status run_bce(const struct loss_conf *conf,
                      struct team *team,
                      double *memory,
                      const struct loss_in *in,
                      struct loss_out *out)
{
    return run(conf, team, memory, in, binary, conf->d, out);
}

static status run_mae(const struct loss_conf *conf,
                      struct team *team,
                      double *memory,
                      const struct loss_in *in,
                      struct loss_out *out)
{
    return run(conf, team, memory, in, absolute, conf->d, out);
}

const struct loss_kind loss_ce = {"ce", 1, false, true, work, run_ce};
const struct loss_kind loss_bce = {"bce", 1, false, true, work, run_bce};
const struct loss_kind loss_mae = {"mae", 1, false, true, work, run_mae};
