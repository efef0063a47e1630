#include "lists/made.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "det/order.h"

struct made_list *made_add(struct made *m, const char *name)
{
    struct made_list *l = &m->list[m->lists++];

    BUG_IF(m->lists > MADE_LISTS || strlen(name) >= sizeof l->name);
    (void)snprintf(l->name, sizeof l->name, "%s", name);
    return l;
}

void made_count(struct made_list *l, const char *what, uint64_t n)
{
    struct made_count *c = &l->count[l->counts++];

    BUG_IF(l->counts > MADE_COUNTS || strlen(what) >= sizeof c->what);
    (void)snprintf(c->what, sizeof c->what, "%s", what);
    c->n = n;
}

status made_first(struct made_list *l, const int32_t *number, uint32_t n)
{
    status st = OK;
    struct sha256 *s = NULL;
    uint8_t sum[SHA256_SIZE];

    TRY(sha256_new(&s));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v = (uint32_t)number[i];
        uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
                        (uint8_t)(v >> 24)};

        sha256_add(s, b, sizeof b);
    }
    sha256_end(s, sum);
    sha256_hex(sum, l->first);
out:
    sha256_free(s);
    return st;
}

void made_free(struct made *m)
{
    for (int i = 0; i < m->lists; i++) {
        text_free(&m->list[i].csv);
        text_free(&m->list[i].differs);
    }
    text_free(&m->note);
    *m = (struct made){0};
}

status
made_distinct(const char *const *key, uint32_t n, size_t len, uint64_t *out)
{
    status st = OK;
    uint32_t *order = NULL;
    uint64_t found = n > 0;

    TRY(mem_new(n, sizeof *order, &order));
    order_text(key, n, order);
    for (uint32_t i = 1; i < n; i++)
        found += strncmp(key[order[i - 1]], key[order[i]], len) != 0;
    *out = found;
out:
    mem_free(order);
    return st;
}

static status put_list(const struct made_list *l, struct text *j)
{
    status st = OK;
    uint8_t sum[SHA256_SIZE];
    char hex[SHA256_HEX];

    TRY(sha256_of(l->csv.s, l->csv.len, sum));
    sha256_hex(sum, hex);
    text_add(j, "    {\"name\": ");
    text_json(j, l->name);
    for (int i = 0; i < l->counts; i++)
        text_add(j, ", \"%s\": %" PRIu64, l->count[i].what, l->count[i].n);
    if (l->first[0])
        text_add(j, ",\n     \"first_column_int32_sha256\": \"%s\"", l->first);
    text_add(j, ",\n     \"sha256\": \"%s\", \"as_published\": %s}", hex,
             l->compared == 0 ? "null"
             : l->differs.len ? "false"
                              : "true");
out:
    return st;
}

static status publish(const char *dir, const char *name, const struct text *t)
{
    status st = OK;
    char *path = NULL;

    TRY(file_join(dir, name, &path));
    TRY(file_publish(path, t->s, t->len));
out:
    mem_free(path);
    return st;
}

status made_write(const struct made *m, const char *dir, const char *how)
{
    status st = OK;
    struct text j = {0};

    text_add(&j, "{\n%s,\n  \"lists\": [\n", how);
    for (int i = 0; i < m->lists; i++) {
        TRY(put_list(&m->list[i], &j));
        text_add(&j, i + 1 < m->lists ? ",\n" : "\n");
    }
    text_add(&j, "  ]\n}\n");
    TRY(text_status(&j));
    TRY(file_mkdirs(dir));
    for (int i = 0; i < m->lists; i++) {
        char name[40];

        (void)snprintf(name, sizeof name, "%s.csv", m->list[i].name);
        TRY(publish(dir, name, &m->list[i].csv));
    }
    TRY(publish(dir, "lists.json", &j));
out:
    text_free(&j);
    return st;
}

/* Words at column 17, a new line before column 80. */
static void put_word(struct text *t, const char *word, size_t *column)
{
    enum { MARGIN = 16, WIDTH = 79 };

    if (*column + 1 + strlen(word) > WIDTH) {
        text_add(t, "\n%*s", MARGIN, "");
        *column = MARGIN;
    }
    text_add(t, " %s", word);
    *column += 1 + strlen(word);
}

/* "a; b; c", a line each. */
static void put_differences(const char *s, struct text *t)
{
    const char *head = "DIFFERS:";

    while (*s) {
        size_t n = strcspn(s, ";");

        text_add(t, "\n%16s %s %.*s", "", head, (int)n, s);
        head = "        ";
        s += n;
        s += strspn(s, "; ");
    }
}

void made_summary(const struct made *m, struct text *out)
{
    for (int i = 0; i < m->lists; i++) {
        const struct made_list *l = &m->list[i];
        size_t start = out->len;
        size_t column;

        text_add(out, "%-16s", l->name);
        column = out->len - start;
        for (int k = 0; k < l->counts; k++) {
            char word[64];

            (void)snprintf(word, sizeof word, "%s%s %" PRIu64 "%s",
                           l->count[k].what,
                           strchr(l->count[k].what, ' ') ? ":" : "",
                           l->count[k].n, k + 1 < l->counts ? "," : "");
            put_word(out, word, &column);
        }
        if (l->compared && l->differs.len)
            put_differences(l->differs.s, out);
        else if (l->compared)
            text_add(out, "\n%16s as published (%d figures)", "", l->compared);
        text_add(out, "\n");
    }
    if (m->note.len)
        text_add(out, "%s", m->note.s);
}

status made_gate(const struct made *m)
{
    status st = OK;

    for (int i = 0; i < m->lists; i++)
        ENSURE(m->list[i].differs.len == 0, ERR_GATE,
               "%s.csv was written, but is not the published list: %.*s",
               m->list[i].name, (int)strcspn(m->list[i].differs.s, ";"),
               m->list[i].differs.s);
out:
    return st;
}
