/* The files that gates come from. */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/walk.h"

#include "app/validate.h"
#include "conf/yaml.h"
#include "eval/gate.h"

enum { REFERENCES_MAX = 32 };

static bool is_yaml(const char *path)
{
    size_t n = strlen(path);

    return n > 5 && strcmp(path + n - 5, ".yaml") == 0;
}

/* Names in messages are kept by the report. */
static status add_file(struct report *r,
                       const char *path,
                       struct gate_file *file,
                       uint32_t *n)
{
    status st = OK;

    ENSURE(*n < REFERENCES_MAX, ERR_DATA,
           "%s: more than %d files in input.reference", path, REFERENCES_MAX);
    file[*n].name = pool_text(&r->pool, &st, "%s", path);
    TRY(st);
    TRY(yaml_read_json(path, &file[*n].tree));
    (*n)++;
out:
    return st;
}

static status read_reference(const char *where,
                             struct report *r,
                             struct gate_file *file,
                             uint32_t *n)
{
    status st = OK;
    struct walk w = {0};
    char *path = NULL;

    if (!file_is_dir(where)) {
        TRY(add_file(r, where, file, n));
        goto out;
    }
    TRY(walk_files(where, &w));
    for (size_t i = 0; i < w.n; i++) {
        if (!is_yaml(w.at[i].path))
            continue;
        mem_free(path);
        path = NULL;
        TRY(file_join(where, w.at[i].path, &path));
        TRY(add_file(r, path, file, n));
    }
    ENSURE(*n > 0, ERR_DATA, "%s: holds no .yaml file (input.reference)",
           where);
out:
    walk_free(&w);
    mem_free(path);
    return st;
}

static status
read_one(const char *path, const char *name, struct gate_file *file)
{
    status st = OK;

    file->name = name;
    if (*path)
        TRY(yaml_read_json(path, &file->tree));
out:
    return st;
}

status validate_gates(const struct validate_conf *c,
                      struct report *r,
                      const uint32_t *count)
{
    status st = OK;
    struct gate_file reference[REFERENCES_MAX] = {{NULL, NULL}};
    struct gate_file gates = {0};
    struct gate_file stored = {0};
    struct gate_file contradictions = {0};
    uint32_t n = 0;

    TRY(read_reference(c->reference, r, reference, &n));
    TRY(read_one(c->gates, c->gates, &gates));
    TRY(read_one(c->regression, c->regression, &stored));
    if (strcmp(c->discrepancies, "none") != 0)
        TRY(read_one(c->discrepancies, c->discrepancies, &contradictions));
    if (contradictions.tree)
        TRY(gate_discrepancies(r, &contradictions));
    TRY(gates_evaluate(r,
                       &(struct gate_inputs){.reference = reference,
                                             .n_reference = n,
                                             .gates = gates.tree,
                                             .gates_name = c->gates,
                                             .regression = stored.tree,
                                             .regression_name = c->regression,
                                             .published = c->inputs == 1,
                                             .train_pct = c->train_pct,
                                             .count = count}));
out:
    for (uint32_t i = 0; i < n; i++)
        json_free(reference[i].tree);
    json_free(gates.tree);
    json_free(stored.tree);
    json_free(contradictions.tree);
    return st;
}
