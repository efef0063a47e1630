/* fmcib-data list [ID...]: what data and models there are. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/data.h"
#include "app/data_text.h"
#include "app/tool.h"
#include "store/manifest_set.h"

enum { MAX_IDS = 64, WIDTH = 80 };

struct list_conf {
    const char *manifests;
    bool json;
};

static const struct conf_row ROWS[] = {
    {"manifests", CONF_TEXT, CONF_AT(struct list_conf, manifests),
     "data-manifests", 1, 0, NULL, "DIR", PLACEMENT, "folder of the manifests"},
    {"json", CONF_BOOL, CONF_AT(struct list_conf, json), "false", 1, 0, NULL,
     "", PLACEMENT, "everything that is known, as JSON"},
};

/* The text, cut to `width` bytes with "..." at its end. */
static void put_cut(struct text *t, const char *s, size_t width)
{
    size_t n = strlen(s);

    width = width < 16 || width > WIDTH ? 16 : width; /* a very long id */
    if (n <= width) {
        text_add(t, "%s", s);
        return;
    }
    n = width - 3;
    while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    text_put(t, s, n);
    text_add(t, "...");
}

static void put_row(struct text *t, const struct manifest *m, int id_width)
{
    struct data_sum s = data_sum_of(m);
    struct text size = {0};
    char sums[32] = "-";
    size_t start = t->len;

    data_put_size(&size, m->n_files && s.unknown == m->n_files ? -1 : s.bytes);
    if (s.unknown && s.unknown < m->n_files)
        text_add(&size, "+");
    if (m->n_files)
        (void)snprintf(sums, sizeof sums, "%" PRIu32 "/%" PRIu32, s.sums,
                       m->n_files);
    text_add(t, "%-*s  %-6s  %5s  %9s  ", id_width, m->id,
             m->kind == MANIFEST_MODEL ? "model" : "data", sums,
             m->n_files                      ? size.s
             : m->access == MANIFEST_PRIVATE ? "private"
                                             : "by hand");
    put_cut(t, m->licence, WIDTH - (t->len - start));
    text_add(t, "\n");
    text_free(&size);
}

static void put_table(struct text *t, const struct manifest_set *set)
{
    int width = 2;

    for (size_t i = 0; i < set->n; i++)
        if ((int)strlen(set->at[i]->id) > width)
            width = (int)strlen(set->at[i]->id);
    text_add(t, "%-*s  %-6s  %5s  %9s  %s\n", width, "id", "kind", "sums",
             "size", "licence");
    for (size_t i = 0; i < set->n; i++)
        put_row(t, set->at[i], width);
    text_add(t,
             "\nsums: files with a published sum / files; size: of the files "
             "listed, + more of\nunknown size. `fmcib-data list ID` tells all "
             "of one.\n");
}

/* Words on lines of 80, the following ones below the first. */
static void put_words(struct text *t, const char *s, size_t indent)
{
    size_t column = indent;

    while (*s) {
        size_t n = strcspn(s, " ");

        if (column > indent && column + 1 + n > WIDTH) {
            text_add(t, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            text_add(t, " ");
            column++;
        }
        text_put(t, s, n);
        column += n;
        s += n;
        s += strspn(s, " ");
    }
    text_add(t, "\n");
}

static void put_line(struct text *t, const char *name, const char *value)
{
    if (!*value)
        return;
    text_add(t, "%-9s ", name);
    put_words(t, value, 10);
}

static void
put_lines(struct text *t, const char *name, const struct manifest_texts *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        put_line(t, i ? "" : name, list->at[i]);
}

static void put_file(struct text *t, const struct manifest_file *f)
{
    text_add(t, "\n  %s\n    ", f->path);
    if (f->bytes < 0)
        text_add(t, "bytes unknown");
    else
        text_add(t, "%" PRId64 " bytes", f->bytes);
    if (!manifest_sums(f))
        text_add(t, "; no published sum");
    text_add(t, "\n");
    for (int k = 0; k < SUM_KINDS; k++)
        if (*f->sum[k])
            text_add(t, "    %s %s\n", sum_name((enum sum_kind)k), f->sum[k]);
    if (*f->sum_source) {
        text_add(t, "    source: ");
        put_words(t, f->sum_source, 12);
    }
    for (uint32_t i = 0; i < f->urls.n; i++)
        text_add(t, "    %s\n", f->urls.at[i]);
    if (*f->note) {
        text_add(t, "    ");
        put_words(t, f->note, 4);
    }
}

static void
put_count(struct text *t, const char *name, const struct manifest_count *c)
{
    struct text line = {0};

    text_add(&line, "%s (%s):", c->what, c->source);
    for (uint32_t k = 0; k < c->n; k++)
        text_add(&line, "%s %s %" PRId64, k ? "," : "", c->name[k],
                 c->value[k]);
    if (text_status(&line) == OK)
        put_line(t, name, line.s);
    text_free(&line);
}

static void put_details(struct text *t, const struct manifest *m)
{
    text_add(t, "%s: %s\n", m->id, m->title);
    put_line(t, "size", m->size);
    put_line(t, "access", m->access == MANIFEST_PUBLIC ? "public" : "private");
    put_line(t, "licence", m->licence);
    put_line(t, "", m->licence_source);
    put_line(t, "cite", m->citation);
    put_lines(t, "used for", &m->used_for);
    put_lines(t, "pages", &m->pages);
    put_line(t, "note", m->note);
    for (uint32_t i = 0; i < m->n_counts; i++)
        put_count(t, i ? "" : "counts", &m->counts[i]);
    text_add(t, "%-9s %" PRIu32 "\n", "files", m->n_files);
    for (uint32_t i = 0; i < m->n_files; i++)
        put_file(t, &m->files[i]);
}

static void put(struct text *t, const struct manifest_set *set, bool json)
{
    if (!json) {
        for (size_t i = 0; i < set->n; i++) {
            text_add(t, "%s", i ? "\n" : "");
            put_details(t, set->at[i]);
        }
        return;
    }
    text_add(t, "{\"manifests\": [");
    for (size_t i = 0; i < set->n; i++) {
        text_add(t, "%s\n", i ? "," : "");
        data_put_json(t, set->at[i]);
    }
    text_add(t, "\n]}\n");
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    const struct list_conf *conf = ctx;
    struct manifest_set all = {0};
    struct manifest *some[MAX_IDS];
    struct manifest_set chosen = {.at = some, .n = tool->n_args};
    struct text t = {0};

    TRY(manifest_set_read(conf->manifests, &all));
    for (size_t i = 0; i < tool->n_args; i++) {
        const struct manifest *m = NULL;

        TRY(manifest_set_find(&all, tool->args[i], &m));
        some[i] = (struct manifest *)m;
    }
    if (conf->json || chosen.n)
        put(&t, chosen.n ? &chosen : &all, conf->json);
    else
        put_table(&t, &all);
    TRY(text_status(&t));
    (void)fputs(t.s, stdout);
out:
    text_free(&t);
    manifest_set_free(&all);
    return st;
}

int data_list(int argc, char **argv)
{
    struct list_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-data list",
        .args = "[ID...]",
        .what = "The data sets and models of the study: files, sizes, sums, "
                "licences. With ids: all that is known of these.",
        .args_max = MAX_IDS,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
