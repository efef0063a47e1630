/* What the other stages left in their folders. */
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"

#include "app/validate.h"
#include "store/checkpoint.h"
#include "store/feature.h"
#include "store/patch.h"

enum { STAGES_MAX = 16, CONFIG_MAX = 1 << 20 };

status validate_digest(struct report *r,
                       const char *stage,
                       const char *what,
                       const char *sha256)
{
    status st = OK;
    struct report_digest *d = NULL;

    TRY(REPORT_ADD(r, digest, n_digests, cap_digests, &d));
    d->stage = pool_text(&r->pool, &st, "%s", stage);
    d->what = pool_text(&r->pool, &st, "%s", what);
    d->sha256 = pool_text(&r->pool, &st, "%s", sha256);
out:
    return st;
}

/* One "key: value" line; quotes around a value are for YAML only. */
static status
add_key(struct report *r, const char *stage, const char *line, size_t len)
{
    status st = OK;
    struct report_key *k = NULL;
    const char *colon = memchr(line, ':', len);
    const char *value;
    size_t n;

    if (!colon || *line == '#' || len == 0)
        return OK;
    value = colon + 1;
    while (value < line + len && *value == ' ')
        value++;
    n = (size_t)(line + len - value);
    if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
        value++;
        n -= 2;
    }
    TRY(REPORT_ADD(r, key, n_keys, cap_keys, &k));
    k->stage = stage;
    k->identity = true;
    k->key = pool_text(&r->pool, &st, "%.*s", (int)(colon - line), line);
    k->value = pool_text(&r->pool, &st, "%.*s", (int)n, value);
out:
    return st;
}

status validate_keys(struct report *r, const char *stage, const char *dump)
{
    status st = OK;
    const char *name = pool_text(&r->pool, &st, "%s", stage);

    TRY(st);
    for (const char *p = dump; *p;) {
        size_t len = strcspn(p, "\n");

        TRY(add_key(r, name, p, len));
        p += len + (p[len] == '\n');
    }
out:
    return st;
}

/* config.yaml of a run folder; its first line names the program, such as
 * "# fmcib-prepare". */
static status folder_keys(struct report *r,
                          const char *stage,
                          const char *folder,
                          const char **program)
{
    status st = OK;
    char *path = NULL;
    char *dump = NULL;
    size_t len = 0;

    TRY(file_join(folder, "config.yaml", &path));
    TRY(file_read(path, CONFIG_MAX, &dump, &len));
    ENSURE(strncmp(dump, "# ", 2) == 0, ERR_DATA,
           "%s: does not begin with the name of a program: it is no run "
           "folder of this suite",
           path);
    *program = pool_text(&r->pool, &st, "%.*s", (int)strcspn(dump + 2, "\n"),
                         dump + 2);
    TRY(st);
    TRY(validate_keys(r, stage, dump));
out:
    mem_free(path);
    mem_free(dump);
    return st;
}

static status weights_digest(struct report *r,
                             const char *stage,
                             const char *folder,
                             const char *name,
                             const char *what)
{
    status st = OK;
    char *path = NULL;
    struct ckpt *c = NULL;

    TRY(file_join(folder, name, &path));
    if (!file_exists(path))
        goto out;
    TRY(ckpt_open(path, "weights", &c));
    TRY(validate_digest(r, stage, what, ckpt_digest(c)));
out:
    ckpt_close(c);
    mem_free(path);
    return st;
}

static status
features_facts(struct report *r, const char *stage, const char *folder)
{
    status st = OK;
    char *path = NULL;
    struct features *f = NULL;
    char digest[SHA256_HEX];
    char what[64];

    TRY(file_join(folder, "features.nc", &path));
    TRY(features_read(path, &f));
    TRY(features_digest(f, digest));
    (void)snprintf(what, sizeof what, "%u x %u features", f->rows, f->dim);
    TRY(validate_digest(r, stage, what, digest));
out:
    features_free(f);
    mem_free(path);
    return st;
}

static status
patches_facts(struct report *r, const char *stage, const char *folder)
{
    status st = OK;
    struct patch_store *s = NULL;
    const struct patch_facts *f;
    char what[64];

    TRY(patch_store_open(folder, &s));
    f = patch_store_facts(s);
    (void)snprintf(what, sizeof what, "%u patches", f->patches);
    TRY(validate_digest(r, stage, what, f->digest));
    TRY(validate_digest(r, stage, "list", f->list));
out:
    patch_store_close(s);
    return st;
}

static status one_stage(struct report *r, const char *stage, const char *folder)
{
    status st = OK;
    const char *program = NULL;

    ENSURE(file_is_dir(folder), ERR_FILE,
           "input.stages: %s: is no folder (stage \"%s\")", folder, stage);
    TRY(folder_keys(r, stage, folder, &program));
    if (strcmp(program, "fmcib-prepare") == 0)
        TRY(patches_facts(r, stage, folder));
    if (strcmp(program, "fmcib-extract") == 0)
        TRY(features_facts(r, stage, folder));
out:
    return st;
}

/* ---- steps.csv of fmcib-pretrain */

static status read_steps(struct report *r, const char *folder)
{
    static const char *const column[HEALTHS] = {
        "loss", "own", "other", "negative", "feature_sd", "lr"};
    status st = OK;
    char *path = NULL;
    struct csv *t = NULL;
    uint32_t at[HEALTHS];
    uint32_t step = 0;
    uint32_t sha = 0;
    struct report_steps *s = &r->steps;
    char what[64];

    TRY(file_join(folder, "steps.csv", &path));
    TRY(csv_read(path, &t));
    s->n = csv_rows(t);
    TRY(csv_need(t, "step", &step));
    TRY(csv_need(t, "weights_sha256", &sha));
    TRY(mem_new(s->n, sizeof *s->step, &s->step));
    for (int f = 0; f < HEALTHS; f++) {
        TRY(csv_need(t, column[f], &at[f]));
        TRY(mem_new(s->n, sizeof(double), &s->v[f]));
    }
    for (uint32_t i = 0; i < s->n; i++) {
        TRY(csv_f64(t, i, step, &s->step[i]));
        for (int f = 0; f < HEALTHS; f++)
            TRY(csv_f64(t, i, at[f], &s->v[f][i]));
    }
    for (uint32_t i = 0; i<s->n; i += s->n> 1 ? s->n - 1 : 1) {
        (void)snprintf(what, sizeof what, "weights after step %s",
                       csv_cell(t, i, step));
        TRY(validate_digest(r, "pretraining", what, csv_cell(t, i, sha)));
    }
out:
    csv_free(t);
    mem_free(path);
    return st;
}

static status pretraining(struct report *r, const char *folder)
{
    status st = OK;
    const char *program = NULL;

    ENSURE(file_is_dir(folder), ERR_FILE, "input.pretrain: %s: is no folder",
           folder);
    TRY(folder_keys(r, "pretraining", folder, &program));
    ENSURE(strcmp(program, "fmcib-pretrain") == 0, ERR_DATA,
           "input.pretrain: %s: is a folder of %s, not of fmcib-pretrain",
           folder, program);
    TRY(weights_digest(r, "pretraining", folder, "weights-start.nc",
                       "weights at the start"));
    TRY(weights_digest(r, "pretraining", folder, "weights.nc",
                       "weights at the end"));
    TRY(read_steps(r, folder));
out:
    return st;
}

status validate_stages(const struct validate_conf *c, struct report *r)
{
    status st = OK;
    const char *word[STAGES_MAX];
    uint32_t n = 0;

    TRY(validate_words(&r->pool, "input.stages", c->stages, word, STAGES_MAX,
                       &n));
    for (uint32_t i = 0; i < n; i++) {
        const char *eq = strchr(word[i], '=');
        const char *stage;

        ENSURE(eq && eq != word[i] && eq[1], ERR_CONF,
               "input.stages: \"%s\" is not of the form stage=folder", word[i]);
        stage = pool_text(&r->pool, &st, "%.*s", (int)(eq - word[i]), word[i]);
        TRY(st);
        TRY(one_stage(r, stage, eq + 1));
    }
    if (*c->pretrain)
        TRY(pretraining(r, c->pretrain));
out:
    return st;
}

/* ---- pictures */

static double grey(float hu)
{
    double v = ((double)hu + 1000.0) / 2000.0 * 255.0;

    return v < 0.0 ? 0.0 : v > 255.0 ? 255.0 : v;
}

static status add_picture(struct report *r,
                          struct patch_store *s,
                          uint32_t row,
                          const char *label)
{
    status st = OK;
    struct report_patch *p = NULL;
    struct patch_info info;
    float *voxel = NULL;
    size_t plane;

    patch_at(s, row, PATCH_POSITIVE, &info);
    plane = (size_t)info.dim[1] * info.dim[2];
    ENSURE(plane > 0 && info.dim[0] > 0, ERR_DATA,
           "input.patches: row %u has an empty patch", row);
    TRY(mem_raw(plane * info.dim[0], sizeof *voxel, &voxel));
    TRY(patch_read_f32(s, row, PATCH_POSITIVE, voxel));
    TRY(REPORT_ADD(r, patch, n_patches, cap_patches, &p));
    p->label = label;
    p->row = pool_text(&r->pool, &st, "row %u", row);
    TRY(st);
    p->width = info.dim[2];
    p->height = info.dim[1];
    TRY(mem_new(plane, 1, &p->pixels));
    for (size_t i = 0; i < plane; i++)
        p->pixels[i] =
            (uint8_t)(grey(voxel[info.dim[0] / 2 * plane + i]) + 0.5);
out:
    mem_free(voxel);
    return st;
}

static status class_pictures(const struct validate_conf *c,
                             struct report *r,
                             struct patch_store *s,
                             uint32_t col,
                             const char *label,
                             const char *title)
{
    status st = OK;
    int64_t left = c->pictures;

    for (uint32_t i = 0; i < patch_store_facts(s)->rows && left > 0; i++)
        if (strcmp(patch_store_cell(s, i, col), label) == 0) {
            TRY(add_picture(r, s, i, title));
            left--;
        }
out:
    return st;
}

status validate_pictures(const struct validate_conf *c,
                         const char *const *class_label,
                         struct report *r)
{
    status st = OK;
    struct patch_store *s = NULL;
    int32_t col;

    if (!*c->patches || c->pictures == 0)
        return OK;
    TRY(patch_store_open(c->patches, &s));
    col = patch_store_find(s, c->label);
    ENSURE(col >= 0, ERR_DATA,
           "%s: the list has no column \"%s\" (validate.label)", c->patches,
           c->label);
    for (uint32_t k = 0; k < r->classes; k++)
        if (class_label[k])
            TRY(class_pictures(c, r, s, (uint32_t)col, class_label[k],
                               r->class_name[k]));
    TRY(validate_digest(r, "pictures", "patch store",
                        patch_store_facts(s)->digest));
out:
    patch_store_close(s);
    return st;
}
