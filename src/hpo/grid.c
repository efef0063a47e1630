/* Optuna makes the product with the names in ascending order, the last one
 * running fastest, and shuffles the list. */
#include "hpo/grid.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

struct grid {
    const struct space *space;
    struct grid_axis *axes; /* [space->n] */
    double *values;         /* of all axes */
    uint32_t *by_name;      /* [space->n] parameters by ascending name */
    uint32_t size;
    uint32_t *order; /* [size] combination at a place */
    struct mt19937 mt;
};

static bool fits(const struct space_param *p, double x)
{
    if (p->kind == SPACE_CATEGORICAL)
        return x >= 0 && x < p->n_choices && x == floor(x);
    return x >= p->low && x <= p->high &&
           (p->kind != SPACE_INT || x == floor(x));
}

static status check_axis(const struct space_param *p, const struct grid_axis *a)
{
    status st = OK;

    ENSURE(a->n > 0, ERR_CONF, "the grid has no value of %s", p->name);
    for (uint32_t i = 0; i < a->n; i++) {
        ENSURE(fits(p, a->values[i]), ERR_CONF,
               "the grid's value %.17g of %s is outside its range (%g to %g)",
               a->values[i], p->name, p->low, p->high);
        for (uint32_t k = 0; k < i; k++)
            ENSURE(a->values[i] != a->values[k], ERR_CONF,
                   "the grid has %.17g of %s twice", a->values[i], p->name);
    }
out:
    return st;
}

static status copy_axes(struct grid *g, const struct grid_axis *axes)
{
    uint32_t n = g->space->n;
    size_t all = 0;
    uint64_t size = 1;
    status st = OK;

    for (uint32_t p = 0; p < n; p++) {
        TRY(check_axis(&g->space->params[p], &axes[p]));
        all += axes[p].n;
        size *= axes[p].n;
        ENSURE(size <= GRID_MOST, ERR_CONF,
               "a grid of more than %d combinations", GRID_MOST);
    }
    g->size = (uint32_t)size;
    TRY(mem_new(n, sizeof *g->axes, &g->axes));
    TRY(mem_new(all, sizeof *g->values, &g->values));
    double *to = g->values;
    for (uint32_t p = 0; p < n; p++) {
        memcpy(to, axes[p].values, axes[p].n * sizeof *to);
        g->axes[p] = (struct grid_axis){axes[p].n, to};
        to += axes[p].n;
    }
out:
    return st;
}

static status sort_names(struct grid *g)
{
    const struct space *s = g->space;
    status st = OK;

    TRY(mem_new(s->n, sizeof *g->by_name, &g->by_name));
    for (uint32_t p = 0; p < s->n; p++) {
        uint32_t at = p;
        for (; at > 0 && strcmp(s->params[g->by_name[at - 1]].name,
                                s->params[p].name) > 0;
             at--)
            g->by_name[at] = g->by_name[at - 1];
        g->by_name[at] = p;
    }
out:
    return st;
}

status grid_new(const struct space *space,
                const struct grid_axis *axes,
                uint64_t seed,
                struct grid **out)
{
    struct grid *g = NULL;
    status st = OK;

    ENSURE(seed <= UINT32_MAX, ERR_CONF,
           "the order of a grid is Optuna's, whose seeds end at %u; the seed "
           "is %" PRIu64,
           UINT32_MAX, seed);
    TRY(mem_new(1, sizeof *g, &g));
    g->space = space;
    TRY(copy_axes(g, axes));
    TRY(sort_names(g));
    TRY(mem_new(g->size, sizeof *g->order, &g->order));
    mt_seed(&g->mt, (uint32_t)seed);
    mt_permutation(&g->mt, g->size, g->order);
    *out = g;
    g = NULL;
out:
    grid_free(g);
    return st;
}

void grid_free(struct grid *g)
{
    if (!g)
        return;
    mem_free(g->order);
    mem_free(g->by_name);
    mem_free(g->values);
    mem_free(g->axes);
    mem_free(g);
}

uint32_t grid_size(const struct grid *g)
{
    return g->size;
}

void grid_at(const struct grid *g, uint32_t place, double *x)
{
    uint32_t left = g->order[place];

    for (uint32_t k = g->space->n; k-- > 0;) {
        uint32_t p = g->by_name[k];
        x[p] = g->axes[p].values[left % g->axes[p].n];
        left /= g->axes[p].n;
    }
}

static uint32_t
count_free(const struct grid *g, uint32_t from, const uint32_t *taken)
{
    uint32_t n = 0;

    for (uint32_t i = from; i < g->size; i++)
        n += taken[i] == 0;
    return n;
}

uint32_t grid_left(const struct grid *g, uint32_t before, const uint32_t *taken)
{
    uint32_t all = count_free(g, 0, taken);

    if (before >= g->size)
        return all;
    /* the trials up to the last place have one each, done before or not */
    return all - count_free(g, before, taken) + (g->size - before);
}

uint32_t grid_next(struct grid *g, uint32_t t, const uint32_t *taken)
{
    uint32_t free = count_free(g, 0, taken);
    uint32_t pick;

    if (t < g->size)
        return t;
    if (free == 0)
        return GRID_NONE;
    pick = mt_below(&g->mt, free);
    for (uint32_t i = 0; i < g->size; i++)
        if (taken[i] == 0 && pick-- == 0)
            return i;
    return GRID_NONE;
}

static void value_text(const struct space_param *p, double x, struct text *out)
{
    if (p->kind == SPACE_CATEGORICAL)
        text_add(out, "%s", p->choices[(uint32_t)x]);
    else if (p->kind == SPACE_INT)
        text_add(out, "%.0f", x);
    else
        text_double(out, x);
}

void grid_text(const struct grid *g, struct text *out)
{
    text_add(out, "{");
    for (uint32_t k = 0; k < g->space->n; k++) {
        uint32_t p = g->by_name[k];
        text_add(out, k ? ", " : "");
        text_json(out, g->space->params[p].name);
        text_add(out, ": [");
        for (uint32_t i = 0; i < g->axes[p].n; i++) {
            text_add(out, i ? ", " : "");
            value_text(&g->space->params[p], g->axes[p].values[i], out);
        }
        text_add(out, "]");
    }
    text_add(out, "}");
}

static bool same_axis(const struct grid *g, uint32_t p, const struct json *list)
{
    bool same = json_len(list) == g->axes[p].n;

    for (uint32_t i = 0; same && i < g->axes[p].n; i++) {
        double x = NAN;

        same = space_value(&g->space->params[p], json_at(list, i), &x) == OK &&
               x == g->axes[p].values[i];
    }
    return same;
}

uint32_t grid_place(const struct grid *g,
                    const struct json *grid_id,
                    const struct json *search_space)
{
    int64_t id = json_i64(grid_id, -1);

    if (id < 0 || id >= g->size || json_len(search_space) != g->space->n)
        return GRID_NONE;
    for (uint32_t p = 0; p < g->space->n; p++)
        if (!same_axis(g, p, json_get(search_space, g->space->params[p].name)))
            return GRID_NONE;
    return (uint32_t)id;
}
