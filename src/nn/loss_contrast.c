/* Contrastive losses: cross entropy of an anchor's similarities to its other
 * view and to what stands against it. Anchors are all rows of views 0 and 1;
 * against them stand 2 n columns:
 *   infonce (van den Oord, Li, Vinyals 2018; the study's
 *     NegativeMiningInfoNCECriterion, spec 6.1): views 2, 3, all images but
 *     the anchor's own
 *   ntxent_mined (spec 6.2): of views 2, 3 the anchor's own, all images
 *   ntxent (Sohn 2016; Chen et al. 2020, spec 6.3): views 0, 1, all images but
 *     the anchor's own
 *   nnclr (Dwibedi et al. 2021 as the study pairs it, spec 6.4): ntxent of
 *     views 0, 1 and of views 2, 3, of which 0 and 2 are constants
 * Similarities of embeddings of length 1 (x / max(|x|, 1e-12)) over the
 * temperature; the largest logit is subtracted before exp. An embedding
 * receives gradient as an anchor, as the positive of its partner, and as a
 * column of anchors of its OWN group (DESIGN decision 11).
 *
 * Every row (sample of a view) is one item of the team and sums over other
 * rows in ascending order, so members do not enter. */
#include "det/math.h"
#include "nn/loss_kind.h"
#include "nn/unit_length.h"

enum form { INFONCE, MINED, NTXENT };

struct contrast {
    const struct loss_conf *conf;
    enum form form;
    bool local;          /* columns of the anchor's group only */
    bool constant;       /* view 0 receives no gradient */
    const double *embed; /* [views n][d] */
    size_t views, n, d;
    size_t base;    /* row of column 0 */
    double *z;      /* [views n][d] of length 1 */
    double *length; /* [views n] */
    double *value;  /* [2 n] loss of an anchor */
    double *pos;    /* [2 n] d loss / d logit of its positive */
    double *neg;    /* [2 n][2 n] ... of the columns, 0 where none stands */
    double *grad;   /* [views n][d] */
    double *group;  /* [groups] */
};

static size_t memory_of(const struct loss_conf *conf, size_t views)
{
    size_t n = conf->n;

    return 2 * n * views * conf->d + n * views + 4 * n + 4 * n * n +
           conf->groups;
}

static void carve(struct contrast *f, double *memory)
{
    size_t n = f->n;

    f->z = memory;
    f->grad = f->z + f->views * n * f->d;
    f->length = f->grad + f->views * n * f->d;
    f->value = f->length + f->views * n;
    f->pos = f->value + 2 * n;
    f->neg = f->pos + 2 * n;
    f->group = f->neg + 4 * n * n;
}

static status normalise(void *ctx, size_t row, int member)
{
    const struct contrast *f = ctx;

    (void)member;
    f->length[row] = unit_make(f->embed + row * f->d, f->d, f->z + row * f->d);
    return OK;
}

static size_t partner(const struct contrast *f, size_t anchor)
{
    return anchor < f->n ? anchor + f->n : anchor - f->n;
}

static size_t group_of(const struct contrast *f, size_t row)
{
    return row % f->n / (f->n / f->conf->groups);
}

/* Does column j stand against anchor a? */
static bool stands(const struct contrast *f, size_t a, size_t j)
{
    if (f->form == MINED)
        return j / f->n == a / f->n;
    if (f->local && group_of(f, j) != group_of(f, a))
        return false;
    return j % f->n != a % f->n;
}

/* Loss of one anchor and its derivative by every logit. */
static status anchor(void *ctx, size_t a, int member)
{
    const struct contrast *f = ctx;
    const double *z = f->z + a * f->d;
    double *neg = f->neg + a * 2 * f->n;
    double pos =
        unit_dot(z, f->z + partner(f, a) * f->d, f->d) / f->conf->temperature;
    double top = pos;
    double sum;

    (void)member;
    for (size_t j = 0; j < 2 * f->n; j++) {
        if (!stands(f, a, j))
            continue;
        neg[j] = unit_dot(z, f->z + (f->base + j) * f->d, f->d) /
                 f->conf->temperature;
        if (neg[j] > top)
            top = neg[j];
    }
    sum = det_exp(pos - top);
    f->pos[a] = sum;
    for (size_t j = 0; j < 2 * f->n; j++) {
        neg[j] = stands(f, a, j) ? det_exp(neg[j] - top) : 0.0;
        sum += neg[j];
    }
    f->value[a] = det_log(sum) - (pos - top);
    f->pos[a] = f->pos[a] / sum - 1.0;
    for (size_t j = 0; j < 2 * f->n; j++)
        neg[j] /= sum;
    return OK;
}

static void add_scaled(double *to, double by, const double *z, size_t d)
{
    for (size_t i = 0; i < d; i++)
        to[i] += by * z[i];
}

/* Derivative by row's z, then by its embedding. */
static status gradient(void *ctx, size_t row, int member)
{
    const struct contrast *f = ctx;
    size_t n = f->n;
    double *g = f->grad + row * f->d;
    double scale = 1.0 / (2.0 * (double)n * f->conf->temperature);

    (void)member;
    for (size_t i = 0; i < f->d; i++)
        g[i] = 0.0;
    if (f->constant && row < n)
        return OK;
    if (row < 2 * n) {
        size_t p = partner(f, row);

        add_scaled(g, f->pos[row] + f->pos[p], f->z + p * f->d, f->d);
        for (size_t j = 0; j < 2 * n; j++)
            add_scaled(g, f->neg[row * 2 * n + j], f->z + (f->base + j) * f->d,
                       f->d);
    }
    if (row >= f->base) {
        size_t j = row - f->base;

        for (size_t a = 0; a < 2 * n; a++)
            if (group_of(f, a) == group_of(f, j))
                add_scaled(g, f->neg[a * 2 * n + j], f->z + a * f->d, f->d);
    }
    unit_back(f->z + row * f->d, f->length[row], scale, f->d, g);
    return OK;
}

static void take_means(const struct contrast *f, struct loss_out *out)
{
    size_t n = f->n;
    size_t per_group = n / f->conf->groups;

    for (size_t g = 0; g < f->conf->groups; g++)
        f->group[g] = 0.0;
    out->value = 0.0;
    for (size_t a = 0; a < 2 * n; a++) {
        f->group[group_of(f, a)] += f->value[a];
        out->value += f->value[a];
    }
    out->value /= 2.0 * (double)n;
    for (size_t g = 0; g < f->conf->groups; g++)
        f->group[g] /= 2.0 * (double)per_group;
    out->group = f->group;
    out->grad = f->grad;
}

/* Mean similarities: own view, other lesions, negatives. */
static void take_health(const struct contrast *f, struct loss_out *out)
{
    size_t n = f->n;
    double own = 0.0;
    double other = 0.0;
    double negative = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double *z = f->z + i * f->d;

        own += unit_dot(z, f->z + (n + i) * f->d, f->d);
        for (size_t k = 0; k < n; k++) {
            if (f->views > 2)
                negative += unit_dot(z, f->z + (2 * n + k) * f->d, f->d);
            if (k != i)
                other += unit_dot(z, f->z + k * f->d, f->d);
        }
    }
    out->own = own / (double)n;
    out->negative = negative / (double)(n * n);
    out->other = n > 1 ? other / (double)(n * (n - 1)) : 0.0;
}

static status run_form(struct contrast *f,
                       const struct loss_in *in,
                       struct team *team,
                       double *memory,
                       struct loss_out *out)
{
    status st = OK;

    f->n = in->n;
    f->d = f->conf->d;
    f->base = f->form == NTXENT ? 0 : 2 * f->n;
    f->embed = in->output;
    carve(f, memory);
    TRY(team_run(team, f->views * f->n, normalise, f));
    TRY(team_run(team, 2 * f->n, anchor, f));
    TRY(team_run(team, f->views * f->n, gradient, f));
    take_means(f, out);
    take_health(f, out);
out:
    return st;
}

/* Both pairs one after the other, gradients of half the sum beside each other:
 * the first pair's scratch is kept behind the second's. */
static status run_pairs(const struct loss_conf *conf,
                        bool local,
                        struct team *team,
                        double *memory,
                        const struct loss_in *in,
                        struct loss_out *out)
{
    size_t len = 2 * (size_t)in->n * conf->d;
    double *grad = memory + memory_of(conf, 2);
    double *group = grad + 2 * len;
    double value = 0.0;
    status st = OK;

    for (size_t g = 0; g < conf->groups; g++)
        group[g] = 0.0;
    for (size_t pair = 0; pair < 2; pair++) {
        struct contrast f = {.conf = conf,
                             .form = NTXENT,
                             .views = 2,
                             .local = local,
                             .constant = true};
        struct loss_in two = {.output = in->output + pair * len, .n = in->n};

        TRY(run_form(&f, &two, team, memory, out));
        value += out->value / 2.0;
        for (size_t g = 0; g < conf->groups; g++)
            group[g] += out->group[g] / 2.0;
        for (size_t i = 0; i < len; i++)
            grad[pair * len + i] = out->grad[i] / 2.0;
    }
    out->value = value;
    out->group = group;
    out->grad = grad;
out:
    return st;
}

static size_t work_four(const struct loss_conf *conf)
{
    return memory_of(conf, 4);
}

static size_t work_two(const struct loss_conf *conf)
{
    return memory_of(conf, 2);
}

static size_t work_pairs(const struct loss_conf *conf)
{
    return memory_of(conf, 2) + 4 * (size_t)conf->n * conf->d + conf->groups;
}

static status run_infonce(const struct loss_conf *conf,
                          struct team *team,
                          double *memory,
                          const struct loss_in *in,
                          struct loss_out *out)
{
    struct contrast f = {.conf = conf, .form = INFONCE, .views = 4};

    return run_form(&f, in, team, memory, out);
}

static status run_mined(const struct loss_conf *conf,
                        struct team *team,
                        double *memory,
                        const struct loss_in *in,
                        struct loss_out *out)
{
    struct contrast f = {.conf = conf, .form = MINED, .views = 4};

    return run_form(&f, in, team, memory, out);
}

static status run_ntxent(const struct loss_conf *conf,
                         struct team *team,
                         double *memory,
                         const struct loss_in *in,
                         struct loss_out *out)
{
    struct contrast f = {.conf = conf, .form = NTXENT, .views = 2};

    return run_form(&f, in, team, memory, out);
}

static status run_nnclr(const struct loss_conf *conf,
                        struct team *team,
                        double *memory,
                        const struct loss_in *in,
                        struct loss_out *out)
{
    return run_pairs(conf, true, team, memory, in, out);
}

static status run_nnclr_gather(const struct loss_conf *conf,
                               struct team *team,
                               double *memory,
                               const struct loss_in *in,
                               struct loss_out *out)
{
    return run_pairs(conf, false, team, memory, in, out);
}

const struct loss_kind loss_infonce = {"infonce", 4,         true,
                                       false,     work_four, run_infonce};
const struct loss_kind loss_ntxent_mined = {
    "ntxent_mined", 4, true, false, work_four, run_mined};
const struct loss_kind loss_ntxent = {"ntxent", 2,        true,
                                      false,    work_two, run_ntxent};
const struct loss_kind loss_nnclr = {"nnclr", 4,          true,
                                     false,   work_pairs, run_nnclr};
const struct loss_kind loss_nnclr_gather = {
    "nnclr_gather", 4, true, false, work_pairs, run_nnclr_gather};
