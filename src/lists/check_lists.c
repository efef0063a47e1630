/* What rows and lists have in common: seeds and patients. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "lists/check_impl.h"
#include "lists/patient.h"

struct all {
    uint32_t n;
    int *list;     /* [n] */
    uint32_t *row; /* [n] in its list */
    char **key;    /* [n] owned */
    uint32_t *order;
};

static void all_free(struct all *a)
{
    for (uint32_t i = 0; a->key && i < a->n; i++)
        mem_free(a->key[i]);
    mem_free(a->list);
    mem_free(a->row);
    mem_free(a->key);
    mem_free(a->order);
}

static status all_new(uint32_t n, struct all *a)
{
    status st = OK;

    a->n = n;
    TRY(mem_new(n, sizeof *a->list, &a->list));
    TRY(mem_new(n, sizeof *a->row, &a->row));
    TRY(mem_new(n, sizeof *a->key, &a->key));
    TRY(mem_new(n, sizeof *a->order, &a->order));
out:
    return st;
}

static uint32_t rows_of(const struct check *c)
{
    uint32_t n = 0;

    for (int k = 0; k < c->lists; k++)
        n += c->list[k].list->rows;
    return n;
}

/* Seed and file as text. */
static status key_of(const struct check_list *l, uint32_t row, char **out)
{
    const double *x = l->list->seed[row];
    char key[128];

    /* + 0 makes one of -0 and 0 */
    (void)snprintf(key, sizeof key, "%" PRIu32 " %.17g %.17g %.17g",
                   l->volume[l->list->volume[row]], x[0] + 0.0, x[1] + 0.0,
                   x[2] + 0.0);
    return mem_text(key, out);
}

static void number_rows(const struct check *c, struct all *a)
{
    uint32_t i = 0;

    for (int k = 0; k < c->lists; k++) {
        for (uint32_t r = 0; r < c->list[k].list->rows; r++, i++) {
            a->list[i] = k;
            a->row[i] = r;
        }
    }
}

/* Equal seeds are neighbours when sorted, the first row of the first list at
 * their head. */
static status gather_seeds(const struct check *c, struct all *a)
{
    status st = OK;

    TRY(all_new(rows_of(c), a));
    number_rows(c, a);
    for (uint32_t i = 0; i < a->n; i++)
        TRY(key_of(&c->list[a->list[i]], a->row[i], &a->key[i]));
    order_text((const char *const *)a->key, a->n, a->order);
out:
    return st;
}

status check_twice(struct check *c)
{
    status st = OK;
    struct all a = {0};
    uint32_t head = 0;
    uint32_t *of = NULL; /* the first of the same seed */

    TRY(gather_seeds(c, &a));
    TRY(mem_new(a.n, sizeof *of, &of));
    for (uint32_t i = 0; i < a.n; i++) {
        if (i == 0 || strcmp(a.key[a.order[i]], a.key[head]) != 0)
            head = a.order[i];
        of[a.order[i]] = head;
    }
    for (uint32_t i = 0; i < a.n; i++) {
        const struct list *first = c->list[a.list[of[i]]].list;
        const struct list *own = c->list[a.list[i]].list;

        if (of[i] == i || !own->path[a.row[i]][0] || strstr(a.key[i], "nan"))
            continue;
        TRY(check_add(c, CHECK_TWICE, a.list[i], a.row[i], "as %s:%" PRIu32,
                      csv_path(first->csv),
                      csv_line(first->csv, a.row[of[i]])));
    }
out:
    mem_free(of);
    all_free(&a);
    return st;
}

/* ---- patients ---------------------------------------------------------- */

static status find_patient(const struct check_conf *conf, struct check_list *l)
{
    const struct csv *t = l->list->csv;
    status st = OK;
    uint32_t col = 0;

    l->patient = conf->patient;
    for (size_t i = 0; !l->patient[0] && i < PATIENT_COLUMNS; i++)
        if (csv_find(t, patient_column(i)) >= 0)
            l->patient = patient_column(i);
    if (!l->patient[0])
        goto out;
    TRY(csv_need(t, l->patient, &col));
    TRY(mem_new(l->list->rows, sizeof *l->who, &l->who));
    for (uint32_t i = 0; i < l->list->rows; i++) {
        const char *s = csv_cell(t, i, col);

        TRY(mem_text(s, &l->who[i]));
        l->who[i][patient_len(l->patient, s)] = '\0';
    }
out:
    return st;
}

/* The distinct patients of a list, sorted; names stay with the list. */
static status
distinct(const struct check_list *l, const char **out, uint64_t *n)
{
    status st = OK;
    uint32_t rows = l->list->rows;
    uint32_t *order = NULL;

    *n = 0;
    TRY(mem_new(rows, sizeof *order, &order));
    order_text((const char *const *)l->who, rows, order);
    for (uint32_t i = 0; i < rows; i++)
        if (i == 0 || strcmp(l->who[order[i]], l->who[order[i - 1]]) != 0)
            out[(*n)++] = l->who[order[i]];
out:
    mem_free(order);
    return st;
}

static status compare(struct check *c,
                      int a,
                      int b,
                      const char *const *of_a,
                      const char *const *of_b)
{
    status st = OK;
    const struct check_list *la = &c->list[a];
    uint64_t i = 0;
    uint64_t j = 0;
    uint64_t both = 0;
    const char *first = "";

    while (i < la->patients && j < c->list[b].patients) {
        int order = strcmp(of_a[i], of_b[j]);

        if (order == 0 && both++ == 0)
            first = of_a[i];
        i += order <= 0;
        j += order >= 0;
    }
    if (both)
        TRY(check_add(c, CHECK_PATIENT, b, -1,
                      "%" PRIu64 " of %" PRIu64 " patients are in %s too, e.g. "
                      "%.60s",
                      both, c->list[b].patients, csv_path(la->list->csv),
                      first));
out:
    return st;
}

status check_patients(struct check *c)
{
    status st = OK;
    const char **of[CHECK_LISTS] = {NULL};

    for (int k = 0; k < c->lists; k++) {
        struct check_list *l = &c->list[k];

        TRY(find_patient(&c->conf, l));
        if (!l->who)
            continue;
        TRY(mem_new(l->list->rows, sizeof *of[k], &of[k]));
        TRY(distinct(l, of[k], &l->patients));
    }
    for (int b = 1; b < c->lists; b++)
        for (int a = 0; a < b; a++)
            if (of[a] && of[b])
                TRY(compare(c, a, b, of[a], of[b]));
out:
    for (int k = 0; k < c->lists; k++)
        mem_free(of[k]);
    return st;
}

/* ---- DeepLesion -------------------------------------------------------- */

/* 1: coordX is the row's, as published; 0: the column's; -1: cannot be told,
 * or it is no such list. */
static int swapped(const struct list *l, uint32_t row, const uint32_t col[3])
{
    const double *x = l->seed[row];
    double v[3];

    for (int i = 0; i < 3; i++)
        if (!text_to_double(csv_cell(l->csv, row, col[i]), &v[i]))
            return -1;
    double at_column = v[2] * floor(v[0]);
    double at_row = v[2] * floor(v[1]);

    /* spacing went through a float32: 1e-7 of half a metre */
    if (fabs(at_column - at_row) < 1e-2)
        return -1;
    if (fabs(x[0] - at_row) < 1e-3 && fabs(x[1] - at_column) < 1e-3)
        return 1;
    return fabs(x[0] - at_column) < 1e-3 && fabs(x[1] - at_row) < 1e-3 ? 0 : -1;
}

status check_orient(struct check *c, int k)
{
    static const char *const names[3] = {"centroid_x", "centroid_y",
                                         "spacing_x"};
    const struct list *l = c->list[k].list;
    status st = OK;
    uint32_t n[2] = {0, 0};
    uint32_t col[3];

    for (int i = 0; i < 3; i++) {
        if (csv_find(l->csv, names[i]) < 0)
            return OK;
        TRY(csv_need(l->csv, names[i], &col[i]));
    }
    for (uint32_t i = 0; i < l->rows; i++) {
        int s = swapped(l, i, col);

        if (s >= 0)
            n[s]++;
    }
    if (n[1] && !c->conf.patch.orient)
        TRY(check_add(c, CHECK_ORIENT, k, -1,
                      "x and y are interchanged in %" PRIu32 " of %" PRIu32
                      " rows, and orient is off",
                      n[1], l->rows));
    if (n[0] && c->conf.patch.orient)
        TRY(check_add(c, CHECK_ORIENT, k, -1,
                      "x and y are right in %" PRIu32 " of %" PRIu32
                      " rows, and orient is on",
                      n[0], l->rows));
out:
    return st;
}
