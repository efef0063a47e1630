#ifndef TRAIN_FINETUNE_IMPL_H
#define TRAIN_FINETUNE_IMPL_H

#include "eval/metrics.h"
#include "train/batch.h"
#include "train/finetune.h"
#include "train/import.h"
#include "train/sampler.h"
#include "train/source.h"
#include "train/start.h"

enum tune_part { TUNE_TRAIN, TUNE_VAL, TUNE_TEST, TUNE_PARTS };

/* A list of labelled patches. */
struct tune_set {
    const char *name; /* "input.train" */
    const char *path;
    struct source *source; /* NULL: there is no such list */
    uint32_t rows;         /* used ones */
    uint32_t *pick;        /* [rows] row of the source, ascending */
    int32_t *label;        /* [rows of the source] class */
};

/* What looking at a set costs beside the net. */
struct tune_eval {
    const struct tune_set *set;
    uint32_t first, n; /* rows of the chunk at work */
    char *raw;         /* [local rows of a chunk] patches, max_bytes each */
    size_t raw_size;
    struct patch *patches;
    float *scratch; /* [threads] view and scratch of the chain */
    size_t view_len, chain_len, scratch_len;
    float *views;   /* [threads][items][size^3] */
    double *logit;  /* [most rows][d] */
    double *proba;  /* [most rows][classes] */
    double *target; /* [most rows] */
    int32_t *y;     /* [most rows] */
};

struct finetune {
    struct training t;
    const struct finetune_io *io;
    uint32_t classes;
    struct augment_pipeline augment[2]; /* train, val */
    struct tune_set set[TUNE_PARTS];
    struct sampler *sampler;
    struct batch *batch;
    struct tune_eval eval;
    bool unread;    /* an input could not be had on this rank */
    double *target; /* [V * m] of a step */
    uint32_t *rows; /* [m] */
};

/* ---- finetune_data.c: lists, labels, subset. Any rank. ---- */
status tune_open_sets(struct finetune *f);
void tune_close_sets(struct finetune *f);
/* Bytes the cached stores hold. */
size_t tune_set_bytes(const struct finetune *f);
/* train_<p>_percent.csv; rank 0. */
status tune_write_subset(const struct finetune *f);

/* ---- finetune_eval.c ---- */
status tune_eval_new(struct finetune *f);
size_t tune_eval_bytes(const struct finetune *f);
void tune_eval_free(struct finetune *f);
/* Logits of all rows of a set into eval.logit on every rank, by the present
 * weights. All ranks, same status. */
status tune_logits(struct finetune *f, const struct tune_set *set);
/* eval.proba, y and target of a set from eval.logit. Any rank. */
void tune_proba(struct finetune *f, const struct tune_set *set);
/* Validation after step t->step: a line of validation.csv, best weights. All
 * ranks, same status. */
status tune_validate(struct finetune *f);
/* Figures of a set by the present weights: loss, then as validation.csv. All
 * ranks, same status. */
enum { TUNE_FIGURES = 6 };
status tune_measure(struct finetune *f,
                    const struct tune_set *set,
                    double figures[TUNE_FIGURES]);
/* Lines of validation.csv at step t->step. */
int64_t tune_validations(const struct finetune *f);
/* Is there one after this step? */
bool tune_validates(const struct finetune *f);
extern const char TUNE_VALIDATION_HEADER[];
/* The column of it that validate.metric names. */
const char *tune_metric_name(const struct finetune *f);
/* best-<step>.nc becomes weights-best.nc. All ranks, same status. */
status tune_finish_best(struct finetune *f, struct training_result *out);
/* ---- finetune_watch.c: io->watch, if there is one. All ranks, same status.
 * ----
 */
status tune_watch_step(struct finetune *f);
/* Of the validation after step t->step. */
status tune_watch_value(struct finetune *f, double value);
/* Those that validation.csv holds already. */
status tune_watch_replay(struct finetune *f);
/* ---- finetune_predict.c ---- */
/* <part>_results.csv. All ranks, same status. */
status tune_predict(struct finetune *f, enum tune_part part);

#endif
