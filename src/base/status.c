/* The trail is one thread-local record: the first text stays, the way grows.
 * Nothing here allocates, so an out-of-memory error can be reported too. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local struct trail here;

static void way_add(const char *file, int line, const char *what)
{
    size_t n = strlen(here.way);

    if (n + 1 < sizeof here.way)
        (void)snprintf(here.way + n, sizeof here.way - n, "  %s:%d %.120s\n",
                       file, line, what);
}

status
status_fail(status code, const char *file, int line, const char *fmt, ...)
{
    struct trail old;
    va_list ap;

    trail_save(&old); /* an argument may be the text of the former error */
    here.way[0] = '\0';
    va_start(ap, fmt);
    (void)vsnprintf(old.text, sizeof old.text, fmt, ap);
    va_end(ap);
    memcpy(here.text, old.text, sizeof here.text);
    way_add(file, line, status_name(code));
    return code;
}

void status_prefix(const char *fmt, ...)
{
    char front[TRAIL_SIZE];
    char whole[TRAIL_SIZE];
    va_list ap;
    size_t n;

    va_start(ap, fmt);
    (void)vsnprintf(front, sizeof front, fmt, ap);
    va_end(ap);
    n = strlen(front);
    memcpy(whole, front, n);
    (void)snprintf(whole + n, sizeof whole - n, "%s", here.text);
    memcpy(here.text, whole, sizeof here.text);
}

void status_suffix(const char *fmt, ...)
{
    size_t n = strlen(here.text);
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(here.text + n, sizeof here.text - n, fmt, ap);
    va_end(ap);
}

void trail_add(status code, const char *file, int line, const char *call)
{
    (void)code;
    way_add(file, line, call);
}

const char *status_text(void)
{
    return here.text;
}

const char *trail_text(void)
{
    return here.way;
}

void trail_save(struct trail *out)
{
    *out = here;
}

void trail_load(const struct trail *in)
{
    here = *in;
}

const char *status_name(status code)
{
    switch (code) {
    case OK:
        return "OK";
    case ERR_BUG:
        return "ERR_BUG";
    case ERR_USAGE:
        return "ERR_USAGE";
    case ERR_CONF:
        return "ERR_CONF";
    case ERR_FILE:
        return "ERR_FILE";
    case ERR_DATA:
        return "ERR_DATA";
    case ERR_MEM:
        return "ERR_MEM";
    case ERR_RUN:
        return "ERR_RUN";
    case ERR_NUMERIC:
        return "ERR_NUMERIC";
    case ERR_COMM:
        return "ERR_COMM";
    case ERR_PEER:
        return "ERR_PEER";
    case ERR_GATE:
        return "ERR_GATE";
    case ERR_PARTIAL:
        return "ERR_PARTIAL";
    case STOPPED:
        return "STOPPED";
    }
    return "unknown";
}

_Noreturn void status_bug(const char *file, int line, const char *cond)
{
    (void)fprintf(stderr, "fmcib: bug at %s:%d: %s\n%s%s\n", file, line, cond,
                  here.text, here.way);
    abort();
}
