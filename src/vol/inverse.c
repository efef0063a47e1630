/* A 3x3 matrix is reduced to two diagonals, these are chased to one. Every
 * sum runs in ascending order from 0, since the bits are the point. */
#include "vol/inverse.h"

#include <math.h>

enum { N = 3, MOST_TURNS = 1000 };

/* Columns of x, u and v; s is the diagonal, e what stands right of it. */
struct svd {
    double x[N][N];
    double u[N][N];
    double v[N][N];
    double s[N];
    double e[N];
};

static double with_sign(double size, double of)
{
    return of >= 0.0 ? fabs(size) : -fabs(size);
}

/* Euclidean norm, scaled by the largest entry so far. */
static double norm(int n, const double *x)
{
    double scale = 0.0;
    double sum = 1.0;

    if (n == 1)
        return fabs(x[0]);
    for (int i = 0; i < n; i++) {
        double a = fabs(x[i]);

        if (a == 0.0)
            continue;
        if (scale < a) {
            double r = scale / a;

            sum = 1.0 + sum * (r * r);
            scale = a;
        } else {
            double r = a / scale;

            sum += r * r;
        }
    }
    return scale * sqrt(sum);
}

static double dot(int n, const double *a, const double *b)
{
    double sum = 0.0;

    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* y += t * x */
static void add(int n, double t, const double *x, double *y)
{
    for (int i = 0; i < n && t != 0.0; i++)
        y[i] += t * x[i];
}

/* Make w the vector of the reflection that turns it to its first axis; gives
 * what the first entry becomes. */
static double reflector(int n, double *w)
{
    double a = norm(n, w);
    double r;

    if (a == 0.0)
        return 0.0;
    if (w[0] != 0.0)
        a = with_sign(a, w[0]);
    r = 1.0 / a;
    for (int i = 0; i < n; i++)
        w[i] *= r;
    w[0] += 1.0;
    return -a;
}

/* Turn y by the reflection of w. */
static void reflect(int n, const double *w, double *y)
{
    add(n, -dot(n, w, y) / w[0], w, y);
}

/* The first row: its reflection acts on the columns right of the first. */
static void reduce_row(struct svd *d)
{
    double work[N] = {0.0, 0.0, 0.0};

    d->e[0] = reflector(N - 1, &d->e[1]);
    if (d->e[0] != 0.0) {
        for (int j = 1; j < N; j++)
            add(N - 1, d->e[j], &d->x[j][1], &work[1]);
        for (int j = 1; j < N; j++)
            add(N - 1, -d->e[j] / d->e[1], &work[1], &d->x[j][1]);
    }
    for (int i = 1; i < N; i++)
        d->v[0][i] = d->e[i];
}

static void reduce(struct svd *d)
{
    for (int l = 0; l < N - 1; l++) {
        d->s[l] = reflector(N - l, &d->x[l][l]);
        for (int j = l + 1; j < N; j++) {
            if (d->s[l] != 0.0)
                reflect(N - l, &d->x[l][l], &d->x[j][l]);
            d->e[j] = d->x[j][l];
        }
        for (int i = l; i < N; i++)
            d->u[l][i] = d->x[l][i];
        if (l == 0)
            reduce_row(d);
    }
    d->s[2] = d->x[2][2];
    d->e[1] = d->x[2][1];
    d->e[2] = 0.0;
}

static void unit(double *column, int at)
{
    for (int i = 0; i < N; i++)
        column[i] = 0.0;
    column[at] = 1.0;
}

/* From reflections to orthogonal matrices. */
static void expand(struct svd *d)
{
    unit(d->u[2], 2);
    for (int l = N - 2; l >= 0; l--) {
        if (d->s[l] == 0.0) {
            unit(d->u[l], l);
            continue;
        }
        for (int j = l + 1; j < N; j++)
            reflect(N - l, &d->u[l][l], &d->u[j][l]);
        for (int i = l; i < N; i++)
            d->u[l][i] *= -1.0;
        d->u[l][l] += 1.0;
        for (int i = 0; i < l; i++)
            d->u[l][i] = 0.0;
    }
    unit(d->v[2], 2);
    unit(d->v[1], 1);
    for (int j = 1; j < N && d->e[0] != 0.0; j++)
        reflect(N - 1, &d->v[0][1], &d->v[j][1]);
    unit(d->v[0], 0);
}

/* Plane rotation (c, s) that takes (*a, b) to (r, 0); *a := r. */
static void rotation(double *a, double b, double *c, double *s)
{
    double scale = fabs(*a) + fabs(b);
    double p;
    double q;
    double r;

    if (scale == 0.0) {
        *c = 1.0;
        *s = 0.0;
        *a = 0.0;
        return;
    }
    p = *a / scale;
    q = b / scale;
    r = scale * sqrt(p * p + q * q);
    r = with_sign(1.0, fabs(*a) > fabs(b) ? *a : b) * r;
    *c = *a / r;
    *s = b / r;
    *a = r;
}

static void rotate(double *x, double *y, double c, double s)
{
    for (int i = 0; i < N; i++) {
        double t = c * x[i] + s * y[i];

        y[i] = c * y[i] - s * x[i];
        x[i] = t;
    }
}

static double larger(double a, double b)
{
    return a >= b ? a : b;
}

/* One implicit QR step on rows l..m, shifted by an eigenvalue of the lower
 * 2x2 block. */
static void chase(struct svd *d, int l, int m)
{
    double *s = d->s;
    double *e = d->e;
    double scale = larger(
        larger(larger(larger(fabs(s[m]), fabs(s[m - 1])), fabs(e[m - 1])),
               fabs(s[l])),
        fabs(e[l]));
    double sm = s[m] / scale;
    double sn = s[m - 1] / scale;
    double en = e[m - 1] / scale;
    double sl = s[l] / scale;
    double el = e[l] / scale;
    double b = ((sn + sm) * (sn - sm) + en * en) / 2.0;
    double c = (sm * en) * (sm * en);
    double shift = 0.0;
    double f;
    double g = sl * el;

    if (b != 0.0 || c != 0.0) {
        shift = sqrt(b * b + c);
        if (b < 0.0)
            shift = -shift;
        shift = c / (b + shift);
    }
    f = (sl + sm) * (sl - sm) + shift;
    for (int k = l; k < m; k++) {
        double cs;
        double si;

        rotation(&f, g, &cs, &si);
        if (k != l)
            e[k - 1] = f;
        f = cs * s[k] + si * e[k];
        e[k] = cs * e[k] - si * s[k];
        g = si * s[k + 1];
        s[k + 1] = cs * s[k + 1];
        rotate(d->v[k], d->v[k + 1], cs, si);
        rotation(&f, g, &cs, &si);
        s[k] = f;
        f = cs * e[k] + si * s[k + 1];
        s[k + 1] = -si * e[k] + cs * s[k + 1];
        g = si * e[k + 1];
        e[k + 1] = cs * e[k + 1];
        rotate(d->u[k], d->u[k + 1], cs, si);
    }
    e[m - 1] = f;
}

static void swap(double *a, double *b, int n)
{
    for (int i = 0; i < n; i++) {
        double t = a[i];

        a[i] = b[i];
        b[i] = t;
    }
}

/* Value l is found: make it positive, move it to its place. */
static void settle(struct svd *d, int l)
{
    if (!(d->s[l] >= 0.0)) {
        d->s[l] = -d->s[l];
        for (int i = 0; i < N; i++)
            d->v[l][i] *= -1.0;
    }
    for (; l < N - 1 && !(d->s[l] >= d->s[l + 1]); l++) {
        swap(&d->s[l], &d->s[l + 1], 1);
        swap(d->v[l], d->v[l + 1], N);
        swap(d->u[l], d->u[l + 1], N);
    }
}

/* First row of the block that ends in row m: nothing stands left of it. */
static int block_start(struct svd *d, int m)
{
    for (int l = m - 1; l >= 0; l--) {
        double test = fabs(d->s[l]) + fabs(d->s[l + 1]);

        if (test + fabs(d->e[l]) == test) {
            d->e[l] = 0.0;
            return l + 1;
        }
    }
    return 0;
}

/* A value next to which its neighbours lose nothing is 0: no inverse. */
static bool vanishes(const struct svd *d, int l, int m)
{
    for (int k = m; k >= l; k--) {
        double test =
            (k != m ? fabs(d->e[k]) : 0.0) + (k != l ? fabs(d->e[k - 1]) : 0.0);

        if (test + fabs(d->s[k]) == test)
            return true;
    }
    return false;
}

static bool diagonalise(struct svd *d)
{
    int m = N - 1;
    int turns = 0;

    while (m >= 0) {
        int l = block_start(d, m);

        if (l == m) {
            settle(d, l);
            turns = 0;
            m--;
        } else if (turns++ == MOST_TURNS || vanishes(d, l, m)) {
            return false;
        } else {
            chase(d, l, m);
        }
    }
    return d->s[N - 1] > 0.0;
}

bool inverse_svd(const double m[9], double out[9])
{
    struct svd d;

    for (int r = 0; r < N; r++)
        for (int c = 0; c < N; c++)
            d.x[c][r] = m[N * r + c];
    reduce(&d);
    expand(&d);
    if (!diagonalise(&d))
        return false;
    for (int r = 0; r < N; r++)
        for (int c = 0; c < N; c++) {
            double sum = 0.0;

            for (int k = 0; k < N; k++)
                sum += d.v[k][r] * (1.0 / d.s[k]) * d.u[k][c];
            out[N * r + c] = sum;
        }
    return true;
}
