#include "store/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

status raw_open(const char *path, struct raw *out)
{
    status st = OK;
    struct raw r = {.fd = -1, .path = path};

    TRY(file_size(path, &r.size));
    r.fd = open(path, O_RDONLY | O_CLOEXEC);
    ENSURE(r.fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    *out = r;
out:
    return st;
}

status raw_read(const struct raw *r, uint64_t at, size_t n, void *out)
{
    status st = OK;
    char *p = out;

    ENSURE(at <= r->size && n <= r->size - at, ERR_DATA,
           "%s: ends at byte %llu, %zu bytes are wanted from byte %llu (cut "
           "short?)",
           r->path, (unsigned long long)r->size, n, (unsigned long long)at);
    while (n > 0) {
        ssize_t got = pread(r->fd, p, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        ENSURE(got > 0, ERR_FILE, "%s: %s", r->path,
               got < 0 ? strerror(errno) : "became shorter while it was read");
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
out:
    return st;
}

void raw_close(struct raw *r)
{
    if (r->fd >= 0)
        (void)close(r->fd);
    r->fd = -1;
}

uint64_t raw_le(const unsigned char *p, int bytes)
{
    uint64_t v = 0;

    for (int i = bytes - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

const char *raw_show(const void *bytes, size_t n, char out[RAW_SHOW])
{
    const unsigned char *p = bytes;
    size_t len = n < RAW_SHOW - 4 ? n : RAW_SHOW - 4;

    for (size_t i = 0; i < len; i++)
        out[i] = (char)(p[i] >= ' ' && p[i] < 0x7f ? p[i] : '?');
    memcpy(out + len, n > len ? "..." : "", n > len ? 4 : 1);
    return out;
}

/* Bytes of the sequence that p begins, 0 when it is none (RFC 3629). */
static size_t sequence(const unsigned char *p, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80             ? 1
                 : (p[0] & 0xe0) == 0xc0 ? 2
                 : (p[0] & 0xf0) == 0xe0 ? 3
                 : (p[0] & 0xf8) == 0xf0 ? 4
                                         : 0;
    uint32_t v = 0;

    if (len == 1)
        return p[0] != 0;
    if (len == 0 || len > left)
        return 0;
    v = p[0] & (0xffU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (p[i] & 0x3fU);
    }
    if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
        return 0;
    return len;
}

int raw_is_text(const unsigned char *s, size_t n)
{
    while (n > 0) {
        size_t len = sequence(s, n);

        if (len == 0)
            return 0;
        s += len;
        n -= len;
    }
    return 1;
}
