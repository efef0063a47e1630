#include "golden/golden.h"

#include <math.h>

#include "check.h"

void golden_count(const char *name, size_t consumed, size_t covered, size_t k)
{
    printf("%s: consumed %zu of %zu covered (%zu listed)\n", name, consumed,
           covered, k);
    assert_int_equal(consumed, covered);
    assert_true(covered > 0);
}

double golden_worst(const double *a, const struct sft *b)
{
    double worst = 0.0;
    double largest = 0.0;

    for (size_t i = 0; i < b->n; i++) {
        double want = sft_at(b, i);
        double diff = fabs(a[i] - want);

        if (isnan(diff))
            return 1e30;
        if (b->dtype[1] == '3')
            diff -= fabs(want) * 0x1p-24;
        worst = diff > worst ? diff : worst;
        largest = fabs(want) > largest ? fabs(want) : largest;
    }
    return largest > 0.0 ? worst / largest : worst;
}

void golden_l2(const double *a,
               const struct sft *b,
               double *diff2,
               double *norm2)
{
    for (size_t i = 0; i < b->n; i++) {
        double want = sft_at(b, i);

        *diff2 += (a[i] - want) * (a[i] - want);
        *norm2 += want * want;
    }
}

struct summary summary_of(const double *a, size_t n)
{
    struct summary s = {.n = n};

    for (size_t i = 0; i < n; i++) {
        s.sum += a[i];
        s.l2 += a[i] * a[i];
        s.max_abs = fabs(a[i]) > s.max_abs ? fabs(a[i]) : s.max_abs;
    }
    s.l2 = sqrt(s.l2);
    for (size_t i = 0; i < 8 && n > 0; i++)
        s.samples[i] = a[i * (n - 1) / 7];
    return s;
}

static double larger(double a, double b)
{
    return isnan(b) || b > a ? b : a;
}

double summary_worst(const struct summary *a, const struct json *want)
{
    double n = json_f64(json_get(want, "n"), 0);
    double l2 = json_f64(json_get(want, "l2"), 0);
    double max_abs = json_f64(json_get(want, "max_abs"), 0);
    const struct json *samples = json_get(want, "samples");
    double worst;

    if ((double)a->n != n || json_len(samples) != 8)
        return 1e30;
    if (l2 == 0.0)
        return a->max_abs;
    worst =
        fabs(a->sum - json_f64(json_get(want, "sum"), 1e30)) / (l2 * sqrt(n));
    worst = larger(worst, fabs(a->l2 - l2) / l2);
    worst = larger(worst, fabs(a->max_abs - max_abs) / max_abs);
    for (size_t i = 0; i < 8; i++)
        worst = larger(
            worst, fabs(a->samples[i] - json_f64(json_at(samples, i), 1e30)) /
                       max_abs);
    return worst;
}
