/* fmcib-predict: a model of fmcib-search on other features. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "app/linear_file.h"
#include "app/prediction.h"
#include "app/search_label.h"
#include "app/tool.h"

struct predict_conf {
    const char *out;
    const char *label;
    bool bare, mixed;
};

#define AT(m) CONF_AT(struct predict_conf, m)
static const struct conf_row ROWS[] = {
    {"out", CONF_TEXT, AT(out), "", 1, 0, NULL, "FILE.csv", PLACEMENT,
     "the predictions; a file that is there is not written over"},
    {"label", CONF_TEXT, AT(label), "", 1, 0, NULL, "COLUMN", PLACEMENT,
     "column of the class for the column target; empty: as in the model, "
     "none if there is no such column"},
    {"bare", CONF_BOOL, AT(bare), "false", 1, 0, NULL, "", PLACEMENT,
     "without the pred_ columns"},
    {"mixed", CONF_BOOL, AT(mixed), "false", 1, 0, NULL, "", PLACEMENT,
     "take features made with other weights than those of the model"},
};
#undef AT
enum { N_ROWS = sizeof ROWS / sizeof ROWS[0] };

/* Can the column target be made of the first table? */
static bool has_target(const struct search_set *set,
                       const struct linear_file *m,
                       const char *label)
{
    const struct features *f = set->part[0];

    if (m->years > 0)
        return features_find(f, m->time) >= 0 &&
               features_find(f, m->event) >= 0;
    return features_find(f, label) >= 0;
}

/* The tables, their rows and, where the table has it, the class. Survival
 * leaves out who has none, but only where it can be known. */
static status read_tables(const struct tool *tool,
                          const struct predict_conf *c,
                          const struct linear_file *m,
                          struct search_data *d)
{
    struct text list = {0};
    struct search_set *set = &d->set[SPLIT_TEST];
    struct search_input in = {.label = c->label[0] ? c->label : m->label,
                              .split = "split",
                              .percent = 100,
                              .time = m->time,
                              .event = m->event};
    status st = OK;

    for (size_t k = 1; k < tool->n_args; k++)
        text_add(&list, "%s%s", k > 1 ? "," : "", tool->args[k]);
    TRY(text_status(&list));
    in.file[SPLIT_TEST] = list.s;
    TRY(search_set_read(&in, SPLIT_TEST, set, &d->left_out));
    TRY(linear_file_check(m, set, tool->args + 1, c->mixed));
    ENSURE(!c->label[0] || features_find(set->part[0], c->label) >= 0, ERR_DATA,
           "%s: no column \"%s\" (--label)", tool->args[1], c->label);
    if (!has_target(set, m, in.label))
        goto out;
    in.years = m->years;
    if (m->years > 0) {
        search_set_clear(set);
        TRY(search_set_read(&in, SPLIT_TEST, set, &d->left_out));
    }
    TRY(search_label_set(&in, d, SPLIT_TEST));
out:
    text_free(&list);
    return st;
}

static status write_csv(const char *path, const struct prediction *p)
{
    struct text t = {0};
    status st = OK;

    prediction_csv(p, &t);
    TRY(text_status(&t));
    TRY(file_publish(path, t.s, t.len));
out:
    text_free(&t);
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    const struct predict_conf *c = ctx;
    struct linear_file *m = NULL;
    struct search_data *d = NULL;
    double *x = NULL;
    double *proba = NULL;
    status st = OK;

    ENSURE(c->out[0], ERR_CONF, "--out FILE.csv says where to write");
    ENSURE(!file_exists(c->out), ERR_FILE,
           "%s: is there already; it is not written over", c->out);
    TRY(linear_file_read(tool->args[0], &m));
    TRY(mem_new(1, sizeof *d, &d));
    d->classes = m->classes;
    d->class_name = m->class_name;
    TRY(read_tables(tool, c, m, d));
    const struct search_set *set = &d->set[SPLIT_TEST];
    TRY(mem_raw((size_t)set->rows * m->fit->p, sizeof *x, &x));
    TRY(mem_raw((size_t)set->rows * m->classes, sizeof *proba, &proba));
    scaler_apply(m->scaler, set->x, set->rows, x);
    logistic_proba(m->fit, x, set->rows, proba);
    TRY(write_csv(c->out, &(struct prediction){.set = set,
                                               .dim = c->bare ? 0 : m->fit->p,
                                               .classes = m->classes,
                                               .class_name = m->class_name,
                                               .proba = proba}));
    if (!tool->quiet)
        (void)printf("%s  %" PRIu32 " rows, %" PRIu32 " left out, %s\n", c->out,
                     set->rows, d->left_out,
                     set->y ? "with target" : "no target");
out:
    if (d)
        d->class_name = NULL; /* the model's */
    search_data_free(d);
    linear_file_free(m);
    mem_free(x);
    mem_free(proba);
    return st;
}

int main(int argc, char **argv)
{
    struct predict_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-predict",
        .args = "MODEL FEATURES...",
        .what = "Class probabilities of features (CSV or NetCDF of "
                "fmcib-extract; several are joined side by side) by a model "
                "of fmcib-search, model.nc or model.json, in the layout of "
                "its test_results.csv.",
        .args_min = 2,
        .args_max = 1 + SEARCH_PARTS,
        .rows = ROWS,
        .n_rows = N_ROWS,
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
