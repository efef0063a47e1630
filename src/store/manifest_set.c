#include "store/manifest_set.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

static bool is_manifest(const char *name)
{
    size_t n = strlen(name);

    return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".yaml") == 0;
}

static status take(struct manifest_set *s, const char *name)
{
    status st = OK;
    char *path = NULL;
    struct manifest *m = NULL;
    size_t n = strlen(name) - 5;

    TRY(file_join(s->dir, name, &path));
    TRY(manifest_read(path, &m));
    ENSURE(strlen(m->id) == n && strncmp(m->id, name, n) == 0, ERR_CONF,
           "%s: its id is \"%s\"; the file must be called %s.yaml", path, m->id,
           m->id);
    TRY(mem_grow(s->n + 1, sizeof(struct manifest *), &s->at, &s->cap));
    s->at[s->n++] = m;
    m = NULL;
out:
    manifest_free(m);
    mem_free(path);
    return st;
}

static int by_id(const void *a, const void *b)
{
    const struct manifest *const *x = a;
    const struct manifest *const *y = b;

    return strcmp((*x)->id, (*y)->id);
}

status manifest_set_read(const char *dir, struct manifest_set *out)
{
    status st = OK;
    struct manifest_set s = {.dir = dir};
    DIR *d = opendir(dir);
    struct dirent *e = NULL;

    ENSURE(d, ERR_FILE,
           "%s: %s (the folder of the manifests; run in the project's folder, "
           "or name it by --manifests)",
           dir, strerror(errno));
    while ((e = readdir(d)) != NULL)
        if (is_manifest(e->d_name))
            TRY(take(&s, e->d_name));
    ENSURE(s.n, ERR_FILE, "%s: no manifest (*.yaml) in this folder", dir);
    qsort(s.at, s.n, sizeof(struct manifest *), by_id);
    *out = s;
    s = (struct manifest_set){0};
out:
    if (d)
        (void)closedir(d);
    manifest_set_free(&s);
    return st;
}

void manifest_set_free(struct manifest_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        manifest_free(s->at[i]);
    mem_free(s->at);
    *s = (struct manifest_set){0};
}

status manifest_set_find(const struct manifest_set *s,
                         const char *id,
                         const struct manifest **out)
{
    status st = OK;
    size_t best = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->at[i]->id, id) == 0) {
            *out = s->at[i];
            goto out;
        }
        if (text_distance(id, s->at[i]->id) <
            text_distance(id, s->at[best]->id))
            best = i;
    }
    ENSURE(false, ERR_USAGE,
           "no manifest \"%.80s\" in %s; the nearest is \"%s\" (fmcib-data "
           "list shows all)",
           id, s->dir, s->at[best]->id);
out:
    return st;
}
