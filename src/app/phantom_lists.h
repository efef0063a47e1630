#ifndef APP_PHANTOM_LISTS_H
#define APP_PHANTOM_LISTS_H

#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

#include "vol/phantom.h"

/* What is known of a patient once his volume was made. */
struct phantom_made {
    char volume[SHA256_HEX]; /* content: geometry and voxels */
    float simple[PHANTOM_LESIONS][PHANTOM_SIMPLE];
};

/* "ct/0001.nii.gz" of patient 0. */
void phantom_ct_name(uint32_t patient, char out[32]);

/* Any one rank. Write the lists of the cohort into folder dir, in the study's
 * columns: pretrain.csv, task1_*.csv (class), task2_*.csv (malignancy) and
 * task3_*.csv (survival) for train, val and test by patient (4/9, 2/9, 3/9;
 * pretraining takes train and val); and simple_*.csv, the simple figures as
 * features. digest: of the volumes, lists and figures. */
status phantom_lists(const char *dir,
                     uint64_t seed,
                     uint32_t patients,
                     const struct phantom_made *made,
                     char digest[SHA256_HEX]);

#endif
