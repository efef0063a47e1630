/* What a finished search over trainings leaves: predictions, weights and
 * settings of the best trial, the table of trials, study.json. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"

#include "app/search_tune_impl.h"
#include "det/digest.h"
#include "store/checkpoint.h"

struct result {
    struct tuning *t;
    const struct study *study;
    const struct search_rules *rules;
    int64_t seed;
    uint32_t best;
    const double *x; /* of the best trial */
    struct tune_settings settings;
    struct finetune_score score[2]; /* validation, test */
    char weights[SHA256_HEX];
};

static bool is_first(const struct result *r)
{
    return par_rank(r->t->run->par) == 0;
}

static const struct space *space_of(const struct result *r)
{
    return key_space_of(r->t->space);
}

static status publish(const struct result *r, const char *name, struct text *t)
{
    char *path = NULL;
    status st = OK;

    TRY(text_status(t));
    TRY(run_path(r->t->run, name, &path));
    TRY(file_publish_same(path, t->s, t->len));
out:
    mem_free(path);
    return st;
}

static void put_number(struct text *t, double v)
{
    if (isfinite(v))
        text_double(t, v);
    else
        text_add(t, "null");
}

/* ---- weights and settings ---- */

/* The trial's own file under a second name; a copy where there are no links. */
static status link_weights(struct result *r, const char *from)
{
    enum { WEIGHTS_MAX = 1 << 30 };
    struct ckpt *c = NULL;
    char *to = NULL;
    char *bytes = NULL;
    size_t len = 0;
    status st = OK;

    TRY(ckpt_open(from, "weights", &c));
    memcpy(r->weights, ckpt_digest(c), SHA256_HEX);
    TRY(run_path(r->t->run, "weights.nc", &to));
    if (!file_exists(to) && link(from, to) != 0) {
        TRY(file_read(from, (size_t)WEIGHTS_MAX * 8, &bytes, &len));
        TRY(file_publish(to, bytes, len));
    }
    ckpt_close(c);
    c = NULL;
    TRY(ckpt_open(to, "weights", &c));
    ENSURE(strcmp(ckpt_digest(c), r->weights) == 0, ERR_RUN,
           "%s: holds other weights than those of trial %u; take another --out",
           to, r->best);
    TRY(run_result(r->t->run, "weights", r->weights, to));
out:
    ckpt_close(c);
    mem_free(bytes);
    mem_free(to);
    return st;
}

/* best.yaml has places in it, so it may change with them. */
static status write_settings(const struct result *r)
{
    struct text t = {0};
    char *path = NULL;
    status st = OK;

    text_add(&t,
             "# Trial %u, the best of its search: fmcib-finetune --config "
             "best.yaml trains it again.\n",
             r->best);
    conf_dump(r->settings.conf, true, &t);
    TRY(text_status(&t));
    TRY(run_path(r->t->run, "best.yaml", &path));
    TRY(file_publish(path, t.s, t.len));
out:
    mem_free(path);
    text_free(&t);
    return st;
}

/* ---- trials.csv ---- */

static void put_value(struct text *t, double v)
{
    text_add(t, ",");
    if (!isnan(v))
        text_double(t, v);
}

static void put_trial(const struct result *r, uint32_t k, struct text *t)
{
    const struct trial *a = study_trial(r->study, k);
    struct text cell = {0};

    text_add(t, "%u,%s", k, trial_state_name(a->state));
    put_value(t, a->state == TRIAL_COMPLETE ? a->value : (double)NAN);
    text_add(t, ",%u", a->n_reports);
    for (uint32_t p = 0; p < space_of(r)->n; p++) {
        cell.len = 0;
        if (!isnan(a->x[p]))
            key_space_value(r->t->space, p, a->x[p], &cell);
        text_add(t, ",");
        csv_put(t, cell.len ? cell.s : "");
    }
    text_add(t, ",");
    csv_put(t, a->state == TRIAL_FAIL ? study_reason(r->study, k) : "");
    text_add(t, "\n");
    text_free(&cell);
}

static status write_trials(const struct result *r)
{
    struct text t = {0};
    status st = OK;

    text_add(&t, "number,state,value,validations");
    for (uint32_t p = 0; p < space_of(r)->n; p++)
        text_add(&t, ",%s", space_of(r)->params[p].name);
    text_add(&t, ",reason\n");
    for (uint32_t k = 0; k < study_told(r->study); k++)
        put_trial(r, k, &t);
    TRY(publish(r, "trials.csv", &t));
out:
    text_free(&t);
    return st;
}

/* ---- study.json ---- */

static void put_params(const struct result *r, const double *x, struct text *t)
{
    text_add(t, "{");
    search_params(space_of(r), x, t);
    text_add(t, "}");
}

static void put_history(const struct result *r, struct text *t)
{
    uint32_t n = study_told(r->study);

    text_add(t, "  \"history\": [\n");
    for (uint32_t k = 0; k < n; k++) {
        const struct trial *a = study_trial(r->study, k);

        text_add(t, "    {\"number\": %u, \"state\": \"%s\", \"params\": ", k,
                 trial_state_name(a->state));
        put_params(r, a->x, t);
        text_add(t, ", \"value\": ");
        put_number(t, a->state == TRIAL_COMPLETE ? a->value : (double)NAN);
        text_add(t, ", \"reports\": [");
        for (uint32_t i = 0; i < a->n_reports; i++) {
            text_add(t, "%s[%lld, ", i ? ", " : "",
                     (long long)a->reports[i].step);
            put_number(t, a->reports[i].value);
            text_add(t, "]");
        }
        text_add(t, "]}%s\n", k + 1 < n ? "," : "");
    }
    text_add(t, "  ]\n");
}

static void put_score(const struct finetune_score *s, struct text *t)
{
    const double v[] = {s->loss, s->auc, s->ap, s->map, s->ba, s->acc};
    static const char *const names[] = {"loss", "auc", "ap",
                                        "map",  "ba",  "acc"};

    text_add(t, "{");
    for (int i = 0; i < 6; i++) {
        text_add(t, "%s\"%s\": ", i ? ", " : "", names[i]);
        put_number(t, v[i]);
    }
    text_add(t, "}");
}

static void put_metrics(const struct result *r, struct text *t)
{
    text_add(t, "  \"rows\": {\"val\": %u, \"test\": %u},\n", r->score[0].rows,
             r->score[1].rows);
    text_add(t, "  \"metrics\": {\"val\": ");
    put_score(&r->score[0], t);
    if (r->score[1].rows > 0) {
        text_add(t, ", \"test\": ");
        put_score(&r->score[1], t);
    }
    text_add(t, "},\n");
}

static void put_classes(const struct result *r, struct text *t)
{
    const struct train_conf *c = &r->settings.job.train;
    int64_t n = c->loss == TUNE_BCE ? 2 : c->head.v.i[c->head.n - 1];

    text_add(t, "  \"label\": ");
    text_json(t, c->label);
    text_add(t, ",\n  \"classes\": [");
    for (int64_t k = 0; k < n; k++)
        text_add(t, "%s\"%" PRId64 "\"", k ? ", " : "", c->first_label + k);
    text_add(t, "],\n");
}

static status digest_result(const struct result *r, char digest[SHA256_HEX])
{
    struct digest *d = NULL;
    status st = OK;

    TRY(digest_new(&d));
    digest_text(d, "data", r->t->data);
    study_digest(r->study, d);
    digest_i64(d, "best", r->best);
    digest_text(d, "weights", r->weights);
    for (int i = 0; i < 2; i++) {
        digest_f64(d, "loss", r->score[i].loss);
        digest_f64(d, "auc", r->score[i].auc);
    }
    digest_end(d, digest);
out:
    digest_free(d);
    return st;
}

static status write_study(const struct result *r)
{
    struct text t = {0};
    char digest[SHA256_HEX];
    char *path = NULL;
    status st = OK;

    TRY(digest_result(r, digest));
    text_add(&t, "{\n  \"digest\": \"%s\",\n", digest);
    text_add(&t, "  \"run_id\": \"%s\",\n", r->t->run->run_id);
    text_add(&t, "  \"data\": \"%s\",\n  ", r->t->data);
    search_setting(r->t->keys, r->seed, r->rules, &t);
    text_add(&t, ",\n  \"over\": \"finetune\",\n");
    text_add(&t, "  \"objective\": \"%s\",\n", tune_metric(&r->settings));
    text_add(&t, "  \"validation\": \"%s\",\n",
             r->t->conf->value == TUNE_BEST ? "best" : "last");
    text_add(&t, "  \"direction\": \"%s\",\n",
             tune_minimises(&r->settings) ? "minimise" : "maximise");
    put_classes(r, &t);
    text_add(&t, "  \"best\": {\"number\": %u, \"value\": ", r->best);
    put_number(&t, study_trial(r->study, r->best)->value);
    text_add(&t, ", \"params\": ");
    put_params(r, r->x, &t);
    text_add(&t, "},\n  \"model\": {\"weights\": \"%s\"},\n", r->weights);
    put_metrics(r, &t);
    put_history(r, &t);
    text_add(&t, "}\n");
    TRY(publish(r, "study.json", &t));
    TRY(run_path(r->t->run, "study.json", &path));
    TRY(run_result(r->t->run, "study", digest, path));
out:
    mem_free(path);
    text_free(&t);
    return st;
}

/* ---- all ranks ---- */

/* Number and parameters of the best trial, from rank 0 to everybody. */
static status share_best(struct result *r, double *x)
{
    struct par *par = r->t->run->par;
    size_t n = space_of(r)->n;
    status st = OK;

    if (is_first(r) && !tune_best(r->t, r->study, &r->best))
        st = status_fail(ERR_NUMERIC, __FILE__, __LINE__,
                         "none of the %u trials has a value",
                         study_told(r->study));
    TRY(par_agree(par, st));
    if (is_first(r))
        memcpy(x, study_trial(r->study, r->best)->x, n * sizeof *x);
    TRY(par_bcast(par, &r->best, sizeof r->best, 0));
    TRY(par_bcast(par, x, n * sizeof *x, 0));
    r->x = x;
out:
    return st;
}

static status predict(struct result *r, const char *weights)
{
    const struct tune_settings *s = &r->settings;
    const struct finetune_io io = {.run = {.conf = &s->job.train,
                                           .compute = &s->job.compute,
                                           .par = r->t->run->par,
                                           .team = r->t->run->team,
                                           .out = r->t->run->conf.out,
                                           .run_id = s->run_id,
                                           .identity = s->identity.s,
                                           .quiet = true,
                                           .stop_after = -1},
                                   .augment = &s->job.augment};

    return finetune_predict(&io, weights, r->score);
}

static status write_all(struct result *r, const char *weights)
{
    status st = OK;

    TRY(link_weights(r, weights));
    TRY(write_study(r));
    TRY(write_settings(r));
    TRY(write_trials(r));
out:
    return st;
}

static status weights_path(const struct result *r, char **out)
{
    char *folder = NULL;
    status st = OK;

    TRY(tune_folder(r->t, r->best, &folder));
    TRY(file_join(folder, tune_weights_name(r->t), out));
out:
    mem_free(folder);
    return st;
}

status tune_publish(struct tuning *t,
                    const struct study *study,
                    const struct search_rules *rules,
                    int64_t seed)
{
    struct result r = {.t = t, .study = study, .rules = rules, .seed = seed};
    struct par *par = t->run->par;
    char *weights = NULL;
    double *x = NULL;
    status st = OK;

    st = mem_new(key_space_of(t->space)->n, sizeof *x, &x);
    TRY(par_agree(par, st));
    TRY(share_best(&r, x));
    st = tune_settings_load(t, x, &r.settings);
    if (st == OK)
        st = weights_path(&r, &weights);
    TRY(par_agree(par, st));
    TRY(predict(&r, weights));
    if (is_first(&r))
        st = write_all(&r, weights);
    TRY(par_agree(par, st));
out:
    tune_settings_free(&r.settings);
    mem_free(weights);
    mem_free(x);
    return st;
}
