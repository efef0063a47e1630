/* The canonical form is one line for each key, "key: value", placement keys
 * marked by a comment; so two dumps are compared line by line. */
#include <string.h>

#include "base/mem.h"

#include "conf/impl.h"

/* comments behind values the run id does not see */
static const char placement_mark[] = " # placement";
static const char preset_mark[] = " # preset";

void conf_dump(const struct conf *c, bool placement, struct text *out)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct conf_entry *e = &c->entries[i];
        bool is_placement = e->row->role == PLACEMENT;
        const char *mark = e->names_preset ? preset_mark
                           : is_placement  ? placement_mark
                                           : "";

        if (!placement && (is_placement || e->names_preset))
            continue;
        if (e->row->type == CONF_MAP) {
            map_put(e->row, &e->value.as.map, mark, out);
            continue;
        }
        text_add(out, "%s: ", e->row->key);
        value_put(e->row, &e->value, out);
        text_add(out, "%s\n", mark);
    }
}

status
conf_run_id(const struct conf *c, const char *program, char hex[SHA256_HEX])
{
    status st = OK;
    struct text t = {0};
    uint8_t digest[SHA256_SIZE];

    text_add(&t, "%s\n", program);
    conf_dump(c, false, &t);
    TRY(text_status(&t));
    TRY(sha256_of(t.s, t.len, digest));
    sha256_hex(digest, hex);
out:
    text_free(&t);
    return st;
}

static void help_row(const struct conf_row *row, struct text *out)
{
    text_add(out, "%s (%s%s", row->key, row->unit ? row->unit : "",
             row->unit && *row->unit ? ", " : "");
    value_wanted(row, out);
    if (row->type == CONF_MAP)
        text_add(out, ", none");
    else if (!row->def)
        text_add(out, ", required");
    else
        text_add(out, ", default %s", *row->def ? row->def : "\"\"");
    text_add(out, ", %s): %s\n",
             row->role == IDENTITY ? "identity" : "placement", row->help);
}

void conf_help(const struct conf_table *tables,
               size_t n_tables,
               struct text *out)
{
    for (size_t k = 0; k < n_tables; k++)
        for (size_t i = 0; i < tables[k].n; i++)
            help_row(&tables[k].rows[i], out);
}

struct line {
    const char *key;
    size_t key_len;
    const char *value;
    size_t value_len;
};

static bool ends_in(const char *s, size_t n, const char *tail)
{
    size_t m = strlen(tail);

    return n > m && memcmp(s + n - m, tail, m) == 0;
}

/* The next identity line from *p on; false at the end. */
static bool next_line(const char **p, struct line *l)
{
    while (**p) {
        size_t n = strcspn(*p, "\n");
        const char *s = *p;
        const char *colon = memchr(s, ':', n);

        *p += n + (s[n] == '\n');
        if (!colon || ends_in(s, n, placement_mark) ||
            ends_in(s, n, preset_mark))
            continue;
        l->key = s;
        l->key_len = (size_t)(colon - s);
        l->value = colon + 1 + (colon[1] == ' ');
        l->value_len = (size_t)(s + n - l->value);
        return true;
    }
    return false;
}

static bool find_line(const char *dump, const struct line *key, struct line *l)
{
    while (next_line(&dump, l))
        if (l->key_len == key->key_len &&
            memcmp(l->key, key->key, l->key_len) == 0)
            return true;
    return false;
}

/* Keys of a whose value differs in b or that b lacks. */
static bool
differs(const char *a, const char *b, bool only_missing, struct text *out)
{
    struct line la;
    struct line lb;

    while (next_line(&a, &la)) {
        bool there = find_line(b, &la, &lb);

        if (there &&
            (only_missing || (la.value_len == lb.value_len &&
                              memcmp(la.value, lb.value, la.value_len) == 0)))
            continue;
        text_put(out, la.key, la.key_len);
        text_add(out, ": ");
        if (only_missing)
            text_add(out, "(no such key) / ");
        text_put(out, la.value, la.value_len);
        if (there) {
            text_add(out, " / ");
            text_put(out, lb.value, lb.value_len);
        } else if (!only_missing) {
            text_add(out, " / (no such key)");
        }
        return true;
    }
    return false;
}

bool conf_difference(const char *dump_a, const char *dump_b, struct text *out)
{
    return differs(dump_a, dump_b, false, out) ||
           differs(dump_b, dump_a, true, out);
}
