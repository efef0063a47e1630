/* Maps of the features that lie beside the test predictions. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "app/validate.h"
#include "eval/map.h"
#include "eval/scaler.h"

enum { STEPS = 1000, NEIGHBOURS = 10 };

/* How many columns pred_0, pred_1, ... there are, and where the first is; they
 * must follow one another. */
static status columns(const struct csv *t, uint32_t *first, uint32_t *n)
{
    status st = OK;
    int32_t at = csv_find(t, "pred_0");
    char name[32];

    *n = 0;
    *first = at < 0 ? 0 : (uint32_t)at;
    if (at < 0)
        return OK;
    for (; *first + *n < csv_cols(t); (*n)++) {
        (void)snprintf(name, sizeof name, "pred_%u", *n);
        if (strcmp(csv_name(t, *first + *n), name) != 0)
            break;
    }
    (void)snprintf(name, sizeof name, "pred_%u", *n);
    ENSURE(csv_find(t, name) < 0, ERR_DATA,
           "%s: the columns pred_0, pred_1, ... do not follow one another",
           csv_path(t));
out:
    return st;
}

struct features_of {
    uint32_t first, dim;
    uint32_t kept; /* rows on the map, evenly spaced */
    double *x;     /* [kept][dim] */
    int32_t *y;    /* [kept] */
};

static status read_rows(struct features_of *f, const struct predictions *p)
{
    status st = OK;

    TRY(mem_raw((size_t)f->kept * f->dim, sizeof *f->x, &f->x));
    TRY(mem_raw(f->kept, sizeof *f->y, &f->y));
    for (uint32_t i = 0; i < f->kept; i++) {
        uint32_t row = (uint32_t)((uint64_t)i * p->rows / f->kept);

        f->y[i] = p->y[row];
        for (uint32_t j = 0; j < f->dim; j++)
            TRY(csv_f64(p->table, p->at[row], f->first + j,
                        &f->x[(size_t)i * f->dim + j]));
    }
out:
    return st;
}

/* As a linear model sees them: mean 0, variance 1; constant ones are 0. */
static status standardise(struct features_of *f)
{
    status st = OK;
    struct scaler *s = NULL;

    TRY(scaler_fit(f->x, f->kept, f->dim, &s));
    scaler_apply(s, f->x, f->kept, f->x);
out:
    scaler_free(s);
    return st;
}

static status add_map(const struct validate_conf *c,
                      struct report *r,
                      const char *set,
                      uint32_t rows,
                      const struct features_of *f,
                      const struct map *m,
                      bool tsne)
{
    status st = OK;
    struct report_map *out = NULL;
    const struct map_tsne how = {(double)c->perplexity, STEPS};

    TRY(REPORT_ADD(r, map, n_maps, cap_maps, &out));
    out->set = set;
    out->tsne = tsne;
    out->n = f->kept;
    out->rows = rows;
    out->steps = STEPS;
    out->perplexity = how.perplexity;
    out->neighbours = f->kept > 2 * NEIGHBOURS ? NEIGHBOURS : 1;
    TRY(mem_new((size_t)2 * f->kept, sizeof *out->xy, &out->xy));
    TRY(mem_new(f->kept, sizeof *out->y, &out->y));
    memcpy(out->y, f->y, f->kept * sizeof *f->y);
    if (tsne)
        TRY(map_tsne(m, &how, out->xy, &out->divergence));
    else
        TRY(map_pca(m, out->xy, out->share));
    TRY(map_trust(m, out->xy, out->neighbours, &out->trust));
out:
    return st;
}

status validate_map(const struct validate_conf *c,
                    struct report *r,
                    const char *set,
                    const struct predictions *p)
{
    status st = OK;
    struct features_of f = {0};
    struct map *m = NULL;

    if (c->map == MAP_NONE)
        return OK;
    TRY(columns(p->table, &f.first, &f.dim));
    if (f.dim == 0 || p->rows < 8 ||
        csv_find(p->table, "conf_scores_class_0") < 0)
        return OK; /* without that column pred_0, ... are outputs */
    f.kept = p->rows < MAP_ROWS ? p->rows : MAP_ROWS;
    TRY(read_rows(&f, p));
    TRY(standardise(&f));
    TRY(map_open(f.x, f.kept, f.dim, c->team, &m));
    if (c->map != MAP_TSNE)
        TRY(add_map(c, r, set, p->rows, &f, m, false));
    if (c->map != MAP_PCA)
        TRY(add_map(c, r, set, p->rows, &f, m, true));
out:
    map_close(m);
    mem_free(f.x);
    mem_free(f.y);
    return st;
}
