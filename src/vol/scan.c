/* The table of formats, and boxes out of what their headers describe. */
#include "vol/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#include "vol/dicom_read.h"
#include "vol/folder.h"
#include "vol/layout.h"
#include "vol/meta_read.h"
#include "vol/nifti_read.h"
#include "vol/nrrd_read.h"
#include "vol/slices.h"

static const char *const nifti_names[] = {".nii",    ".nii.gz", ".hdr", ".img",
                                          ".hdr.gz", ".img.gz", NULL};
static const char *const nrrd_names[] = {".nrrd", ".nhdr", NULL};
static const char *const meta_names[] = {".mha", ".mhd", NULL};
static const char *const dicom_names[] = {".dcm", ".DCM", ".ima", ".IMA", NULL};

static const struct format formats[] = {
    {nifti_names, nifti_parse}, {nrrd_names, nrrd_parse},
    {meta_names, meta_parse},   {dicom_names, dicom_parse},
    {NULL, folder_parse},
};

struct scan {
    struct layout l;
    struct slices *slices; /* NULL: raw */
    size_t segment;        /* the last one used, and its first slice */
    int64_t segment_first;
    int fd; /* raw: of the segment; -1: not open */
    void *scratch;
    size_t scratch_cap;
};

static bool ends_with(const char *path, const char *end)
{
    size_t n = strlen(path);
    size_t k = strlen(end);

    return n > k && strcmp(path + n - k, end) == 0;
}

static bool is_named(const char *path, bool folder, const char *const *suffix)
{
    if (!suffix)
        return folder;
    for (; *suffix; suffix++)
        if (ends_with(path, *suffix))
            return true;
    return false;
}

static status
format_of(const char *path, const char *name, const struct format **out)
{
    status st = OK;
    bool folder = folder_is(path);

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (is_named(name, folder, formats[i].suffix)) {
            *out = &formats[i];
            return OK;
        }
    ENSURE(false, ERR_DATA,
           "%s: image format not known by its name; read are .nii .nii.gz .hdr "
           ".img .nrrd .nhdr .mha .mhd .dcm and folders of DICOM slices; "
           "convert it",
           path);
out:
    return st;
}

status scan_open_as(const char *path, const char *name, struct scan **out)
{
    status st = OK;
    const struct format *f = NULL;
    struct scan *s = NULL;

    TRY(format_of(path, name, &f));
    TRY(mem_new(1, sizeof *s, &s));
    s->fd = -1;
    TRY(f->parse(path, &s->l));
    TRY(layout_check(&s->l, path));
    if (s->l.coding != CODING_RAW)
        TRY(slices_open(&s->l, &s->slices));
    *out = s;
    s = NULL;
out:
    scan_close(s);
    return st;
}

status scan_open(const char *path, struct scan **out)
{
    return scan_open_as(path, path, out);
}

void scan_close(struct scan *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        (void)close(s->fd);
    slices_close(s->slices);
    layout_free(&s->l);
    mem_free(s->scratch);
    mem_free(s);
}

const struct geometry *scan_geometry(const struct scan *s)
{
    return &s->l.geo;
}

enum pixel scan_pixel(const struct scan *s)
{
    return s->l.pixel;
}

bool scan_decoded(const struct scan *s)
{
    return s->l.decoded;
}

const char *scan_note(const struct scan *s)
{
    return s->l.note;
}

bool scan_forward(const struct scan *s)
{
    return s->slices != NULL;
}

/* The segment that holds slice k becomes the present one. */
static void find_segment(struct scan *s, int64_t k)
{
    size_t before = s->segment;

    if (k < s->segment_first)
        s->segment = 0, s->segment_first = 0;
    while (k >= s->segment_first + s->l.segment[s->segment].slices)
        s->segment_first += s->l.segment[s->segment++].slices;
    if (s->segment != before && s->fd >= 0) {
        (void)close(s->fd);
        s->fd = -1;
    }
}

static status read_at(struct scan *s, void *to, size_t len, uint64_t at)
{
    status st = OK;
    const char *path = s->l.segment[s->segment].path;
    char *p = to;

    if (s->fd < 0)
        s->fd = open(path, O_RDONLY | O_CLOEXEC);
    ENSURE(s->fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    while (len > 0) {
        ssize_t n = pread(s->fd, p, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        ENSURE(n >= 0, ERR_FILE, "%s: read: %s", path, strerror(errno));
        ENSURE(n > 0, ERR_DATA,
               "%s: ends %zu bytes before the end of its voxels: truncated; "
               "fetch the file again",
               path, len);
        p += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
out:
    return st;
}

/* One slice of a box, and where it goes. */
struct cut {
    const int64_t *lo, *hi;
    int64_t rows, width;
    size_t stride; /* bytes from row to row of what was read */
    const char *from;
    char *to;
};

/* Stored values to the type handed out. */
static void put_rows(const struct scan *s, const struct cut *c)
{
    const struct layout *l = &s->l;
    const struct segment *g = &l->segment[s->segment];
    size_t n = (size_t)c->width;
    size_t row = n * pixel_size(l->pixel);
    struct pixel_scale scale = {l->disk, l->pixel, l->swap, g->slope, g->inter};

    for (int64_t j = 0; j < c->rows; j++) {
        const char *from = c->from + (size_t)j * c->stride;
        char *to = c->to + (size_t)j * row;

        if (!l->scaled && from != to)
            memcpy(to, from, row);
        if (!l->scaled && l->swap)
            pixel_swap(l->pixel, to, n);
        if (l->scaled)
            pixel_scale(&scale, from, to, n);
    }
}

/* Can the file's bytes go straight to the caller? */
static bool straight(const struct scan *s, const struct cut *c)
{
    return !s->l.scaled && c->width == s->l.geo.size[0];
}

static status raw_slice(struct scan *s, int64_t k, struct cut *c)
{
    status st = OK;
    size_t size = pixel_size(s->l.disk);
    int64_t n0 = s->l.geo.size[0];
    int64_t n1 = s->l.geo.size[1];
    size_t len = (size_t)((c->rows - 1) * n0 + c->width) * size;
    int64_t at = ((k - s->segment_first) * n1 + c->lo[1]) * n0 + c->lo[0];
    void *to = c->to;

    if (!straight(s, c)) {
        TRY(mem_grow(len, 1, &s->scratch, &s->scratch_cap));
        to = s->scratch;
    }
    TRY(read_at(s, to, len,
                s->l.segment[s->segment].offset + (uint64_t)at * size));
    c->from = to;
    c->stride = (size_t)n0 * size;
    put_rows(s, c);
out:
    return st;
}

static void kept_slice(struct scan *s, int64_t k, struct cut *c)
{
    size_t size = pixel_size(s->l.disk);
    int64_t n0 = s->l.geo.size[0];

    c->from = slices_at(s->slices, k);
    c->from += (size_t)(c->lo[1] * n0 + c->lo[0]) * size;
    c->stride = (size_t)n0 * size;
    put_rows(s, c);
}

/* All of it is wanted: no slice is kept twice. */
static status passed_slice(struct scan *s, int64_t k, struct cut *c)
{
    status st = OK;
    size_t size = pixel_size(s->l.disk);
    size_t len = (size_t)(s->l.geo.size[0] * s->l.geo.size[1]) * size;
    void *to = c->to;

    if (!straight(s, c)) {
        TRY(mem_grow(len, 1, &s->scratch, &s->scratch_cap));
        to = s->scratch;
    }
    TRY(slices_pass(s->slices, k, to));
    c->from = to;
    c->stride = (size_t)s->l.geo.size[0] * size;
    put_rows(s, c);
out:
    return st;
}

status
scan_read(struct scan *s, const int64_t lo[3], const int64_t hi[3], void *out)
{
    status st = OK;
    bool all = true;
    struct cut c = {.lo = lo,
                    .hi = hi,
                    .rows = hi[1] - lo[1],
                    .width = hi[0] - lo[0],
                    .to = out};

    for (int a = 0; a < 3; a++) {
        BUG_IF(lo[a] < 0 || hi[a] <= lo[a] || hi[a] > s->l.geo.size[a]);
        all = all && lo[a] == 0 && hi[a] == s->l.geo.size[a];
    }
    if (s->slices && !all)
        TRY(slices_keep(s->slices, lo[2], hi[2]));
    for (int64_t k = lo[2]; k < hi[2]; k++) {
        find_segment(s, k);
        if (!s->slices)
            TRY(raw_slice(s, k, &c));
        else if (all)
            TRY(passed_slice(s, k, &c));
        else
            kept_slice(s, k, &c);
        c.to += (size_t)(c.rows * c.width) * pixel_size(s->l.pixel);
    }
out:
    return st;
}

status scan_part(struct scan *s,
                 const int64_t lo[3],
                 const int64_t hi[3],
                 struct volume *out)
{
    status st = OK;
    struct volume v = volume_of(&s->l.geo, s->l.pixel, NULL);
    size_t room = mem_available();
    size_t len = 1;

    for (int a = 0; a < 3; a++) {
        v.lo[a] = lo[a];
        v.hi[a] = hi[a];
        len *= (size_t)(hi[a] - lo[a]);
    }
    ENSURE(room == 0 || len * pixel_size(v.pixel) <= room, ERR_MEM,
           "%s: %zu bytes of voxels, %zu bytes of memory are free",
           s->l.segment[0].path, len * pixel_size(v.pixel), room);
    TRY(mem_raw(len, pixel_size(v.pixel), &v.data));
    TRY(scan_read(s, lo, hi, v.data));
    *out = v;
    v.data = NULL;
out:
    volume_free(&v);
    return st;
}
