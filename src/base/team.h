#ifndef BASE_TEAM_H
#define BASE_TEAM_H

#include <stddef.h>

#include "base/status.h"

/* A small team of threads (pthreads, blocking barriers). Work is a number of
 * items; who does which item never matters to a result. */
struct team; /* opaque */

/* `threads` >= 1 members, the caller among them. ERR_MEM, ERR_RUN. */
status team_new(int threads, struct team **out);
int team_size(const struct team *t);

/* fn(ctx, item, member) for item 0..n-1; member is 0..size-1 and belongs to
 * one thread, so it may pick a scratch buffer. All items run even if some
 * fail; returns the status and trail of the lowest failing item. Not to be
 * called from inside fn. No allocation. */
typedef status team_fn(void *ctx, size_t item, int member);
status team_run(struct team *t, size_t n, team_fn *fn, void *ctx);

void team_free(struct team *t);

#endif
