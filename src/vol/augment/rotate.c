#include <string.h>

#include "vol/augment/transforms.h"

void rotate_draw(double probability,
                 struct stream *s,
                 struct rotate_params *out)
{
    out->on = stream_double(s) < probability;
    out->k = out->on ? 1 + (int32_t)stream_below(s, 3) : 0;
}

void rotate_apply(const struct rotate_params *p,
                  const struct image *in,
                  struct image *out)
{
    int k = p->on ? (int)(p->k % 4 + 4) % 4 : 0;
    int32_t n0 = in->shape[0];
    int32_t n1 = in->shape[1];
    size_t len = (size_t)in->shape[2];

    out->shape[0] = k % 2 ? n1 : n0;
    out->shape[1] = k % 2 ? n0 : n1;
    out->shape[2] = in->shape[2];
    for (int32_t a = 0; a < out->shape[0]; a++)
        for (int32_t b = 0; b < out->shape[1]; b++) {
            const int32_t from[4][2] = {{a, b},
                                        {b, n1 - 1 - a},
                                        {n0 - 1 - a, n1 - 1 - b},
                                        {n0 - 1 - b, a}};
            size_t row = (size_t)from[k][0] * (size_t)n1 + (size_t)from[k][1];
            size_t to = (size_t)a * (size_t)out->shape[1] + (size_t)b;

            memcpy(out->data + to * len, in->data + row * len,
                   len * sizeof *out->data);
        }
}
