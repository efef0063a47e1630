#ifndef TRAIN_EXTRACT_H
#define TRAIN_EXTRACT_H

#include "base/sha256.h"
#include "base/status.h"
#include "base/team.h"
#include "base/text.h"

#include "par/par.h"
#include "store/feature.h"
#include "train/settings.h"
#include "train/source.h"

/* What is done to a patch: as the weights are (the plain one but for Models
 * Genesis), inference/extract_features, or a baseline's file. */
enum extract_pipeline {
    EXTRACT_AUTO,
    EXTRACT_PLAIN,
    EXTRACT_MED3D,
    EXTRACT_GENESIS
};

/* Features of patches: the trunk of a network in evaluation mode (running
 * statistics), so a row's features depend on its patch and the weights alone;
 * ranks, threads and batch are placement. Norms of Models Genesis take the
 * statistics of the rows that go together: rows k n .. k n + n - 1 of the list,
 * n = group, without those that cannot be had; then these matter too. */
struct extract_io {
    const char *weights; /* any file of train/import.h */
    struct source *source;
    const struct compute_conf *compute;
    struct par *par;
    struct team *team;
    const char *out; /* folder for parts (run folder) */
    uint32_t batch;  /* patches a thread takes at once */
    uint32_t save;   /* rows of a rank between two parts */
    uint32_t group;  /* rows that go together, where norms need it */
    enum extract_pipeline pipeline;
    bool fold;                 /* norms into convolutions, net_fold */
    int32_t stem;              /* stride of the stem; 0: as the weights say */
    int64_t stop_after;        /* stop after so many rows of a rank, -1 */
    bool (*stop_wanted)(void); /* has a signal asked for a stop? */
    bool quiet;
};

/* On rank 0; empty elsewhere. */
struct extract_out {
    struct features *features; /* of the rows that could be had */
    struct text rejected;      /* CSV: columns of the list, then reason */
    uint32_t n_rejected;
    bool again; /* features are those of a finished folder (features.nc) */
};

/* Features of all rows with the list's columns. Finished rows are kept in
 * `out` as parts (part-<row>.nc), which a later run with the same weights and
 * list takes up again; extract_end removes them. A folder with features.nc is
 * finished: its features are given, if they are of these weights and this
 * input. All ranks, same status. STOPPED: parts are written. ERR_FILE,
 * ERR_DATA (no row could be had), ERR_RUN (parts or features of other weights
 * or input), ERR_NUMERIC (damaged weights, features not finite, probe),
 * ERR_MEM. */
status extract_run(const struct extract_io *io, struct extract_out *out);
void extract_out_free(struct extract_out *out);
/* Remove the parts once the features are published. Rank 0. */
status extract_end(const char *out);

#endif
