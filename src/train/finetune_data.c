/* Lists, their labels, and the part of a training list that is used. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"

#include "lists/subset.h"
#include "train/finetune_impl.h"

/* ---- columns ---- */

static int32_t column(const struct source *s, const char *name)
{
    for (uint32_t c = 0; c < source_cols(s); c++)
        if (strcmp(source_col(s, c), name) == 0)
            return (int32_t)c;
    return -1;
}

static status
need_column(const struct tune_set *set, const char *name, uint32_t *out)
{
    status st = OK;
    struct text have = {0};
    int32_t c = column(set->source, name);

    for (uint32_t k = 0; k < source_cols(set->source) && c < 0; k++)
        text_add(&have, "%s%s", k ? ", " : "",
                 source_col(set->source, k)[0] ? source_col(set->source, k)
                                               : "(no name)");
    ENSURE(c >= 0, ERR_DATA,
           "%s: %s: no label column \"%s\" (there are: %s); data.label names "
           "the column",
           set->name, set->path, name, have.s ? have.s : "none");
    *out = (uint32_t)c;
out:
    text_free(&have);
    return st;
}

static status read_labels(struct finetune *f, struct tune_set *set)
{
    status st = OK;
    const struct train_conf *c = f->t.io->conf;
    uint32_t rows = source_facts(set->source)->rows;
    uint32_t col = 0;

    TRY(need_column(set, c->label, &col));
    TRY(mem_new(rows, sizeof *set->label, &set->label));
    for (uint32_t r = 0; r < rows; r++) {
        const char *cell = source_cell(set->source, r, col);
        double v = 0;
        bool number = text_to_double(cell, &v) && v == floor(v);

        v -= (double)c->first_label;
        ENSURE(number && v >= 0 && v < f->classes, ERR_DATA,
               "%s: %s, row %u: %s is \"%s\"; the head tells classes %lld to "
               "%lld apart: another label column, data.first_label or net.head",
               set->name, set->path, r, c->label, cell,
               (long long)c->first_label,
               (long long)(c->first_label + f->classes - 1));
        set->label[r] = (int32_t)v;
    }
out:
    return st;
}

/* ---- subset ---- */

/* The label column as a table. */
static status label_table(struct finetune *f, uint32_t rows, struct csv **out)
{
    status st = OK;
    const struct tune_set *set = &f->set[TUNE_TRAIN];
    uint32_t col = 0;
    struct text t = {0};

    TRY(need_column(set, f->t.io->conf->label, &col));
    text_add(&t, "label\n");
    for (uint32_t r = 0; r < rows; r++) {
        csv_put(&t, source_cell(set->source, r, col));
        text_add(&t, "\n");
    }
    TRY(text_status(&t));
    TRY(csv_parse(set->path, t.s, t.len, out));
out:
    text_free(&t);
    return st;
}

/* The rows that "fmcib-data subset --by LABEL" takes from the same list. */
static status pick_rows(struct finetune *f)
{
    status st = OK;
    const struct train_conf *c = f->t.io->conf;
    struct tune_set *set = &f->set[TUNE_TRAIN];
    uint32_t rows = source_facts(set->source)->rows;
    uint32_t n = subset_rows(rows, (double)c->percent);
    struct csv *table = NULL;
    uint32_t *order = NULL;
    bool *used = NULL;

    TRY(mem_new(rows, sizeof *order, &order));
    TRY(mem_new(rows, sizeof *used, &used));
    TRY(label_table(f, rows, &table));
    TRY(subset_order(table, "label", (uint64_t)c->subset_seed, order));
    for (uint32_t i = 0; i < n; i++)
        used[order[i]] = true;
    TRY(mem_new(rows, sizeof *set->pick, &set->pick));
    for (uint32_t r = 0; r < rows; r++)
        if (used[r])
            set->pick[set->rows++] = r;
out:
    csv_free(table);
    mem_free(order);
    mem_free(used);
    return st;
}

static status pick_all(struct tune_set *set)
{
    status st = OK;
    uint32_t rows = source_facts(set->source)->rows;

    TRY(mem_new(rows, sizeof *set->pick, &set->pick));
    for (set->rows = 0; set->rows < rows; set->rows++)
        set->pick[set->rows] = set->rows;
out:
    return st;
}

/* ---- what validation needs ---- */

/* More than one patient, where the list says whose the rows are. */
static status check_patients(const struct tune_set *set)
{
    static const char *const names[] = {"PatientID", "Patient_index",
                                        "patient_id", "patient"};
    status st = OK;
    int32_t c = -1;
    bool more = false;

    ENSURE(set->rows > 1, ERR_DATA,
           "%s: %s: has one row; no metric can be made of it", set->name,
           set->path);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && c < 0; i++)
        c = column(set->source, names[i]);
    for (uint32_t r = 1; r < set->rows && c >= 0 && !more; r++)
        more = strcmp(source_cell(set->source, r, (uint32_t)c),
                      source_cell(set->source, 0, (uint32_t)c)) != 0;
    ENSURE(c < 0 || more, ERR_DATA,
           "%s: %s: all rows are of one patient (%s is \"%s\"); a validation "
           "needs several",
           set->name, set->path, source_col(set->source, (uint32_t)c),
           source_cell(set->source, 0, (uint32_t)c));
out:
    return st;
}

/* A class that training never sees cannot be learned, one that validation
 * never sees leaves no metric. */
static status check_classes(const struct finetune *f,
                            const struct tune_set *set)
{
    status st = OK;
    const struct train_conf *c = f->t.io->conf;

    for (uint32_t k = 0; k < f->classes; k++) {
        bool found = false;

        for (uint32_t r = 0; r < set->rows && !found; r++)
            found = set->label[set->pick[r]] == (int32_t)k;
        ENSURE(found, ERR_DATA,
               "%s: %s: no row is of class %lld of %s; the head (net.head) "
               "tells %u classes apart, and training and validation need each",
               set->name, set->path, (long long)c->first_label + k, c->label,
               f->classes);
    }
out:
    return st;
}

static status open_set(struct finetune *f, enum tune_part part)
{
    status st = OK;
    struct tune_set *set = &f->set[part];
    double cache = f->t.io->conf->cache_gb * 1e9;

    if (!set->path || set->path[0] == '\0')
        return OK;
    TRY(source_store(set->path, (uint64_t)cache, &set->source));
    ENSURE(!source_facts(set->source)->normalised, ERR_DATA,
           "%s: %s: patches of the inference path are normalised, training "
           "needs HU: prepare them with patch.path training",
           set->name, set->path);
    TRY(read_labels(f, set));
    if (part == TUNE_TRAIN)
        TRY(pick_rows(f));
    else
        TRY(pick_all(set));
    if (part == TUNE_VAL)
        TRY(check_patients(set));
    if (part != TUNE_TEST)
        TRY(check_classes(f, set));
    TRY(source_all_numbers(set->source, set->name, set->path, set->rows,
                           set->pick, false));
out:
    return st;
}

status tune_open_sets(struct finetune *f)
{
    status st = OK;
    const struct train_conf *c = f->t.io->conf;
    static const char *const names[] = {"input.train", "input.val",
                                        "input.test"};
    const char *const paths[] = {c->train, c->val, c->test};

    for (int i = 0; i < TUNE_PARTS; i++) {
        f->set[i].name = names[i];
        f->set[i].path = paths[i];
        TRY(open_set(f, (enum tune_part)i));
    }
out:
    return st;
}

void tune_close_sets(struct finetune *f)
{
    for (int i = 0; i < TUNE_PARTS; i++) {
        source_close(f->set[i].source);
        mem_free(f->set[i].pick);
        mem_free(f->set[i].label);
    }
}

size_t tune_set_bytes(const struct finetune *f)
{
    size_t bytes = 0;

    for (int i = 0; i < TUNE_PARTS; i++)
        if (f->set[i].source)
            bytes += source_facts(f->set[i].source)->bytes;
    return bytes;
}

status tune_write_subset(const struct finetune *f)
{
    status st = OK;
    const struct tune_set *set = &f->set[TUNE_TRAIN];
    uint32_t cols = source_cols(set->source);
    char name[64];
    char *path = NULL;
    struct text t = {0};

    if (f->t.io->conf->percent == 100)
        return OK;
    (void)snprintf(name, sizeof name, "train_%lld_percent.csv",
                   (long long)f->t.io->conf->percent);
    for (uint32_t c = 0; c < cols; c++) {
        text_add(&t, "%s", c ? "," : "");
        csv_put(&t, source_col(set->source, c));
    }
    text_add(&t, "\n");
    for (uint32_t r = 0; r < set->rows; r++) {
        for (uint32_t c = 0; c < cols; c++) {
            text_add(&t, "%s", c ? "," : "");
            csv_put(&t, source_cell(set->source, set->pick[r], c));
        }
        text_add(&t, "\n");
    }
    TRY(text_status(&t));
    TRY(file_join(f->t.io->out, name, &path));
    if (!file_exists(path))
        TRY(file_publish(path, t.s, t.len));
out:
    text_free(&t);
    mem_free(path);
    return st;
}
