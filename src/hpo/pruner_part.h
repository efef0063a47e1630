#ifndef HPO_PRUNER_PART_H
#define HPO_PRUNER_PART_H

#include "hpo/pruner.h"

/* Internal to hpo/: what pruners share. */

/* The value at a step; false: not reported. */
bool pruner_at(const struct trial *t, int64_t step, double *value);
/* The largest last step of COMPLETE trials, or -1. */
int64_t pruner_longest(const struct trial *trials, uint32_t n);

/* The verdict of each kind on trials[at] among n; errors as pruner_ask. */
status pruner_halving(struct pruner *p,
                      const struct trial *trials,
                      uint32_t n,
                      uint32_t at,
                      struct pruner_verdict *out);
status pruner_hyperband(struct pruner *p,
                        const struct trial *trials,
                        uint32_t n,
                        uint32_t at,
                        struct pruner_verdict *out);
status pruner_wilcoxon(const struct pruner *p,
                       const struct trial *trials,
                       uint32_t n,
                       uint32_t at,
                       bool *prune);

#endif
