/* Opening backends by name and variant. */
#include "check.h"
#include "dev/dev.h"

static void names_are_checked(void **state)
{
    struct dev *d = NULL;

    (void)state;
    assert_fails(dev_open("gpu9", NULL, &d), ERR_CONF, "gpu9");
    assert_fails(dev_open("ref", "sse", &d), ERR_CONF, "sse");
    assert_null(d);
    dev_close(NULL);
}

static void every_backend_says_what_it_is(void **state)
{
    struct dev *d = NULL;

    (void)state;
    assert_ok(dev_open("ref", "c", &d));
    assert_string_equal(dev_facts(d).variant, "c");
    assert_int_equal(dev_facts(d).dtype, DTYPE_F32);
    dev_close(d);
    assert_ok(dev_open("ref64", "auto", &d));
    assert_string_equal(dev_facts(d).name, "ref64");
    assert_int_equal(dev_facts(d).dtype, DTYPE_F64);
    dev_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(every_backend_says_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
