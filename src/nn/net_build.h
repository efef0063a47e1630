#ifndef NN_NET_BUILD_H
#define NN_NET_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/net_int.h"

/* How a program is written down (net_build.c, net_program.c and the families
 * only). A family is one file: it declares layers in state-dict order and
 * operations in the order they run. A new one: a value of enum net_family, its
 * build_x below, a case in net_program.c, its limits in net_check.c.
 * All functions: ERR_MEM. Slots are handed in and given back by number. */

struct builder {
    const struct net_conf *conf;
    struct program *p;
    const char *prefix; /* of the part being built */
    int32_t x;          /* slot where the chain has got to */
    int32_t image;      /* slot the decoder begins with */
};

struct conv_spec {
    int32_t o, k, stride, pad;
    bool bias;
    bool theory; /* the bias stands before a norm: no gradient in theory */
    enum slice_kind kind;
};

/* Names of layers are short: three numbers below 1000 and a word. */
void build_name(char name[NAME_PART], const char *fmt, ...) FMCIB_PRINTF(2, 3);
/* The slot of b->x is called name (net_activation). */
void build_named(struct builder *b, const char *name);

status build_slot(struct builder *b, struct shape shape, int32_t *out);
/* A convolution or linear layer on slot x: slices NAME.weight and NAME.bias,
 * operation, output y (may be &x's variable). */
status build_conv(struct builder *b,
                  const char *name,
                  struct conv_spec s,
                  int32_t x,
                  int32_t *y);
/* Parameters and running statistics of a norm over c channels; its number. */
status build_norm(struct builder *b, const char *name, int32_t c, int32_t *out);
/* y = relu?(norm(x) + add?); add NONE. */
status build_apply(struct builder *b,
                   int32_t norm,
                   int32_t x,
                   int32_t add,
                   bool relu,
                   int32_t *y);
/* An operation without parameters in place of *x; o: channels of
 * OP_SUBSAMPLE. */
status build_plain(struct builder *b,
                   enum op_kind kind,
                   int32_t k,
                   int32_t stride,
                   int32_t o,
                   int32_t *x);

/* A transposed convolution with bias, slices as PyTorch's ([in][out][k^3]);
 * output padding stride - 1: size (in - 1) stride - 2 pad + k + stride - 1. */
status
build_up(struct builder *b, const char *name, struct conv_spec s, int32_t *x);
/* Instance norm of a convolution's output x, then PReLU with slope NAME.weight,
 * which is declared right behind the convolution's slices. */
status build_prelu(struct builder *b, const char *name, int32_t *x);
/* x + add, of one shape. */
status build_add(struct builder *b, int32_t add, int32_t *x);

/* ---- trunks: from b->x to the features ---- */
status build_resnet(struct builder *b);
status build_genesis(struct builder *b);
status build_autoencoder(struct builder *b);
/* ---- behind the features: from b->image back to the input's shape ---- */
status build_decoder(struct builder *b);

#endif
