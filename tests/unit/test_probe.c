/* The known-answer test of the kernels: one digest for all float backends,
 * and it sees a wrong kernel and a wrong mode of the processor. */
#include <fenv.h>

#include "check.h"
#include "dev/backend.h"

static const struct {
    const char *name, *variant;
} float_backends[] = {{"simd", "avx512"}, {"simd", "avx2"}, {"simd", "neon"},
                      {"simd", "c"},      {"ref", "avx2"},  {"ref", "c"}};

static void every_backend_gives_the_digest(void **state)
{
    char first[65] = "";
    int seen = 0;

    (void)state;
    for (size_t i = 0; i < sizeof float_backends / sizeof float_backends[0];
         i++) {
        struct dev *d = NULL;
        char hex[65] = "";
        if (dev_open(float_backends[i].name, float_backends[i].variant, &d) !=
            OK)
            continue;
        assert_ok(dev_probe(d, hex));
        if (seen++ == 0)
            memcpy(first, hex, sizeof hex);
        assert_string_equal(first, hex);
        dev_close(d);
    }
    assert_true(seen >= 2); /* the plain C ones run anywhere */
}

static void double_is_its_own(void **state)
{
    struct dev *a = NULL;
    struct dev *b = NULL;
    char hex_a[65] = "";
    char hex_b[65] = "";

    (void)state;
    assert_ok(dev_open("ref64", NULL, &a));
    assert_ok(dev_open("ref64", "c", &b));
    assert_ok(dev_probe(a, hex_a));
    assert_ok(dev_probe(b, hex_b));
    assert_string_equal(hex_a, hex_b);
    dev_close(a);
    dev_close(b);
}

static const struct dev_ops *sane;

static void wrong_norm_sums(struct dev *d,
                            const struct tensor *x,
                            int32_t views,
                            double *sums)
{
    sane->norm_sums(d, x, views, sums);
    sums[1] *= 1 + 0x1p-52;
}

static void wrong_lars(struct dev *d,
                       const struct lars_desc *desc,
                       void *p,
                       const void *g,
                       void *v,
                       size_t len)
{
    sane->vec_lars(d, desc, p, g, v, len);
    ((float *)v)[len - 1] *= 1 + 0x1p-23F;
}

static void a_wrong_kernel_is_named(void **state)
{
    struct dev *d = NULL;
    struct dev_ops broken;
    char hex[65] = "";

    (void)state;
    assert_ok(dev_open("simd", NULL, &d));
    sane = d->ops;
    broken = *sane;
    broken.norm_sums = wrong_norm_sums;
    d->ops = &broken;
    assert_fails(dev_probe(d, hex), ERR_NUMERIC, "norm_sums");
    broken = *sane;
    broken.vec_lars = wrong_lars;
    assert_fails(dev_probe(d, hex), ERR_NUMERIC, "vec_lars");
    d->ops = sane;
    dev_close(d);
}

static void modes_are_refused(void **state)
{
    struct dev *d = NULL;
    char hex[65] = "";

    (void)state;
    assert_ok(dev_open("ref", NULL, &d));
    assert_int_equal(fesetround(FE_UPWARD), 0);
    status st = dev_probe(d, hex);
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    assert_int_equal(st, ERR_NUMERIC);
    assert_non_null(strstr(status_text(), "nearest"));
#if defined(__x86_64__)
    unsigned mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(mode | 0x8000); /* flush to zero */
    st = dev_probe(d, hex);
    __builtin_ia32_ldmxcsr(mode);
    assert_int_equal(st, ERR_NUMERIC);
    assert_non_null(strstr(status_text(), "as zero"));
    __builtin_ia32_ldmxcsr(mode | 0x40); /* denormals are zero */
    st = dev_probe(d, hex);
    __builtin_ia32_ldmxcsr(mode);
    assert_int_equal(st, ERR_NUMERIC);
    assert_non_null(strstr(status_text(), "as zero"));
#endif
    dev_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_backend_gives_the_digest),
        cmocka_unit_test(double_is_its_own),
        cmocka_unit_test(a_wrong_kernel_is_named),
        cmocka_unit_test(modes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
