#ifndef EVAL_LOGISTIC_PATH_H
#define EVAL_LOGISTIC_PATH_H

#include "base/status.h"

#include "eval/newton.h"

/* Inside of the path of logistic.h: optima, to a relative gradient of 1e-5, at
 * powers of two of C, each begun from those below it, so all are functions of
 * rows, labels and weights alone. Internal to eval/. */
struct logistic_path;

/* f->w := the start of a fit at f->c: the polynomial in log C through the
 * nearest points, which are found first where they are not there yet; zero
 * below the first point. f is as after newton_new. ERR_MEM. */
status logistic_path_start(struct logistic_path *path, struct newton *f);

#endif
