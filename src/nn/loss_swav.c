/* SwAV (Caron et al. 2020; spec 6.5): the codes of a high-resolution crop,
 * which balance the batch over the prototypes, are what the scores of the other
 * crops are to predict. Codes: exp(scores / epsilon) over all samples and the
 * stored ones, normalised over samples and over prototypes in turn
 * (Sinkhorn-Knopp; Cuturi 2013). They are constants; exponentials are plain as
 * in the original, so scores above 35 overflow and are refused. */
#include <math.h>

#include "det/math.h"
#include "nn/loss_kind.h"

struct swav {
    const struct loss_conf *conf;
    const struct loss_in *in;
    size_t crops, n, d;
    size_t all;        /* samples with the stored ones */
    double *codes;     /* [high][n][d] */
    double *balance;   /* [high][all][d], of which codes are the first n */
    double *prototype; /* [high][d] sums */
    double *value;     /* [crops][n] cross entropies of a crop's row */
    double *grad;      /* [crops][n][d] */
    double *group;     /* [groups] */
};

static size_t work(const struct loss_conf *c)
{
    size_t crops = (size_t)c->high + c->low;
    size_t all = c->n + (size_t)c->groups * c->queue;

    return c->high * ((c->n + all + 1) * (size_t)c->d) +
           crops * c->n * (1 + (size_t)c->d) + c->groups;
}

static void carve(struct swav *s, double *memory)
{
    size_t high = s->conf->high;

    s->codes = memory;
    s->balance = s->codes + high * s->n * s->d;
    s->prototype = s->balance + high * s->all * s->d;
    s->value = s->prototype + high * s->d;
    s->grad = s->value + s->crops * s->n;
    s->group = s->grad + s->crops * s->n * s->d;
}

static void divide_prototypes(const struct swav *s, double *q, double *sum)
{
    for (size_t k = 0; k < s->d; k++)
        sum[k] = 0.0;
    for (size_t i = 0; i < s->all; i++)
        for (size_t k = 0; k < s->d; k++)
            sum[k] += q[i * s->d + k];
    for (size_t i = 0; i < s->all; i++)
        for (size_t k = 0; k < s->d; k++)
            q[i * s->d + k] /= sum[k];
}

static void divide_samples(const struct swav *s, double *q)
{
    for (size_t i = 0; i < s->all; i++) {
        double sum = 0.0;

        for (size_t k = 0; k < s->d; k++)
            sum += q[i * s->d + k];
        for (size_t k = 0; k < s->d; k++)
            q[i * s->d + k] /= sum;
    }
}

/* Codes of one high-resolution crop; constant factors in between cancel. */
static status make_codes(void *ctx, size_t crop, int member)
{
    const struct swav *s = ctx;
    size_t own = s->n * s->d;
    size_t stored = (s->all - s->n) * s->d;
    double *q = s->balance + crop * s->all * s->d;
    double sum = 0.0;

    (void)member;
    for (size_t i = 0; i < own + stored; i++) {
        double score = i < own ? s->in->output[crop * own + i]
                               : s->in->queue[crop * stored + i - own];

        q[i] = det_exp(score / s->conf->epsilon);
        sum += q[i];
    }
    for (size_t i = 0; i < own + stored; i++)
        q[i] /= sum;
    for (uint32_t round = 0; round < s->conf->rounds; round++) {
        divide_prototypes(s, q, s->prototype + crop * s->d);
        divide_samples(s, q);
    }
    for (size_t i = 0; i < own; i++)
        s->codes[crop * own + i] = q[i];
    return OK;
}

/* Row `row` of a crop against the codes of every other high crop. */
static status predict(void *ctx, size_t item, int member)
{
    const struct swav *s = ctx;
    size_t crop = item / s->n;
    size_t row = item % s->n;
    const double *x = s->in->output + item * s->d;
    double *g = s->grad + item * s->d;
    double t = s->conf->temperature;
    double by = 1.0 / ((double)s->conf->high * (double)(s->crops - 1));
    double top = x[0];
    double sum = 0.0;

    (void)member;
    for (size_t k = 1; k < s->d; k++)
        top = x[k] > top ? x[k] : top;
    for (size_t k = 0; k < s->d; k++)
        sum += det_exp((x[k] - top) / t);
    s->value[item] = 0.0;
    for (size_t k = 0; k < s->d; k++)
        g[k] = 0.0;
    for (size_t i = 0; i < s->conf->high; i++) {
        const double *q = s->codes + (i * s->n + row) * s->d;
        double mass = 0.0;

        if (i == crop)
            continue;
        for (size_t k = 0; k < s->d; k++) {
            s->value[item] -= by * q[k] * ((x[k] - top) / t - det_log(sum));
            mass += q[k];
        }
        for (size_t k = 0; k < s->d; k++)
            g[k] += by / ((double)s->n * t) *
                    (mass * det_exp((x[k] - top) / t) / sum - q[k]);
    }
    return OK;
}

static status run(const struct loss_conf *conf,
                  struct team *team,
                  double *memory,
                  const struct loss_in *in,
                  struct loss_out *out)
{
    struct swav s = {.conf = conf, .in = in, .n = in->n, .d = conf->d};
    size_t per_group = in->n / conf->groups;
    status st = OK;

    s.crops = (size_t)conf->high + conf->low;
    s.all = s.n + (in->queue ? (size_t)conf->groups * conf->queue : 0);
    carve(&s, memory);
    TRY(team_run(team, conf->high, make_codes, &s));
    TRY(team_run(team, s.crops * s.n, predict, &s));
    for (size_t g = 0; g < conf->groups; g++)
        s.group[g] = 0.0;
    for (size_t i = 0; i < s.crops * s.n; i++) {
        s.group[i % s.n / per_group] += s.value[i];
        out->value += s.value[i];
    }
    out->value /= (double)s.n;
    for (size_t g = 0; g < conf->groups; g++)
        s.group[g] /= (double)per_group;
    out->group = s.group;
    out->grad = s.grad;
    out->codes = s.codes;
out:
    return st;
}

const struct loss_kind loss_swav = {"swav", 0, true, false, work, run};
