#include "app/search_write.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "app/linear_file.h"
#include "app/prediction.h"
#include "app/search_study.h"
#include "det/digest.h"
#include "store/checkpoint.h"

/* Publish under a name in the run folder; a finished file stays as it is. */
static status publish(const struct search_result *r,
                      const char *name,
                      struct text *t,
                      char **out_path)
{
    char *path = NULL;
    char *old = NULL;
    size_t len = 0;
    status st = OK;

    TRY(text_status(t));
    TRY(run_path(r->run, name, &path));
    if (file_exists(path)) {
        TRY(file_read(path, t->len + 1, &old, &len));
        ENSURE(len == t->len && !memcmp(old, t->s, len), ERR_RUN,
               "%s: holds another result; take another --out", path);
    } else {
        TRY(file_publish(path, t->s, t->len));
    }
    if (out_path) {
        *out_path = path;
        path = NULL;
    }
out:
    mem_free(old);
    mem_free(path);
    return st;
}

static void
put_params(const struct search_result *r, uint32_t trial, struct text *t)
{
    search_params(r->space, study_trial(r->study, trial)->x, t);
}

status search_write_best(const struct search_result *r)
{
    struct text t = {0};
    status st = OK;

    text_add(&t, "{");
    put_params(r, r->best, &t);
    text_add(&t, "}\n");
    TRY(publish(r, "best_params.json", &t, NULL));
out:
    text_free(&t);
    return st;
}

/* ---- model.nc ---- */

static void class_list(const struct search_data *d, struct text *t)
{
    text_add(t, "[");
    for (uint32_t c = 0; c < d->classes; c++) {
        text_add(t, c ? ", " : "");
        text_json(t, d->class_name[c]);
    }
    text_add(t, "]");
}

/* What the files of the model hold, borrowed from the result. */
static void model_of(const struct search_result *r, struct linear_file *m)
{
    const struct search_set *train = &r->data->set[SPLIT_TRAIN];
    const struct search_input *in = r->input;

    *m = (struct linear_file){
        .classes = r->data->classes,
        .class_name = r->data->class_name,
        .label = (char *)in->label,
        .years = in->years,
        .time = (char *)in->time,
        .event = (char *)in->event,
        .parts = train->parts,
        .scaler = (struct scaler *)search_model_scaler(r->model),
        .fit = (struct logistic_model *)r->fit};
    for (uint32_t k = 0; k < train->parts; k++) {
        m->part_dim[k] = train->part[k]->dim;
        memcpy(m->part_weights[k], train->part[k]->weights, SHA256_HEX);
    }
}

status search_write_model(const struct search_result *r)
{
    struct linear_file m;
    struct ckpt *old = NULL;
    struct text t = {0};
    char *path = NULL;
    status st = OK;

    model_of(r, &m);
    TRY(run_path(r->run, "model.nc", &path));
    if (file_exists(path)) {
        TRY(ckpt_open(path, "linear-model", &old));
        const char *id = ckpt_text(old, "run_id");
        ENSURE(id && !strcmp(id, r->run->run_id), ERR_RUN,
               "%s: is the model of another run; take another --out", path);
        TRY(ckpt_verify(old));
        memcpy(m.digest, ckpt_digest(old), SHA256_HEX);
    } else {
        TRY(linear_file_write(path, &m, r->run->run_id, m.digest));
    }
    linear_file_json(&m, &t);
    TRY(publish(r, "model.json", &t, NULL));
out:
    ckpt_close(old);
    text_free(&t);
    mem_free(path);
    return st;
}

/* ---- predictions ---- */

status search_write_predictions(const struct search_result *r,
                                enum search_split split)
{
    const struct search_set *set = &r->data->set[split];
    const struct prediction p = {.set = set,
                                 .dim = r->features ? r->data->dim : 0,
                                 .classes = r->data->classes,
                                 .class_name = r->data->class_name,
                                 .proba = r->proba[split]};
    struct text t = {0};
    struct text name = {0};
    status st = OK;

    if (set->rows == 0)
        goto out;
    prediction_csv(&p, &t);
    text_add(&name, "%s_results.csv", search_split_name(split));
    TRY(text_status(&name));
    TRY(publish(r, name.s, &t, NULL));
out:
    text_free(&name);
    text_free(&t);
    return st;
}

/* ---- study.json ---- */

static status digest_result(const struct search_result *r,
                            char digest[SHA256_HEX])
{
    const struct logistic_model *m = r->fit;
    struct digest *d = NULL;
    status st = OK;

    TRY(digest_new(&d));
    digest_text(d, "data", r->data->digest);
    study_digest(r->study, d);
    digest_i64(d, "best", r->best);
    uint64_t coef[2] = {m->columns, m->p};
    digest_array(d, "coef", DIGEST_F64, 2, coef, m->coef);
    digest_array(d, "intercept", DIGEST_F64, 1, coef, m->intercept);
    for (int s = SPLIT_VAL; s < SPLITS; s++) {
        uint64_t dim[2] = {r->data->set[s].rows, r->data->classes};
        if (dim[0] > 0)
            digest_array(d, search_split_name((enum search_split)s), DIGEST_F64,
                         2, dim, r->proba[s]);
    }
    digest_end(d, digest);
out:
    digest_free(d);
    return st;
}

/* A number, or null where there is none. */
static void put_json(struct text *t, double v)
{
    if (isfinite(v))
        text_double(t, v);
    else
        text_add(t, "null");
}

static status put_metrics(const struct search_result *r,
                          enum search_split split,
                          struct text *t)
{
    const struct search_set *set = &r->data->set[split];
    enum metric ap = r->data->classes == 2 ? METRIC_AP : METRIC_MAP;
    const enum metric list[] = {METRIC_AUC, ap, METRIC_BA, METRIC_ACC};
    struct scored *s = NULL;
    double v = 0;
    status st = OK;

    TRY(scored_new(set->y, r->proba[split], set->rows, r->data->classes, &s));
    text_add(t, "{");
    for (int i = 0; i < 4; i++) {
        TRY(scored_metric(s, list[i], NULL, 0, &v));
        text_add(t, "%s\"%s\": ", i ? ", " : "", metric_name(list[i]));
        put_json(t, v);
    }
    text_add(t, "}");
out:
    scored_free(s);
    return st;
}

static void put_history(const struct search_result *r, struct text *t)
{
    uint32_t n = study_told(r->study);

    text_add(t, "  \"history\": [\n");
    for (uint32_t k = 0; k < n; k++) {
        const struct trial *a = study_trial(r->study, k);
        text_add(t, "    {\"number\": %u, \"state\": \"%s\", ", k,
                 trial_state_name(a->state));
        size_t there = t->len;
        put_params(r, k, t);
        text_add(t, "%s\"value\": ", t->len > there ? ", " : "");
        put_json(t, a->state == TRIAL_COMPLETE ? a->value : (double)NAN);
        text_add(t, "}%s\n", k + 1 < n ? "," : "");
    }
    text_add(t, "  ]\n");
}

static void put_model_facts(const struct search_result *r, struct text *t)
{
    text_add(t, "  \"model\": {\"C\": ");
    text_double(t, r->fit->c);
    text_add(t, ", \"features\": %u, \"loss_sum\": ", r->fit->p);
    text_double(t, r->fit->loss_sum);
    text_add(t, ", \"gradient_relative\": ");
    text_double(t, r->fit->grad_rel);
    text_add(t, ", \"steps\": %u, \"end\": \"%s\"},\n", r->fit->steps,
             logistic_end_name(r->fit->end));
}

/* Patients in two splits, were it allowed; rows without a class. */
static void put_data_facts(const struct search_data *d, struct text *t)
{
    static const char *const name[] = {"train_val", "train_test", "val_test"};

    text_add(t, "  \"patients\": {\"column\": ");
    text_json(t, d->patient ? d->patient : "");
    for (int k = 0; k < SPLITS; k++)
        text_add(t, ", \"%s\": [%u, %u]", name[k], d->shared[k][0],
                 d->shared[k][1]);
    text_add(t, "},\n  \"left_out\": %u,\n", d->left_out);
}

static void put_best(const struct search_result *r, struct text *t)
{
    text_add(t, "  \"best\": {\"number\": %u, \"value\": ", r->best);
    text_double(t, study_trial(r->study, r->best)->value);
    text_add(t, ", \"params\": {");
    put_params(r, r->best, t);
    text_add(t, "}},\n");
}

static void put_rows(const struct search_result *r, struct text *t)
{
    text_add(t, "  \"rows\": {\"train\": %u, \"val\": %u, \"test\": %u},\n",
             r->data->set[SPLIT_TRAIN].rows, r->data->set[SPLIT_VAL].rows,
             r->data->set[SPLIT_TEST].rows);
    text_add(t, "  \"label\": ");
    text_json(t, r->input->label);
    text_add(t, ",\n  \"classes\": ");
    class_list(r->data, t);
    text_add(t, ",\n");
}

status search_write_study(const struct search_result *r,
                          char digest[SHA256_HEX],
                          char **path)
{
    struct text t = {0};
    status st = OK;

    TRY(digest_result(r, digest));
    text_add(&t, "{\n  \"digest\": \"%s\",\n", digest);
    text_add(&t, "  \"run_id\": \"%s\",\n", r->run->run_id);
    text_add(&t, "  \"data\": \"%s\",\n", r->data->digest);
    text_add(&t, "  %s,\n", r->setting);
    text_add(&t, "  \"objective\": \"%s\",\n", metric_name(r->objective));
    text_add(&t, "  \"folds\": %u,\n", r->folds);
    put_rows(r, &t);
    put_data_facts(r->data, &t);
    put_best(r, &t);
    put_model_facts(r, &t);
    text_add(&t, "  \"metrics\": {");
    bool first = true;
    for (int s = SPLIT_VAL; s < SPLITS; s++) {
        if (r->data->set[s].rows == 0)
            continue;
        text_add(&t, "%s\"%s\": ", first ? "" : ", ",
                 search_split_name((enum search_split)s));
        TRY(put_metrics(r, (enum search_split)s, &t));
        first = false;
    }
    text_add(&t, "},\n");
    put_history(r, &t);
    text_add(&t, "}\n");
    TRY(publish(r, "study.json", &t, path));
out:
    text_free(&t);
    return st;
}
