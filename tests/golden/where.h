#ifndef TESTS_GOLDEN_WHERE_H
#define TESTS_GOLDEN_WHERE_H

/* Where reference data are, and what a test without them does. Golden files lie
 * below $FMCIB_GOLDEN, else below ../shared/golden beside the source tree if
 * that folder exists, else below tests/golden/data, which the project carries.
 * CTs lie below $FMCIB_CT_DATA, else ../shared/ct-data; none are carried. The
 * source tree is $FMCIB_SOURCE, else the working folder; an empty variable
 * counts as unset. */
#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

/* Can the file be read? If not, prints SKIP and where it was looked for. */
bool golden_there(const char *name);
bool ct_there(const char *name);

/* Path of a file that the test case needs, valid until the next call; the case
 * is skipped when golden_there is false. */
const char *golden_path(const char *name);
const char *ct_path(const char *name);
/* Path of a file that only the project has: $FMCIB_GOLDEN's if it is there,
 * else the one below tests/golden/data. */
const char *golden_own(const char *name);

/* The file golden_path names, read; caller frees. */
struct json *golden_json(const char *name);

/* Ends the case as skipped. Every skipped case ends here. */
_Noreturn void golden_skip(void);

/* Exit status of a group of `cases` of which `failed` failed: 77 when every
 * case was skipped. */
int golden_end(int failed, size_t cases);

/* What the main of a golden test returns. */
#define golden_run(tests)                                                      \
    golden_end(cmocka_run_group_tests(tests, NULL, NULL),                      \
               sizeof(tests) / sizeof((tests)[0]))

#endif
