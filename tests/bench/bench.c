/* fmcib-bench NAME [arguments]: prints lines `bench ...`, see bench.h. */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct bench {
    const char *name, *help;
    status (*run)(int argc, char **argv);
} benches[] = {
    {"augment", "[views]: transforms of 50^3 views on one core", bench_augment},
    {"conv", "[samples [variant]]: convolutions of the full network",
     bench_conv},
    {"demo-layers", "[samples [variant]]: convolutions of the demo network",
     bench_demo_layers},
    {"eval", "[threads [batch [runs]]]: features by the full network",
     bench_eval},
    {"first", "FILE [threads]: fmcib-extract from start to one row of features",
     bench_first},
    {"import", "FILE [threads]: weights into the network, against hashing it",
     bench_import},
    {"logistic", "[threads [file]]: linear models at the study's shapes",
     bench_logistic},
    {"patches",
     "[runs [folder]]: patches from a 512 x 512 x 250 CT, raw and .gz",
     bench_patches},
    {"step", "[full|demo [threads [steps]]]: steps of pretraining", bench_step},
    {"bootstrap", "[rows]: 1,000 resamples and permutations of an area",
     bench_bootstrap},
    {"search",
     "[workers [trials]]: the coordinator's share with simulated workers",
     bench_search},
    {"tpe", "[repeats]: a suggestion after 100, 1000, 5000 trials", bench_tpe},
};

void bench_line(const char *name,
                double value,
                const char *unit,
                const char *peer,
                double peer_value)
{
    printf("bench %s %.4g %s", name, value, unit);
    if (peer)
        printf(" peer %s %.4g ratio %.3g", peer, peer_value,
               value / peer_value);
    printf("\n");
    (void)fflush(stdout);
}

void bench_limit(const char *name, double value, const char *unit, double limit)
{
    printf("bench %s %.4g %s limit %.4g\n", name, value, unit, limit);
    (void)fflush(stdout);
}

double bench_seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    status st = ERR_USAGE;

    for (size_t i = 0; argc > 1 && i < sizeof benches / sizeof benches[0]; i++)
        if (strcmp(argv[1], benches[i].name) == 0) {
            st = benches[i].run(argc - 2, argv + 2);
            if (st != OK)
                (void)fprintf(stderr, "fmcib-bench: %s\n%s", status_text(),
                              trail_text());
            return (int)st;
        }
    (void)fprintf(stderr, "usage: fmcib-bench NAME [arguments]\n");
    for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++)
        (void)fprintf(stderr, "  %s %s\n", benches[i].name, benches[i].help);
    return (int)st;
}
