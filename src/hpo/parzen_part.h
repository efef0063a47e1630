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
    double *scale;    /* 1 / sigma */
    double *log_mass; /* of the domain */
    /* categorical: rows [components][n_choices] */
    double *row;
};

struct parzen {
    struct parzen_conf conf;
    uint32_t n; /* components, the prior is the last */
    uint32_t d;
    double *weight;         /* [n] */
    double *height;         /* [n] weight times the factors that do not depend
                               on the point */
    struct parzen_dim *dim; /* [d] */
};

#endif
