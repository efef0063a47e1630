/* A training tells its caller how it fares, and the caller may end it. Rank 0
 * alone is asked; its wish to stop reaches the others in training.c, after the
 * step. */
#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"

#include "train/finetune_impl.h"

static bool speaks(const struct finetune *f)
{
    return par_rank(f->t.io->par) == 0;
}

static status tell(struct finetune *f, int64_t step, double value)
{
    const struct finetune_watch *w = f->io->watch;
    int64_t per_epoch = f->t.steps_per_epoch;

    return w->validated(w->ctx, (step + per_epoch - 1) / per_epoch, value,
                        &f->t.stop);
}

status tune_watch_step(struct finetune *f)
{
    const struct finetune_watch *w = f->io->watch;
    bool stop = false;
    status st = OK;

    if (!w)
        return OK;
    if (speaks(f))
        st = w->step(w->ctx, &stop);
    f->t.stop = f->t.stop || stop;
    return par_agree(f->t.io->par, st);
}

status tune_watch_value(struct finetune *f, double value)
{
    status st = OK;

    if (!f->io->watch)
        return OK;
    if (speaks(f))
        st = tell(f, f->t.step, value);
    return par_agree(f->t.io->par, st);
}

static status tell_file(struct finetune *f)
{
    status st = OK;
    struct csv *file = NULL;
    char *path = NULL;
    uint32_t column = 0;

    TRY(file_join(f->t.io->out, "validation.csv", &path));
    TRY(csv_read(path, &file));
    TRY(csv_need(file, tune_metric_name(f), &column));
    for (uint32_t i = 0; i < csv_rows(file) && !f->t.stop; i++) {
        int64_t step = 0;
        double value = 0;

        TRY(csv_i64(file, i, 0, &step));
        TRY(csv_f64(file, i, column, &value));
        TRY(tell(f, step, value));
    }
out:
    csv_free(file);
    mem_free(path);
    return st;
}

status tune_watch_replay(struct finetune *f)
{
    status st = OK;

    if (!f->io->watch || tune_validations(f) == 0)
        return OK;
    if (speaks(f))
        st = tell_file(f);
    TRY(par_agree(f->t.io->par, st));
    TRY(par_any(f->t.io->par, f->t.stop, &f->t.stop));
out:
    return st;
}
