#include <inttypes.h>

#include "app/data_verify.h"

static void put_counts(struct text *t, const struct verify_answer *a)
{
    const char *between = "";

    text_add(t, "%s against %s: %zu %s: ", a->dir, a->id, a->n,
             a->n == 1 ? "file" : "files");
    for (int s = 0; s < MANIFEST_STATES; s++)
        if (a->count[s] || s == MANIFEST_OK) {
            text_add(t, "%s%zu %s", between, a->count[s],
                     manifest_state_name((enum manifest_state)s));
            between = ", ";
        }
    text_add(t, "\n");
}

void verify_put_table(struct text *t, const struct verify_answer *a, bool quiet)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct verify_line *l = &a->lines[i];

        if (quiet && l->state == MANIFEST_OK)
            continue;
        text_add(t, "%-8s  ", manifest_state_name(l->state));
        if (l->bytes < 0)
            text_add(t, "%13s", "-");
        else
            text_add(t, "%13" PRId64, l->bytes);
        text_add(t, "  %s", l->path);
        if (l->why.len)
            text_add(t, "  (%s)", l->why.s);
        text_add(t, "\n");
    }
    put_counts(t, a);
}

void verify_put_json(struct text *t, const struct verify_answer *a)
{
    text_add(t, "{\"folder\": ");
    text_json(t, a->dir);
    text_add(t, ", \"manifest\": ");
    text_json(t, a->id);
    for (int s = 0; s < MANIFEST_STATES; s++)
        text_add(t, ", \"%s\": %zu",
                 manifest_state_name((enum manifest_state)s), a->count[s]);
    text_add(t, ", \"files\": [");
    for (size_t i = 0; i < a->n; i++) {
        const struct verify_line *l = &a->lines[i];

        text_add(t, "%s\n  {\"path\": ", i ? "," : "");
        text_json(t, l->path);
        text_add(t, ", \"state\": \"%s\", \"bytes\": ",
                 manifest_state_name(l->state));
        if (l->bytes < 0)
            text_add(t, "null");
        else
            text_add(t, "%" PRId64, l->bytes);
        text_add(t, ", \"why\": ");
        text_json(t, l->why.s ? l->why.s : "");
        text_add(t, "}");
    }
    text_add(t, "%s]}\n", a->n ? "\n" : "");
}
