#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "conf/yaml.h"
#include "store/manifest_impl.h"

const char *manifest_path_fault(const char *path)
{
    const char *part = path;

    if (!*path)
        return "is empty";
    if (*path == '/')
        return "is absolute; it must lie in the folder";
    if (strlen(path) > 1024)
        return "is longer than 1024 bytes";
    if (!text_is_clean(path))
        return "holds control characters or is no UTF-8";
    for (;;) {
        size_t n = strcspn(part, "/");

        if (n == 0)
            return "has an empty part (//, or a / at its end)";
        if ((n == 1 && part[0] == '.') ||
            (n == 2 && part[0] == '.' && part[1] == '.'))
            return "has a part \".\" or \"..\"; it must lie in the folder";
        if (part[n] == '\0')
            return NULL;
        part += n + 1;
    }
}

unsigned manifest_sums(const struct manifest_file *f)
{
    unsigned bits = 0;

    for (int k = 0; k < SUM_KINDS; k++)
        if (*f->sum[k])
            bits |= 1U << k;
    return bits;
}

/* First place in by_path whose path is not before the first `len` bytes of
 * `path`. */
static uint32_t lower(const struct manifest *m, const char *path, size_t len)
{
    uint32_t lo = 0;
    uint32_t hi = m->n_files;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const char *p = m->files[m->by_path[mid]].path;
        int c = strncmp(p, path, len);

        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static const struct manifest_file *
find(const struct manifest *m, const char *path, size_t len)
{
    uint32_t i = lower(m, path, len);
    const struct manifest_file *f =
        i < m->n_files ? &m->files[m->by_path[i]] : NULL;

    /* of those that begin alike the shortest comes first */
    return f && strncmp(f->path, path, len) == 0 && f->path[len] == '\0' ? f
                                                                         : NULL;
}

const struct manifest_file *manifest_find(const struct manifest *m,
                                          const char *path)
{
    return find(m, path, strlen(path));
}

static int by_path(const void *a, const void *b, void *ctx)
{
    const struct manifest *m = ctx;
    const uint32_t i = *(const uint32_t *)a;
    const uint32_t j = *(const uint32_t *)b;
    int c = strcmp(m->files[i].path, m->files[j].path);

    return c ? c : (i > j) - (i < j);
}

static status not_twice(const struct manifest *m)
{
    status st = OK;

    for (uint32_t i = 1; i < m->n_files; i++) {
        const struct manifest_file *a = &m->files[m->by_path[i - 1]];
        const struct manifest_file *b = &m->files[m->by_path[i]];

        ENSURE(strcmp(a->path, b->path) != 0, ERR_CONF,
               "%s:%" PRIu32 ": path \"%s\" is there twice (first in line "
               "%" PRIu32 ")",
               m->name, b->line, b->path, a->line);
    }
out:
    return st;
}

/* No file may be a folder on the way to this one. */
static status no_file_above(const struct manifest *m,
                            const struct manifest_file *f)
{
    status st = OK;
    const char *slash = strchr(f->path, '/');

    for (; slash; slash = strchr(slash + 1, '/')) {
        const struct manifest_file *up =
            find(m, f->path, (size_t)(slash - f->path));

        ENSURE(!up, ERR_CONF,
               "%s:%" PRIu32 ": path \"%s\": line %" PRIu32 " has \"%s\" "
               "as a file, here it is a folder",
               m->name, f->line, f->path, up->line, up->path);
    }
out:
    return st;
}

status manifest_index(struct manifest *m)
{
    status st = OK;

    TRY(mem_raw(m->n_files, sizeof *m->by_path, &m->by_path));
    for (uint32_t i = 0; i < m->n_files; i++)
        m->by_path[i] = i;
    if (m->n_files)
        qsort_r(m->by_path, m->n_files, sizeof *m->by_path, by_path, m);
    TRY(not_twice(m));
    for (uint32_t i = 0; i < m->n_files; i++)
        TRY(no_file_above(m, &m->files[i]));
out:
    return st;
}

void manifest_free(struct manifest *m)
{
    if (!m)
        return;
    for (uint32_t i = 0; i < m->n_files; i++)
        mem_free(m->files[i].urls.at);
    for (uint32_t i = 0; i < m->n_counts; i++) {
        mem_free(m->counts[i].name);
        mem_free(m->counts[i].value);
    }
    mem_free(m->files);
    mem_free(m->counts);
    mem_free(m->used_for.at);
    mem_free(m->pages.at);
    mem_free(m->by_path);
    mem_free(m->name);
    yaml_free(m->root);
    mem_free(m);
}

void manifest_put(struct text *t,
                  size_t n,
                  const char *const *path,
                  const struct sums *sums)
{
    text_add(t, "id: folder\nkind: folder\nfiles:%s\n", n ? "" : " []");
    for (size_t i = 0; i < n; i++) {
        text_add(t, "  - {path: ");
        text_json(t, path[i]);
        text_add(t, ", bytes: %" PRIu64 ", sha256: %s}\n", sums[i].size,
                 sums[i].hex[SUM_SHA256]);
    }
}
