/* Slices between plain order and the layout. */
#include "base/mem.h"

#include "check.h"
#include "nn/net.h"

/* Plain order there and back, against the formula of dev/tensor.h. */
static void slices(void **state)
{
    struct slice s = {
        .kind = SLICE_CONV, .o = 35, .c = 3, .k = 3, .offset = 16};
    size_t n = weight_len(35, 3, 3);
    float *vec = NULL;
    double *plain = NULL;
    float *back = NULL;

    (void)state;
    s.len = n;
    s.plain = (size_t)35 * 3 * 27;
    assert_ok(mem_new(n + 16, sizeof *vec, &vec));
    assert_ok(mem_new(s.plain, sizeof *plain, &plain));
    assert_ok(mem_new(s.plain, sizeof *back, &back));
    for (size_t i = 0; i < s.plain; i++)
        plain[i] = (double)i + 1;
    slice_put_f64(&s, DTYPE_F32, plain, vec);
    /* o = 33: block 1, lane 1; tap 4; c = 2 */
    assert_true(vec[16 + ((1 * 27 + 4) * 3 + 2) * 32 + 1] ==
                (float)((33 * 3 + 2) * 27 + 4 + 1));
    slice_get_f32(&s, DTYPE_F32, vec, back);
    for (size_t i = 0; i < s.plain; i++)
        assert_true((double)back[i] == plain[i]);
    slice_get_f64(&s, DTYPE_F32, vec, plain);
    for (size_t i = 0; i < s.plain; i++)
        assert_true((double)back[i] == plain[i]);
    mem_free(vec);
    mem_free(plain);
    mem_free(back);
}

/* Row by row the same as all at once. */
static void rows(void **state)
{
    static const struct slice cases[] = {
        {.kind = SLICE_CONV, .o = 70, .c = 3, .k = 3, .offset = 16},
        {.kind = SLICE_CONV, .o = 7, .c = 2, .k = 1, .offset = 0},
        {.kind = SLICE_LINEAR, .o = 33, .c = 5, .k = 1, .offset = 32},
        {.kind = SLICE_VECTOR, .o = 70, .c = 1, .k = 1, .offset = 16}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice s = cases[i];
        size_t row = (size_t)s.c * (size_t)s.k * (size_t)s.k * (size_t)s.k;
        size_t room = s.offset + weight_len(s.o, s.k, s.c) + 64;
        double plain[70 * 81];
        float plain32[70 * 81];
        double back[70 * 81];
        float back32[70 * 81];
        double *want = NULL;
        double *have = NULL;
        float *have32 = NULL;

        assert_ok(mem_new(room, sizeof *want, &want));
        assert_ok(mem_new(room, sizeof *have, &have));
        assert_ok(mem_new(room, sizeof *have32, &have32));
        for (size_t k = 0; k < (size_t)s.o * row; k++)
            plain32[k] = (float)(plain[k] = (double)k + 1);
        slice_put_f64(&s, DTYPE_F64, plain, want);
        for (int32_t o = 0; o < s.o; o += 32) {
            int32_t n = s.o - o < 32 ? s.o - o : 32;

            slice_put_rows(&s, DTYPE_F64, o, n, plain + (size_t)o * row, have);
            slice_put_rows(&s, DTYPE_F32, o, n, plain32 + (size_t)o * row,
                           have32);
            slice_get_rows(&s, DTYPE_F64, o, n, want, back + (size_t)o * row);
            slice_get_rows(&s, DTYPE_F32, o, n, have32,
                           back32 + (size_t)o * row);
        }
        assert_same_bits(back, plain, (size_t)s.o * row * sizeof *back);
        assert_same_bits(back32, plain32, (size_t)s.o * row * sizeof *back32);
        assert_same_bits(have, want, room * sizeof *want);
        for (size_t k = 0; k < room; k++)
            assert_true((double)have32[k] == want[k]);
        mem_free(want);
        mem_free(have);
        mem_free(have32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),
        cmocka_unit_test(rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
