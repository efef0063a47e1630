#ifndef LISTS_CHECK_H
#define LISTS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"
#include "base/text.h"

#include "store/list.h"
#include "vol/patch.h"

/* Lists of seeds held against their volumes before a job is queued: nothing
 * but headers is read, each file once, whatever is wrong is found for every
 * row and not only for the first. */

enum { CHECK_LISTS = 8 };

struct check_conf {
    struct list_conf place;  /* where volumes lie; `lenient` is set here */
    struct patch_conf patch; /* how patches will be cut */
    double tolerance_mm;     /* seeds may lie this far outside */
    const char *patient;     /* column of the patient; "": found by name */
    bool values;             /* look at one slice of each volume too */
};

enum check_level { CHECK_NOTE, CHECK_WARNING, CHECK_ERROR };

/* What can be found. check_kind_of has level, words and remedy of each. */
enum check_kind {
    CHECK_BAD_ROW,    /* no path, or a coordinate that is no number */
    CHECK_MISSING,    /* no such file */
    CHECK_UNREADABLE, /* a header that cannot be read */
    CHECK_OUTSIDE,    /* the seed is outside the volume */
    CHECK_EMPTY,      /* the patch would have no voxel */
    CHECK_HALF,       /* more than half of the patch is outside */
    CHECK_TWICE,      /* the same seed of the same file, in any list */
    CHECK_SPACING,    /* a spacing that no CT has */
    CHECK_FLAT,       /* an axis of one voxel */
    CHECK_MIRRORED,   /* patch.orient would mirror the seed */
    CHECK_VALUES,     /* no Hounsfield units (only with `values`) */
    CHECK_ORIENT,     /* DeepLesion points that need the other patch.orient */
    CHECK_READING,    /* the numbers fit better if read otherwise */
    CHECK_PATIENT,    /* a patient in two lists */
    CHECK_KINDS
};

struct check_about {
    enum check_level level;
    const char *code; /* "outside": for JSON */
    const char *what; /* "seed outside the volume" */
    const char *remedy;
};
const struct check_about *check_kind_of(enum check_kind kind);

struct check_finding {
    enum check_kind kind;
    int list;
    int64_t row; /* from 0; -1: of the list as a whole */
    char *text;  /* what is so, in one line */
};

/* Ways to read the three numbers of a seed. */
enum check_reading {
    CHECK_LPS,     /* as given */
    CHECK_RAS,     /* -x, -y, z */
    CHECK_SWAPPED, /* y, x, z */
    CHECK_INDEX,   /* voxel indices, axes 0, 1, 2 */
    CHECK_READINGS
};
const char *check_reading_name(enum check_reading r);

struct check_volume {
    const char *path; /* of the first row that names it */
    status st;        /* of its header */
    char *why;        /* text of that error */
    struct geometry geo;
    enum pixel pixel;
    char code[4];           /* "LPS": where indices grow to */
    char *values;           /* what is odd about its values, or NULL */
    double lowest, highest; /* values looked at, with `values` */
};

struct check_list {
    struct list *list;
    uint32_t *volume; /* [list->volumes] number in check.volume */
    uint32_t volumes; /* distinct paths that are not empty */
    uint32_t known;   /* rows whose volume has a header */
    uint32_t inside[CHECK_READINGS]; /* of these */
    uint32_t whole, cut, half; /* patches: nothing, a part, most outside */
    double worst;              /* largest share of a patch outside */
    const char *patient;       /* column, "" = none was found */
    char **who;                /* [rows] the patient; NULL without one */
    uint64_t patients;
};

struct check {
    struct check_conf conf;
    struct check_list list[CHECK_LISTS];
    int lists;
    struct check_volume *volume; /* [volumes] distinct files of all lists */
    uint32_t volumes;
    struct check_finding *finding; /* [findings] by kind, list, row */
    size_t findings;
    size_t room; /* of finding */
    uint64_t rows;
    uint64_t errors; /* rows with an error */
};

/* Look. ERR_FILE, ERR_DATA: a list that cannot be read, or has no column
 * image_path, coordX, coordY, coordZ; what is wrong with rows and volumes is a
 * finding, no error. */
status check_run(const char *const *paths,
                 int n,
                 const struct check_conf *conf,
                 struct team *team,
                 struct check **out);
void check_free(struct check *c);

/* Findings of a level. */
size_t check_count(const struct check *c, enum check_level level);
/* The answer as a table of 80 columns (long names apart), and as JSON. */
void check_text(const struct check *c, struct text *out);
void check_json(const struct check *c, struct text *out);

#endif
