/* Building the mixture. The width of a kernel is the distance to the farther
 * of its two neighbours; the prior is one wide kernel in the middle. */
#include "hpo/parzen.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#include "det/math.h"
#include "det/order.h"
#include "hpo/argsort.h"
#include "hpo/parzen_part.h"
#include "hpo/truncnorm.h"

enum { RAMP_FLAT = 25 };

#define SQRT_2PI_INV 0.3989422804014327

static double at_least(double x, double low)
{
    return x > low ? x : low;
}

static double at_most(double x, double high)
{
    return x < high ? x : high;
}

struct parzen_conf parzen_defaults(void)
{
    return (struct parzen_conf){
        .rules = TPE_CURRENT, .prior_weight = 1.0, .clip = true};
}

void parzen_ramp(uint32_t m, double *w)
{
    uint32_t rising = m > RAMP_FLAT ? m - RAMP_FLAT : 0;
    double first = m ? 1.0 / m : 0;
    double step = rising > 1 ? (1.0 - first) / (rising - 1) : 0;
    for (uint32_t i = 0; i < m; i++)
        w[i] = i < rising ? first + step * i : 1.0;
    if (rising > 1)
        w[rising - 1] = 1.0;
}

static status new_weights(struct parzen *p)
{
    status st = OK;

    TRY(mem_raw(p->n, sizeof(double), &p->weight));
    TRY(mem_raw(p->n, sizeof(double), &p->height));
    parzen_ramp(p->n - 1, p->weight);
    p->weight[p->n - 1] = p->n == 1 ? 1.0 : p->conf.prior_weight;
    double sum = 0;
    for (uint32_t i = 0; i < p->n; i++)
        sum += p->weight[i];
    for (uint32_t i = 0; i < p->n; i++) {
        p->weight[i] /= sum;
        p->height[i] = p->weight[i];
    }
out:
    return st;
}

/* Widths from neighbours: point [k], sorted through idx; the first m widths
 * are wanted (a k-th one, the prior's, is dropped by the caller). */
static void neighbour_widths(const struct parzen_dim *dim,
                             const double *point,
                             uint32_t k,
                             const uint32_t *idx,
                             bool endpoints,
                             double *sigma)
{
    for (uint32_t r = 0; r < k; r++) {
        double here = point[idx[r]];
        double left = here - (r > 0 ? point[idx[r - 1]] : dim->low);
        double right = (r + 1 < k ? point[idx[r + 1]] : dim->high) - here;
        double width = at_least(left, right);
        if (!endpoints && k >= 2 && r == 0)
            width = right;
        if (!endpoints && k >= 2 && r == k - 1)
            width = left;
        sigma[idx[r]] = width;
    }
}

/* Sorted points without equals are in the same order for everybody. */
static bool has_equals(const double *point, uint32_t k, const uint32_t *idx)
{
    for (uint32_t r = 1; r < k; r++)
        if (point[idx[r]] == point[idx[r - 1]])
            return true;
    return false;
}

/* idx [k] sorts the points; with k = m + 1 the prior's, the last, is one. */
static void sort_points(const struct parzen *p,
                        const struct parzen_dim *dim,
                        const uint32_t *order,
                        uint32_t k,
                        uint32_t *idx)
{
    uint32_t m = p->n - 1;
    uint32_t at = m;

    if (!order) {
        if (p->conf.numpy_order)
            argsort_numpy(dim->mu, k, idx);
        else
            order_f64(dim->mu, k, idx);
        return;
    }
    memcpy(idx, order, m * sizeof *idx);
    for (; k > m && at > 0 && dim->mu[idx[at - 1]] > dim->mu[m]; at--)
        idx[at] = idx[at - 1];
    if (k > m)
        idx[at] = m;
    if (p->conf.numpy_order && has_equals(dim->mu, k, idx))
        argsort_numpy(dim->mu, k, idx);
}

static status set_widths(const struct parzen *p,
                         struct parzen_dim *dim,
                         const uint32_t *order)
{
    uint32_t m = p->n - 1;
    double range = dim->high - dim->low;
    bool v31 = p->conf.rules == TPE_V31;
    uint32_t *idx = NULL;
    status st = OK;

    if (v31 && p->conf.joint) {
        /* m^(-1/(d+4)) */
        double w = 0.2 *
                   det_exp(-det_log(m > 1 ? (double)m : 1.0) / (p->d + 4.0)) *
                   range;
        for (uint32_t i = 0; i < m; i++)
            dim->sigma[i] = w;
    } else if (m > 0) {
        uint32_t k = v31 ? m + 1 : m;
        TRY(mem_raw(k, sizeof *idx, &idx));
        sort_points(p, dim, order, k, idx);
        neighbour_widths(dim, dim->mu, k, idx, p->conf.endpoints, dim->sigma);
    }
    double least = p->conf.clip ? range / (m + 2 < 100 ? m + 2 : 100) : 1e-12;
    for (uint32_t i = 0; i < m; i++)
        dim->sigma[i] = at_most(at_least(dim->sigma[i], least), range);
    dim->sigma[m] = range;
out:
    mem_free(idx);
    return st;
}

/* The mass of kernel i, and what its density has for a factor: 1 / (mass
 * sqrt(2 pi) sigma); 3.1 left sigma out, bins have the mass alone. */
static double
factor_of(const struct parzen *p, struct parzen_dim *dim, uint32_t i)
{
    double sigma = dim->sigma[i];
    double mass = truncnorm_log_mass((dim->low - dim->mu[i]) / sigma,
                                     (dim->high - dim->mu[i]) / sigma);
    double factor = det_exp(-mass);

    dim->log_mass[i] = mass;
    if (dim->q == 0)
        factor *= SQRT_2PI_INV;
    if (dim->q == 0 && p->conf.rules == TPE_CURRENT)
        factor /= sigma;
    return factor;
}

/* Most kernels of a long history are those of the suggestion before. */
static void set_heights(struct parzen *p,
                        struct parzen_dim *dim,
                        const uint32_t *trial,
                        const struct parzen_column *column)
{
    for (uint32_t i = 0; i < p->n; i++) {
        bool kept = column && i < p->n - 1;
        uint32_t t = kept ? trial[i] : 0;
        dim->scale[i] = 1.0 / dim->sigma[i];
        if (kept && column->sigma[t] == dim->sigma[i]) {
            dim->log_mass[i] = column->log_mass[t];
            p->height[i] *= column->factor[t];
            continue;
        }
        double factor = factor_of(p, dim, i);
        p->height[i] *= factor;
        if (!kept)
            continue;
        column->sigma[t] = dim->sigma[i];
        column->log_mass[t] = dim->log_mass[i];
        column->factor[t] = factor;
    }
}

static status new_numeric(struct parzen *p,
                          uint32_t j,
                          const double *obs,
                          const struct parzen_known *known)
{
    struct parzen_dim *dim = &p->dim[j];
    const struct parzen_column *column = known ? known->column[j] : NULL;
    uint32_t m = p->n - 1;
    double **part[] = {&dim->mu, &dim->sigma, &dim->scale, &dim->log_mass};
    status st = OK;

    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        TRY(mem_raw(p->n, sizeof(double), part[i]));
    space_domain(dim->param, &dim->low, &dim->high, &dim->q);
    /* 3.1 treats logarithmic integers as continuous */
    if (dim->param->log && p->conf.rules == TPE_V31)
        dim->q = 0;
    for (uint32_t i = 0; i < m; i++)
        dim->mu[i] = column
                         ? column->inner[known->trial[i]]
                         : space_inner(dim->param, obs[(size_t)i * p->d + j]);
    dim->mu[m] = 0.5 * (dim->low + dim->high);
    TRY(set_widths(p, dim, column ? known->order[j] : NULL));
    set_heights(p, dim, known ? known->trial : NULL, column);
out:
    return st;
}

static status new_categorical(const struct parzen *p,
                              struct parzen_dim *dim,
                              const double *obs,
                              uint32_t column)
{
    uint32_t k = dim->param->n_choices;
    uint32_t m = p->n - 1;
    status st = OK;

    TRY(mem_new((size_t)p->n * k, sizeof(double), &dim->row));
    for (uint32_t i = 0; i < p->n; i++) {
        double *row = dim->row + (size_t)i * k;
        double sum = 0;
        for (uint32_t c = 0; c < k; c++)
            row[c] = p->conf.prior_weight / (m + 1);
        if (i < m)
            row[(uint32_t)obs[(size_t)i * p->d + column]] += 1.0;
        for (uint32_t c = 0; c < k; c++)
            sum += row[c];
        for (uint32_t c = 0; c < k; c++)
            row[c] /= sum;
    }
out:
    return st;
}

status parzen_new(const struct parzen_conf *conf,
                  const struct space_param *const *params,
                  uint32_t d,
                  const double *obs,
                  uint32_t m,
                  const struct parzen_known *known,
                  struct parzen **out)
{
    struct parzen *p = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *p, &p));
    p->conf = *conf;
    p->n = m + 1;
    p->d = d;
    TRY(mem_new(d, sizeof *p->dim, &p->dim));
    TRY(new_weights(p));
    for (uint32_t j = 0; j < d; j++) {
        p->dim[j].param = params[j];
        if (params[j]->kind == SPACE_CATEGORICAL)
            TRY(new_categorical(p, &p->dim[j], obs, j));
        else
            TRY(new_numeric(p, j, obs, known));
    }
    *out = p;
    p = NULL;
out:
    parzen_free(p);
    return st;
}

void parzen_free(struct parzen *p)
{
    if (!p)
        return;
    for (uint32_t j = 0; p->dim && j < p->d; j++) {
        struct parzen_dim *dim = &p->dim[j];
        mem_free(dim->mu);
        mem_free(dim->sigma);
        mem_free(dim->scale);
        mem_free(dim->log_mass);
        mem_free(dim->row);
    }
    mem_free(p->dim);
    mem_free(p->weight);
    mem_free(p->height);
    mem_free(p);
}

uint32_t parzen_components(const struct parzen *p)
{
    return p->n;
}

double parzen_weight(const struct parzen *p, uint32_t i)
{
    return p->weight[i];
}

double parzen_mu(const struct parzen *p, uint32_t dim, uint32_t i)
{
    return p->dim[dim].mu[i];
}

double parzen_sigma(const struct parzen *p, uint32_t dim, uint32_t i)
{
    return p->dim[dim].sigma[i];
}

double
parzen_choice(const struct parzen *p, uint32_t dim, uint32_t i, uint32_t c)
{
    return p->dim[dim].row[(size_t)i * p->dim[dim].param->n_choices + c];
}
