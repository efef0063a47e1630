#ifndef VOL_PHANTOM_H
#define VOL_PHANTOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/patch.h"
#include "vol/volume.h"

/* A cohort of CT-like volumes from a seed: closed formulas and lattice noise
 * only. A volume is about 192 x 192 x 160 mm with 8 lesions, one of each
 * texture class. Coordinates: millimetres from the centre, LPS (x left, y
 * back, z head). Same numbers on every machine (det/math, det/stream). */

enum { PHANTOM_LESIONS = 8, PHANTOM_CLASSES = 8, PHANTOM_BALLS = 5 };

struct phantom_lesion {
    double center[3];  /* mm */
    int cls;           /* 0 layers, 1 onion, 2 grains, 3 rim, 4 bubbles,
                          5 spiculated, 6 cluster, 7 fuzzy margin */
    double radius;     /* mm, 8 to 12 */
    double stretch[3]; /* of the local axes, 0.8 to 1.2 */
    double turn[9];    /* orthonormal rows: local = turn * offset */
    double ball[PHANTOM_BALLS][3]; /* unit vectors, for class 6 */
    double base, amp;              /* HU */
    double mottle;                 /* 0 to 1: of the noise inside */
    uint64_t noise;                /* seed of its noise */
};

struct phantom_label {
    bool malignant;
    double months; /* of observation, until death or censoring */
    bool event;    /* death was seen */
};

struct phantom {
    uint64_t seed; /* of the cohort */
    uint32_t patient;
    int64_t size[3];   /* along world x, y, z */
    double spacing[3]; /* mm along world x, y, z; multiples of 1/1024 */
    double a, b;       /* half axes of the body, mm */
    double sd;         /* of the noise of the scanner, HU */
    uint64_t noise;    /* seed of the anatomy's noise */
    int axis[3];       /* index axis a of the file runs along world axis.. */
    bool flip[3];      /* .. in its negative direction */
    struct phantom_lesion lesion[PHANTOM_LESIONS];
    struct phantom_label label[PHANTOM_LESIONS];
};

/* Everything of patient `patient` that is drawn, but the voxels' noise. */
void phantom_draw(uint64_t seed, uint32_t patient, struct phantom *out);

/* Its volume: int16 HU in one of eight orientations of storage; world origin
 * at the centre. volume_free ends it. Memory: 6 bytes a voxel while it runs.
 * ERR_MEM. */
status phantom_volume(const struct phantom *p, struct volume *out);

/* Eight simple figures of a lesion, as a yardstick for learned features:
 * centre x, y, z, radius, mean and standard deviation (HU) of the core (nearer
 * to the middle than 0.8 radii) and of the whole 1 mm patch about it. The
 * patch is [2r][2r][2r] int16 (patch_positive). ERR_DATA when it is smaller. */
enum { PHANTOM_SIMPLE = 8 };
status phantom_simple(const struct phantom_lesion *l,
                      const struct patch *patch,
                      int64_t radius,
                      float out[PHANTOM_SIMPLE]);

/* The parts of phantom_volume, for tests. hu [z][y][x] in world axes. */
status phantom_body(const struct phantom *p, float *hu);
void phantom_add_lesion(const struct phantom *p,
                        const struct phantom_lesion *l,
                        float *hu);

#endif
