/* Pictures of the preview: the one bright voxel is where the lines point, in
 * every slice and for every shape; a seed outside is said in words. */
#include <stdlib.h>

#include "base/mem.h"

#include "app/preview.h"
#include "check.h"

enum { EDGE = 30, PNG_HEAD = 8 + 25 + 8 + 2 + 5 };

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                 "tuvwxyz0123456789+/";
    const char *at = strchr(digits, c);

    return at && c ? (int)(at - digits) : -1;
}

/* Bytes of base64 up to the closing quote. */
static size_t decode(const char *from, uint8_t *out)
{
    size_t n = 0;
    uint32_t bits = 0;
    int have = 0;

    for (; digit(*from) >= 0; from++) {
        bits = bits << 6 | (uint32_t)digit(*from);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return n;
}

/* Where the only white pixel of a picture of stored blocks is. */
static void find_white(const char *uri, int w, int h, int at[2])
{
    static uint8_t bytes[4096];
    size_t n = decode(uri, bytes);
    int found = 0;

    assert_true(n > (size_t)(PNG_HEAD + (w + 1) * h));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            if (bytes[PNG_HEAD + y * (w + 1) + 1 + x] == 255) {
                at[0] = x;
                at[1] = y;
                found++;
            }
    assert_int_equal(found, 1);
}

/* Where the lines of a mark point. */
static void find_mark(const char *svg, double at[2])
{
    at[0] = at[1] = -1.0;
    for (; *svg != '"'; svg++)
        if (*svg == 'M') { /* "M0 8.5H3.5", "M4.5 0V2.5" */
            char *end = NULL;
            double x = strtod(svg + 1, &end);
            double y = strtod(end + 1, &end);

            at[*end == 'H'] = *end == 'H' ? y : x;
        }
}

static void one(struct stream *s)
{
    struct preview_image m = {.mark = true, .scale = 3};
    struct text t = {0};
    const char *at;
    const int32_t *n = m.hu.shape;

    for (int a = 0; a < 3; a++) { /* long enough for a line on one side */
        m.hu.shape[a] = 20 + (int32_t)stream_below(s, EDGE - 20);
        m.at[a] = (int64_t)stream_below(s, (uint64_t)n[a]);
    }
    assert_ok(mem_new(image_len(&m.hu), sizeof(float), &m.hu.data));
    for (size_t i = 0; i < image_len(&m.hu); i++)
        m.hu.data[i] = -1000.0F;
    m.hu.data[(m.at[0] * n[1] + m.at[1]) * n[2] + m.at[2]] = 1000.0F;
    assert_ok(preview_figure(&t, "Patch", &m, PREVIEW_SOFT));
    at = t.s;
    for (int i = 0; i < 3; i++) {
        static const int right[3] = {2, 2, 1};
        static const int down[3] = {1, 0, 0};
        int white[2] = {-1, -1};
        double mark[2];
        int64_t y = m.at[down[i]];

        at = strstr(at, "base64,") + 7;
        find_white(at, n[right[i]], n[down[i]], white);
        assert_int_equal(white[0], m.at[right[i]]);
        assert_int_equal(white[1], i == 0 ? y : n[down[i]] - 1 - y);
        at = strstr(at, " d=\"") + 4;
        find_mark(at, mark);
        assert_true(mark[0] == white[0] + 0.5 && mark[1] == white[1] + 0.5);
    }
    mem_free(m.hu.data);
    text_free(&t);
}

static void test_marks(void **state)
{
    struct stream s = stream_at(13, STREAM_TEST, 0, 0, 0);

    (void)state;
    for (int turn = 0; turn < 200; turn++)
        one(&s);
}

static void test_outside(void **state)
{
    float hu[8] = {0};
    struct preview_image m = {{{2, 2, 2}, hu}, {0, 2, 1}, true, 3};
    struct text t = {0};

    (void)state;
    assert_ok(preview_figure(&t, "Patch", &m, PREVIEW_LUNG));
    assert_non_null(strstr(t.s, "the seed is outside"));
    assert_null(strstr(t.s, "<svg"));
    text_free(&t);
}

static void test_window(void **state)
{
    float hu[8] = {-800, -800, -800, -800, -800, 0, 0, 0};
    struct image m = {{2, 2, 2}, hu};

    (void)state;
    assert_int_equal(preview_window_of(&m), PREVIEW_LUNG);
    hu[0] = 40;
    assert_int_equal(preview_window_of(&m), PREVIEW_SOFT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
