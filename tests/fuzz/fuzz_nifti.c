#include "fuzz_volume.h"

/* NIfTI, versions 1 and 2, compressed or not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_volume(data, size, "x.nii");
    return 0;
}
