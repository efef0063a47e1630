/* Where a header lies, and what it says as a layout. */
#include "vol/nifti_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#include "vol/inflate.h"
#include "vol/nifti_head.h"

/* The first bytes of a file, fewer if it is shorter. */
static status
first_bytes(const char *path, uint8_t *to, size_t len, size_t *found)
{
    status st = OK;
    FILE *f = NULL;
    uint64_t size = 0;

    TRY(file_size(path, &size)); /* refuses folders */
    *found = 0;
    if (size == 0) /* nor are pipes and devices opened */
        return OK;
    f = fopen(path, "rb");
    ENSURE(f, ERR_FILE, "%s: %s", path, strerror(errno));
    *found = fread(to, 1, len, f);
    ENSURE(!ferror(f), ERR_FILE, "%s: read: %s", path, strerror(errno));
out:
    if (f)
        (void)fclose(f);
    return st;
}

static status read_head(const char *path, bool gzip, uint8_t raw[NIFTI2_HEAD])
{
    status st = OK;
    struct inflate *f = NULL;
    size_t found = 0;
    size_t rest = NIFTI2_HEAD - NIFTI_HEAD;

    if (gzip) {
        TRY(inflate_open(path, 0, INFLATE_GZIP, &f));
        TRY(inflate_next(f, raw, NIFTI_HEAD, "NIfTI header"));
        if (nifti_is_2(raw))
            TRY(inflate_next(f, raw + NIFTI_HEAD, rest, "NIfTI header"));
        goto out;
    }
    TRY(first_bytes(path, raw, NIFTI2_HEAD, &found));
    if (found >= NIFTI_HEAD && nifti_is_2(raw))
        rest = NIFTI2_HEAD - found;
    else
        rest = found < NIFTI_HEAD ? NIFTI_HEAD - found : 0;
    ENSURE(rest == 0, ERR_DATA,
           "%s: ends %zu bytes before the end of its NIfTI header: truncated; "
           "fetch the file again",
           path, rest);
out:
    inflate_close(f);
    return st;
}

/* PATH.hdr[.gz] and PATH.img[.gz] from either, or the .nii for both. */
static status
names_of(const char *path, struct text *head, struct text *image, bool *pair)
{
    status st = OK;
    size_t n = strlen(path);
    size_t gz = n > 3 && strcmp(path + n - 3, ".gz") == 0 ? 3 : 0;
    const char *end = n > 4 + gz ? path + n - 4 - gz : path;
    int stem = (int)(end - path);

    *pair = strncmp(end, ".hdr", 4) == 0 || strncmp(end, ".img", 4) == 0;
    text_add(head, "%s", path);
    text_add(image, "%s", path);
    if (*pair) {
        head->len = image->len = 0;
        text_add(head, "%.*s.hdr%s", stem, path, gz ? ".gz" : "");
        text_add(image, "%.*s.img%s", stem, path, gz ? ".gz" : "");
    }
    TRY(text_status(head));
    TRY(text_status(image));
out:
    return st;
}

static status
fill(const struct nifti_head *h, const char *image, struct layout *out)
{
    status st = OK;
    struct layout l = {.geo = h->geo,
                       .disk = h->disk,
                       .pixel = h->pixel,
                       .swap = h->swap,
                       .scaled = h->scaled,
                       .note = h->note};
    struct text path = {0};
    struct segment s = {
        .slices = h->geo.size[2], .slope = h->slope, .inter = h->inter};
    bool gzip = false;

    text_add(&path, "%s", image);
    TRY(text_status(&path));
    s.path = path.s;
    TRY(inflate_is_gzip(image, 0, &gzip));
    l.coding = gzip ? CODING_GZIP : CODING_RAW;
    if (gzip)
        s.skip = h->offset;
    else
        s.offset = h->offset;
    TRY(layout_add(&l, &s));
    *out = l;
out:
    text_free(&path);
    return st;
}

status nifti_parse(const char *path, struct layout *out)
{
    status st = OK;
    struct nifti_head h;
    struct text head = {0};
    struct text image = {0};
    uint8_t raw[NIFTI2_HEAD] = {0};
    bool pair = false;
    bool gzip = false;

    TRY(names_of(path, &head, &image, &pair));
    TRY(inflate_is_gzip(head.s, 0, &gzip));
    TRY(read_head(head.s, gzip, raw));
    TRY(nifti_head_parse(raw, head.s, &h));
    ENSURE(h.pair == pair, ERR_DATA,
           "%s: NIfTI field magic says that header and voxels are in %s, the "
           "name of the file that they are in %s; rename or convert it",
           head.s, h.pair ? "two files" : "one file", pair ? "two" : "one");
    TRY(fill(&h, image.s, out));
out:
    text_free(&head);
    text_free(&image);
    return st;
}
