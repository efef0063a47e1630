/* Numbers as they lie in the file, or through the decoder. */
#include "vol/dicom_pixels.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static status read_bytes(const char *path, uint64_t at, void *out, size_t len)
{
    status st = OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *p = out;

    ENSURE(fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    while (len > 0) {
        ssize_t n = pread(fd, p, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        ENSURE(n >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
        ENSURE(n > 0, ERR_DATA,
               "%s: ends %zu bytes before the end of its pixels: truncated; "
               "fetch the file again",
               path, len);
        p += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
out:
    if (fd >= 0)
        (void)close(fd);
    return st;
}

/* Bits above the stored ones may hold anything (PS3.5, 8.1.1). */
static void
set_bits(const struct dicom_head *h, const uint8_t *bytes, void *out, size_t n)
{
    unsigned stored = (1U << h->stored) - 1U;
    unsigned sign = h->is_signed ? 1U << (h->stored - 1) : 0U;
    uint8_t *as8 = out;
    uint16_t *as16 = out;

    for (size_t i = 0; i < n; i++) {
        unsigned v;

        if (h->allocated == 8) {
            v = bytes[i] & stored;
            as8[i] = (uint8_t)((v ^ sign) - sign);
            continue;
        }
        v = h->big_endian ? (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1]
                          : (unsigned)bytes[2 * i + 1] << 8 | bytes[2 * i];
        v &= stored;
        as16[i] = (uint16_t)((v ^ sign) - sign);
    }
}

status dicom_pixels(const char *path, const struct dicom_head *head, void *out)
{
    status st = OK;
    size_t n = (size_t)head->rows * (size_t)head->columns;

    if (head->pixels == DICOM_ENCODED) {
        TRY(dicom_decode(path, head, out));
        return OK;
    }
    TRY(read_bytes(path, head->at, out, n * (size_t)head->allocated / 8));
    set_bits(head, out, out, n); /* in place, one by one */
out:
    return st;
}
