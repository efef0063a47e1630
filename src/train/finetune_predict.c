/* Predictions in the study's layout (spec 7, 8): the list's columns, outputs,
 * probabilities, arg-max class and label. */
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"

#include "train/finetune_impl.h"

static void header(const struct finetune *f, struct text *t)
{
    const struct source *s = f->eval.set->source;

    for (uint32_t c = 0; c < source_cols(s); c++) {
        const char *name = source_col(s, c);

        text_add(t, ",");
        csv_put(t, name[0] ? name : "Unnamed: 0");
    }
    for (int32_t k = 0; k < f->t.part[0].plan.embed; k++)
        text_add(t, ",pred_%d", k);
    for (uint32_t k = 0; k < f->classes; k++)
        text_add(t, ",conf_scores_class_%u", k);
    text_add(t, ",pred_class,target\n");
}

static void put_row(const struct finetune *f, uint32_t row, struct text *t)
{
    const struct tune_eval *e = &f->eval;
    const struct source *s = e->set->source;
    size_t d = (size_t)f->t.part[0].plan.embed;
    const double *p = e->proba + (size_t)row * f->classes;
    int64_t first = f->t.io->conf->first_label;
    uint32_t best = 0;

    text_add(t, "%u", row);
    for (uint32_t c = 0; c < source_cols(s); c++) {
        text_add(t, ",");
        csv_put(t, source_cell(s, e->set->pick[row], c));
    }
    for (size_t k = 0; k < d; k++) {
        text_add(t, ",");
        text_double(t, e->logit[row * d + k]);
    }
    for (uint32_t k = 0; k < f->classes; k++) {
        best = p[k] > p[best] ? k : best;
        text_add(t, ",");
        text_double(t, p[k]);
    }
    text_add(t, ",%lld,%lld\n", (long long)first + best,
             (long long)first + e->y[row]);
}

status tune_predict(struct finetune *f, enum tune_part part)
{
    static const char *const names[] = {"", "val_results.csv",
                                        "test_results.csv"};
    status st = OK;
    const struct tune_set *set = &f->set[part];
    char *path = NULL;
    struct text t = {0};

    if (!set->source)
        return OK;
    TRY(tune_logits(f, set));
    tune_proba(f, set);
    if (par_rank(f->t.io->par) == 0) {
        header(f, &t);
        for (uint32_t r = 0; r < set->rows; r++)
            put_row(f, r, &t);
        st = text_status(&t);
        if (st == OK)
            st = file_join(f->t.io->out, names[part], &path);
        if (st == OK)
            st = file_publish_same(path, t.s, t.len);
    }
    TRY(par_agree(f->t.io->par, st));
out:
    text_free(&t);
    mem_free(path);
    return st;
}
