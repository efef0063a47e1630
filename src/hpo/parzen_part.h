#ifndef HPO_PARZEN_PART_H
#define HPO_PARZEN_PART_H

#include "hpo/parzen.h"

/* Inside of a Parzen estimator, shared by parzen.c (building) and
 * parzen_eval.c (drawing and density). */
struct parzen_dim {
    const struct space_param *param;
    double low, high; /* inner domain */
    double q;         /* bin width, 0 = continuous */
    /* per component, numerical: */
    double *mu, *sigma;
    double *a, *b;     /* ends in units of sigma about mu */
    double *log_mass;  /* of [a, b] */
    double *log_sigma; /* 0 under the rules of 3.1 */
    /* categorical: rows [components][n_choices] */
    double *row;
};

struct parzen {
    struct parzen_conf conf;
    uint32_t n; /* components, the prior is the last */
    uint32_t d;
    double *weight, *log_weight; /* [n] */
    struct parzen_dim *dim;      /* [d] */
};

#endif
