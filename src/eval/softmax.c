#include "eval/softmax.h"

#include "det/math.h"

/* log(1 + e^v) and its derivative without overflow. */
static double log1p_exp(double v)
{
    return v > 0.0 ? v + det_log1p(det_exp(-v)) : det_log1p(det_exp(v));
}

static double logistic(double v)
{
    double e = det_exp(v > 0.0 ? -v : v);

    return v > 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

static double row_binary(struct newton *f, uint32_t i)
{
    size_t at = newton_z(f, i, 0);
    double z = f->z[at];
    double sign = f->y[i] == 1 ? -1.0 : 1.0;

    double v = sign * z;
    double e = det_exp(v > 0.0 ? -v : v); /* for share and loss */

    /* prob is the other class's share seen from the own class, which is what
     * the derivatives need: p - y = sign * share. */
    f->prob[at] = v > 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
    f->work[at] = f->weight[i] * (sign * f->prob[at]);
    return f->weight[i] * (v > 0.0 ? v + det_log1p(e) : det_log1p(e));
}

/* Loss of decisions v_k, k < classes, own class y, given by a getter. */
static double decision(const struct newton *f, size_t i, size_t k, double t)
{
    size_t at = newton_z(f, i, k);

    return t == 0.0 ? f->z[at] : f->z[at] + t * f->zstep[at];
}

static double row_loss(const struct newton *f, uint32_t i, double t)
{
    uint32_t own = (uint32_t)f->y[i];
    double zy = decision(f, i, own, t);
    double top = zy;
    double others = 0.0;

    for (uint32_t k = 0; k < f->classes; k++) {
        double v = decision(f, i, k, t);

        top = v > top ? v : top;
    }
    for (uint32_t k = 0; k < f->classes; k++)
        if (k != own)
            others += det_exp(decision(f, i, k, t) - top);
    if (top > zy)
        return (top - zy) + det_log(others + det_exp(zy - top));
    return det_log1p(others);
}

double softmax_loss(const struct newton *f, uint32_t i, double t)
{
    double sign = f->y[i] == 1 ? -1.0 : 1.0;

    if (f->classes == 2)
        return f->weight[i] * log1p_exp(sign * decision(f, i, 0, t));
    return f->weight[i] * row_loss(f, i, t);
}

double softmax_row(struct newton *f, uint32_t i)
{
    uint32_t own = (uint32_t)f->y[i];
    double total = 0.0;
    double others = 0.0;
    double top = f->z[newton_z(f, i, 0)];
    double own_e = 0.0;

    if (f->classes == 2)
        return row_binary(f, i);
    for (uint32_t k = 1; k < f->classes; k++) {
        double v = f->z[newton_z(f, i, k)];

        top = v > top ? v : top;
    }
    for (uint32_t k = 0; k < f->classes; k++) {
        double e = det_exp(f->z[newton_z(f, i, k)] - top);

        f->prob[newton_z(f, i, k)] = e;
        total += e;
        others += k == own ? 0.0 : e;
        own_e = k == own ? e : own_e;
    }
    for (uint32_t k = 0; k < f->classes; k++) {
        size_t at = newton_z(f, i, k);

        f->prob[at] /= total;
        f->work[at] = f->weight[i] * (k == own ? -others / total : f->prob[at]);
    }
    if (own_e < 1.0)
        return f->weight[i] *
               ((top - f->z[newton_z(f, i, own)]) + det_log(total));
    return f->weight[i] * det_log1p(others);
}

/* 1 - p of class k: exact for the class that has nearly everything. */
static double rest_of(const struct newton *f, uint32_t i, uint32_t k)
{
    double p = f->prob[newton_z(f, i, k)];
    double rest = 0.0;

    if (p < 0.5)
        return 1.0 - p;
    for (uint32_t j = 0; j < f->classes; j++)
        rest += j == k ? 0.0 : f->prob[newton_z(f, i, j)];
    return rest;
}

void softmax_curvature(struct newton *f, uint32_t i)
{
    if (f->classes == 2) {
        size_t at = newton_z(f, i, 0);

        f->work[at] = f->weight[i] * (f->prob[at] * (1.0 - f->prob[at]));
        return;
    }
    for (uint32_t k = 0; k < f->classes; k++) {
        size_t at = newton_z(f, i, k);

        f->work[at] = f->weight[i] * (f->prob[at] * rest_of(f, i, k));
    }
}

void softmax_hessian(struct newton *f, uint32_t i)
{
    double mean = 0.0;
    double base;

    if (f->classes == 2) {
        size_t at = newton_z(f, i, 0);

        f->work[at] =
            f->weight[i] * (f->prob[at] * (1.0 - f->prob[at]) * f->zdir[at]);
        return;
    }
    /* Shifting zdir leaves the result alone; the own class's value as origin
     * keeps saturated rows exact. */
    base = f->zdir[newton_z(f, i, (uint32_t)f->y[i])];
    for (uint32_t k = 0; k < f->classes; k++) {
        size_t at = newton_z(f, i, k);

        mean += f->prob[at] * (f->zdir[at] - base);
    }
    for (uint32_t k = 0; k < f->classes; k++) {
        size_t at = newton_z(f, i, k);

        f->work[at] =
            f->weight[i] * (f->prob[at] * ((f->zdir[at] - base) - mean));
    }
}

void softmax_slope(
    const struct newton *f, uint32_t i, double t, double *slope, double *bend)
{
    uint32_t own = (uint32_t)f->y[i];
    double base = f->classes == 2 ? 0.0 : f->zstep[newton_z(f, i, own)];
    double top = decision(f, i, 0, t);
    double total = 0.0;
    double first = 0.0;
    double second = 0.0;

    if (f->classes == 2) {
        double sign = own == 1 ? -1.0 : 1.0;
        double p = logistic(sign * top);
        double d = f->zstep[newton_z(f, i, 0)];

        *slope += f->weight[i] * (sign * p * d);
        *bend += f->weight[i] * (p * (1.0 - p) * d * d);
        return;
    }
    for (uint32_t k = 1; k < f->classes; k++) {
        double v = decision(f, i, k, t);

        top = v > top ? v : top;
    }
    for (uint32_t k = 0; k < f->classes; k++) {
        double e = det_exp(decision(f, i, k, t) - top);
        double d = f->zstep[newton_z(f, i, k)] - base;

        total += e;
        first += e * d;
        second += e * d * d;
    }
    first /= total;
    *slope += f->weight[i] * first;
    *bend += f->weight[i] * (second / total - first * first);
}

void softmax_proba(const double *z, uint32_t columns, double *p)
{
    double top = z[0];
    double total = 0.0;

    if (columns == 1) {
        p[1] = logistic(z[0]);
        p[0] = logistic(-z[0]);
        return;
    }
    for (uint32_t k = 1; k < columns; k++)
        top = z[k] > top ? z[k] : top;
    for (uint32_t k = 0; k < columns; k++) {
        p[k] = det_exp(z[k] - top);
        total += p[k];
    }
    for (uint32_t k = 0; k < columns; k++)
        p[k] /= total;
}
