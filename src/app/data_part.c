#include "app/data_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

enum { TRIES = 10 };

static status with_tail(const char *path, const char *tail, char **out)
{
    struct text t = {0};

    text_add(&t, "%s%s", path, tail);
    if (text_status(&t) == OK)
        *out = t.s;
    return text_status(&t);
}

/* Is it still the file of that name? Another process may have published it
 * between open and lock. */
static bool is_named(int fd, const char *name)
{
    struct stat a;
    struct stat b;

    return fstat(fd, &a) == 0 && stat(name, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static status lock(int fd, const char *name)
{
    status st = OK;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        goto out;
    ENSURE(errno != EWOULDBLOCK && errno != EINTR, ERR_RUN,
           "%s: another process is fetching it", name);
    log_warn("%s: this file system has no locks (%s): do not fetch into it "
             "twice at once",
             name, strerror(errno));
out:
    return st;
}

static status open_locked(struct part *p)
{
    status st = OK;

    for (int i = 0; i < TRIES; i++) {
        p->fd = open(p->name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        ENSURE(p->fd >= 0, ERR_FILE, "%s: %s", p->name, strerror(errno));
        TRY(lock(p->fd, p->name));
        if (is_named(p->fd, p->name))
            goto out;
        (void)close(p->fd);
        p->fd = -1;
    }
    ENSURE(false, ERR_RUN, "%s: another process is fetching it", p->name);
out:
    if (st != OK && p->fd >= 0) {
        (void)close(p->fd);
        p->fd = -1;
    }
    return st;
}

status part_open(const char *path, struct part *p)
{
    status st = OK;

    *p = (struct part){.path = path, .fd = -1};
    TRY(with_tail(path, ".part", &p->name));
    TRY(open_locked(p));
out:
    if (st != OK)
        part_close(p);
    return st;
}

uint64_t part_size(const struct part *p)
{
    struct stat sb;

    return fstat(p->fd, &sb) == 0 ? (uint64_t)sb.st_size : 0;
}

status part_empty(struct part *p)
{
    status st = OK;

    ENSURE(ftruncate(p->fd, 0) == 0, ERR_FILE, "%s: %s", p->name,
           strerror(errno));
out:
    return st;
}

status part_publish(struct part *p)
{
    status st = OK;

    TRY(file_rename(p->name, p->path));
    (void)close(p->fd);
    p->fd = -1;
out:
    return st;
}

status part_reject(struct part *p)
{
    status st = OK;
    char *bad = NULL;

    TRY(with_tail(p->path, ".bad", &bad));
    ENSURE(rename(p->name, bad) == 0, ERR_FILE, "%s: cannot be renamed: %s",
           bad, strerror(errno));
    (void)close(p->fd);
    p->fd = -1;
    TRY(open_locked(p));
out:
    mem_free(bad);
    return st;
}

void part_close(struct part *p)
{
    if (p->fd >= 0 && part_size(p) == 0)
        (void)unlink(p->name); /* still ours: the lock is held */
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
    mem_free(p->name);
    p->name = NULL;
}
