#ifndef APP_WEIGHTS_H
#define APP_WEIGHTS_H

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

#include "store/scheme.h"
#include "store/state.h"

/* fmcib-weights SUB [options]: the subcommands, each a file weights_<sub>.c
 * with one function of the kind of main. A row in weights.c. */
int weights_inspect(int argc, char **argv);
int weights_convert(int argc, char **argv);
int weights_diff(int argc, char **argv);
int weights_hash(int argc, char **argv);

/* An open file and the tensors that are looked at. */
struct weights_file {
    struct state *state;
    struct scheme *scheme;
    bool found; /* the scheme is that of a network, not scheme_all */
};

/* The weights of the file (scheme_find). as_is, or fall_back where no scheme
 * is known: all its tensors. */
status weights_file_open(const char *path,
                         bool as_is,
                         bool fall_back,
                         struct weights_file *out);
void weights_file_close(struct weights_file *f);

/* "[64, 1, 7, 7, 7]", as JSON and for people. */
void weights_put_shape(struct text *t, const struct state_tensor *x);

#endif
