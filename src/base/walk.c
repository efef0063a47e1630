#include "base/walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

/* The folder that is being read and those it lies in. */
struct level {
    const struct level *up;
    int depth;
    dev_t dev;
    ino_t ino;
    const char *dir;  /* to open it */
    const char *name; /* relative to the first one, "" there */
};

static status read_folder(struct walk *w, const struct level *l);

static status enter(struct walk *w,
                    const struct level *up,
                    const struct stat *sb,
                    const char *path,
                    const char *name)
{
    status st = OK;
    const struct level l = {up,         up->depth + 1, sb->st_dev,
                            sb->st_ino, path,          name};

    ENSURE(l.depth <= WALK_DEPTH, ERR_DATA,
           "%s: folders are nested deeper than %d", path, WALK_DEPTH);
    for (const struct level *a = up; a; a = a->up)
        ENSURE(a->dev != l.dev || a->ino != l.ino, ERR_DATA,
               "%s: a link that leads back to %s, the folder it lies in", path,
               a->dir);
    TRY(read_folder(w, &l));
out:
    return st;
}

static status add_file(struct walk *w, const char *name, const struct stat *sb)
{
    status st = OK;
    struct walk_file f = {NULL, 0, sb && S_ISREG(sb->st_mode)};

    f.size = f.regular ? (uint64_t)sb->st_size : 0;
    TRY(mem_grow(w->n + 1, sizeof *w->at, &w->at, &w->cap));
    TRY(mem_text(name, &f.path));
    w->at[w->n++] = f;
out:
    return st;
}

static status take(struct walk *w, const struct level *l, const char *entry)
{
    status st = OK;
    struct stat sb;
    char *path = NULL;
    char *name = NULL;
    bool there;

    TRY(file_join(l->dir, entry, &path));
    TRY(file_join(l->name, entry, &name));
    there = stat(path, &sb) == 0;
    ENSURE(there || errno == ENOENT || errno == ELOOP, ERR_FILE, "%s: %s", path,
           strerror(errno));
    if (there && S_ISDIR(sb.st_mode))
        TRY(enter(w, l, &sb, path, name));
    else
        TRY(add_file(w, name, there ? &sb : NULL));
out:
    mem_free(path);
    mem_free(name);
    return st;
}

static status read_folder(struct walk *w, const struct level *l)
{
    status st = OK;
    DIR *d = opendir(l->dir);
    struct dirent *e = NULL;

    ENSURE(d, ERR_FILE, "%s: %s", l->dir, strerror(errno));
    for (;;) {
        errno = 0;
        e = readdir(d);
        ENSURE(e || errno == 0, ERR_FILE, "%s: %s", l->dir, strerror(errno));
        if (!e)
            break;
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            TRY(take(w, l, e->d_name));
    }
out:
    if (d)
        (void)closedir(d);
    return st;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct walk_file *)a)->path,
                  ((const struct walk_file *)b)->path);
}

status walk_files(const char *dir, struct walk *out)
{
    status st = OK;
    struct walk w = {0};
    struct stat sb;
    struct level l = {.dir = dir, .name = ""};

    ENSURE(stat(dir, &sb) == 0, ERR_FILE, "%s: %s", dir, strerror(errno));
    ENSURE(S_ISDIR(sb.st_mode), ERR_FILE, "%s: is a file, a folder is needed",
           dir);
    l.dev = sb.st_dev;
    l.ino = sb.st_ino;
    TRY(read_folder(&w, &l));
    if (w.n)
        qsort(w.at, w.n, sizeof *w.at, by_path);
    *out = w;
    w = (struct walk){0};
out:
    walk_free(&w);
    return st;
}

void walk_free(struct walk *w)
{
    for (size_t i = 0; i < w->n; i++)
        mem_free(w->at[i].path);
    mem_free(w->at);
    *w = (struct walk){0};
}
