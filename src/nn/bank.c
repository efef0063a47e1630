#include "nn/bank.h"

#include <string.h>

#include "base/mem.h"

#include "det/stream.h"
#include "nn/unit_length.h"

struct bank {
    struct bank_conf conf;
    struct team *team;
    double *rows;    /* [groups][size][d] */
    double *unit;    /* the same, of length 1 */
    int64_t *state;  /* [2][groups] */
    uint32_t *index; /* [n] */
    double *z;       /* [n][d] of length 1 */
    /* of the look-up at work */
    const double *query;
    double *near;
    size_t samples;
};

static double *row_at(const struct bank *b, double *of, size_t group, size_t i)
{
    return of + (group * b->conf.size + i) * b->conf.d;
}

static void start(struct bank *b)
{
    size_t d = b->conf.d;

    for (uint32_t g = 0; g < b->conf.groups; g++)
        for (uint32_t i = 0; i < b->conf.size; i++) {
            struct stream s =
                stream_at(b->conf.seed, STREAM_BANK, b->conf.which,
                          b->conf.shared ? 0 : g, i);
            double *to = row_at(b, b->rows, g, i);

            for (size_t c = 0; c < d; c++)
                to[c] = stream_normal(&s);
            (void)unit_make(to, d, to);
        }
}

status
bank_new(const struct bank_conf *conf, struct team *team, struct bank **out)
{
    status st = OK;
    struct bank *b = NULL;
    size_t len = (size_t)conf->groups * conf->size * conf->d;

    ENSURE(conf->size >= 1, ERR_CONF, "a memory bank holds a vector or more");
    TRY(mem_new(1, sizeof *b, &b));
    b->conf = *conf;
    b->team = team;
    TRY(mem_new(len, sizeof *b->rows, &b->rows));
    TRY(mem_new(len, sizeof *b->unit, &b->unit));
    TRY(mem_new(2 * (size_t)conf->groups, sizeof *b->state, &b->state));
    TRY(mem_new(conf->n, sizeof *b->index, &b->index));
    TRY(mem_new((size_t)conf->n * conf->d, sizeof *b->z, &b->z));
    start(b);
    *out = b;
    b = NULL;
out:
    bank_free(b);
    return st;
}

void bank_free(struct bank *b)
{
    if (!b)
        return;
    mem_free(b->rows);
    mem_free(b->unit);
    mem_free(b->state);
    mem_free(b->index);
    mem_free(b->z);
    mem_free(b);
}

double *bank_rows(struct bank *b, size_t *len)
{
    *len = (size_t)b->conf.groups * b->conf.size * b->conf.d;
    return b->rows;
}

int64_t *bank_state(struct bank *b, size_t *len)
{
    *len = 2 * (size_t)b->conf.groups;
    return b->state;
}

const uint32_t *bank_index(const struct bank *b)
{
    return b->index;
}

static status unit_row(void *ctx, size_t row, int member)
{
    const struct bank *b = ctx;
    size_t d = b->conf.d;

    (void)member;
    (void)unit_make(b->rows + row * d, d, b->unit + row * d);
    return OK;
}

static status look_up(void *ctx, size_t i, int member)
{
    const struct bank *b = ctx;
    size_t d = b->conf.d;
    size_t group = i / (b->samples / b->conf.groups);
    double *z = b->z + i * d;
    double best = 0.0;

    (void)member;
    (void)unit_make(b->query + i * d, d, z);
    for (uint32_t k = 0; k < b->conf.size; k++) {
        double cosine = unit_dot(z, row_at(b, b->unit, group, k), d);

        if (k == 0 || cosine > best) {
            best = cosine;
            b->index[i] = k;
        }
    }
    memcpy(b->near + i * d, row_at(b, b->rows, group, b->index[i]),
           d * sizeof *b->near);
    return OK;
}

status bank_nearest(struct bank *b, const double *z, uint32_t n, double *near)
{
    status st = OK;

    BUG_IF(n > b->conf.n || n % b->conf.groups != 0);
    b->query = z;
    b->near = near;
    b->samples = n;
    TRY(team_run(b->team, (size_t)b->conf.groups * b->conf.size, unit_row, b));
    TRY(team_run(b->team, n, look_up, b));
out:
    return st;
}

void bank_push(struct bank *b, const double *z, uint32_t n)
{
    uint32_t groups = b->conf.groups;
    int64_t per_group = n / groups;
    size_t d = b->conf.d;

    for (uint32_t g = 0; g < groups; g++) {
        int64_t at = b->state[g];
        int64_t left = (int64_t)b->conf.size - at;
        int64_t fit = per_group < left ? per_group : left;

        memcpy(row_at(b, b->rows, g, (size_t)at),
               z + (b->conf.shared ? 0 : g) * (size_t)per_group * d,
               (size_t)fit * d * sizeof *z);
        b->state[g] = per_group >= left ? 0 : at + per_group;
        b->state[groups + g] += per_group;
    }
}
