/* The answer for a person: lists, volumes, findings by kind with an example
 * and what to do, readings, the sum of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lists/check.h"

enum { MARGIN = 9, WIDTH = 79 };

/* Words of s after a margin, broken at blanks before column 80. */
static void put_words(struct text *t, const char *s)
{
    size_t column = MARGIN;

    text_add(t, "%*s", MARGIN, "");
    while (*s) {
        size_t n = strcspn(s, " ");
        bool first = column == MARGIN;

        if (!first && column + 1 + n > WIDTH) {
            text_add(t, "\n%*s", MARGIN, "");
            column = MARGIN;
            first = true;
        }
        text_add(t, "%s%.*s", first ? "" : " ", (int)n, s);
        column += n + !first;
        s += n;
        s += strspn(s, " ");
    }
    text_add(t, "\n");
}

static void put_lists(const struct check *c, struct text *t)
{
    for (int k = 0; k < c->lists; k++) {
        const struct check_list *l = &c->list[k];

        text_add(t, "%s: %" PRIu32 " rows, %" PRIu32 " volumes",
                 csv_path(l->list->csv), l->list->rows, l->volumes);
        if (l->who)
            text_add(t, ", %" PRIu64 " patients (%s)", l->patients, l->patient);
        text_add(t, "\n");
    }
}

/* ---- volumes ----------------------------------------------------------- */

static void widen(double v, double *lo, double *hi)
{
    *lo = v < *lo ? v : *lo;
    *hi = v > *hi ? v : *hi;
}

/* "LPS 20, PLI 3" in the order in which they come. */
static void put_tally(const struct check *c, bool axes, struct text *t)
{
    for (uint32_t i = 0; i < c->volumes; i++) {
        const struct check_volume *v = &c->volume[i];
        uint32_t n = 0;
        bool before = false;

        if (v->st != OK)
            continue;
        for (uint32_t j = 0; j < c->volumes; j++) {
            const struct check_volume *o = &c->volume[j];
            bool same = o->st == OK && (axes ? strcmp(o->code, v->code) == 0
                                             : o->pixel == v->pixel);

            before |= same && j < i;
            n += same;
            if (before)
                break;
        }
        if (!before)
            text_add(t, " %s %" PRIu32 ",",
                     axes ? v->code : pixel_name(v->pixel), n);
    }
    t->s[t->len - 1] = '\n';
}

static void put_volumes(const struct check *c, struct text *t)
{
    double lo[3] = {1e300, 1e300, 1e300};
    double hi[3] = {0, 0, 0};
    uint32_t good = 0;
    uint32_t all = 0;

    for (uint32_t i = 0; i < c->volumes; i++) {
        all += c->volume[i].path[0] != '\0';
        if (c->volume[i].st != OK)
            continue;
        good++;
        for (int a = 0; a < 3; a++)
            widen(c->volume[i].geo.spacing[a], &lo[a], &hi[a]);
    }
    text_add(t, "\nvolumes  %" PRIu32 " of %" PRIu32 " files readable\n", good,
             all);
    if (good == 0)
        return;
    text_add(t, "spacing ");
    for (int a = 0; a < 3; a++)
        text_add(t, lo[a] == hi[a] ? "%s %.4g" : "%s %.4g to %.4g",
                 a ? " x" : "", lo[a], hi[a]);
    text_add(t, " mm\ntype    ");
    put_tally(c, false, t);
    text_add(t, "axes    ");
    put_tally(c, true, t);
}

static void put_patches(const struct check *c, struct text *t)
{
    uint64_t whole = 0;
    uint64_t cut = 0;
    uint64_t half = 0;
    double worst = 0.0;

    for (int k = 0; k < c->lists; k++) {
        whole += c->list[k].whole;
        cut += c->list[k].cut;
        half += c->list[k].half;
        worst = c->list[k].worst > worst ? c->list[k].worst : worst;
    }
    text_add(t,
             "patches  %" PRIu64 " whole, %" PRIu64
             " cut by the border, %" PRIu64 " of them by more than half",
             whole, cut + half, half);
    if (worst > 0.0)
        text_add(t, " (worst: %.0f %%)", 100.0 * worst);
    text_add(t, "\n");
}

/* ---- findings ---------------------------------------------------------- */

static const char *level_name(enum check_level level)
{
    return level == CHECK_ERROR ? "error" : "warning";
}

static void put_example(const struct check *c,
                        const struct check_finding *f,
                        struct text *t)
{
    const struct csv *csv = c->list[f->list].list->csv;
    struct text line = {0};

    if (f->row >= 0)
        text_add(&line, "%s:%" PRIu32 ": %s", csv_path(csv),
                 csv_line(csv, (uint32_t)f->row), f->text);
    else
        text_add(&line, "%s: %s", csv_path(csv), f->text);
    if (text_status(&line) == OK)
        put_words(t, line.s);
    text_free(&line);
}

/* All of one kind: how many, the first of them (of whole lists: each), what to
 * do. */
static size_t put_kind(const struct check *c, size_t at, struct text *t)
{
    enum { SHOWN = 3 };
    enum check_kind kind = c->finding[at].kind;
    const struct check_about *about = check_kind_of(kind);
    size_t end = at;
    size_t shown;

    while (end < c->findings && c->finding[end].kind == kind)
        end++;
    text_add(t, "\n%-7s  %s", level_name(about->level), about->what);
    if (c->finding[at].row >= 0)
        text_add(t, ": %zu row%s", end - at, end - at > 1 ? "s" : "");
    text_add(t, "\n");
    shown = c->finding[at].row < 0 || end - at <= SHOWN ? end : at + SHOWN - 1;
    for (size_t i = at; i < shown; i++)
        put_example(c, &c->finding[i], t);
    if (shown < end)
        text_add(t, "%*s... and %zu more (--json lists all)\n", MARGIN, "",
                 end - shown);
    text_add(t, "%*s-> ", MARGIN - 3, "");
    {
        size_t start = t->len;

        put_words(t, about->remedy);
        /* the margin of the first line is the arrow */
        if (text_status(t) == OK) {
            memmove(t->s + start, t->s + start + MARGIN,
                    t->len - start - MARGIN + 1);
            t->len -= MARGIN;
        }
    }
    return end;
}

static void put_readings(const struct check *c, struct text *t)
{
    uint64_t known = 0;
    uint64_t inside[CHECK_READINGS] = {0};

    for (int k = 0; k < c->lists; k++) {
        known += c->list[k].known;
        for (int r = 0; r < CHECK_READINGS; r++)
            inside[r] += c->list[k].inside[r];
    }
    if (known == 0)
        return;
    text_add(
        t, "\nseeds inside their volume, of %" PRIu64 ", if the numbers are\n",
        known);
    for (int r = 0; r < CHECK_READINGS; r++)
        text_add(t, "  %-20s %8" PRIu64 "\n",
                 check_reading_name((enum check_reading)r), inside[r]);
}

void check_text(const struct check *c, struct text *out)
{
    size_t warnings = check_count(c, CHECK_WARNING);

    put_lists(c, out);
    put_volumes(c, out);
    put_patches(c, out);
    for (size_t i = 0; i < c->findings;)
        i = put_kind(c, i, out);
    put_readings(c, out);
    text_add(out,
             "\n%" PRIu64 " of %" PRIu64 " rows can be cut; %" PRIu64
             " cannot, %zu warning%s\n",
             c->rows - c->errors, c->rows, c->errors, warnings,
             warnings == 1 ? "" : "s");
}
