#ifndef BASE_SIDE_H
#define BASE_SIDE_H

#include <stdbool.h>

#include "base/status.h"

/* One thread beside the caller that does one job at a time, for a main thread
 * that must stay free to answer messages. */
struct side; /* opaque */

/* A job; it must not call into MPI. */
typedef status side_fn(void *ctx);

/* ERR_MEM, ERR_RUN. */
status side_new(struct side **out);
/* Start a job; the one before it must have been fetched by side_done. */
void side_start(struct side *s, side_fn *fn, void *ctx);
/* Wait at most `us` microseconds for the job. True: it has ended, *st is its
 * status, and the error trail is now this thread's. False: it runs on, or
 * none was started. */
bool side_done(struct side *s, long us, status *st);
/* From the job: hand `what` to the main thread and wait for its answer, which
 * lies in *what (left as it was if side_free comes first). */
void side_ask(struct side *s, void *what);
/* The main thread: what the job asks, NULL when it does not; side_done ends
 * early with false while a question is open. */
void *side_question(struct side *s);
void side_answer(struct side *s);
/* Waits for a job that runs; NULL is fine. */
void side_free(struct side *s);

#endif
