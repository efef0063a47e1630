#include "store/crc.h"

#ifdef FMCIB_ISAL
    #include <isa-l/crc.h>
#else
    #include <zlib.h>
#endif

uint32_t crc_add(uint32_t crc, const void *bytes, size_t n)
{
#ifdef FMCIB_ISAL
    return crc32_gzip_refl(crc, bytes, n);
#else
    return (uint32_t)crc32_z(crc, bytes, n);
#endif
}
