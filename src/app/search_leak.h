#ifndef APP_SEARCH_LEAK_H
#define APP_SEARCH_LEAK_H

#include "base/status.h"

#include "app/search_data.h"

/* Patients in two splits: their rows are alike, so that results come out
 * better than on new patients. Fills d->patient and d->shared. The patient is
 * the column data.patient, else the first there is of PatientID, patient,
 * Patient_index, Case ID, Volume_fn (its first digits), image_path (the
 * image). ERR_DATA: no such column; a patient in two splits and not
 * data.allow_leak, naming both rows. */
status search_leak(const struct search_input *in, struct search_data *d);

#endif
