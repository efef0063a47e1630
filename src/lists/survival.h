#ifndef LISTS_SURVIVAL_H
#define LISTS_SURVIVAL_H

#include "base/csv.h"
#include "base/status.h"

#include "lists/made.h"
#include "lists/take.h"

/* Task 3: LUNG1 and RADIO, survival after two years. */

enum cohort { COHORT_LUNG1, COHORT_RADIO };

/* Two lists from a clinical table and a table of seeds (patient, image_path,
 * coordX, coordY, coordZ), or from the study's list, which is both (then
 * seeds is NULL):
 *  - lung1 / radio: every patient with a seed, the columns of the study.
 *    LUNG1: survival is 1 after Survival.time / 365 >= 2. RADIO, as published:
 *    survival is the vital status (True: alive at last contact, not a label
 *    of two years), Survival.time the days from CT to last known alive (for
 *    the dead too), deadstatus.event 1 for the dead.
 *  - lung1_analysed / radio_analysed: without patients who were last seen
 *    alive before two years; survival is the two-year label in both.
 * The rules are held against columns that are there already: what differs is
 * noted. Compared with the published counts. ERR_DATA: a column, a date, a
 * number; a patient twice. */
status survival_build(enum cohort cohort,
                      const struct csv *clinical,
                      const struct csv *seeds,
                      const struct take_path *path,
                      struct made *out);

/* Days from one date to another, "month/day/year" of the Gregorian calendar.
 * False: no such date. */
bool survival_days(const char *from, const char *to, int64_t *days);

#endif
