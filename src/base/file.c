#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

status file_size(const char *path, uint64_t *out)
{
    status st = OK;
    struct stat sb;

    ENSURE(stat(path, &sb) == 0, ERR_FILE, "%s: %s", path, strerror(errno));
    ENSURE(!S_ISDIR(sb.st_mode), ERR_FILE, "%s: is a folder, a file is needed",
           path);
    *out = (uint64_t)sb.st_size;
out:
    return st;
}

status file_read(const char *path, size_t max_len, char **out, size_t *len)
{
    status st = OK;
    FILE *f = NULL;
    char *buf = NULL;
    uint64_t size = 0;

    TRY(file_size(path, &size));
    ENSURE(size <= max_len, ERR_DATA, "%s: %llu bytes, at most %zu are read",
           path, (unsigned long long)size, max_len);
    TRY(mem_raw((size_t)size + 1, 1, &buf));
    f = fopen(path, "rb");
    ENSURE(f, ERR_FILE, "%s: %s", path, strerror(errno));
    ENSURE(fread(buf, 1, (size_t)size, f) == size, ERR_FILE,
           "%s: shorter than its size, read error or still being written",
           path);
    buf[size] = '\0';
    *len = (size_t)size;
    *out = buf;
    buf = NULL;
out:
    if (f)
        (void)fclose(f);
    mem_free(buf);
    return st;
}

status file_tmp_name(const char *path, char **out)
{
    struct text t = {0};

    text_add(&t, "%s.tmp-%ld", path, (long)getpid());
    if (text_status(&t) == OK)
        *out = t.s;
    return text_status(&t);
}

/* Some file systems refuse fsync of a folder; that is not an error. */
static void sync_folder(const char *path)
{
    char *slash = NULL;
    char *dir = NULL;
    int fd;

    if (mem_text(path, &dir) != OK)
        return;
    slash = strrchr(dir, '/');
    if (slash && slash != dir)
        *slash = '\0';
    fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    mem_free(dir);
}

status file_rename(const char *tmp, const char *path)
{
    status st = OK;
    int fd = open(tmp, O_RDONLY | O_CLOEXEC);

    ENSURE(fd >= 0, ERR_FILE, "%s: %s", tmp, strerror(errno));
    ENSURE(fsync(fd) == 0, ERR_FILE, "%s: fsync: %s", tmp, strerror(errno));
    ENSURE(rename(tmp, path) == 0, ERR_FILE, "%s: cannot be renamed: %s", path,
           strerror(errno));
    sync_folder(path);
out:
    if (fd >= 0)
        (void)close(fd);
    return st;
}

static bool is_left_over(const char *name)
{
    const char *tail = strstr(name, ".tmp-");

    return tail && tail[5] != '\0' &&
           strspn(tail + 5, "0123456789") == strlen(tail + 5);
}

status file_sweep(const char *dir)
{
    status st = OK;
    DIR *d = opendir(dir);
    struct dirent *e = NULL;
    char *path = NULL;

    while (d && (e = readdir(d)) != NULL) {
        if (!is_left_over(e->d_name))
            continue;
        TRY(file_join(dir, e->d_name, &path));
        (void)unlink(path);
        mem_free(path);
        path = NULL;
    }
out:
    mem_free(path);
    if (d)
        (void)closedir(d);
    return st;
}

static status write_all(int fd, const char *path, const char *p, size_t len)
{
    status st = OK;

    while (len) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        ENSURE(n > 0, ERR_FILE, "%s: write: %s", path, strerror(errno));
        p += n;
        len -= (size_t)n;
    }
out:
    return st;
}

status file_publish(const char *path, const void *bytes, size_t len)
{
    status st = OK;
    char *tmp = NULL;
    int fd = -1;

    TRY(file_tmp_name(path, &tmp));
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    ENSURE(fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    TRY(write_all(fd, path, bytes, len));
    ENSURE(close(fd) == 0, ERR_FILE, "%s: close: %s", path, strerror(errno));
    fd = -1;
    TRY(file_rename(tmp, path));
out:
    if (fd >= 0)
        (void)close(fd);
    if (st != OK && tmp)
        (void)unlink(tmp);
    mem_free(tmp);
    return st;
}

status file_publish_same(const char *path, const void *bytes, size_t len)
{
    status st = OK;
    char *old = NULL;
    size_t old_len = 0;

    if (!file_exists(path))
        return file_publish(path, bytes, len);
    TRY(file_read(path, len + 1, &old, &old_len));
    ENSURE(old_len == len && memcmp(old, bytes, len) == 0, ERR_RUN,
           "%s: holds another result than this run's; take another --out",
           path);
out:
    mem_free(old);
    return st;
}

status file_append_line(const char *path, const char *line)
{
    status st = OK;
    struct text t = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    ENSURE(fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    text_add(&t, "%s\n", line);
    TRY(text_status(&t));
    TRY(write_all(fd, path, t.s, t.len));
out:
    if (fd >= 0)
        (void)close(fd);
    text_free(&t);
    return st;
}

status file_mkdirs(const char *path)
{
    status st = OK;
    char *p = NULL;

    TRY(mem_text(path, &p));
    for (char *s = p + 1;; s++) {
        char c = *s;

        if (c != '/' && c != '\0')
            continue;
        *s = '\0';
        ENSURE(mkdir(p, 0777) == 0 || errno == EEXIST, ERR_FILE,
               "%s: folder cannot be made: %s", p, strerror(errno));
        *s = c;
        if (c == '\0')
            break;
    }
    ENSURE(file_is_dir(path), ERR_FILE, "%s: is not a folder", path);
out:
    mem_free(p);
    return st;
}

status file_join(const char *dir, const char *name, char **out)
{
    struct text t = {0};
    size_t n = strlen(dir);

    if (name[0] == '/' || n == 0)
        text_add(&t, "%s", name);
    else
        text_add(&t, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
    if (text_status(&t) == OK)
        *out = t.s;
    return text_status(&t);
}

bool file_exists(const char *path)
{
    struct stat sb;

    return stat(path, &sb) == 0;
}

bool file_is_dir(const char *path)
{
    struct stat sb;

    return stat(path, &sb) == 0 && S_ISDIR(sb.st_mode);
}
