/* What kind of slices a folder holds. */
#include "vol/folder.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "vol/dicom_read.h"

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
    return dicom_parse(path, out);
}
