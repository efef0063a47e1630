#ifndef VOL_PNG_SLICES_H
#define VOL_PNG_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/csv.h"
#include "base/status.h"

#include "vol/layout.h"

/* DeepLesion (Yan et al. 2018): a series is a folder PATIENT_STUDY_SERIES of
 * pictures NNN.png, HU = value - 32768; a run of consecutive numbers is a
 * volume. The study's conversion is kept as it is: axis 0 runs over the rows
 * of the pictures (P), axis 1 over the columns (L), axis 2 over the slices
 * (downwards, I); origin 0; spacing rounded to float32; int16, from 300 slices
 * on float64. */

struct png_slice {
    int number;
    char *path;
};

struct png_run {
    size_t first, n; /* in slices */
};

struct png_series {
    char *name;              /* last part of the folder's name */
    struct png_slice *slice; /* by number */
    size_t n, cap;
    struct png_run *run;
    size_t runs, run_cap;
};

/* The pictures of a folder. Files with other ends are passed over. ERR_FILE;
 * ERR_DATA: a name that is no number, two names of one number, no picture. */
status png_series_open(const char *folder, struct png_series *out);
void png_series_free(struct png_series *s);

/* "000089_01_02" (patient, study, series): 89, 1, 2. False for other names. */
bool png_series_name(const char *name, int64_t out[3]);

/* At most 9 digits at *text that `after` follows; *text moves behind it. */
bool png_number(const char **text, char after, int64_t *out);

/* Are there pictures *.png in the folder? */
bool png_series_is(const char *folder);

/* "000089_01_01_007-009": the name of a run's volume, without end. Caller
 * frees. */
status
png_run_name(const struct png_series *s, const struct png_run *r, char **out);

/* Spacing in mm of a series: of the first row of DL_info.csv with its patient,
 * study and series number. ERR_DATA: no such row, or its cells are wrong. */
status
png_spacing(const struct csv *info, const char *series, double out_mm[3]);

/* A run as a layout; the pictures are read slice by slice. ERR_FILE,
 * ERR_DATA (the first picture), ERR_MEM. */
status png_layout(const struct png_series *s,
                  const struct png_run *r,
                  const double spacing_mm[3],
                  struct layout *out);

/* Publish a run as the NIfTI file the study's converter writes (its header
 * byte for byte, but a volume of one slice has two axes): `path` ends in
 * .nii.gz or .nii. Memory: three slices. Errors as png_layout. */
status png_volume(const struct png_series *s,
                  const struct png_run *r,
                  const double spacing_mm[3],
                  const char *path);

/* FOLDER, or FOLDER#FIRST-LAST where it holds several runs, as a CT. Spacing
 * from DL_info.csv in the folder above or the one above that. Errors as
 * scan_open. */
status png_parse(const char *path, struct layout *out);

#endif
