/* Ticks, escapes, coordinates, and pictures byte for byte (expected bytes made
 * with another encoder, zlib in stored mode). */
#include "base/mem.h"
#include "base/sha256.h"

#include "check.h"
#include "eval/png.h"
#include "eval/svg.h"

static void test_steps(void **state)
{
    static const struct {
        double lo, hi;
        int ticks;
        double step;
        int decimals;
    } c[] = {{0, 1, 5, 0.2, 1},  {0, 1, 4, 0.5, 1},      {0, 180, 5, 50, 0},
             {0, 4.5, 5, 1, 0},  {0.6, 0.9, 6, 0.05, 2}, {0, 17900, 5, 5000, 0},
             {-1, 1, 5, 0.5, 1}, {0, 1e-3, 5, 2e-4, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        int decimals = -1;
        double step = svg_step(c[i].lo, c[i].hi, c[i].ticks, &decimals);

        assert_true(step > 0.999999 * c[i].step && step < 1.000001 * c[i].step);
        assert_int_equal(decimals, c[i].decimals);
    }
}

static void test_plot(void **state)
{
    struct svg_plot p = {.id = "x",
                         .title = "a < b",
                         .description = "\"quoted\" & more",
                         .width = 300,
                         .height = 200,
                         .x = {"step", 0, 10},
                         .y = {"y", -1, 1},
                         .ticks_x = 5,
                         .ticks_y = 4};
    const double x[] = {0, 10};
    const double y[] = {-1, 1};
    const struct svg_note note[] = {
        {1.0, "s0", "high"}, {0.99, "s1", "near"}, {-1.0, "s2", "low"}};
    struct text t = {0};

    (void)state;
    svg_open(&p, &t);
    svg_line(&p, &t, x, y, 2, "s3");
    svg_notes(&p, &t, note, 3);
    svg_close(&t);
    assert_ok(text_status(&t));
    assert_non_null(strstr(t.s, "a &lt; b</title>"));
    assert_non_null(strstr(t.s, "&quot;quoted&quot; &amp; more"));
    assert_non_null(strstr(t.s, "points=\"56.00,160.00 208.00,26.00\""));
    assert_non_null(strstr(t.s, ">0</text>")); /* never "-0" */
    assert_null(strstr(t.s, ">-0</text>"));
    /* 26 and 26.67 would overlap: the second goes 14 below the first */
    assert_non_null(strstr(t.s, "y=\"30.00\">high"));
    assert_non_null(strstr(t.s, "y=\"44.00\">near"));
    assert_non_null(strstr(t.s, "y=\"164.00\">low"));
    text_free(&t);
}

static void test_png(void **state)
{
    static const uint8_t six[] = {0, 50, 100, 150, 200, 250};
    static const uint8_t one[] = {200};
    struct text t = {0};

    (void)state;
    assert_ok(png_data_uri(one, 1, 1, &t));
    assert_string_equal(
        t.s, "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fp"
             "tVAAAADUlEQVR4AQECAP3/AMgAygDJrWMjsgAAAABJRU5ErkJggg==");
    text_free(&t);
    assert_ok(png_data_uri(six, 3, 2, &t));
    assert_string_equal(
        t.s, "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4Hz"
             "nGAAAAE0lEQVR4AQEIAPf/AAAyZACWyPoHdALvAxJeCwAAAABJRU5ErkJggg==");
    text_free(&t);
    assert_fails(png_data_uri(one, 0, 1, &t), ERR_DATA, "0 x 1");
}

/* Two stored blocks: 300 x 301 bytes. */
static void test_large_png(void **state)
{
    struct text t = {0};
    uint8_t *px = NULL;
    uint8_t sha[SHA256_SIZE];
    char hex[SHA256_HEX];
    const size_t head = strlen("data:image/png;base64,");

    (void)state;
    assert_ok(mem_new(300 * 300, 1, &px));
    for (uint32_t i = 0; i < 300 * 300; i++)
        px[i] = (uint8_t)(i % 300 * 7 + i / 300 * 13);
    assert_ok(png_data_uri(px, 300, 300, &t));
    assert_ok(sha256_of(t.s + head, t.len - head, sha));
    sha256_hex(sha, hex);
    assert_string_equal(
        hex,
        "0f13648174f62dad87733df9fdf5b473d7bf00d177ff385d97ca3caa8d8f63e8");
    mem_free(px);
    text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps), cmocka_unit_test(test_plot),
        cmocka_unit_test(test_png), cmocka_unit_test(test_large_png)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
