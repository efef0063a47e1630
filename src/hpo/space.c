#include "hpo/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#include "det/math.h"

/* A decimal number as mantissa * 10^exponent. */
struct decimal {
    int64_t mantissa;
    int exponent;
};

/* The shortest decimal of v, taken apart. False: too many digits. */
static bool decimal_of(double v, struct decimal *out)
{
    struct text t = {0};
    text_double(&t, v);
    bool ok = text_status(&t) == OK;
    bool fraction = false;
    bool negative = false;
    *out = (struct decimal){0};
    for (const char *c = ok ? t.s : ""; ok && *c; c++) {
        if (*c == '-') {
            negative = true;
        } else if (*c == '.') {
            fraction = true;
        } else if (*c == 'e') {
            int64_t e = 0;
            ok = text_to_i64(c[1] == '+' ? c + 2 : c + 1, &e);
            out->exponent += (int)e;
            break;
        } else {
            ok = out->mantissa < INT64_MAX / 10 - 1;
            out->mantissa = out->mantissa * 10 + (*c - '0');
            out->exponent -= fraction ? 1 : 0;
        }
    }
    if (negative)
        out->mantissa = -out->mantissa;
    text_free(&t);
    return ok;
}

static bool decimal_scale(struct decimal *d, int exponent)
{
    while (d->exponent > exponent) {
        if (llabs(d->mantissa) > INT64_MAX / 20)
            return false;
        d->mantissa *= 10;
        d->exponent--;
    }
    return true;
}

/* low + floor((high - low) / step) * step in decimal arithmetic. */
static status last_reachable(struct space_param *p)
{
    struct decimal d[3];
    status st = OK;

    ENSURE(decimal_of(p->low, &d[0]) && decimal_of(p->high, &d[1]) &&
               decimal_of(p->step, &d[2]),
           ERR_CONF, "parameter %s: low, high or step has too many digits",
           p->name);
    int e = d[0].exponent < d[1].exponent ? d[0].exponent : d[1].exponent;
    e = d[2].exponent < e ? d[2].exponent : e;
    for (int i = 0; i < 3; i++)
        ENSURE(decimal_scale(&d[i], e), ERR_CONF,
               "parameter %s: step %g is too fine for this range", p->name,
               p->step);
    ENSURE(d[2].mantissa > 0, ERR_CONF, "parameter %s: step 0", p->name);
    int64_t width = d[1].mantissa - d[0].mantissa;
    if (width % d[2].mantissa != 0) {
        int64_t last = d[0].mantissa + width - width % d[2].mantissa;
        struct text t = {0};
        text_add(&t, "%llde%d", (long long)last, e);
        bool ok = text_status(&t) == OK && text_to_double(t.s, &p->high);
        text_free(&t);
        ENSURE(ok, ERR_CONF, "parameter %s: cannot lower high", p->name);
    }
out:
    return st;
}

static bool is_whole(double v)
{
    return fabs(v) < 9007199254740992.0 && floor(v) == v;
}

static status check_numeric(struct space_param *p)
{
    status st = OK;

    ENSURE(isfinite(p->low) && isfinite(p->high) && p->low <= p->high, ERR_CONF,
           "parameter %s: the range [%g, %g] is not one", p->name, p->low,
           p->high);
    ENSURE(p->step >= 0 && isfinite(p->step), ERR_CONF, "parameter %s: step %g",
           p->name, p->step);
    ENSURE(!p->log || p->low > 0, ERR_CONF,
           "parameter %s: a logarithmic range starts above 0, not at %g",
           p->name, p->low);
    if (p->kind == SPACE_INT) {
        if (p->step == 0)
            p->step = 1;
        ENSURE(is_whole(p->low) && is_whole(p->high) && is_whole(p->step),
               ERR_CONF, "parameter %s: integers need whole low, high and step",
               p->name);
    }
    ENSURE(!p->log || p->step == (p->kind == SPACE_INT ? 1 : 0), ERR_CONF,
           "parameter %s: a logarithmic range has no step", p->name);
    if (p->step > 0)
        TRY(last_reachable(p));
out:
    return st;
}

status space_param_check(struct space_param *p)
{
    status st = OK;

    ENSURE(p->name && p->name[0], ERR_CONF, "a parameter without a name");
    if (p->kind == SPACE_CATEGORICAL)
        ENSURE(p->n_choices >= 1, ERR_CONF, "parameter %s: no choices",
               p->name);
    else
        TRY(check_numeric(p));
out:
    return st;
}

static status check_when(const struct space *s, uint32_t i)
{
    const struct space_param *p = &s->params[i];
    status st = OK;

    for (uint32_t k = 0; k < p->n_when; k++) {
        const struct space_when *w = &p->when[k];
        ENSURE(w->parent < i && w->n > 0, ERR_CONF,
               "parameter %s: its condition is on no earlier parameter",
               p->name);
        for (uint32_t v = 0; v < w->n; v++)
            ENSURE(space_takes(&s->params[w->parent], w->values[v]), ERR_CONF,
                   "parameter %s: exists where %s is %g, which it never is",
                   p->name, s->params[w->parent].name, w->values[v]);
    }
out:
    return st;
}

status space_check(const struct space *s)
{
    status st = OK;

    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t k = 0; k < i; k++)
            ENSURE(strcmp(s->params[i].name, s->params[k].name) != 0, ERR_CONF,
                   "two parameters are called %s", s->params[i].name);
        TRY(check_when(s, i));
    }
out:
    return st;
}

uint32_t space_find(const struct space *s, const char *name)
{
    uint32_t p = 0;

    while (p < s->n && strcmp(s->params[p].name, name) != 0)
        p++;
    return p;
}

bool space_takes(const struct space_param *p, double x)
{
    double steps;

    if (p->kind == SPACE_CATEGORICAL)
        return x >= 0 && x < p->n_choices && floor(x) == x;
    if (!(x >= p->low && x <= p->high))
        return false;
    steps = p->step > 0 ? (x - p->low) / p->step : 0;
    return fabs(steps - rint(steps)) < 1e-8;
}

static bool holds(const struct space_when *w, const double *x)
{
    for (uint32_t v = 0; v < w->n; v++)
        if (w->values[v] == x[w->parent])
            return true;
    return false;
}

bool space_exists(const struct space *s, uint32_t p, const double *x)
{
    for (uint32_t k = 0; k < s->params[p].n_when; k++)
        if (!holds(&s->params[p].when[k], x))
            return false;
    return true;
}

bool space_is_single(const struct space_param *p)
{
    if (p->kind == SPACE_CATEGORICAL)
        return p->n_choices == 1;
    return p->low == p->high || (p->step > 0 && p->high - p->low < p->step);
}

void space_domain(const struct space_param *p,
                  double *low,
                  double *high,
                  double *q)
{
    *low = p->low - 0.5 * p->step;
    *high = p->high + 0.5 * p->step;
    *q = p->step;
    if (p->log) {
        *low = det_log(*low);
        *high = det_log(*high);
    }
}

double space_inner(const struct space_param *p, double x)
{
    return p->log ? det_log(x) : x;
}
