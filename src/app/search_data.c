/* Finding the tables of a split, joining them, and reading the labels. */
#include "app/search_data.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "app/search_label.h"
#include "app/search_leak.h"
#include "det/digest.h"

const char *search_split_name(enum search_split s)
{
    static const char *const name[SPLITS] = {"train", "val", "test"};
    return name[s];
}

/* ---- where a table is ---- */

/* The table of a split in a folder; *out NULL when there is none. */
static status in_folder(const char *dir, const char *split, char **out)
{
    static const char *const between[] = {"/features", "_features", ""};
    static const char *const ending[] = {"nc", "csv"};
    status st = OK;

    *out = NULL;
    for (size_t i = 0; i < 6 && !*out; i++) {
        struct text t = {0};
        text_add(&t, "%s/%s%s.%s", dir, split, between[i / 2], ending[i % 2]);
        st = text_status(&t);
        if (st == OK && file_exists(t.s) && !file_is_dir(t.s))
            *out = t.s;
        else
            text_free(&t);
        TRY(st);
    }
out:
    return st;
}

/* "simple_{split}.csv" for a split; a copy of the item when it has none. */
static status for_split(const char *item, const char *split, char **out)
{
    static const char mark[] = "{split}";
    const char *at = strstr(item, mark);
    struct text t = {0};

    if (!at)
        return mem_text(item, out);
    text_put(&t, item, (size_t)(at - item));
    text_add(&t, "%s%s", split, at + strlen(mark));
    *out = t.s;
    return text_status(&t);
}

/* One item of a list -> the file to read. *whole: every row of it belongs to
 * the split. Validation and test may be missing (*out NULL). */
static status find_table(const char *item,
                         bool named,
                         enum search_split split,
                         char **out,
                         bool *whole)
{
    const char *name = search_split_name(split);
    bool marked = strstr(item, "{split}") != NULL;
    bool may_miss = !named && split != SPLIT_TRAIN;
    char *path = NULL;
    status st = OK;

    *out = NULL;
    TRY(for_split(item, name, &path));
    *whole = named || marked || file_is_dir(path);
    if (file_is_dir(path)) {
        TRY(in_folder(path, name, out));
        ENSURE(*out || may_miss, ERR_FILE,
               "%s: no features of the split \"%s\" (%s/features.nc, "
               "%s_features.csv or the like)",
               path, name, name, name);
    } else {
        ENSURE(file_exists(path) || (marked && may_miss), ERR_FILE,
               "%s: no such file or folder%s", path,
               strpbrk(path, " ;") ? " (several are divided by commas)" : "");
        if (file_exists(path)) {
            *out = path;
            path = NULL;
        }
    }
out:
    mem_free(path);
    return st;
}

/* ---- joining tables ---- */

/* Rows of the table that belong to the split. */
static status pick_rows(struct search_set *set,
                        const char *path,
                        const char *column,
                        enum search_split split,
                        bool whole)
{
    const struct features *f = set->part[0];
    int32_t col = whole ? -1 : features_find(f, column);
    status st = OK;

    ENSURE(whole || col >= 0, ERR_DATA,
           "%s: has no column \"%s\" that says which rows are train, val and "
           "test; name the tables by input.train, input.val, input.test",
           path, column);
    TRY(mem_new(f->rows, sizeof *set->pick, &set->pick));
    for (uint32_t r = 0; r < f->rows; r++)
        if (whole || !strcmp(f->cell[(size_t)r * f->cols + (uint32_t)col],
                             search_split_name(split)))
            set->pick[set->rows++] = r;
    ENSURE(set->rows > 0 || split != SPLIT_TRAIN, ERR_DATA,
           "%s: no row of the split \"train\"", path);
out:
    return st;
}

/* Is column k of b, which is column c of a, the same text in every row? */
static status check_column(const struct features *a,
                           uint32_t c,
                           const struct features *b,
                           uint32_t k,
                           const char *path)
{
    status st = OK;

    for (uint32_t r = 0; r < a->rows; r++) {
        const char *x = a->cell[(size_t)r * a->cols + c];
        const char *y = b->cell[(size_t)r * b->cols + k];
        ENSURE(!strcmp(x, y), ERR_DATA,
               "%s: row %u is another one than in the table it is joined to "
               "(%s is \"%s\", there \"%s\")",
               path, r, b->name[k], y, x);
    }
out:
    return st;
}

/* The same rows? Columns both tables have must agree. */
static status
check_join(const struct features *a, const struct features *b, const char *path)
{
    status st = OK;

    ENSURE(a->rows == b->rows, ERR_DATA,
           "%s: %u rows, the table it is joined to has %u", path, b->rows,
           a->rows);
    for (uint32_t k = 0; k < b->cols; k++) {
        int32_t c = features_find(a, b->name[k]);
        if (c >= 0)
            TRY(check_column(a, (uint32_t)c, b, k, path));
    }
out:
    return st;
}

/* The next table of the join; whole: all its rows are of the split. */
static status read_part(const struct search_input *in,
                        const char *path,
                        enum search_split split,
                        bool whole,
                        struct search_set *set)
{
    struct features **part = &set->part[set->parts];
    status st = OK;

    TRY(features_read(path, part));
    if (set->parts++ > 0)
        return check_join(set->part[0], *part, path);
    TRY(mem_text(path, &set->path));
    TRY(pick_rows(set, path, in->split, split, whole));
out:
    return st;
}

static status read_parts(const struct search_input *in,
                         enum search_split split,
                         struct search_set *set)
{
    bool named = in->file[split] && in->file[split][0];
    char *list = NULL;
    char *path = NULL;
    char *save = NULL;
    bool whole;
    status st = OK;

    TRY(mem_text(named ? in->file[split] : in->features, &list));
    for (char *item = strtok_r(list, ",", &save); item;
         item = strtok_r(NULL, ",", &save)) {
        ENSURE(set->parts < SEARCH_PARTS, ERR_CONF,
               "more than %d tables to join", SEARCH_PARTS);
        item += strspn(item, " ");
        mem_free(path);
        TRY(find_table(item, named, split, &path, &whole));
        if (path)
            TRY(read_part(in, path, split, whole, set));
    }
out:
    mem_free(path);
    mem_free(list);
    return st;
}

/* Features of one row of table k. */
static status copy_row(const struct search_set *set,
                       uint32_t k,
                       uint32_t row,
                       enum search_split split,
                       double *x)
{
    const struct features *f = set->part[k];
    const float *v = f->value + (size_t)row * f->dim;
    status st = OK;

    for (uint32_t j = 0; j < f->dim; j++) {
        x[j] = (double)v[j];
        ENSURE(isfinite(x[j]), ERR_NUMERIC,
               "%s features: pred_%u of row %u is not a finite number (table "
               "%u of the join)",
               search_split_name(split), j, row, k);
    }
out:
    return st;
}

/* x [rows][dim] from the parts side by side. */
static status
join(struct search_set *set, uint32_t dim, enum search_split split)
{
    status st = OK;

    TRY(mem_raw((size_t)set->rows * dim, sizeof *set->x, &set->x));
    double *x = set->x;
    for (uint32_t r = 0; r < set->rows; r++)
        for (uint32_t k = 0; k < set->parts; x += set->part[k++]->dim)
            TRY(copy_row(set, k, set->pick[r], split, x));
out:
    return st;
}

static uint32_t dim_of(const struct search_set *set)
{
    uint32_t dim = 0;
    for (uint32_t k = 0; k < set->parts; k++)
        dim += set->part[k]->dim;
    return dim;
}

status search_set_read(const struct search_input *in,
                       enum search_split split,
                       struct search_set *set,
                       uint32_t *left_out)
{
    status st = OK;

    TRY(read_parts(in, split, set));
    if (set->rows == 0)
        goto out;
    TRY(search_set_named(set, search_label_rows(in, split, set, left_out)));
    TRY(search_set_named(set, join(set, dim_of(set), split)));
out:
    return st;
}

/* As many features as in training, from the same weights where these are known.
 */
static status check_features(const struct search_data *d,
                             enum search_split split)
{
    const struct search_set *train = &d->set[SPLIT_TRAIN];
    const struct search_set *set = &d->set[split];
    const char *name = search_split_name(split);
    uint32_t dim = dim_of(set);
    status st = OK;

    ENSURE(dim == d->dim && dim > 0, ERR_DATA,
           "%s features: %u columns, training has %u (%s); extract all with "
           "the same weights",
           name, dim, d->dim, train->path);
    for (uint32_t k = 0; k < set->parts && k < train->parts; k++) {
        const char *theirs = train->part[k]->weights;
        const char *mine = set->part[k]->weights;

        ENSURE(!*mine || !*theirs || strcmp(mine, theirs) == 0, ERR_DATA,
               "%s features: made with the weights %.12s, those of training "
               "with %.12s (table %u of the join); extract all with the same",
               name, mine, theirs, k);
    }
out:
    return st;
}

static status read_set(const struct search_input *in,
                       enum search_split split,
                       struct search_data *d)
{
    struct search_set *set = &d->set[split];
    status st = OK;

    bool named = in->file[split] && in->file[split][0];
    bool any = in->features && in->features[0];
    ENSURE(named || any || split != SPLIT_TRAIN, ERR_CONF,
           "no features: give input.features, or input.train with input.val "
           "and input.test");
    if (!named && !any)
        goto out;
    TRY(search_set_read(in, split, set, &d->left_out));
    if (set->rows == 0)
        goto out;
    if (split == SPLIT_TRAIN)
        d->dim = dim_of(set);
    TRY(search_set_named(set, check_features(d, split)));
out:
    return st;
}

/* ---- all of it ---- */

static status digest_data(struct search_data *d)
{
    struct digest *sum = NULL;
    status st = OK;

    TRY(digest_new(&sum));
    for (uint32_t c = 0; c < d->classes; c++)
        digest_text(sum, "class", d->class_name[c]);
    for (int s = 0; s < SPLITS; s++) {
        const struct search_set *set = &d->set[s];
        uint64_t dim[2] = {set->rows, d->dim};
        digest_array(sum, "x", DIGEST_F64, 2, dim, set->x);
        digest_array(sum, "y", DIGEST_I32, 1, dim, set->y);
    }
    digest_end(sum, d->digest);
out:
    digest_free(sum);
    return st;
}

status search_data_read(const struct search_input *in, struct search_data **out)
{
    struct search_data *d = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *d, &d));
    for (int s = 0; s < SPLITS; s++)
        TRY(read_set(in, (enum search_split)s, d));
    TRY(search_labels(in, d));
    TRY(search_leak(in, d));
    TRY(digest_data(d));
    *out = d;
    d = NULL;
out:
    search_data_free(d);
    return st;
}

status search_set_named(const struct search_set *set, status st)
{
    if (st != OK && set->path)
        status_prefix("%s: ", set->path);
    return st;
}

void search_set_clear(struct search_set *set)
{
    for (uint32_t k = 0; k < set->parts; k++)
        features_free(set->part[k]);
    mem_free(set->path);
    mem_free(set->pick);
    mem_free(set->x);
    mem_free(set->y);
    *set = (struct search_set){0};
}

void search_data_free(struct search_data *d)
{
    if (!d)
        return;
    for (int s = 0; s < SPLITS; s++)
        search_set_clear(&d->set[s]);
    for (uint32_t c = 0; d->class_name && c < d->classes; c++)
        mem_free(d->class_name[c]);
    mem_free(d->class_name);
    mem_free(d);
}
