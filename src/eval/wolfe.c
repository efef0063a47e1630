/* Names follow the paper: the interval's ends are the best step so far and
 * another one; until some step has decreased enough with a slope that is not
 * negative, the search works on f(t) - f(0) - mu t f'(0). */
#include "eval/wolfe.h"

static const double MU = 1e-3; /* sufficient decrease */
static const double ETA = 0.9; /* slope */
static const double NARROW = 0.1;
static const double LONGEST = 1e10;
static const double GROW_LO = 1.1, GROW_HI = 4.0;
static const double SHRINK = 0.66;

static double size(double v)
{
    return __builtin_fabs(v);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double clamp(double v, double lo, double hi)
{
    return smaller(larger(v, lo), hi);
}

/* Minimum of the cubic through two ends, written from b, as the paper's
 * theta and gamma; *flat: the cubic has none in the direction of a. */
static double
cubic(const struct wolfe_end *a, const struct wolfe_end *b, bool *flat)
{
    double theta = 3.0 * (a->f - b->f) / (b->t - a->t) + a->slope + b->slope;
    double s = larger(larger(size(theta), size(a->slope)), size(b->slope));
    double root = (theta / s) * (theta / s) - (a->slope / s) * (b->slope / s);
    double gamma = s * __builtin_sqrt(larger(root, 0.0));
    double r;

    if (b->t > a->t)
        gamma = -gamma;
    r = ((gamma - b->slope) + theta) /
        (((gamma - b->slope) + gamma) + a->slope);
    *flat = !(r < 0.0 && gamma != 0.0);
    return b->t + r * (a->t - b->t);
}

/* Zero of the slope between two ends, taken as a straight line. */
static double secant(const struct wolfe_end *a, const struct wolfe_end *b)
{
    return b->t + b->slope / (b->slope - a->slope) * (a->t - b->t);
}

/* Case 1: the value went up, the minimum lies between. */
static double step_higher(const struct wolfe_end *a, const struct wolfe_end *b)
{
    bool flat;
    double c = cubic(b, a, &flat);
    double q = a->t + (a->slope / ((a->f - b->f) / (b->t - a->t) + a->slope)) /
                          2.0 * (b->t - a->t);

    return size(c - a->t) < size(q - a->t) ? c : c + (q - c) / 2.0;
}

/* Case 2: lower, and the slope changed its sign. */
static double step_turned(const struct wolfe_end *a, const struct wolfe_end *b)
{
    bool flat;
    double c = cubic(a, b, &flat);
    double q = secant(a, b);

    return size(c - b->t) > size(q - b->t) ? c : q;
}

/* Case 3: lower, same sign, flatter. */
static double step_flatter(const struct wolfe *s, const struct wolfe_end *b)
{
    const struct wolfe_end *a = &s->best;
    bool flat;
    double c = cubic(a, b, &flat);
    double q = secant(a, b);
    double t;

    if (flat)
        c = b->t > a->t ? s->hi : s->lo;
    if (!s->bracketed) {
        t = size(c - b->t) > size(q - b->t) ? c : q;
        return clamp(t, s->lo, s->hi);
    }
    t = size(c - b->t) < size(q - b->t) ? c : q;
    q = b->t + SHRINK * (s->other.t - b->t);
    return b->t > a->t ? smaller(q, t) : larger(q, t);
}

/* Case 4: lower, same sign, not flatter. */
static double step_steeper(const struct wolfe *s, const struct wolfe_end *b)
{
    bool flat;

    if (s->bracketed)
        return cubic(&s->other, b, &flat);
    return b->t > s->best.t ? s->hi : s->lo;
}

/* The next step, and the interval that holds it (section 4 of the paper). */
static double choose(struct wolfe *s, const struct wolfe_end *b)
{
    bool turned = (b->slope < 0.0) != (s->best.slope < 0.0);
    bool higher = b->f > s->best.f;
    double t;

    if (higher)
        t = step_higher(&s->best, b);
    else if (turned && b->slope != 0.0)
        t = step_turned(&s->best, b);
    else if (size(b->slope) < size(s->best.slope))
        t = step_flatter(s, b);
    else
        t = step_steeper(s, b);
    turned = turned && b->slope != 0.0;
    s->bracketed = s->bracketed || higher || turned;
    if (higher) {
        s->other = *b;
    } else {
        if (turned)
            s->other = s->best;
        s->best = *b;
    }
    return t;
}

void wolfe_start(struct wolfe *s, double f, double slope, double t)
{
    *s = (struct wolfe){.t = t,
                        .f0 = f,
                        .slope0 = slope,
                        .best = {0.0, f, slope},
                        .other = {0.0, f, slope},
                        .lo = 0.0,
                        .hi = t + GROW_HI * t,
                        .width = LONGEST,
                        .width_before = 2.0 * LONGEST};
}

/* The ends as the modified function sees them, or back (sign -1). */
static void modify(struct wolfe_end *e, double slope, double sign)
{
    e->f -= sign * e->t * slope;
    e->slope -= sign * slope;
}

static bool is_narrow(const struct wolfe *s)
{
    return s->bracketed &&
           (s->t <= s->lo || s->t >= s->hi || s->hi - s->lo <= NARROW * s->hi);
}

bool wolfe_next(struct wolfe *s, double f, double slope)
{
    double down = MU * s->slope0;
    double enough = s->f0 + s->t * down;
    struct wolfe_end now = {s->t, f, slope};

    if (!s->decreased && f <= enough && slope >= 0.0)
        s->decreased = true;
    if (is_narrow(s) || (s->t == LONGEST && f <= enough && slope <= down) ||
        (s->t == 0.0 && (f > enough || slope >= down)) ||
        (f <= enough && size(slope) <= ETA * -s->slope0))
        return false;
    if (!s->decreased && f <= s->best.f && f > enough) {
        modify(&now, down, 1.0);
        modify(&s->best, down, 1.0);
        modify(&s->other, down, 1.0);
        s->t = choose(s, &now);
        modify(&s->best, down, -1.0);
        modify(&s->other, down, -1.0);
    } else {
        s->t = choose(s, &now);
    }
    if (s->bracketed) {
        double width = size(s->other.t - s->best.t);

        if (width >= SHRINK * s->width_before)
            s->t = s->best.t + 0.5 * (s->other.t - s->best.t);
        s->width_before = s->width;
        s->width = width;
        s->lo = smaller(s->best.t, s->other.t);
        s->hi = larger(s->best.t, s->other.t);
    } else {
        s->lo = s->t + GROW_LO * (s->t - s->best.t);
        s->hi = s->t + GROW_HI * (s->t - s->best.t);
    }
    s->t = clamp(s->t, 0.0, LONGEST);
    if (is_narrow(s))
        s->t = s->best.t;
    return true;
}
