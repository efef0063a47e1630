#ifndef EVAL_MAP_H
#define EVAL_MAP_H

#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

/* Maps of rows of features to the plane, for the eye. Any rank; bits do not
 * depend on the team. */
struct map; /* opaque: centred rows and their distances, 2 n^2 + n p doubles */

enum { MAP_ROWS = 3000 }; /* at most; a caller with more takes every k-th */

/* x [n][p], finite. team may be NULL and must outlive the map. ERR_DATA: fewer
 * than 8 rows, more than MAP_ROWS, no columns; ERR_NUMERIC: a value is not
 * finite (row, column); ERR_MEM. */
status map_open(const double *x,
                uint32_t n,
                uint32_t p,
                struct team *team,
                struct map **out);
void map_close(struct map *m);

/* xy [n][2] := the first two principal components (Hotelling 1933), from the
 * exact eigenvectors of the centred Gram matrix: Lanczos with full
 * reorthogonalisation until the residual is below 1e-13 of the eigenvalue
 * (Golub and Van Loan 2013, section 10.3.1). Sign: the row farthest from the
 * origin along an axis (the first of equals) is on the positive side. share
 * [2]: of the total variance. Constant features: zeros. ERR_NUMERIC: no
 * convergence; ERR_MEM. */
status map_pca(const struct map *m, double *xy, double share[2]);

/* t-SNE (van der Maaten and Hinton 2008) with exact gradients: perplexity
 * lowered to (n - 1) / 3 where it is larger, start from the first two
 * principal components at a standard deviation of 1e-4 (Kobak and Berens
 * 2019), exaggeration 12 during the first 250 steps, learning rate max(n / 48,
 * 50) (Belkina et al. 2019), momentum .5 then .8, gains as in the reference
 * code. *kl: the divergence reached, nats. */
struct map_tsne {
    double perplexity; /* >= 1 */
    uint32_t steps;    /* >= 1 */
};
status map_tsne(const struct map *m,
                const struct map_tsne *how,
                double *xy,
                double *kl);

/* Trustworthiness of a map xy [n][2] in its k nearest neighbours (Venna and
 * Kaski 2001, eq. 1): 1 when every neighbour on the map is one among the
 * features. k < n / 2. Equal distances by index. */
status
map_trust(const struct map *m, const double *xy, uint32_t k, double *out);

#endif
