#include "vol/augment/transforms.h"

void transpose_apply(const int32_t axes[3],
                     const struct image *in,
                     struct image *out)
{
    const size_t step[3] = {(size_t)in->shape[1] * (size_t)in->shape[2],
                            (size_t)in->shape[2], 1};
    const size_t s[3] = {step[axes[0]], step[axes[1]], step[axes[2]]};
    float *to = out->data;

    for (int a = 0; a < 3; a++)
        out->shape[a] = in->shape[axes[a]];
    for (size_t i = 0; i < (size_t)out->shape[0]; i++)
        for (size_t j = 0; j < (size_t)out->shape[1]; j++)
            for (size_t k = 0; k < (size_t)out->shape[2]; k++)
                *to++ = in->data[i * s[0] + j * s[1] + k * s[2]];
}
