/* det/math against MPFR at 200 bits: ranges at random, whole bit patterns,
 * and points that are hard on purpose. Prints the largest error in units in
 * the last place and fails above the bound of src/det/README.md. */
#include <math.h>
#include <mpfr.h>

#include "check.h"
#include "det/math.h"
#include "det/stream.h"

typedef double ours_fn(double x);
typedef int truth_fn(mpfr_t out, const mpfr_t x, mpfr_rnd_t round);

#ifdef __SANITIZE_ADDRESS__ /* the same code, five times slower */
enum { PREC = 200, N = 2000 };
#else
enum { PREC = 200, N = 12000 };
#endif

/* lin: uniform in [lo, hi); log2: +-2^u; bits: any double. */
enum how { LIN, LOG2, BITS };

struct range {
    ours_fn *ours;
    enum how how;
    double lo;
    double hi;
};

struct subject {
    const char *name;
    ours_fn *ours;
    truth_fn *truth;
    double bound; /* the table in src/det/README.md */
    double from;  /* domain */
    double to;
    double edge[8]; /* places where the method changes */
};

static int lgamma_truth(mpfr_t out, const mpfr_t x, mpfr_rnd_t round)
{
    return mpfr_lngamma(out, x, round);
}

#define BIG 0x1.fffffffffffffp1023

static const struct subject subjects[] = {
    {"exp",
     det_exp,
     mpfr_exp,
     0.505,
     -760,
     720,
     {709.78271289338397, -708.39641853226408, -745.13321910194122,
      0.0027076061740622863}},
    {"expm1",
     det_expm1,
     mpfr_expm1,
     0.51,
     -60,
     720,
     {50, -40, 0.0027076061740622863, -0.0027076061740622863,
      0.008122818522186859}},
    {"log",
     det_log,
     mpfr_log,
     0.505,
     0,
     BIG,
     {1, 0.6875, 1.375, 1.0078125, 0.99609375, 0x1p-1022}},
    {"log1p",
     det_log1p,
     mpfr_log1p,
     0.505,
     -1,
     BIG,
     {0, -0.3125, 0.375, 0.0078125, -0.00390625, 0x1p60, 0x1p-60, -1}},
    {"sin",
     det_sin,
     mpfr_sin,
     0.75,
     -0x1p30,
     0x1p30,
     {0x1.921fb54442d18p-1, 0x1.921fb54442d18p1, 0x1p-30, 0x1p30}},
    {"cos",
     det_cos,
     mpfr_cos,
     0.75,
     -0x1p30,
     0x1p30,
     {0x1.921fb54442d18p-1, 0x1.921fb54442d18p0, -0x1p30}},
    {"tanh",
     det_tanh,
     mpfr_tanh,
     0.51,
     -100,
     100,
     {20, 0x1p-30, 0.00135380308703114, 18.8}},
    {"erf", det_erf, mpfr_erf, 0.75, -10, 10, {0.25, -0.25, 6, -6, 0x1p-1022}},
    {"erfc",
     det_erfc,
     mpfr_erfc,
     0.6,
     -10,
     28.5,
     {0.25, -0.25, -6, 26.54, 27.2264, 28, 1}},
    {"lgamma",
     det_lgamma,
     lgamma_truth,
     0.6,
     0,
     BIG,
     {1, 2, 0.75, 4, 8, 2.5563481638716906e305}},
};

static const struct range ranges[] = {
    {det_exp, LIN, -746, 710},       {det_exp, LIN, -745.2, -708},
    {det_exp, LOG2, -60, 9.4},       {det_expm1, LIN, -45, 60},
    {det_expm1, LIN, -0.03, 0.03},   {det_expm1, LOG2, -1074, 9.4},
    {det_log, BITS, 0, 0},           {det_log, LIN, 0.5, 2},
    {det_log, LIN, 0.97, 1.03},      {det_log1p, BITS, 0, 0},
    {det_log1p, LIN, -1, 1},         {det_log1p, LIN, -0.03, 0.03},
    {det_log1p, LOG2, -70, 0},       {det_sin, LIN, -7, 7},
    {det_sin, LIN, -0x1p30, 0x1p30}, {det_sin, LOG2, -1074, 30},
    {det_cos, LIN, -7, 7},           {det_cos, LIN, -0x1p30, 0x1p30},
    {det_cos, LOG2, -40, 30},        {det_tanh, LIN, -25, 25},
    {det_tanh, LIN, -0.01, 0.01},    {det_tanh, LOG2, -1074, 6},
    {det_erf, LIN, -6.5, 6.5},       {det_erf, LIN, -0.3, 0.3},
    {det_erf, LOG2, -1074, 0},       {det_erfc, LIN, -7, 7},
    {det_erfc, LIN, 0, 28},          {det_erfc, LIN, 26, 27.3},
    {det_erfc, LOG2, -60, 4},        {det_lgamma, LIN, 0, 4},
    {det_lgamma, LIN, 0.98, 1.02},   {det_lgamma, LIN, 1.98, 2.02},
    {det_lgamma, LIN, 3, 40},        {det_lgamma, LOG2, -1074, 1017},
};

struct worst {
    double ulp;
    double x;
    double y;
};

/* Error of `got` in units in the last place of a double of truth's size. */
static double error(double got, mpfr_t truth)
{
    double want = mpfr_get_d(truth, MPFR_RNDN);
    mpfr_t d;
    double ulps;
    int e;

    if (isnan(want) || isinf(want))
        return (isnan(want) && isnan(got)) || got == want ? 0 : HUGE_VAL;
    (void)frexp(want, &e);
    e = want == 0 || e - 53 < -1074 ? -1074 : e - 53;
    mpfr_init2(d, PREC);
    mpfr_set_d(d, got, MPFR_RNDN);
    mpfr_sub(d, d, truth, MPFR_RNDN);
    mpfr_mul_2si(d, d, -e, MPFR_RNDN);
    ulps = fabs(mpfr_get_d(d, MPFR_RNDN));
    mpfr_clear(d);
    return isnan(got) ? HUGE_VAL : ulps;
}

static void try_point(const struct subject *s, double x, struct worst *w)
{
    mpfr_t in;
    mpfr_t out;
    double ulps;

    if (!(x >= s->from && x <= s->to))
        return;
    mpfr_init2(in, 53);
    mpfr_init2(out, PREC);
    mpfr_set_d(in, x, MPFR_RNDN);
    (void)s->truth(out, in, MPFR_RNDN);
    ulps = error(s->ours(x), out);
    if (ulps > w->ulp)
        *w = (struct worst){ulps, x, 0};
    mpfr_clears(in, out, (mpfr_ptr)0);
}

static double draw(struct stream *st, const struct range *r)
{
    double u = stream_range(st, r->lo, r->hi);
    uint64_t bits = stream_u64(st);
    double x;

    if (r->how == LIN)
        return u;
    if (r->how == LOG2)
        return bits & 1 ? exp2(u) : -exp2(u);
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void try_ranges(const struct subject *s, struct worst *w)
{
    struct stream st = stream_at(31, STREAM_TEST, 0, 0, 0);

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (ranges[i].ours != s->ours)
            continue;
        for (int k = 0; k < N; k++)
            try_point(s, draw(&st, &ranges[i]), w);
    }
}

/* Forty neighbours of each place, and all powers of two with theirs. */
static void try_edges(const struct subject *s, struct worst *w)
{
    for (int i = 0; i < 8; i++) {
        double up = s->edge[i];
        double down = up;

        for (int k = 0; k < 20; k++) {
            try_point(s, up, w);
            try_point(s, down, w);
            up = nextafter(up, HUGE_VAL);
            down = nextafter(down, -HUGE_VAL);
        }
    }
    for (int e = -1074; e < 1024; e++) {
        double p = ldexp(1, e);

        for (int sign = -1; sign <= 1; sign += 2) {
            try_point(s, sign * p, w);
            try_point(s, sign * nextafter(p, 0), w);
            try_point(s, sign * nextafter(p, HUGE_VAL), w);
        }
    }
}

/* Doubles that lie nearest to multiples of pi/2: m 2^(e - 52) where m is the
 * denominator of a convergent of 2^(e - 52) / (pi/2), for every octave. */
static void try_near_pi(const struct subject *s, struct worst *w)
{
    mpfr_t r;
    mpfr_t a;

    mpfr_inits2(400, r, a, (mpfr_ptr)0);
    for (int e = 0; e < 30; e++) {
        double q0 = 0;
        double q1 = 1;

        mpfr_const_pi(r, MPFR_RNDN);
        mpfr_ui_div(r, 2, r, MPFR_RNDN);
        mpfr_mul_2si(r, r, e - 52, MPFR_RNDN);
        mpfr_frac(r, r, MPFR_RNDN);
        while (q1 < 0x1p53) {
            double q;

            try_point(s, ldexp(q1, e - 52), w);
            try_point(s, -ldexp(q1, e - 52), w);
            mpfr_ui_div(r, 1, r, MPFR_RNDN);
            mpfr_floor(a, r);
            mpfr_sub(r, r, a, MPFR_RNDN);
            q = mpfr_get_d(a, MPFR_RNDN) * q1 + q0;
            q0 = q1;
            q1 = q;
        }
    }
    mpfr_clears(r, a, (mpfr_ptr)0);
}

static void test_functions(void **state)
{
    int bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        const struct subject *s = &subjects[i];
        struct worst w = {0, 0, 0};

        try_ranges(s, &w);
        try_edges(s, &w);
        if (s->ours == det_sin || s->ours == det_cos)
            try_near_pi(s, &w);
        printf("%-7s max %.4f ulp at %a (bound %.3f)\n", s->name, w.ulp, w.x,
               s->bound);
        bad += !(w.ulp <= s->bound);
    }
    assert_int_equal(bad, 0);
}

static void try_pow(double x, double y, struct worst *w)
{
    mpfr_t a;
    mpfr_t b;
    mpfr_t out;
    double ulps;

    mpfr_inits2(53, a, b, (mpfr_ptr)0);
    mpfr_init2(out, PREC);
    mpfr_set_d(a, x, MPFR_RNDN);
    mpfr_set_d(b, y, MPFR_RNDN);
    (void)mpfr_pow(out, a, b, MPFR_RNDN);
    ulps = error(det_pow(x, y), out);
    if (ulps > w->ulp)
        *w = (struct worst){ulps, x, y};
    mpfr_clears(a, b, out, (mpfr_ptr)0);
}

static void test_pow(void **state)
{
    struct stream st = stream_at(32, STREAM_TEST, 0, 0, 0);
    struct worst w = {0, 0, 0};

    (void)state;
    for (int i = 0; i < 4 * N; i++) {
        /* anywhere, near 1, and the y that uses the whole range of results */
        double x = i & 1 ? exp2(stream_range(&st, -1074, 1024))
                         : stream_range(&st, 0.9, 1.1);
        double y = stream_range(&st, -750, 715) / log(x);

        try_pow(x, y, &w);
        try_pow(stream_range(&st, 0, 100), stream_range(&st, -20, 20), &w);
        if (i % 16 == 0)
            try_pow(-x, nearbyint(y), &w);
        if (i % 16 == 1)
            try_pow(1 + ldexp((double)(i % 99) - 49, -52), y * 0x1p30, &w);
    }
    printf("pow     max %.4f ulp at %a, %a (bound 0.550)\n", w.ulp, w.x, w.y);
    assert_true(w.ulp <= 0.55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_pow),
    };
    int bad = cmocka_run_group_tests(tests, NULL, NULL);

    mpfr_free_cache();
    return bad;
}
