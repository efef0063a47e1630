/* Sorted lists by insertion: a new trial costs a search and a move. */
#include "hpo/tpe_memo.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define NO_PLACE UINT32_MAX

struct column {
    struct parzen_column of; /* [cap] each */
    uint32_t *sorted;        /* [n] trials that have the parameter */
    uint32_t *order; /* [cap] the same of the list at hand, by its places */
    uint32_t n;
};

struct tpe_memo {
    const struct space *space;
    uint32_t n, cap;        /* trials */
    struct column *column;  /* [space->n] */
    uint32_t *place;        /* [cap] of a trial in the list at hand */
    const uint32_t **order; /* [space->n] */
    const struct parzen_column **used; /* [space->n] */
};

status tpe_memo_new(const struct space *space, struct tpe_memo **out)
{
    struct tpe_memo *m = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *m, &m));
    m->space = space;
    TRY(mem_new(space->n, sizeof *m->column, &m->column));
    TRY(mem_new(space->n, sizeof(const uint32_t *), &m->order));
    TRY(mem_new(space->n, sizeof(struct parzen_column *), &m->used));
    *out = m;
    m = NULL;
out:
    tpe_memo_free(m);
    return st;
}

void tpe_memo_free(struct tpe_memo *m)
{
    if (!m)
        return;
    for (uint32_t p = 0; m->column && p < m->space->n; p++) {
        mem_free(m->column[p].of.inner);
        mem_free(m->column[p].of.sigma);
        mem_free(m->column[p].of.log_mass);
        mem_free(m->column[p].of.factor);
        mem_free(m->column[p].sorted);
        mem_free(m->column[p].order);
    }
    mem_free(m->used);
    mem_free(m->order);
    mem_free(m->column);
    mem_free(m->place);
    mem_free(m);
}

/* Room for `need` trials in a column that has room for cap; *to: the room. */
static status
grow_column(struct column *c, uint32_t need, size_t cap, size_t *to)
{
    double **part[] = {&c->of.inner, &c->of.sigma, &c->of.log_mass,
                       &c->of.factor};
    status st = OK;

    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        *to = cap;
        TRY(mem_grow(need, sizeof **part[i], part[i], to));
    }
    *to = cap;
    TRY(mem_grow(need, sizeof *c->sorted, &c->sorted, to));
    *to = cap;
    TRY(mem_grow(need, sizeof *c->order, &c->order, to));
out:
    return st;
}

static status grow(struct tpe_memo *m, uint32_t need)
{
    size_t to = m->cap;
    status st = OK;

    TRY(mem_grow(need, sizeof *m->place, &m->place, &to));
    for (uint32_t p = 0; p < m->space->n; p++)
        TRY(grow_column(&m->column[p], need, m->cap, &to));
    m->cap = (uint32_t)to;
out:
    return st;
}

/* After the last one that is not above it. */
static void insert(struct column *c, uint32_t t)
{
    uint32_t lo = 0;
    uint32_t hi = c->n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->of.inner[c->sorted[mid]] > c->of.inner[t])
            hi = mid;
        else
            lo = mid + 1;
    }
    memmove(c->sorted + lo + 1, c->sorted + lo,
            (c->n - lo) * sizeof *c->sorted);
    c->sorted[lo] = t;
    c->n++;
}

status tpe_memo_update(struct tpe_memo *m, const struct tpe_past *past)
{
    status st = OK;

    BUG_IF(past->n < m->n || past->space != m->space);
    if (past->n > m->cap)
        TRY(grow(m, past->n));
    for (; m->n < past->n; m->n++) {
        const double *x = past->trials[m->n].x;
        for (uint32_t p = 0; p < m->space->n; p++) {
            struct column *c = &m->column[p];
            if (m->space->params[p].kind == SPACE_CATEGORICAL || isnan(x[p]))
                continue;
            c->of.inner[m->n] = space_inner(&m->space->params[p], x[p]);
            c->of.sigma[m->n] = 0;
            insert(c, m->n);
        }
    }
out:
    return st;
}

void tpe_memo_known(struct tpe_memo *m,
                    const uint32_t *list,
                    uint32_t n,
                    const uint32_t *param,
                    uint32_t d,
                    struct parzen_known *out)
{
    BUG_IF(d > m->space->n);
    memset(m->place, 0xff, m->n * sizeof *m->place);
    for (uint32_t i = 0; i < n; i++)
        m->place[list[i]] = i;
    for (uint32_t j = 0; j < d; j++) {
        const struct column *c = &m->column[param[j]];
        bool numeric = m->space->params[param[j]].kind != SPACE_CATEGORICAL;
        uint32_t k = 0;
        for (uint32_t r = 0; numeric && r < c->n; r++)
            if (m->place[c->sorted[r]] != NO_PLACE)
                c->order[k++] = m->place[c->sorted[r]];
        BUG_IF(numeric && k != n);
        m->used[j] = numeric ? &c->of : NULL;
        m->order[j] = numeric ? c->order : NULL;
    }
    *out =
        (struct parzen_known){list, m->used, (const uint32_t *const *)m->order};
}
