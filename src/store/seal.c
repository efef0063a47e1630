#include "store/seal.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "store/crc.h"

enum { MAGIC = 8, SEAL = MAGIC + 16, BLOCK = 1 << 18 };

static const char magic[MAGIC + 1] = "FMCIBCRC";

/* CRC-32 of the next len bytes of f. */
static status sum(FILE *f, const char *path, uint64_t len, uint64_t *out)
{
    status st = OK;
    unsigned char *block = NULL;
    uint32_t crc = 0;

    TRY(mem_raw(BLOCK, 1, &block));
    while (len > 0) {
        size_t n = len < BLOCK ? (size_t)len : BLOCK;

        ENSURE(fread(block, 1, n, f) == n, ERR_FILE, "%s: read error", path);
        crc = crc_add(crc, block, n);
        len -= n;
    }
    *out = crc;
out:
    mem_free(block);
    return st;
}

/* Little-endian whatever the machine. */
static void put_u64(unsigned char *at, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(v >> (8 * i));
}

status seal_put(const char *path)
{
    status st = OK;
    uint64_t len = 0;
    uint64_t crc = 0;
    unsigned char seal[SEAL];
    FILE *f = NULL;

    TRY(file_size(path, &len));
    f = fopen(path, "r+b");
    ENSURE(f, ERR_FILE, "%s: %s", path, strerror(errno));
    TRY(sum(f, path, len, &crc));
    memcpy(seal, magic, MAGIC);
    put_u64(seal + MAGIC, len);
    put_u64(seal + MAGIC + 8, crc);
    ENSURE(fseeko(f, 0, SEEK_END) == 0 &&
               fwrite(seal, 1, SEAL, f) == sizeof seal && fflush(f) == 0,
           ERR_FILE, "%s: cannot be written to the end: %s", path,
           strerror(errno));
out:
    if (f && fclose(f) != 0 && st == OK)
        st = status_fail(ERR_FILE, __FILE__, __LINE__, "%s: %s", path,
                         strerror(errno));
    return st;
}

status seal_check(const char *path)
{
    status st = OK;
    uint64_t len = 0;
    uint64_t crc = 0;
    unsigned char seal[SEAL];
    unsigned char want[SEAL];
    FILE *f = NULL;

    TRY(file_size(path, &len));
    ENSURE(len >= SEAL, ERR_DATA,
           "%s: %llu bytes: cut short, or no file of this suite", path,
           (unsigned long long)len);
    len -= SEAL;
    f = fopen(path, "rb");
    ENSURE(f, ERR_FILE, "%s: %s", path, strerror(errno));
    TRY(sum(f, path, len, &crc));
    ENSURE(fread(seal, 1, SEAL, f) == SEAL, ERR_FILE, "%s: read error", path);
    ENSURE(memcmp(seal, magic, MAGIC) == 0, ERR_DATA,
           "%s: has no seal at its end: cut short, or no file of this suite",
           path);
    memcpy(want, magic, MAGIC);
    put_u64(want + MAGIC, len);
    put_u64(want + MAGIC + 8, crc);
    ENSURE(memcmp(seal, want, SEAL) == 0, ERR_NUMERIC,
           "%s: damaged: its bytes are not those that were written (remove it "
           "and make it again, or take the one before it)",
           path);
out:
    if (f)
        (void)fclose(f);
    return st;
}
