#ifndef LISTS_PATIENT_H
#define LISTS_PATIENT_H

#include <stddef.h>

/* Whose a row is: the columns that say so in the study's lists, best first,
 * and what part of a cell names the patient. */

/* PatientID, patient, Patient_index, Case ID, Volume_fn; then image_path, as an
 * image is of one patient; NULL from then on. */
enum { PATIENT_COLUMNS = 5 };
const char *patient_column(size_t k);
/* Characters of the cell that name the patient: those of DeepLesion's volumes
 * PPPPPP_SS_RR_... are the first six, all others whole. */
size_t patient_len(const char *column, const char *cell);

#endif
