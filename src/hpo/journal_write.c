/* One text of records, one append. The lock is held for the append alone, as
 * Optuna does it, so that dashboards and other writers are not kept out. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include "hpo/journal.h"

#define LOCK_DEAD_S 30.0
#define LOCK_WARN_S 3.0
#define SYNC_S      1.0

struct journal_writer {
    char *path;
    char *lock;
    char *worker; /* JSON text */
    int fd;
    off_t size;    /* of the file as we know it, -1: not known */
    double synced; /* when, by the clock */
    bool dirty;
    struct text pending;
};

/* ---- the lock ---- */

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, (ms % 1000) * 1000000L};
    (void)nanosleep(&t, NULL);
}

/* Renamed first, so that of two who break one lock only one removes it. */
static void remove_lock(const struct journal_writer *w)
{
    struct text t = {0};
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    text_add(&t, "%s%ld-%ld.rename", w->lock, (long)getpid(), now.tv_nsec);
    if (text_status(&t) == OK && rename(w->lock, t.s) == 0)
        (void)unlink(t.s);
    text_free(&t);
}

static bool same_lock(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static status take_lock(const struct journal_writer *w)
{
    struct stat seen = {0};
    double since = clock_s();
    bool warned = false;
    long wait_ms = 1;
    status st = OK;

    for (;;) {
        int fd = open(w->lock, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0) {
            (void)close(fd);
            return OK;
        }
        ENSURE(errno == EEXIST, ERR_FILE, "%s: cannot lock the journal: %s",
               w->lock, strerror(errno));
        struct stat now = {0};
        if (lstat(w->lock, &now) != 0 || !same_lock(&seen, &now)) {
            seen = now;
            since = clock_s();
        } else if (clock_s() - since > LOCK_DEAD_S) {
            log_warn("%s is unchanged for %.0f s: a dead writer's, removed",
                     w->lock, LOCK_DEAD_S);
            remove_lock(w);
        } else if (!warned && clock_s() - since > LOCK_WARN_S) {
            warned = true;
            log_warn("waiting for %s (broken after %.0f s)", w->lock,
                     LOCK_DEAD_S);
        }
        pause_ms(wait_ms);
        wait_ms = wait_ms < 500 ? 2 * wait_ms : 1000;
    }
out:
    return st;
}

/* ---- the file ---- */

status
journal_open(const char *path, const char *worker, struct journal_writer **out)
{
    struct journal_writer *w = NULL;
    struct text lock = {0};
    struct text id = {0};
    status st = OK;

    TRY(mem_new(1, sizeof *w, &w));
    w->fd = -1;
    w->size = -1;
    TRY(mem_text(path, &w->path));
    text_add(&lock, "%s.lock", path);
    text_json(&id, worker);
    TRY(text_status(&lock));
    TRY(text_status(&id));
    TRY(mem_text(lock.s, &w->lock));
    TRY(mem_text(id.s, &w->worker));
    w->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    ENSURE(w->fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
    *out = w;
    w = NULL;
out:
    text_free(&id);
    text_free(&lock);
    journal_close(w);
    return st;
}

void journal_expect(struct journal_writer *w, size_t size)
{
    w->size = (off_t)size;
}

static status sync_file(struct journal_writer *w)
{
    status st = OK;

    /* some file systems have no fsync for this kind of file */
    ENSURE(fsync(w->fd) == 0 || errno == EINVAL || errno == EROFS, ERR_FILE,
           "%s: %s", w->path, strerror(errno));
    w->synced = clock_s();
    w->dirty = false;
out:
    return st;
}

void journal_close(struct journal_writer *w)
{
    if (!w)
        return;
    if (w->dirty)
        (void)sync_file(w);
    if (w->fd >= 0)
        (void)close(w->fd);
    text_free(&w->pending);
    mem_free(w->worker);
    mem_free(w->lock);
    mem_free(w->path);
    mem_free(w);
}

/* Size without a torn last line, which is cut off. */
static status whole_lines(const struct journal_writer *w, off_t *size)
{
    struct stat sb;
    char c = '\n';
    status st = OK;

    ENSURE(fstat(w->fd, &sb) == 0, ERR_FILE, "%s: %s", w->path,
           strerror(errno));
    ENSURE(w->size < 0 || w->size == sb.st_size, ERR_RUN,
           "%s: another program writes to it (%lld bytes, %lld expected); let "
           "one search at a time go on with it",
           w->path, (long long)sb.st_size, (long long)w->size);
    off_t good = sb.st_size;
    for (; good > 0; good--) {
        ENSURE(pread(w->fd, &c, 1, good - 1) == 1, ERR_FILE, "%s: %s", w->path,
               strerror(errno));
        if (c == '\n')
            break;
    }
    if (good < sb.st_size)
        ENSURE(ftruncate(w->fd, good) == 0, ERR_FILE,
               "%s: cannot cut off its torn last line: %s", w->path,
               strerror(errno));
    *size = good;
out:
    return st;
}

/* All bytes, or the cause (errno). */
static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static status append(struct journal_writer *w)
{
    off_t before = 0;
    status st = OK;

    TRY(whole_lines(w, &before));
    int cause = write_all(w->fd, w->pending.s, w->pending.len);
    if (cause != 0)
        (void)!ftruncate(w->fd, before);
    ENSURE(cause == 0, ERR_FILE, "%s: %s", w->path, strerror(cause));
    w->size = before + (off_t)w->pending.len;
    w->dirty = true;
    if (clock_s() - w->synced >= SYNC_S)
        TRY(sync_file(w));
out:
    return st;
}

status journal_flush(struct journal_writer *w)
{
    status st = OK;

    TRY(text_status(&w->pending));
    if (w->pending.len == 0)
        goto out;
    TRY(take_lock(w));
    st = append(w);
    remove_lock(w);
    if (st == OK)
        text_free(&w->pending);
out:
    return st;
}

/* ---- records ---- */

static void begin(struct journal_writer *w, int op)
{
    text_add(&w->pending, "{\"op_code\":%d,\"worker_id\":%s", op, w->worker);
}

static void end(struct journal_writer *w)
{
    text_add(&w->pending, "}\n");
}

static void put_id(struct journal_writer *w, const char *key, int64_t id)
{
    text_add(&w->pending, ",\"%s\":%lld", key, (long long)id);
}

/* Python's words for what JSON cannot say. */
static void put_number(struct journal_writer *w, double v)
{
    if (isnan(v))
        text_add(&w->pending, "NaN");
    else if (isinf(v))
        text_add(&w->pending, v > 0 ? "Infinity" : "-Infinity");
    else
        text_double(&w->pending, v);
}

static void put_now(struct journal_writer *w, const char *key)
{
    char now[CLOCK_TEXT];

    clock_text(now);
    text_add(&w->pending, ",\"%s\":\"%s\"", key, now);
}

static void put_attr(struct journal_writer *w,
                     const char *map,
                     const char *key,
                     const char *json)
{
    text_add(&w->pending, ",\"%s\":{", map);
    text_json(&w->pending, key);
    text_add(&w->pending, ":%s}", json);
}

void journal_create_study(struct journal_writer *w,
                          const char *name,
                          bool maximise)
{
    begin(w, 0);
    text_add(&w->pending, ",\"study_name\":");
    text_json(&w->pending, name);
    text_add(&w->pending, ",\"directions\":[%d]", maximise ? 2 : 1);
    end(w);
}

void journal_study_attr(struct journal_writer *w,
                        int64_t study,
                        bool system,
                        const char *key,
                        const char *json)
{
    begin(w, system ? 3 : 2);
    put_id(w, "study_id", study);
    put_attr(w, system ? "system_attr" : "user_attr", key, json);
    end(w);
}

void journal_start_trial(struct journal_writer *w, int64_t study)
{
    begin(w, 4);
    put_id(w, "study_id", study);
    put_now(w, "datetime_start");
    end(w);
}

void journal_take_trial(struct journal_writer *w, int64_t trial)
{
    begin(w, 6);
    put_id(w, "trial_id", trial);
    put_id(w, "state", TRIAL_RUNNING);
    text_add(&w->pending, ",\"values\":null");
    put_now(w, "datetime_start");
    end(w);
}

void journal_param(struct journal_writer *w,
                   int64_t trial,
                   const struct space_param *param,
                   double x)
{
    struct text dist = {0};

    space_text(param, &dist);
    begin(w, 5);
    put_id(w, "trial_id", trial);
    text_add(&w->pending, ",\"param_name\":");
    text_json(&w->pending, param->name);
    text_add(&w->pending, ",\"param_value_internal\":");
    if (param->kind == SPACE_CATEGORICAL)
        text_add(&w->pending, "%d", (int)x);
    else
        put_number(w, x);
    text_add(&w->pending, ",\"distribution\":");
    text_json(&w->pending, text_status(&dist) == OK ? dist.s : "");
    end(w);
    if (text_status(&dist) != OK)
        w->pending.st = text_status(&dist);
    text_free(&dist);
}

void journal_report(struct journal_writer *w,
                    int64_t trial,
                    int64_t step,
                    double value)
{
    begin(w, 7);
    put_id(w, "trial_id", trial);
    put_id(w, "step", step);
    text_add(&w->pending, ",\"intermediate_value\":");
    put_number(w, value);
    end(w);
}

void journal_trial_attr(struct journal_writer *w,
                        int64_t trial,
                        bool system,
                        const char *key,
                        const char *json)
{
    begin(w, system ? 9 : 8);
    put_id(w, "trial_id", trial);
    put_attr(w, system ? "system_attr" : "user_attr", key, json);
    end(w);
}

void journal_rung(struct journal_writer *w,
                  int64_t trial,
                  uint32_t rung,
                  double value)
{
    struct text v = {0};
    char key[32];

    (void)snprintf(key, sizeof key, "completed_rung_%u", rung);
    text_double(&v, value);
    journal_trial_attr(w, trial, true, key,
                       text_status(&v) == OK ? v.s : "null");
    text_free(&v);
}

void journal_end_trial(struct journal_writer *w,
                       int64_t trial,
                       enum trial_state state,
                       double value)
{
    if (state == TRIAL_COMPLETE && isnan(value))
        state = TRIAL_FAIL;
    begin(w, 6);
    put_id(w, "trial_id", trial);
    put_id(w, "state", (int64_t)state);
    text_add(&w->pending, ",\"values\":");
    if (state == TRIAL_FAIL || isnan(value)) {
        text_add(&w->pending, "null");
    } else {
        text_add(&w->pending, "[");
        put_number(w, value);
        text_add(&w->pending, "]");
    }
    put_now(w, "datetime_complete");
    end(w);
}
