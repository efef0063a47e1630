/* Volumes and the table of formats. A new format = nifti_read.c's two
 * functions for it and a row here. */
#include "vol/volume.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#include "vol/nifti_read.h"

static const struct format {
    const char *suffix;
    status (*read)(const char *path, struct volume *out);
    status (*peek)(const char *path, struct geometry *geo, enum pixel *pixel);
} formats[] = {
    {".nii.gz", nifti_read, nifti_peek},
    {".nii", nifti_read, nifti_peek},
};

static status format_of(const char *path, const struct format **out)
{
    status st = OK;
    size_t n = strlen(path);

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t k = strlen(formats[i].suffix);

        if (n > k && strcmp(path + n - k, formats[i].suffix) == 0) {
            *out = &formats[i];
            return OK;
        }
    }
    ENSURE(false, ERR_DATA,
           "%s: image format not known by its name; .nii and .nii.gz are read; "
           "convert it",
           path);
out:
    return st;
}

status volume_open(const char *path, struct volume *out)
{
    const struct format *f = NULL;
    status st = OK;

    TRY(format_of(path, &f));
    TRY(f->read(path, out));
out:
    return st;
}

status
volume_peek(const char *path, struct geometry *out_geo, enum pixel *out_pixel)
{
    const struct format *f = NULL;
    status st = OK;

    TRY(format_of(path, &f));
    TRY(f->peek(path, out_geo, out_pixel));
out:
    return st;
}

struct volume
volume_of(const struct geometry *geo, enum pixel pixel, void *data)
{
    struct volume v = {.geo = *geo, .pixel = pixel, .data = data};

    memcpy(v.hi, geo->size, sizeof v.hi);
    return v;
}

status
volume_new(const struct geometry *geo, enum pixel pixel, struct volume *out)
{
    struct volume v = volume_of(geo, pixel, NULL);
    status st = OK;

    TRY(geometry_check(geo, "volume"));
    TRY(mem_new(geometry_len(geo), pixel_size(pixel), &v.data));
    *out = v;
out:
    return st;
}

void volume_free(struct volume *v)
{
    if (!v)
        return;
    mem_free(v->data);
    memset(v, 0, sizeof *v);
}
