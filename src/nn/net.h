#ifndef NN_NET_H
#define NN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "dev/dev.h"
#include "dev/tensor.h"
#include "nn/meet.h"

/* The 3-D networks of the study: the ResNet family (He, Zhang, Ren, Sun 2016 in
 * the 3-D form of MONAI 1.4; spec 5.1) and the encoder of Models Genesis (Zhou
 * et al. 2021; spec 5.5), with a head of linear layers; MONAI's auto-encoder
 * (spec 5.5). One net runs all
 * LOCAL shards in lockstep, one shard = one item of the thread team; where
 * batch statistics or gradients of shards are added, all ranks meet
 * (nn/meet.h). Nothing is allocated after net_new. */

enum { NET_STAGES = 8, NET_HEAD_MAX = 8, NET_NAME = 96 };

/* Whose trunk it is (net_build.h); 0 where a configuration does not say. */
enum net_family {
    NET_RESNET,
    /* 2 layers in each stage, planes[i] and twice as many wide, no other key of
     * the trunk. Its norms use batch statistics in evaluation too, and move
     * their running values, which nothing reads (Q27): what comes out depends
     * on who else is in the batch. */
    NET_GENESIS,
    /* MONAI's auto-encoder with padding 2 (spec 5.5): 1 layer in each stage, a
     * convolution of kernel 3 with strides[i], planes[i] wide; a residual unit,
     * `middle` wide; its means over windows of 3^3 are the features. The
     * decoder leads from the middle back to the input's channels and size.
     * Instance norms without parameters, PReLU; no other key of the trunk. */
    NET_AUTOENCODER
};
enum net_block { NET_BASIC, NET_BOTTLENECK };
enum net_shortcut { NET_SHORTCUT_A, NET_SHORTCUT_B };
/* How linear layer i of the head is called: PREFIX "layers.2i" (projection
 * head, ReLU modules counted) or PREFIX "i.0" (LoadModel's heads). */
enum net_head_names { NET_HEAD_LAYERS, NET_HEAD_LIST };
/* What stands behind the head (spec 5.2). PREDICTION (NNCLR): linear layers
 * named as the head's, norm and ReLU between them, a bias on the last.
 * PROTOTYPES (SwAV): outputs of length 1, then one linear layer "heads.0" whose
 * rows net_unit_rows brings to length 1. */
enum net_tail { NET_NO_TAIL, NET_PREDICTION, NET_PROTOTYPES };

struct net_conf {
    /* trunk, identity */
    enum net_family family;
    enum net_block block;
    int32_t stages; /* 0..NET_STAGES, 4 in the study; 0: a head alone, its
                     * input in_channels features of size 1 x 1 x 1 */
    int32_t layers[NET_STAGES];
    int32_t planes[NET_STAGES]; /* before widen */
    double widen;               /* width = trunc(planes * widen) */
    int32_t in_channels;
    int32_t size[3];      /* input d, h, w */
    int32_t conv1_stride; /* stem, kernel 7: 2 in the study, 1 in MONAI */
    bool no_max_pool;
    enum net_shortcut shortcut;
    bool bias_downsample;
    /* head: widths after the features, e.g. {2048, 128}; n_head 0: none */
    int32_t n_head;
    int32_t head[NET_HEAD_MAX];
    enum net_head_names head_names;
    /* NNCLR's and SwAV's heads (spec 5.2): a norm follows every linear layer
     * but the last (or that too), which then has no bias */
    bool head_norm, head_norm_last;
    enum net_tail tail;
    int32_t n_tail;
    int32_t tail_width[NET_HEAD_MAX];
    /* NET_AUTOENCODER */
    int32_t strides[NET_STAGES];
    int32_t middle;
    bool decoder;             /* its outputs are the embeddings; no heads */
    const char *trunk_prefix; /* "backbone." or ""; NULL = "" */
    const char *head_prefix;  /* "projection_head." ; NULL = "" */
    const char *tail_prefix;  /* "prediction_head." ; NULL = "" */
    /* batch of one shard: views * m samples, sample = view * m + j */
    int32_t views;
    int32_t m;
    bool joint; /* norm.batches: one norm batch over all views */
    /* Gradient of a bias before a norm (downsample.0.bias, NET_GENESIS) in
     * training mode: exact 0 (true) instead of the rounding noise a computation
     * gives (spec 5.1). */
    bool zero_theory_bias;
    /* The trunk learns nothing: no gradient is made for it. Its batch
     * statistics and running values are those of the mode, as ever. */
    bool frozen_trunk;
    /* what memory is planned for */
    bool backward;   /* net_backward may be called */
    bool input_grad; /* net_input_grad too */
};

/* What kind of tensor a slice holds, for packing. */
enum slice_kind {
    SLICE_CONV,   /* weight [o][c][k][k][k], blocked */
    SLICE_LINEAR, /* weight [o][c], blocked as k = 1 */
    SLICE_VECTOR  /* [o], plain */
};

/* One tensor of a flat vector. The vectors (parameters, gradient, momentum)
 * hold elements of the backend's type in the blocked layout of dev/tensor.h,
 * in state-dict order; every slice starts at a multiple of 16 elements;
 * padding is exactly zero and stays so under the optimisers. */
struct slice {
    char name[NET_NAME]; /* PyTorch name with prefix */
    enum slice_kind kind;
    int32_t o, c, k; /* c = k = 1 for vectors */
    size_t offset;   /* first element in the flat vector */
    size_t len;      /* elements with the layout's padding */
    size_t plain;    /* o * c * k^3 */
};

enum buffer_kind { BUFFER_MEAN, BUFFER_VAR, BUFFER_COUNT };

/* Running statistics. MEAN and VAR lie in the flat buffer vector (elements of
 * the backend's type, plain [len]); COUNT is int64 number `offset` of the
 * counters. State-dict order. */
struct buffer {
    char name[NET_NAME];
    enum buffer_kind kind;
    size_t offset;
    size_t len; /* 1 for COUNT */
};

/* Sizes before anything is allocated. */
struct net_plan {
    size_t param_len;   /* elements of one flat vector (with padding) */
    size_t param_plain; /* learnable numbers, without padding */
    size_t grad_len;    /* longest gradient vector of meet, elements */
    size_t sum_len;     /* longest row of meet's sum, doubles */
    int32_t features;   /* width of the trunk's output */
    int32_t middle;     /* width of what goes into the tail */
    int32_t embed;      /* width of the last output (= features if no head),
                         * an image's channels times voxels */
    size_t bytes_param; /* parameters */
    size_t bytes_grad;  /* gradient vector */
    size_t bytes_shard; /* activations and their gradients, ONE shard */
    size_t bytes_work;  /* weight gradients of shards, turned weights */
    size_t bytes_total; /* of net_new with these shards and threads */
};

struct net; /* opaque */

/* ERR_CONF: a width, size or table that makes no network. Any rank. */
status net_plan(const struct net_conf *conf,
                enum dtype dtype,
                uint32_t local_shards,
                int threads,
                struct net_plan *out);

/* conf is copied; meet, team and dev are the caller's and outlive the net.
 * Parameters are zero until net_init or net_import_*; running mean 0, variance
 * 1. Any rank. ERR_CONF, ERR_MEM. */
status net_new(const struct net_conf *conf,
               const struct meet *meet,
               struct team *team,
               struct dev *dev,
               struct net **out);
/* The same network for views of another size or number: parameters, running
 * statistics and counters are first's, which outlives it; activations and
 * gradient are its own. conf differs from first's in size, views and memory
 * switches alone. */
status
net_twin(struct net *first, const struct net_conf *conf, struct net **out);
void net_free(struct net *n);
const struct net_plan *net_planned(const struct net *n);

/* Random start (spec 5.1): convolutions normal, sd sqrt(2 / (o k^3)) (He et
 * al. 2015, fan out; NET_RESNET), else uniform +-1/sqrt(c k^3); norm weight 1,
 * bias 0; biases of convolutions uniform +-1/sqrt(c k^3), c that of the
 * weight's slice; linear weight and bias uniform +-1/sqrt(c); slopes 0.25.
 * Slice i draws from stream_at(seed, STREAM_INIT, i, 0, 0), elements in plain
 * order, rounded to float in every backend. Running statistics start anew. */
status net_init(struct net *n, uint64_t seed);

/* The tables, and the flat vectors [param_len] the net works on: parameters
 * and gradient (NULL without backward); elements of the backend's type. */
const struct slice *net_slices(const struct net *n, size_t *count);
const struct buffer *net_buffers(const struct net *n, size_t *count);
void *net_param(struct net *n);
void *net_grad(struct net *n);
void *net_running(struct net *n, size_t *len); /* flat running statistics */
int64_t *net_counters(struct net *n, size_t *count);

/* Plain order (PyTorch's) out of / into slice s of a flat vector `vec` of this
 * net's table (parameters, gradient, momentum). plain [s->plain]. Floats of
 * ref64 are rounded; into: exact. */
void slice_get_f32(const struct slice *s,
                   enum dtype dtype,
                   const void *vec,
                   float *plain);
void slice_get_f64(const struct slice *s,
                   enum dtype dtype,
                   const void *vec,
                   double *plain);
void slice_put_f32(const struct slice *s,
                   enum dtype dtype,
                   const float *plain,
                   void *vec);
void slice_put_f64(const struct slice *s,
                   enum dtype dtype,
                   const double *plain,
                   void *vec);

/* n rows of the first dimension, from row o on, of a tensor in plain order and
 * elements of the net's type; o is a multiple of 32 or n covers the rest. */
void slice_put_rows(const struct slice *s,
                    enum dtype dtype,
                    int32_t o,
                    int32_t n,
                    const void *plain,
                    void *vec);
/* The same rows out of a vector. */
void slice_get_rows(const struct slice *s,
                    enum dtype dtype,
                    int32_t o,
                    int32_t n,
                    const void *vec,
                    void *plain);

/* One sample's input, plain [in_channels][d][h][w] ... of a whole shard:
 * [views * m][in_channels][d][h][w]. local = 0..shard_n-1. May be called for
 * different shards from several threads. */
void net_put_f32(struct net *n, uint32_t local, const float *plain);
void net_put_f64(struct net *n, uint32_t local, const double *plain);

/* Until the next call only shards 0..shards-1 of the whole step (V at first)
 * have a batch: the others take part in every meeting with nothing, so the
 * step is that of a smaller batch. Any rank; the same number on all. */
void net_set_shards(struct net *n, uint32_t shards);

/* Forward pass of all local shards. train: batch statistics over ALL shards
 * (per view, or joint) and running statistics updated in view order (momentum
 * 0.1, unbiased variance); else running statistics, and ranks do not meet.
 * NET_GENESIS always takes batch statistics, counters stay; backward is that of
 * training.
 * st: the caller's state so far; with st != OK the rank only meets.
 * Training: all ranks, one meet->sum a norm; same status everywhere. ERR_DATA
 * if a norm has one value per channel; ERR_NUMERIC if statistics are not
 * finite (names shard and layer). Evaluation, and a net without batch norms
 * (net_meets): any rank, local status. */
status net_forward(struct net *n, status st, bool train);
/* Do ranks meet on the way forward in training? */
bool net_meets(const struct net *n);

/* From now on evaluation only: running statistics are folded into the
 * convolutions before the norms (net_fold.c), the parameters are changed. A net
 * without backward and not NET_GENESIS, once, after its parameters and
 * statistics are set. */
void net_fold(struct net *n);

/* Results of the last forward pass of a shard, plain [views * m][width]. */
void net_features_f32(const struct net *n, uint32_t local, float *plain);
void net_features_f64(const struct net *n, uint32_t local, double *plain);
void net_embed_f32(const struct net *n, uint32_t local, float *plain);
void net_embed_f64(const struct net *n, uint32_t local, double *plain);
/* What went into the tail, [views * m][middle]: NNCLR's projections, SwAV's
 * outputs of length 1; the last outputs where there is no tail. */
void net_middle_f32(const struct net *n, uint32_t local, float *plain);
void net_middle_f64(const struct net *n, uint32_t local, double *plain);
/* An activation of the last forward pass by name: "conv1", "bn1" (after its
 * ReLU), "maxpool", "layer1".., "features", "embed". false if there is none or
 * its memory was used again (nets without backward keep only the last two). */
bool net_activation(const struct net *n,
                    uint32_t local,
                    const char *name,
                    struct tensor *out);

/* Backward pass of the last forward pass (its mode). d_embed [shard_n][views *
 * m][embed]: gradient of the loss by each local shard's embeddings. Writes the
 * whole gradient vector, the sum over ALL shards: the same bytes on every
 * rank. Once per forward pass. All ranks (also in evaluation mode), one
 * meet->sum a norm and one grad_start a layer. st and errors as above. */
status net_backward(struct net *n, status st, const double *d_embed);
/* From now on net_backward also looks at the weight gradients of single shards,
 * which the sum hides: ERR_NUMERIC names the first shard and tensor that is not
 * finite. Costs a pass over memory; meant for a second net_forward and
 * net_backward of a step (the inputs are still there) whose gradient turned out
 * not to be finite. Any rank, on all. */
void net_look(struct net *n);
/* Mean absolute error of the last outputs against the inputs they were made
 * from (auto-encoder, spec 6.6), over all samples of all shards: a shard's
 * values in plain order, shards in the tree. Leaves its gradient (0 where there
 * is no error) where net_backward with d_embed NULL takes it from. A net with
 * backward whose outputs have the inputs' shape. All ranks, one meet->sum.
 * ERR_NUMERIC: not finite. */
status net_input_error(struct net *n, status st, double *out);
/* skip [slices]: true for those that get no gradient (a frozen trunk), as
 * optim_step takes it. */
void net_frozen(const struct net *n, bool *skip);
/* Gradient += that of a twin, element by element. Any rank, after both passes
 * back. */
void net_add_gradient(struct net *n, const struct net *twin);
/* Every row of the prototypes' weight over its length (Caron et al. 2020;
 * rows below 1e-12 over that). Nothing without prototypes. */
void net_unit_rows(struct net *n);
/* Slices of the prototypes' weight and bias; false without. */
bool net_prototypes(const struct net *n, size_t *weight, size_t *bias);
/* d loss / d input of one shard, plain as net_put (needs conf.input_grad). */
void net_input_grad_f64(const struct net *n, uint32_t local, double *plain);

/* Health: standard deviation over all samples of all views and shards (n - 1),
 * mean over the features. All ranks, one meet->sum. */
status net_feature_sd(struct net *n, status st, double *out);

#endif
