/* fmcib-data perturb LIST: lists of seeds moved at random, one a trial. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"

#include "app/data.h"
#include "app/tool.h"
#include "det/stream.h"

enum { AXES = 3 };

struct perturb_conf {
    int64_t trials, seed;
    double sd_mm;
    const char *out;
};

#define AT(m) CONF_AT(struct perturb_conf, m)
static const struct conf_row ROWS[] = {
    {"trials", CONF_I64, AT(trials), "50", 1, 10000, NULL, "N", IDENTITY,
     "lists to make"},
    {"sd-mm", CONF_F64, AT(sd_mm), "4", 0, 1000, NULL, "MM", IDENTITY,
     "standard deviation of a coordinate's move: variance 16 in the study"},
    {"seed", CONF_I64, AT(seed), "0", 0, 9e15, NULL, "N", IDENTITY,
     "seed of the moves"},
    {"out", CONF_TEXT, AT(out), "", 1, 0, NULL, "DIR", PLACEMENT,
     "folder of the lists; empty: that of the list, so that relative paths "
     "stay right"},
};
#undef AT
enum { N_ROWS = sizeof ROWS / sizeof ROWS[0] };

/* DIR/<name of the list>_trial<k>.csv */
static status
name_of(const char *list, const char *dir, uint32_t trial, struct text *out)
{
    const char *slash = strrchr(list, '/');
    const char *base = slash ? slash + 1 : list;
    size_t n = strlen(base);

    if (n > 4 && strcmp(base + n - 4, ".csv") == 0)
        n -= 4;
    if (*dir)
        text_add(out, "%s/", dir);
    else
        text_put(out, list, (size_t)(base - list));
    text_add(out, "%.*s_trial%" PRIu32 ".csv", (int)n, base, trial);
    return text_status(out);
}

static void put_header(const struct csv *t, struct text *out)
{
    for (uint32_t c = 0; c < csv_cols(t); c++) {
        text_put(out, ",", c > 0);
        csv_put(out, csv_name(t, c));
    }
    text_put(out, "\n", 1);
}

/* The row with its coordinates moved; other cells as they stand. */
static status put_row(const struct csv *t,
                      const struct perturb_conf *c,
                      const uint32_t axis[AXES],
                      uint32_t trial,
                      uint32_t row,
                      struct text *out)
{
    status st = OK;
    struct stream s =
        stream_at((uint64_t)c->seed, STREAM_PERTURB, trial, row, 0);
    double move[AXES];

    for (int k = 0; k < AXES; k++)
        move[k] = c->sd_mm * stream_normal(&s);
    for (uint32_t col = 0; col < csv_cols(t); col++) {
        double v = 0.0;
        int k = 0;

        text_put(out, ",", col > 0);
        while (k < AXES && axis[k] != col)
            k++;
        if (k == AXES) {
            csv_put(out, csv_cell(t, row, col));
            continue;
        }
        TRY(csv_f64(t, row, col, &v));
        text_double(out, v + move[k]);
    }
    text_put(out, "\n", 1);
out:
    return st;
}

static status one_trial(const struct csv *t,
                        const struct perturb_conf *c,
                        const uint32_t axis[AXES],
                        uint32_t trial,
                        const char *path)
{
    status st = OK;
    struct text s = {0};

    put_header(t, &s);
    for (uint32_t row = 0; row < csv_rows(t); row++)
        TRY(put_row(t, c, axis, trial, row, &s));
    TRY(text_status(&s));
    TRY(file_publish(path, s.s, s.len));
out:
    text_free(&s);
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    static const char *const name[AXES] = {"coordX", "coordY", "coordZ"};
    const struct perturb_conf *c = ctx;
    status st = OK;
    struct csv *t = NULL;
    uint32_t axis[AXES];
    struct text path = {0};

    TRY(csv_read(tool->args[0], &t));
    for (int k = 0; k < AXES; k++)
        TRY(csv_need(t, name[k], &axis[k]));
    if (*c->out)
        TRY(file_mkdirs(c->out));
    for (uint32_t k = 0; k < (uint32_t)c->trials; k++) {
        text_free(&path);
        TRY(name_of(tool->args[0], c->out, k, &path));
        TRY(one_trial(t, c, axis, k, path.s));
    }
    if (!tool->quiet)
        (void)printf("%" PRId64 " lists of %" PRIu32 " rows, the last: %s\n",
                     c->trials, csv_rows(t), path.s);
out:
    csv_free(t);
    text_free(&path);
    return st;
}

int data_perturb(int argc, char **argv)
{
    struct perturb_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-data perturb",
        .args = "LIST",
        .what = "Write LIST_trial0.csv and so on with every coordinate of the "
                "seeds moved by normal numbers of its own, for the study of "
                "stability (50 trials, variance 16 mm^2). The same seed gives "
                "the same lists everywhere.",
        .args_min = 1,
        .args_max = 1,
        .rows = ROWS,
        .n_rows = N_ROWS,
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
