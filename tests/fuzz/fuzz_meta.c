#include "fuzz_volume.h"

/* MetaImage. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_volume(data, size, "x.mha");
    return 0;
}
