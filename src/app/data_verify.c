/* fmcib-data verify DIR: a folder held against its manifest. Rank 0 looks at
 * names and sizes, all ranks read, rank 0 judges. */
#include "app/data_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/walk.h"

#include "app/data.h"
#include "app/data_sums.h"
#include "store/manifest_set.h"

struct verify_conf {
    const char *manifest;
    const char *manifests;
    bool json, strict;
};

static const struct conf_row ROWS[] = {
    {"manifest", CONF_TEXT, CONF_AT(struct verify_conf, manifest), "", 1, 0,
     NULL, "FILE", PLACEMENT,
     "the manifest, or its id; without it DIR/manifest.yaml, else the one that "
     "is called like DIR"},
    {"manifests", CONF_TEXT, CONF_AT(struct verify_conf, manifests),
     "data-manifests", 1, 0, NULL, "DIR", PLACEMENT, "folder of the manifests"},
    {"strict", CONF_BOOL, CONF_AT(struct verify_conf, strict), "false", 1, 0,
     NULL, "", PLACEMENT, "unknown and unproven files end with status 12"},
    {"json", CONF_BOOL, CONF_AT(struct verify_conf, json), "false", 1, 0, NULL,
     "", PLACEMENT, "JSON, not a table"},
};

struct verifying {
    struct verify_answer answer;
    struct manifest *own;
    struct manifest_set all;
    const struct manifest *manifest; /* own, or one of all */
    struct walk files;
    struct data_item *items; /* files to read */
    struct data_made *made;
    size_t *line; /* [n_items] the line of each */
    size_t n_items;
};

/* The last part of a path, new memory. */
static status last_part(const char *path, char **out)
{
    status st = OK;
    char *copy = NULL;
    size_t n = strlen(path);
    char *slash = NULL;

    TRY(mem_text(path, &copy));
    while (n > 1 && copy[n - 1] == '/')
        copy[--n] = '\0';
    slash = strrchr(copy, '/');
    if (slash && slash[1])
        memmove(copy, slash + 1, strlen(slash + 1) + 1);
    *out = copy;
out:
    return st;
}

static status open_manifest(const struct verify_conf *conf, struct verifying *v)
{
    status st = OK;
    const char *given = conf->manifest;
    char *own = NULL;
    char *id = NULL;

    TRY(file_join(v->answer.dir, "manifest.yaml", &own));
    TRY(last_part(v->answer.dir, &id));
    if (*given ? file_exists(given) : file_exists(own)) {
        TRY(manifest_read(*given ? given : own, &v->own));
        v->manifest = v->own;
        goto out;
    }
    TRY(manifest_set_read(conf->manifests, &v->all));
    st = manifest_set_find(&v->all, *given ? given : id, &v->manifest);
    if (st != OK && !*given)
        status_prefix("%s: no manifest.yaml in it and no --manifest; ",
                      v->answer.dir);
    TRY(st);
out:
    mem_free(own);
    mem_free(id);
    return st;
}

/* "a.sha256" is the record of "a". */
static bool is_record(const struct manifest *m, const char *path)
{
    const char tail[] = ".sha256";
    size_t n = strlen(path);
    char *name = NULL;
    bool yes = false;

    if (n < sizeof tail || strcmp(path + n - (sizeof tail - 1), tail) != 0 ||
        mem_text(path, &name) != OK)
        return false;
    name[n - (sizeof tail - 1)] = '\0';
    yes = manifest_find(m, name) != NULL;
    mem_free(name);
    return yes;
}

static void note_unknown(struct verify_line *l)
{
    static const char *const tails[][2] = {
        {".part", "an unfinished download"},
        {".bad", "a download with a wrong sum"}};
    size_t n = strlen(l->path);

    l->state = MANIFEST_UNKNOWN;
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(tails[i][0]);

        if (n > len && strcmp(l->path + n - len, tails[i][0]) == 0)
            text_add(&l->why, "%s", tails[i][1]);
    }
}

/* A file that is there: unknown, wrong at first sight, or to be read. */
static void
note_there(struct verifying *v, const struct walk_file *w, size_t at)
{
    struct verify_line *l = &v->answer.lines[at];

    l->path = w->path;
    l->bytes = (int64_t)w->size;
    l->state = MANIFEST_WRONG;
    if (!l->file) {
        note_unknown(l);
        return;
    }
    if (!w->regular) {
        text_add(&l->why, "is no regular file");
        return;
    }
    if (!manifest_size_fits(l->file, w->size, &l->why))
        return;
    v->items[v->n_items] =
        (struct data_item){w->path, w->size, manifest_wanted(l->file)};
    v->line[v->n_items++] = at;
}

/* Both lists are sorted by path: side by side. */
static void merge(struct verifying *v)
{
    const struct manifest *m = v->manifest;
    const struct walk *w = &v->files;
    size_t i = 0;
    uint32_t k = 0;

    while (i < w->n || k < m->n_files) {
        const struct manifest_file *f =
            k < m->n_files ? &m->files[m->by_path[k]] : NULL;
        int c = i == w->n ? 1 : !f ? -1 : strcmp(w->at[i].path, f->path);
        size_t at = v->answer.n;
        struct verify_line *l = &v->answer.lines[at];

        if (c < 0 && (strcmp(w->at[i].path, "manifest.yaml") == 0 ||
                      is_record(m, w->at[i].path))) {
            i++;
            continue;
        }
        v->answer.n++;
        l->file = c >= 0 ? f : NULL;
        if (c > 0) {
            l->path = f->path;
            l->bytes = -1;
            l->state = MANIFEST_MISSING;
        } else {
            note_there(v, &w->at[i], at);
        }
        i += c <= 0;
        k += c >= 0;
    }
}

static status look(const struct verify_conf *conf, struct verifying *v)
{
    status st = OK;
    size_t most;

    TRY(walk_files(v->answer.dir, &v->files));
    TRY(open_manifest(conf, v));
    v->answer.id = v->manifest->id;
    most = v->files.n + v->manifest->n_files;
    TRY(mem_new(most, sizeof *v->answer.lines, &v->answer.lines));
    TRY(mem_new(v->files.n, sizeof *v->items, &v->items));
    TRY(mem_new(v->files.n, sizeof *v->made, &v->made));
    TRY(mem_new(v->files.n, sizeof *v->line, &v->line));
    merge(v);
out:
    return st;
}

static status judge_one(const struct verifying *v,
                        struct verify_line *l,
                        const struct data_made *made)
{
    status st = OK;
    char *path = NULL;
    char recorded[SHA256_HEX] = "";

    if (made->fault[0]) {
        text_add(&l->why, "%s", made->fault);
        goto out; /* wrong, as it was set */
    }
    TRY(file_join(v->answer.dir, l->path, &path));
    if (!manifest_sums(l->file))
        TRY(manifest_record_read(path, recorded));
    l->state = manifest_judge(l->file, recorded, &made->sums, &l->why);
out:
    mem_free(path);
    return st;
}

static status judge(struct verifying *v)
{
    status st = OK;

    for (size_t i = 0; i < v->n_items; i++)
        TRY(judge_one(v, &v->answer.lines[v->line[i]], &v->made[i]));
    for (size_t i = 0; i < v->answer.n; i++)
        v->answer.count[v->answer.lines[i].state]++;
out:
    return st;
}

static status verdict(const struct verify_conf *conf,
                      const struct verify_answer *a)
{
    status st = OK;
    const size_t *c = a->count;

    ENSURE(!c[MANIFEST_WRONG], ERR_NUMERIC,
           "%zu of %zu files are wrong, %zu missing (see the table)",
           c[MANIFEST_WRONG], a->n, c[MANIFEST_MISSING]);
    ENSURE(!c[MANIFEST_MISSING], ERR_FILE,
           "%zu of %zu files are missing (see the table)", c[MANIFEST_MISSING],
           a->n);
    ENSURE(!conf->strict || (!c[MANIFEST_UNKNOWN] && !c[MANIFEST_UNPROVEN]),
           ERR_PARTIAL, "%zu files are unknown, %zu unproven (--strict)",
           c[MANIFEST_UNKNOWN], c[MANIFEST_UNPROVEN]);
out:
    return st;
}

static status answer(const struct tool *tool,
                     const struct verify_conf *conf,
                     struct verifying *v)
{
    status st = OK;
    struct text t = {0};

    TRY(judge(v));
    if (conf->json)
        verify_put_json(&t, &v->answer);
    else
        verify_put_table(&t, &v->answer, tool->quiet);
    TRY(text_status(&t));
    (void)fputs(t.s, stdout);
    TRY(verdict(conf, &v->answer));
out:
    text_free(&t);
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    struct verifying v = {.answer.dir = tool->args[0]};

    if (tool->first)
        st = look(ctx, &v);
    TRY(data_sums(tool, st, v.answer.dir, v.items, v.n_items, v.made));
    if (tool->first)
        st = answer(tool, ctx, &v);
    TRY(par_agree(tool->par, st));
out:
    for (size_t i = 0; i < v.answer.n; i++)
        text_free(&v.answer.lines[i].why);
    mem_free(v.answer.lines);
    mem_free(v.items);
    mem_free(v.made);
    mem_free(v.line);
    manifest_free(v.own);
    manifest_set_free(&v.all);
    walk_free(&v.files);
    return st;
}

int data_verify(int argc, char **argv)
{
    struct verify_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-data verify",
        .args = "DIR",
        .what = "Hold a folder against its manifest: every file is ok, wrong, "
                "missing, unknown (not in the manifest) or unproven (no sum is "
                "published). With --quiet only those that are not ok are "
                "shown.\vExit status: 0 nothing wrong or missing, 4 files "
                "are missing, 8 files are wrong.",
        .args_min = 1,
        .args_max = 1,
        .ranks = true,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
