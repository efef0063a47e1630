#include "base/file_out.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

struct file_out {
    char *path;
    char *tmp; /* NULL once published */
    FILE *f;
};

status file_out_open(const char *path, struct file_out **out)
{
    status st = OK;
    struct file_out *o = NULL;

    TRY(mem_new(1, sizeof *o, &o));
    TRY(mem_text(path, &o->path));
    TRY(file_tmp_name(path, &o->tmp));
    o->f = fopen(o->tmp, "wb");
    ENSURE(o->f, ERR_FILE, "%s: %s", path, strerror(errno));
    *out = o;
    o = NULL;
out:
    file_out_close(o);
    return st;
}

status file_out_put(struct file_out *o, const void *bytes, size_t n)
{
    status st = OK;

    ENSURE(n == 0 || fwrite(bytes, 1, n, o->f) == n, ERR_FILE, "%s: write: %s",
           o->path, strerror(errno));
out:
    return st;
}

status file_out_publish(struct file_out *o)
{
    status st = OK;
    int rc = fclose(o->f);

    o->f = NULL;
    ENSURE(rc == 0, ERR_FILE, "%s: close: %s", o->path, strerror(errno));
    TRY(file_rename(o->tmp, o->path));
    mem_free(o->tmp);
    o->tmp = NULL;
out:
    return st;
}

void file_out_close(struct file_out *o)
{
    if (!o)
        return;
    if (o->f)
        (void)fclose(o->f);
    if (o->tmp)
        (void)unlink(o->tmp);
    mem_free(o->tmp);
    mem_free(o->path);
    mem_free(o);
}
