/* Folders of pictures: names, runs, spacing. */
#include "vol/png_slices.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

enum { NUMBER_MOST = 99999 };

bool png_number(const char **text, char after, int64_t *out)
{
    size_t n = strspn(*text, "0123456789");

    if (n == 0 || n > 9 || (*text)[n] != after)
        return false;
    *out = strtol(*text, NULL, 10);
    *text += n + 1;
    return true;
}

static bool is_png(const char *name)
{
    size_t n = strlen(name);

    return name[0] != '.' && n > 4 && strcmp(name + n - 4, ".png") == 0;
}

bool png_series_is(const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    bool found = false;

    while (d && !found && (e = readdir(d)) != NULL)
        found = is_png(e->d_name);
    if (d)
        (void)closedir(d);
    return found;
}

static int by_number(const void *a, const void *b)
{
    const struct png_slice *s = a;
    const struct png_slice *t = b;

    return (s->number > t->number) - (s->number < t->number);
}

/* "007.png" is slice 7. */
static status
add_slice(const char *folder, const char *name, struct png_series *s)
{
    status st = OK;
    struct png_slice slice = {0, NULL};
    const char *p = name;
    int64_t number = 0;

    ENSURE(png_number(&p, '.', &number) && strcmp(p, "png") == 0 &&
               number <= NUMBER_MOST,
           ERR_DATA,
           "%s/%s: slices of DeepLesion are named by number (007.png); rename "
           "or remove it",
           folder, name);
    slice.number = (int)number;
    TRY(file_join(folder, name, &slice.path));
    TRY(mem_grow(s->n + 1, sizeof slice, &s->slice, &s->cap));
    s->slice[s->n++] = slice;
    slice.path = NULL;
out:
    mem_free(slice.path);
    return st;
}

static status list_slices(const char *folder, struct png_series *s)
{
    status st = OK;
    DIR *d = opendir(folder);
    const struct dirent *e;

    ENSURE(d, ERR_FILE, "%s: %s", folder, strerror(errno));
    while ((e = readdir(d)) != NULL)
        if (is_png(e->d_name))
            TRY(add_slice(folder, e->d_name, s));
    ENSURE(s->n > 0, ERR_DATA,
           "%s: no slice NNN.png in this folder; name the folder of a series",
           folder);
    qsort(s->slice, s->n, sizeof *s->slice, by_number);
    for (size_t i = 1; i < s->n; i++)
        ENSURE(s->slice[i].number != s->slice[i - 1].number, ERR_DATA,
               "%s: is slice %d, as %s is; remove one", s->slice[i].path,
               s->slice[i].number, s->slice[i - 1].path);
out:
    if (d)
        (void)closedir(d);
    return st;
}

/* "a/b/c" and "a/b/c/" are called "c". */
static status last_part(const char *path, char **out)
{
    status st = OK;
    size_t end = strlen(path);
    size_t from;

    while (end > 1 && path[end - 1] == '/')
        end--;
    for (from = end; from > 0 && path[from - 1] != '/'; from--)
        ;
    TRY(mem_text(path + from, out));
    (*out)[end - from] = '\0';
out:
    return st;
}

status png_series_open(const char *folder, struct png_series *out)
{
    status st = OK;
    struct png_series s = {.name = NULL};

    TRY(last_part(folder, &s.name));
    TRY(list_slices(folder, &s));
    for (size_t i = 0; i < s.n; i++) {
        if (i > 0 && s.slice[i].number == s.slice[i - 1].number + 1) {
            s.run[s.runs - 1].n++;
            continue;
        }
        TRY(mem_grow(s.runs + 1, sizeof *s.run, &s.run, &s.run_cap));
        s.run[s.runs++] = (struct png_run){i, 1};
    }
    *out = s;
    s = (struct png_series){.name = NULL};
out:
    png_series_free(&s);
    return st;
}

void png_series_free(struct png_series *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        mem_free(s->slice[i].path);
    mem_free(s->slice);
    mem_free(s->run);
    mem_free(s->name);
    *s = (struct png_series){.name = NULL};
}

status
png_run_name(const struct png_series *s, const struct png_run *r, char **out)
{
    status st = OK;
    struct text t = {NULL, 0, 0, OK};

    text_add(&t, "%s_%03d-%03d", s->name, s->slice[r->first].number,
             s->slice[r->first + r->n - 1].number);
    TRY(text_status(&t));
    *out = t.s;
    t.s = NULL;
out:
    text_free(&t);
    return st;
}

bool png_series_name(const char *name, int64_t out[3])
{
    static const char after[3] = {'_', '_', '\0'};
    const char *p = name;

    for (int i = 0; i < 3; i++)
        if (!png_number(&p, after[i], &out[i]))
            return false;
    return true;
}

/* "0.859375, 0.859375, 5" */
static status
three_numbers(const struct csv *t, uint32_t row, uint32_t col, double out[3])
{
    status st = OK;
    const char *cell = csv_cell(t, row, col);
    char part[64];
    const char *p = cell;

    for (int i = 0; i < 3; i++) {
        size_t n;

        p += strspn(p, " ");
        n = strcspn(p, ",");
        (void)snprintf(part, sizeof part, "%.*s", (int)(n < 63 ? n : 63), p);
        ENSURE(text_to_double(part, &out[i]) && out[i] > 0.0 &&
                   p[n] == (i < 2 ? ',' : '\0'),
               ERR_DATA,
               "%s, line %u: column Spacing_mm_px_ is \"%s\", three positive "
               "numbers \"x, y, z\" are wanted; fetch the table again",
               csv_path(t), csv_line(t, row), cell);
        p += n + 1;
    }
out:
    return st;
}

/* Has the row these numbers? */
static status is_row(const struct csv *t,
                     uint32_t row,
                     const uint32_t col[3],
                     const int64_t want[3],
                     bool *out)
{
    status st = OK;
    int64_t v[3] = {0, 0, 0};

    for (int i = 0; i < 3; i++)
        TRY(csv_i64(t, row, col[i], &v[i]));
    *out = v[0] == want[0] && v[1] == want[1] && v[2] == want[2];
out:
    return st;
}

status png_spacing(const struct csv *info, const char *series, double out_mm[3])
{
    static const char *const names[3] = {"Patient_index", "Study_index",
                                         "Series_ID"};
    status st = OK;
    uint32_t col[3] = {0, 0, 0};
    uint32_t spacing = 0;
    uint32_t row;
    int64_t want[3] = {0, 0, 0};
    bool is = false;

    ENSURE(png_series_name(series, want), ERR_DATA,
           "series \"%s\": folders of DeepLesion are named "
           "PATIENT_STUDY_SERIES (000089_01_02); rename it",
           series);
    for (int i = 0; i < 3; i++)
        TRY(csv_need(info, names[i], &col[i]));
    TRY(csv_need(info, "Spacing_mm_px_", &spacing));
    for (row = 0; row < csv_rows(info) && !is; row++)
        TRY(is_row(info, row, col, want, &is));
    ENSURE(is, ERR_DATA,
           "%s: no row for series %s (patient %lld, study %lld, series %lld), "
           "so its spacing is unknown; fetch the whole table",
           csv_path(info), series, (long long)want[0], (long long)want[1],
           (long long)want[2]);
    TRY(three_numbers(info, row - 1, spacing, out_mm));
out:
    return st;
}
