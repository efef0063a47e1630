#ifndef EVAL_EIGEN_H
#define EVAL_EIGEN_H

#include <stddef.h>

#include "base/status.h"

/* Eigenvectors of a small symmetric matrix s [q][q] (both halves given,
 * destroyed): Householder's tridiagonal form, then QL with implicit shifts
 * (Golub and Van Loan 2013, sections 8.3.1, 8.3.3). vt [q][q]: row j is the
 * eigenvector of values [q][j], in no particular order, orthonormal to
 * rounding. ERR_DATA: q is 0; ERR_NUMERIC: no convergence; ERR_MEM. Any
 * rank. */
status eigen_symmetric(double *s, size_t q, double *values, double *vt);

#endif
