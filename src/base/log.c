/* Lines are put together in a buffer on the stack and written with one call:
 * a killed process leaves whole lines, and nothing allocates. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_MAX_BYTES = 4096 };

/* The one sink of the process (HOUSE: no globals but this and the trail). */
static struct {
    int fd;
    bool open;
    bool quiet;
    bool failed;       /* a write failed, said once */
    bool muted;        /* no events */
    bool line_is_open; /* a progress line without its line feed */
} sink = {.fd = -1};

double clock_s(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

status log_open(const char *json_path, bool quiet)
{
    status st = OK;

    ENSURE(!sink.open, ERR_BUG, "the log is open already");
    if (json_path) {
        sink.fd =
            open(json_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        ENSURE(sink.fd >= 0, ERR_FILE, "%s: cannot be opened for writing: %s",
               json_path, strerror(errno));
    }
    sink.quiet = quiet;
    sink.failed = false;
    sink.muted = false;
    sink.open = true;
out:
    return st;
}

bool log_events(bool on)
{
    bool was = !sink.muted;

    sink.muted = !on;
    return was;
}

void log_close(void)
{
    if (sink.fd >= 0 && close(sink.fd) != 0 && !sink.failed)
        (void)fprintf(stderr, "fmcib: event file: %s\n", strerror(errno));
    sink.fd = -1;
    sink.open = false;
    sink.quiet = false;
}

static void put_people(const char *tag, const char *fmt, va_list ap)
{
    char line[LINE_MAX_BYTES];
    int n;

    if (sink.quiet)
        return;
    n = vsnprintf(line, sizeof line, fmt, ap);
    (void)fprintf(stderr, "%s%s%s\n", sink.line_is_open ? "\r\033[K" : "", tag,
                  n < 0 ? fmt : line);
    sink.line_is_open = false;
}

void log_info(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_people("", fmt, ap);
    va_end(ap);
}

void log_warn(const char *fmt, ...)
{
    char text[LINE_MAX_BYTES / 2];
    va_list ap;

    va_start(ap, fmt);
    put_people("warning: ", fmt, ap);
    va_end(ap);
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    LOG_TEXT("warning", -1, text);
}

static bool ends_in(const char *s, const char *tail)
{
    size_t n = strlen(s);
    size_t m = strlen(tail);

    return n >= m && strcmp(s + n - m, tail) == 0;
}

static const char *event_of(const char *key)
{
    if (ends_in(key, ".start"))
        return "start";
    return ends_in(key, ".stop") ? "stop" : "point";
}

static void write_line(const char *line, size_t len)
{
    while (len) {
        ssize_t n = write(sink.fd, line, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (!sink.failed)
                (void)fprintf(stderr,
                              "warning: the event file cannot be written (%s); "
                              "the run goes on without it\n",
                              strerror(errno));
            sink.failed = true;
            return;
        }
        line += n;
        len -= (size_t)n;
    }
}

/* value is JSON already. */
static void put_event(const char *file,
                      int line,
                      const char *key,
                      int64_t step,
                      const char *value)
{
    char buf[LINE_MAX_BYTES];
    struct timespec ts;
    char at_step[40] = "";
    int n;

    if (sink.fd < 0 || sink.muted)
        return;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    if (step >= 0)
        (void)snprintf(at_step, sizeof at_step, "\"step\": %" PRId64 ", ",
                       step);
    n = snprintf(buf, sizeof buf,
                 "{\"time\": %lld.%03ld, \"event\": \"%s\", \"key\": \"%s\", "
                 "%s\"value\": %s, \"at\": \"%s:%d\"}\n",
                 (long long)ts.tv_sec, ts.tv_nsec / 1000000, event_of(key), key,
                 at_step, value, file, line);
    BUG_IF(n < 0 || (size_t)n >= sizeof buf); /* texts are cut before */
    write_line(buf, (size_t)n);
}

void log_event_f64(
    const char *file, int line, const char *key, int64_t step, double value)
{
    char v[40];

    if (isfinite(value))
        (void)snprintf(v, sizeof v, "%.17g", value);
    else
        (void)snprintf(v, sizeof v, "\"%s\"",
                       isnan(value) ? "nan"
                       : value < 0  ? "-inf"
                                    : "inf");
    put_event(file, line, key, step, v);
}

void log_event_i64(
    const char *file, int line, const char *key, int64_t step, int64_t value)
{
    char v[24];

    (void)snprintf(v, sizeof v, "%" PRId64, value);
    put_event(file, line, key, step, v);
}

/* As text_json, into a fixed buffer: what does not fit is cut, whole
 * characters only. */
static void json_fixed(const char *s, char *out, size_t size)
{
    size_t n = 0;

    out[n++] = '"';
    for (; *s && n + 8 < size; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\') {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            n += (size_t)snprintf(out + n, size - n, "\\u%04x", c);
        } else {
            out[n++] = (char)c;
        }
    }
    while (*s && n > 1 && ((unsigned char)*s & 0xc0) == 0x80) {
        s--; /* the cut fell inside a UTF-8 sequence */
        n--;
    }
    out[n++] = '"';
    out[n] = '\0';
}

void log_event_text(const char *file,
                    int line,
                    const char *key,
                    int64_t step,
                    const char *value)
{
    char v[LINE_MAX_BYTES - 1024];

    if (sink.fd < 0)
        return;
    json_fixed(value, v, sizeof v);
    put_event(file, line, key, step, v);
}

void progress_start(struct progress *p,
                    const char *what,
                    const char *unit,
                    int64_t first,
                    int64_t total,
                    bool on)
{
    *p = (struct progress){.what = what,
                           .unit = unit,
                           .total = total,
                           .first = first,
                           .start_s = clock_s(),
                           .terminal = isatty(STDERR_FILENO) == 1,
                           .on = on && !sink.quiet};
    p->last_s = p->start_s;
}

/* "1:02:03" or "2:03". */
static void put_time(char *out, size_t size, double s)
{
    long v = s < 0 || s > 1e8 ? 0 : (long)(s + 0.5);

    if (v >= 3600)
        (void)snprintf(out, size, "%ld:%02ld:%02ld", v / 3600, v / 60 % 60,
                       v % 60);
    else
        (void)snprintf(out, size, "%ld:%02ld", v / 60, v % 60);
}

static void put_progress(
    struct progress *p, int64_t done, const char *extra, double now, bool end)
{
    double passed = now - p->start_s;
    int64_t here = done - p->first;
    double rate = passed > 0 ? (double)here / passed : 0;
    char when[32];
    char line[512];

    if (end)
        put_time(when, sizeof when, passed);
    else
        put_time(when, sizeof when,
                 rate > 0 ? (double)(p->total - done) / rate : 0);
    (void)snprintf(line, sizeof line,
                   "%s %" PRId64 "/%" PRId64 "  %.3g %s/s  %s %s%s%s", p->what,
                   done, p->total, rate, p->unit,
                   end        ? "took"
                   : rate > 0 ? "left"
                              : "left ?",
                   when, extra && *extra ? "  " : "", extra ? extra : "");
    (void)fprintf(stderr, "%s%s%s", p->terminal ? "\r\033[K" : "", line,
                  p->terminal && !end ? "" : "\n");
    sink.line_is_open = p->terminal && !end;
    p->last_s = now;
}

void progress_show(struct progress *p, int64_t done, const char *extra)
{
    double now;

    if (!p->on)
        return;
    now = clock_s();
    if (now - p->last_s >= (p->terminal ? 0.1 : 10.0))
        put_progress(p, done, extra, now, false);
}

void progress_end(struct progress *p, int64_t done, const char *extra)
{
    if (p->on)
        put_progress(p, done, extra, clock_s(), true);
}

/* Years are counted from March, so that the leap day is the last of its year;
 * 400 years have 146,097 days, and 719,468 days lie between 0000-03-01 and
 * 1970-01-01. */
void clock_text(char out[CLOCK_TEXT])
{
    struct timespec now;
    long day;
    long sec;
    long era;
    long in_era;
    long year;
    long in_year;
    long month;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    day = (long)(now.tv_sec / 86400) + 719468;
    sec = (long)(now.tv_sec % 86400);
    era = day / 146097;
    in_era = day % 146097;
    year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    in_year = in_era - (365 * year + year / 4 - year / 100);
    month = (5 * in_year + 2) / 153;
    (void)snprintf(out, CLOCK_TEXT, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ld.%06ld",
                   era * 400 + year + (month >= 10),
                   month < 10 ? month + 3 : month - 9,
                   in_year - (153 * month + 2) / 5 + 1, sec / 3600,
                   sec / 60 % 60, sec % 60, now.tv_nsec / 1000);
}
