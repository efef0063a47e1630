#include "fuzz.h"
#include "hpo/journal.h"

/* A search journal that a program died in, or that somebody edited. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal *j = NULL;
    status st = journal_parse((const char *)data, size, "fuzz", &j);

    FUZZ_REQUIRE(st == OK || st == ERR_DATA);
    FUZZ_REQUIRE((st == OK) == (j != NULL));
    if (j)
        (void)journal_find(j, "s");
    journal_free(j);
    return 0;
}
