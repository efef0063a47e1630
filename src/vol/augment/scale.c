#include <string.h>

#include "vol/augment/transforms.h"

static float shift(float v, bool wraps)
{
    v += 1000.0F;
    return wraps && v > 32767.0F ? v - 65536.0F : v;
}

void scale_apply(enum pixel from, const struct image *in, struct image *out)
{
    size_t n = image_len(in);
    bool wraps = from == PIXEL_I16;

    memcpy(out->shape, in->shape, sizeof out->shape);
    for (size_t i = 0; i < n; i++) {
        float v = shift(in->data[i], wraps) / 2000.0F;

        v = v < 0.0F ? 0.0F : v;
        out->data[i] = v > 1.0F ? 1.0F : v;
    }
}
