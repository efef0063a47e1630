/* The formula data themselves, and the raw reader, before anything leans on
 * them. */
#include "check.h"
#include "golden/golden.h"

static void raw_values_are_those_listed(void **state)
{
    struct json *j = NULL;
    const struct json *list;
    size_t consumed = 0;

    (void)state;
    assert_ok(json_read(golden_path("network/generator.json"), 1 << 20, &j));
    list = json_get(j, "raw");
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *c = json_at(list, i);
        struct formula f = {
            .seed = (uint64_t)json_i64(json_get(c, "seed"), -1),
            .stream = (uint64_t)json_i64(json_get(c, "stream"), -1),
            .index = (uint64_t)json_i64(json_get(c, "index"), -1),
            .scale = 1.0};
        uint64_t first = (uint64_t)json_i64(json_get(c, "first_i"), -1);

        assert_int_equal(json_len(json_get(c, "raw")), 8);
        for (size_t k = 0; k < 8; k++)
            assert_true(formula_raw(&f, first + k) ==
                        json_f64(json_at(json_get(c, "raw"), k), 9.0));
        consumed++;
    }
    golden_count("generator", consumed, json_len(list), json_len(list));
    json_free(j);
}

static void a_tensor_that_is_not_there(void **state)
{
    struct safetensors *s = NULL;
    struct sft t;

    (void)state;
    assert_ok(safetensors_open(golden_path("network/optim.safetensors"), &s));
    assert_fails(safetensors_get(s, &t, "no/%s", "such"), ERR_DATA, "no/such");
    safetensors_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_values_are_those_listed),
        cmocka_unit_test(a_tensor_that_is_not_there),
    };

    return golden_run(tests);
}
