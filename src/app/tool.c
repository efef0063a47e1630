#include "app/tool.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include "app/run.h"

enum { MAX_OPTIONS = 32, MAX_SETS = 64, FIRST_KEY = 256 };

struct common {
    int64_t threads;
    bool quiet, verbose;
};

static const struct conf_row COMMON[] = {
    {"threads", CONF_I64, CONF_AT(struct common, threads), "0", 0, 4096, NULL,
     "", PLACEMENT, "threads of a rank, 0 = the cores it may use"},
    {"quiet", CONF_BOOL, CONF_AT(struct common, quiet), "false", 1, 0, NULL, "",
     PLACEMENT, "only errors on stderr"},
    {"verbose", CONF_BOOL, CONF_AT(struct common, verbose), "false", 1, 0, NULL,
     "", PLACEMENT, "show the way an error took"},
};
enum { N_COMMON = sizeof COMMON / sizeof COMMON[0] };

struct parsed {
    const struct tool_spec *spec;
    struct text sets[MAX_SETS]; /* "key=value" */
    size_t n_sets;
    char **args;
    size_t n_args;
};

static const struct conf_row *row_of(const struct tool_spec *spec, size_t i)
{
    return i < spec->n_rows ? &spec->rows[i] : &COMMON[i - spec->n_rows];
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct parsed *p = state->input;
    size_t i = (size_t)(key - FIRST_KEY);

    if (key == ARGP_KEY_ARG) {
        if (p->n_args == p->spec->args_max)
            argp_error(state, "\"%s\" is one argument too many", arg);
        p->args[p->n_args++] = arg;
        return 0;
    }
    if (key == ARGP_KEY_END && p->n_args < p->spec->args_min)
        argp_error(state, "%s is missing", p->spec->args);
    if (key < FIRST_KEY || i >= p->spec->n_rows + N_COMMON)
        return ARGP_ERR_UNKNOWN;
    if (p->n_sets == MAX_SETS)
        argp_error(state, "more than %d options", MAX_SETS);
    text_add(&p->sets[p->n_sets++], "%s=%s", row_of(p->spec, i)->key,
             arg ? arg : "true");
    return 0;
}

/* What --help shows of an option: its help and what it is when not given. */
static status help_of(const struct conf_row *row, struct text *t)
{
    text_add(t, "%s", row->help);
    if (row->type != CONF_BOOL && row->def && *row->def)
        text_add(t, " (default %s)", row->def);
    return text_status(t);
}

static status lay_out(const struct tool_spec *spec,
                      struct argp_option *options,
                      struct text *help)
{
    status st = OK;
    size_t n = spec->n_rows + N_COMMON;

    BUG_IF(n > MAX_OPTIONS);
    for (size_t i = 0; i < n; i++) {
        const struct conf_row *row = row_of(spec, i);

        TRY(help_of(row, &help[i]));
        options[i].name = row->key;
        options[i].key = FIRST_KEY + (int)i;
        options[i].arg = row->type == CONF_BOOL ? NULL
                         : *row->unit           ? row->unit
                                                : "VALUE";
        options[i].doc = help[i].s;
    }
out:
    return st;
}

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)fprintf(stream, "%s %s\n", state->name, FMCIB_VERSION);
}

/* argp ends the process on --help, --version and usage errors (status 2);
 * MPI has not started then. */
static status parse(int argc, char **argv, struct parsed *p)
{
    status st = OK;
    struct argp_option options[MAX_OPTIONS + 1] = {{0}};
    struct text help[MAX_OPTIONS] = {{0}};
    struct argp argp = {options, take_option, p->spec->args, p->spec->what,
                        NULL,    NULL,        NULL};
    static char name[64];

    TRY(lay_out(p->spec, options, help));
    argp_program_version_hook = print_version;
    argp_err_exit_status = ERR_USAGE;
    (void)snprintf(name, sizeof name, "%s", p->spec->name);
    argv[0] = name;
    ENSURE(argp_parse(&argp, argc, argv, 0, NULL, p) == 0, ERR_USAGE,
           "bad options");
out:
    for (size_t i = 0; i < MAX_OPTIONS; i++)
        text_free(&help[i]);
    return st;
}

/* There is no file and no --set here: "--set: threads: ..." was --threads. */
static status typed(status st)
{
    const char prefix[] = "--set: ";
    struct trail t;

    if (st != ERR_CONF)
        return st;
    trail_save(&t);
    if (strncmp(t.text, prefix, sizeof prefix - 1) == 0)
        memmove(t.text + 2, t.text + sizeof prefix - 1,
                strlen(t.text + sizeof prefix - 1) + 1);
    trail_load(&t);
    return ERR_USAGE;
}

static status
load(struct tool *tool, const struct parsed *p, struct common *common)
{
    status st = OK;
    const struct tool_spec *spec = p->spec;
    const struct conf_table tables[] = {
        {spec->rows, spec->n_rows, spec->target}, {COMMON, N_COMMON, common}};
    const char *sets[MAX_SETS];

    for (size_t i = 0; i < p->n_sets; i++) {
        TRY(text_status(&p->sets[i]));
        sets[i] = p->sets[i].s;
    }
    TRY(typed(
        conf_load(tables, 2, NULL, 0, NULL, sets, p->n_sets, &tool->conf)));
    tool->quiet = common->quiet;
    tool->verbose = common->verbose;
    tool->n_args = p->n_args;
out:
    return st;
}

static status start(int argc, char **argv, struct tool *tool)
{
    status st = OK;
    struct parsed p = {.spec = tool->spec};
    struct common common = {0};

    TRY(mem_new((size_t)argc, sizeof *tool->args, &tool->args));
    p.args = tool->args;
    TRY(parse(argc, argv, &p));
    st = load(tool, &p, &common);
    if (tool->spec->ranks) {
        status agreed = st;

        TRY(par_start(&argc, &argv, &tool->par));
        tool->first = par_rank(tool->par) == 0;
        st = par_agree(tool->par, agreed);
    }
    TRY(st);
    TRY(log_open(NULL, tool->quiet || !tool->first));
    st = team_new(run_threads(common.threads), &tool->team);
    if (tool->par)
        st = par_agree(tool->par, st);
out:
    for (size_t i = 0; i < p.n_sets; i++)
        text_free(&p.sets[i]);
    return st;
}

static int finish(struct tool *tool, status st)
{
    if (fflush(stdout) != 0 && st == OK)
        st = status_fail(ERR_FILE, __FILE__, __LINE__,
                         "standard output cannot be written");
    if (st != OK && tool->first) {
        (void)fprintf(stderr, "%s: error: %s\n", tool->spec->name,
                      status_text());
        if (tool->verbose)
            (void)fprintf(stderr, "%s", trail_text());
    }
    log_close();
    team_free(tool->team);
    conf_free(tool->conf);
    mem_free(tool->args);
    if (tool->par)
        par_stop(tool->par);
    return (int)st;
}

int tool_main(int argc,
              char **argv,
              const struct tool_spec *spec,
              tool_work_fn *work,
              const void *ctx)
{
    struct tool tool = {.spec = spec, .first = true};
    status st = start(argc, argv, &tool);

    if (st == OK)
        st = work(&tool, ctx);
    return finish(&tool, st);
}
