#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

#include "fuzz_memory.h"

static const char *cell(const struct csv *t, int64_t row, uint32_t col)
{
    return row < 0 ? csv_name(t, col) : csv_cell(t, (uint32_t)row, col);
}

/* Written out and read again, every cell is the same; but for a first column
 * name that is empty (alone it looks like a blank line) or begins with a BOM.
 */
static void check_round_trip(const struct csv *t)
{
    struct text s = {0};
    struct csv *back = NULL;

    if (!*csv_name(t, 0) || strncmp(csv_name(t, 0), "\xef\xbb\xbf", 3) == 0)
        return;
    for (int64_t r = -1; r < csv_rows(t); r++) {
        for (uint32_t c = 0; c < csv_cols(t); c++) {
            text_put(&s, ",", c > 0);
            csv_put(&s, cell(t, r, c));
        }
        text_put(&s, "\n", 1);
    }
    FUZZ_REQUIRE(text_status(&s) == OK);
    FUZZ_REQUIRE(csv_read(fuzz_file((const uint8_t *)s.s, s.len), &back) == OK);
    FUZZ_REQUIRE(csv_rows(back) == csv_rows(t));
    FUZZ_REQUIRE(csv_cols(back) == csv_cols(t));
    for (int64_t r = -1; r < csv_rows(t); r++)
        for (uint32_t c = 0; c < csv_cols(t); c++)
            FUZZ_REQUIRE(strcmp(cell(t, r, c), cell(back, r, c)) == 0);
    csv_free(back);
    text_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv *t = NULL;
    status st = csv_read(fuzz_file(data, size), &t);
    uint32_t line = 1;
    double d = 0;
    int64_t i = 0;

    FUZZ_REQUIRE((st == OK) == (t != NULL));
    FUZZ_REQUIRE(st == OK || st == ERR_DATA);
    if (!t)
        return 0;
    FUZZ_REQUIRE(csv_rows(t) > 0 && csv_cols(t) > 0);
    for (uint32_t r = 0; r < csv_rows(t); r++) {
        FUZZ_REQUIRE(csv_line(t, r) > line);
        line = csv_line(t, r);
        (void)csv_f64(t, r, 0, &d);
        (void)csv_i64(t, r, csv_cols(t) - 1, &i);
    }
    check_round_trip(t);
    csv_free(t);
    fuzz_memory(size);
    return 0;
}
