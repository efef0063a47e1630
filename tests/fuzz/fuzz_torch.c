#include "fuzz.h"
#include "fuzz_state.h"

/* Files of torch.save, both forms. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_state(data, size);
    return 0;
}
