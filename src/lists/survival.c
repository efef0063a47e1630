#include "lists/survival.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "lists/count.h"

/* ---- dates ------------------------------------------------------------- */

/* Days since 0000-03-01, so that the leap day is the last of a year. */
static int64_t day_number(int64_t y, int64_t m, int64_t d)
{
    int64_t shifted = (m + 9) % 12;
    int64_t year = y - (m <= 2);

    return 365 * year + year / 4 - year / 100 + year / 400 +
           (shifted * 306 + 5) / 10 + d - 1;
}

static bool date(const char *s, int64_t *day)
{
    static const int64_t days[12] = {31, 29, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};
    int64_t v[3] = {0};
    bool leap;

    for (int i = 0; i < 3; i++) {
        size_t n = strspn(s, "0123456789");

        if (n == 0 || n > 4)
            return false;
        for (size_t k = 0; k < n; k++)
            v[i] = 10 * v[i] + (s[k] - '0');
        s += n;
        if (*s != (i < 2 ? '/' : '\0'))
            return false;
        s += i < 2;
    }
    leap = v[2] % 4 == 0 && (v[2] % 100 != 0 || v[2] % 400 == 0);
    if (v[0] < 1 || v[0] > 12 || v[1] < 1 || v[1] > days[v[0] - 1] ||
        (v[0] == 2 && v[1] == 29 && !leap) || v[2] < 1)
        return false;
    *day = day_number(v[2], v[0], v[1]);
    return true;
}

bool survival_days(const char *from, const char *to, int64_t *days)
{
    int64_t a;
    int64_t b;

    if (!date(from, &a) || !date(to, &b))
        return false;
    *days = b - a;
    return true;
}

/* ---- the cohorts ------------------------------------------------------- */

enum { C_TIME, C_EVENT, C_SURVIVAL, C_DERIVED };
static const char *const derived[C_DERIVED] = {"Survival.time",
                                               "deadstatus.event", "survival"};

static const struct {
    const char *name, *analysed, *patient;
} COHORTS[] = {
    [COHORT_LUNG1] = {"lung1", "lung1_analysed", "PatientID"},
    [COHORT_RADIO] = {"radio", "radio_analysed", "Case ID"},
};

struct build {
    enum cohort cohort;
    const struct csv *t;     /* clinical, or the list */
    const struct csv *seeds; /* or NULL */
    const struct take_path *path;
    uint32_t key, seed_key;  /* columns of the patient */
    uint32_t image;          /* column of image_path in seeds, or in t */
    int32_t have[C_DERIVED]; /* columns of t, -1 = none */
    uint32_t dates[3];       /* RADIO: CT, last alive, status */
    bool dated;
    uint32_t other[C_DERIVED]; /* rows where the table says something else */
    uint32_t no_seed;
};

struct patient {
    int32_t seed; /* row of seeds, -1 = none needed */
    double days;
    bool died;
};

static status columns(struct build *b)
{
    static const char *const names[3] = {"CT Date", "Date of Last Known Alive",
                                         "Survival Status"};
    const char *patient = COHORTS[b->cohort].patient;
    const struct csv *with = b->seeds ? b->seeds : b->t;
    status st = OK;
    uint32_t unused = 0;

    TRY(csv_need(b->t, patient, &b->key));
    if (b->seeds) {
        TRY(csv_need(b->seeds,
                     csv_find(b->seeds, patient) >= 0 ? patient : "PatientID",
                     &b->seed_key));
        ENSURE(csv_find(b->t, "coordX") < 0, ERR_DATA,
               "%s: has coordX already; give it alone, without a table of "
               "seeds",
               csv_path(b->t));
    }
    TRY(csv_need(with, "image_path", &b->image));
    TRY(csv_need(with, "coordX", &unused));
    TRY(csv_need(with, "coordY", &unused));
    TRY(csv_need(with, "coordZ", &unused));
    for (int i = 0; i < C_DERIVED; i++)
        b->have[i] = csv_find(b->t, derived[i]);
    b->dated = b->cohort == COHORT_RADIO && csv_find(b->t, names[0]) >= 0;
    for (int i = 0; b->dated && i < 3; i++)
        TRY(csv_need(b->t, names[i], &b->dates[i]));
    if (!b->dated)
        for (int i = 0; i < C_SURVIVAL; i++)
            TRY(csv_need(b->t, derived[i], &unused));
out:
    return st;
}

static status dated(struct build *b, uint32_t row, struct patient *p)
{
    status st = OK;
    const char *ct = csv_cell(b->t, row, b->dates[0]);
    const char *last = csv_cell(b->t, row, b->dates[1]);
    const char *vital = csv_cell(b->t, row, b->dates[2]);
    int64_t days = 0;
    double was = 0.0;
    int64_t event = 0;

    ENSURE(survival_days(ct, last, &days), ERR_DATA,
           "%s:%" PRIu32 ": CT Date \"%.30s\" and Date of Last Known Alive "
           "\"%.30s\" must be month/day/year",
           csv_path(b->t), csv_line(b->t, row), ct, last);
    ENSURE(strcmp(vital, "Alive") == 0 || strcmp(vital, "Dead") == 0, ERR_DATA,
           "%s:%" PRIu32 ": Survival Status is \"%.30s\"; Alive or Dead is "
           "needed",
           csv_path(b->t), csv_line(b->t, row), vital);
    p->days = (double)days;
    p->died = vital[0] == 'D';
    if (b->have[C_TIME] >= 0) {
        TRY(csv_f64(b->t, row, (uint32_t)b->have[C_TIME], &was));
        b->other[C_TIME] += was != p->days;
    }
    if (b->have[C_EVENT] >= 0) {
        TRY(csv_i64(b->t, row, (uint32_t)b->have[C_EVENT], &event));
        b->other[C_EVENT] += (event == 1) != p->died;
    }
out:
    return st;
}

static status told(struct build *b, uint32_t row, struct patient *p)
{
    status st = OK;
    int64_t event = 0;

    TRY(csv_f64(b->t, row, (uint32_t)b->have[C_TIME], &p->days));
    TRY(csv_i64(b->t, row, (uint32_t)b->have[C_EVENT], &event));
    ENSURE((event == 0 || event == 1) && p->days >= 0, ERR_DATA,
           "%s:%" PRIu32 ": deadstatus.event %" PRId64 ", Survival.time %g; "
           "0 or 1, and days that are not negative, are needed",
           csv_path(b->t), csv_line(b->t, row), event, p->days);
    p->died = event == 1;
out:
    return st;
}

/* What `survival` says in a list. */
static const char *
label(const struct build *b, const struct patient *p, bool analysed)
{
    if (b->cohort == COHORT_RADIO && !analysed)
        return p->died ? "False" : "True";
    return p->days >= TWO_YEARS_DAYS ? "1" : "0";
}

/* "1", "1.0", "True" and the like. */
static bool is_true(const char *s)
{
    return strcmp(s, "1") == 0 || strcmp(s, "1.0") == 0 ||
           strcmp(s, "True") == 0;
}

static status find_patient(struct build *b, uint32_t row, struct patient *p)
{
    status st = OK;
    const char *id = csv_cell(b->t, row, b->key);

    p->seed = -1;
    for (uint32_t i = 0; i < row; i++)
        ENSURE(strcmp(csv_cell(b->t, i, b->key), id) != 0, ERR_DATA,
               "%s:%" PRIu32 ": patient %.60s is there twice (line %" PRIu32
               ")",
               csv_path(b->t), csv_line(b->t, row), id, csv_line(b->t, i));
    for (uint32_t i = 0; b->seeds && i < csv_rows(b->seeds); i++) {
        if (strcmp(csv_cell(b->seeds, i, b->seed_key), id) != 0)
            continue;
        ENSURE(p->seed < 0, ERR_DATA, "%s:%" PRIu32 ": a second seed of %.60s",
               csv_path(b->seeds), csv_line(b->seeds, i), id);
        p->seed = (int32_t)i;
    }
out:
    return st;
}

/* ---- text -------------------------------------------------------------- */

/* Columns that are written: all of t (derived ones replaced in place), those
 * of seeds but the patient, derived ones that t has not. */
static void put_header(const struct build *b, struct text *t)
{
    for (uint32_t c = 0; c < csv_cols(b->t); c++) {
        text_put(t, ",", c > 0);
        csv_put(t, csv_name(b->t, c));
    }
    for (uint32_t c = 0; b->seeds && c < csv_cols(b->seeds); c++) {
        if (c == b->seed_key || !csv_name(b->seeds, c)[0])
            continue;
        text_put(t, ",", 1);
        csv_put(t, csv_name(b->seeds, c));
    }
    for (int i = C_DERIVED - 1; i >= 0; i--)
        if (b->have[i] < 0)
            text_add(t, ",%s", derived[i]);
    text_put(t, "\n", 1);
}

static void put_derived(const struct build *b,
                        const struct patient *p,
                        int which,
                        bool analysed,
                        struct text *t)
{
    if (which == C_TIME)
        text_add(t, "%.17g", p->days);
    else
        text_add(t, "%s",
                 which == C_EVENT ? p->died ? "1" : "0"
                                  : label(b, p, analysed));
}

static void put_row(const struct build *b,
                    uint32_t row,
                    const struct patient *p,
                    bool analysed,
                    struct text *t)
{
    for (uint32_t c = 0; c < csv_cols(b->t); c++) {
        text_put(t, ",", c > 0);
        if (!b->seeds && c == b->image)
            take_put_path(b->path, csv_cell(b->t, row, c), t);
        else if ((int32_t)c == b->have[C_SURVIVAL])
            put_derived(b, p, C_SURVIVAL, analysed, t);
        else
            csv_put(t, csv_cell(b->t, row, c));
    }
    for (uint32_t c = 0; b->seeds && c < csv_cols(b->seeds); c++) {
        if (c == b->seed_key || !csv_name(b->seeds, c)[0])
            continue;
        text_put(t, ",", 1);
        if (c == b->image)
            take_put_path(b->path, csv_cell(b->seeds, (uint32_t)p->seed, c), t);
        else
            csv_put(t, csv_cell(b->seeds, (uint32_t)p->seed, c));
    }
    for (int i = C_DERIVED - 1; i >= 0; i--) {
        if (b->have[i] >= 0)
            continue;
        text_put(t, ",", 1);
        put_derived(b, p, i, analysed, t);
    }
    text_put(t, "\n", 1);
}

static status add_row(struct build *b, uint32_t row, struct made *out)
{
    enum { SHOWN = 5 };
    status st = OK;
    struct patient p = {0};

    TRY(find_patient(b, row, &p));
    if (b->seeds && p.seed < 0) {
        if (b->no_seed++ < SHOWN)
            text_add(&out->note,
                     "%s:%" PRIu32 ": %.60s has no seed: left out\n",
                     csv_path(b->t), csv_line(b->t, row),
                     csv_cell(b->t, row, b->key));
        goto out;
    }
    if (b->dated)
        TRY(dated(b, row, &p));
    else
        TRY(told(b, row, &p));
    if (b->have[C_SURVIVAL] >= 0)
        b->other[C_SURVIVAL] +=
            is_true(csv_cell(b->t, row, (uint32_t)b->have[C_SURVIVAL])) !=
            is_true(label(b, &p, false));
    put_row(b, row, &p, false, &out->list[0].csv);
    if (p.died || p.days >= TWO_YEARS_DAYS)
        put_row(b, row, &p, true, &out->list[1].csv);
out:
    return st;
}

static void note(const struct build *b, struct made *out)
{
    for (int i = 0; i < C_DERIVED; i++)
        if (b->other[i])
            text_add(
                &out->note,
                "%s: column %s says something else than the rule in %" PRIu32
                " of %" PRIu32 " rows%s\n",
                csv_path(b->t), derived[i], b->other[i], csv_rows(b->t),
                i == C_SURVIVAL ? "; the rule is written" : "");
    if (b->no_seed)
        text_add(&out->note, "%" PRIu32 " patients have no seed\n", b->no_seed);
}

status survival_build(enum cohort cohort,
                      const struct csv *clinical,
                      const struct csv *seeds,
                      const struct take_path *path,
                      struct made *out)
{
    status st = OK;
    struct build b = {
        .cohort = cohort, .t = clinical, .seeds = seeds, .path = path};

    *out = (struct made){0};
    TRY(columns(&b));
    (void)made_add(out, COHORTS[cohort].name);
    (void)made_add(out, COHORTS[cohort].analysed);
    put_header(&b, &out->list[0].csv);
    put_header(&b, &out->list[1].csv);
    for (uint32_t i = 0; i < csv_rows(clinical); i++)
        TRY(add_row(&b, i, out));
    note(&b, out);
    for (int i = 0; i < 2; i++) {
        TRY(text_status(&out->list[i].csv));
        TRY(count_list(COUNT_SURVIVAL, &out->list[i]));
    }
    TRY(made_compare(COHORTS[cohort].name, out));
    TRY(text_status(&out->note));
out:
    if (st != OK)
        made_free(out);
    return st;
}
