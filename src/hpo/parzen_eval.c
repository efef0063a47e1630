/* Drawing from the mixture and its density. One number chooses the component
 * of a point, one more per parameter the value within it, by inversion; so a
 * suggestion costs the same numbers whatever happens. */
#include <math.h>

#include "base/mem.h"

#include "det/math.h"
#include "hpo/parzen.h"
#include "hpo/parzen_part.h"
#include "hpo/truncnorm.h"

#define LN_SQRT_2PI 0.9189385332046727

/* exp(-45) < 2^-64 = ENOUGH 2^-54 */
#define NEGLIGIBLE (-45.0)
#define ENOUGH     0x1p-10

/* First component whose running share is above u. */
static void choose_components(const struct parzen *p,
                              struct draw *draw,
                              uint32_t n,
                              const double *share,
                              uint32_t *part)
{
    for (uint32_t k = 0; k < n; k++) {
        double u = draw_double(draw);
        uint32_t lo = 0;
        uint32_t hi = p->n - 1;
        while (lo < hi) {
            uint32_t mid = lo + (hi - lo) / 2;
            if (share[mid] > u)
                hi = mid;
            else
                lo = mid + 1;
        }
        part[k] = lo;
    }
}

static double draw_choice(const struct parzen *p,
                          const struct parzen_dim *dim,
                          uint32_t part,
                          double u)
{
    uint32_t k = dim->param->n_choices;
    const double *row = dim->row + (size_t)part * k;
    double sum = 0;
    uint32_t below = 0;
    for (uint32_t c = 0; c < k; c++) {
        sum += row[c];
        /* current rules: the last sum is 1, whatever rounding made of it */
        if (p->conf.rules == TPE_CURRENT && c == k - 1)
            sum = 1.0;
        below += sum < u;
    }
    return below < k ? below : k - 1;
}

static double clamp(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

static double draw_number(const struct parzen_dim *dim, uint32_t part, double u)
{
    const struct space_param *s = dim->param;
    double z =
        truncnorm_quantile(u, dim->a[part], dim->b[part], dim->log_mass[part]);
    z = z * dim->sigma[part] + dim->mu[part];
    if (s->log)
        z = det_exp(z);
    if (s->step > 0)
        z = clamp(s->low + s->step * rint((z - s->low) / s->step), s->low,
                  s->high);
    return z;
}

static void draw_column(const struct parzen *p,
                        uint32_t j,
                        struct draw *draw,
                        uint32_t n,
                        const uint32_t *part,
                        double *x)
{
    const struct parzen_dim *dim = &p->dim[j];
    for (uint32_t k = 0; k < n; k++) {
        double u = draw_double(draw);
        x[(size_t)k * p->d + j] = dim->row ? draw_choice(p, dim, part[k], u)
                                           : draw_number(dim, part[k], u);
    }
}

status
parzen_sample(const struct parzen *p, struct draw *draw, uint32_t n, double *x)
{
    double *share = NULL;
    uint32_t *part = NULL;
    status st = OK;

    TRY(mem_raw(p->n, sizeof *share, &share));
    TRY(mem_raw(n, sizeof *part, &part));
    double sum = 0;
    for (uint32_t i = 0; i < p->n; i++)
        share[i] = sum += p->weight[i];
    for (uint32_t i = 0; i < p->n; i++)
        share[i] /= sum;
    choose_components(p, draw, n, share, part);
    if (p->conf.rules == TPE_V31) {
        for (uint32_t j = 0; j < p->d; j++)
            draw_column(p, j, draw, n, part, x);
    } else {
        for (int pass = 0; pass < 2; pass++)
            for (uint32_t j = 0; j < p->d; j++)
                if ((pass == 0) == (p->dim[j].row != NULL))
                    draw_column(p, j, draw, n, part, x);
    }
out:
    mem_free(part);
    mem_free(share);
    return st;
}

/* Ends of the bin of value x, in the inner domain. */
static void bin_of(const struct parzen *p,
                   const struct parzen_dim *dim,
                   double x,
                   double *left,
                   double *right)
{
    *left = x - 0.5 * dim->q;
    *right = x + 0.5 * dim->q;
    if (dim->param->log) {
        *left = det_log(*left);
        *right = det_log(*right);
    } else if (p->conf.rules == TPE_V31) {
        *left = clamp(*left, dim->low, dim->high);
        *right = clamp(*right, dim->low, dim->high);
    }
}

/* Add the ln density of inner value x under every component to term [n]. */
static void add_continuous(const struct parzen_dim *dim,
                           uint32_t n,
                           double x,
                           double *restrict term)
{
    const double *restrict mu = dim->mu;
    const double *restrict sigma = dim->sigma;
    const double *restrict log_mass = dim->log_mass;
    const double *restrict log_sigma = dim->log_sigma;

    for (uint32_t i = 0; i < n; i++) {
        double z = (x - mu[i]) / sigma[i];
        double t =
            term[i] + (-0.5 * z * z - LN_SQRT_2PI - log_mass[i] - log_sigma[i]);

        term[i] = z < dim->a[i] || z > dim->b[i] ? -(double)INFINITY : t;
    }
}

/* The same for value x of a stepped parameter. */
static void add_binned(const struct parzen *p,
                       const struct parzen_dim *dim,
                       double x,
                       double *term)
{
    double left;
    double right;

    bin_of(p, dim, x, &left, &right);
    for (uint32_t i = 0; i < p->n; i++) {
        double s = dim->sigma[i];
        term[i] += truncnorm_log_mass((left - dim->mu[i]) / s,
                                      (right - dim->mu[i]) / s) -
                   dim->log_mass[i];
    }
}

static void add_terms(const struct parzen *p,
                      const struct parzen_dim *dim,
                      double x,
                      double *term)
{
    uint32_t k = dim->param->n_choices;

    if (!dim->row && dim->q > 0)
        add_binned(p, dim, x, term);
    else if (!dim->row)
        add_continuous(dim, p->n, space_inner(dim->param, x), term);
    else
        for (uint32_t i = 0; i < p->n; i++)
            term[i] += det_log(dim->row[(size_t)i * k + (uint32_t)x]);
}

static double log_sum_exp(const double *v, uint32_t n)
{
    double top = -INFINITY;
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        top = v[i] > top ? v[i] : top;
    if (isinf(top))
        return top;
    for (uint32_t i = 0; i < n; i++) {
        double d = v[i] - top;

        /* below half a unit in the last place of the sum: adding it changes
         * no bit */
        if (d > NEGLIGIBLE || sum < ENOUGH)
            sum += det_exp(d);
    }
    return top + det_log(sum);
}

status
parzen_log_pdf(const struct parzen *p, const double *x, uint32_t n, double *out)
{
    double *term = NULL;
    status st = OK;

    TRY(mem_raw(p->n, sizeof *term, &term));
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t i = 0; i < p->n; i++)
            term[i] = p->log_weight[i];
        for (uint32_t j = 0; j < p->d; j++)
            add_terms(p, &p->dim[j], x[(size_t)k * p->d + j], term);
        out[k] = log_sum_exp(term, p->n);
    }
out:
    mem_free(term);
    return st;
}
