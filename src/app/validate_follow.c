/* Follow-up of the patients: time and event of each row. */
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#include "app/validate.h"
#include "det/order.h"

/* A column as texts; mem_free. */
static status
column(const struct csv *t, uint32_t col, const char ***text, uint32_t **order)
{
    status st = OK;
    uint32_t n = csv_rows(t);

    TRY(mem_new(n, sizeof **text, text));
    TRY(mem_new(n, sizeof **order, order));
    for (uint32_t i = 0; i < n; i++)
        (*text)[i] = csv_cell(t, i, col);
    order_text(*text, n, *order);
out:
    return st;
}

status ids_unique(const struct csv *t, uint32_t col)
{
    status st = OK;
    const char **text = NULL;
    uint32_t *order = NULL;

    TRY(column(t, col, &text, &order));
    for (uint32_t i = 1; i < csv_rows(t); i++)
        ENSURE(strcmp(text[order[i]], text[order[i - 1]]) != 0, ERR_DATA,
               "%s:%u: %s \"%s\" stands on line %u already; each row needs an "
               "id of its own",
               csv_path(t), csv_line(t, order[i]), csv_name(t, col),
               text[order[i]], csv_line(t, order[i - 1]));
out:
    mem_free(text);
    mem_free(order);
    return st;
}

/* 1, True, dead: died; 0, False, alive: not. */
static status
event_of(const struct csv *t, uint32_t row, uint32_t col, int32_t *out)
{
    static const char *const no[] = {"0", "0.0", "false", "alive"};
    static const char *const yes[] = {"1", "1.0", "true", "dead"};
    status st = OK;
    const char *cell = csv_cell(t, row, col);

    for (int i = 0; i < 4; i++)
        if (strcasecmp(cell, no[i]) == 0 || strcasecmp(cell, yes[i]) == 0) {
            *out = strcasecmp(cell, yes[i]) == 0;
            return OK;
        }
    ENSURE(false, ERR_DATA,
           "%s:%u: %s \"%s\" is neither an event (1) nor censored (0)",
           csv_path(t), csv_line(t, row), csv_name(t, col), cell);
out:
    return st;
}

static status one_row(const struct validate_conf *c,
                      const struct csv *t,
                      uint32_t row,
                      const uint32_t col[2],
                      double *time,
                      int32_t *event)
{
    status st = OK;

    TRY(csv_f64(t, row, col[0], time));
    ENSURE(*time >= 0.0, ERR_DATA,
           "%s:%u: %s is %g; a survival time cannot be negative", csv_path(t),
           csv_line(t, row), c->survival.time, *time);
    TRY(event_of(t, row, col[1], event));
out:
    return st;
}

/* The row of the list that has the id: binary search. */
static int32_t
find(const char *const *text, const uint32_t *order, uint32_t n, const char *id)
{
    uint32_t lo = 0;
    uint32_t hi = n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (strcmp(text[order[mid]], id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && strcmp(text[order[lo]], id) == 0 ? (int32_t)order[lo] : -1;
}

static status joined(const struct validate_conf *c,
                     const struct csv *t,
                     const struct csv *list,
                     const uint32_t col[2],
                     double *time,
                     int32_t *event)
{
    status st = OK;
    const char **text = NULL;
    uint32_t *order = NULL;
    uint32_t here = 0;
    uint32_t there = 0;

    TRY(csv_need(t, c->id, &here));
    TRY(csv_need(list, c->id, &there));
    TRY(ids_unique(list, there));
    TRY(column(list, there, &text, &order));
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        int32_t row = find(text, order, csv_rows(list), csv_cell(t, i, here));

        ENSURE(row >= 0, ERR_DATA,
               "%s:%u: %s \"%s\" is not in %s; is it the list of another "
               "cohort?",
               csv_path(t), csv_line(t, i), c->id, csv_cell(t, i, here),
               csv_path(list));
        TRY(one_row(c, list, (uint32_t)row, col, &time[i], &event[i]));
    }
out:
    mem_free(text);
    mem_free(order);
    return st;
}

status follow_up_read(const struct validate_conf *c,
                      const struct csv *t,
                      double *time,
                      int32_t *event)
{
    status st = OK;
    struct csv *list = NULL;
    const struct csv *from = t;
    uint32_t col[2] = {0, 0};
    uint32_t events = 0;

    if (*c->survival.list) {
        TRY(csv_read(c->survival.list, &list));
        from = list;
        ENSURE(*c->id, ERR_CONF,
               "survival.list: needs validate.id, the column that names the "
               "patients in both tables");
    }
    TRY(csv_need(from, c->survival.time, &col[0]));
    TRY(csv_need(from, c->survival.event, &col[1]));
    if (list)
        TRY(joined(c, t, list, col, time, event));
    for (uint32_t i = 0; i < csv_rows(t) && !list; i++)
        TRY(one_row(c, t, i, col, &time[i], &event[i]));
    for (uint32_t i = 0; i < csv_rows(t); i++)
        events += (uint32_t)event[i];
    ENSURE(events > 0, ERR_DATA,
           "%s: nobody has an event (%s); survival cannot be compared",
           csv_path(from), c->survival.event);
out:
    csv_free(list);
    return st;
}
