/* fmcib-data build SET TABLE...: the study's lists from its tables. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/sums.h"

#include "app/data.h"
#include "app/tool.h"
#include "lists/deeplesion.h"
#include "lists/luna16.h"
#include "lists/survival.h"

struct build_conf {
    const char *out, *strip, *prefix, *scans, *seeds;
    int z, xy, split, numbers;
    double max_spacing;
    int64_t seed;
};

#define AT(m) CONF_AT(struct build_conf, m)
static const struct conf_row ROWS[] = {
    {"out", CONF_TEXT, AT(out), NULL, 1, 0, NULL, "DIR", PLACEMENT,
     "folder of the lists and of lists.json, which says how they were made"},
    {"strip", CONF_TEXT, AT(strip), "", 1, 0, NULL, "TEXT", IDENTITY,
     "taken off the front of image_path where it is there"},
    {"prefix", CONF_TEXT, AT(prefix), "", 1, 0, NULL, "TEXT", IDENTITY,
     "put before image_path (before the file name when it is made here)"},
    {"max-spacing", CONF_F64, AT(max_spacing), "3", 0.01, 100, NULL, "MM",
     IDENTITY,
     "deeplesion: largest distance of slices; the study's lists have 3, its "
     "notebook of today says 5"},
    {"z", CONF_ENUM, AT(z), "lists", 1, 0, "lists|script|index", "WHICH",
     IDENTITY,
     "deeplesion: slice of the seed. lists = key - first + 1, as published, "
     "one "
     "slice below the key slice; script = last - key + 1, as the study's "
     "script computes, mirrored; index = key - first, the key slice"},
    {"xy", CONF_ENUM, AT(xy), "swapped", 1, 0, "swapped|true", "WHICH",
     IDENTITY,
     "deeplesion: swapped = coordX from the row and coordY from the column, as "
     "published: needs patch.orient: true; true = the real points, for "
     "patch.orient: false and for the inference path"},
    {"split", CONF_ENUM, AT(split), "rows", 1, 0, "rows|patients", "WHICH",
     IDENTITY,
     "what is permuted into val and test. rows = lesions or nodules, as "
     "published: patients (LUNA16: scans) are in both; patients = none is"},
    {"numbers", CONF_ENUM, AT(numbers), "lists", 1, 0, "lists|exact", "WHICH",
     IDENTITY,
     "lists = last digits as published, after the study's table reader; exact "
     "= as computed"},
    {"seed", CONF_I64, AT(seed), "21", 0, 4294967295, NULL, "N", IDENTITY,
     "seed of the permutations"},
    {"scans", CONF_TEXT, AT(scans), "", 1, 0, NULL, "DIR", PLACEMENT,
     "luna16: folder of the scans, whose headers turn voxels into points"},
    {"seeds", CONF_TEXT, AT(seeds), "", 1, 0, NULL, "FILE", PLACEMENT,
     "lung1, radio: CSV of patient, image_path, coordX, coordY, coordZ, when "
     "TABLE is the clinical table alone"},
};
#undef AT
enum { N_ROWS = sizeof ROWS / sizeof ROWS[0], MOST_TABLES = 4 };

/* A switch that has no meaning here is not passed over in silence. */
static status
refuse(const struct tool *tool, const char *const *keys, const char *why)
{
    status st = OK;

    for (; *keys; keys++)
        ENSURE(!conf_given(tool->conf, *keys), ERR_USAGE,
               "--%s has no meaning %s", *keys, why);
out:
    return st;
}

static struct take_path path_of(const struct build_conf *c)
{
    return (struct take_path){c->strip, c->prefix};
}

/* Lists that are there already: only where volumes lie, and x and y. */
static status take(const struct tool *tool,
                   const struct build_conf *c,
                   struct csv *const *t,
                   const char *set,
                   enum count_kind kind,
                   struct made *out)
{
    static const char *const not_here[] = {"max-spacing", "z",    "split",
                                           "numbers",     "seed", NULL};
    const struct take_path path = path_of(c);
    status st = OK;

    TRY(refuse(tool, not_here, "for a list that is made already"));
    for (size_t i = 0; i + 1 < tool->n_args; i++)
        TRY(take_list(t[i], &path, c->xy == DEEPLESION_XY_TRUE, kind, out));
    TRY(made_compare(set, out));
out:
    return st;
}

static status one_table(const struct tool *tool)
{
    status st = OK;

    ENSURE(tool->n_args == 2, ERR_USAGE, "%s: one TABLE is needed, %zu given",
           tool->args[0], tool->n_args - 1);
out:
    return st;
}

static status deeplesion(const struct tool *tool,
                         const struct build_conf *c,
                         struct csv *const *t,
                         struct made *out)
{
    static const char *const not_here[] = {"scans", "seeds", NULL};
    static const char *const paths[] = {"strip", NULL};
    const struct deeplesion_conf conf = {c->max_spacing,
                                         (enum deeplesion_z)c->z,
                                         (enum deeplesion_xy)c->xy,
                                         (enum deeplesion_split)c->split,
                                         (enum deeplesion_numbers)c->numbers,
                                         (uint32_t)c->seed,
                                         c->prefix};
    status st = OK;

    TRY(refuse(tool, not_here, "for deeplesion"));
    if (csv_find(t[0], "coordX") >= 0) {
        TRY(take(tool, c, t, "deeplesion", COUNT_DEEPLESION, out));
        goto out;
    }
    TRY(refuse(tool, paths, "for DL_info.csv, which has no paths"));
    TRY(one_table(tool));
    TRY(deeplesion_build(t[0], &conf, out));
out:
    return st;
}

static status luna16(const struct tool *tool,
                     const struct build_conf *c,
                     struct csv *const *t,
                     struct made *out)
{
    static const char *const not_here[] = {"max-spacing", "z", "xy", "seeds",
                                           NULL};
    const struct luna16_conf conf = {c->scans, path_of(c), c->split == 1,
                                     c->numbers == 1, (uint32_t)c->seed};
    const char *base = strrchr(tool->args[1], '/');
    status st = OK;

    TRY(refuse(tool, not_here, "for luna16"));
    base = base ? base + 1 : tool->args[1];
    if (strncmp(base, "task2_", 6) == 0) {
        TRY(take(tool, c, t, "luna16", COUNT_LUNA16, out));
        goto out;
    }
    TRY(one_table(tool));
    TRY(luna16_build(t[0], &conf, out));
out:
    return st;
}

static status survival(const struct tool *tool,
                       const struct build_conf *c,
                       struct csv *const *t,
                       struct made *out)
{
    static const char *const not_here[] = {
        "max-spacing", "z", "xy", "split", "seed", "numbers", "scans", NULL};
    const struct take_path path = path_of(c);
    struct csv *seeds = NULL;
    status st = OK;

    TRY(refuse(tool, not_here, "for lung1 and radio"));
    TRY(one_table(tool));
    if (c->seeds[0])
        TRY(csv_read(c->seeds, &seeds));
    TRY(survival_build(tool->args[0][0] == 'l' ? COHORT_LUNG1 : COHORT_RADIO,
                       t[0], seeds, &path, out));
out:
    csv_free(seeds);
    return st;
}

static const struct {
    const char *name;
    status (*build)(const struct tool *tool,
                    const struct build_conf *c,
                    struct csv *const *t,
                    struct made *out);
} SETS[] = {
    {"deeplesion", deeplesion},
    {"luna16", luna16},
    {"lung1", survival},
    {"radio", survival},
};
enum { N_SETS = sizeof SETS / sizeof SETS[0] };

static status find_set(const char *name, int *out)
{
    status st = OK;

    for (*out = 0; *out < N_SETS; (*out)++)
        if (strcmp(SETS[*out].name, name) == 0)
            return OK;
    ENSURE(false, ERR_USAGE,
           "no set \"%s\"; deeplesion, luna16, lung1 and radio are known",
           name);
out:
    return st;
}

/* Members of lists.json: the set, the switches, the tables by digest. */
static status
put_how(const struct tool *tool, const struct build_conf *c, struct text *t)
{
    status st = OK;
    struct text dump = {0};
    char *line;
    char *save = NULL;

    text_add(t,
             "  \"program\": \"fmcib-data build " FMCIB_VERSION "\",\n"
             "  \"set\": \"%s\",\n  \"switches\": {",
             tool->args[0]);
    conf_dump(tool->conf, false, &dump);
    TRY(text_status(&dump));
    line = strtok_r(dump.s, "\n", &save);
    for (int i = 0; line; line = strtok_r(NULL, "\n", &save), i++) {
        char *value = strstr(line, ": ");

        BUG_IF(!value);
        *value = '\0';
        text_add(t, "%s\n    ", i ? "," : "");
        text_json(t, line);
        text_add(t, ": ");
        if (strchr("0123456789\"", value[2]))
            text_add(t, "%s", value + 2); /* a number, a quoted text */
        else
            text_json(t, value + 2);
    }
    text_add(t, "\n  },\n  \"tables\": [");
    for (size_t i = 1; i < tool->n_args + (c->seeds[0] != '\0'); i++) {
        const char *path = i < tool->n_args ? tool->args[i] : c->seeds;
        const char *base = strrchr(path, '/');
        struct sums sums;

        TRY(sums_of_file(path, 1U << SUM_SHA256, &sums));
        text_add(t, "%s\n    {\"name\": ", i > 1 ? "," : "");
        text_json(t, base ? base + 1 : path);
        text_add(t, ", \"sha256\": \"%s\"}", sums.hex[SUM_SHA256]);
    }
    text_add(t, "\n  ]");
    TRY(text_status(t));
out:
    text_free(&dump);
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    const struct build_conf *c = ctx;
    struct csv *t[MOST_TABLES] = {NULL};
    struct made m = {0};
    struct text how = {0};
    struct text shown = {0};
    int set = 0;
    status st = OK;

    TRY(find_set(tool->args[0], &set));
    for (size_t i = 1; i < tool->n_args; i++)
        TRY(csv_read(tool->args[i], &t[i - 1]));
    TRY(SETS[set].build(tool, c, t, &m));
    TRY(put_how(tool, c, &how));
    TRY(made_write(&m, c->out, how.s));
    made_summary(&m, &shown);
    TRY(text_status(&shown));
    if (!tool->quiet)
        (void)fputs(shown.s, stdout);
    TRY(made_gate(&m));
out:
    for (int i = 0; i < MOST_TABLES; i++)
        csv_free(t[i]);
    made_free(&m);
    text_free(&how);
    text_free(&shown);
    return st;
}

int data_build(int argc, char **argv)
{
    struct build_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-data build",
        .args = "SET TABLE...",
        .what = "Make the study's lists of a data set from its tables, or take "
                "its published lists with other paths. SET and TABLE: "
                "deeplesion DL_info.csv; luna16 luna16_annotations.csv (with "
                "--scans) or luna16_training_annotations.csv; lung1 or radio "
                "the study's list, or the clinical table with --seeds; or the "
                "published lists themselves. What the published lists do that "
                "one would not expect is a switch each; the defaults give "
                "them, digit for digit. Exit status 11: written, but the "
                "counts are not the published ones.",
        .args_min = 2,
        .args_max = 1 + MOST_TABLES,
        .rows = ROWS,
        .n_rows = N_ROWS,
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
