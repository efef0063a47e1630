#include "eval/pass.h"

#include <string.h>

/* Rows of a chunk, at least; chunks, at most; what these are multiples of. */
enum { CHUNK = 256, CHUNKS = 32, ROUND = 16, COLUMNS = 256, VECTOR = 8 };
/* Rows that are used again while they are near: one column's are short enough
 * for the first cache. Changes no bit. */
enum { NEAR = 16, NEAR1 = 8 };
static const size_t SMALL_WORK = 400000; /* not worth waking the team */

static uint32_t chunk_rows(uint32_t n)
{
    uint32_t rows = (n + CHUNKS - 1) / CHUNKS;

    rows = (rows + ROUND - 1) / ROUND * ROUND;
    return rows > CHUNK ? rows : CHUNK;
}

static uint32_t chunk_count(uint32_t n)
{
    uint32_t rows = chunk_rows(n);

    return (n + rows - 1) / rows;
}

size_t pass_padded(uint32_t m, uint32_t width)
{
    return width == 1 ? ((size_t)m + VECTOR - 1) / VECTOR * VECTOR : m;
}

/* Elements of g. */
static size_t g_len(const struct pass_rows *a, uint32_t panels)
{
    return panels * pass_padded(a->m, a->width) * a->width;
}

size_t pass_partial_len(const struct pass_rows *rows, uint32_t panels)
{
    return chunk_count(rows->n) * g_len(rows, panels);
}

struct work {
    const struct pass_rows *rows;
    const struct pass *p;
};

static size_t longest(const struct pass_rows *a, uint32_t lo, uint32_t hi)
{
    uint32_t len = 0;

    for (uint32_t i = lo; i < hi; i++)
        len = a->len[i] > len ? a->len[i] : len;
    return pass_padded(len, a->width);
}

static void near_rows(const struct work *w, uint32_t lo, uint32_t hi, double *g)
{
    const struct pass_rows *a = w->rows;
    const struct pass *p = w->p;
    size_t len = longest(a, lo, hi);
    size_t panel_m = (size_t)a->m * a->width;
    size_t panel_n = (size_t)a->n * a->width;
    size_t at = (size_t)lo * a->width;

    for (uint32_t c = 0; c < p->panels; c++)
        mat_forward(a->ops, a->width, a->row + lo, hi - lo, len,
                    p->b + c * panel_m, p->z + c * panel_n + at);
    for (uint32_t i = lo; p->each && i < hi; i++)
        p->each(p->ctx, i);
    for (uint32_t c = 0; g && c < p->panels; c++)
        mat_backward(a->ops, a->width, a->row + lo, hi - lo, len,
                     p->r + c * panel_n + at, g + c * panel_m);
}

static status chunk(void *ctx, size_t item, int member)
{
    const struct work *w = ctx;
    uint32_t rows = chunk_rows(w->rows->n);
    uint32_t lo = (uint32_t)item * rows;
    uint32_t hi = lo + rows < w->rows->n ? lo + rows : w->rows->n;
    size_t len = g_len(w->rows, w->p->panels);
    double *g = w->p->g ? w->p->partial + item * len : NULL;
    uint32_t near = w->rows->width == 1 ? NEAR1 : NEAR;

    (void)member;
    if (g)
        memset(g, 0, len * sizeof *g);
    for (uint32_t i = lo; i < hi; i += near)
        near_rows(w, i, i + near < hi ? i + near : hi, g);
    return OK;
}

/* A range of columns of g from the chunks, in order. */
static status gather(void *ctx, size_t item, int member)
{
    const struct work *w = ctx;
    size_t len = g_len(w->rows, w->p->panels);
    size_t range = (size_t)COLUMNS * MAT_WIDTH;
    size_t lo = item * range;
    size_t n = lo + range < len ? range : len - lo;
    uint32_t chunks = chunk_count(w->rows->n);

    (void)member;
    memcpy(w->p->g + lo, w->p->partial + lo, n * sizeof(double));
    for (uint32_t c = 1; c < chunks; c++)
        w->rows->ops->axpy(1.0, w->p->partial + c * len + lo, w->p->g + lo, n);
    return OK;
}

static status share(const struct work *w, size_t items, team_fn *fn)
{
    status st = OK;
    size_t work = w->rows->n * g_len(w->rows, w->p->panels);

    if (w->rows->team && work > SMALL_WORK)
        return team_run(w->rows->team, items, fn, (void *)w);
    for (size_t i = 0; i < items; i++)
        TRY(fn((void *)w, i, 0));
out:
    return st;
}

status pass_run(const struct pass_rows *rows, const struct pass *p)
{
    status st = OK;
    struct work w = {rows, p};
    size_t len = g_len(rows, p->panels);
    size_t range = (size_t)COLUMNS * MAT_WIDTH;

    TRY(share(&w, chunk_count(rows->n), chunk));
    if (p->g)
        TRY(share(&w, (len + range - 1) / range, gather));
out:
    return st;
}
