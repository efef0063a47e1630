/* Three counters, told <= proposed <= trials, and a small table of the
 * tickets between them. Everything the rule says of order is in
 * schedule_step; workers only appear in the table. */
#include "hpo/schedule.h"

#include "base/mem.h"

enum slot_state { SLOT_WAITS, SLOT_RUNS, SLOT_HAS_RESULT };

struct slot {
    enum slot_state state;
    int worker;
};

struct schedule {
    uint32_t trials, lag;
    uint32_t told, proposed;
    struct slot *slots; /* [lag + 1], ticket t in slot t % (lag + 1) */
};

static struct slot *slot_of(const struct schedule *s, uint32_t ticket)
{
    return &s->slots[ticket % (s->lag + 1)];
}

status schedule_new(uint32_t trials,
                    uint32_t lag,
                    uint32_t told,
                    uint32_t proposed,
                    struct schedule **out)
{
    struct schedule *s = NULL;
    status st = OK;

    ENSURE(lag < UINT32_MAX, ERR_CONF, "lag %u", lag);
    ENSURE(told <= proposed && proposed <= trials &&
               proposed - told <= (uint64_t)lag + 1,
           ERR_RUN,
           "%u trials told and %u proposed of %u cannot be with lag %u", told,
           proposed, trials, lag);
    /* a lag beyond the trials has nothing more to hold */
    lag = lag < trials ? lag : trials;
    TRY(mem_new(1, sizeof *s, &s));
    TRY(mem_new((size_t)lag + 1, sizeof *s->slots, &s->slots));
    s->trials = trials;
    s->lag = lag;
    s->told = told;
    s->proposed = proposed;
    *out = s;
    s = NULL;
out:
    schedule_free(s);
    return st;
}

void schedule_free(struct schedule *s)
{
    if (!s)
        return;
    mem_free(s->slots);
    mem_free(s);
}

struct schedule_do schedule_step(struct schedule *s)
{
    if (s->proposed < s->trials && s->proposed - s->told <= s->lag) {
        uint32_t t = s->proposed++;
        *slot_of(s, t) = (struct slot){.state = SLOT_WAITS};
        return (struct schedule_do){SCHEDULE_PROPOSE, t,
                                    t > s->lag ? t - s->lag : 0};
    }
    if (s->told < s->proposed && slot_of(s, s->told)->state == SLOT_HAS_RESULT)
        return (struct schedule_do){SCHEDULE_TELL, s->told++, 0};
    if (s->told == s->trials)
        return (struct schedule_do){SCHEDULE_DONE, 0, 0};
    return (struct schedule_do){SCHEDULE_NOTHING, 0, 0};
}

bool schedule_take(struct schedule *s, int worker, uint32_t *ticket)
{
    for (uint32_t t = s->told; t < s->proposed; t++) {
        struct slot *slot = slot_of(s, t);
        if (slot->state != SLOT_WAITS)
            continue;
        *slot = (struct slot){SLOT_RUNS, worker};
        *ticket = t;
        return true;
    }
    return false;
}

bool schedule_result(struct schedule *s, uint32_t ticket)
{
    if (ticket < s->told || ticket >= s->proposed ||
        slot_of(s, ticket)->state == SLOT_HAS_RESULT)
        return false;
    slot_of(s, ticket)->state = SLOT_HAS_RESULT;
    return true;
}

void schedule_lost(struct schedule *s, int worker)
{
    for (uint32_t t = s->told; t < s->proposed; t++) {
        struct slot *slot = slot_of(s, t);
        if (slot->state == SLOT_RUNS && slot->worker == worker)
            slot->state = SLOT_WAITS;
    }
}

uint32_t schedule_open(const struct schedule *s)
{
    uint32_t n = 0;
    for (uint32_t t = s->told; t < s->proposed; t++)
        n += slot_of(s, t)->state != SLOT_HAS_RESULT;
    return n;
}

uint32_t schedule_running(const struct schedule *s)
{
    uint32_t n = 0;
    for (uint32_t t = s->told; t < s->proposed; t++)
        n += slot_of(s, t)->state == SLOT_RUNS;
    return n;
}
