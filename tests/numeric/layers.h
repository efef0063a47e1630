#ifndef TESTS_NUMERIC_LAYERS_H
#define TESTS_NUMERIC_LAYERS_H

#include "dev/dev.h"

/* The 23 distinct convolutions of the 3-D ResNet-50, twice as wide, on 50^3
 * patches. */
static const struct {
    int32_t c, o, k, stride, side;
} layers[] = {
    {1, 128, 7, 2, 50},    {128, 128, 1, 1, 13},  {128, 128, 3, 1, 13},
    {128, 512, 1, 1, 13},  {512, 128, 1, 1, 13},  {512, 256, 1, 1, 13},
    {256, 256, 3, 2, 13},  {256, 1024, 1, 1, 7},  {512, 1024, 1, 2, 13},
    {1024, 256, 1, 1, 7},  {256, 256, 3, 1, 7},   {1024, 512, 1, 1, 7},
    {512, 512, 3, 2, 7},   {512, 2048, 1, 1, 4},  {1024, 2048, 1, 2, 7},
    {2048, 512, 1, 1, 4},  {512, 512, 3, 1, 4},   {2048, 1024, 1, 1, 4},
    {1024, 1024, 3, 2, 4}, {1024, 4096, 1, 1, 2}, {2048, 4096, 1, 2, 4},
    {4096, 1024, 1, 1, 2}, {1024, 1024, 3, 1, 2},
};
enum { LAYERS = sizeof layers / sizeof layers[0] };

static inline struct conv_desc layer_desc(int i, int32_t samples)
{
    int32_t side = layers[i].side;

    return (struct conv_desc){{samples, layers[i].c, side, side, side},
                              layers[i].o,
                              layers[i].k,
                              layers[i].stride,
                              layers[i].k / 2};
}

#endif
