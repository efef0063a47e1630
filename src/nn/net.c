/* Memory and access; see net_int.h for how the parts fit. */
#include "nn/net.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "nn/net_int.h"

/* Values of a sample: checked to be below 2^31. */
static int32_t image_len(struct shape s)
{
    return s.c * s.d * s.h * s.w;
}

static void fill_plan(const struct net_conf *conf,
                      const struct program *p,
                      enum dtype dtype,
                      uint32_t shards,
                      int threads,
                      struct net_plan *out)
{
    size_t elem = (size_t)dtype;
    size_t norm_row = 2 * (size_t)conf->views * (size_t)p->c_max;
    size_t feature_row = 2 * (size_t)p->slots[p->features].shape.c;
    size_t back = conf->backward ? 1 : 0;
    size_t small;

    memset(out, 0, sizeof *out);
    out->param_len = p->param_len;
    out->param_plain = p->param_plain;
    out->grad_len = p->grad_len;
    out->sum_len = norm_row > feature_row ? norm_row : feature_row;
    out->features = p->slots[p->features].shape.c;
    out->middle = p->slots[p->middle].shape.c;
    out->embed = image_len(p->slots[p->embed].shape);
    out->bytes_param = p->param_len * elem;
    out->bytes_grad = back * p->param_len * elem;
    out->bytes_shard = p->shard_bytes;
    out->bytes_work = (back * (shards * p->whole_len +
                               (size_t)threads * GRAD_PIECE + p->turn_len) +
                       p->up_len) *
                      elem;
    small = p->running_len * elem + p->n_counters * sizeof(int64_t) +
            (size_t)(shards + 1) * out->sum_len * sizeof(double) +
            p->n_coef * (sizeof(struct norm_fwd) + sizeof(double)) +
            norm_row / 2 * sizeof(struct norm_bwd);
    out->bytes_total = out->bytes_param + out->bytes_grad +
                       shards * out->bytes_shard + out->bytes_work + small;
}

status net_plan(const struct net_conf *conf,
                enum dtype dtype,
                uint32_t local_shards,
                int threads,
                struct net_plan *out)
{
    struct program p = {0};
    status st = OK;

    TRY(program_build(conf, &p));
    TRY(program_place(conf, dtype, &p));
    fill_plan(conf, &p, dtype, local_shards, threads, out);
out:
    program_free(&p);
    return st;
}

static status new_plans(struct net *n)
{
    status st = OK;

    for (int32_t i = 0; i < n->prog.n_ops; i++) {
        struct op *op = &n->prog.ops[i];
        struct conv_desc desc = program_conv(&n->prog, op);

        if (op->kind == OP_CONV || op->kind == OP_UP)
            TRY(n->ops->conv_plan(n->dev, &desc, &op->plan));
    }
out:
    return st;
}

/* Memory of the backend; nothing to take is no memory. */
static status take(struct net *n, size_t bytes, void *out)
{
    return bytes == 0 ? OK : n->ops->alloc(n->dev, bytes, out);
}

static status new_memory(struct net *n)
{
    const struct program *p = &n->prog;
    size_t shards = n->meet->shard_n;
    size_t threads = (size_t)team_size(n->team);
    size_t back = n->conf.backward ? 1 : 0;
    status st = OK;

    TRY(take(n, n->plan.bytes_grad, &n->grad));
    if (n->first) {
        n->param = n->first->param;
        n->running = n->first->running;
        n->counters = n->first->counters;
    } else {
        TRY(take(n, n->plan.bytes_param, &n->param));
        TRY(take(n, p->running_len * n->elem, &n->running));
        TRY(mem_new(p->n_counters, sizeof *n->counters, &n->counters));
    }
    TRY(mem_new(shards, sizeof *n->block, &n->block));
    for (size_t i = 0; i < shards; i++)
        TRY(take(n, p->shard_bytes, &n->block[i]));
    TRY(mem_new(shards, sizeof *n->dw, &n->dw));
    for (size_t i = 0; i < shards; i++)
        TRY(take(n, back * p->whole_len * n->elem, &n->dw[i]));
    TRY(mem_new(threads, sizeof *n->piece, &n->piece));
    for (size_t i = 0; i < threads; i++)
        TRY(mem_raw(back * GRAD_PIECE, n->elem, &n->piece[i]));
    TRY(take(n, back * p->turn_len * n->elem, &n->turned));
    TRY(take(n, p->up_len * n->elem, &n->up));
    TRY(mem_new(shards * n->plan.sum_len, sizeof *n->rows, &n->rows));
    TRY(mem_new(n->plan.sum_len, sizeof *n->total, &n->total));
    TRY(mem_new(p->n_coef, sizeof *n->coef, &n->coef));
    TRY(mem_new(p->n_coef, sizeof *n->inv_sd, &n->inv_sd));
    TRY(mem_new((size_t)n->conf.views * (size_t)p->c_max, sizeof *n->back,
                &n->back));
out:
    return st;
}

/* first: NULL, or what a twin shares memory with. */
static status make(const struct net_conf *conf,
                   const struct meet *meet,
                   struct team *team,
                   struct dev *dev,
                   struct net *first,
                   struct net **out)
{
    struct net *n = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *n, &n));
    n->conf = *conf;
    n->first = first;
    n->meet = meet;
    n->team = team;
    n->dev = dev;
    n->ops = dev_ops(dev);
    n->dtype = dev_facts(dev).dtype;
    n->elem = (size_t)n->dtype;
    TRY(program_build(conf, &n->prog));
    n->conf.trunk_prefix = NULL; /* the caller's; the tables have them */
    n->conf.head_prefix = NULL;
    n->conf.tail_prefix = NULL;
    TRY(program_place(conf, n->dtype, &n->prog));
    fill_plan(conf, &n->prog, n->dtype, meet->shard_n, team_size(team),
              &n->plan);
    TRY(new_plans(n));
    TRY(new_memory(n));
    if (!first)
        net_reset_running(n);
    n->shards = meet->shards;
    *out = n;
    n = NULL;
out:
    net_free(n);
    return st;
}

status net_new(const struct net_conf *conf,
               const struct meet *meet,
               struct team *team,
               struct dev *dev,
               struct net **out)
{
    return make(conf, meet, team, dev, NULL, out);
}

static bool same_tables(const struct net *a, const struct net *b)
{
    bool same = a->prog.n_slices == b->prog.n_slices &&
                a->prog.n_buffers == b->prog.n_buffers &&
                a->prog.param_len == b->prog.param_len;

    for (int32_t i = 0; same && i < a->prog.n_slices; i++)
        same = strcmp(a->prog.slices[i].name, b->prog.slices[i].name) == 0 &&
               a->prog.slices[i].offset == b->prog.slices[i].offset;
    return same;
}

status
net_twin(struct net *first, const struct net_conf *conf, struct net **out)
{
    status st = OK;

    TRY(make(conf, first->meet, first->team, first->dev, first, out));
    BUG_IF(!same_tables(first, *out));
out:
    return st;
}

void net_add_gradient(struct net *n, const struct net *twin)
{
    float *to = (float *)(void *)n->grad;
    const float *from = (const float *)(const void *)twin->grad;
    double *to64 = (double *)(void *)n->grad;
    const double *from64 = (const double *)(const void *)twin->grad;

    for (size_t i = 0; i < n->prog.param_len; i++)
        if (n->dtype == DTYPE_F32)
            to[i] += from[i];
        else
            to64[i] += from64[i];
}

void net_free(struct net *n)
{
    if (!n)
        return;
    for (int32_t i = 0; i < n->prog.n_ops; i++)
        if (n->prog.ops[i].plan)
            n->ops->conv_plan_free(n->prog.ops[i].plan);
    for (uint32_t i = 0; n->block && i < n->meet->shard_n; i++)
        n->ops->release(n->dev, n->block[i]);
    for (uint32_t i = 0; n->dw && i < n->meet->shard_n; i++)
        n->ops->release(n->dev, n->dw[i]);
    for (int i = 0; n->piece && i < team_size(n->team); i++)
        mem_free(n->piece[i]);
    n->ops->release(n->dev, n->grad);
    n->ops->release(n->dev, n->turned);
    n->ops->release(n->dev, n->up);
    if (!n->first) {
        n->ops->release(n->dev, n->param);
        n->ops->release(n->dev, n->running);
        mem_free(n->counters);
    }
    mem_free(n->block);
    mem_free(n->dw);
    mem_free(n->piece);
    mem_free(n->rows);
    mem_free(n->total);
    mem_free(n->coef);
    mem_free(n->inv_sd);
    mem_free(n->back);
    program_free(&n->prog);
    mem_free(n);
}

const struct net_plan *net_planned(const struct net *n)
{
    return &n->plan;
}

const struct slice *net_slices(const struct net *n, size_t *count)
{
    *count = (size_t)n->prog.n_slices;
    return n->prog.slices;
}

const struct buffer *net_buffers(const struct net *n, size_t *count)
{
    *count = (size_t)n->prog.n_buffers;
    return n->prog.buffers;
}

void *net_param(struct net *n)
{
    return n->param;
}

void *net_grad(struct net *n)
{
    return n->grad;
}

void *net_running(struct net *n, size_t *len)
{
    *len = n->prog.running_len;
    return n->running;
}

int64_t *net_counters(struct net *n, size_t *count)
{
    *count = n->prog.n_counters;
    return n->counters;
}

void net_set_shards(struct net *n, uint32_t shards)
{
    BUG_IF(shards < 1 || shards > n->meet->shards);
    n->shards = shards;
}

bool net_meets(const struct net *n)
{
    return n->prog.n_norms > 0;
}

bool net_active(const struct net *n, uint32_t local)
{
    return n->meet->shard_lo + local < n->shards;
}

void net_frozen(const struct net *n, bool *skip)
{
    for (int32_t i = 0; i < n->prog.n_slices; i++)
        skip[i] = n->conf.frozen_trunk && i < n->prog.trunk_slices;
}

double net_real(const struct net *n, const void *vec, size_t i)
{
    return n->dtype == DTYPE_F32 ? (double)((const float *)vec)[i]
                                 : ((const double *)vec)[i];
}

void net_set_real(const struct net *n, void *vec, size_t i, double v)
{
    if (n->dtype == DTYPE_F32)
        ((float *)vec)[i] = (float)v;
    else
        ((double *)vec)[i] = v;
}

void *net_slice(const struct net *n, char *vec, int32_t slice)
{
    return vec + n->prog.slices[slice].offset * n->elem;
}

void *net_buffer(const struct net *n, int32_t buffer)
{
    return n->running + n->prog.buffers[buffer].offset * n->elem;
}

void net_reset_running(struct net *n)
{
    for (int32_t i = 0; i < n->prog.n_norms; i++) {
        const struct norm *m = &n->prog.norms[i];

        for (int32_t c = 0; c < m->c; c++) {
            net_set_real(n, net_buffer(n, m->mean), (size_t)c, 0.0);
            net_set_real(n, net_buffer(n, m->var), (size_t)c, 1.0);
        }
    }
    memset(n->counters, 0, n->prog.n_counters * sizeof *n->counters);
}

void *net_store(const struct net *n, uint32_t local, int32_t store)
{
    return n->block[local] + n->prog.stores[store].offset;
}

struct tensor
net_gradient(const struct net *n, uint32_t local, int32_t slot, int32_t store)
{
    return (struct tensor){net_store(n, local, store),
                           n->prog.slots[slot].shape};
}

struct tensor net_tensor(const struct net *n, uint32_t local, int32_t slot)
{
    return net_gradient(n, local, slot, n->prog.slots[slot].store);
}

bool net_activation(const struct net *n,
                    uint32_t local,
                    const char *name,
                    struct tensor *out)
{
    for (int32_t i = 0; i < n->prog.n_slots; i++) {
        bool kept =
            n->conf.backward || i == n->prog.features || i == n->prog.embed;

        if (kept && strcmp(n->prog.slots[i].name, name) == 0) {
            *out = net_tensor(n, local, i);
            return true;
        }
    }
    return false;
}

void net_put_f32(struct net *n, uint32_t local, const float *plain)
{
    struct tensor t = net_tensor(n, local, n->prog.input);

    n->ops->put_f32(n->dev, plain, &t);
}

void net_put_f64(struct net *n, uint32_t local, const double *plain)
{
    struct tensor t = net_tensor(n, local, n->prog.input);

    n->ops->put_f64(n->dev, plain, &t);
}

void net_features_f32(const struct net *n, uint32_t local, float *plain)
{
    struct tensor t = net_tensor(n, local, n->prog.features);

    n->ops->get_f32(n->dev, &t, plain);
}

void net_features_f64(const struct net *n, uint32_t local, double *plain)
{
    struct tensor t = net_tensor(n, local, n->prog.features);

    n->ops->get_f64(n->dev, &t, plain);
}

void net_middle_f32(const struct net *n, uint32_t local, float *plain)
{
    struct tensor t = net_tensor(n, local, n->prog.middle);

    n->ops->get_f32(n->dev, &t, plain);
}

void net_middle_f64(const struct net *n, uint32_t local, double *plain)
{
    struct tensor t = net_tensor(n, local, n->prog.middle);

    n->ops->get_f64(n->dev, &t, plain);
}

void net_embed_f32(const struct net *n, uint32_t local, float *plain)
{
    struct tensor t = net_tensor(n, local, n->prog.embed);

    n->ops->get_f32(n->dev, &t, plain);
}

void net_embed_f64(const struct net *n, uint32_t local, double *plain)
{
    struct tensor t = net_tensor(n, local, n->prog.embed);

    n->ops->get_f64(n->dev, &t, plain);
}
