/* Every convolution of the full network, every value: simd equals ref. */
#include "layers.h"
#include "same.h"

static void all_layers(void **state)
{
    struct pair p = {.cases = 0};

    (void)state;
    assert_ok(dev_open("ref", NULL, &p.ref));
    assert_ok(dev_open("simd", NULL, &p.simd));
    for (int i = 0; i < LAYERS; i++)
        conv_case(&p, layer_desc(i, 1 + i % 2), true);
    printf("%d of %d layers\n", p.cases, LAYERS);
    assert_int_equal(p.cases, LAYERS);
    dev_close(p.ref);
    dev_close(p.simd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_layers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
