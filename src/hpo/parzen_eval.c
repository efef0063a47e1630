/* Drawing from the mixture and its density. One number chooses the component
 * of a point, one more per parameter the value within it, by inversion; so a
 * suggestion costs the same numbers whatever happens. */
#include <math.h>

#include "base/mem.h"

#include "det/math.h"
#include "hpo/density.h"
#include "hpo/parzen.h"
#include "hpo/parzen_part.h"
#include "hpo/truncnorm.h"

/* Components whose shares are worked out together. */
enum { BLOCK = 64 };

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
    double mu = dim->mu[part];
    double sigma = dim->sigma[part];
    double z =
        truncnorm_quantile(u, (dim->low - mu) / sigma, (dim->high - mu) / sigma,
                           dim->log_mass[part]);
    z = z * sigma + mu;
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

/* Points evaluated together: columns of DENSITY_WIDTH times some. */
struct points {
    uint32_t n;                /* as asked for */
    uint32_t padded;           /* the last one is repeated */
    const double *x;           /* [n][d] */
    double *inner;             /* [continuous][padded] */
    double *sum, *square;      /* [padded] */
    double *share;             /* [BLOCK][padded] */
    double *one;               /* [padded] share of one component */
    struct density_axis *axis; /* [continuous] */
    uint32_t axes;
    bool shares; /* some parameter is not continuous */
};

static double point(const struct points *t, uint32_t d, uint32_t c, uint32_t j)
{
    return t->x[(size_t)(c < t->n ? c : t->n - 1) * d + j];
}

static bool is_continuous(const struct parzen_dim *dim)
{
    return !dim->row && dim->q == 0;
}

/* A point outside the domain has no density at all. */
static void cut_outside(const struct parzen *p, struct points *t, double *out)
{
    uint32_t a = 0;

    for (uint32_t j = 0; j < p->d; j++) {
        const struct parzen_dim *dim = &p->dim[j];
        if (!is_continuous(dim))
            continue;
        const double *inner = t->inner + (size_t)a++ * t->padded;
        for (uint32_t c = 0; c < t->n; c++)
            if (inner[c] < dim->low || inner[c] > dim->high)
                out[c] = -(double)INFINITY;
    }
}

static status new_points(const struct parzen *p,
                         const double *x,
                         uint32_t n,
                         struct points *t)
{
    status st = OK;

    *t = (struct points){.n = n, .x = x};
    t->padded = (n + DENSITY_WIDTH - 1) / DENSITY_WIDTH * DENSITY_WIDTH;
    for (uint32_t j = 0; j < p->d; j++)
        t->axes += is_continuous(&p->dim[j]);
    t->shares = t->axes < p->d;
    TRY(mem_new((size_t)t->padded * (t->axes + 3), sizeof *t->sum, &t->sum));
    TRY(mem_new(t->axes, sizeof *t->axis, &t->axis));
    if (t->shares)
        TRY(mem_raw((size_t)t->padded * BLOCK, sizeof *t->share, &t->share));
    t->square = t->sum + t->padded;
    t->one = t->square + t->padded;
    t->inner = t->one + t->padded;
    for (uint32_t j = 0, a = 0; j < p->d; j++) {
        const struct parzen_dim *dim = &p->dim[j];
        double *inner = t->inner + (size_t)a * t->padded;
        if (!is_continuous(dim))
            continue;
        for (uint32_t c = 0; c < t->padded; c++)
            inner[c] = space_inner(dim->param, point(t, p->d, c, j));
        t->axis[a++] = (struct density_axis){inner, dim->mu, dim->scale};
    }
out:
    return st;
}

static void free_points(struct points *t)
{
    mem_free(t->share);
    mem_free(t->axis);
    mem_free(t->sum);
}

/* Mass of the bins of the points under component i, each value once. */
static void bin_shares(const struct parzen *p,
                       uint32_t j,
                       uint32_t i,
                       const struct points *t,
                       double *share)
{
    const struct parzen_dim *dim = &p->dim[j];
    double s = dim->sigma[i];
    double left;
    double right;

    for (uint32_t c = 0; c < t->padded; c++) {
        double x = point(t, p->d, c, j);
        uint32_t same = 0;
        while (same < c && point(t, p->d, same, j) != x)
            same++;
        if (same < c) {
            share[c] = share[same];
            continue;
        }
        bin_of(p, dim, x, &left, &right);
        share[c] = det_exp(truncnorm_log_mass((left - dim->mu[i]) / s,
                                              (right - dim->mu[i]) / s));
    }
}

/* The factors of component i that are not Gaussian: share [padded]. */
static void shares_of(const struct parzen *p,
                      uint32_t i,
                      const struct points *t,
                      double *share)
{
    for (uint32_t c = 0; c < t->padded; c++)
        share[c] = 1.0;
    for (uint32_t j = 0; j < p->d; j++) {
        const struct parzen_dim *dim = &p->dim[j];
        if (is_continuous(dim))
            continue;
        const double *row =
            dim->row ? dim->row + (size_t)i * dim->param->n_choices : NULL;
        if (!row)
            bin_shares(p, j, i, t, t->one);
        for (uint32_t c = 0; c < t->padded; c++)
            share[c] *= row ? row[(uint32_t)point(t, p->d, c, j)] : t->one[c];
    }
}

static void add_block(const struct parzen *p,
                      const struct points *t,
                      uint32_t at,
                      uint32_t n)
{
    struct density d = {.components = n,
                        .points = t->padded,
                        .axes = t->axes,
                        .axis = t->axis,
                        .weight = p->height + at,
                        .share = t->share};

    for (uint32_t i = 0; i < n && t->shares; i++)
        shares_of(p, at + i, t, t->share + (size_t)i * t->padded);
    density_add(&d, t->sum, t->square);
}

status
parzen_log_pdf(const struct parzen *p, const double *x, uint32_t n, double *out)
{
    struct points t = {0};
    uint32_t step = p->n;
    status st = OK;

    if (n == 0)
        goto out;
    TRY(new_points(p, x, n, &t));
    if (t.shares)
        step = BLOCK;
    for (uint32_t at = 0; at < p->n; at += step) {
        add_block(p, &t, at, p->n - at < step ? p->n - at : step);
        for (uint32_t a = 0; a < t.axes; a++) {
            t.axis[a].mu += step;
            t.axis[a].scale += step;
        }
    }
    for (uint32_t c = 0; c < n; c++)
        out[c] = det_log(t.sum[c]);
    cut_outside(p, &t, out);
out:
    free_points(&t);
    return st;
}
