#ifndef VOL_CUTTER_H
#define VOL_CUTTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/infer.h"
#include "vol/patch.h"
#include "vol/scan.h"

/* Patches of one CT by either path of the study: first say which (a piece),
 * then read the voxels they need, then cut. The file is opened once; planning
 * and cutting are for any thread, reading is for one at a time. */

enum cutter_path {
    CUTTER_TRAINING,  /* patch.h: resampled to the pixel type of the volume */
    CUTTER_INFERENCE, /* infer.h: normalised floats */
    CUTTER_PRECROPPED /* infer.h: the volume is the patch */
};

struct cutter_conf {
    enum cutter_path path;
    struct patch_conf train;
    struct infer_conf infer;
    double tolerance_mm; /* a seed may lie this far outside its volume */
};

struct cutter; /* opaque */

/* A patch to be cut. */
struct piece {
    int64_t lo[3], hi[3];           /* of the image it is sliced from */
    int64_t need_lo[3], need_hi[3]; /* voxels it needs; may be empty */
};

/* Reads the header. conf is copied. Errors as scan_open; ERR_DATA: geometry
 * that cannot be resampled. */
status cutter_open(const char *path,
                   const struct cutter_conf *conf,
                   struct cutter **out);
void cutter_close(struct cutter *c);

const struct geometry *cutter_geometry(const struct cutter *c);
/* Of the volume, and of the patches. */
enum pixel cutter_volume_pixel(const struct cutter *c);
enum pixel cutter_pixel(const struct cutter *c);
/* The grid of the training path, for negatives. */
const struct grid *cutter_grid(const struct cutter *c);
/* Voxels of the largest patch, and the longest axis of it. */
size_t cutter_len(const struct cutter *c);
uint32_t cutter_edge(const struct cutter *c);
/* scan_forward: what is read twice is decoded twice. */
bool cutter_forward(const struct cutter *c);

/* Does another program decode the voxels (dicom_decoder)? */
bool cutter_decoded(const struct cutter *c);

/* Can a patch be cut about this seed (LPS mm)? ERR_DATA with the text a user
 * needs; `name` starts it. */
status
cutter_check(const struct cutter *c, const double point[3], const char *name);
/* The patch about a seed. */
void cutter_seed(const struct cutter *c,
                 const double point[3],
                 struct piece *out);
/* The voxel (z, y, x) of that patch that holds the seed; it may lie outside.
 * False: not known, since a volume that is a patch already is taken as it is.
 */
bool cutter_mark(const struct cutter *c, const double point[3], int64_t at[3]);
/* A negative at a corner (training path). */
void cutter_corner(const struct cutter *c,
                   const int64_t corner[3],
                   struct piece *out);

/* Voxels of a box in new memory; an empty one has none. volume_free ends it.
 * Of an uncompressed file nothing else is read; a compressed one is cheapest
 * when boxes come in order of lo[2] (scan.h). */
status cutter_read(struct cutter *c,
                   const int64_t lo[3],
                   const int64_t hi[3],
                   struct volume *out);
/* The same for the last box that is read: what a compressed file needs beside
 * it is some slices, not a box of them. */
status cutter_read_last(struct cutter *c,
                        const int64_t lo[3],
                        const int64_t hi[3],
                        struct volume *out);
/* Cut; `part` holds the piece's voxels at least. out->data has room for
 * cutter_len voxels of cutter_pixel; shape and type are set. */
void cutter_cut(const struct cutter *c,
                const struct volume *part,
                const struct piece *piece,
                struct patch *out);

#endif
