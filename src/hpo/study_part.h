#ifndef HPO_STUDY_PART_H
#define HPO_STUDY_PART_H

#include "det/mt19937.h"
#include "hpo/grid.h"
#include "hpo/journal.h"
#include "hpo/schedule.h"
#include "hpo/study.h"

/* Inside of a study, shared by study.c (the object), study_propose.c (what is
 * decided), study_queue.c (trials that wait) and study_resume.c (the recorded
 * ones). */

/* What a trial reported and how it ended; kept beside struct trial because
 * others see it only when the trial is told. */
struct study_result {
    enum trial_state state;
    double value;
    struct trial_report *reports;
    size_t n_reports, cap_reports;
    double *rungs;
    size_t n_rungs, cap_rungs;
    bool pruned;  /* the last verdict */
    char *reason; /* FAIL: why, or NULL */
};

struct study {
    struct study_conf conf;
    uint32_t room; /* trials of the tables below */
    const struct space *space;
    struct schedule *schedule;
    struct journal_writer *journal;
    int64_t id;                  /* of the study in its file */
    uint32_t before;             /* trials of another program, come first */
    int64_t next_id;             /* of the next trial of the file */
    int64_t *trial_id;           /* [room] */
    struct trial *trials;        /* [room] */
    double *x;                   /* [room][space->n] */
    struct study_result *result; /* [room] */
    uint32_t proposed, told;     /* with those before */
    uint32_t queue_end;          /* tickets below it are trials of the file */
    double **fixed;     /* [room] values a trial of the queue has, or NULL */
    struct tpe_rng rng; /* lag 0: goes on from trial to trial */
    struct mt19937 mt[2];
    struct tpe_memo *memo; /* of the trials, unless in brackets */
    struct grid *grid;     /* STUDY_GRID */
    uint32_t *place;       /* [room] of the grid, GRID_NONE: none */
    struct pruner pruner;
    uint32_t decided_at; /* first ticket for which the pruner is decided */
};

/* Parameters of ticket t from results of tickets < seen. */
status study_propose(struct study *s, uint32_t t, uint32_t seen);
/* Keep a report of ticket t and ask the pruner, who sees what the sampler saw.
 * ERR_DATA: the step is there already. */
status
study_ask(struct study *s, uint32_t t, int64_t step, double value, bool *prune);
/* From now on others see the result of trial t, the first not told. */
void study_tell(struct study *s, uint32_t t);
/* Forget what trial t reported. */
void study_forget(struct study *s, uint32_t t);

/* Records of a proposed trial: its parameters but those in have [space->n]
 * (may be NULL), and its place in the grid. */
void study_write_params(struct study *s, uint32_t t, const bool *have);

/* The first of the trials that wait at the end of a study, n_trials: none.
 * (One that is followed by others is left where it is.) */
uint32_t study_queue_start(const struct journal_study *j);
/* What the trials [before..] were given by their user. ERR_DATA: a value that
 * is not in its range. */
status study_read_queue(struct study *s, const struct journal_study *j);

/* Take over what the journal holds, and write what a kill left out. */
status study_load(struct study *s, const char *path, bool resume);

#endif
