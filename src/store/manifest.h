#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/sums.h"
#include "base/text.h"

/* A manifest says which files a data set or a model consists of, under which
 * addresses, sizes, sums and terms they are published, and who says so. YAML
 * by a strict schema (manifest_read.c has its tables; data-manifests/README.md
 * tells it to people). What is not known is said: `bytes: unknown`,
 * `sum: none`. */

enum { MANIFEST_MAX_BYTES = 64 << 20 };
enum manifest_kind { MANIFEST_DATA, MANIFEST_MODEL, MANIFEST_FOLDER };
enum manifest_access { MANIFEST_PUBLIC, MANIFEST_PRIVATE };

struct manifest_texts {
    const char **at;
    uint32_t n;
};

/* "task 1, published: train 2610, tune 1220 (preprint)" */
struct manifest_count {
    const char *what;
    const char *source;
    const char **name; /* [n] */
    int64_t *value;    /* [n] */
    uint32_t n;
};

struct manifest_file {
    const char *path;           /* relative, parts joined by '/' */
    int64_t bytes;              /* -1: unknown */
    const char *sum[SUM_KINDS]; /* "" where that kind is not published */
    const char *sum_source;     /* who says so */
    const char *note;
    struct manifest_texts urls;
    uint32_t line; /* of the manifest */
};

struct manifest {
    char *name; /* as in messages */
    const char *id;
    int kind;   /* enum manifest_kind */
    int access; /* enum manifest_access */
    const char *title, *size, *licence, *licence_source, *citation, *note;
    struct manifest_texts used_for, pages;
    struct manifest_count *counts; /* [n_counts] */
    uint32_t n_counts;
    struct manifest_file *files; /* [n_files], as they stand there */
    uint32_t n_files;
    uint32_t *by_path;      /* [n_files] sorted by the bytes of path */
    struct yaml_node *root; /* owns the texts */
};

/* ERR_CONF with name:line: not the schema (an unknown key with the nearest
 * known one), a path that leaves the folder or stands there twice, a sum that
 * is none, no sum and no word about it. ERR_FILE, ERR_MEM. */
status manifest_read(const char *path, struct manifest **out);
/* The same from bytes; name is for messages. */
status manifest_parse(const char *bytes,
                      size_t len,
                      const char *name,
                      struct manifest **out);
void manifest_free(struct manifest *m);

/* The file of that path, NULL when there is none. */
const struct manifest_file *manifest_find(const struct manifest *m,
                                          const char *path);

/* Which sums are published, as bits 1 << kind; 0: none. */
unsigned manifest_sums(const struct manifest_file *f);

/* What is wrong with a path, in words; NULL: nothing. Relative, UTF-8 without
 * control characters, no empty part, no "." or "..", at most 1024 bytes. */
const char *manifest_path_fault(const char *path);

/* A manifest of kind folder with these files: the text reads back. path [n]
 * without fault, sums with SHA-256. */
void manifest_put(struct text *t,
                  size_t n,
                  const char *const *path,
                  const struct sums *sums);

#endif
