#include "fuzz_volume.h"

/* NRRD, attached and detached headers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_volume(data, size, "x.nrrd");
    return 0;
}
