#include "vol/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#ifdef FMCIB_ISAL
    #include <isa-l/igzip_lib.h>
#else
    #include <zlib.h>
#endif

#include "base/file.h"
#include "base/mem.h"

enum {
    INPUT = 1 << 18,
    FIRST = 1 << 12, /* first read: enough for a header */
    WASTE = 1 << 18, /* twice the history of deflate and more */
    PIECE = 1 << 24, /* most output of one call */
    TAIL = 1 << 16
};

/* What an engine says after a call. */
enum { ENGINE_MORE, ENGINE_END, ENGINE_DAMAGED };

#ifdef FMCIB_ISAL
struct engine {
    struct inflate_state s;
};

static status engine_start(struct engine *e, enum inflate_kind kind)
{
    isal_inflate_init(&e->s);
    e->s.crc_flag = kind == INFLATE_GZIP ? ISAL_GZIP : ISAL_ZLIB;
    return OK;
}

/* The next member; unread input stays. */
static void engine_again(struct engine *e, enum inflate_kind kind)
{
    isal_inflate_reset(&e->s);
    e->s.crc_flag = kind == INFLATE_GZIP ? ISAL_GZIP : ISAL_ZLIB;
}

static void engine_stop(struct engine *e)
{
    (void)e;
}

static size_t engine_left(const struct engine *e)
{
    return e->s.avail_in;
}

static void engine_feed(struct engine *e, uint8_t *in, size_t len)
{
    e->s.next_in = in;
    e->s.avail_in = (uint32_t)len;
}

/* Input to output until one of them is used up; *done bytes came out. */
static int engine_run(struct engine *e, uint8_t *out, size_t len, size_t *done)
{
    int rc;

    e->s.next_out = out;
    e->s.avail_out = (uint32_t)len;
    rc = isal_inflate(&e->s);
    *done = len - e->s.avail_out;
    if (rc < 0 || rc == ISAL_NEED_DICT)
        return ENGINE_DAMAGED;
    return e->s.block_state == ISAL_BLOCK_FINISH ? ENGINE_END : ENGINE_MORE;
}
#else
struct engine {
    z_stream s;
    bool started;
};

static status engine_start(struct engine *e, enum inflate_kind kind)
{
    int rc = inflateInit2(&e->s, kind == INFLATE_GZIP ? 15 + 16 : 15);

    if (rc != Z_OK)
        return status_fail(ERR_MEM, __FILE__, __LINE__,
                           "no memory for decompression");
    e->started = true;
    return OK;
}

static void engine_again(struct engine *e, enum inflate_kind kind)
{
    (void)kind;
    (void)inflateReset(&e->s);
}

static void engine_stop(struct engine *e)
{
    if (e->started)
        (void)inflateEnd(&e->s);
}

static size_t engine_left(const struct engine *e)
{
    return e->s.avail_in;
}

static void engine_feed(struct engine *e, uint8_t *in, size_t len)
{
    e->s.next_in = in;
    e->s.avail_in = (unsigned)len;
}

static int engine_run(struct engine *e, uint8_t *out, size_t len, size_t *done)
{
    int rc;

    e->s.next_out = out;
    e->s.avail_out = (unsigned)len;
    rc = inflate(&e->s, Z_NO_FLUSH);
    *done = len - e->s.avail_out;
    if (rc == Z_STREAM_END)
        return ENGINE_END;
    return rc == Z_OK || rc == Z_BUF_ERROR ? ENGINE_MORE : ENGINE_DAMAGED;
}
#endif

struct inflate {
    char *path;
    int fd;
    enum inflate_kind kind;
    bool ended; /* the present member */
    size_t room;
    size_t ask; /* what the next read asks for */
    uint8_t *in;
    uint8_t *waste;
    struct engine engine;
};

status inflate_open(const char *path,
                    uint64_t offset,
                    enum inflate_kind kind,
                    struct inflate **out)
{
    status st = OK;
    struct inflate *f = NULL;
    uint64_t size = 0;

    TRY(file_size(path, &size)); /* refuses folders */
    TRY(mem_new(1, sizeof *f, &f));
    f->fd = -1;
    f->kind = kind;
    f->room = size < INPUT ? (size_t)size + 1 : INPUT;
    f->ask = FIRST;
    TRY(mem_text(path, &f->path));
    TRY(mem_raw(f->room, 1, &f->in));
    TRY(engine_start(&f->engine, kind));
    f->fd = open(path, O_RDONLY | O_CLOEXEC);
    ENSURE(f->fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    ENSURE(lseek(f->fd, (off_t)offset, SEEK_SET) >= 0, ERR_FILE, "%s: %s", path,
           strerror(errno));
    *out = f;
    f = NULL;
out:
    inflate_close(f);
    return st;
}

void inflate_close(struct inflate *f)
{
    if (!f)
        return;
    engine_stop(&f->engine);
    if (f->fd >= 0)
        (void)close(f->fd);
    mem_free(f->waste);
    mem_free(f->in);
    mem_free(f->path);
    mem_free(f);
}

/* Fill the input when it is used up. *eof: the file has no more. */
static status feed(struct inflate *f, bool *eof)
{
    status st = OK;
    ssize_t n = 0;

    *eof = false;
    if (engine_left(&f->engine) > 0)
        return OK;
    f->ask = f->ask < f->room ? f->ask : f->room;
    do
        n = read(f->fd, f->in, f->ask);
    while (n < 0 && errno == EINTR);
    ENSURE(n >= 0, ERR_FILE, "%s: read: %s", f->path, strerror(errno));
    *eof = n == 0;
    engine_feed(&f->engine, f->in, (size_t)n);
    f->ask *= 4;
out:
    return st;
}

/* At most len bytes; *done is 0 only at the end of the file or of the member,
 * where *eof or f->ended says so. */
static status
some(struct inflate *f, uint8_t *to, size_t len, size_t *done, bool *eof)
{
    status st = OK;
    int rc = ENGINE_MORE;

    *done = 0;
    while (*done == 0 && !f->ended) {
        bool dry = false;

        TRY(feed(f, &dry));
        rc = engine_run(&f->engine, to, len < PIECE ? len : PIECE, done);
        ENSURE(rc != ENGINE_DAMAGED, ERR_DATA,
               "%s: compressed data are damaged; fetch the file again",
               f->path);
        f->ended = rc == ENGINE_END;
        *eof = dry && *done == 0 && !f->ended;
        if (*eof)
            break;
    }
out:
    return st;
}

/* Behind the end of a member: another one, or the end of the stream. */
static status next_member(struct inflate *f, bool *eof)
{
    status st = OK;

    TRY(feed(f, eof));
    if (*eof || f->kind != INFLATE_GZIP) {
        *eof = true;
        return OK;
    }
    engine_again(&f->engine, f->kind);
    f->ended = false;
out:
    return st;
}

status inflate_next(struct inflate *f, void *to, size_t len, const char *what)
{
    status st = OK;
    uint8_t *p = to;

    while (len > 0) {
        size_t done = 0;
        bool eof = false;

        if (f->ended)
            TRY(next_member(f, &eof));
        if (!eof)
            TRY(some(f, p, len, &done, &eof));
        ENSURE(!eof, ERR_DATA,
               "%s: ends %zu bytes before the end of its %s: truncated; fetch "
               "the file again",
               f->path, len, what);
        p += done;
        len -= done;
    }
out:
    return st;
}

status inflate_skip(struct inflate *f, uint64_t len, const char *what)
{
    status st = OK;

    if (!f->waste && len > 0)
        TRY(mem_raw(WASTE, 1, &f->waste));
    while (len > 0) {
        size_t part = len < WASTE ? (size_t)len : WASTE;

        TRY(inflate_next(f, f->waste, part, what));
        len -= part;
    }
out:
    return st;
}

status inflate_end(struct inflate *f)
{
    status st = OK;
    bool eof = false;
    size_t done = 0;

    if (!f->waste)
        TRY(mem_raw(WASTE, 1, &f->waste));
    for (size_t n = 0; n < TAIL && !f->ended; n += done) {
        TRY(some(f, f->waste, TAIL, &done, &eof));
        ENSURE(!eof, ERR_DATA,
               "%s: compressed data are truncated or damaged (no check sum at "
               "the end); fetch the file again",
               f->path);
    }
out:
    return st;
}

status inflate_is_gzip(const char *path, uint64_t offset, bool *out)
{
    status st = OK;
    uint8_t magic[2] = {0, 0};
    uint64_t size = 0;
    ssize_t n = 0;
    int fd = -1;

    TRY(file_size(path, &size)); /* refuses folders */
    *out = false;
    if (size < sizeof magic || offset > size - sizeof magic)
        return OK; /* nor are pipes and devices opened */
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ENSURE(fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    n = pread(fd, magic, sizeof magic, (off_t)offset);
    ENSURE(n >= 0, ERR_FILE, "%s: read: %s", path, strerror(errno));
    *out = n == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
out:
    if (fd >= 0)
        (void)close(fd);
    return st;
}
