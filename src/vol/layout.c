/* Segments, and whether the files can hold what a header announces. */
#include "vol/layout.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"

/* Deflate cannot do better (zlib's technical notes). */
enum { DEFLATE_RATIO = 1032 };

/* Sizes up to here cannot overflow when they are added and scaled. */
static const uint64_t most_bytes = UINT64_C(1) << 48;

status layout_add(struct layout *l, const struct segment *s)
{
    status st = OK;
    char *path = NULL;

    TRY(mem_grow(l->segments + 1, sizeof *l->segment, &l->segment,
                 &l->segment_cap));
    TRY(mem_text(s->path, &path));
    l->segment[l->segments] = *s;
    l->segment[l->segments++].path = path;
out:
    return st;
}

void layout_free(struct layout *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->segments; i++)
        mem_free(l->segment[i].path);
    mem_free(l->segment);
    *l = (struct layout){0};
}

status layout_at_end(const struct layout *l, struct segment *s)
{
    status st = OK;
    uint64_t slice = (uint64_t)l->geo.size[0] * (uint64_t)l->geo.size[1];
    uint64_t n = (uint64_t)s->slices;
    uint64_t size = 0;
    uint64_t most;

    TRY(file_size(s->path, &size));
    most = size / pixel_size(l->disk); /* voxels */
    if (slice <= most && n <= most / slice &&
        size - slice * n * pixel_size(l->disk) >= s->offset)
        s->offset = size - slice * n * pixel_size(l->disk);
out:
    return st;
}

/* Bytes of one slice in the file. */
static status
slice_bytes(const struct layout *l, const char *path, uint64_t *out)
{
    status st = OK;
    uint64_t n = pixel_size(l->disk);

    for (int a = 0; a < 2; a++) {
        ENSURE(n <= most_bytes / (uint64_t)l->geo.size[a], ERR_DATA,
               "%s: the header asks for %lld x %lld x %lld voxels, no file can "
               "hold them: a wrong header; fetch the file again",
               path, (long long)l->geo.size[0], (long long)l->geo.size[1],
               (long long)l->geo.size[2]);
        n *= (uint64_t)l->geo.size[a];
    }
    ENSURE(n <= most_bytes / (uint64_t)l->geo.size[2], ERR_DATA,
           "%s: the header asks for %lld x %lld x %lld voxels, no file can "
           "hold them: a wrong header; fetch the file again",
           path, (long long)l->geo.size[0], (long long)l->geo.size[1],
           (long long)l->geo.size[2]);
    *out = n;
out:
    return st;
}

/* Can the segment's file hold `bytes` of voxels? */
static status check_file(const struct layout *l,
                         const struct segment *s,
                         uint64_t bytes,
                         const char *path)
{
    status st = OK;
    uint64_t size = 0;
    uint64_t left;
    uint64_t need = bytes + s->skip;

    ENSURE(file_exists(s->path) || strcmp(s->path, path) == 0, ERR_FILE,
           "%s: its voxels should be in %s, which is not there: fetch it and "
           "put it beside the header",
           path, s->path);
    TRY(file_size(s->path, &size));
    left = size > s->offset ? size - s->offset : 0;
    if (l->coding == CODING_GZIP || l->coding == CODING_ZLIB)
        left = left < most_bytes ? left * DEFLATE_RATIO : left;
    if (l->coding == CODING_TEXT) /* a digit and a blank */
        need = 2 * (bytes / pixel_size(l->disk));
    ENSURE(need <= left, ERR_DATA,
           "%s: the header asks for %lld x %lld x %lld voxels (%llu bytes%s), "
           "the file of %llu bytes cannot hold them: truncated, or a wrong "
           "header; fetch the file again",
           s->path, (long long)l->geo.size[0], (long long)l->geo.size[1],
           (long long)l->geo.size[2], (unsigned long long)need,
           l->segments > 1 ? " of them in this file" : "",
           (unsigned long long)size);
out:
    return st;
}

status layout_check(const struct layout *l, const char *path)
{
    status st = OK;
    uint64_t slice = 0;
    int64_t slices = 0;

    TRY(geometry_check(&l->geo, path));
    TRY(slice_bytes(l, path, &slice));
    for (size_t i = 0; i < l->segments; i++) {
        const struct segment *s = &l->segment[i];

        BUG_IF(s->slices < 1 || s->slices > l->geo.size[2] - slices);
        BUG_IF(l->coding == CODING_SLICE && s->slices != 1);
        slices += s->slices;
        ENSURE(s->offset <= most_bytes && s->skip <= most_bytes, ERR_DATA,
               "%s: the header puts the voxels %llu bytes into the file: a "
               "wrong header; fetch the file again",
               s->path,
               (unsigned long long)(s->offset > s->skip ? s->offset : s->skip));
        if (l->coding != CODING_SLICE)
            TRY(check_file(l, s, slice * (uint64_t)s->slices, path));
    }
    BUG_IF(slices != l->geo.size[2]);
out:
    return st;
}
