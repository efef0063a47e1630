#ifndef TESTS_MPI_RANKS_H
#define TESTS_MPI_RANKS_H

/* Tests on several ranks: a failed check ends the whole job, for the others
 * would wait for this rank for ever. */
#include "check.h"
#include "par/par.h"

#define need(cond)                                                             \
    do {                                                                       \
        if (!(cond)) {                                                         \
            fprintf(stderr, "%s:%d: rank %d of %d: %s\n", __FILE__, __LINE__,  \
                    par_rank(world), par_size(world), #cond);                  \
            abort();                                                           \
        }                                                                      \
    } while (0)

#define need_ok(call)                                                          \
    do {                                                                       \
        status st_ = (call);                                                   \
        if (st_ != OK) {                                                       \
            fprintf(stderr, "%s:%d: rank %d: %s: %s\n%s", __FILE__, __LINE__,  \
                    par_rank(world), #call, status_text(), trail_text());      \
            abort();                                                           \
        }                                                                      \
    } while (0)

static struct par *world;

/* Starts MPI, runs the group, stops MPI; ranks above 0 say nothing. */
#define ranks_main(argc, argv, tests)                                          \
    do {                                                                       \
        int bad_;                                                              \
        status st_ = par_start(&(argc), &(argv), &world);                      \
        if (st_ != OK) {                                                       \
            fprintf(stderr, "%s\n", status_text());                            \
            return 1;                                                          \
        }                                                                      \
        if (par_rank(world) > 0 && !freopen("/dev/null", "w", stdout))         \
            return 1;                                                          \
        bad_ = cmocka_run_group_tests(tests, NULL, NULL);                      \
        par_stop(world);                                                       \
        return bad_;                                                           \
    } while (0)

#endif
