#include "lists/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool number_list(const char *s, uint32_t n, double *out)
{
    for (uint32_t i = 0; i < n; i++) {
        char word[64];
        size_t len;

        s += strspn(s, " ");
        len = strcspn(s, ", ");
        if (len == 0 || len >= sizeof word)
            return false;
        memcpy(word, s, len);
        word[len] = '\0';
        if (!text_to_double(word, &out[i]))
            return false;
        s += len;
        s += strspn(s, " ");
        if (*s != (i + 1 < n ? ',' : '\0'))
            return false;
        s += i + 1 < n;
    }
    return true;
}

/* 10^k as the nearest double, 0 <= k <= 308. */
static double power_of_ten(int k)
{
    char s[16];
    double v = 1.0;

    (void)snprintf(s, sizeof s, "1e%d", k);
    (void)text_to_double(s, &v);
    return v;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at s: *d takes them up while fewer than 17 are taken. *left counts
 * those beyond. Returns how many were taken. */
static int gather(const char **s, int *taken, int *left, double *d)
{
    enum { MOST = 17 };
    int before = *taken;

    for (; is_digit(**s); (*s)++) {
        if (*taken < MOST) {
            *d = *d * 10.0 + (double)(**s - '0');
            (*taken)++;
        } else {
            (*left)++;
        }
    }
    return *taken - before;
}

double number_reread(double v)
{
    struct text t = {0};
    const char *s;
    double d = 0.0;
    int taken = 0;
    int beyond = 0;
    int ignored = 0;
    int power;

    text_double(&t, fabs(v));
    if (text_status(&t) != OK || !isfinite(v)) {
        text_free(&t);
        return v;
    }
    s = t.s;
    (void)gather(&s, &taken, &beyond, &d);
    power = beyond;
    if (*s == '.') {
        s++;
        power -= gather(&s, &taken, &ignored, &d);
    }
    if (*s == 'e')
        power += (int)strtol(s + 1, NULL, 10);
    text_free(&t);
    d = power > 0 ? d * power_of_ten(power) : d / power_of_ten(-power);
    return v < 0.0 ? -d : d;
}

double number_f32(double v)
{
    return (double)(float)v;
}
