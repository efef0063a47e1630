#ifndef LISTS_MADE_H
#define LISTS_MADE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"

/* What a builder makes: lists as CSV in memory, what was counted in them, and
 * whether these are the published counts. */

struct made_count {
    char what[24]; /* "rows", "patients", "class 3" */
    uint64_t n;
};

enum { MADE_LISTS = 4, MADE_COUNTS = 16 };
struct made_list {
    char name[32]; /* "task1_train": the file without .csv */
    struct text csv;
    struct made_count count[MADE_COUNTS];
    int counts;
    char first[SHA256_HEX]; /* of the first column as int32, "" = none */
    struct text differs;    /* published counts that are not met, "" = none */
    int compared;           /* published figures looked at */
};

struct made {
    struct made_list list[MADE_LISTS];
    int lists;
    struct text note; /* lines for the user: what was left out, and why */
};

/* The next list, empty. */
struct made_list *made_add(struct made *m, const char *name);
void made_count(struct made_list *l, const char *what, uint64_t n);
/* Digest of the first column. */
status made_first(struct made_list *l, const int32_t *number, uint32_t n);
void made_free(struct made *m);

/* Compare with what is published of `set` ("deeplesion", "luna16", ...);
 * fills differs and compared of every list. published.c has the figures. */
status made_compare(const char *set, struct made *m);

/* For the user: every list, its counts, whether they are the published ones,
 * then the notes. Lines of 80 columns where names allow. */
void made_summary(const struct made *m, struct text *out);
/* ERR_GATE naming the first list whose counts are not the published ones. */
status made_gate(const struct made *m);

/* Distinct texts among key [n]; of each the first `len` bytes count. */
status
made_distinct(const char *const *key, uint32_t n, size_t len, uint64_t *out);

/* Publish the lists as DIR/<name>.csv and, at last, DIR/lists.json: how
 * ("set", the switches and inputs, a JSON object's members as text) and what.
 * Same input, same bytes. ERR_FILE, ERR_MEM. */
status made_write(const struct made *m, const char *dir, const char *how);

#endif
