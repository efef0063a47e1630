#include <string.h>

#include "vol/augment/transforms.h"

void pad_apply(const int64_t size[3], const struct image *in, struct image *out)
{
    size_t before[3];
    size_t row = (size_t)in->shape[2];

    for (int a = 0; a < 3; a++) {
        int32_t n = in->shape[a];

        out->shape[a] = size[a] > n ? (int32_t)size[a] : n;
        before[a] = (size_t)((out->shape[a] - n) / 2);
    }
    memset(out->data, 0, image_len(out) * sizeof *out->data);
    for (size_t z = 0; z < (size_t)in->shape[0]; z++)
        for (size_t y = 0; y < (size_t)in->shape[1]; y++) {
            size_t to = (z + before[0]) * (size_t)out->shape[1] + y + before[1];

            memcpy(out->data + to * (size_t)out->shape[2] + before[2],
                   in->data + (z * (size_t)in->shape[1] + y) * row,
                   row * sizeof *out->data);
        }
}
