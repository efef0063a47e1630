/* The answer for a program. */
#include <inttypes.h>

#include "lists/check.h"

static void put_member(struct text *t, const char *name, const char *value)
{
    text_add(t, "\"%s\": ", name);
    text_json(t, value);
}

static void put_list(const struct check_list *l, struct text *t)
{
    text_add(t, "    {");
    put_member(t, "path", csv_path(l->list->csv));
    text_add(t,
             ", \"rows\": %" PRIu32 ", \"volumes\": %" PRIu32
             ", \"digest\": \"%s\"",
             l->list->rows, l->volumes, l->list->digest);
    if (l->who) {
        text_add(t, ", ");
        put_member(t, "patient_column", l->patient);
        text_add(t, ", \"patients\": %" PRIu64, l->patients);
    }
    text_add(t,
             ",\n     \"patches\": {\"whole\": %" PRIu32 ", \"cut\": %" PRIu32
             ", \"half\": %" PRIu32 ", \"worst_share_outside\": ",
             l->whole, l->cut, l->half);
    text_double(t, l->worst);
    text_add(t,
             "},\n     \"inside\": {\"of\": %" PRIu32 ", \"lps\": %" PRIu32
             ", \"ras\": %" PRIu32 ", \"swapped\": %" PRIu32
             ", \"index\": %" PRIu32 "}}",
             l->known, l->inside[CHECK_LPS], l->inside[CHECK_RAS],
             l->inside[CHECK_SWAPPED], l->inside[CHECK_INDEX]);
}

static void put_triple(struct text *t, const char *name, const double v[3])
{
    text_add(t, ", \"%s\": [", name);
    for (int a = 0; a < 3; a++) {
        text_add(t, "%s", a ? ", " : "");
        text_double(t, v[a]);
    }
    text_add(t, "]");
}

static void
put_volume(const struct check *c, const struct check_volume *v, struct text *t)
{
    text_add(t, "    {");
    put_member(t, "path", v->path);
    if (v->st != OK) {
        text_add(t, ", ");
        put_member(t, "error", v->why ? v->why : "");
    } else {
        text_add(t, ", \"size\": [%" PRId64 ", %" PRId64 ", %" PRId64 "], ",
                 v->geo.size[0], v->geo.size[1], v->geo.size[2]);
        put_member(t, "type", pixel_name(v->pixel));
        text_add(t, ", \"axes\": \"%s\"", v->code);
        put_triple(t, "spacing_mm", v->geo.spacing);
        put_triple(t, "origin_mm", v->geo.origin);
        if (c->conf.values && v->lowest <= v->highest) {
            text_add(t, ", \"lowest\": ");
            text_double(t, v->lowest);
            text_add(t, ", \"highest\": ");
            text_double(t, v->highest);
        }
    }
    text_add(t, "}");
}

static void put_finding(const struct check *c,
                        const struct check_finding *f,
                        struct text *t)
{
    const struct check_about *about = check_kind_of(f->kind);
    const struct csv *csv = c->list[f->list].list->csv;

    text_add(t, "    {\"level\": \"%s\", \"code\": \"%s\", ",
             about->level == CHECK_ERROR ? "error" : "warning", about->code);
    put_member(t, "list", csv_path(csv));
    if (f->row >= 0)
        text_add(t, ", \"row\": %" PRId64 ", \"line\": %" PRIu32, f->row,
                 csv_line(csv, (uint32_t)f->row));
    text_add(t, ", ");
    put_member(t, "text", f->text);
    text_add(t, "}");
}

static void put_end(struct text *t, bool last)
{
    text_add(t, last ? "\n" : ",\n");
}

void check_json(const struct check *c, struct text *out)
{
    text_add(out,
             "{\n  \"rows\": %" PRIu64 ", \"rows_with_errors\": %" PRIu64
             ", \"warnings\": %zu,\n  \"lists\": [\n",
             c->rows, c->errors, check_count(c, CHECK_WARNING));
    for (int k = 0; k < c->lists; k++) {
        put_list(&c->list[k], out);
        put_end(out, k + 1 == c->lists);
    }
    text_add(out, "  ],\n  \"volumes\": [\n");
    for (uint32_t i = 0; i < c->volumes; i++) {
        put_volume(c, &c->volume[i], out);
        put_end(out, i + 1 == c->volumes);
    }
    text_add(out, "  ],\n  \"findings\": [\n");
    for (size_t i = 0; i < c->findings; i++) {
        put_finding(c, &c->finding[i], out);
        put_end(out, i + 1 == c->findings);
    }
    text_add(out, "  ]\n}\n");
}
