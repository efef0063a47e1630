/* One file: address by address, try by try. What came is kept in PATH.part
 * over tries and runs when a published sum can tell in the end whether the
 * pieces fit; without one every try begins at nothing. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "app/data_curl.h"
#include "app/data_fetch.h"
#include "app/data_part.h"
#include "store/manifest_check.h"

enum { SHOW_FROM = 20000000, LONGEST_WAIT_S = 60 };

struct fetching {
    const struct fetch_conf *conf;
    const struct manifest *m;
    const struct manifest_file *f;
    const char *path;
    struct part part;
    struct text said;  /* for the user, when it came */
    struct text fault; /* the last word of each address */
    size_t fault_at;   /* where that of this address begins */
    struct progress progress;
    enum fetch_end end;
};

/* What became of a try. */
enum try_end { TRY_DONE, TRY_AGAIN, TRY_AT_ONCE, TRY_NEXT_ADDRESS };

static status sums_and_state(const struct manifest_file *f,
                             const char *file,
                             const char *recorded_of,
                             struct sums *sums,
                             enum manifest_state *state,
                             struct text *why)
{
    status st = OK;
    char recorded[SHA256_HEX] = "";

    if (recorded_of && !manifest_sums(f))
        TRY(manifest_record_read(recorded_of, recorded));
    TRY(sums_of_file(file, manifest_wanted(f), sums));
    *state = manifest_judge(f, recorded, sums, why);
    TRY(text_status(why));
out:
    return st;
}

/* The file under its final name, when it is there: right, unproven, or an
 * error, for it is not ours to remove. */
static status look_there(struct fetching *g, bool *there)
{
    status st = OK;
    struct sums sums;
    struct text why = {0};
    enum manifest_state state = MANIFEST_OK;

    *there = file_exists(g->path);
    if (!*there)
        goto out;
    TRY(sums_and_state(g->f, g->path, g->path, &sums, &state, &why));
    ENSURE(state != MANIFEST_WRONG, ERR_NUMERIC,
           "%s: is there and is wrong (%s); move it away to fetch it anew",
           g->path, why.s);
    g->end = state == MANIFEST_OK ? FETCH_THERE : FETCH_UNPROVEN;
    text_add(&g->said, "%s", why.s);
out:
    text_free(&why);
    return st;
}

/* The last word of this address: its former one goes. */
static void note_fault(struct fetching *g, const char *url, const char *why)
{
    g->fault.len = g->fault_at;
    text_add(&g->fault, "%s%s: %s", g->fault_at ? "; " : "", url, why);
}

/* Does it begin as HTML does? Pages that ask for a login come so. */
static bool is_web_page(int fd)
{
    char head[256] = "";
    const char *s = head;
    ssize_t n = pread(fd, head, sizeof head - 1, 0);

    if (n <= 0)
        return false;
    s += strspn(s, " \t\r\n\xef\xbb\xbf");
    return strncasecmp(s, "<!doctype html", 14) == 0 ||
           strncasecmp(s, "<html", 5) == 0;
}

static status publish(struct fetching *g, const struct sums *sums)
{
    status st = OK;

    if (!manifest_sums(g->f)) {
        TRY(manifest_record_write(g->path, sums->hex[SUM_SHA256]));
        text_add(&g->said,
                 "no published sum: sha256 %s was computed and recorded in "
                 "%s.sha256",
                 sums->hex[SUM_SHA256], g->path);
    }
    TRY(part_publish(&g->part));
    g->end = FETCH_CAME;
out:
    return st;
}

/* It is not the file: kept under another name, for a look. */
static status reject(struct fetching *g, const char *url, struct text *why)
{
    status st = OK;

    if (is_web_page(g->part.fd))
        text_add(why, "; it is a web page (a login, an error?)");
    text_add(why, "; kept as %s.bad", g->path);
    TRY(text_status(why));
    note_fault(g, url, why->s);
    TRY(part_reject(&g->part));
out:
    return st;
}

/* All bytes are there: the right ones? resumed: some came before this try. */
static status
check_sums(struct fetching *g, const char *url, bool resumed, enum try_end *end)
{
    status st = OK;
    struct sums sums;
    struct text why = {0};
    enum manifest_state state = MANIFEST_OK;

    TRY(sums_and_state(g->f, g->part.name, NULL, &sums, &state, &why));
    *end = TRY_NEXT_ADDRESS;
    if (state == MANIFEST_WRONG && resumed) {
        /* perhaps the pieces are of two versions */
        TRY(part_empty(&g->part));
        log_info("%s: put together it has another sum; once more from its "
                 "beginning",
                 g->path);
        note_fault(g, url, why.s);
        *end = TRY_AT_ONCE;
    } else if (state == MANIFEST_WRONG ||
               (state == MANIFEST_UNPROVEN && is_web_page(g->part.fd))) {
        TRY(reject(g, url, &why));
    } else {
        if (state == MANIFEST_OK)
            text_add(&g->said, "%s", why.s);
        TRY(publish(g, &sums));
        *end = TRY_DONE;
    }
out:
    text_free(&why);
    return st;
}

/* curl says that all has come. */
static status
check(struct fetching *g, const char *url, bool resumed, enum try_end *end)
{
    status st = OK;
    struct text why = {0};
    uint64_t size = part_size(&g->part);

    if (size == 0 && g->f->bytes != 0)
        text_add(&why, "nothing came, 0 bytes");
    else if (g->f->bytes >= 0 && size < (uint64_t)g->f->bytes)
        (void)manifest_size_fits(g->f, size, &why);
    if (!why.len) {
        TRY(check_sums(g, url, resumed, end));
        goto out;
    }
    TRY(text_status(&why));
    note_fault(g, url, why.s);
    *end = TRY_AGAIN;
    if (!manifest_sums(g->f))
        TRY(part_empty(&g->part));
out:
    text_free(&why);
    return st;
}

/* What stays of the part: only what can be gone on with and told apart. */
static status settle_part(struct fetching *g, enum curl_end came)
{
    status st = OK;
    bool keep =
        manifest_sums(g->f) && came != CURL_TOO_LONG && came != CURL_NO_RANGE;

    if (came != CURL_DONE && !keep)
        TRY(part_empty(&g->part));
out:
    return st;
}

static status
one_try(struct fetching *g, const char *url, bool plain_http, enum try_end *end)
{
    status st = OK;
    enum curl_end came = CURL_DONE;
    char why[CURL_WHY] = "";
    uint64_t from = part_size(&g->part);
    bool whole = g->f->bytes >= 0 && from == (uint64_t)g->f->bytes;
    const struct curl_job job = {
        g->conf->curl,    url,         plain_http || g->conf->plain_http,
        g->part.fd,       from,        g->f->bytes,
        g->conf->stall_s, &g->progress};

    if (!whole || from == 0)
        TRY(curl_run(&job, &came, why));
    TRY(settle_part(g, came));
    if (came == CURL_DONE) {
        TRY(check(g, url, from > 0, end));
        goto out;
    }
    ENSURE(came != CURL_NO_ROOM, ERR_FILE,
           "%s: cannot be written (disk full, or a limit?): %s", g->part.name,
           why);
    *end = came == CURL_TRANSIENT              ? TRY_AGAIN
           : came == CURL_NO_RANGE && from > 0 ? TRY_AT_ONCE
                                               : TRY_NEXT_ADDRESS;
    note_fault(g, url, why);
out:
    return st;
}

/* In pieces, so that a signal is heard. */
static status wait_s(double s)
{
    status st = OK;
    const struct timespec tick = {0, 50000000};
    double end = clock_s() + s;

    do {
        ENSURE(!curl_stopped(), STOPPED,
               "stopped; the same line goes on where it was");
        if (clock_s() < end)
            (void)nanosleep(&tick, NULL);
    } while (clock_s() < end);
out:
    return st;
}

/* All tries of one address. To begin anew costs no try, but once. */
static status
one_address(struct fetching *g, const char *url, bool plain_http, bool *done)
{
    status st = OK;
    double wait = g->conf->backoff_s;
    bool begun_anew = false;
    int64_t tries = 0;

    g->fault_at = g->fault.len;
    while (!*done && tries <= g->conf->retries) {
        enum try_end end = TRY_DONE;

        TRY(one_try(g, url, plain_http, &end));
        *done = end == TRY_DONE;
        if (end == TRY_DONE || end == TRY_NEXT_ADDRESS)
            break;
        if (end == TRY_AT_ONCE && !begun_anew) {
            begun_anew = true;
            continue;
        }
        if (++tries > g->conf->retries)
            break;
        log_info("%s: %s; try %" PRId64 " of %" PRId64 " in %.3g s", g->path,
                 g->fault.s + g->fault_at + (g->fault_at ? 2 : 0), tries + 1,
                 g->conf->retries + 1, wait);
        TRY(wait_s(wait));
        wait = 2 * wait < LONGEST_WAIT_S ? 2 * wait : LONGEST_WAIT_S;
    }
out:
    return st;
}

static void put_escaped(struct text *t, const char *s)
{
    for (; *s; s++)
        if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
            (*s >= '0' && *s <= '9') || strchr("/-._~", *s))
            text_put(t, s, 1);
        else
            text_add(t, "%%%02X", (unsigned)(unsigned char)*s);
}

/* PREFIX/ID/PATH; a prefix that is a folder becomes file://. */
static status mirror_url(const struct fetching *g, struct text *url)
{
    status st = OK;
    const char *prefix = g->conf->mirror;
    char real[PATH_MAX];

    if (strstr(prefix, "://")) {
        text_add(url, "%s", prefix);
    } else {
        ENSURE(realpath(prefix, real), ERR_FILE, "--mirror %s: %s", prefix,
               strerror(errno));
        text_add(url, "file://");
        put_escaped(url, real);
    }
    TRY(text_status(url));
    text_add(url, "%s%s/", url->s[url->len - 1] == '/' ? "" : "/", g->m->id);
    put_escaped(url, g->f->path);
    TRY(text_status(url));
out:
    return st;
}

static bool is_local(const char *url)
{
    return strncmp(url, "file:", 5) == 0;
}

/* The mirror is the user's word: plain http is good enough for it. */
static status all_addresses(struct fetching *g, uint32_t *asked, bool *done)
{
    status st = OK;
    struct text url = {0};

    if (*g->conf->mirror) {
        TRY(mirror_url(g, &url));
        ++*asked;
        TRY(one_address(g, url.s, strncmp(url.s, "http:", 5) == 0, done));
    }
    for (uint32_t i = 0; i < g->f->urls.n && !*done; i++) {
        const char *published = g->f->urls.at[i];

        if (g->conf->offline && !is_local(published))
            continue;
        ++*asked;
        TRY(one_address(g, published, false, done));
    }
out:
    text_free(&url);
    return st;
}

/* The part is open and its lock ours. */
static status fetch_locked(struct fetching *g)
{
    status st = OK;
    bool there = false;
    uint32_t asked = 0;
    bool done = false;
    uint64_t size = part_size(&g->part);

    TRY(look_there(g, &there)); /* it may have come before we had the lock */
    if (there)
        goto out;
    if (size > 0 && (!manifest_sums(g->f) ||
                     (g->f->bytes >= 0 && size > (uint64_t)g->f->bytes)))
        TRY(part_empty(&g->part));
    else if (size > 0)
        log_info("%s: going on after %" PRIu64 " bytes", g->path, size);
    TRY(all_addresses(g, &asked, &done));
    if (!asked) {
        g->end = FETCH_NO_ADDRESS;
        goto out;
    }
    ENSURE(done, ERR_FILE, "%s: no address gave it: %s", g->path,
           g->fault.s ? g->fault.s : "out of memory");
out:
    return st;
}

static status make_folder(const char *path)
{
    status st = OK;
    char *dir = NULL;
    char *slash = NULL;

    TRY(mem_text(path, &dir));
    slash = strrchr(dir, '/');
    if (slash && slash != dir) {
        *slash = '\0';
        TRY(file_mkdirs(dir));
    }
out:
    mem_free(dir);
    return st;
}

status fetch_file(const struct fetch_conf *conf,
                  const struct manifest *m,
                  const struct manifest_file *f,
                  const char *path,
                  enum fetch_end *end,
                  struct text *said)
{
    status st = OK;
    struct fetching g = {conf, m, f, path, .part = {.fd = -1}};
    bool there = false;

    TRY(look_there(&g, &there));
    if (!there && !f->urls.n && !*conf->mirror)
        g.end = FETCH_NO_ADDRESS;
    else if (!there) {
        int64_t mb = f->bytes / 1000000;

        TRY(make_folder(path));
        TRY(part_open(path, &g.part));
        progress_start(&g.progress, f->path, "MB",
                       (int64_t)(part_size(&g.part) / 1000000), mb,
                       f->bytes >= SHOW_FROM);
        TRY(fetch_locked(&g));
    }
    *end = g.end;
    text_add(said, "%s", g.said.s ? g.said.s : "");
    TRY(text_status(said));
out:
    part_close(&g.part);
    text_free(&g.said);
    text_free(&g.fault);
    return st;
}
