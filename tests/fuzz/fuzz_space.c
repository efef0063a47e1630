#include <math.h>
#include <stdlib.h>

#include "base/text.h"

#include "app/search_space.h"
#include "fuzz_memory.h"
#include "hpo/tpe.h"
#include "unit/conf_sample.h"

enum { DRAWS = 4 };

/* Every value that is proposed is one the program takes; a parameter is there
 * when its conditions hold, and only then. */
static void check_trial(const struct key_space *k, const char *path, uint64_t t)
{
    const struct space *space = key_space_of(k);
    const struct tpe_past past = {space, NULL, 0, NULL, NULL};
    const struct tpe_conf conf = tpe_defaults();
    double *x = calloc(space->n, sizeof *x);
    struct tpe_rng rng;

    FUZZ_REQUIRE(x != NULL);
    tpe_rng_ticket(&rng, 1, 0, t);
    FUZZ_REQUIRE(tpe_suggest(&conf, &past, &rng, x) == OK);
    for (uint32_t p = 0; p < space->n; p++) {
        struct text set = {0};
        struct sample s = {0};
        struct conf *c = NULL;

        FUZZ_REQUIRE(!isnan(x[p]) == space_exists(space, p, x));
        if (isnan(x[p]))
            continue;
        FUZZ_REQUIRE(space_takes(&space->params[p], x[p]));
        key_space_set(k, p, x[p], &set);
        FUZZ_REQUIRE(text_status(&set) == OK);
        FUZZ_REQUIRE(
            sample_load(&s, path, (const char *const *)&set.s, 1, &c) == OK);
        conf_free(c);
        text_free(&set);
    }
    free(x);
}

/* The space of a search, as its configuration says it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample s = {0};
    struct conf *c = NULL;
    struct conf_table tables[SAMPLE_TABLES];
    struct key_space *k = NULL;
    const char *path = fuzz_file(data, size);
    status st;

    if (sample_load(&s, path, NULL, 0, &c) != OK)
        return 0;
    sample_tables(&s, tables);
    st = key_space_new(&s.space, "sample", tables, SAMPLE_TABLES, &k);
    FUZZ_REQUIRE(st == OK || st == ERR_CONF);
    FUZZ_REQUIRE((st == OK) == (k != NULL));
    for (uint64_t t = 0; k && t < DRAWS; t++)
        check_trial(k, path, t);
    key_space_free(k);
    conf_free(c);
    fuzz_memory(size);
    return 0;
}
