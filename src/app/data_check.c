/* fmcib-data check LIST...: lists held against their volumes. */
#include <inttypes.h>
#include <stdio.h>

#include "app/cut.h"
#include "app/data.h"
#include "app/tool.h"
#include "lists/check.h"

struct look_conf {
    struct cut_conf cut; /* but for its list */
    const char *patient;
    bool values, strict, json;
};

#define AT(m) CONF_AT(struct look_conf, m)
static const struct conf_row ROWS[] = {
    {"root", CONF_TEXT, AT(cut.root), "", 1, 0, NULL, "DIR", PLACEMENT,
     "folder that image_path is relative to; empty: that of the list"},
    {"strip", CONF_TEXT, AT(cut.strip), "", 1, 0, NULL, "TEXT", PLACEMENT,
     "taken off the front of image_path, e.g. another machine's folder"},
    {"radius", CONF_I64, AT(cut.radius), "25", 1, 512, NULL, "VOXELS",
     PLACEMENT, "half edge of a patch"},
    {"spacing", CONF_F64S, AT(cut.spacing), "[1, 1, 1]", 0.05, 100, NULL,
     "[MM,MM,MM]", PLACEMENT, "that of patches; []: the volume's own"},
    {"orient", CONF_BOOL, AT(cut.orient), "false", 1, 0, NULL, "", PLACEMENT,
     "as patch.orient: for DeepLesion's lists"},
    {"tolerance-mm", CONF_F64, AT(cut.tolerance_mm), "0", 0, 1000, NULL, "MM",
     PLACEMENT, "seeds may lie this far outside their volume"},
    {"patient", CONF_TEXT, AT(patient), "", 1, 0, NULL, "COLUMN", PLACEMENT,
     "column that names the patient; empty: PatientID, patient, "
     "Patient_index, Case ID, or the first digits of Volume_fn"},
    {"values", CONF_BOOL, AT(values), "false", 1, 0, NULL, "", PLACEMENT,
     "read one slice of each volume and see whether it holds HU"},
    {"strict", CONF_BOOL, AT(strict), "false", 1, 0, NULL, "", PLACEMENT,
     "warnings end with status 12 too"},
    {"json", CONF_BOOL, AT(json), "false", 1, 0, NULL, "", PLACEMENT,
     "JSON with every finding, not a table"},
};
#undef AT
enum { N_ROWS = sizeof ROWS / sizeof ROWS[0] };

static status judge(const struct check *c, bool strict)
{
    status st = OK;
    size_t warnings = check_count(c, CHECK_WARNING);

    ENSURE(c->errors == 0, ERR_PARTIAL,
           "%" PRIu64 " of %" PRIu64 " rows cannot be cut", c->errors, c->rows);
    ENSURE(!strict || warnings == 0, ERR_PARTIAL, "%zu warnings", warnings);
out:
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    const struct look_conf *l = ctx;
    struct check_conf conf = {.place = cut_list_conf(&l->cut),
                              .tolerance_mm = l->cut.tolerance_mm,
                              .patient = l->patient,
                              .values = l->values};
    struct check *c = NULL;
    struct text t = {0};
    status st = OK;

    ENSURE(l->cut.spacing.n == 0 || l->cut.spacing.n == 3, ERR_USAGE,
           "--spacing: %" PRIu32 " values; three are needed, or none",
           l->cut.spacing.n);
    TRY(cut_patch_conf(&l->cut, &conf.patch));
    TRY(check_run((const char *const *)tool->args, (int)tool->n_args, &conf,
                  tool->team, &c));
    if (l->json)
        check_json(c, &t);
    else
        check_text(c, &t);
    TRY(text_status(&t));
    if (l->json || !tool->quiet)
        (void)fputs(t.s, stdout);
    TRY(judge(c, l->strict));
out:
    check_free(c);
    text_free(&t);
    return st;
}

int data_check(int argc, char **argv)
{
    struct look_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-data check",
        .args = "LIST...",
        .what = "Hold lists of seeds against their volumes before a job is "
                "queued: is every file there, does its header make sense, is "
                "the seed inside, how much of the patch is outside, are rows "
                "there twice, patients in two lists, numbers in another frame? "
                "Only headers are read, each once. Exit status 0: every row "
                "can be cut (there may be warnings); 12: some cannot; 4, 5: a "
                "list cannot be read.",
        .args_min = 1,
        .args_max = CHECK_LISTS,
        .rows = ROWS,
        .n_rows = N_ROWS,
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
