/* Filter, splits and columns of the DeepLesion lists. */
#include "lists/deeplesion.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "lists/count.h"
#include "lists/number.h"
#include "lists/split.h"

bool deeplesion_published(const struct deeplesion_conf *conf)
{
    return conf->max_spacing_mm == 3.0 && conf->z == DEEPLESION_Z_LISTS &&
           conf->xy == DEEPLESION_XY_SWAPPED &&
           conf->split == DEEPLESION_SPLIT_ROWS &&
           conf->numbers == DEEPLESION_NUMBERS_LISTS && conf->seed == 21;
}

struct build {
    const struct csv *t;
    const struct deeplesion_conf *conf;
    uint32_t col[DL_COLUMNS];
    struct lesion *kept; /* [n] in the order of the table */
    uint32_t n;
    uint32_t rejected;
    uint32_t far; /* slice interval above the limit */
};

static status read_rows(struct build *b, struct made *out)
{
    enum { SHOWN = 5 };
    status st = OK;

    TRY(deeplesion_columns(b->t, b->col));
    TRY(mem_new(csv_rows(b->t), sizeof *b->kept, &b->kept));
    for (uint32_t i = 0; i < csv_rows(b->t); i++) {
        struct lesion l;

        TRY(deeplesion_row(b->t, b->col, i, b->conf, &l));
        if (l.spacing_mm[2] > b->conf->max_spacing_mm) {
            b->far++;
        } else if (l.rejected) {
            if (b->rejected++ < SHOWN)
                text_add(&out->note,
                         "%s:%" PRIu32 ": left out: the two diameters of the "
                         "lesion do not cross in one point\n",
                         csv_path(b->t), csv_line(b->t, i));
        } else {
            b->kept[b->n++] = l;
        }
    }
    text_add(&out->note,
             "%" PRIu32 " lesions: %" PRIu32 " kept, %" PRIu32
             " with slices more than %g mm apart, %" PRIu32
             " whose diameters do not cross\n",
             csv_rows(b->t), b->n, b->far, b->conf->max_spacing_mm,
             b->rejected);
out:
    return st;
}

/* ---- rows of a list ---------------------------------------------------- */

static const char header[] =
    "Unnamed: 0,Volume_fn,Train_Val_Test,DICOM_windows,Patient_gender,"
    "Patient_age,Coarse_lesion_type,Possibly_noisy,bbox,centroid_x,centroid_y,"
    "centroid_z,lesion_diameters_x,lesion_diameters_y,lesion_diameters_z,"
    "spacing_x,spacing_y,spacing_z,image_path,coordX,coordY,coordZ\n";

static void put_cell(struct text *t, const char *s)
{
    text_put(t, ",", 1);
    csv_put(t, s);
}

static void put_numbers(struct text *t, const double v[3])
{
    for (int a = 0; a < 3; a++) {
        text_put(t, ",", 1);
        text_double(t, v[a]);
    }
}

/* Years, as a number with a point; an unknown age stays empty. */
static status put_age(const struct build *b, uint32_t row, struct text *t)
{
    status st = OK;
    double age = 0.0;

    text_put(t, ",", 1);
    if (!csv_cell(b->t, row, b->col[DL_AGE])[0] ||
        strcmp(csv_cell(b->t, row, b->col[DL_AGE]), "NaN") == 0)
        goto out;
    TRY(csv_f64(b->t, row, b->col[DL_AGE], &age));
    text_double(t, age);
out:
    return st;
}

static status put_row(const struct build *b,
                      const struct lesion *l,
                      int64_t label,
                      struct text *t)
{
    status st = OK;
    struct text word = {0};

    text_add(t, "%" PRIu32 ",%s,%" PRId64, l->row, l->volume, l->split);
    put_cell(t, csv_cell(b->t, l->row, b->col[DL_WINDOWS]));
    put_cell(t, csv_cell(b->t, l->row, b->col[DL_GENDER]));
    TRY(put_age(b, l->row, t));
    text_add(t, ",%" PRId64, label);
    put_cell(t, csv_cell(b->t, l->row, b->col[DL_NOISY]));
    text_add(&word, "[%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 "]",
             l->box[0], l->box[1], l->box[2], l->box[3]);
    TRY(text_status(&word));
    put_cell(t, word.s);
    put_numbers(t, l->centroid);
    put_numbers(t, l->diameter_mm);
    put_numbers(t, l->spacing_mm);
    text_free(&word);
    text_add(&word, "%s%s", b->conf->prefix, l->volume);
    TRY(text_status(&word));
    put_cell(t, word.s);
    put_numbers(t, l->point_mm);
    text_put(t, "\n", 1);
out:
    text_free(&word);
    return st;
}

static status
label_of(const struct build *b, const struct lesion *l, bool task, int64_t *out)
{
    status st = OK;

    ENSURE(!task || (l->label >= 1 && l->label <= 8), ERR_DATA,
           "%s:%" PRIu32 ": Coarse_lesion_type is %" PRId64
           "; 1 to 8 is needed where Train_Val_Test is 2 or 3",
           csv_path(b->t), csv_line(b->t, l->row), l->label);
    *out = task ? l->label - 1 : l->label;
out:
    return st;
}

/* The lesions pick [n] of kept, in this order. */
static status put_list(const struct build *b,
                       struct made *out,
                       const char *name,
                       const uint32_t *pick,
                       uint32_t n)
{
    status st = OK;
    struct made_list *l = NULL;
    int32_t *number = NULL;

    if (n == 0) {
        text_add(&out->note, "%s: no lesions, so no list\n", name);
        goto out;
    }
    l = made_add(out, name);
    TRY(mem_new(n, sizeof *number, &number));
    text_put(&l->csv, header, sizeof header - 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct lesion *k = &b->kept[pick[i]];
        int64_t label = 0;

        TRY(label_of(b, k, k->split != 1, &label));
        TRY(put_row(b, k, label, &l->csv));
        number[i] = (int32_t)k->row;
    }
    TRY(text_status(&l->csv));
    TRY(made_first(l, number, n));
    TRY(count_list(COUNT_DEEPLESION, l));
out:
    mem_free(number);
    return st;
}

/* ---- splits ------------------------------------------------------------ */

/* Patients in the order of their first row: patient [n] of each picked row. */
static status number_patients(const struct build *b,
                              const uint32_t *pick,
                              uint32_t n,
                              uint32_t *patient,
                              uint32_t *patients)
{
    enum { DIGITS = 6 };
    status st = OK;
    char(*key)[DIGITS + 1] = NULL;
    const char **p = NULL;
    uint32_t *order = NULL;
    uint32_t head = 0;

    TRY(mem_new(n, sizeof *key, &key));
    TRY(mem_new(n, sizeof *p, &p));
    TRY(mem_new(n, sizeof *order, &order));
    for (uint32_t i = 0; i < n; i++) {
        memcpy(key[i], b->kept[pick[i]].volume, DIGITS);
        p[i] = key[i];
    }
    order_text(p, n, order);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(p[order[i]], p[head]) != 0)
            head = order[i];
        patient[order[i]] = head;
    }
    /* the head of a patient is its first row, so numbers come in that order */
    *patients = 0;
    for (uint32_t i = 0; i < n; i++)
        patient[i] = patient[i] == i ? (*patients)++ : patient[patient[i]];
out:
    mem_free(key);
    mem_free(p);
    mem_free(order);
    return st;
}

/* pick [n] into val and test, both in the order of the table. */
static status split_patients(const struct build *b,
                             const uint32_t *pick,
                             uint32_t n,
                             uint32_t *val,
                             uint32_t *test,
                             uint32_t *n_val)
{
    status st = OK;
    uint32_t patients = 0;
    uint32_t n_test = 0;
    uint32_t *patient = NULL;
    uint32_t *first = NULL;
    uint32_t *second = NULL;
    bool *tested = NULL;

    TRY(mem_new(n, sizeof *patient, &patient));
    TRY(number_patients(b, pick, n, patient, &patients));
    TRY(mem_new(patients, sizeof *first, &first));
    TRY(mem_new(patients, sizeof *second, &second));
    TRY(mem_new(patients, sizeof *tested, &tested));
    TRY(split_half(b->conf->seed, patients, first, second));
    for (uint32_t i = 0; i < patients - patients / 2; i++)
        tested[second[i]] = true;
    *n_val = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (tested[patient[i]])
            test[n_test++] = pick[i];
        else
            val[(*n_val)++] = pick[i];
    }
out:
    mem_free(patient);
    mem_free(first);
    mem_free(second);
    mem_free(tested);
    return st;
}

/* The third part of the collection: val and test. */
static status
put_third(const struct build *b, struct made *out, uint32_t *pick, uint32_t n)
{
    status st = OK;
    uint32_t n_val = n / 2;
    uint32_t *val = NULL;
    uint32_t *test = NULL;

    TRY(mem_new(n, sizeof *val, &val));
    TRY(mem_new(n, sizeof *test, &test));
    if (b->conf->split == DEEPLESION_SPLIT_PATIENTS) {
        TRY(split_patients(b, pick, n, val, test, &n_val));
    } else {
        TRY(split_half(b->conf->seed, n, val, test));
        for (uint32_t i = 0; i < n_val; i++)
            val[i] = pick[val[i]];
        for (uint32_t i = 0; i < n - n_val; i++)
            test[i] = pick[test[i]];
    }
    TRY(put_list(b, out, "task1_val", val, n_val));
    TRY(put_list(b, out, "task1_test", test, n - n_val));
out:
    mem_free(val);
    mem_free(test);
    return st;
}

status deeplesion_build(const struct csv *table,
                        const struct deeplesion_conf *conf,
                        struct made *out)
{
    static const char *const names[2] = {"pretrain", "task1_train"};
    status st = OK;
    struct build b = {.t = table, .conf = conf};
    uint32_t *pick = NULL;

    *out = (struct made){0};
    TRY(read_rows(&b, out));
    TRY(mem_new(b.n, sizeof *pick, &pick));
    for (int part = 1; part <= 3; part++) {
        uint32_t n = 0;

        for (uint32_t i = 0; i < b.n; i++)
            if (b.kept[i].split == part)
                pick[n++] = i;
        if (part < 3)
            TRY(put_list(&b, out, names[part - 1], pick, n));
        else
            TRY(put_third(&b, out, pick, n));
    }
    if (csv_rows(table) != DEEPLESION_ROWS)
        text_add(&out->note,
                 "a part of the table: %" PRIu32 " of %d rows; not compared "
                 "with the published lists\n",
                 csv_rows(table), DEEPLESION_ROWS);
    else if (!deeplesion_published(conf))
        text_add(&out->note, "not with the published switches, so not compared "
                             "with the published lists\n");
    else
        TRY(made_compare("deeplesion", out));
    TRY(text_status(&out->note));
out:
    mem_free(b.kept);
    mem_free(pick);
    if (st != OK)
        made_free(out);
    return st;
}
