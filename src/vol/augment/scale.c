#include <string.h>

#include "vol/augment/transforms.h"

/* One simple loop after the other: each runs on vectors. */
void scale_apply(enum pixel from, const struct image *in, struct image *out)
{
    size_t n = image_len(in);
    float turn = from == PIXEL_I16 ? 65536.0F : 0.0F;
    float *b = out->data;

    memcpy(out->shape, in->shape, sizeof out->shape);
    for (size_t i = 0; i < n; i++) {
        float v = in->data[i] + 1000.0F;

        b[i] = (v - turn * (float)(v > 32767.0F)) / 2000.0F;
    }
    for (size_t i = 0; i < n; i++)
        b[i] = b[i] > 0.0F ? b[i] : 0.0F;
    for (size_t i = 0; i < n; i++)
        b[i] = b[i] < 1.0F ? b[i] : 1.0F;
}
