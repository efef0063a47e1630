#include "app/search_label.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { CLASSES_MAX = 1000 };

static bool are_numbers(char *const *name, uint32_t n)
{
    double v;
    for (uint32_t i = 0; i < n; i++)
        if (!text_to_double(name[i], &v))
            return false;
    return true;
}

/* Order of two labels; as numbers, "1" and "1.0" are equal. */
static int compare(const char *a, const char *b)
{
    double x;
    double y;
    if (text_to_double(a, &x) && text_to_double(b, &y))
        return (x > y) - (x < y);
    return strcmp(a, b);
}

static int32_t find(const struct search_data *d, const char *label)
{
    for (uint32_t c = 0; c < d->classes; c++)
        if (compare(d->class_name[c], label) == 0)
            return (int32_t)c;
    return -1;
}

static status column_of(const struct search_set *set,
                        const char *name,
                        enum search_split split,
                        uint32_t *col)
{
    struct text have = {0};
    status st = OK;

    int32_t c = features_find(set->part[0], name);
    for (uint32_t k = 0; k < set->part[0]->cols; k++)
        text_add(&have, "%s%s", k ? ", " : "", set->part[0]->name[k]);
    ENSURE(c >= 0, ERR_DATA,
           "%s features: no label column \"%s\" (there are: %s)",
           search_split_name(split), name, have.s ? have.s : "none");
    *col = (uint32_t)c;
out:
    text_free(&have);
    return st;
}

static status label_of(const struct search_set *set,
                       uint32_t row,
                       uint32_t col,
                       enum search_split split,
                       const char **out)
{
    const struct features *f = set->part[0];
    const char *s = f->cell[(size_t)set->pick[row] * f->cols + col];
    status st = OK;

    ENSURE(s[0] && strcmp(s, "nan") != 0 && strcmp(s, "NaN") != 0, ERR_DATA,
           "%s features: row %u has no label (%s is \"%s\")",
           search_split_name(split), set->pick[row], f->name[col], s);
    *out = s;
out:
    return st;
}

/* Add a label in its place. */
static status add_class(struct search_data *d, const char *label, size_t *cap)
{
    char *copy = NULL;
    status st = OK;

    ENSURE(d->classes < CLASSES_MAX, ERR_DATA,
           "more than %d classes: is this the label column?", CLASSES_MAX);
    TRY(mem_grow(d->classes + 1, sizeof *d->class_name, &d->class_name, cap));
    TRY(mem_text(label, &copy));
    uint32_t at = d->classes++;
    for (; at > 0 && compare(d->class_name[at - 1], label) > 0; at--)
        d->class_name[at] = d->class_name[at - 1];
    d->class_name[at] = copy;
out:
    return st;
}

static status find_classes(const struct search_input *in, struct search_data *d)
{
    const struct search_set *train = &d->set[SPLIT_TRAIN];
    const char *label = "";
    uint32_t col = 0;
    size_t cap = 0;
    status st = OK;

    TRY(column_of(train, in->label, SPLIT_TRAIN, &col));
    for (uint32_t r = 0; r < train->rows; r++) {
        TRY(label_of(train, r, col, SPLIT_TRAIN, &label));
        if (find(d, label) < 0)
            TRY(add_class(d, label, &cap));
    }
    ENSURE(d->classes >= 2, ERR_DATA,
           "train features: %s is \"%s\" in every row; a classifier needs two "
           "classes",
           in->label, d->class_name[0]);
    ENSURE(in->classes == 0 || d->classes == in->classes, ERR_DATA,
           "train features: %u classes in %s, data.classes says %lld",
           d->classes, in->label, (long long)in->classes);
    bool numbers = are_numbers(d->class_name, d->classes);
    double v;
    for (uint32_t c = 0; c < d->classes; c++)
        ENSURE(numbers || !text_to_double(d->class_name[c], &v), ERR_DATA,
               "train features: %s mixes numbers (\"%s\") and words", in->label,
               d->class_name[c]);
out:
    return st;
}

static status set_labels(const struct search_input *in,
                         struct search_data *d,
                         enum search_split split)
{
    struct search_set *set = &d->set[split];
    const char *label = "";
    uint32_t col = 0;
    status st = OK;

    TRY(column_of(set, in->label, split, &col));
    TRY(mem_new(set->rows, sizeof *set->y, &set->y));
    for (uint32_t r = 0; r < set->rows; r++) {
        TRY(label_of(set, r, col, split, &label));
        set->y[r] = find(d, label);
        ENSURE(set->y[r] >= 0, ERR_DATA,
               "%s features: row %u is of class \"%s\", which training does "
               "not have",
               search_split_name(split), set->pick[r], label);
    }
out:
    return st;
}

status search_labels(const struct search_input *in, struct search_data *d)
{
    status st = OK;

    TRY(find_classes(in, d));
    for (int s = 0; s < SPLITS; s++)
        if (d->set[s].rows > 0)
            TRY(set_labels(in, d, (enum search_split)s));
out:
    return st;
}
