/* A suggestion: split the trials, build one mixture of the good and one of the
 * others, draw candidates from the good one and take the candidate whose
 * density ratio is largest. */
#include "hpo/tpe.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#include "det/math.h"
#include "hpo/tpe_memo.h"

/* Equal candidates may differ in the last bits: the first within this. */
#define TIE 1e-12

struct tpe_conf tpe_defaults(void)
{
    return (struct tpe_conf){.parzen = parzen_defaults(),
                             .n_startup = 10,
                             .n_candidates = 24,
                             .liar = true,
                             .multivariate = true};
}

void tpe_rng_sequential(struct tpe_rng *r, uint32_t seed, struct mt19937 *mt)
{
    *r = (struct tpe_rng){0};
    mt_seed(&mt[0], seed);
    mt_seed(&mt[1], seed);
    r->start.mt = &mt[0];
    r->model.mt = &mt[1];
}

void tpe_rng_ticket(struct tpe_rng *r,
                    uint64_t seed,
                    uint64_t part,
                    uint64_t ticket)
{
    *r = (struct tpe_rng){0};
    r->start.stream = stream_at(seed, STREAM_SEARCH, part, ticket, 0);
    r->model.stream = stream_at(seed, STREAM_SEARCH, part, ticket, 1);
}

/* ---- random trials ---- */

static double whole(enum tpe_rules rules, double t)
{
    return rules == TPE_V31 ? rint(t) : floor(t + 0.5);
}

static double random_choice(const struct space_param *p, struct draw *draw)
{
    double top = -1;
    uint32_t best = 0;
    for (uint32_t c = 0; c < p->n_choices; c++) {
        double u = draw_double(draw);
        if (u > top) {
            top = u;
            best = c;
        }
    }
    return best;
}

double
tpe_random(enum tpe_rules rules, const struct space_param *p, struct draw *draw)
{
    if (p->kind == SPACE_CATEGORICAL)
        return random_choice(p, draw);
    double low;
    double high;
    double q;
    space_domain(p, &low, &high, &q);
    double z = low + (high - low) * draw_double(draw);
    if (p->log)
        z = det_exp(z);
    if (p->step == 0)
        return fmin(z, nextafter(p->high, p->low));
    if (p->kind == SPACE_FLOAT || p->log)
        z = p->low + p->step * rint((z - p->low) / p->step);
    else
        z = p->low + p->step * whole(rules, (z - p->low) / p->step);
    return fmin(fmax(z, p->low), p->high);
}

/* ---- model-based trials ---- */

struct job { /* parameters suggested together, and from what */
    const struct tpe_conf *conf;
    const struct space *space;
    const struct trial *trials;
    uint32_t n;
    const uint32_t *param; /* [d] indices into the space */
    uint32_t d;
    struct tpe_memo *memo;
};

static bool has_all(const struct job *job, uint32_t trial)
{
    for (uint32_t j = 0; j < job->d; j++)
        if (isnan(job->trials[trial].x[job->param[j]]))
            return false;
    return true;
}

/* Mixture of the listed trials that have all parameters of the job. */
static status mixture(const struct job *job,
                      const uint32_t *list,
                      uint32_t n_list,
                      bool remembered,
                      struct parzen **out)
{
    const struct space_param **params = NULL;
    double *obs = NULL;
    uint32_t *used = NULL; /* those of the list that have all */
    uint32_t m = 0;
    struct parzen_conf conf = job->conf->parzen;
    struct parzen_known known;
    status st = OK;

    TRY(mem_new(job->d, sizeof(const struct space_param *), &params));
    TRY(mem_raw((size_t)n_list * job->d, sizeof *obs, &obs));
    TRY(mem_raw(n_list, sizeof *used, &used));
    for (uint32_t j = 0; j < job->d; j++)
        params[j] = &job->space->params[job->param[j]];
    for (uint32_t i = 0; i < n_list; i++) {
        if (!has_all(job, list[i]))
            continue;
        for (uint32_t j = 0; j < job->d; j++)
            obs[(size_t)m * job->d + j] = job->trials[list[i]].x[job->param[j]];
        used[m++] = list[i];
    }
    remembered = remembered && job->memo;
    if (remembered)
        tpe_memo_known(job->memo, used, m, job->param, job->d, &known);
    TRY(parzen_new(&conf, params, job->d, obs, m, remembered ? &known : NULL,
                   out));
out:
    mem_free(used);
    mem_free(obs);
    mem_free(params);
    return st;
}

static uint32_t best_of(const double *log_l, const double *log_g, uint32_t n)
{
    double top = -INFINITY;
    for (uint32_t i = 0; i < n; i++)
        top = fmax(top, log_l[i] - log_g[i]);
    double least = top - TIE * fmax(1.0, fabs(top));
    for (uint32_t i = 0; i < n; i++)
        if (log_l[i] - log_g[i] >= least)
            return i;
    return 0;
}

/* Split, build both mixtures, draw, compare. x [d]. */
static status run_job(const struct job *job,
                      struct draw *draw,
                      double *x,
                      struct tpe_why *why)
{
    uint32_t n = job->conf->n_candidates;
    struct tpe_split split = {0};
    struct parzen *good = NULL;
    struct parzen *rest = NULL;
    double *v = NULL; /* candidates [n][d], log_l [n], log_g [n] */
    status st = OK;

    TRY(mem_raw((size_t)n * (job->d + 2), sizeof *v, &v));
    TRY(mem_raw(job->n, sizeof *split.below, &split.below));
    TRY(mem_raw(job->n, sizeof *split.above, &split.above));
    uint32_t most = tpe_gamma(tpe_finished(job->trials, job->n));
    TRY(tpe_split(job->conf, job->trials, job->n, most, &split));
    TRY(mixture(job, split.below, split.n_below, false, &good));
    TRY(mixture(job, split.above, split.n_above, true, &rest));
    double *log_l = v + (size_t)n * job->d;
    double *log_g = log_l + n;
    TRY(parzen_sample(good, draw, n, v));
    TRY(parzen_log_pdf(good, v, n, log_l));
    TRY(parzen_log_pdf(rest, v, n, log_g));
    uint32_t best = best_of(log_l, log_g, n);
    memcpy(x, v + (size_t)best * job->d, job->d * sizeof *x);
    if (why) {
        why->best = best;
        memcpy(why->candidates, v, (size_t)n * job->d * sizeof *v);
        memcpy(why->log_l, log_l, n * sizeof *v);
        memcpy(why->log_g, log_g, n * sizeof *v);
    }
out:
    parzen_free(rest);
    parzen_free(good);
    mem_free(split.above);
    mem_free(split.below);
    mem_free(v);
    return st;
}

/* conf: with the rule of bandwidths that holds. */
static status suggest_alone(const struct tpe_conf *conf,
                            const struct tpe_past *past,
                            uint32_t param,
                            struct draw *draw,
                            double *x,
                            struct tpe_why *why)
{
    struct job job = {conf,   past->space, past->trials, past->n,
                      &param, 1,           past->memo};
    status st = OK;

    if (past->memo)
        TRY(tpe_memo_update(past->memo, past));
    TRY(run_job(&job, draw, x, why));
out:
    return st;
}

status tpe_suggest_one(const struct tpe_conf *conf,
                       const struct tpe_past *past,
                       uint32_t param,
                       struct draw *draw,
                       double *x,
                       struct tpe_why *why)
{
    struct tpe_conf alone = *conf;

    alone.parzen.joint = false;
    return suggest_alone(&alone, past, param, draw, x, why);
}

/* ---- which parameters are drawn together ---- */

static bool is_finished(const struct trial *t)
{
    return t->state == TRIAL_COMPLETE || t->state == TRIAL_PRUNED;
}

/* One block (1) of the parameters every finished trial has. */
static uint32_t shared_block(const struct tpe_past *past, uint32_t *block)
{
    for (uint32_t p = 0; p < past->space->n; p++) {
        block[p] = 1;
        for (uint32_t i = 0; i < past->n; i++)
            if (is_finished(&past->trials[i]) && isnan(past->trials[i].x[p]))
                block[p] = 0;
    }
    return 1;
}

/* Split every block by what a trial has; what it has and no block holds is a
 * new block. fresh [n] is scratch. */
static uint32_t refine(const struct trial *t,
                       uint32_t n_params,
                       uint32_t n_blocks,
                       uint32_t *block,
                       uint32_t *fresh)
{
    uint32_t k = 0;

    for (uint32_t b = 1; b <= n_blocks + 1; b++) {
        uint32_t from = b <= n_blocks ? b : 0;
        for (int with = 1; with >= (from ? 0 : 1); with--) {
            uint32_t members = 0;
            for (uint32_t p = 0; p < n_params; p++)
                if (block[p] == from && (isnan(t->x[p]) ? 0 : 1) == with) {
                    fresh[p] = k + 1;
                    members++;
                }
            k += members > 0;
        }
    }
    for (uint32_t p = 0; p < n_params; p++)
        if (block[p] || !isnan(t->x[p]))
            block[p] = fresh[p];
    return k;
}

/* Members of a block in the order they are drawn: by name, or as declared
 * (3.1 without groups). */
static uint32_t block_members(const struct tpe_conf *conf,
                              const struct space *space,
                              const uint32_t *block,
                              uint32_t b,
                              uint32_t *list)
{
    bool by_name = conf->group || conf->parzen.rules == TPE_CURRENT;
    uint32_t d = 0;

    for (uint32_t p = 0; p < space->n; p++) {
        if (block[p] != b || space_is_single(&space->params[p]))
            continue;
        uint32_t at = d++;
        for (; by_name && at > 0 &&
               strcmp(space->params[list[at - 1]].name, space->params[p].name) >
                   0;
             at--)
            list[at] = list[at - 1];
        list[at] = p;
    }
    return d;
}

status tpe_relative(const struct tpe_conf *conf,
                    const struct tpe_past *past,
                    struct tpe_rng *rng,
                    double *x)
{
    struct tpe_conf joint = *conf;
    uint32_t np = past->space->n;
    uint32_t *list = NULL; /* members, blocks, scratch: [np] each */
    double *values = NULL;
    status st = OK;

    for (uint32_t p = 0; p < np; p++)
        x[p] = NAN;
    if (!conf->multivariate ||
        tpe_finished(past->trials, past->n) < conf->n_startup)
        return OK;
    joint.parzen.joint = true;
    if (past->memo)
        TRY(tpe_memo_update(past->memo, past));
    TRY(mem_new((size_t)3 * np, sizeof *list, &list));
    TRY(mem_new(np, sizeof *values, &values));
    uint32_t *block = list + np;
    uint32_t blocks = 0;
    if (!conf->group)
        blocks = shared_block(past, block);
    for (uint32_t i = 0; i < past->n && conf->group; i++)
        if (is_finished(&past->trials[i]))
            blocks = refine(&past->trials[i], np, blocks, block, block + np);
    for (uint32_t b = 1; b <= blocks; b++) {
        uint32_t d = block_members(conf, past->space, block, b, list);
        struct job job = {&joint, past->space, past->trials, past->n,
                          list,   d,           past->memo};
        if (d == 0)
            continue;
        TRY(run_job(&job, &rng->model, values, NULL));
        for (uint32_t j = 0; j < d; j++)
            x[list[j]] = values[j];
    }
out:
    mem_free(values);
    mem_free(list);
    return st;
}

status tpe_independent(const struct tpe_conf *conf,
                       const struct tpe_past *past,
                       uint32_t param,
                       struct tpe_rng *rng,
                       double *x)
{
    const struct space_param *p = &past->space->params[param];
    struct tpe_conf alone = *conf;

    if (space_is_single(p)) {
        *x = p->kind == SPACE_CATEGORICAL ? 0 : p->low;
        return OK;
    }
    if (tpe_finished(past->trials, past->n) < conf->n_startup) {
        *x = tpe_random(conf->parzen.rules, p, &rng->start);
        return OK;
    }
    /* 3.1 keeps the rule of joint bandwidths for a parameter by itself */
    alone.parzen.joint = conf->multivariate && conf->parzen.rules == TPE_V31;
    return suggest_alone(&alone, past, param, &rng->model, x, NULL);
}

/* Parameter p of the trial x; the joint part is drawn when it is first wanted.
 */
static status suggest_one(const struct tpe_conf *conf,
                          const struct tpe_past *past,
                          struct tpe_rng *rng,
                          uint32_t p,
                          double *joint,
                          bool *drawn,
                          double *x)
{
    status st = OK;

    x[p] = NAN;
    if (!space_exists(past->space, p, x))
        return OK; /* groups draw for those that may come */
    if (past->fixed && !isnan(past->fixed[p])) {
        x[p] = past->fixed[p];
        return OK;
    }
    if (!*drawn && !space_is_single(&past->space->params[p])) {
        TRY(tpe_relative(conf, past, rng, joint));
        *drawn = true;
    }
    x[p] = *drawn ? joint[p] : (double)NAN;
    if (isnan(x[p]))
        TRY(tpe_independent(conf, past, p, rng, &x[p]));
out:
    return st;
}

/* 3.1 draws the joint part when a trial starts, now it waits for the first
 * parameter that is drawn at all. */
status tpe_suggest(const struct tpe_conf *conf,
                   const struct tpe_past *past,
                   struct tpe_rng *rng,
                   double *x)
{
    bool drawn = conf->parzen.rules == TPE_V31;
    double *joint = NULL;
    status st = OK;

    TRY(mem_raw(past->space->n, sizeof *joint, &joint));
    if (drawn)
        TRY(tpe_relative(conf, past, rng, joint));
    for (uint32_t p = 0; p < past->space->n; p++)
        TRY(suggest_one(conf, past, rng, p, joint, &drawn, x));
out:
    mem_free(joint);
    return st;
}
