#include "hpo/trial.h"

#include <stddef.h>

const char *trial_state_name(enum trial_state s)
{
    static const char *const name[] = {"RUNNING", "COMPLETE", "PRUNED", "FAIL",
                                       "WAITING"};
    return (unsigned)s < sizeof name / sizeof *name ? name[s] : "?";
}

const struct trial_report *trial_last(const struct trial *t)
{
    const struct trial_report *last = NULL;

    for (uint32_t i = 0; i < t->n_reports; i++)
        if (!last || t->reports[i].step > last->step)
            last = &t->reports[i];
    return last;
}
