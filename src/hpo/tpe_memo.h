#ifndef HPO_TPE_MEMO_H
#define HPO_TPE_MEMO_H

#include "hpo/parzen.h"
#include "hpo/tpe.h"

/* Internal to hpo/: what a memo gives a mixture. */

/* Take in the trials of the past it has not seen. ERR_MEM. */
status tpe_memo_update(struct tpe_memo *m, const struct tpe_past *past);

/* For observations that are the trials list [n] and parameters param [d]. What
 * it points at holds until the next call. */
void tpe_memo_known(struct tpe_memo *m,
                    const uint32_t *list,
                    uint32_t n,
                    const uint32_t *param,
                    uint32_t d,
                    struct parzen_known *out);

#endif
