/* One table says which columns a list has; one function writes a cell. */
#include "app/phantom_lists.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "det/digest.h"
#include "store/feature.h"

enum split { TRAIN, VAL, TEST, PRETRAIN };

static const char *const SPLIT[] = {"train", "val", "test", "pretrain"};

enum column {
    NUMBER, /* of the lesion in the cohort; the study's unnamed column */
    PATIENT,
    CLASS,
    NO_CLASS, /* -1, as in the study's pretraining list */
    MALIGNANCY,
    DAYS,
    EVENT,
    SURVIVAL, /* two years */
    X,
    Y,
    Z,
    IMAGE
};

static const char *const NAME[] = {[NUMBER] = "",
                                   [PATIENT] = "PatientID",
                                   [CLASS] = "Coarse_lesion_type",
                                   [NO_CLASS] = "Coarse_lesion_type",
                                   [MALIGNANCY] = "malignancy",
                                   [DAYS] = "Survival.time",
                                   [EVENT] = "deadstatus.event",
                                   [SURVIVAL] = "survival",
                                   [X] = "coordX",
                                   [Y] = "coordY",
                                   [Z] = "coordZ",
                                   [IMAGE] = "image_path"};

enum { MOST_COLUMNS = 12 };

struct kind {
    const char *name;
    int n;
    enum column column[MOST_COLUMNS];
};

static const struct kind KIND_PRETRAIN = {
    "", 7, {NUMBER, PATIENT, NO_CLASS, IMAGE, X, Y, Z}};
static const struct kind TASK[] = {
    {"task1_", 7, {NUMBER, PATIENT, CLASS, IMAGE, X, Y, Z}},
    {"task2_", 7, {NUMBER, PATIENT, MALIGNANCY, X, Y, Z, IMAGE}},
    {"task3_", 9, {NUMBER, PATIENT, DAYS, EVENT, X, Y, Z, IMAGE, SURVIVAL}}};
static const struct kind KIND_SIMPLE = {
    "simple_",
    10,
    {PATIENT, CLASS, MALIGNANCY, DAYS, EVENT, SURVIVAL, IMAGE, X, Y, Z}};

static bool in_split(uint32_t patient, uint32_t patients, enum split split)
{
    uint64_t at = (uint64_t)patient * 9;
    enum split own = at < (uint64_t)patients * 4   ? TRAIN
                     : at < (uint64_t)patients * 6 ? VAL
                                                   : TEST;

    return split == PRETRAIN ? own != TEST : own == split;
}

void phantom_ct_name(uint32_t patient, char out[32])
{
    (void)snprintf(out, 32, "ct/%04" PRIu32 ".nii.gz", patient + 1);
}

/* Whole days, at least one, as clinical tables have them. */
static int days_of(const struct phantom_label *l)
{
    int days = (int)(l->months * 30.4375 + 0.5);

    return days > 0 ? days : 1;
}

static void
put_cell(struct text *t, enum column c, const struct phantom *p, int n)
{
    const struct phantom_lesion *l = &p->lesion[n];
    const struct phantom_label *b = &p->label[n];
    char name[32];

    switch (c) {
    case NUMBER:
        text_add(t, "%" PRIu64,
                 (uint64_t)p->patient * PHANTOM_LESIONS + (uint64_t)n);
        break;
    case PATIENT:
        text_add(t, "P%04" PRIu32, p->patient + 1);
        break;
    case CLASS:
        text_add(t, "%d", l->cls);
        break;
    case NO_CLASS:
        text_add(t, "-1");
        break;
    case MALIGNANCY:
        text_add(t, "%d", b->malignant);
        break;
    case DAYS:
        text_add(t, "%d", days_of(b));
        break;
    case EVENT:
        text_add(t, "%d", b->event);
        break;
    case SURVIVAL:
        text_add(t, "%d", days_of(b) >= 2 * 365);
        break;
    case X:
    case Y:
    case Z:
        text_double(t, l->center[c - X]);
        break;
    case IMAGE:
        phantom_ct_name(p->patient, name);
        text_add(t, "%s", name);
        break;
    }
}

struct cohort {
    const char *dir;
    uint64_t seed;
    uint32_t patients;
    const struct phantom_made *made;
    struct digest *digest;
};

static status publish(const struct cohort *c,
                      const struct kind *kind,
                      enum split split,
                      const struct text *table)
{
    status st = OK;
    char name[64];
    char *path = NULL;

    (void)snprintf(name, sizeof name, "%s%s.csv", kind->name, SPLIT[split]);
    TRY(file_join(c->dir, name, &path));
    TRY(file_publish(path, table->s, table->len));
    digest_text(c->digest, name, table->s);
out:
    mem_free(path);
    return st;
}

static status
write_list(const struct cohort *c, const struct kind *kind, enum split split)
{
    status st = OK;
    struct text t = {0};

    for (int k = 0; k < kind->n; k++)
        text_add(&t, "%s%s", k ? "," : "", NAME[kind->column[k]]);
    text_put(&t, "\n", 1);
    for (uint32_t i = 0; i < c->patients; i++) {
        struct phantom p;

        if (!in_split(i, c->patients, split))
            continue;
        phantom_draw(c->seed, i, &p);
        for (int n = 0; n < PHANTOM_LESIONS; n++)
            for (int k = 0; k < kind->n; k++) {
                if (k)
                    text_put(&t, ",", 1);
                put_cell(&t, kind->column[k], &p, n);
                if (k + 1 == kind->n)
                    text_put(&t, "\n", 1);
            }
    }
    TRY(text_status(&t));
    TRY(publish(c, kind, split, &t));
out:
    text_free(&t);
    return st;
}

static status
put_notes(struct features *f, uint32_t row, const struct phantom *p, int n)
{
    status st = OK;
    struct text t = {0};

    for (int k = 0; k < KIND_SIMPLE.n; k++) {
        text_free(&t);
        put_cell(&t, KIND_SIMPLE.column[k], p, n);
        TRY(text_status(&t));
        TRY(features_cell(f, row, (uint32_t)k, t.s));
    }
out:
    text_free(&t);
    return st;
}

static status fill_simple(const struct cohort *c,
                          uint32_t patient,
                          uint32_t row,
                          struct features *f)
{
    status st = OK;
    const struct phantom_made *made = &c->made[patient];
    struct phantom p;

    phantom_draw(c->seed, patient, &p);
    for (int n = 0; n < PHANTOM_LESIONS; n++, row++) {
        memcpy(f->value + (size_t)row * PHANTOM_SIMPLE, made->simple[n],
               sizeof made->simple[n]);
        TRY(put_notes(f, row, &p, n));
    }
out:
    return st;
}

static status write_simple(const struct cohort *c, enum split split)
{
    status st = OK;
    struct features *f = NULL;
    uint32_t n = 0;
    uint32_t row = 0;
    char name[64];
    char hex[SHA256_HEX];
    char *path = NULL;

    for (uint32_t i = 0; i < c->patients; i++)
        n += in_split(i, c->patients, split);
    TRY(features_new(n * PHANTOM_LESIONS, PHANTOM_SIMPLE,
                     (uint32_t)KIND_SIMPLE.n, &f));
    for (int k = 0; k < KIND_SIMPLE.n; k++)
        TRY(features_name(f, (uint32_t)k, NAME[KIND_SIMPLE.column[k]]));
    for (uint32_t i = 0; i < c->patients; i++)
        if (in_split(i, c->patients, split)) {
            TRY(fill_simple(c, i, row, f));
            row += PHANTOM_LESIONS;
        }
    (void)snprintf(name, sizeof name, "%s%s.csv", KIND_SIMPLE.name,
                   SPLIT[split]);
    TRY(file_join(c->dir, name, &path));
    TRY(features_write_csv(path, f));
    TRY(features_digest(f, hex));
    digest_text(c->digest, name, hex);
out:
    mem_free(path);
    features_free(f);
    return st;
}

status phantom_lists(const char *dir,
                     uint64_t seed,
                     uint32_t patients,
                     const struct phantom_made *made,
                     char digest[SHA256_HEX])
{
    status st = OK;
    struct cohort c = {dir, seed, patients, made, NULL};

    TRY(digest_new(&c.digest));
    for (uint32_t i = 0; i < patients; i++)
        digest_text(c.digest, "volume", made[i].volume);
    TRY(write_list(&c, &KIND_PRETRAIN, PRETRAIN));
    for (enum split s = TRAIN; s <= TEST; s++) {
        for (size_t k = 0; k < sizeof TASK / sizeof TASK[0]; k++)
            TRY(write_list(&c, &TASK[k], s));
        TRY(write_simple(&c, s));
    }
    digest_end(c.digest, digest);
out:
    digest_free(c.digest);
    return st;
}
