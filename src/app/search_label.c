#include "app/search_label.h"

#include <stdbool.h>
#include <string.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/text.h"

#include "lists/subset.h"

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
                        const char *what,
                        const char *name,
                        enum search_split split,
                        uint32_t *col)
{
    struct text have = {0};
    status st = OK;

    int32_t c = features_find(set->part[0], name);
    for (uint32_t k = 0; k < set->part[0]->cols; k++)
        text_add(&have, "%s%s", k ? ", " : "", set->part[0]->name[k]);
    ENSURE(c >= 0, ERR_DATA, "%s features: no %s column \"%s\" (there are: %s)",
           search_split_name(split), what, name, have.s ? have.s : "none");
    *col = (uint32_t)c;
out:
    text_free(&have);
    return st;
}

/* Where the class of a row stands. */
struct source {
    const struct search_input *in;
    const struct search_set *set;
    enum search_split split;
    uint32_t col;   /* of the label, or of the time */
    uint32_t event; /* with in->years */
};

static status source_open(const struct search_input *in,
                          const struct search_set *set,
                          enum search_split split,
                          struct source *s)
{
    status st = OK;

    *s = (struct source){.in = in, .set = set, .split = split};
    if (in->years > 0) {
        TRY(column_of(set, "time", in->time, split, &s->col));
        TRY(column_of(set, "event", in->event, split, &s->event));
    } else {
        TRY(column_of(set, "label", in->label, split, &s->col));
    }
out:
    return st;
}

static const char *cell_of(const struct source *s, uint32_t row, uint32_t col)
{
    const struct features *f = s->set->part[0];

    return f->cell[(size_t)s->set->pick[row] * f->cols + col];
}

/* "0", "1", or NULL for a row that is left out. */
static status
survival_of(const struct source *s, uint32_t row, const char **out)
{
    const char *time = cell_of(s, row, s->col);
    const char *event = cell_of(s, row, s->event);
    const char *split = search_split_name(s->split);
    double days = 0;
    double dead = 0;
    status st = OK;

    ENSURE(text_to_double(time, &days) && days >= 0, ERR_DATA,
           "%s features: row %u: %s is \"%s\", no number of days from 0 on; "
           "correct it, or take the row out",
           split, s->set->pick[row], s->in->time, time);
    ENSURE(text_to_double(event, &dead) && (dead == 0 || dead == 1), ERR_DATA,
           "%s features: row %u: %s is \"%s\", neither 0 (alive) nor 1 (dead)",
           split, s->set->pick[row], s->in->event, event);
    bool lived = days / 365.0 >= s->in->years;
    *out = lived ? "1" : dead > 0 ? "0" : NULL;
out:
    return st;
}

static status label_of(const struct source *s, uint32_t row, const char **out)
{
    status st = OK;

    if (s->in->years > 0)
        return survival_of(s, row, out);
    const char *label = cell_of(s, row, s->col);
    ENSURE(label[0] && strcmp(label, "nan") != 0 && strcmp(label, "NaN") != 0,
           ERR_DATA,
           "%s features: row %u has no label (%s is \"%s\"); give it one, or "
           "take the row out",
           search_split_name(s->split), s->set->pick[row], s->in->label, label);
    *out = label;
out:
    return st;
}

/* ---- rows that count ---- */

static status drop_rows(const struct source *s, struct search_set *set)
{
    const char *label = NULL;
    uint32_t kept = 0;
    status st = OK;

    for (uint32_t r = 0; r < set->rows; r++) {
        TRY(survival_of(s, r, &label));
        if (label)
            set->pick[kept++] = set->pick[r];
    }
    set->rows = kept;
    ENSURE(kept > 0, ERR_DATA,
           "%s features: every row was last seen alive before %g years; a "
           "smaller data.years has a class for them",
           search_split_name(s->split), s->in->years);
out:
    return st;
}

/* The labels as a table, which subset_order reads. */
static status label_table(const struct source *s, struct csv **out)
{
    struct text t = {0};
    const char *label = "";
    status st = OK;

    text_add(&t, "label\n");
    for (uint32_t r = 0; r < s->set->rows; r++) {
        TRY(label_of(s, r, &label));
        csv_put(&t, label);
        text_add(&t, "\n");
    }
    TRY(text_status(&t));
    TRY(csv_parse("train features", t.s, t.len, out));
out:
    text_free(&t);
    return st;
}

static status take_percent(const struct source *s, struct search_set *set)
{
    uint32_t n = subset_rows(set->rows, (double)s->in->percent);
    struct csv *table = NULL;
    uint32_t *order = NULL;
    bool *used = NULL;
    uint32_t kept = 0;
    status st = OK;

    TRY(label_table(s, &table));
    TRY(mem_new(set->rows, sizeof *order, &order));
    TRY(mem_new(set->rows, sizeof *used, &used));
    TRY(subset_order(table, "label", (uint64_t)s->in->subset_seed, order));
    for (uint32_t i = 0; i < n; i++)
        used[order[i]] = true;
    for (uint32_t r = 0; r < set->rows; r++)
        if (used[r])
            set->pick[kept++] = set->pick[r];
    set->rows = kept;
out:
    csv_free(table);
    mem_free(order);
    mem_free(used);
    return st;
}

status search_label_rows(const struct search_input *in,
                         enum search_split split,
                         struct search_set *set,
                         uint32_t *left_out)
{
    struct source s = {0};
    uint32_t before = set->rows;
    status st = OK;

    if (in->years > 0) {
        TRY(source_open(in, set, split, &s));
        TRY(drop_rows(&s, set));
        *left_out += before - set->rows;
    }
    if (split == SPLIT_TRAIN && in->percent < 100) {
        TRY(source_open(in, set, split, &s));
        TRY(take_percent(&s, set));
    }
out:
    return st;
}

/* ---- classes ---- */

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
    struct source s = {0};
    size_t cap = 0;
    status st = OK;

    TRY(source_open(in, train, SPLIT_TRAIN, &s));
    for (uint32_t r = 0; r < train->rows; r++) {
        TRY(label_of(&s, r, &label));
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
    return search_set_named(train, st);
}

status search_label_set(const struct search_input *in,
                        struct search_data *d,
                        enum search_split split)
{
    struct search_set *set = &d->set[split];
    const char *label = "";
    struct source s = {0};
    status st = OK;

    TRY(source_open(in, set, split, &s));
    TRY(mem_new(set->rows, sizeof *set->y, &set->y));
    for (uint32_t r = 0; r < set->rows; r++) {
        TRY(label_of(&s, r, &label));
        set->y[r] = find(d, label);
        ENSURE(set->y[r] >= 0, ERR_DATA,
               "%s features: row %u is of class \"%s\", which training does "
               "not have; another table or label column, or take the row out",
               search_split_name(split), set->pick[r], label);
    }
out:
    return search_set_named(set, st);
}

status search_labels(const struct search_input *in, struct search_data *d)
{
    status st = OK;

    TRY(find_classes(in, d));
    for (int s = 0; s < SPLITS; s++)
        if (d->set[s].rows > 0)
            TRY(search_label_set(in, d, (enum search_split)s));
out:
    return st;
}
