#ifndef VOL_INVERSE_H
#define VOL_INVERSE_H

#include <stdbool.h>

/* Inverse of a 3x3 matrix (row-major) through its singular values, with the
 * operations and the order of them that ITK's ImageBase uses for the matrix
 * from world to index: one unit in the last place there moves a voxel that is
 * truncated by 1 HU. Method: Householder bidiagonalisation and implicit QR
 * (Golub and Reinsch 1970), in the form of LINPACK's SVDC (Dongarra, Bunch,
 * Moler and Stewart 1979); inverse = V diag(1/s) U^T. False: no convergence,
 * or a singular value is 0; out is not touched. */
bool inverse_svd(const double m[9], double out[9]);

#endif
