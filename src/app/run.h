#ifndef APP_RUN_H
#define APP_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"
#include "base/team.h"
#include "base/text.h"

#include "conf/conf.h"
#include "par/par.h"

/* What every program does around its work: options, MPI, configuration, run
 * folder, log, stop signal, result lines, exit status. A main is a schema, a
 * struct run_program and run_main.
 *
 * Run folder (run.out): config.yaml (identity keys of the run), run.jsonl
 * (events), claim (while a process works in it), and what the program makes. */

struct run_program {
    const char *name; /* "fmcib-prepare" */
    const char *what; /* one sentence for --help */
    const struct conf_table *tables;
    size_t n_tables;
    const struct conf_preset *presets;
    size_t n_presets;
};

enum { RUN_RESULTS = 4 };

/* Filled from the placement keys every program has (table in run.c). */
struct run_conf {
    const char *out;    /* run.out, --out */
    int64_t threads;    /* run.threads, --threads; 0 = what the rank may use */
    int64_t stop_after; /* run.stop_after, --stop-after; -1 = none */
    bool quiet;         /* run.quiet, --quiet */
};

extern const struct conf_row run_rows[]; /* of struct run_conf */
extern const size_t run_rows_n;

struct run_result {
    const char *kind;
    char digest[SHA256_HEX];
    char *path;
};

struct run {
    const struct run_program *program;
    struct run_conf conf;
    struct conf *settings; /* owns the texts of all tables */
    struct par *par;
    struct team *team;
    char run_id[SHA256_HEX];
    bool resume;  /* --resume: go on where the folder stands, or start */
    bool dry_run; /* --dry-run: work() only adds its plan, see run_plan */
    bool verbose;
    bool done;    /* nothing to do (help was shown) */
    bool claimed; /* this process holds the run folder */
    bool fresh;   /* and was the first to write into it */
    struct text plan;
    struct run_result results[RUN_RESULTS];
    int n_results;
};

/* The program: what is asked for with these options. ctx is what the tables
 * fill. With run->dry_run it only adds its plan (run_plan). All ranks, same
 * status. */
typedef status run_work_fn(struct run *run, const void *ctx);

/* Parse options, start MPI, load the configuration, make the thread team,
 * claim and check the run folder (not with --dry-run), open the log; work;
 * print the results or the error (once, rank 0), release everything, end MPI.
 * A folder that holds another run: ERR_RUN naming the first identity key that
 * differs; one that holds this run already, without --resume: ERR_RUN. Gives
 * the exit status. All ranks. */
int run_main(int argc,
             char **argv,
             const struct run_program *program,
             run_work_fn *work,
             const void *ctx);

/* A path in the run folder, new memory (mem_free). */
status run_path(const struct run *run, const char *name, char **out);

/* A line of the plan that --dry-run prints ("memory: ...", "files: ..."). */
void run_plan(struct run *run, const char *fmt, ...) FMCIB_PRINTF(2, 3);

/* A result: rank 0 prints "<kind> <sha256> <path>" as the end of stdout when
 * the run ends well. path is copied. */
status run_result(struct run *run,
                  const char *kind,
                  const char digest[SHA256_HEX],
                  const char *path);

/* Was a stop asked for on this rank (SIGUSR1, SIGTERM, SIGINT)? The ranks
 * agree with par_any; a program that then ends at a safe place returns
 * STOPPED. */
bool run_stop_wanted(void);

/* The threads of this rank: `asked`, or with 0 the cores it may use. */
int run_threads(int64_t asked);

#endif
