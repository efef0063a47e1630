#include "train/live_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/text.h"

#include "vol/pixel.h"

struct live_cache {
    char *dir;
    uint64_t bytes;
    void *scratch;
    size_t scratch_cap;
    time_t newest; /* file time seen so far: files in use are touched */
    bool warned;
};

/* Of a cached file; voxels follow, axis 0 fastest. */
struct head {
    char magic[16];
    int64_t size[3];
    int64_t pixel;
};
static const char MAGIC[16] = "fmcib volume 1\n";
static const char SUFFIX[] = ".vol";
enum { SLICES = 8, LEFT_BEHIND = 3600 };

status live_cache_open(const char *dir, uint64_t bytes, struct live_cache **out)
{
    status st = OK;
    struct live_cache *k = NULL;

    TRY(mem_new(1, sizeof *k, &k));
    k->bytes = bytes;
    TRY(mem_text(dir, &k->dir));
    TRY(file_mkdirs(dir));
    *out = k;
    k = NULL;
out:
    live_cache_close(k);
    return st;
}

void live_cache_close(struct live_cache *k)
{
    if (!k)
        return;
    mem_free(k->dir);
    mem_free(k->scratch);
    mem_free(k);
}

/* "dir/<digest of path, size and time>.vol" */
static status
name_of(const struct live_cache *k, const char *path, struct text *out)
{
    status st = OK;
    struct text t = {0};
    struct stat sb;
    uint8_t raw[SHA256_SIZE];
    char hex[SHA256_HEX];

    ENSURE(stat(path, &sb) == 0, ERR_FILE, "%s: %s", path, strerror(errno));
    text_add(&t, "%s\n%lld:%lld\n%lld\n%lld.%09ld\n", path,
             (long long)sb.st_dev, (long long)sb.st_ino, (long long)sb.st_size,
             (long long)sb.st_mtim.tv_sec, sb.st_mtim.tv_nsec);
    TRY(text_status(&t));
    TRY(sha256_of(t.s, t.len, raw));
    sha256_hex(raw, hex);
    text_add(out, "%s/%.40s%s", k->dir, hex, SUFFIX);
    TRY(text_status(out));
out:
    text_free(&t);
    return st;
}

static struct head head_of(const struct cutter *c)
{
    const struct geometry *g = cutter_geometry(c);
    struct head h = {.pixel = (int64_t)cutter_volume_pixel(c)};

    memcpy(h.magic, MAGIC, sizeof h.magic);
    memcpy(h.size, g->size, sizeof h.size);
    return h;
}

static uint64_t bytes_of(const struct cutter *c)
{
    return sizeof(struct head) + (uint64_t)geometry_len(cutter_geometry(c)) *
                                     pixel_size(cutter_volume_pixel(c));
}

/* ---- room --------------------------------------------------------------- */

/* Files of the folder: how large together, and which was used longest ago.
 * What a killed process left behind is removed, an hour of use later. */
static bool look(struct live_cache *k, uint64_t *sum, struct text *oldest)
{
    DIR *d = opendir(k->dir);
    struct timespec least = {0, 0};
    struct dirent *e;

    *sum = 0;
    oldest->len = 0;
    if (!d)
        return false;
    while ((e = readdir(d))) {
        size_t n = strlen(e->d_name);
        bool whole = n > 4 && strcmp(e->d_name + n - 4, SUFFIX) == 0;
        struct text path = {0};
        struct stat sb;

        if (!strstr(e->d_name, SUFFIX))
            continue;
        text_add(&path, "%s/%s", k->dir, e->d_name);
        if (text_status(&path) == OK && stat(path.s, &sb) == 0) {
            if (!whole && sb.st_mtim.tv_sec + LEFT_BEHIND < k->newest)
                (void)unlink(path.s);
            if (sb.st_mtim.tv_sec > k->newest)
                k->newest = sb.st_mtim.tv_sec;
            *sum += (uint64_t)sb.st_size;
            if (whole &&
                (oldest->len == 0 || sb.st_mtim.tv_sec < least.tv_sec ||
                 (sb.st_mtim.tv_sec == least.tv_sec &&
                  sb.st_mtim.tv_nsec < least.tv_nsec))) {
                least = sb.st_mtim;
                oldest->len = 0;
                text_add(oldest, "%s", path.s);
            }
        }
        text_free(&path);
    }
    (void)closedir(d);
    return true;
}

/* Remove files until `need` bytes more are within the bound. */
static bool make_room(struct live_cache *k, uint64_t need)
{
    struct text oldest = {0};
    uint64_t sum = 0;
    bool fits = false;

    while (need <= k->bytes && look(k, &sum, &oldest)) {
        fits = sum + need <= k->bytes;
        if (fits || oldest.len == 0 || unlink(oldest.s) != 0)
            break;
    }
    text_free(&oldest);
    return fits;
}

/* ---- writing ------------------------------------------------------------ */

static bool put(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t k = write(fd, p, n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

/* All voxels to fd, some slices at a time. *full: the disk takes no more. */
static status pour(struct cutter *c, int fd, bool *full)
{
    status st = OK;
    const int64_t *n = cutter_geometry(c)->size;
    struct head h = head_of(c);
    int64_t lo[3] = {0, 0, 0};
    int64_t hi[3] = {n[0], n[1], 0};
    size_t slice = (size_t)(n[0] * n[1]) * pixel_size(cutter_volume_pixel(c));

    *full = !put(fd, &h, sizeof h);
    for (; lo[2] < n[2] && !*full; lo[2] = hi[2]) {
        struct volume v = {0};

        hi[2] = lo[2] + SLICES < n[2] ? lo[2] + SLICES : n[2];
        TRY(cutter_read(c, lo, hi, &v));
        *full = !put(fd, v.data, slice * (size_t)(hi[2] - lo[2]));
        volume_free(&v);
    }
out:
    return st;
}

/* *there: the file is in the cache now. */
static status
fill(struct live_cache *k, const char *name, struct cutter *c, bool *there)
{
    status st = OK;
    char *tmp = NULL;
    bool full = false;
    int fd = -1;

    *there = false;
    if (!make_room(k, bytes_of(c)))
        return OK;
    TRY(file_tmp_name(name, &tmp));
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    full = fd < 0;
    if (!full)
        TRY(pour(c, fd, &full));
    if (!full)
        full = close(fd) != 0, fd = -1;
    if (!full)
        full = file_rename(tmp, name) != OK;
    *there = !full;
    if (full && !k->warned)
        log_warn("%s: %s; volumes are read without the cache", k->dir,
                 strerror(errno));
    k->warned = k->warned || full;
out:
    if (fd >= 0)
        (void)close(fd);
    if (tmp && !*there)
        (void)unlink(tmp);
    mem_free(tmp);
    return st;
}

/* ---- reading ------------------------------------------------------------ */

static bool get(int fd, void *to, size_t n, uint64_t at)
{
    char *p = to;

    while (n > 0) {
        ssize_t k = pread(fd, p, n, (off_t)at);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        at += (uint64_t)k;
        n -= (size_t)k;
    }
    return true;
}

/* An open file of the cache that is whole and of this volume; else -1. */
static int find(const char *name, const struct cutter *c)
{
    struct head want = head_of(c);
    struct head have;
    struct stat sb;
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    if (fstat(fd, &sb) == 0 && (uint64_t)sb.st_size == bytes_of(c) &&
        get(fd, &have, sizeof have, 0) &&
        memcmp(&have, &want, sizeof have) == 0) {
        (void)futimens(fd, NULL);
        return fd;
    }
    (void)close(fd);
    (void)unlink(name);
    return -1;
}

static status
take(struct live_cache *k, int fd, const struct cutter *c, struct volume *v)
{
    status st = OK;
    size_t size = pixel_size(v->pixel);
    const int64_t *n = cutter_geometry(c)->size;
    int64_t rows = v->hi[1] - v->lo[1];
    size_t width = (size_t)(v->hi[0] - v->lo[0]) * size;
    size_t span = (size_t)((rows - 1) * n[0]) * size + width;
    char *to = v->data;

    TRY(mem_grow(span, 1, &k->scratch, &k->scratch_cap));
    for (int64_t s = v->lo[2]; s < v->hi[2]; s++) {
        int64_t first = (s * n[1] + v->lo[1]) * n[0] + v->lo[0];

        ENSURE(get(fd, k->scratch, span,
                   sizeof(struct head) + (uint64_t)first * size),
               ERR_FILE, "%s: a cached volume cannot be read: %s", k->dir,
               strerror(errno));
        for (int64_t r = 0; r < rows; r++, to += width)
            memcpy(to, (char *)k->scratch + (size_t)(r * n[0]) * size, width);
    }
out:
    return st;
}

status live_cache_read(struct live_cache *k,
                       const char *path,
                       struct cutter *c,
                       const int64_t lo[3],
                       const int64_t hi[3],
                       struct volume *out)
{
    status st = OK;
    struct text name = {0};
    struct volume v =
        volume_of(cutter_geometry(c), cutter_volume_pixel(c), NULL);
    size_t len = 1;
    bool there = false;
    int fd = -1;

    TRY(name_of(k, path, &name));
    fd = find(name.s, c);
    if (fd < 0) {
        TRY(fill(k, name.s, c, &there));
        fd = there ? find(name.s, c) : -1;
    }
    if (fd < 0) { /* no room, or another rank was quicker to remove it */
        st = cutter_read(c, lo, hi, out);
        goto out;
    }
    for (int a = 0; a < 3; a++) {
        v.lo[a] = lo[a];
        v.hi[a] = hi[a];
        len *= (size_t)(hi[a] - lo[a]);
    }
    TRY(mem_raw(len, pixel_size(v.pixel), &v.data));
    TRY(take(k, fd, c, &v));
    *out = v;
    v.data = NULL;
out:
    if (fd >= 0)
        (void)close(fd);
    text_free(&name);
    volume_free(&v);
    return st;
}
