/* run_main; the run folder is run_folder.c. Options are
 * shorthands for placement keys, so there is one mechanism for settings. */
#include "app/run.h"

#include <argp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "app/run_folder.h"

enum { MAX_TABLES = 12, MAX_SETS = 128, MAX_MADE = 16 };

const struct conf_row run_rows[] = {
    {"run.out", CONF_TEXT, CONF_AT(struct run_conf, out), "runs/out", 1, 0,
     NULL, "", PLACEMENT, "run folder; --out DIR"},
    {"run.threads", CONF_I64, CONF_AT(struct run_conf, threads), "0", 0, 4096,
     NULL, "threads", PLACEMENT,
     "threads of a rank, 0 = the cores it may use; --threads N"},
    {"run.stop_after", CONF_I64, CONF_AT(struct run_conf, stop_after), "-1", -1,
     1e15, NULL, "steps", PLACEMENT,
     "stop with a checkpoint after this many, -1 = never; --stop-after N"},
    {"run.quiet", CONF_BOOL, CONF_AT(struct run_conf, quiet), "false", 1, 0,
     NULL, "", PLACEMENT, "only errors on stderr; --quiet"},
};
const size_t run_rows_n = sizeof run_rows / sizeof run_rows[0];

static volatile sig_atomic_t stop_signal;

static void on_signal(int sig)
{
    stop_signal = sig;
}

bool run_stop_wanted(void)
{
    return stop_signal != 0;
}

struct options {
    const char *config;
    const char *sets[MAX_SETS];
    size_t n_sets;
    char *made[MAX_MADE]; /* "run.out=..." texts of shorthands, freed at the end
                           */
    size_t n_made;
    bool resume, dry_run, verbose;
    bool table; /* --out FILE.csv names a table (key extract.csv) */
    const char *error;
};

static void shorthand(struct options *o, const char *key, const char *value)
{
    struct text t = {0};

    text_add(&t, "%s=%s", key, value);
    if (text_status(&t) != OK || o->n_made == MAX_MADE ||
        o->n_sets == MAX_SETS) {
        o->error = "too many options";
        text_free(&t);
        return;
    }
    o->made[o->n_made++] = t.s;
    o->sets[o->n_sets++] = t.s;
}

/* Options of the programs that have the key. */
static const struct own {
    const char *name;
    const char *value; /* what --help calls it; NULL: the option has none */
    const char *key;
    const char *def; /* the key's value when none is given; NULL: it must be */
    const char *help;
} OWN[] = {
    {"list", "FILE", "input.list", NULL, "CSV of seeds"},
    {"weights", "FILE", "input.weights", NULL, "weights of a network"},
    {"precropped", NULL, "patch.precropped", "true",
     "volumes are patches already (inference path)"},
    {"preview", "N", "preview.rows", "12",
     "write preview.html: pictures of N rows (12) of the list"},
};
enum { N_OWN = sizeof OWN / sizeof OWN[0], FIRST_OWN = 1000 };

static error_t own_option(struct options *o, int key, const char *arg)
{
    if (key < FIRST_OWN || key >= FIRST_OWN + N_OWN)
        return ARGP_ERR_UNKNOWN;
    key -= FIRST_OWN;
    shorthand(o, OWN[key].key, arg ? arg : OWN[key].def);
    return 0;
}

/* --out: the run folder; FILE.csv is the table of a program that makes one,
 * its run folder FILE. */
static void out_option(struct options *o, const char *arg)
{
    size_t len = strlen(arg);
    char folder[4096];

    if (!o->table || len < 5 || len >= sizeof folder ||
        strcmp(arg + len - 4, ".csv") != 0) {
        shorthand(o, "run.out", arg);
        return;
    }
    (void)snprintf(folder, sizeof folder, "%.*s", (int)len - 4, arg);
    shorthand(o, "run.out", folder);
    shorthand(o, "extract.csv", arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case 'c':
        o->config = arg;
        break;
    case 's':
        if (o->n_sets == MAX_SETS)
            argp_error(state, "more than %d --set", MAX_SETS);
        o->sets[o->n_sets++] = arg;
        break;
    case 'o':
        out_option(o, arg);
        break;
    case 't':
        shorthand(o, "run.threads", arg);
        break;
    case 'a':
        shorthand(o, "run.stop_after", arg);
        break;
    case 'q':
        shorthand(o, "run.quiet", "true");
        break;
    case 'r':
        o->resume = true;
        break;
    case 'n':
        o->dry_run = true;
        break;
    case 'v':
        o->verbose = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\" is no option; values go as --set key=value",
                   arg);
        break;
    default:
        return own_option(o, key, arg);
    }
    return 0;
}

static const struct argp_option OPTIONS[] = {
    {"config", 'c', "FILE", 0, "configuration (YAML)", 0},
    {"set", 's', "KEY=VALUE", 0, "set one key; wins over the file", 0},
    {"out", 'o', "DIR", 0, "run folder", 0},
    {"resume", 'r', NULL, 0, "go on where the run folder stands", 0},
    {"dry-run", 'n', NULL, 0,
     "show configuration, run id and plan; run nothing", 0},
    {"threads", 't', "N", 0, "threads of each rank", 0},
    {"stop-after", 'a', "STEP", 0, "stop with a checkpoint after STEP", 0},
    {"quiet", 'q', NULL, 0, "only errors on stderr", 0},
    {"verbose", 'v', NULL, 0, "show the way an error took", 0}};
enum { N_OPTIONS = sizeof OPTIONS / sizeof OPTIONS[0] };

static bool
has_key(const struct conf_table *tables, size_t n_tables, const char *key)
{
    for (size_t i = 0; i < n_tables; i++)
        for (size_t k = 0; k < tables[i].n; k++)
            if (strcmp(tables[i].rows[k].key, key) == 0)
                return true;
    return false;
}

/* The options of a program with these tables, and the end. */
static void all_options(const struct conf_table *tables,
                        size_t n_tables,
                        struct argp_option out[N_OPTIONS + N_OWN + 1])
{
    size_t n = N_OPTIONS;

    memcpy(out, OPTIONS, sizeof OPTIONS);
    for (int i = 0; i < N_OWN; i++)
        if (has_key(tables, n_tables, OWN[i].key))
            out[n++] = (struct argp_option){
                OWN[i].name,
                FIRST_OWN + i,
                OWN[i].value,
                OWN[i].value && OWN[i].def ? OPTION_ARG_OPTIONAL : 0,
                OWN[i].help,
                0};
    out[n] = (struct argp_option){0};
}

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)fprintf(stream, "%s %s\n", state->name, FMCIB_VERSION);
}

/* argp ends the process on --help, --version and usage errors (status 2);
 * MPI has not started then. */
static status parse(int argc,
                    char **argv,
                    const struct run_program *program,
                    const struct conf_table *tables,
                    size_t n_tables,
                    struct options *o)
{
    status st = OK;
    struct text doc = {0};
    struct argp_option list[N_OPTIONS + N_OWN + 1];
    struct argp argp = {list, parse_option, NULL, NULL, NULL, NULL, NULL};
    static char name[64];

    all_options(tables, n_tables, list);
    o->table = has_key(tables, n_tables, "extract.csv");
    text_add(&doc, "%s\v", program->what);
    text_add(&doc,
             "Configuration keys. Identity keys change the result and enter "
             "the run id; placement keys do not.\n\n");
    conf_help(tables, n_tables, &doc);
    text_add(&doc,
             "\nExit status: 0 done, 75 stopped at a checkpoint (run again); "
             "others are listed in README.md.\n");
    TRY(text_status(&doc));
    argp.doc = doc.s;
    argp_program_version_hook = print_version;
    argp_err_exit_status = ERR_USAGE;
    (void)snprintf(name, sizeof name, "%s", program->name);
    argv[0] = name; /* messages name the program, not its path */
    ENSURE(argp_parse(&argp, argc, argv, 0, NULL, o) == 0 && !o->error,
           ERR_USAGE, "%s: %s", program->name,
           o->error ? o->error : "bad options");
out:
    text_free(&doc);
    return st;
}

int run_threads(int64_t asked)
{
    const char *local = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    const char *slurm = getenv("SLURM_CPUS_PER_TASK");
    int64_t v = 0;
    cpu_set_t set;
    int cores = 1;

    if (asked > 0)
        return (int)asked;
    if (slurm && text_to_i64(slurm, &v) && v > 0)
        return (int)v;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        cores = CPU_COUNT(&set);
    if (local && text_to_i64(local, &v) && v > 0)
        cores = cores / (int)v;
    return cores > 0 ? cores : 1;
}

static status load(struct run *run,
                   const struct options *o,
                   const struct conf_table *tables,
                   size_t n_tables)
{
    status st = OK;

    TRY(conf_load(tables, n_tables, run->program->presets,
                  run->program->n_presets, o->config, o->sets, o->n_sets,
                  &run->settings));
    TRY(conf_run_id(run->settings, run->program->name, run->run_id));
out:
    return st;
}

static void log_start(const struct run *run)
{
    char host[128] = "unknown";

    (void)gethostname(host, sizeof host - 1);
    LOG_TEXT("run.program", -1, run->program->name);
    LOG_TEXT("run.version", -1, FMCIB_VERSION);
    LOG_TEXT("run.id", -1, run->run_id);
    LOG_TEXT("run.host", -1, host);
    LOG_TEXT("run.mpi", -1, par_library(run->par));
    LOG_I64("run.ranks", -1, par_size(run->par));
    LOG_I64("run.threads", -1, team_size(run->team));
}

static void catch_signals(void)
{
    struct sigaction sa = {0};

    sa.sa_handler = on_signal;
    (void)sigemptyset(&sa.sa_mask);
    sa.sa_flags = SA_RESTART;
    (void)sigaction(SIGUSR1, &sa, NULL);
    (void)sigaction(SIGTERM, &sa, NULL);
    (void)sigaction(SIGINT, &sa, NULL);
}

static status open_run(struct run *run)
{
    status st = OK;
    char *path = NULL;
    bool first = par_rank(run->par) == 0;

    if (!run->dry_run) {
        if (first)
            st = run_folder_claim(run);
        TRY(par_agree(run->par, st));
        TRY(run_path(run, "run.jsonl", &path));
    }
    TRY(log_open(first ? path : NULL, run->conf.quiet || !first));
    if (first && !run->dry_run)
        log_start(run);
out:
    mem_free(path);
    return st;
}

static status run_start(int argc,
                        char **argv,
                        const struct run_program *program,
                        struct run *run)
{
    status st = OK;
    struct options o = {0};
    struct conf_table tables[MAX_TABLES];
    size_t n = program->n_tables + 1;

    *run = (struct run){.program = program};
    BUG_IF(n > MAX_TABLES);
    memcpy(tables, program->tables, program->n_tables * sizeof tables[0]);
    tables[n - 1] = (struct conf_table){run_rows, run_rows_n, &run->conf};
    TRY(parse(argc, argv, program, tables, n, &o));
    run->resume = o.resume;
    run->dry_run = o.dry_run;
    run->verbose = o.verbose;
    TRY(par_start(&argc, &argv, &run->par));
    catch_signals();
    st = load(run, &o, tables, n);
    TRY(par_agree(run->par, st));
    st = team_new(run_threads(run->conf.threads), &run->team);
    TRY(par_agree(run->par, st));
    TRY(open_run(run));
out:
    for (size_t i = 0; i < o.n_made; i++)
        mem_free(o.made[i]);
    return st;
}

status run_path(const struct run *run, const char *name, char **out)
{
    return file_join(run->conf.out, name, out);
}

void run_plan(struct run *run, const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    text_add(&run->plan, "# %s\n", line);
}

status run_result(struct run *run,
                  const char *kind,
                  const char digest[SHA256_HEX],
                  const char *path)
{
    status st = OK;
    struct run_result *r = &run->results[run->n_results];

    BUG_IF(run->n_results == RUN_RESULTS);
    TRY(mem_text(path, &r->path));
    r->kind = kind;
    memcpy(r->digest, digest, SHA256_HEX);
    run->n_results++;
out:
    return st;
}

static void print_dry_run(struct run *run)
{
    struct text t = {0};

    text_add(&t, "# %s, run id %s\n", run->program->name, run->run_id);
    conf_dump(run->settings, true, &t);
    if (run->plan.len)
        text_put(&t, run->plan.s, run->plan.len);
    if (text_status(&t) == OK)
        (void)fputs(t.s, stdout);
    text_free(&t);
}

/* Behind the text of a file that cannot be had: the key that names it, and
 * where a relative path starts. */
static void name_key(const struct run *run)
{
    const char *text = status_text();
    const char *key = run->settings ? conf_key_of(run->settings, text) : NULL;
    char here[1024];

    if (key && (*text == '/' || !getcwd(here, sizeof here)))
        status_suffix(" (%s)", key);
    else if (key)
        status_suffix(" (%s, from %s)", key, here);
}

static void print_error(const struct run *run, status st)
{
    if (st == STOPPED) {
        (void)fprintf(stderr,
                      "%s: stopped at a checkpoint; run the same line again "
                      "with --resume\n",
                      run->program->name);
        return;
    }
    (void)fprintf(stderr, "%s: error: %s\n", run->program->name, status_text());
    if (run->verbose)
        (void)fprintf(stderr, "%s", trail_text());
}

static void release(struct run *run, bool failed)
{
    log_close();
    run_folder_release(run, failed);
    for (int i = 0; i < run->n_results; i++)
        mem_free(run->results[i].path);
    text_free(&run->plan);
    team_free(run->team);
    conf_free(run->settings);
}

static int run_finish(struct run *run, status st)
{
    bool first = !run->par || par_rank(run->par) == 0;
    bool failed = st != OK && st != ERR_PARTIAL && st != ERR_GATE;

    if (first && st == ERR_FILE)
        name_key(run);
    if (first && st != OK)
        print_error(run, st);
    if (first && st != OK && run->claimed)
        LOG_TEXT("run.error", -1, st == STOPPED ? "stopped" : status_text());
    if (first && !failed && run->dry_run)
        print_dry_run(run);
    for (int i = 0; first && !failed && i < run->n_results; i++)
        (void)printf("%s %s %s\n", run->results[i].kind, run->results[i].digest,
                     run->results[i].path);
    if (first && fflush(stdout) != 0 && st == OK)
        st = ERR_FILE;
    release(run, failed && st != STOPPED);
    if (run->par)
        par_stop(run->par);
    return (int)st;
}

int run_main(int argc,
             char **argv,
             const struct run_program *program,
             run_work_fn *work,
             const void *ctx)
{
    struct run run = {0};
    status st = run_start(argc, argv, program, &run);

    if (st == OK)
        st = work(&run, ctx);
    return run_finish(&run, st);
}
