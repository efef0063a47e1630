#ifndef TRAIN_IMPORT_H
#define TRAIN_IMPORT_H

#include <stdbool.h>

#include "base/sha256.h"
#include "base/status.h"
#include "base/team.h"

#include "nn/net.h"
#include "store/scheme.h"
#include "store/state.h"

/* Weights of any file store/state.h reads (torch.save, safetensors, NetCDF of
 * ours) into a network. Values go straight from the file into the flat vector,
 * some rows at a time for each thread; the content digest is made on the way.
 * NetCDF is read by the calling thread alone. */
struct import; /* opaque */

/* Tables only. ERR_FILE; ERR_DATA: damaged, no layout that is known. */
status import_open(const char *path, struct import **out);
void import_close(struct import *f);
const struct scheme *import_scheme(const struct import *f);
struct state *import_state(struct import *f);

/* The network of the file: its own text "net", else by names and shapes with
 * what they do not tell as the published weights have it (stem stride 2,
 * max-pool, input 50 x 50 x 50; Models Genesis 48 x 48 x 48). *told: by the
 * file itself. views = m = 1. ERR_DATA: a network this program does not build.
 */
status
import_net_conf(const struct import *f, struct net_conf *out, bool *told);

/* The same of an open file. */
status import_conf_of(const struct state *s,
                      const struct scheme *l,
                      struct net_conf *out,
                      bool *told);

/* Fill the net (made from conf, elements of dtype). trunk_only: its trunk
 * alone, and the heads of the file are left out by that rule (so is the decoder
 * of Models Genesis, which the log says); else all must be there exactly.
 * float64 weights are rounded to nearest in a float32 net (with a warning).
 * ERR_DATA lists names (store/match.h); a value that is not finite, a negative
 * variance; ERR_NUMERIC: digest of a file of ours. */
status import_fill(struct import *f,
                   const struct net_conf *conf,
                   struct net *net,
                   struct team *team,
                   enum dtype dtype,
                   bool trunk_only);

/* Content digest of all weights of the file, heads too; after import_fill. */
const char *import_digest(const struct import *f);

#endif
