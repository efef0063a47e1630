#include <string.h>

#include "base/json.h"

#include "conf/yaml.h"
#include "fuzz_memory.h"
#include "unit/conf_sample.h"

/* What was accepted reads back from its canonical dump as the same. */
static void check_dump(const struct conf *c)
{
    struct text a = {0};
    struct text b = {0};
    struct sample s = {0};
    struct conf *back = NULL;

    conf_dump(c, true, &a);
    FUZZ_REQUIRE(text_status(&a) == OK);
    FUZZ_REQUIRE(sample_load(&s, fuzz_file((const uint8_t *)a.s, a.len), NULL,
                             0, &back) == OK);
    conf_dump(back, true, &b);
    FUZZ_REQUIRE(strcmp(a.s, b.s) == 0);
    conf_free(back);
    text_free(&a);
    text_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample s = {0};
    struct conf *c = NULL;
    struct json *j = NULL;
    const char *path = fuzz_file(data, size);
    status st = yaml_read_json(path, &j);

    FUZZ_REQUIRE(st == OK || st == ERR_CONF || st == ERR_DATA);
    FUZZ_REQUIRE((st == OK) == (j != NULL));
    json_free(j);
    st = sample_load(&s, path, NULL, 0, &c);
    FUZZ_REQUIRE(st == OK || st == ERR_CONF || st == ERR_DATA);
    FUZZ_REQUIRE((st == OK) == (c != NULL));
    FUZZ_REQUIRE((st == OK) == (s.out != NULL));
    if (c)
        check_dump(c);
    conf_free(c);
    fuzz_memory(size);
    return 0;
}
