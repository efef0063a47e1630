/* Keys of the configuration. */
#include "vol/augment/augment.h"

#define AT(m) CONF_AT(struct augment_conf, m)

const struct conf_row augment_rows[] = {
    {"augment.size", CONF_I64, AT(size), "50", 4, 256, NULL, "voxels", IDENTITY,
     "edge of a view"},
    {"augment.order", CONF_ENUM, AT(order), "hu", 1, 0, "hu|normalised", "",
     IDENTITY,
     "hu: augment HU, normalise last (fmcib_pretrain); normalised: normalise "
     "first (original_simclr)"},
    {"augment.crop.lo", CONF_F64, AT(crop_lo), "0.5", 0.01, 1, NULL,
     "of the patch", IDENTITY, "least edge of the part that is stretched"},
    {"augment.crop.hi", CONF_F64, AT(crop_hi), "1.0", 0.01, 1, NULL,
     "of the patch", IDENTITY, "largest edge of the part that is stretched"},
    {"augment.flip.p", CONF_F64, AT(flip_p), "0.5", 0, 1, NULL, "", IDENTITY,
     "probability of a flip of one axis"},
    {"augment.histogram.p", CONF_F64, AT(histogram_p), "0.5", 0, 1, NULL, "",
     IDENTITY, "probability of a bent grey value curve"},
    {"augment.smooth.p", CONF_F64, AT(smooth_p), "0.5", 0, 1, NULL, "",
     IDENTITY, "probability of Gaussian smoothing"},
    {"augment.smooth.lo", CONF_F64, AT(sigma_lo), "0.25", 0.01, 8, NULL,
     "voxels", IDENTITY, "least sigma"},
    {"augment.smooth.hi", CONF_F64, AT(sigma_hi), "1.5", 0.01, 8, NULL,
     "voxels", IDENTITY, "largest sigma"},
};
const size_t augment_rows_n = sizeof augment_rows / sizeof *augment_rows;

struct augment_conf augment_default(int64_t size)
{
    return (struct augment_conf){.size = size,
                                 .order = AUGMENT_HU,
                                 .crop_lo = 0.5,
                                 .crop_hi = 1.0,
                                 .flip_p = 0.5,
                                 .histogram_p = 0.5,
                                 .smooth_p = 0.5,
                                 .sigma_lo = 0.25,
                                 .sigma_hi = 1.5};
}
