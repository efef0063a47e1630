#include "lists/take.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void take_put_path(const struct take_path *p, const char *path, struct text *t)
{
    struct text word = {0};
    size_t n = strlen(p->strip);

    if (n && strncmp(path, p->strip, n) == 0)
        path += n;
    text_add(&word, "%s%s", p->prefix, path);
    if (text_status(&word) == OK)
        csv_put(t, word.s);
    else
        t->st = text_status(&word);
    text_free(&word);
}

/* "task1_val" of "lists/task1_val.csv". */
static status name_of(const char *path, char out[32])
{
    status st = OK;
    const char *base = strrchr(path, '/');
    size_t n;

    base = base ? base + 1 : path;
    n = strlen(base);
    if (n > 4 && strcmp(base + n - 4, ".csv") == 0)
        n -= 4;
    ENSURE(n > 0 && n < 32, ERR_DATA,
           "%s: the name of a list has 1 to 31 letters before .csv", path);
    (void)snprintf(out, 32, "%.*s", (int)n, base);
out:
    return st;
}

status take_first(const struct csv *t, struct made_list *l)
{
    status st = OK;
    int32_t *number = NULL;

    if (csv_name(t, 0)[0] && strcmp(csv_name(t, 0), "Unnamed: 0") != 0)
        goto out;
    TRY(mem_new(csv_rows(t), sizeof *number, &number));
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        int64_t v = 0;

        TRY(csv_i64(t, i, 0, &v));
        number[i] = (int32_t)v;
    }
    TRY(made_first(l, number, csv_rows(t)));
out:
    mem_free(number);
    return st;
}

status take_list(const struct csv *t,
                 const struct take_path *path,
                 bool swap_xy,
                 enum count_kind kind,
                 struct made *out)
{
    status st = OK;
    char name[32];
    struct made_list *l = NULL;
    uint32_t at[4];
    static const char *const needed[4] = {"image_path", "coordX", "coordY",
                                          "coordZ"};

    TRY(name_of(csv_path(t), name));
    for (int i = 0; i < 4; i++)
        TRY(csv_need(t, needed[i], &at[i]));
    for (int i = 0; i < out->lists; i++)
        ENSURE(strcmp(out->list[i].name, name) != 0, ERR_DATA,
               "%s: a list of this name was given before", csv_path(t));
    ENSURE(out->lists < MADE_LISTS, ERR_DATA, "%s: more than %d lists",
           csv_path(t), (int)MADE_LISTS);
    l = made_add(out, name);
    for (uint32_t c = 0; c < csv_cols(t); c++) {
        text_put(&l->csv, ",", c > 0);
        csv_put(&l->csv, csv_name(t, c));
    }
    text_put(&l->csv, "\n", 1);
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        for (uint32_t c = 0; c < csv_cols(t); c++) {
            uint32_t from = !swap_xy     ? c
                            : c == at[1] ? at[2]
                            : c == at[2] ? at[1]
                                         : c;

            text_put(&l->csv, ",", c > 0);
            if (c == at[0])
                take_put_path(path, csv_cell(t, i, c), &l->csv);
            else
                csv_put(&l->csv, csv_cell(t, i, from));
        }
        text_put(&l->csv, "\n", 1);
    }
    TRY(text_status(&l->csv));
    TRY(take_first(t, l));
    TRY(count_list(kind, l));
out:
    return st;
}
