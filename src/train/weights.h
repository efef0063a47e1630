#ifndef TRAIN_WEIGHTS_H
#define TRAIN_WEIGHTS_H

#include "base/sha256.h"
#include "base/status.h"
#include "base/team.h"
#include "base/text.h"

#include "nn/net.h"
#include "store/checkpoint.h"

/* Weights of a network in files and digests: all parameters and running
 * statistics by their PyTorch names, plain order, parameters first, each group
 * in state-dict order. Arrays go through one buffer of the largest tensor. */

struct weights; /* opaque: the buffers for one net */

/* Buffers for digests on the team (one for each thread). ERR_MEM. */
status weights_new(struct net *net,
                   struct team *team,
                   enum dtype dtype,
                   struct weights **out);
void weights_free(struct weights *w);

/* Content digest of the present weights: equal to that of the file that
 * weights_put would make. Any rank; no file. */
status weights_digest(struct weights *w, char hex[SHA256_HEX]);
/* Put all arrays into a file under construction. */
status weights_put(struct weights *w, struct ckpt_writer *file);
/* Put one flat vector of the same table (momentum), names with `prefix`. */
status weights_put_vector(struct weights *w,
                          struct ckpt_writer *file,
                          const char *prefix,
                          const void *vec);

/* Fill the net from a file; every array must be there with its shape.
 * ERR_DATA (names the array), ERR_NUMERIC.. */
status weights_get(struct weights *w, struct ckpt *file);
status weights_get_vector(struct weights *w,
                          struct ckpt *file,
                          const char *prefix,
                          void *vec);

/* As net.family and files say it. */
const char *weights_family(enum net_family f);
/* The network a weights file is for: text "net" of the file, JSON. size, m,
 * views and memory switches are not in it. */
status weights_net_text(const struct net_conf *conf, struct text *out);
status weights_net_conf(const struct ckpt *file,
                        const char *path,
                        struct net_conf *out);
/* The same from the text itself; path is for messages. */
status
weights_net_parse(const char *text, const char *path, struct net_conf *out);

#endif
