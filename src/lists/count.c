#include "lists/count.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/csv.h"
#include "base/mem.h"

/* Distinct beginnings of a column, `len` bytes. */
static status distinct(const struct csv *t,
                       const char *column,
                       size_t len,
                       const char *what,
                       struct made_list *l)
{
    status st = OK;
    const char **key = NULL;
    uint32_t col = 0;
    uint64_t n = 0;

    TRY(csv_need(t, column, &col));
    TRY(mem_new(csv_rows(t), sizeof *key, &key));
    for (uint32_t i = 0; i < csv_rows(t); i++)
        key[i] = csv_cell(t, i, col);
    TRY(made_distinct(key, csv_rows(t), len, &n));
    made_count(l, what, n);
out:
    mem_free(key);
    return st;
}

/* Rows of each class -1, 0, 1, ... that there is, up to `classes`. */
static status classes(const struct csv *t,
                      const char *column,
                      int64_t most,
                      struct made_list *l)
{
    enum { MOST = 8 };
    status st = OK;
    uint32_t col = 0;
    uint64_t n[MOST + 1] = {0};

    TRY(csv_need(t, column, &col));
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        int64_t v = 0;

        TRY(csv_i64(t, i, col, &v));
        ENSURE(v >= -1 && v < most, ERR_DATA,
               "%s:%" PRIu32 ": %s is %" PRId64 "; 0 to %" PRId64
               " is needed (-1: not known)",
               csv_path(t), csv_line(t, i), column, v, most - 1);
        n[v + 1]++;
    }
    for (int c = -1; c < (int)most; c++) {
        char what[24];

        (void)snprintf(what, sizeof what, "class %d", c);
        if (n[c + 1])
            made_count(l, what, n[c + 1]);
    }
out:
    return st;
}

static status deeplesion(const struct csv *t, struct made_list *l)
{
    status st = OK;

    /* PPPPPP_SS_RR_first-last.nii.gz */
    TRY(distinct(t, "Volume_fn", 6, "patients", l));
    TRY(distinct(t, "Volume_fn", 9, "studies", l));
    TRY(distinct(t, "Volume_fn", 12, "series", l));
    TRY(distinct(t, "Volume_fn", SIZE_MAX, "volumes", l));
    TRY(classes(t, "Coarse_lesion_type", 8, l));
out:
    return st;
}

static status luna16(const struct csv *t, struct made_list *l)
{
    status st = OK;

    TRY(distinct(t, "image_path", SIZE_MAX, "scans", l));
    TRY(classes(t, "malignancy", 2, l));
out:
    return st;
}

static status survival(const struct csv *t, struct made_list *l)
{
    const char *patient =
        csv_find(t, "PatientID") >= 0 ? "PatientID" : "Case ID";
    status st = OK;
    uint32_t time = 0;
    uint32_t event = 0;
    uint64_t events = 0;
    uint64_t alive = 0;
    uint64_t dead = 0;

    TRY(distinct(t, patient, SIZE_MAX, "patients", l));
    TRY(csv_need(t, "Survival.time", &time));
    TRY(csv_need(t, "deadstatus.event", &event));
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        double days = 0;
        int64_t died = 0;

        TRY(csv_f64(t, i, time, &days));
        TRY(csv_i64(t, i, event, &died));
        events += died == 1;
        alive += days >= TWO_YEARS_DAYS;
        dead += days < TWO_YEARS_DAYS && died == 1;
    }
    made_count(l, "deaths", events);
    made_count(l, "alive at 2 years", alive);
    made_count(l, "dead before 2 years", dead);
out:
    return st;
}

status count_list(enum count_kind kind, struct made_list *l)
{
    status st = OK;
    struct csv *t = NULL;

    TRY(csv_parse(l->name, l->csv.s, l->csv.len, &t));
    made_count(l, "rows", csv_rows(t));
    if (kind == COUNT_DEEPLESION)
        TRY(deeplesion(t, l));
    else if (kind == COUNT_LUNA16)
        TRY(luna16(t, l));
    else
        TRY(survival(t, l));
out:
    csv_free(t);
    return st;
}
