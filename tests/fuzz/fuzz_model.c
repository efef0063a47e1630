#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#include "app/linear_file.h"
#include "fuzz_memory.h"

/* The rest of eval/logistic.c is not wanted here. */
void logistic_model_free(struct logistic_model *m)
{
    if (!m)
        return;
    mem_free(m->coef);
    mem_free(m->intercept);
    mem_free(m);
}

/* What was accepted is written as something that reads back as the same. */
static void check_again(const struct linear_file *m)
{
    struct text a = {0};
    struct text b = {0};
    struct linear_file *back = NULL;

    linear_file_json(m, &a);
    FUZZ_REQUIRE(text_status(&a) == OK);
    FUZZ_REQUIRE(
        linear_file_read(fuzz_file((const uint8_t *)a.s, a.len), &back) == OK);
    linear_file_json(back, &b);
    FUZZ_REQUIRE(text_status(&b) == OK && strcmp(a.s, b.s) == 0);
    linear_file_free(back);
    text_free(&a);
    text_free(&b);
}

/* A model.json (or a file that says it is a model.nc). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct linear_file *m = NULL;
    status st = linear_file_read(fuzz_file(data, size), &m);

    FUZZ_REQUIRE(st == OK || st == ERR_DATA || st == ERR_NUMERIC ||
                 st == ERR_FILE);
    FUZZ_REQUIRE((st == OK) == (m != NULL));
    if (m) {
        FUZZ_REQUIRE(m->classes >= 2 && m->fit->p > 0 && m->label);
        check_again(m);
    }
    linear_file_free(m);
    fuzz_memory(16 * size); /* a number of two bytes is a tree's node */
    return 0;
}
