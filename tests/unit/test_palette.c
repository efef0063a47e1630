/* Colours of the page, read from the page: contrast of text and graphics on
 * their ground (WCAG 2.1, 1.4.3 and 1.4.11: 4.5 and 3), and how far the eight
 * series are apart for every colour vision, in light, dark and print. Dashes
 * and shapes tell them apart without colour. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "eval/svg.h"
#include "report_sample.h"

enum { SERIES = 8, VISIONS = 3 };

/* Simulation of complete red- and green-blindness in linear sRGB (Machado,
 * Oliveira, Fernandes 2009, table 1, severity 1.0). */
static const double VISION[VISIONS][3][3] = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
                                             {{0.152286, 1.052583, -0.204868},
                                              {0.114503, 0.786281, 0.099216},
                                              {-0.003882, -0.048116, 1.051998}},
                                             {{0.367322, 0.860646, -0.227968},
                                              {0.280085, 0.672501, 0.047413},
                                              {-0.011820, 0.042940, 0.968881}}};
static const char *const NAME[VISIONS] = {"normal", "red-blind", "green-blind"};

/* Linear sRGB of "#rgb" or "#rrggbb". */
static void linear(const char *hex, double out[3])
{
    bool brief = strlen(hex) == 4;
    unsigned long all = strtoul(hex + 1, NULL, 16);
    unsigned v[3];

    assert_true(*hex == '#' && (brief || strlen(hex) == 7));
    for (int i = 0; i < 3; i++)
        v[i] = brief ? 17 * (unsigned)(all >> (8 - 4 * i) & 15)
                     : (unsigned)(all >> (16 - 8 * i) & 255);
    for (int i = 0; i < 3; i++) {
        double c = v[i] / 255.0;

        out[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
}

static double luminance(const char *hex)
{
    double c[3];

    linear(hex, c);
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
}

static double contrast(const char *a, const char *b)
{
    double x = luminance(a);
    double y = luminance(b);

    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

static double curve(double t)
{
    return t > 216.0 / 24389.0 ? cbrt(t) : (24389.0 / 27.0 * t + 16.0) / 116.0;
}

/* CIE L*a*b* (D65) as somebody of this vision sees it. */
static void lab(const char *hex, int vision, double out[3])
{
    static const double xyz[3][3] = {{0.4124564, 0.3575761, 0.1804375},
                                     {0.2126729, 0.7151522, 0.0721750},
                                     {0.0193339, 0.1191920, 0.9503041}};
    static const double white[3] = {0.95047, 1.0, 1.08883};
    double c[3];
    double seen[3];
    double f[3];

    linear(hex, c);
    for (int i = 0; i < 3; i++) {
        const double *m = VISION[vision][i];

        seen[i] = fmin(1, fmax(0, m[0] * c[0] + m[1] * c[1] + m[2] * c[2]));
    }
    for (int i = 0; i < 3; i++)
        f[i] = curve(
            (xyz[i][0] * seen[0] + xyz[i][1] * seen[1] + xyz[i][2] * seen[2]) /
            white[i]);
    out[0] = 116.0 * f[1] - 16.0;
    out[1] = 500.0 * (f[0] - f[1]);
    out[2] = 200.0 * (f[1] - f[2]);
}

static double apart(const char *a, const char *b, int vision)
{
    double x[3];
    double y[3];

    lab(a, vision, x);
    lab(b, vision, y);
    return sqrt((x[0] - y[0]) * (x[0] - y[0]) + (x[1] - y[1]) * (x[1] - y[1]) +
                (x[2] - y[2]) * (x[2] - y[2]));
}

/* The value of --name in the block that begins at `from`. */
static void colour(const char *from, const char *name, char out[8])
{
    char key[32];
    const char *p;

    (void)snprintf(key, sizeof key, "--%s:", name);
    p = strstr(from, key);
    assert_non_null(p);
    assert_int_equal(sscanf(p + strlen(key), "%7[#0-9a-f]", out), 1);
}

static void check_text(const char *block, const char *words, const char *ground)
{
    char a[8];
    char b[8];

    colour(block, words, a);
    colour(block, ground, b);
    if (contrast(a, b) < 4.5)
        fail_msg("--%s %s on --%s %s: contrast %.2f", words, a, ground, b,
                 contrast(a, b));
}

/* `percent` of the colour a laid over b, as color-mix(in srgb) does. */
static void mix(const char *a, const char *b, int percent, char out[8])
{
    unsigned long x = strtoul(a + 1, NULL, 16);
    unsigned long y = strtoul(b + 1, NULL, 16);
    unsigned long v = 0;

    if (strlen(b) == 4) /* #abc */
        y = (y >> 8 & 15) * 0x110000 + (y >> 4 & 15) * 0x1100 + (y & 15) * 0x11;
    for (int i = 16; i >= 0; i -= 8) {
        unsigned long p = (x >> i & 255) * (unsigned)percent +
                          (y >> i & 255) * (100 - (unsigned)percent);

        v = v << 8 | p / 100;
    }
    (void)snprintf(out, 8, "#%06lx", v);
}

/* Words on the darkest cell of the confusion matrices, all of them in --fg. */
static void check_shade(const char *block, int percent)
{
    char bg[8];
    char tint[8];
    char ground[8];
    char c[8];

    colour(block, "bg", bg);
    colour(block, "s2", tint);
    colour(block, "fg", c);
    mix(tint, bg, percent, ground);
    if (contrast(c, ground) < 4.5)
        fail_msg("--fg %s on %d %% of --s2: contrast %.2f", c, percent,
                 contrast(c, ground));
}

static int darkest_shade(const char *html)
{
    static const char mixed[] = "{background:color-mix(in srgb,var(--s2) ";
    int most = 0;

    for (const char *p = strstr(html, mixed); p; p = strstr(p + 1, mixed)) {
        int percent = (int)strtol(p + sizeof mixed - 1, NULL, 10);

        if (percent > most)
            most = percent;
    }
    assert_true(most > 0);
    return most;
}

static void check_block(const char *title, const char *block)
{
    static const char *const words[][2] = {
        {"fg", "bg"},    {"fg", "pass-bg"}, {"fg", "fail-bg"},
        {"fg", "na-bg"}, {"muted", "bg"},   {"muted", "card"},
        {"pass", "bg"},  {"fail", "bg"},    {"na", "bg"}};
    char c[SERIES][8];
    char bg[8];
    double least[VISIONS];

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        check_text(block, words[i][0], words[i][1]);
    colour(block, "bg", bg);
    for (int i = 0; i < SERIES; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "s%d", i);
        check_text(block, name, "bg"); /* notes at the ends of lines */
        colour(block, name, c[i]);
    }
    for (int v = 0; v < VISIONS; v++) {
        least[v] = INFINITY;
        for (int i = 0; i < SERIES; i++)
            for (int j = 0; j < i; j++) {
                double d = apart(c[i], c[j], v);

                least[v] = fmin(least[v], d);
                if (d < 18.0)
                    fail_msg("%s, %s: s%d %s and s%d %s are %.1f apart", title,
                             NAME[v], j, c[j], i, c[i], d);
            }
    }
    printf("%s: least distance normal %.1f, red-blind %.1f, green-blind "
           "%.1f\n",
           title, least[0], least[1], least[2]);
}

/* The simulation itself, on published pairs: pure red is seen dark by the
 * red-blind, and a red and a green of equal look fall together. */
static void test_simulation(void **state)
{
    double red[3];

    (void)state;
    lab("#ff0000", 1, red);
    assert_true(red[0] < 45.0); /* 53 in normal vision */
    assert_true(apart("#bb3311", "#667700", 2) <
                0.4 * apart("#bb3311", "#667700", 0));
    assert_true(fabs(contrast("#000000", "#ffffff") - 21.0) < 1e-9);
    assert_true(fabs(contrast("#777777", "#fff") - 4.478) < 1e-3);
}

static void test_colours(void **state)
{
    struct sample s;
    struct text t = {0};
    const char *dark;
    const char *print;

    (void)state;
    sample_make(&s);
    assert_ok(report_html(&s.r, &t));
    dark = strstr(t.s, "@media (prefers-color-scheme:dark){:root");
    print = strstr(t.s, "@media print{:root");
    assert_true(dark && print);
    check_block("light", strstr(t.s, ":root{"));
    check_block("dark", dark);
    check_block("print", print);
    assert_non_null(strstr(t.s, ".confusion .ci{font-size:.74rem;"
                                "color:inherit}"));
    check_shade(strstr(t.s, ":root{"), darkest_shade(t.s));
    check_shade(dark, darkest_shade(t.s));
    check_shade(print, darkest_shade(t.s));
    text_free(&t);
    sample_drop(&s);
}

/* No two series have the same dashes, no two the same shape. */
static void test_without_colour(void **state)
{
    struct sample s;
    struct text t = {0};
    char dash[SERIES][40];
    char shape[SVG_SHAPES][200];

    (void)state;
    sample_make(&s);
    assert_ok(report_html(&s.r, &t));
    for (int i = 0; i < SERIES; i++) {
        char key[64];
        const char *p;

        (void)snprintf(key, sizeof key, ".line.s%d{stroke-dasharray:", i);
        p = strstr(t.s, key);
        assert_non_null(p);
        assert_int_equal(sscanf(p + strlen(key), "%39[^}]", dash[i]), 1);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(dash[i], dash[j]);
    }
    for (int i = 0; i < SVG_SHAPES; i++) {
        struct text one = {0};

        svg_symbol(&one, i, "s0");
        assert_ok(text_status(&one));
        (void)snprintf(shape[i], sizeof shape[i], "%.199s",
                       strstr(one.s, " d="));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(shape[i], shape[j]);
        text_free(&one);
    }
    text_free(&t);
    sample_drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_simulation),
                                       cmocka_unit_test(test_colours),
                                       cmocka_unit_test(test_without_colour)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
