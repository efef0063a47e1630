#ifndef HPO_JOURNAL_H
#define HPO_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

#include "hpo/space.h"
#include "hpo/trial.h"

/* Optuna's journal file (JournalStorage): one JSON object per line, appended
 * only; dashboards and Optuna 3.1 and later open it. Identifiers are implied
 * by the order of records (spec 2.2). */

/* ---- reading: what the records amount to ---- */

/* A member of a map, in order of first writing; later writes replace. */
struct journal_attr {
    const char *name;
    const struct json *value;
};
struct journal_attrs {
    struct journal_attr *at;
    size_t n, cap;
};

struct journal_value { /* a parameter of a trial */
    const char *name;
    double x;                /* internal value */
    const struct json *dist; /* the distribution, parsed */
};

struct journal_trial {
    int64_t id; /* in the file */
    enum trial_state state;
    double value; /* NaN: none (or a NaN, see has_value) */
    bool has_value;
    bool has_start; /* a time of start is there */
    bool has_end;
    struct journal_value *params;
    size_t n_params, cap_params;
    struct trial_report *reports;
    size_t n_reports, cap_reports;
    struct journal_attrs user, system;
};

struct journal_study {
    int64_t id;
    const char *name;
    size_t directions; /* objectives; values of trials: the first one */
    bool maximise;
    bool deleted;
    struct journal_attrs user, system;
    struct journal_trial *trials; /* index = number */
    size_t n_trials, cap_trials;
};

struct journal {
    struct journal_study *studies; /* deleted ones included */
    size_t n_studies, cap_studies;
    size_t torn;      /* bytes of a last line without end, ignored */
    size_t good_size; /* bytes up to the last complete line */
    /* private */
    struct json **roots;
    size_t n_roots, cap_roots;
    struct journal_at *ids; /* trial id -> study and number */
    size_t n_ids, cap_ids;
};

/* Replay a journal. Records of unknown studies or trials and of finished
 * trials are ignored, as Optuna does; a last line without '\n' is ignored and
 * counted in `torn`. ERR_FILE; ERR_DATA names file and line. */
status journal_read(const char *path, struct journal **out);
status journal_parse(const char *bytes,
                     size_t len,
                     const char *name,
                     struct journal **out);
void journal_free(struct journal *j);
/* By name, not deleted; NULL when there is none. */
const struct journal_study *journal_find(const struct journal *j,
                                         const char *study);
const struct json *journal_attr(const struct journal_attrs *a,
                                const char *name);

/* ---- writing: one writer ---- */

/* Records gather in memory and are appended together, by one write under
 * PATH.lock (made with O_EXCL: Optuna's own name and manner, so its writers and
 * ours exclude each other; a lock unchanged for 30 s is a dead writer's and is
 * broken). A write that fails is cut off again. The disk is waited for once a
 * second and at the end: after a crash of the machine the last second is
 * computed again. Times are local, naive, with microseconds: every version of
 * Optuna reads these alike. */
struct journal_writer; /* opaque */

/* Open for appending, made if absent. worker: any text. ERR_FILE, ERR_MEM. */
status
journal_open(const char *path, const char *worker, struct journal_writer **out);
/* The file's size as it was read. From then on it may only grow by what is
 * written here. */
void journal_expect(struct journal_writer *w, size_t size);
/* Append what has gathered; a torn last line of the file is cut off first.
 * ERR_FILE, ERR_MEM, ERR_RUN: somebody else has written to it; after an error
 * nothing of it is in the file. */
status journal_flush(struct journal_writer *w);
/* Drops what was not flushed. */
void journal_close(struct journal_writer *w);

/* Records. study and trial are ids of the file; json is a JSON text. */
void journal_create_study(struct journal_writer *w,
                          const char *name,
                          bool maximise);
void journal_study_attr(struct journal_writer *w,
                        int64_t study,
                        bool system,
                        const char *key,
                        const char *json);
/* A trial that starts now. */
void journal_start_trial(struct journal_writer *w, int64_t study);
/* One that waited in the queue and starts now. */
void journal_take_trial(struct journal_writer *w, int64_t trial);
/* One of its parameters, internal value. */
void journal_param(struct journal_writer *w,
                   int64_t trial,
                   const struct space_param *param,
                   double x);
void journal_report(struct journal_writer *w,
                    int64_t trial,
                    int64_t step,
                    double value);
void journal_trial_attr(struct journal_writer *w,
                        int64_t trial,
                        bool system,
                        const char *key,
                        const char *json);
/* What a halving pruner notes for a trial at a rung. */
void journal_rung(struct journal_writer *w,
                  int64_t trial,
                  uint32_t rung,
                  double value);
/* COMPLETE (a NaN makes it FAIL, as in Optuna), PRUNED (NaN: no value) or
 * FAIL. */
void journal_end_trial(struct journal_writer *w,
                       int64_t trial,
                       enum trial_state state,
                       double value);

#endif
