#include "lists/patient.h"

#include <string.h>

static const char *const COLUMNS[] = {"PatientID", "patient",   "Patient_index",
                                      "Case ID",   "Volume_fn", "image_path"};

const char *patient_column(size_t k)
{
    return k < sizeof COLUMNS / sizeof COLUMNS[0] ? COLUMNS[k] : NULL;
}

size_t patient_len(const char *column, const char *cell)
{
    if (strcmp(column, "Volume_fn") == 0 && strspn(cell, "0123456789") == 6 &&
        cell[6] == '_')
        return 6;
    return strlen(cell);
}
