/* Replaying the records. Every line becomes a JSON tree that stays alive with
 * the journal, so texts and attributes are pointers into it. What a record
 * refers to by number is found through the list of all trials of the file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "hpo/journal.h"

enum {
    OP_CREATE_STUDY = 0,
    OP_DELETE_STUDY = 1,
    OP_STUDY_USER = 2,
    OP_STUDY_SYSTEM = 3,
    OP_CREATE_TRIAL = 4,
    OP_PARAM = 5,
    OP_STATE = 6,
    OP_REPORT = 7,
    OP_TRIAL_USER = 8,
    OP_TRIAL_SYSTEM = 9,
    OP_DISCARD = 10 /* readers ignore it */
};

struct journal_at {
    size_t study;
    size_t number;
};

static const size_t max_size = (size_t)1 << 30;

const struct json *journal_attr(const struct journal_attrs *a, const char *name)
{
    for (size_t i = 0; i < a->n; i++)
        if (!strcmp(a->at[i].name, name))
            return a->at[i].value;
    return NULL;
}

static status
put_attr(struct journal_attrs *a, const char *name, const struct json *value)
{
    size_t k = 0;
    status st = OK;

    while (k < a->n && strcmp(a->at[k].name, name) != 0)
        k++;
    if (k == a->n) {
        TRY(mem_grow(k + 1, sizeof *a->at, &a->at, &a->cap));
        a->n++;
    }
    a->at[k] = (struct journal_attr){name, value};
out:
    return st;
}

/* All members of a map; a name that is there already gets the new value. */
static status put_attrs(struct journal_attrs *a, const struct json *map)
{
    status st = OK;

    ENSURE(!map || json_is_object(map), ERR_DATA,
           "attributes that are no object");
    for (size_t i = 0; i < json_len(map); i++)
        TRY(put_attr(a, json_key(map, i), json_member(map, i)));
out:
    return st;
}

static status put_report(struct journal_trial *t, int64_t step, double value)
{
    status st = OK;
    size_t k = 0;

    while (k < t->n_reports && t->reports[k].step != step)
        k++;
    if (k == t->n_reports) {
        TRY(mem_grow(k + 1, sizeof *t->reports, &t->reports, &t->cap_reports));
        t->n_reports++;
    }
    t->reports[k] = (struct trial_report){step, value};
out:
    return st;
}

/* dist: the JSON text of a distribution; it is parsed and kept. */
static status put_param(struct journal *j,
                        struct journal_trial *t,
                        const char *name,
                        const struct json *x,
                        const struct json *dist)
{
    struct json *tree = NULL;
    status st = OK;

    ENSURE(name && json_is_number(x) && json_is_text(dist), ERR_DATA,
           "a parameter without name, value or distribution");
    TRY(mem_grow(j->n_roots + 1, sizeof(struct json *), &j->roots,
                 &j->cap_roots));
    TRY(json_parse(json_text(dist), strlen(json_text(dist)), "distribution",
                   &tree));
    j->roots[j->n_roots++] = tree;
    size_t k = 0;
    while (k < t->n_params && strcmp(t->params[k].name, name) != 0)
        k++;
    if (k == t->n_params) {
        TRY(mem_grow(k + 1, sizeof *t->params, &t->params, &t->cap_params));
        t->n_params++;
    }
    t->params[k] = (struct journal_value){name, json_f64(x, NAN), tree};
out:
    return st;
}

static status op_create_study(struct journal *j, const struct json *r)
{
    const char *name = json_text(json_get(r, "study_name"));
    const struct json *d = json_get(r, "directions");
    status st = OK;

    ENSURE(name && json_is_array(d) && json_len(d) > 0, ERR_DATA,
           "a study without name or directions");
    if (journal_find(j, name)) /* each process may write it */
        goto out;
    TRY(mem_grow(j->n_studies + 1, sizeof *j->studies, &j->studies,
                 &j->cap_studies));
    j->studies[j->n_studies] =
        (struct journal_study){.id = (int64_t)j->n_studies,
                               .name = name,
                               .directions = json_len(d),
                               .maximise = json_i64(json_at(d, 0), 0) == 2};
    j->n_studies++;
out:
    return st;
}

/* The study a record names, NULL when there is none to change. */
static struct journal_study *study_of(struct journal *j, const struct json *r)
{
    int64_t id = json_i64(json_get(r, "study_id"), -1);
    if (id < 0 || (size_t)id >= j->n_studies || j->studies[id].deleted)
        return NULL;
    return &j->studies[id];
}

static bool is_finished(enum trial_state s)
{
    return s == TRIAL_COMPLETE || s == TRIAL_PRUNED || s == TRIAL_FAIL;
}

/* The unfinished trial a record names, else NULL. */
static struct journal_trial *trial_of(struct journal *j, const struct json *r)
{
    int64_t id = json_i64(json_get(r, "trial_id"), -1);
    if (id < 0 || (size_t)id >= j->n_ids)
        return NULL;
    struct journal_study *s = &j->studies[j->ids[id].study];
    struct journal_trial *t = &s->trials[j->ids[id].number];
    return s->deleted || is_finished(t->state) ? NULL : t;
}

static status read_state(const struct json *r, enum trial_state *out)
{
    int64_t s = json_i64(json_get(r, "state"), -1);
    status st = OK;

    ENSURE(s >= TRIAL_RUNNING && s <= TRIAL_WAITING, ERR_DATA,
           "trial state %lld", (long long)s);
    *out = (enum trial_state)s;
out:
    return st;
}

/* "values": [v, ...], "value": v, or nothing. */
static void read_value(struct journal_trial *t, const struct json *r)
{
    const struct json *v = json_at(json_get(r, "values"), 0);
    if (!v)
        v = json_get(r, "value");
    t->has_value = json_is_number(v);
    t->value = json_f64(v, NAN);
}

static status
ready_made(struct journal *j, struct journal_trial *t, const struct json *r)
{
    const struct json *params = json_get(r, "params");
    const struct json *dist = json_get(r, "distributions");
    const struct json *inter = json_get(r, "intermediate_values");
    status st = OK;

    TRY(read_state(r, &t->state));
    read_value(t, r);
    t->has_end = json_is_text(json_get(r, "datetime_complete"));
    for (size_t i = 0; i < json_len(params); i++) {
        const char *name = json_key(params, i);
        TRY(put_param(j, t, name, json_member(params, i),
                      json_get(dist, name)));
    }
    for (size_t i = 0; i < json_len(inter); i++)
        TRY(put_report(t, strtoll(json_key(inter, i), NULL, 10),
                       json_f64(json_member(inter, i), NAN)));
    TRY(put_attrs(&t->user, json_get(r, "user_attrs")));
    TRY(put_attrs(&t->system, json_get(r, "system_attrs")));
out:
    return st;
}

static status op_create_trial(struct journal *j, const struct json *r)
{
    struct journal_study *s = study_of(j, r);
    status st = OK;

    if (!s)
        goto out;
    TRY(mem_grow(j->n_ids + 1, sizeof *j->ids, &j->ids, &j->cap_ids));
    TRY(mem_grow(s->n_trials + 1, sizeof *s->trials, &s->trials,
                 &s->cap_trials));
    struct journal_trial *t = &s->trials[s->n_trials];
    *t = (struct journal_trial){
        .id = (int64_t)j->n_ids,
        .value = NAN,
        .has_start = json_is_text(json_get(r, "datetime_start"))};
    j->ids[j->n_ids++] =
        (struct journal_at){(size_t)(s - j->studies), s->n_trials};
    s->n_trials++;
    if (json_get(r, "state"))
        TRY(ready_made(j, t, r));
out:
    return st;
}

static status op_state(struct journal_trial *t, const struct json *r)
{
    enum trial_state state = TRIAL_RUNNING;
    status st = OK;

    TRY(read_state(r, &state));
    if (state == TRIAL_RUNNING) {
        /* a queued trial belongs to the first who takes it */
        if (t->state == TRIAL_WAITING)
            t->has_start = true;
        t->state = TRIAL_RUNNING;
        goto out;
    }
    t->state = state;
    read_value(t, r);
    t->has_end = json_is_text(json_get(r, "datetime_complete"));
out:
    return st;
}

static status study_record(struct journal *j, int64_t op, const struct json *r)
{
    struct journal_study *s = study_of(j, r);
    status st = OK;

    if (!s)
        goto out;
    if (op == OP_DELETE_STUDY)
        s->deleted = true;
    else if (op == OP_STUDY_USER)
        TRY(put_attrs(&s->user, json_get(r, "user_attr")));
    else
        TRY(put_attrs(&s->system, json_get(r, "system_attr")));
out:
    return st;
}

static status trial_record(struct journal *j, int64_t op, const struct json *r)
{
    struct journal_trial *t = trial_of(j, r);
    status st = OK;

    if (!t)
        goto out;
    if (op == OP_PARAM)
        TRY(put_param(j, t, json_text(json_get(r, "param_name")),
                      json_get(r, "param_value_internal"),
                      json_get(r, "distribution")));
    else if (op == OP_STATE)
        TRY(op_state(t, r));
    else if (op == OP_REPORT)
        TRY(put_report(t, json_i64(json_get(r, "step"), 0),
                       json_f64(json_get(r, "intermediate_value"), NAN)));
    else if (op == OP_TRIAL_USER)
        TRY(put_attrs(&t->user, json_get(r, "user_attr")));
    else
        TRY(put_attrs(&t->system, json_get(r, "system_attr")));
out:
    return st;
}

static status replay(struct journal *j, const struct json *r)
{
    int64_t op = json_i64(json_get(r, "op_code"), -1);
    status st = OK;

    ENSURE(op >= OP_CREATE_STUDY && op <= OP_DISCARD, ERR_DATA,
           "op_code %lld is not known: no journal, or one of a newer Optuna",
           (long long)op);
    if (op == OP_CREATE_STUDY)
        TRY(op_create_study(j, r));
    else if (op <= OP_STUDY_SYSTEM)
        TRY(study_record(j, op, r));
    else if (op == OP_CREATE_TRIAL)
        TRY(op_create_trial(j, r));
    else if (op <= OP_TRIAL_SYSTEM)
        TRY(trial_record(j, op, r));
out:
    return st;
}

static status replay_line(struct journal *j, const char *line, size_t len)
{
    struct json *root = NULL;
    status st = OK;

    TRY(mem_grow(j->n_roots + 1, sizeof(struct json *), &j->roots,
                 &j->cap_roots));
    st = json_parse(line, len, "record", &root);
    if (st != OK)
        status_prefix("the line is damaged; take a copy of the journal from "
                      "before that, or search anew: ");
    TRY(st);
    j->roots[j->n_roots++] = root;
    ENSURE(json_is_object(root), ERR_DATA, "the record is no object");
    TRY(replay(j, root));
out:
    return st;
}

status journal_parse(const char *bytes,
                     size_t len,
                     const char *name,
                     struct journal **out)
{
    struct journal *j = NULL;
    size_t line = 0;
    status st = OK;

    TRY(mem_new(1, sizeof *j, &j));
    for (size_t at = 0; at < len;) {
        const char *end = memchr(bytes + at, '\n', len - at);
        if (!end) {
            j->torn = len - at;
            break;
        }
        size_t size = (size_t)(end - bytes) - at;
        line++;
        if ((st = replay_line(j, bytes + at, size)) != OK) {
            status_prefix("%s:%zu: ", name, line);
            goto out;
        }
        at += size + 1;
        j->good_size = at;
    }
    *out = j;
    j = NULL;
out:
    journal_free(j);
    return st;
}

status journal_read(const char *path, struct journal **out)
{
    char *bytes = NULL;
    size_t len = 0;
    status st = OK;

    TRY(file_read(path, max_size, &bytes, &len));
    TRY(journal_parse(bytes, len, path, out));
out:
    mem_free(bytes);
    return st;
}

static void free_trial(struct journal_trial *t)
{
    mem_free(t->params);
    mem_free(t->reports);
    mem_free(t->user.at);
    mem_free(t->system.at);
}

void journal_free(struct journal *j)
{
    if (!j)
        return;
    for (size_t i = 0; i < j->n_studies; i++) {
        struct journal_study *s = &j->studies[i];
        for (size_t k = 0; k < s->n_trials; k++)
            free_trial(&s->trials[k]);
        mem_free(s->trials);
        mem_free(s->user.at);
        mem_free(s->system.at);
    }
    for (size_t i = 0; i < j->n_roots; i++)
        json_free(j->roots[i]);
    mem_free(j->roots);
    mem_free(j->ids);
    mem_free(j->studies);
    mem_free(j);
}

const struct journal_study *journal_find(const struct journal *j,
                                         const char *study)
{
    for (size_t i = 0; i < j->n_studies; i++)
        if (!j->studies[i].deleted && !strcmp(j->studies[i].name, study))
            return &j->studies[i];
    return NULL;
}
