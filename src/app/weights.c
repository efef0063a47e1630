/* fmcib-weights: files of weights, by subcommand. */
#include "app/weights.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    const char *what; /* one line of --help */
    int (*main)(int argc, char **argv);
};

static const struct command COMMANDS[] = {
    {"inspect", "what a file holds: tensors, layout, network", weights_inspect},
    {"convert", "to .safetensors, .nc or .pt", weights_convert},
    {"diff", "compare two files tensor by tensor", weights_diff},
    {"hash", "content digest and SHA-256 of files", weights_hash},
};
enum { N_COMMANDS = sizeof COMMANDS / sizeof COMMANDS[0] };

static void print_help(void)
{
    (void)printf("Usage: fmcib-weights SUBCOMMAND [OPTION...]\n"
                 "Files of weights: of torch.save (.torch, .pt, .ckpt), "
                 "safetensors, and\n"
                 "NetCDF of this suite. Told by content, not by name; nothing "
                 "in them is\n"
                 "executed.\n\n");
    for (int i = 0; i < N_COMMANDS; i++)
        (void)printf("  %-8s  %s\n", COMMANDS[i].name, COMMANDS[i].what);
    (void)printf("\n`fmcib-weights SUBCOMMAND --help` tells more. Exit status: "
                 "0 done, 11\n"
                 "files differ (diff); others are listed in README.md.\n");
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";

    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(word, COMMANDS[i].name) == 0)
            return COMMANDS[i].main(argc - 1, argv + 1);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0)
        print_help();
    else if (strcmp(word, "--version") == 0)
        (void)printf("fmcib-weights %s\n", FMCIB_VERSION);
    else {
        (void)fprintf(stderr,
                      "fmcib-weights: error: %s%s%s; subcommands are inspect, "
                      "convert, diff, hash\n",
                      argc > 1 ? "no subcommand \"" : "a subcommand is missing",
                      word, argc > 1 ? "\"" : "");
        return ERR_USAGE;
    }
    return fflush(stdout) == 0 ? OK : ERR_FILE;
}

status weights_file_open(const char *path,
                         bool as_is,
                         bool fall_back,
                         struct weights_file *out)
{
    status st = OK;
    struct weights_file f = {0};

    TRY(state_open(path, &f.state));
    if (!as_is) {
        st = scheme_find(f.state, &f.scheme);
        f.found = st == OK;
        if (st == ERR_DATA && fall_back)
            st = OK;
        TRY(st);
    }
    if (!f.scheme)
        TRY(scheme_all(f.state, &f.scheme));
    *out = f;
    f = (struct weights_file){0};
out:
    weights_file_close(&f);
    return st;
}

void weights_file_close(struct weights_file *f)
{
    scheme_free(f->scheme);
    state_close(f->state);
    *f = (struct weights_file){0};
}

void weights_put_shape(struct text *t, const struct state_tensor *x)
{
    text_add(t, "[");
    for (int i = 0; i < x->rank; i++)
        text_add(t, "%s%llu", i ? ", " : "", (unsigned long long)x->dim[i]);
    text_add(t, "]");
}
