/* Weight gradients, summed over the local shards while they are in the cache:
 * pieces of GRAD_PIECE elements go to the meeting, all shards' of a piece one
 * after the other by the same member of the team. Where a shard has few rows
 * for many weights, its gradient is made piece by piece too, and is never in
 * memory as a whole; else each shard makes its own in one go first. The turned
 * weight is made beside them. */
#include <math.h>
#include <string.h>

#include "nn/net_int.h"

/* Rows of a shard, at most, of what is made piece by piece: two chunks of its
 * arithmetic, whose lists are made again for each piece. */
enum { PIECES_ROWS = 256, POKE = 16 /* pieces */ };

struct job {
    struct net *n;
    const struct op *op;
    struct grad g;
    struct shape x, y; /* of a shard */
    int32_t taps, blocks;
    int32_t step; /* input channels of a piece */
    bool turn;
};

bool program_in_pieces(const struct program *p, const struct op *op)
{
    const struct slice *w = &p->slices[op->weight];

    return op->kind == OP_CONV && p->slots[op->x].shape.c > 1 &&
           shape_rows(p->slots[op->y].shape) <= PIECES_ROWS &&
           program_grad_len(p, op) - w->len <= GRAD_PIECE;
}

status net_poke(const struct net *n, int member)
{
    const struct meet *meet = n->meet;

    return member == 0 && meet->grad_poke ? meet->grad_poke(meet->ctx) : OK;
}

static bool bias_is_zero(const struct net *n, const struct op *op)
{
    return op->bias_theory && n->conf.zero_theory_bias && n->trained;
}

/* What follows the weights in a shard's vector: bias, slope, padding. */
static void tail_gradient(const struct job *j, uint32_t local, char *to)
{
    struct net *n = j->n;
    const struct op *op = j->op;
    const struct slice *w = &n->prog.slices[op->weight];
    struct tensor dy = net_gradient(n, local, op->y, op->g_y);

    memset(to, 0, (j->g.len - w->len) * n->elem);
    if (op->bias != NONE && !bias_is_zero(n, op)) {
        size_t at = n->prog.slices[op->bias].offset - w->offset - w->len;

        n->ops->bias_bwd(n->dev, &dy, to + at * n->elem);
    }
    if (op->slope != NONE)
        net_set_real(n, to,
                     n->prog.slices[op->slope].offset - w->offset - w->len,
                     *(double *)net_store(n, local, op->kept));
}

static void whole_gradient(const struct job *j, uint32_t local)
{
    struct net *n = j->n;
    const struct op *op = j->op;
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor dy = net_gradient(n, local, op->y, op->g_y);

    if (op->kind == OP_UP)
        n->ops->conv_bwd_w(op->plan, &dy, &x, NULL, n->dw[local]);
    else
        n->ops->conv_bwd_w(op->plan, &x, &dy, NULL, n->dw[local]);
    tail_gradient(j, local,
                  n->dw[local] + n->prog.slices[op->weight].len * n->elem);
}

/* One piece of all shards: a part of the weights, the tail, or what is in dw.
 */
static void push_piece(const struct job *j,
                       struct grad_piece piece,
                       const struct weight_part *part,
                       int member)
{
    struct net *n = j->n;
    const struct op *op = j->op;
    const struct meet *meet = n->meet;

    for (uint32_t i = 0; i < meet->shard_n; i++) {
        struct tensor x = net_tensor(n, i, op->x);
        struct tensor dy = net_gradient(n, i, op->y, op->g_y);
        char *to = n->piece[member];

        if (!net_active(n, i))
            memset(to, 0, piece.n * n->elem);
        else if (part)
            n->ops->conv_bwd_w(op->plan, &x, &dy, part, to);
        else if (program_in_pieces(&n->prog, op))
            tail_gradient(j, i, to);
        else
            memcpy(to, n->dw[i] + piece.at * n->elem, piece.n * n->elem);
        piece.shard = meet->shard_lo + i;
        n->piece[member] = meet->grad_push(meet->ctx, &j->g, piece, member, to);
    }
}

static status turn(const struct job *j)
{
    struct net *n = j->n;

    n->ops->conv_turn(j->op->plan, net_slice(n, n->param, j->op->weight),
                      n->turned);
    return OK;
}

/* Elements [at, at + len) of a shard's vector, each with its tensor's name. */
static status look(const struct job *j,
                   uint32_t local,
                   size_t at,
                   size_t len,
                   const char *values)
{
    const struct net *n = j->n;
    const struct slice *all = n->prog.slices;
    const struct slice *s = &all[j->op->weight];
    size_t start = s->offset;
    status st = OK;

    for (size_t i = 0; i < len; i++) {
        if (j->op->bias != NONE && start + at + i >= all[j->op->bias].offset)
            s = &all[j->op->bias];
        if (j->op->slope != NONE && start + at + i >= all[j->op->slope].offset)
            s = &all[j->op->slope];
        ENSURE(isfinite(net_real(n, values, i)), ERR_NUMERIC,
               "shard %u, %s: gradient is not finite; the training has "
               "diverged or an input holds no number",
               n->meet->shard_lo + local, s->name);
    }
out:
    return st;
}

void net_look(struct net *n)
{
    n->look = true;
}

/* ---- piece by piece ---- */

static int32_t steps_of(const struct job *j)
{
    return (j->x.c + j->step - 1) / j->step;
}

static size_t parts_of(const struct job *j)
{
    return (size_t)j->blocks * (size_t)steps_of(j) * (size_t)j->taps;
}

/* Part number i of the weights: blocks of output channels pass by the input's,
 * which stay in the cache. */
static struct weight_part
part_at(const struct job *j, size_t i, struct grad_piece *piece)
{
    size_t lanes = (size_t)shape_block(j->y.c);
    struct weight_part part = {.block = (int32_t)(i % (size_t)j->blocks)};

    i /= (size_t)j->blocks;
    part.c = (int32_t)(i % (size_t)steps_of(j)) * j->step;
    part.tap = (int32_t)(i / (size_t)steps_of(j));
    part.channels = j->x.c - part.c < j->step ? j->x.c - part.c : j->step;
    piece->at = ((size_t)(part.block * j->taps + part.tap) * (size_t)j->x.c +
                 (size_t)part.c) *
                lanes;
    piece->n = (size_t)part.channels * lanes;
    return part;
}

static struct grad_piece tail_of(const struct job *j)
{
    size_t len = j->n->prog.slices[j->op->weight].len;

    return (struct grad_piece){.at = len, .n = j->g.len - len};
}

static status run_piece(void *ctx, size_t item, int member)
{
    const struct job *j = ctx;
    struct grad_piece piece = tail_of(j);
    struct weight_part part;

    if (j->turn && item-- == 0)
        return turn(j);
    if (item == parts_of(j)) {
        if (piece.n > 0)
            push_piece(j, piece, NULL, member);
        return OK;
    }
    part = part_at(j, item, &piece);
    push_piece(j, piece, &part, member);
    return item % POKE == 0 ? net_poke(j->n, member) : OK;
}

/* All pieces of one shard, lowest shards first: which one is to blame does not
 * depend on who computes what. */
static status look_at_shard(void *ctx, size_t item, int member)
{
    const struct job *j = ctx;
    struct net *n = j->n;
    uint32_t local = (uint32_t)item;
    struct tensor x = net_tensor(n, local, j->op->x);
    struct tensor dy = net_gradient(n, local, j->op->y, j->op->g_y);
    struct grad_piece piece = tail_of(j);
    status st = OK;

    if (!net_active(n, local))
        return OK;
    tail_gradient(j, local, n->piece[member]);
    TRY(look(j, local, piece.at, piece.n, n->piece[member]));
    for (size_t i = 0; i < parts_of(j); i++) {
        struct weight_part part = part_at(j, i, &piece);

        n->ops->conv_bwd_w(j->op->plan, &x, &dy, &part, n->piece[member]);
        TRY(look(j, local, piece.at, piece.n, n->piece[member]));
    }
out:
    return st;
}

static status in_pieces(struct job *j)
{
    status st = OK;
    struct team *team = j->n->team;

    if (j->n->look)
        TRY(team_run(team, j->n->meet->shard_n, look_at_shard, j));
    TRY(team_run(team, j->turn + parts_of(j) + 1, run_piece, j));
out:
    return st;
}

/* ---- each shard in one go ---- */

static status run_shard(void *ctx, size_t item, int member)
{
    const struct job *j = ctx;
    struct net *n = j->n;
    status st = OK;

    if (j->turn && item-- == 0)
        return turn(j);
    if (!net_active(n, (uint32_t)item))
        return OK;
    whole_gradient(j, (uint32_t)item);
    if (n->look)
        TRY(look(j, (uint32_t)item, 0, j->g.len, n->dw[item]));
    TRY(net_poke(n, member));
out:
    return st;
}

static status push_whole(void *ctx, size_t item, int member)
{
    const struct job *j = ctx;
    size_t at = item * GRAD_PIECE;
    size_t left = j->g.len - at;

    push_piece(
        j, (struct grad_piece){0, at, left < GRAD_PIECE ? left : GRAD_PIECE},
        NULL, member);
    return OK;
}

static status in_one_go(struct job *j)
{
    status st = OK;
    struct net *n = j->n;

    TRY(team_run(n->team, j->turn + (size_t)n->meet->shard_n, run_shard, j));
    TRY(team_run(n->team, (j->g.len + GRAD_PIECE - 1) / GRAD_PIECE, push_whole,
                 j));
out:
    return st;
}

status net_meet_weight(struct net *n, status st, const struct op *op)
{
    const struct meet *meet = n->meet;
    const struct program *p = &n->prog;
    struct job j = {.n = n,
                    .op = op,
                    .g = {n->dev, program_grad_len(p, op),
                          net_slice(n, n->grad, op->weight)},
                    .x = p->slots[op->x].shape,
                    .y = p->slots[op->y].shape,
                    .taps = op->k * op->k * op->k,
                    .turn = op->g_x != NONE && op->kind == OP_CONV};
    int32_t lanes = shape_block(j.y.c);

    j.blocks = (j.y.c + lanes - 1) / lanes;
    j.step = GRAD_PIECE / lanes;
    if (st == OK && meet->shard_n > 0)
        st = program_in_pieces(p, op) ? in_pieces(&j) : in_one_go(&j);
    return meet->grad_start(meet->ctx, st, &j.g);
}
