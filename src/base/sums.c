#include "base/sums.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { CHUNK = 1 << 20, MAX_BYTES = 32 };

struct kind {
    const char *name;
    size_t digits;
    const EVP_MD *(*md)(void);
};

static const struct kind KINDS[SUM_KINDS] = {
    [SUM_SHA256] = {"sha256", 64, EVP_sha256},
    [SUM_MD5] = {"md5", 32, EVP_md5},
    [SUM_GIT] = {"git_blob", 40, EVP_sha1},
};

struct state {
    EVP_MD_CTX *ctx[SUM_KINDS]; /* NULL: not wanted */
    uint64_t size;
};

const char *sum_name(enum sum_kind kind)
{
    return KINDS[kind].name;
}

size_t sum_digits(enum sum_kind kind)
{
    return KINDS[kind].digits;
}

static status state_start(struct state *s, unsigned want, uint64_t size)
{
    status st = OK;

    for (int k = 0; k < SUM_KINDS; k++) {
        if (!(want & 1U << k))
            continue;
        s->ctx[k] = EVP_MD_CTX_new();
        ENSURE(s->ctx[k], ERR_MEM, "out of memory for a sum");
        ENSURE(EVP_DigestInit_ex(s->ctx[k], KINDS[k].md(), NULL) == 1, ERR_FILE,
               "libcrypto gives no %s (a crypto policy of this machine?)",
               KINDS[k].name);
    }
    if (s->ctx[SUM_GIT]) {
        char head[64];
        int n =
            snprintf(head, sizeof head, "blob %llu", (unsigned long long)size);

        BUG_IF(EVP_DigestUpdate(s->ctx[SUM_GIT], head, (size_t)n + 1) != 1);
    }
out:
    return st;
}

static void state_end(struct state *s, struct sums *out)
{
    static const char digit[] = "0123456789abcdef";

    out->size = s->size;
    for (int k = 0; k < SUM_KINDS; k++) {
        unsigned char d[MAX_BYTES];

        out->hex[k][0] = '\0';
        if (!s->ctx[k])
            continue;
        BUG_IF(EVP_DigestFinal_ex(s->ctx[k], d, NULL) != 1);
        for (size_t i = 0; i < KINDS[k].digits / 2; i++) {
            out->hex[k][2 * i] = digit[d[i] >> 4];
            out->hex[k][2 * i + 1] = digit[d[i] & 15];
        }
        out->hex[k][KINDS[k].digits] = '\0';
    }
}

static status read_all(int fd, const char *path, char *buf, struct state *s)
{
    status st = OK;

    for (;;) {
        ssize_t n = read(fd, buf, CHUNK);

        if (n < 0 && errno == EINTR)
            continue;
        ENSURE(n >= 0, ERR_FILE, "%s: read: %s", path, strerror(errno));
        if (n == 0)
            break;
        for (int k = 0; k < SUM_KINDS; k++)
            if (s->ctx[k])
                BUG_IF(EVP_DigestUpdate(s->ctx[k], buf, (size_t)n) != 1);
        s->size += (uint64_t)n;
    }
out:
    return st;
}

status sums_of_file(const char *path, unsigned want, struct sums *out)
{
    status st = OK;
    struct state s = {0};
    struct stat sb;
    char *buf = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    ENSURE(fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    ENSURE(fstat(fd, &sb) == 0, ERR_FILE, "%s: %s", path, strerror(errno));
    ENSURE(S_ISREG(sb.st_mode), ERR_FILE, "%s: is no regular file", path);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    TRY(mem_raw(CHUNK, 1, &buf));
    TRY(state_start(&s, want, (uint64_t)sb.st_size));
    TRY(read_all(fd, path, buf, &s));
    ENSURE(s.size == (uint64_t)sb.st_size, ERR_FILE,
           "%s: had %lld bytes, %llu were read: it is being written", path,
           (long long)sb.st_size, (unsigned long long)s.size);
    state_end(&s, out);
out:
    for (int k = 0; k < SUM_KINDS; k++)
        EVP_MD_CTX_free(s.ctx[k]);
    mem_free(buf);
    if (fd >= 0)
        (void)close(fd);
    return st;
}
