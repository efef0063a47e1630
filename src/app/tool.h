#ifndef APP_TOOL_H
#define APP_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/team.h"

#include "conf/conf.h"
#include "par/par.h"

/* A program without a run folder: it looks at files or makes some, and its
 * answer is its output. What fmcib-data's subcommands are made of. */

struct tool_spec {
    const char *name; /* "fmcib-data verify", in front of every message */
    const char *args; /* "DIR" or "ID..." for the usage line; NULL: none */
    const char *what; /* --help */
    size_t args_min, args_max;
    bool ranks; /* an MPI program; else MPI is never started */
    /* Options: the row of key "max-age" is --max-age VALUE, one of type
     * CONF_BOOL is the switch --max-age. NULL, 0: none. Every tool has
     * --threads, --quiet, --verbose and --help besides. */
    const struct conf_row *rows;
    size_t n_rows;
    void *target; /* the struct that rows fill */
};

struct tool {
    const struct tool_spec *spec;
    struct conf *conf; /* owns the texts of the options */
    struct par *par;   /* NULL without spec->ranks */
    struct team *team;
    size_t n_args;
    char **args; /* of argv */
    bool first;  /* rank 0, or no ranks: the one that prints */
    bool quiet;
    bool verbose;
};

/* The work. With ranks: all ranks, same status. */
typedef status tool_work_fn(struct tool *tool, const void *ctx);

/* Read options, start MPI if asked to, make the threads, work, print the
 * error (once), release everything. argv[0] is not looked at. Gives the exit
 * status. All ranks. */
int tool_main(int argc,
              char **argv,
              const struct tool_spec *spec,
              tool_work_fn *work,
              const void *ctx);

#endif
