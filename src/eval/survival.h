#ifndef EVAL_SURVIVAL_H
#define EVAL_SURVIVAL_H

#include <stdint.h>

#include "base/status.h"

/* Times to an event or to the end of observation: Kaplan-Meier curves, the
 * log-rank test and the concordance index. Cox: cox.h. Any rank. */
struct survival {
    uint32_t n;
    const double *time;   /* [n] >= 0, any unit */
    const int32_t *event; /* [n] 1 event, 0 censored then */
};

/* ERR_DATA: no rows, a time that is negative or no number, an event flag
 * other than 0 and 1; the row is named (from 0). */
status survival_check(const struct survival *s);

/* A point of the curve: {0} and the distinct times. A subject censored at the
 * time of an event is still at risk there. */
struct km_point {
    double t;
    uint32_t at_risk, events, censored;
    double s;         /* survival from t on (Kaplan, Meier 1958) */
    double greenwood; /* sum of d / (n (n - d)) (Greenwood 1926) */
    double lo, hi;    /* 95 %, log-log (Kalbfleisch, Prentice 1980) */
};
struct km {
    uint32_t n;
    struct km_point *at; /* [n] ascending */
    double median;       /* first time with s <= 1/2; infinite: never */
};
/* Of the subjects with group[i] == which; group NULL: all. km_free. ERR_DATA
 * (also: nobody in the group), ERR_MEM. */
status km_fit(const struct survival *s,
              const int32_t *group,
              int32_t which,
              struct km *out);
void km_free(struct km *k);
/* The curve at any time: its last point at or before t; 1 before 0. */
double km_at(const struct km *k, double t);

/* Log-rank test of `groups` groups, group [n] in 0..groups-1 (Mantel 1966;
 * hypergeometric variance). One group: statistic and p are NaN; no events: 0
 * and 1. observed, expected [groups] and variance [groups][groups] are the
 * caller's, or NULL. ERR_DATA, ERR_MEM. */
struct logrank {
    double statistic;
    uint32_t df;
    double p;
    double *observed, *expected, *variance;
};
status logrank_test(const struct survival *s,
                    const int32_t *group,
                    uint32_t groups,
                    struct logrank *io);

/* Concordance of a score with survival, larger = lives longer (Harrell 1982).
 * Pairs of different times whose earlier is an event, and of equal times with
 * one event (which counts as the earlier). index = (concordant + tied / 2) /
 * pairs; NaN without pairs. O(n log n). ERR_DATA, ERR_NUMERIC: a score is no
 * number; ERR_MEM. */
struct concordance {
    uint64_t pairs, concordant, tied;
    double index;
};
status concordance_index(const struct survival *s,
                         const double *score,
                         struct concordance *out);

#endif
