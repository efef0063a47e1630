#ifndef STORE_SCHEME_H
#define STORE_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

#include "store/state.h"

/* Where in a file the weights of a network are, and what they are called there
 * (spec 5.3; more than the study's own loader finds). One rule for all files:
 *
 * 1. The dictionary: "trunk_state_dict" (heads in "head_state_dict"), else
 *    "state_dict", else the top level.
 * 2. Of each key the wrappers "model.", "module." (DataParallel) and
 *    "_orig_mod." (torch.compile) go, as often as they stand there.
 * 3. "trunk." or "backbone." before "conv1.weight" is the trunk's prefix; else
 *    the bare names are the trunk's.
 *    "down_tr64.ops.0.conv1.weight" stands for it in Models Genesis,
 *    "encode.encode_0.conv.weight" in the auto-encoder.
 * 4. Heads: "heads.", "projection_head.", "prediction_head.", "prototypes.".
 * 5. Beside the encoder of Models Genesis "up_tr..." and "out_tr.", of the
 *    auto-encoder "decode." are the decoder of the whole network, which
 *    features do not need.
 *
 * Tensors in other dictionaries (optimizer_states, callbacks) are left out and
 * counted; every other tensor of the dictionary is unexpected, and said so. */

enum scheme_role { SCHEME_TRUNK, SCHEME_HEAD, SCHEME_DECODER };

struct scheme_item {
    size_t tensor; /* of the state */
    enum scheme_role role;
    /* As in a state dict of ours: "conv1.weight" or "backbone.conv1.weight",
     * "heads.0.0.weight", "projection_head.layers.0.weight". */
    const char *name;
    const char *bare; /* the end of name after the trunk's or heads' prefix */
};

struct scheme {
    char what[96];            /* "state_dict, model.trunk., model.heads." */
    const char *trunk_prefix; /* of names: "" or "backbone." */
    const char *head_prefix;  /* of names; "" when there is no head */
    /* Order of a state dict whatever the file's: trunk, heads, decoder; stem,
     * blocks, conv before bn, weight before bias before running. */
    struct scheme_item *item;
    size_t n, n_trunk, n_decoder;
    size_t n_left; /* tensors outside the dictionary */
    char *names;   /* owned */
};

/* ERR_DATA: no trunk that is known here; says what comes nearest. */
status scheme_find(const struct state *s, struct scheme **out);
/* All tensors of the file, as they are called there. ERR_MEM. */
status scheme_all(const struct state *s, struct scheme **out);
void scheme_free(struct scheme *l);

/* Running statistics and counters, which files of ours hold last. */
bool scheme_is_buffer(const char *name);

/* The network by names and shapes. What they do not tell (stride of the stem,
 * max-pool, input size) is not in it. */
enum { SCHEME_STAGES = 8, SCHEME_HEADS = 8 };
struct scheme_net {
    bool genesis; /* planes: of the first layers of the stages */
    /* Without strides, which shapes do not tell; decoder: there too. */
    bool autoencoder, decoder;
    int32_t middle;
    bool bottleneck, bias_downsample, shortcut_a;
    int32_t in_channels, stem; /* kernel of conv1 */
    int32_t stages, layers[SCHEME_STAGES], planes[SCHEME_STAGES];
    int32_t n_head, head[SCHEME_HEADS]; /* widths after the features */
};
/* false when the names or shapes make no such network. */
bool scheme_net(const struct state *s,
                const struct scheme *l,
                struct scheme_net *out);
/* "bottleneck [3, 4, 6, 3], planes 128 256 512 1024 (width 2), ..." */
void scheme_net_text(const struct scheme_net *n, struct text *t);

#endif
