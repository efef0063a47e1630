#include "base/json.h"

#include "fuzz.h"

static double sum;

/* Every getter on every node. */
static void visit(const struct json *j)
{
    const char *text = json_text(j);

    sum += json_f64(j, 0) + (double)json_i64(j, 0) + json_bool(j, false);
    FUZZ_REQUIRE(json_is_text(j) == (text != NULL));
    FUZZ_REQUIRE(json_is_object(j) + json_is_array(j) + json_is_null(j) +
                     json_is_text(j) <=
                 1);
    for (size_t i = 0; json_is_array(j) && i < json_len(j); i++)
        visit(json_at(j, i));
    for (size_t i = 0; json_is_object(j) && i < json_len(j); i++) {
        FUZZ_REQUIRE(json_get(j, json_key(j, i)) == json_member(j, i));
        visit(json_member(j, i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *j = NULL;
    status st = json_parse((const char *)data, size, "fuzz", &j);

    FUZZ_REQUIRE((st == OK) == (j != NULL));
    FUZZ_REQUIRE(st == OK || st == ERR_DATA);
    if (j)
        visit(j);
    json_free(j);
    return 0;
}
