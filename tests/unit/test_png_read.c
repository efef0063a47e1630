/* Pictures: values, and every way to be cut, damaged or of another kind. */
#include "unit/png_sample.h"
#include "vol/png_read.h"

enum { COLUMNS = 7, ROWS = 5 };

static char dir[TMP_PATH];
static uint16_t pixel[ROWS * COLUMNS];

static int make_dir(void **state)
{
    (void)state;
    tmp_make(dir);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        pixel[i] = (uint16_t)(i * 7919 + 31768);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static struct png_sample sample(void)
{
    return (struct png_sample){COLUMNS, ROWS, 16, 0, 0, pixel};
}

static void test_values(void **state)
{
    struct png_sample s = sample();
    uint16_t out[ROWS * COLUMNS];
    char path[TMP_PATH];
    int64_t n[2];

    (void)state;
    (void)png_write_sample(&s, dir, "x.png", path);
    assert_ok(png_size(path, &n[0], &n[1]));
    assert_int_equal(n[0], COLUMNS);
    assert_int_equal(n[1], ROWS);
    assert_ok(png_read(path, COLUMNS, ROWS, out));
    assert_memory_equal(out, pixel, sizeof pixel);
    assert_fails(png_read(path, ROWS, COLUMNS, out), ERR_DATA,
                 "has 7 x 5 pixels, the slices before it 5 x 7");
}

static void test_truncated(void **state)
{
    struct png_sample s = sample();
    uint16_t out[ROWS * COLUMNS];
    char path[TMP_PATH];
    size_t len = 0;
    uint8_t *file = png_build(&s, &len);

    (void)state;
    for (size_t n = 0; n < len; n++) {
        (void)tmp_write(dir, "x.png", file, n, path);
        assert_fails(png_read(path, COLUMNS, ROWS, out), ERR_DATA, "x.png");
    }
    mem_free(file);
}

/* No bit of a small picture can change unnoticed. */
static void test_damaged(void **state)
{
    struct png_sample s = sample();
    uint16_t out[ROWS * COLUMNS];
    char path[TMP_PATH];
    size_t len = 0;
    uint8_t *file = png_build(&s, &len);

    (void)state;
    for (size_t i = 0; i < len; i++) {
        file[i] ^= 16;
        (void)tmp_write(dir, "x.png", file, len, path);
        assert_fails(png_read(path, COLUMNS, ROWS, out), ERR_DATA, "x.png");
        file[i] ^= 16;
    }
    mem_free(file);
}

static void test_other_kinds(void **state)
{
    static const struct {
        uint32_t columns, rows;
        int bits, colour;
        const char *word;
    } bad[] = {
        {COLUMNS, ROWS, 8, 0, "says 8 bits and colour type 0"},
        {COLUMNS, ROWS, 16, 2, "says 16 bits and colour type 2"},
        {COLUMNS, ROWS, 16, 4, "colour type 4"},
        {0, ROWS, 16, 0, "IHDR"},
        {2049, ROWS, 16, 0, "IHDR"},
        {COLUMNS, 1U << 31, 16, 0, "out of range"},
        {2048, 2048, 16, 0, "cannot hold them"},
    };
    uint16_t out[ROWS * COLUMNS];
    char path[TMP_PATH];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct png_sample s = sample();
        size_t len = 0;
        uint8_t *file = png_build(&s, &len);
        uint8_t head[13] = {0};

        png_put_u32(head, bad[i].columns);
        png_put_u32(head + 4, bad[i].rows);
        head[8] = (uint8_t)bad[i].bits;
        head[9] = (uint8_t)bad[i].colour;
        (void)png_put_chunk(file + 8, "IHDR", head, sizeof head);
        (void)tmp_write(dir, "x.png", file, len, path);
        assert_fails(png_read(path, COLUMNS, ROWS, out), ERR_DATA, bad[i].word);
        mem_free(file);
    }
    (void)tmp_write(dir, "x.png", "no picture", 10, path);
    assert_fails(png_read(path, COLUMNS, ROWS, out), ERR_DATA, "x.png");
    assert_fails(png_read("/nonexistent", 1, 1, out), ERR_FILE, "nonexistent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_other_kinds),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
