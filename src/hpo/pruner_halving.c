/* Successive halving and its brackets. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "det/math.h"
#include "det/order.h"
#include "hpo/pruner_part.h"

/* CRC-32 (ISO 3309), bit by bit: the texts are short. */
static uint32_t crc32_add(uint32_t crc, const char *text)
{
    for (crc = ~crc; *text; text++) {
        crc ^= (unsigned char)*text;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
    }
    return ~crc;
}

uint32_t pruner_bracket(const struct pruner *p, uint32_t number)
{
    char tail[16];
    uint64_t total = 0;
    uint64_t at;

    if (p->brackets == 0)
        return 0;
    (void)snprintf(tail, sizeof tail, "_%u", number);
    for (uint32_t b = 0; b < p->brackets; b++)
        total += p->budget[b];
    at = crc32_add(crc32_add(0, p->conf.study), tail) % total;
    for (uint32_t b = 0; b < p->brackets; b++) {
        if (at < p->budget[b])
            return b;
        at -= p->budget[b];
    }
    return 0;
}

/* min_resource eta^power, or more than any step. */
static double threshold(const struct pruner *p, int64_t power)
{
    double step = (double)p->min_resource;

    for (int64_t i = 0; i < power && step < 1e18; i++)
        step *= (double)p->conf.eta;
    return step;
}

/* May a value go on from rung r? Those compared are what trials of the bracket
 * recorded there, and the value itself. */
static status promoted(const struct pruner *p,
                       const struct trial *trials,
                       uint32_t n,
                       uint32_t at,
                       uint32_t r,
                       double value,
                       bool *up)
{
    status st = OK;
    bool band = p->conf.kind == PRUNER_HYPERBAND;
    double *v = NULL;
    uint32_t *idx = NULL;
    uint32_t m = 0;
    uint32_t k;

    TRY(mem_new((size_t)n + 1, sizeof *v, &v));
    TRY(mem_new((size_t)n + 1, sizeof *idx, &idx));
    for (uint32_t i = 0; i < n; i++)
        if (r < trials[i].n_rungs &&
            (!band || pruner_bracket(p, i) == pruner_bracket(p, at)))
            v[m++] = trials[i].rungs[r];
    v[m++] = value;
    *up = false;
    if (m <= p->conf.bootstrap)
        goto out;
    order_f64(v, m, idx);
    k = m / (uint32_t)p->conf.eta;
    k = k > 0 ? k - 1 : 0;
    *up = p->conf.maximise ? value >= v[idx[m - 1 - k]] : value <= v[idx[k]];
out:
    mem_free(v);
    mem_free(idx);
    return st;
}

static status climb(const struct pruner *p,
                    int64_t rate,
                    const struct trial *trials,
                    uint32_t n,
                    uint32_t at,
                    struct pruner_verdict *out)
{
    status st = OK;
    const struct trial *t = &trials[at];
    const struct trial_report *last = trial_last(t);
    bool up = true;

    while (up) {
        uint32_t r = t->n_rungs + out->new_rungs;

        if ((double)last->step < threshold(p, rate + r))
            goto out;
        if (isnan(last->value))
            break;
        out->new_rungs++;
        TRY(promoted(p, trials, n, at, r, last->value, &up));
    }
    out->prune = true;
out:
    return st;
}

/* A hundredth of the longest trial's last step. */
static void
decide_least(struct pruner *p, const struct trial *trials, uint32_t n)
{
    int64_t most = pruner_longest(trials, n);

    if (most >= 0)
        p->min_resource = most / 100 > 1 ? most / 100 : 1;
}

status pruner_halving(struct pruner *p,
                      const struct trial *trials,
                      uint32_t n,
                      uint32_t at,
                      struct pruner_verdict *out)
{
    pruner_decide(p, trials, n);
    if (!pruner_is_decided(p))
        return OK;
    return climb(p, p->conf.rate, trials, n, at, out);
}

/* Brackets and their shares, once the largest resource is known. */
static void
decide_brackets(struct pruner *p, const struct trial *trials, uint32_t n)
{
    const struct pruner_conf *c = &p->conf;
    double most = (double)c->max_resource;
    double count;

    if (c->max_resource == 0)
        most = (double)pruner_longest(trials, n) + 1.0;
    if (most < 1.0)
        return;
    /* a quotient of logarithms, rounding included, as Optuna has it */
    count = floor(det_log(most / (double)c->min_resource) /
                  det_log((double)c->eta)) +
            1.0;
    p->brackets = count < 1.0 ? 1 : (uint32_t)fmin(count, PRUNER_BRACKETS);
    for (uint32_t b = 0; b < p->brackets; b++) {
        uint32_t s = p->brackets - 1 - b;
        double share = p->brackets;

        for (uint32_t i = 0; i < s; i++)
            share *= (double)c->eta;
        p->budget[b] = (uint64_t)ceil(share / (s + 1.0));
    }
}

bool pruner_is_decided(const struct pruner *p)
{
    return (p->conf.kind != PRUNER_HALVING || p->min_resource > 0) &&
           (p->conf.kind != PRUNER_HYPERBAND || p->brackets > 0);
}

void pruner_decide(struct pruner *p, const struct trial *trials, uint32_t n)
{
    if (pruner_is_decided(p))
        return;
    if (p->conf.kind == PRUNER_HALVING)
        decide_least(p, trials, n);
    else
        decide_brackets(p, trials, n);
}

status pruner_hyperband(struct pruner *p,
                        const struct trial *trials,
                        uint32_t n,
                        uint32_t at,
                        struct pruner_verdict *out)
{
    pruner_decide(p, trials, n);
    if (!pruner_is_decided(p))
        return OK;
    return climb(p, pruner_bracket(p, at), trials, n, at, out);
}
