/* InfoNCE with negative mining (van den Oord, Li, Vinyals 2018; the study's
 * NegativeMiningInfoNCECriterion, spec 6.1). Views 0, 1 positive, 2, 3
 * negative. Anchors: the positives. Against the anchor's other view stand all
 * negatives of all images but its own. Similarities of embeddings of length 1
 * (x / max(|x|, 1e-12)) over the temperature; the largest logit is subtracted
 * before exp. An embedding receives gradient as an anchor, as the positive of
 * its partner, and as a negative of anchors of its OWN group (DESIGN decision
 * 11).
 *
 * Every row (sample of a view) is one item of the team and sums over other
 * rows in ascending order, so members do not enter. */
#include <math.h>

#include "det/math.h"
#include "nn/loss_kind.h"

enum { VIEWS = 4 };
static const double LENGTH_MIN = 1e-12;

struct infonce {
    const struct loss_conf *conf;
    const double *embed; /* [4 n][d] */
    size_t n, d;
    double *z;      /* [4 n][d] of length 1 */
    double *length; /* [4 n] */
    double *value;  /* [2 n] loss of an anchor */
    double *pos;    /* [2 n] d loss / d logit of its positive */
    double *neg;    /* [2 n][2 n] ... of the negatives, own image 0 */
    double *grad;   /* [4 n][d] */
    double *group;  /* [groups] */
};

static size_t work(const struct loss_conf *conf)
{
    size_t n = conf->n;

    return 2 * n * VIEWS * conf->d + n * VIEWS + 4 * n + 4 * n * n +
           conf->groups;
}

static void carve(struct infonce *f, double *memory)
{
    size_t n = f->n;

    f->z = memory;
    f->grad = f->z + VIEWS * n * f->d;
    f->length = f->grad + VIEWS * n * f->d;
    f->value = f->length + VIEWS * n;
    f->pos = f->value + 2 * n;
    f->neg = f->pos + 2 * n;
    f->group = f->neg + 4 * n * n;
}

static double dot(const double *a, const double *b, size_t d)
{
    double sum = 0.0;

    for (size_t i = 0; i < d; i++)
        sum += a[i] * b[i];
    return sum;
}

static status normalise(void *ctx, size_t row, int member)
{
    const struct infonce *f = ctx;
    const double *x = f->embed + row * f->d;
    double *z = f->z + row * f->d;
    double length = sqrt(dot(x, x, f->d));
    double by = length > LENGTH_MIN ? length : LENGTH_MIN;

    (void)member;
    f->length[row] = length;
    for (size_t i = 0; i < f->d; i++)
        z[i] = x[i] / by;
    return OK;
}

static size_t partner(const struct infonce *f, size_t anchor)
{
    return anchor < f->n ? anchor + f->n : anchor - f->n;
}

/* Loss of one anchor and its derivative by every logit. */
static status anchor(void *ctx, size_t a, int member)
{
    const struct infonce *f = ctx;
    const double *z = f->z + a * f->d;
    double *neg = f->neg + a * 2 * f->n;
    double pos =
        dot(z, f->z + partner(f, a) * f->d, f->d) / f->conf->temperature;
    double top = pos;
    double sum;

    (void)member;
    for (size_t j = 0; j < 2 * f->n; j++) {
        neg[j] =
            dot(z, f->z + (2 * f->n + j) * f->d, f->d) / f->conf->temperature;
        if (j % f->n != a % f->n && neg[j] > top)
            top = neg[j];
    }
    sum = det_exp(pos - top);
    f->pos[a] = sum;
    for (size_t j = 0; j < 2 * f->n; j++) {
        neg[j] = j % f->n != a % f->n ? det_exp(neg[j] - top) : 0.0;
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
    const struct infonce *f = ctx;
    size_t n = f->n;
    size_t per_group = n / f->conf->groups;
    double *g = f->grad + row * f->d;
    const double *z = f->z + row * f->d;
    double scale = 1.0 / (2.0 * (double)n * f->conf->temperature);
    double along;

    (void)member;
    for (size_t i = 0; i < f->d; i++)
        g[i] = 0.0;
    if (row < 2 * n) {
        size_t p = partner(f, row);

        add_scaled(g, f->pos[row] + f->pos[p], f->z + p * f->d, f->d);
        for (size_t j = 0; j < 2 * n; j++)
            add_scaled(g, f->neg[row * 2 * n + j], f->z + (2 * n + j) * f->d,
                       f->d);
    } else {
        size_t j = row - 2 * n;

        for (size_t a = 0; a < 2 * n; a++)
            if (a % n / per_group == j % n / per_group)
                add_scaled(g, f->neg[a * 2 * n + j], f->z + a * f->d, f->d);
    }
    along = f->length[row] > LENGTH_MIN ? dot(z, g, f->d) : 0.0;
    for (size_t i = 0; i < f->d; i++)
        g[i] = scale * (g[i] - along * z[i]) /
               (f->length[row] > LENGTH_MIN ? f->length[row] : LENGTH_MIN);
    return OK;
}

static void take_means(const struct infonce *f, struct loss_out *out)
{
    size_t n = f->n;
    size_t per_group = n / f->conf->groups;

    for (size_t g = 0; g < f->conf->groups; g++)
        f->group[g] = 0.0;
    out->value = 0.0;
    for (size_t a = 0; a < 2 * n; a++) {
        f->group[a % n / per_group] += f->value[a];
        out->value += f->value[a];
    }
    out->value /= 2.0 * (double)n;
    for (size_t g = 0; g < f->conf->groups; g++)
        f->group[g] /= 2.0 * (double)per_group;
    out->group = f->group;
    out->grad = f->grad;
}

/* Mean similarities: own view, other lesions, negatives. */
static void take_health(const struct infonce *f, struct loss_out *out)
{
    size_t n = f->n;
    double own = 0.0;
    double other = 0.0;
    double negative = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double *z = f->z + i * f->d;

        own += dot(z, f->z + (n + i) * f->d, f->d);
        for (size_t k = 0; k < n; k++) {
            negative += dot(z, f->z + (2 * n + k) * f->d, f->d);
            if (k != i)
                other += dot(z, f->z + k * f->d, f->d);
        }
    }
    out->own = own / (double)n;
    out->negative = negative / (double)(n * n);
    out->other = n > 1 ? other / (double)(n * (n - 1)) : 0.0;
}

static status run(const struct loss_conf *conf,
                  struct team *team,
                  double *memory,
                  const double *embed,
                  struct loss_out *out)
{
    struct infonce f = {
        .conf = conf, .embed = embed, .n = conf->n, .d = conf->d};
    status st = OK;

    carve(&f, memory);
    TRY(team_run(team, VIEWS * f.n, normalise, &f));
    TRY(team_run(team, 2 * f.n, anchor, &f));
    TRY(team_run(team, VIEWS * f.n, gradient, &f));
    take_means(&f, out);
    take_health(&f, out);
out:
    return st;
}

const struct loss_kind loss_infonce = {"infonce", VIEWS, work, run};
