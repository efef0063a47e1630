#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool room(struct text *t, size_t more)
{
    if (t->st == OK)
        t->st = mem_grow(t->len + more + 1, 1, &t->s, &t->cap);
    return t->st == OK;
}

void text_put(struct text *t, const char *bytes, size_t len)
{
    if (!room(t, len))
        return;
    memcpy(t->s + t->len, bytes, len);
    t->len += len;
    t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !room(t, (size_t)n))
        return;
    va_start(ap, fmt);
    (void)vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    t->len += (size_t)n;
}

void text_json(struct text *t, const char *s)
{
    text_put(t, "\"", 1);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\')
            text_add(t, "\\%c", c);
        else if (c == '\n')
            text_put(t, "\\n", 2);
        else if (c == '\t')
            text_put(t, "\\t", 2);
        else if (c < 0x20 || c == 0x7f)
            text_add(t, "\\u%04x", c);
        else
            text_put(t, s, 1);
    }
    text_put(t, "\"", 1);
}

/* digits: d.ddde[+-]xx as printf gave it; rewrite in Python's layout. */
static void put_repr(struct text *t, const char *digits)
{
    char mant[32];
    size_t n = 0;
    const char *p = digits;
    long e;

    if (*p == '-') {
        text_put(t, "-", 1);
        p++;
    }
    for (; *p && *p != 'e'; p++)
        if (*p != '.')
            mant[n++] = *p;
    e = strtol(p + 1, NULL, 10);
    while (n > 1 && mant[n - 1] == '0')
        n--;
    if (e < -4 || e >= 16) {
        text_put(t, mant, 1);
        if (n > 1)
            text_add(t, ".%.*s", (int)n - 1, mant + 1);
        text_add(t, "e%c%02ld", e < 0 ? '-' : '+', labs(e));
    } else if (e < 0) {
        text_add(t, "0.%.*s", (int)(-e - 1), "0000");
        text_put(t, mant, n);
    } else {
        for (size_t i = 0; i < n || i <= (size_t)e; i++) {
            text_put(t, i < n ? mant + i : "0", 1);
            if (i == (size_t)e)
                text_put(t, ".", 1);
        }
        if (n <= (size_t)e + 1)
            text_put(t, "0", 1);
    }
}

void text_double(struct text *t, double v)
{
    char digits[40];

    if (isnan(v)) {
        text_put(t, "nan", 3);
        return;
    }
    if (isinf(v)) {
        text_add(t, "%s", v < 0 ? "-inf" : "inf");
        return;
    }
    /* if 15 digits do not suffice, fewer do not: 15 are told apart always */
    (void)snprintf(digits, sizeof digits, "%.14e", v);
    for (int p = strtod(digits, NULL) == v ? 0 : 15; p <= 16; p++) {
        (void)snprintf(digits, sizeof digits, "%.*e", p, v);
        if (strtod(digits, NULL) == v)
            break;
    }
    put_repr(t, digits);
}

status text_status(const struct text *t)
{
    return t->st;
}

void text_free(struct text *t)
{
    mem_free(t->s);
    *t = (struct text){0};
}

bool text_to_double(const char *s, double *out)
{
    const char *p = s + (*s == '-' || *s == '+');
    char *end = NULL;
    double v;

    if (!(*p >= '0' && *p <= '9') && !(*p == '.' && p[1] >= '0' && p[1] <= '9'))
        return false; /* blanks, words, nan, inf */
    if (*p == '0' && (p[1] == 'x' || p[1] == 'X'))
        return false;
    v = strtod(s, &end);
    if (*end != '\0' || !isfinite(v))
        return false;
    *out = v;
    return true;
}

bool text_to_i64(const char *s, int64_t *out)
{
    const char *p = s + (*s == '-' || *s == '+');
    char *end = NULL;
    long long v;

    if (!(*p >= '0' && *p <= '9'))
        return false;
    errno = 0;
    v = strtoll(s, &end, 10);
    if (*end != '\0' || errno != 0)
        return false;
    *out = v;
    return true;
}

unsigned text_distance(const char *a, const char *b)
{
    enum { CAP = 64 };
    unsigned row[CAP + 1];
    size_t na = strlen(a);
    size_t nb = strlen(b);

    if (na > CAP || nb > CAP)
        return 99;
    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diag = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = diag + (a[i - 1] != b[j - 1]);

            diag = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

/* Length of the UTF-8 sequence at s when it is well formed and no control
 * character or line break (YAML would not give it back), else 0. */
static size_t utf8_step(const unsigned char *s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = *s < 0x80             ? 1
               : (*s & 0xe0) == 0xc0 ? 2
               : (*s & 0xf0) == 0xe0 ? 3
               : (*s & 0xf8) == 0xf0 ? 4
                                     : 0;
    uint32_t c = n == 1 ? *s : *s & (0x7fU >> n);

    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fU);
    }
    if (n == 0 || c < least[n] || c < 0x20 || (c >= 0x7f && c < 0xa0) ||
        c == 0x2028 || c == 0x2029 || (c >= 0xd800 && c < 0xe000) ||
        c == 0xfeff || c == 0xfffe || c == 0xffff || c > 0x10ffff)
        return 0;
    return n;
}

bool text_is_clean(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;

    while (*p) {
        size_t n = utf8_step(p);

        if (n == 0)
            return false;
        p += n;
    }
    return true;
}
