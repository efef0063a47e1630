#include "eval/logistic_path.h"

#include <string.h>

#include "base/mem.h"

#include "det/math.h"
#include "eval/logistic.h"

/* Points at C = 2^k, k = FIRST .. FIRST + POINTS - 1; a start looks at so many
 * of them. */
enum { FIRST = -20, POINTS = 64, NEAREST = 4 };
static const double NEAR_ENOUGH = 1e-5; /* relative gradient of a point */

struct logistic_path {
    double *w[POINTS]; /* [n_w] as in struct newton */
    int n;             /* points that are there */
    bool ended;        /* the next one cannot be had */
};

status logistic_path_new(struct logistic_path **out)
{
    return mem_new(1, sizeof **out, out);
}

void logistic_path_free(struct logistic_path *p)
{
    if (!p)
        return;
    for (int k = 0; k < p->n; k++)
        mem_free(p->w[k]);
    mem_free(p);
}

/* Two to the power of a small whole number: exact. */
static double c_of(int point)
{
    double c = 1.0;

    for (int k = FIRST + point; k > 0; k--)
        c *= 2.0;
    for (int k = FIRST + point; k < 0; k++)
        c *= 0.5;
    return c;
}

/* Points up to the second that is not below c. */
static int wanted(double c)
{
    int n = 0;

    while (n < POINTS && c_of(n) < c)
        n++;
    return c < c_of(0) ? 0 : n + 2 < POINTS ? n + 2 : POINTS;
}

/* f->w := the polynomial through the last points before `end` (NEAREST, or all
 * of them), at x, counted in points. */
static void
through(const struct logistic_path *p, int end, double x, struct newton *f)
{
    int lo = end > NEAREST ? end - NEAREST : 0;

    memset(f->w, 0, f->n_w * sizeof *f->w);
    for (int i = lo; i < end; i++) {
        double share = 1.0;

        for (int j = lo; j < end; j++)
            if (j != i)
                share *= (x - j) / (i - j);
        f->rows.ops->axpy(share, p->w[i], f->w, f->n_w);
    }
}

static status add_point(struct logistic_path *p, struct newton *f)
{
    double *w = NULL;
    status st = OK;

    through(p, p->n, p->n, f);
    f->c = c_of(p->n);
    st = newton_solve(f);
    if (st == ERR_NUMERIC) {
        p->ended = true;
        return OK;
    }
    TRY(st);
    TRY(mem_raw(f->n_w, sizeof *w, &w));
    memcpy(w, f->w, f->n_w * sizeof *w);
    p->w[p->n++] = w;
out:
    return st;
}

status logistic_path_start(struct logistic_path *p, struct newton *f)
{
    double c = f->c;
    double goal = f->goal;
    int end = wanted(c);
    status st = OK;

    f->goal = NEAR_ENOUGH;
    while (p->n < end && !p->ended)
        TRY(add_point(p, f));
    f->c = c;
    f->goal = goal;
    f->steps = 0;
    f->passes = 0;
    end = end < p->n ? end : p->n;
    through(p, end, det_log(c) / det_log(2.0) - FIRST, f);
out:
    return st;
}
