#include "app/data_text.h"

#include <inttypes.h>

void data_put_size(struct text *t, int64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double v = (double)bytes / 1e3;
    int i = 0;

    if (bytes < 1000) {
        if (bytes < 0)
            text_add(t, "unknown");
        else
            text_add(t, "%" PRId64 " B", bytes);
        return;
    }
    for (; v >= 999.95 && i < 3; i++)
        v /= 1e3;
    text_add(t, "%.1f %s", v, units[i]);
}

struct data_sum data_sum_of(const struct manifest *m)
{
    struct data_sum s = {0};

    for (uint32_t i = 0; i < m->n_files; i++) {
        const struct manifest_file *f = &m->files[i];

        if (f->bytes < 0)
            s.unknown++;
        else
            s.bytes += f->bytes;
        s.sums += manifest_sums(f) != 0;
    }
    return s;
}

static void put_text(struct text *t, const char *key, const char *value)
{
    text_add(t, ", \"%s\": ", key);
    if (*value)
        text_json(t, value);
    else
        text_add(t, "null");
}

static void
put_texts(struct text *t, const char *key, const struct manifest_texts *list)
{
    text_add(t, ", \"%s\": [", key);
    for (uint32_t i = 0; i < list->n; i++) {
        text_add(t, "%s", i ? ", " : "");
        text_json(t, list->at[i]);
    }
    text_add(t, "]");
}

static void put_counts(struct text *t, const struct manifest *m)
{
    text_add(t, ", \"counts\": [");
    for (uint32_t i = 0; i < m->n_counts; i++) {
        const struct manifest_count *c = &m->counts[i];

        text_add(t, "%s{\"what\": ", i ? ", " : "");
        text_json(t, c->what);
        put_text(t, "source", c->source);
        for (uint32_t k = 0; k < c->n; k++) {
            text_add(t, ", ");
            text_json(t, c->name[k]);
            text_add(t, ": %" PRId64, c->value[k]);
        }
        text_add(t, "}");
    }
    text_add(t, "]");
}

static void put_file(struct text *t, const struct manifest_file *f)
{
    text_add(t, "{\"path\": ");
    text_json(t, f->path);
    if (f->bytes < 0)
        text_add(t, ", \"bytes\": null");
    else
        text_add(t, ", \"bytes\": %" PRId64, f->bytes);
    for (int k = 0; k < SUM_KINDS; k++)
        put_text(t, sum_name((enum sum_kind)k), f->sum[k]);
    put_text(t, "sum_source", f->sum_source);
    put_texts(t, "urls", &f->urls);
    put_text(t, "note", f->note);
    text_add(t, "}");
}

void data_put_json(struct text *t, const struct manifest *m)
{
    static const char *const kinds[] = {"data", "model", "folder"};
    struct data_sum s = data_sum_of(m);

    text_add(t, "{\"id\": ");
    text_json(t, m->id);
    put_text(t, "kind", kinds[m->kind]);
    put_text(t, "title", m->title);
    put_text(t, "access", m->access == MANIFEST_PUBLIC ? "public" : "private");
    put_text(t, "size", m->size);
    put_text(t, "licence", m->licence);
    put_text(t, "licence_source", m->licence_source);
    put_text(t, "citation", m->citation);
    put_text(t, "note", m->note);
    put_texts(t, "used_for", &m->used_for);
    put_texts(t, "pages", &m->pages);
    put_counts(t, m);
    text_add(t,
             ", \"known_bytes\": %" PRId64
             ", \"files_of_unknown_size\": %" PRIu32
             ", \"files_with_sum\": %" PRIu32 ", \"files\": [",
             s.bytes, s.unknown, s.sums);
    for (uint32_t i = 0; i < m->n_files; i++) {
        text_add(t, "%s", i ? ", " : "");
        put_file(t, &m->files[i]);
    }
    text_add(t, "]}");
}
