/* Lists and tables of the study, in every way they are read: as a list of
 * seeds, strictly and leniently, and by the builders that take a table of
 * these columns. */
#include <math.h>
#include <string.h>

#include "base/csv.h"

#include "fuzz_memory.h"
#include "lists/deeplesion.h"
#include "lists/luna16.h"
#include "lists/subset.h"
#include "lists/survival.h"
#include "store/list.h"

static void as_list(const char *path)
{
    const struct list_conf strict = {.root = "r", .strip = "ct/"};
    const struct list_conf lenient = {
        .root = "r", .strip = "ct/", .lenient = true};
    struct list *a = NULL;
    struct list *b = NULL;
    status st = list_open(path, &strict, &a);
    status loose = list_open(path, &lenient, &b);

    FUZZ_REQUIRE((st == OK) == (a != NULL));
    FUZZ_REQUIRE(st == OK || st == ERR_DATA);
    FUZZ_REQUIRE(loose == OK || st != OK);
    for (uint32_t i = 0; a && i < a->rows; i++) {
        FUZZ_REQUIRE(a->volume[i] < a->volumes);
        for (int k = 0; k < 3; k++)
            FUZZ_REQUIRE(isfinite(a->seed[i][k]) &&
                         a->seed[i][k] == b->seed[i][k]);
    }
    list_free(a);
    list_free(b);
}

/* What a builder made can be read again, row for row. */
static void check_made(status st, struct made *m)
{
    FUZZ_REQUIRE(st == OK || st == ERR_DATA || st == ERR_FILE);
    for (int i = 0; st == OK && i < m->lists; i++) {
        struct csv *t = NULL;

        if (m->list[i].counts == 0)
            continue;
        FUZZ_REQUIRE(
            csv_parse("made", m->list[i].csv.s, m->list[i].csv.len, &t) == OK);
        FUZZ_REQUIRE(csv_rows(t) == m->list[i].count[0].n);
        csv_free(t);
    }
    made_free(m);
}

static void as_table(const struct csv *t)
{
    const struct take_path path = {"ct/", "x/"};
    const struct deeplesion_conf dl = {
        .max_spacing_mm = 3.0, .seed = 21, .prefix = ""};
    const struct luna16_conf luna = {
        .scans = "/nowhere", .path = path, .seed = 21};
    struct made m = {0};

    check_made(deeplesion_build(t, &dl, &m), &m);
    check_made(luna16_build(t, &luna, &m), &m);
    check_made(survival_build(COHORT_LUNG1, t, NULL, &path, &m), &m);
    check_made(survival_build(COHORT_RADIO, t, NULL, &path, &m), &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 4096 };
    const char *path = fuzz_file(data, size);
    uint32_t order[MOST];
    struct csv *t = NULL;

    as_list(path);
    if (csv_read(path, &t) != OK)
        return 0;
    as_table(t);
    if (csv_rows(t) <= MOST &&
        subset_order(t, csv_name(t, csv_cols(t) - 1), 1, order) == OK)
        for (uint32_t i = 0; i < csv_rows(t); i++)
            FUZZ_REQUIRE(order[i] < csv_rows(t));
    csv_free(t);
    fuzz_memory(size);
    return 0;
}
