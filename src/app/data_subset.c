/* fmcib-data subset LIST: parts of a list, each within the larger ones. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"

#include "app/data.h"
#include "app/tool.h"
#include "lists/subset.h"

struct subset_conf {
    struct conf_list percent;
    const char *by, *out;
    int64_t seed;
};

#define AT(m) CONF_AT(struct subset_conf, m)
static const struct conf_row ROWS[] = {
    {"percent", CONF_F64S, AT(percent), "[10, 20, 50]", 0.01, 100, NULL,
     "[P, ...]", IDENTITY, "sizes of the parts"},
    {"by", CONF_TEXT, AT(by), "", 1, 0, NULL, "COLUMN", IDENTITY,
     "keep the shares of this label's classes"},
    {"seed", CONF_I64, AT(seed), "0", 0, 9e15, NULL, "N", IDENTITY,
     "seed of the choice"},
    {"out", CONF_TEXT, AT(out), "", 1, 0, NULL, "DIR", PLACEMENT,
     "folder of the parts; empty: that of the list, so that relative paths "
     "stay right"},
};
#undef AT
enum { N_ROWS = sizeof ROWS / sizeof ROWS[0] };

static void put_record(const struct csv *t, int64_t row, struct text *out)
{
    for (uint32_t c = 0; c < csv_cols(t); c++) {
        text_put(out, ",", c > 0);
        csv_put(out, row < 0 ? csv_name(t, c) : csv_cell(t, (uint32_t)row, c));
    }
    text_put(out, "\n", 1);
}

/* DIR/<name of the list>_<percent>.csv */
static status name_of(const char *list,
                      const struct subset_conf *c,
                      double percent,
                      struct text *out)
{
    const char *base = strrchr(list, '/');
    size_t n;

    base = base ? base + 1 : list;
    n = strlen(base);
    if (n > 4 && strcmp(base + n - 4, ".csv") == 0)
        n -= 4;
    if (c->out[0])
        text_add(out, "%s/", c->out);
    else
        text_put(out, list, (size_t)(base - list));
    text_add(out, "%.*s_%g.csv", (int)n, base, percent);
    return text_status(out);
}

/* The first n rows of the order, as they stand in the list. */
static status publish(const struct csv *t,
                      const uint32_t *order,
                      uint32_t n,
                      const char *path)
{
    status st = OK;
    struct text s = {0};
    bool *in = NULL;

    TRY(mem_new(csv_rows(t), sizeof *in, &in));
    for (uint32_t i = 0; i < n; i++)
        in[order[i]] = true;
    put_record(t, -1, &s);
    for (uint32_t i = 0; i < csv_rows(t); i++)
        if (in[i])
            put_record(t, i, &s);
    TRY(text_status(&s));
    TRY(file_publish(path, s.s, s.len));
out:
    mem_free(in);
    text_free(&s);
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    const struct subset_conf *c = ctx;
    status st = OK;
    struct csv *t = NULL;
    uint32_t *order = NULL;
    struct text path = {0};

    TRY(csv_read(tool->args[0], &t));
    TRY(mem_new(csv_rows(t), sizeof *order, &order));
    TRY(subset_order(t, c->by[0] ? c->by : NULL, (uint64_t)c->seed, order));
    if (c->out[0])
        TRY(file_mkdirs(c->out));
    for (uint32_t i = 0; i < c->percent.n; i++) {
        uint32_t n = subset_rows(csv_rows(t), c->percent.v.f[i]);

        text_free(&path);
        TRY(name_of(tool->args[0], c, c->percent.v.f[i], &path));
        TRY(publish(t, order, n, path.s));
        if (!tool->quiet)
            (void)printf("%s  %" PRIu32 " of %" PRIu32 " rows\n", path.s, n,
                         csv_rows(t));
    }
out:
    csv_free(t);
    mem_free(order);
    text_free(&path);
    return st;
}

int data_subset(int argc, char **argv)
{
    struct subset_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-data subset",
        .args = "LIST",
        .what = "Write parts of a list as LIST_10.csv and so on. A smaller "
                "part lies within every larger one; the same seed gives the "
                "same rows everywhere. (Which rows the study chose for its 10, "
                "20 and 50 percent is not published; the rule is in "
                "src/lists/subset.h.)",
        .args_min = 1,
        .args_max = 1,
        .rows = ROWS,
        .n_rows = N_ROWS,
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
