#include <string.h>

#include "vol/augment/transforms.h"

void flip_draw(double probability, struct stream *s, struct flip_params *out)
{
    out->on = stream_double(s) < probability;
    out->axis = out->on ? (int32_t)stream_below(s, 3) : 0;
}

void flip_apply(const struct flip_params *p,
                const struct image *in,
                struct image *out)
{
    const int32_t *n = in->shape;
    size_t len = (size_t)n[2];

    memcpy(out->shape, n, sizeof out->shape);
    for (int32_t z = 0; z < n[0]; z++)
        for (int32_t y = 0; y < n[1]; y++) {
            int32_t from_z = p->on && p->axis == 0 ? n[0] - 1 - z : z;
            int32_t from_y = p->on && p->axis == 1 ? n[1] - 1 - y : y;
            const float *from =
                in->data +
                ((size_t)from_z * (size_t)n[1] + (size_t)from_y) * len;
            float *to =
                out->data + ((size_t)z * (size_t)n[1] + (size_t)y) * len;

            if (!p->on || p->axis != 2) {
                memcpy(to, from, len * sizeof *to);
                continue;
            }
            for (size_t x = 0; x < len; x++)
                to[x] = from[len - 1 - x];
        }
}
