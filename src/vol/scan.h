#ifndef VOL_SCAN_H
#define VOL_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/geometry.h"
#include "vol/pixel.h"
#include "vol/volume.h"

/* An open CT: its header is read, its voxels come by box. What is reported is
 * what SimpleITK 2.4 reports. Of an uncompressed file only the rows of the box
 * are read. A compressed one is inflated forward, up to the last slice of the
 * box: whole slices from lo[2] on stay in memory, so boxes sorted by lo[2] cost
 * one inflation of the file together; a box that starts below the one before
 * it begins again at the start of the file.
 * Memory: the box + 64 MB (uncompressed), + the slices kept (compressed).
 * One thread at a time. */
struct scan; /* opaque */

/* The format is told by the name. ERR_FILE; ERR_DATA names file, field, value,
 * cause and remedy; ERR_MEM. */
status scan_open(const char *path, struct scan **out);
/* The same, the format told by another name. */
status scan_open_as(const char *path, const char *name, struct scan **out);
void scan_close(struct scan *s);

/* Valid while the scan is open. */
const struct geometry *scan_geometry(const struct scan *s);
enum pixel scan_pixel(const struct scan *s);
/* Does another program decode the voxels (dicom_decoder)? */
bool scan_decoded(const struct scan *s);
/* A warning for the user about the header, or NULL. */
const char *scan_note(const struct scan *s);

/* True: slices are decoded (compressed, text, folders), from the start of a
 * file or one by one, so going back is dear. False: boxes are read where they
 * lie. */
bool scan_forward(const struct scan *s);

/* Voxels lo <= index < hi (inside the volume, not empty) to out:
 * [hi2-lo2][hi1-lo1][hi0-lo0] of scan_pixel. What stands in out after an error
 * is not defined. Errors as scan_open; damage of a file is found when the
 * damaged part is read. */
status
scan_read(struct scan *s, const int64_t lo[3], const int64_t hi[3], void *out);

/* The same in new memory, as a volume that knows which part it holds;
 * volume_free ends it. */
status scan_part(struct scan *s,
                 const int64_t lo[3],
                 const int64_t hi[3],
                 struct volume *out);

#endif
