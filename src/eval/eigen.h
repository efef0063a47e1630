#ifndef EVAL_EIGEN_H
#define EVAL_EIGEN_H

#include <stddef.h>

#include "base/status.h"
#include "base/team.h"

/* Eigenvectors of a symmetric matrix s [q][q] (both halves given, destroyed):
 * Householder's tridiagonal form, then QL with implicit shifts (Golub and Van
 * Loan 2013, sections 8.3.1, 8.3.3). vt [q][q]: row j is the eigenvector of
 * values [q][j], in no particular order, orthonormal to rounding. Rotations
 * are applied in batches over blocks of columns, which the team shares; team
 * may be NULL. Same bits for any team. ERR_NUMERIC: no convergence; ERR_MEM.
 * Any rank. */
status eigen_symmetric(
    double *s, size_t q, struct team *team, double *values, double *vt);

#endif
