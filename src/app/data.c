/* fmcib-data: everything around the inputs of the study, by subcommand. */
#include "app/data.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"

struct command {
    const char *name;
    const char *what; /* one line of --help */
    int (*main)(int argc, char **argv);
};

static const struct command COMMANDS[] = {
    {"list", "what data sets and models there are", data_list},
    {"fetch", "download files of manifests", data_fetch},
    {"verify", "hold a folder against its manifest", data_verify},
    {"hash", "make the manifest of a folder: paths, bytes, SHA-256", data_hash},
    {"volumes", "make volumes of DeepLesion's pictures", data_volumes},
    {"build", "make the study's lists from its tables", data_build},
    {"check", "hold lists against their volumes, headers only", data_check},
    {"subset", "parts of a list: 10, 20, 50 percent", data_subset},
    {"perturb", "a list with its seeds moved, many times", data_perturb},
};
enum { N_COMMANDS = sizeof COMMANDS / sizeof COMMANDS[0] };

static void print_help(void)
{
    (void)printf(
        "Usage: fmcib-data SUBCOMMAND [OPTION...]\n"
        "The inputs of the study: what there is, whether it is whole, how it\n"
        "becomes the lists that the other programs read.\n\n");
    for (int i = 0; i < N_COMMANDS; i++)
        (void)printf("  %-8s  %s\n", COMMANDS[i].name, COMMANDS[i].what);
    (void)printf(
        "\n`fmcib-data SUBCOMMAND --help` tells more. Exit status: 0 done;\n"
        "others are listed in README.md.\n");
}

static const struct command *find(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(name, COMMANDS[i].name) == 0)
            return &COMMANDS[i];
    return NULL;
}

static const char *nearest(const char *name)
{
    const char *best = COMMANDS[0].name;

    for (int i = 1; i < N_COMMANDS; i++)
        if (text_distance(name, COMMANDS[i].name) < text_distance(name, best))
            best = COMMANDS[i].name;
    return best;
}

int main(int argc, char **argv)
{
    const struct command *c = argc > 1 ? find(argv[1]) : NULL;

    if (c)
        return c->main(argc - 1, argv + 1);
    if (argc < 2) {
        (void)fprintf(stderr, "fmcib-data: error: a subcommand is missing; "
                              "--help lists them\n");
        return ERR_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        print_help();
        return fflush(stdout) == 0 ? OK : ERR_FILE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("fmcib-data %s\n", FMCIB_VERSION);
        return fflush(stdout) == 0 ? OK : ERR_FILE;
    }
    (void)fprintf(stderr,
                  "fmcib-data: error: no subcommand \"%s\"; the nearest is "
                  "\"%s\" (--help lists all)\n",
                  argv[1], nearest(argv[1]));
    return ERR_USAGE;
}
