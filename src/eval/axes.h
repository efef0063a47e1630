#ifndef EVAL_AXES_H
#define EVAL_AXES_H

#include "eval/basis.h"

/* Fills r, u, au and tail of a basis whose rows are there. ERR_MEM,
 * ERR_NUMERIC. Internal to eval/. */
status axes_make(struct basis *b);

#endif
