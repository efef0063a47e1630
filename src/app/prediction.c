#include "app/prediction.h"

#include <string.h>

#include "base/csv.h"

static bool is_left_out(const char *column)
{
    return strncmp(column, "feature", 7) == 0;
}

static void put_header(const struct prediction *p, struct text *t)
{
    const struct features *f = p->set->part[0];

    for (uint32_t k = 0; k < f->cols; k++) {
        if (is_left_out(f->name[k]))
            continue;
        text_add(t, ",");
        csv_put(t, f->name[k]);
    }
    for (uint32_t j = 0; j < p->dim; j++)
        text_add(t, ",pred_%u", j);
    for (uint32_t c = 0; c < p->classes; c++)
        text_add(t, ",conf_scores_class_%u", c);
    text_add(t, p->set->y ? ",pred_class,target\n" : ",pred_class\n");
}

static void put_value(struct text *t, double v)
{
    text_add(t, ",");
    text_double(t, v);
}

static uint32_t argmax(const double *p, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t c = 1; c < n; c++)
        if (p[c] > p[best])
            best = c;
    return best;
}

static void put_row(const struct prediction *p, uint32_t row, struct text *t)
{
    const struct features *f = p->set->part[0];
    const double *proba = p->proba + (size_t)row * p->classes;
    uint32_t from = p->set->pick[row];

    text_add(t, "%u", f->index[from]);
    for (uint32_t k = 0; k < f->cols; k++) {
        if (is_left_out(f->name[k]))
            continue;
        text_add(t, ",");
        csv_put(t, f->cell[(size_t)from * f->cols + k]);
    }
    for (uint32_t j = 0; j < p->dim; j++)
        put_value(t, p->set->x[(size_t)row * p->dim + j]);
    for (uint32_t c = 0; c < p->classes; c++)
        put_value(t, proba[c]);
    text_add(t, ",");
    csv_put(t, p->class_name[argmax(proba, p->classes)]);
    if (p->set->y) {
        text_add(t, ",");
        csv_put(t, p->class_name[p->set->y[row]]);
    }
    text_add(t, "\n");
}

void prediction_csv(const struct prediction *p, struct text *t)
{
    put_header(p, t);
    for (uint32_t row = 0; row < p->set->rows; row++)
        put_row(p, row, t);
}
