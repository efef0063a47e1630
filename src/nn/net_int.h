#ifndef NN_NET_INT_H
#define NN_NET_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/dev.h"
#include "nn/net.h"

/* Inside the network (net*.c only). A net is a program: a list of operations
 * on slots, made once by net_program.c (layers: net_build.h) from the
 * configuration, in the order of the forward pass. net_place.c gives every slot
 * and every gradient its place in one block of memory a shard. net_forward.c
 * and net_backward.c walk the program. */

/* Added to variances (PyTorch's default). */
#define NET_EPS 1e-5

enum op_kind {
    OP_CONV,      /* also linear layers */
    OP_NORM,      /* y = relu?(norm(x) + add?) */
    OP_POOL,      /* max */
    OP_MEAN,      /* over voxels */
    OP_SUBSAMPLE, /* shortcut A */
    OP_RELU,
    OP_UNIT,     /* every sample over its length */
    OP_AVERAGE,  /* means over windows of k^3, no padding */
    OP_FLATTEN,  /* voxels as channels, channel by channel */
    OP_UP,       /* transposed convolution; plan: the one that leads back */
    OP_INSTANCE, /* norm of every sample, no parameters */
    OP_PRELU,
    OP_ADD /* y = x + add */
};

enum { NONE = -1, NAME_PART = 48 };
/* Edge of the windows whose means are features. */
enum { NET_WINDOW = 3 };

struct op {
    enum op_kind kind;
    int32_t x, y, add; /* slots; add NONE */
    bool relu;
    int32_t k, stride, pad;
    int32_t weight, bias; /* slices; bias NONE */
    bool bias_theory;     /* bias before a norm: no gradient in theory */
    int32_t norm;         /* OP_NORM: number of the norm */
    int32_t which;        /* OP_POOL: store of the winners */
    struct plan *plan;    /* OP_CONV, OP_UP */
    /* Slice of a PReLU's slope, or NONE; of the convolution before it too,
     * whose push takes the slope's gradient along. */
    int32_t slope;
    size_t turn; /* OP_UP: its place in net.up, */
    size_t coef; /* and of its bias in net.coef */
    /* stores. OP_INSTANCE: its coefficients, [n][c]; OP_PRELU and the
     * convolution before it: the slope's gradient, a double. */
    int32_t kept;
    int32_t work[2]; /* OP_INSTANCE: sums forward, sums and more back */
    /* backward: stores of gradients; NONE where nothing flows */
    int32_t g_y;   /* gradient of y, read */
    int32_t g_x;   /* gradient of x, written (may be g_y: in place) */
    int32_t g_sum; /* OP_CONV: g_x is added to this store, then dies */
};

/* An activation. */
struct slot {
    struct shape shape;
    int32_t store;
    int32_t grad;     /* its gradient's store while the plan is made */
    bool no_grad;     /* nothing behind it needs a gradient */
    int32_t producer; /* op, NONE for the input */
    char name[NAME_PART];
};

/* A piece of a shard's block, alive in [start, end] of the walk: forward time
 * of op i is i, backward time 2 n_ops - 1 - i. */
struct store {
    size_t bytes;
    size_t offset;
    int32_t start, end;
};

struct norm {
    char name[NET_NAME]; /* without ".weight" */
    int32_t c;
    int32_t weight, bias;     /* slices */
    int32_t mean, var, count; /* buffers */
    size_t rows;              /* of one view in one shard: m * voxels */
    size_t coef;              /* first of its [views][c] coefficients */
};

struct program {
    struct op *ops;
    struct slot *slots;
    struct store *stores;
    struct norm *norms;
    struct slice *slices;
    struct buffer *buffers;
    int32_t n_ops, n_slots, n_stores, n_norms, n_slices, n_buffers;
    size_t cap[6];                   /* of the arrays, for mem_grow */
    bool batch_norms;                /* batch statistics in evaluation too */
    int32_t input, features, embed;  /* slots */
    int32_t middle;                  /* slot that the tail begins with */
    int32_t prototypes;              /* slice of their weight, NONE without */
    int32_t trunk_ops, trunk_slices; /* come first */
    int32_t g_embed, g_input;        /* stores, NONE without backward */
    size_t param_len, param_plain;
    size_t running_len, n_counters;
    size_t n_coef;      /* [views][c] of all norms */
    size_t grad_len;    /* longest gradient vector */
    size_t whole_len;   /* longest that a shard makes in one go */
    size_t turn_len;    /* longest turned weight */
    size_t up_len;      /* turned weights of all OP_UP */
    int32_t c_max;      /* of the norms */
    size_t shard_bytes; /* after place */
};

/* ERR_CONF says what is wrong. */
status program_check(const struct net_conf *conf);
/* Checks the configuration and makes ops, slots, slices, buffers,
 * norms. The program owns its arrays; program_free ends it. */
status program_build(const struct net_conf *conf, struct program *p);
/* Stores, their lives and offsets, elements of dtype. */
status
program_place(const struct net_conf *conf, enum dtype dtype, struct program *p);
void program_free(struct program *p);

/* Convolution of an OP_CONV's input; of the output of an OP_UP. */
struct conv_desc program_conv(const struct program *p, const struct op *op);
/* Elements of a gradient vector: weight, bias, slope and the padding up to the
 * next slice. */
size_t program_grad_len(const struct program *p, const struct op *op);
/* Is it made piece by piece (net_weight.c)? */
bool program_in_pieces(const struct program *p, const struct op *op);

struct net {
    struct net_conf conf;
    struct program prog;
    struct net_plan plan;
    const struct meet *meet;
    struct team *team;
    struct net *first; /* of a twin: owner of what they share, else NULL */
    struct dev *dev;
    const struct dev_ops *ops;
    enum dtype dtype;
    size_t elem;
    /* flat vectors */
    char *param, *grad, *running;
    int64_t *counters;
    /* work */
    char **block;          /* [shard_n] memory of a shard */
    char **dw;             /* [shard_n] weight gradients made in one go */
    char **piece;          /* [threads] GRAD_PIECE elements, of mem_raw */
    char *turned;          /* turned weight of one layer */
    char *up;              /* turned weights of OP_UP, of this forward pass */
    double *rows;          /* [shard_n][sum_len] */
    double *total;         /* [sum_len] */
    struct norm_fwd *coef; /* [n_coef] of the last forward pass */
    double *inv_sd;        /* [n_coef] */
    struct norm_bwd *back; /* [views][c_max] */
    uint32_t shards;       /* of the whole step that have a batch */
    bool folded;           /* net_fold was called */
    bool trained;          /* the last forward pass used batch statistics */
    bool look;             /* at the weight gradients of single shards */
};

struct tensor net_tensor(const struct net *n, uint32_t local, int32_t slot);
void *net_store(const struct net *n, uint32_t local, int32_t store);
/* Tensor of a gradient: shape of a slot, memory of a store. */
struct tensor
net_gradient(const struct net *n, uint32_t local, int32_t slot, int32_t store);
void *net_slice(const struct net *n, char *vec, int32_t slice);
void *net_buffer(const struct net *n, int32_t buffer);
/* Doubles of a norm's row of sums, [views][c][2]. */
size_t net_row_len(const struct net *n, const struct op *op);
/* Values per channel of one norm batch over all shards. */
size_t net_norm_rows(const struct net *n, const struct norm *m);
/* Totals of a norm: in joint mode v0 + v1 + ... into every view; ERR_NUMERIC
 * if one is not finite. */
status net_join_views(struct net *n, const struct norm *m);
/* Has a local shard a batch in this step? */
bool net_active(const struct net *n, uint32_t local);
/* ERR_NUMERIC if a sum in the row of a local shard is not finite: names shard,
 * norm and channel. */
status net_check_row(const struct net *n,
                     const struct op *op,
                     uint32_t local,
                     const char *what);
/* The same of any sums [..][channels][2] of the layer `name`. */
status net_check_sums(const struct net *n,
                      const char *name,
                      size_t channels,
                      const double *sums,
                      size_t len,
                      uint32_t local,
                      const char *what);
/* ---- net_weight.c: gradients of OP_CONV's, OP_UP's weights ---- */
/* All ranks. */
status net_meet_weight(struct net *n, status st, const struct op *op);
/* Sums of layers behind us go on while we work here. */
status net_poke(const struct net *n, int member);
/* ---- net_unit.c: OP_UNIT of one shard ---- */
void net_unit_fwd(const struct net *n, const struct op *op, uint32_t local);
void net_unit_bwd(const struct net *n, const struct op *op, uint32_t local);
/* ---- net_flat.c: OP_AVERAGE, OP_FLATTEN of one shard ---- */
void net_average_fwd(const struct net *n, const struct op *op, uint32_t local);
void net_average_bwd(const struct net *n, const struct op *op, uint32_t local);
void net_flatten_fwd(const struct net *n, const struct op *op, uint32_t local);
void net_flatten_bwd(const struct net *n, const struct op *op, uint32_t local);
/* ---- net_instance.c: OP_INSTANCE, OP_PRELU of one shard ---- */
status
net_instance_fwd(const struct net *n, const struct op *op, uint32_t local);
status
net_instance_bwd(const struct net *n, const struct op *op, uint32_t local);
void net_prelu_fwd(const struct net *n, const struct op *op, uint32_t local);
void net_prelu_bwd(const struct net *n, const struct op *op, uint32_t local);
/* ---- net_up.c: OP_UP ---- */
/* What every shard reads: turned weights and biases. */
status net_up_ready(struct net *n);
void net_up_fwd(const struct net *n, const struct op *op, uint32_t local);
void net_up_bwd(const struct net *n, const struct op *op, uint32_t local);
/* Bytes of a store of OP_INSTANCE for images of this shape: coefficients; what
 * is needed for a moment, forward and back. */
size_t net_instance_kept(struct shape s);
size_t net_instance_work(struct shape s, bool back);
/* Running statistics as before the first step. */
void net_reset_running(struct net *n);
double net_real(const struct net *n, const void *vec, size_t i);
void net_set_real(const struct net *n, void *vec, size_t i, double v);

#endif
