/* What kind of slices a folder holds. */
#include "vol/folder.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "vol/dicom_read.h"
#include "vol/png_slices.h"

bool folder_is(const char *path)
{
    const char *hash = strrchr(path, '#');
    char *dir = NULL;
    bool is = file_is_dir(path);

    if (is || !hash || mem_text(path, &dir) != OK)
        return is;
    dir[hash - path] = '\0';
    is = file_is_dir(dir);
    mem_free(dir);
    return is;
}

status folder_parse(const char *path, struct layout *out)
{
    status st = OK;
    char *dir = NULL;
    bool pictures;

    TRY(mem_text(path, &dir));
    if (!file_is_dir(dir) && strrchr(dir, '#'))
        *strrchr(dir, '#') = '\0';
    pictures = png_series_is(dir);
    if (pictures)
        TRY(png_parse(path, out));
    else
        TRY(dicom_parse(path, out));
out:
    mem_free(dir);
    return st;
}
