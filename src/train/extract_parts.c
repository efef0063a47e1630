/* Parts of a run that is not finished: features without the list's columns,
 * some rows a file. Which rows a part holds depends on ranks, threads and
 * stops; what is made of all parts does not. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/walk.h"

#include "train/extract_impl.h"

static const char PREFIX[] = "part-";

status extract_save(const char *out,
                    const struct extract_done *d,
                    uint32_t n,
                    const uint32_t *row,
                    const float *value)
{
    status st = OK;
    struct features *f = NULL;
    struct text path = {0};

    TRY(features_new(n, d->dim, 0, &f));
    memcpy(f->index, row, n * sizeof *row);
    memcpy(f->value, value, (size_t)n * d->dim * sizeof *value);
    memcpy(f->weights, d->weights, SHA256_HEX);
    memcpy(f->input, d->input, SHA256_HEX);
    text_add(&path, "%s/%s%08" PRIu32 ".nc", out, PREFIX, row[0]);
    TRY(text_status(&path));
    TRY(features_write_nc(path.s, f));
out:
    features_free(f);
    text_free(&path);
    return st;
}

static bool is_part(const struct walk_file *f)
{
    size_t len = strlen(f->path);

    return f->regular && strncmp(f->path, PREFIX, sizeof PREFIX - 1) == 0 &&
           len > 3 && strcmp(f->path + len - 3, ".nc") == 0;
}

static status take_part(const char *path, struct extract_done *d)
{
    status st = OK;
    struct features *f = NULL;

    TRY(features_read(path, &f));
    ENSURE(strcmp(f->weights, d->weights) == 0 &&
               strcmp(f->input, d->input) == 0,
           ERR_RUN,
           "%s: features of other weights (%.12s) or another input (%.12s); "
           "take another --out",
           path, f->weights, f->input);
    ENSURE(f->dim == d->dim, ERR_RUN,
           "%s: %" PRIu32 " features a row; the network gives %" PRIu32, path,
           f->dim, d->dim);
    for (uint32_t i = 0; i < f->rows; i++) {
        ENSURE(f->index[i] < d->rows, ERR_RUN,
               "%s: row %" PRIu32 " of %" PRIu32, path, f->index[i], d->rows);
        memcpy(d->value + (size_t)f->index[i] * d->dim,
               f->value + (size_t)i * d->dim, d->dim * sizeof *d->value);
        d->have[f->index[i]] = 1;
    }
out:
    features_free(f);
    return st;
}

/* Each part of a folder, or its end. */
static status each_part(const char *out, struct extract_done *d)
{
    status st = OK;
    struct walk files = {0};
    char *path = NULL;

    TRY(walk_files(out, &files));
    for (size_t i = 0; i < files.n; i++) {
        if (!is_part(&files.at[i]))
            continue;
        mem_free(path);
        path = NULL;
        TRY(file_join(out, files.at[i].path, &path));
        if (d)
            TRY(take_part(path, d));
        else
            (void)unlink(path);
    }
out:
    mem_free(path);
    walk_free(&files);
    return st;
}

status extract_load(const char *out, struct extract_done *d)
{
    return each_part(out, d);
}

status extract_end(const char *out)
{
    return each_part(out, NULL);
}
