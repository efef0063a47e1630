#ifndef EVAL_FOLD_H
#define EVAL_FOLD_H

#include <stdint.h>

#include "base/status.h"

/* Stratified folds in data order, without shuffling (scikit-learn's
 * StratifiedKFold rule): classes are numbered by first appearance, fold i gets
 * of class c as many rows as c has at positions i, i + folds, ... of the
 * sorted labels. fold [n] := 0 .. folds-1. ERR_DATA when folds < 2, n < folds
 * or every class has fewer rows than folds. *few (may be NULL) := rows of the
 * smallest class. Any rank. */
status fold_stratified(const int32_t *y,
                       uint32_t n,
                       uint32_t folds,
                       uint32_t *fold,
                       uint32_t *few);

#endif
