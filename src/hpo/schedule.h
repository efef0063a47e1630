#ifndef HPO_SCHEDULE_H
#define HPO_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Asynchronous search with a fixed lag L (DESIGN decision 12). Ticket = trial
 * number. Ticket t is proposed when 0..t-L-1 are told, and from them alone;
 * t-L..t-1 count as running. Results are told in ticket order. So proposals
 * and the journal are functions of seed, lag and objective; workers, their
 * number, speed and deaths only decide who computes what and when. A pure
 * state machine: no clock, no messages.
 *
 * The coordinator repeats: while schedule_step gives something, do it; hand
 * waiting tickets to idle workers; wait for a result. The order of steps is
 * always: propose 0..L, tell 0, propose L+1, tell 1, ... */
struct schedule; /* opaque */

/* Continue with trials 0..told-1 told and 0..proposed-1 proposed already
 * (0, 0 for a new search); told <= proposed <= min(trials, told + lag + 1).
 * ERR_RUN when such a state cannot be, ERR_MEM. */
status schedule_new(uint32_t trials,
                    uint32_t lag,
                    uint32_t told,
                    uint32_t proposed,
                    struct schedule **out);
void schedule_free(struct schedule *s);

enum schedule_what {
    SCHEDULE_NOTHING, /* wait for results */
    SCHEDULE_PROPOSE, /* propose the ticket; results of tickets < seen */
    SCHEDULE_TELL,    /* write the result of the ticket */
    SCHEDULE_DONE     /* all told */
};
struct schedule_do {
    enum schedule_what what;
    uint32_t ticket;
    uint32_t seen; /* PROPOSE: tickets 0..seen-1 are visible as results */
};
/* The next thing that may be done now; it counts as done. */
struct schedule_do schedule_step(struct schedule *s);

/* The lowest proposed ticket nobody works on, for `worker`. False: none. */
bool schedule_take(struct schedule *s, int worker, uint32_t *ticket);
/* A worker has the result of a ticket. A second result of a ticket (a worker
 * thought dead that was not) is false: to be dropped. */
bool schedule_result(struct schedule *s, uint32_t ticket);
/* A worker is gone: its ticket waits again under the same number. */
void schedule_lost(struct schedule *s, int worker);

/* Tickets proposed, not finished, and how many of these somebody works on. */
uint32_t schedule_open(const struct schedule *s);
uint32_t schedule_running(const struct schedule *s);

#endif
