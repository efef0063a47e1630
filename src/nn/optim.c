/* The table of optimisers, chunks and norms. */
#include "nn/optim.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#include "det/tree.h"
#include "nn/optim_kind.h"

static const struct optim_kind *const kinds[] = {&optim_lars, &optim_sgd,
                                                 &optim_adam};

struct measuring {
    struct optim *o;
    const char *p, *g;
    const bool *skip;
};

static const struct optim_kind *find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static size_t vector_len(const struct slice *slices, size_t n)
{
    size_t end = n == 0 ? 0 : slices[n - 1].offset + slices[n - 1].len;

    return (end + 15) / 16 * 16;
}

static size_t count_chunks(const struct slice *slices, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += (slices[i].len + VEC_CHUNK - 1) / VEC_CHUNK;
    return count;
}

static void fill_chunks(struct optim *o)
{
    size_t count = 0;

    for (size_t i = 0; i < o->n_slices; i++) {
        const struct slice *s = &o->slices[i];

        o->first[i] = count;
        for (size_t at = 0; at < s->len; at += VEC_CHUNK) {
            size_t len = s->len - at < VEC_CHUNK ? s->len - at : VEC_CHUNK;

            o->chunks[count++] =
                (struct chunk){(int32_t)i, s->offset + at, len};
        }
    }
    o->first[o->n_slices] = count;
}

size_t optim_bytes(const struct optim_conf *conf,
                   const struct slice *slices,
                   size_t n_slices,
                   enum dtype dtype)
{
    const struct optim_kind *kind = find(conf->name);
    size_t chunks = count_chunks(slices, n_slices);

    return (kind ? kind->vectors : 0) * vector_len(slices, n_slices) *
               (size_t)dtype +
           chunks * (sizeof(struct chunk) + 4 * sizeof(double));
}

static status new_memory(struct optim *o, const struct slice *slices, size_t n)
{
    size_t chunks = count_chunks(slices, n);
    status st = OK;

    TRY(mem_new(n, sizeof *o->slices, &o->slices));
    memcpy(o->slices, slices, n * sizeof *slices);
    TRY(mem_new(n, sizeof *o->steps, &o->steps));
    TRY(mem_new(n + 1, sizeof *o->first, &o->first));
    TRY(mem_new(2 * n, sizeof *o->norms, &o->norms));
    TRY(mem_new(chunks, sizeof *o->chunks, &o->chunks));
    TRY(mem_new(2 * chunks, sizeof *o->sums, &o->sums));
    TRY(mem_new(2 * chunks, sizeof *o->scratch, &o->scratch));
    TRY(o->ops->alloc(o->dev, o->kind->vectors * o->param_len * o->elem,
                      (void **)&o->state));
out:
    return st;
}

static bool is_share(double v)
{
    return v >= 0.0 && v < 1.0;
}

static status check(const struct optim_conf *c)
{
    status st = OK;

    ENSURE(is_share(c->momentum) && is_share(c->dampening), ERR_CONF,
           "%s: momentum %g, dampening %g: must be 0 or more and below 1",
           c->name, c->momentum, c->dampening);
    ENSURE(is_share(c->beta1) && is_share(c->beta2), ERR_CONF,
           "%s: betas %g and %g: must be 0 or more and below 1", c->name,
           c->beta1, c->beta2);
    ENSURE(isfinite(c->weight_decay) && c->weight_decay >= 0.0, ERR_CONF,
           "%s: weight decay %g: must be 0 or more", c->name, c->weight_decay);
    ENSURE(!c->nesterov || (c->momentum > 0.0 && c->dampening == 0.0), ERR_CONF,
           "%s: Nesterov's step needs momentum and no dampening", c->name);
out:
    return st;
}

status optim_new(const struct optim_conf *conf,
                 const struct slice *slices,
                 size_t n_slices,
                 struct team *team,
                 struct dev *dev,
                 struct optim **out)
{
    struct optim *o = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *o, &o));
    o->conf = *conf;
    o->kind = find(conf->name);
    o->team = team;
    o->dev = dev;
    o->ops = dev_ops(dev);
    o->elem = (size_t)dev_facts(dev).dtype;
    ENSURE(o->kind, ERR_CONF, "there is no optimiser \"%s\"", conf->name);
    o->conf.name = o->kind->name;
    TRY(check(&o->conf));
    o->n_slices = n_slices;
    o->param_len = vector_len(slices, n_slices);
    TRY(new_memory(o, slices, n_slices));
    fill_chunks(o);
    *out = o;
    o = NULL;
out:
    optim_free(o);
    return st;
}

void optim_free(struct optim *o)
{
    if (!o)
        return;
    o->ops->release(o->dev, o->state);
    mem_free(o->slices);
    mem_free(o->steps);
    mem_free(o->first);
    mem_free(o->norms);
    mem_free(o->chunks);
    mem_free(o->sums);
    mem_free(o->scratch);
    mem_free(o);
}

static status measure_chunk(void *ctx, size_t item, int member)
{
    const struct measuring *m = ctx;
    struct optim *o = m->o;
    const struct chunk *c = &o->chunks[item];
    double *sum = o->sums + 2 * item;

    (void)member;
    sum[0] = o->ops->vec_sumsq(o->dev, m->p + c->offset * o->elem, c->len);
    sum[1] =
        m->skip && m->skip[c->slice]
            ? 0.0
            : o->ops->vec_sumsq(o->dev, m->g + c->offset * o->elem, c->len);
    return OK;
}

/* Lengths of every slice and of the whole, before anything moves. */
static status measure(struct measuring *m)
{
    struct optim *o = m->o;
    double p_all = 0.0;
    double g_all = 0.0;
    status st = OK;

    TRY(team_run(o->team, o->first[o->n_slices], measure_chunk, m));
    for (size_t i = 0; i < o->n_slices; i++) {
        double total[2];
        size_t first = o->first[i];

        tree_sum_f64(o->sums + 2 * first, (uint32_t)(o->first[i + 1] - first),
                     2, o->scratch, total);
        ENSURE(isfinite(total[0]) && isfinite(total[1]), ERR_NUMERIC,
               "%s: %s is not finite; the training has diverged",
               o->slices[i].name,
               isfinite(total[1]) ? "tensor"
                                  : "gradient, summed over all shards,");
        o->norms[2 * i] = sqrt(total[0]);
        o->norms[2 * i + 1] = sqrt(total[1]);
        p_all += total[0];
        g_all += total[1];
    }
    o->param_norm = sqrt(p_all);
    o->grad_norm = sqrt(g_all);
out:
    return st;
}

status
optim_step(struct optim *o, double lr, void *p, const void *g, const bool *skip)
{
    struct measuring m = {o, p, g, skip};
    status st = OK;

    TRY(measure(&m));
    TRY(o->kind->step(o, lr, p, g, skip));
    for (size_t i = 0; i < o->n_slices; i++)
        if (!skip || !skip[i])
            o->steps[i]++;
out:
    return st;
}

size_t optim_vectors(const struct optim *o)
{
    return o->kind->vectors;
}

void *optim_vector(struct optim *o, size_t i, const char **prefix)
{
    BUG_IF(i >= o->kind->vectors);
    if (prefix)
        *prefix = o->kind->prefix[i];
    return o->state + i * o->param_len * o->elem;
}

int64_t *optim_steps(struct optim *o, size_t *n_slices)
{
    *n_slices = o->n_slices;
    return o->steps;
}

void optim_norms(const struct optim *o, double *grad, double *param)
{
    *grad = o->grad_norm;
    *param = o->param_norm;
}
