#include <math.h>

#include "check.h"
#include "vol/pixel.h"

static void test_names_and_sizes(void **state)
{
    (void)state;
    assert_int_equal(pixel_size(PIXEL_U8), 1);
    assert_int_equal(pixel_size(PIXEL_I16), 2);
    assert_int_equal(pixel_size(PIXEL_F32), 4);
    assert_int_equal(pixel_size(PIXEL_F64), 8);
    assert_string_equal(pixel_name(PIXEL_U16), "uint16");
    assert_string_equal(pixel_name(PIXEL_I32), "int32");
}

/* v goes in, want comes out. */
static void put(enum pixel p, double v, double want)
{
    double room[2] = {0, 0};

    pixel_set(p, room, 1, v);
    if (pixel_get(p, room, 1) != want)
        fail_msg("%s: %g became %g, expected %g", pixel_name(p), v,
                 pixel_get(p, room, 1), want);
    assert_true(pixel_get(p, room, 0) == 0.0);
}

static void test_store(void **state)
{
    (void)state;
    for (int p = 0; p < PIXEL_TYPES; p++)
        put((enum pixel)p, 12.0, 12.0);
    put(PIXEL_I16, 12.9, 12); /* truncation, not rounding */
    put(PIXEL_I16, -999.7, -999);
    put(PIXEL_I16, -0.99, 0);
    put(PIXEL_I16, 40000, 32767); /* saturation */
    put(PIXEL_I16, -40000, -32768);
    put(PIXEL_I8, 200, 127);
    put(PIXEL_I8, -200, -128);
    put(PIXEL_U8, -5, 0);
    put(PIXEL_U8, 300, 255);
    put(PIXEL_U16, 70000, 65535);
    put(PIXEL_U32, 5e9, 4294967295.0);
    put(PIXEL_I32, -3e9, -2147483648.0);
    put(PIXEL_I32, (double)NAN, 0);
    put(PIXEL_F32, 0.5, 0.5);
    put(PIXEL_F64, -1e300, -1e300);
}

static void test_floats(void **state)
{
    int16_t in[5] = {-1024, 0, 7, 3071, -32768};
    double big[2] = {1e-3, 16777217.0};
    float out[3];

    (void)state;
    pixel_floats(PIXEL_I16, in, 2, 3, out);
    assert_true(out[0] == 7.0F && out[1] == 3071.0F && out[2] == -32768.0F);
    pixel_floats(PIXEL_F64, big, 0, 2, out);
    assert_true(out[0] == 0.001F && out[1] == 16777216.0F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_sizes),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_floats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
