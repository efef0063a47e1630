#include "hpo/trial.h"

const char *trial_state_name(enum trial_state s)
{
    static const char *const name[] = {"RUNNING", "COMPLETE", "PRUNED", "FAIL",
                                       "WAITING"};
    return (unsigned)s < sizeof name / sizeof *name ? name[s] : "?";
}
