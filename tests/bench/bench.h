#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>

#include "base/status.h"

/* One measured figure:
 * bench <name> <value> <unit> [peer <name> <value> ratio <r>]. ratio is
 * value / peer. peer NULL: none. */
void bench_line(const char *name,
                double value,
                const char *unit,
                const char *peer,
                double peer_value);

/* A figure that should stay below a limit:
 * bench <name> <value> <unit> limit <limit>. */
void bench_limit(const char *name,
                 double value,
                 const char *unit,
                 double limit);

/* Seconds this thread has used: others that share the core do not count. */
double bench_seconds(void);

/* FMA peak of one core in GFLOP/s, float, measured in a burst of `ms`
 * milliseconds with the instructions of a variant of dev_open. */
double bench_peak(const char *variant, double ms);

/* Best time libdeflate needs for the first `bytes` of a gzip file in memory;
 * 0 where it was not found at build time. */
status bench_libdeflate(const char *path, size_t bytes, int runs, double *ms);

/* The benches: arguments after the name. */
status bench_augment(int argc, char **argv);
status bench_bootstrap(int argc, char **argv);
status bench_conv(int argc, char **argv);
status bench_demo_layers(int argc, char **argv);
status bench_eval(int argc, char **argv);
status bench_first(int argc, char **argv);
status bench_import(int argc, char **argv);
status bench_logistic(int argc, char **argv);
status bench_patches(int argc, char **argv);
status bench_search(int argc, char **argv);
status bench_step(int argc, char **argv);
status bench_tpe(int argc, char **argv);

#endif
