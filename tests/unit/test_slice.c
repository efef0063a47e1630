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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
