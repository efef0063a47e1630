#ifndef APP_DATA_CURL_H
#define APP_DATA_CURL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/status.h"

/* One transfer by curl as a process of its own: no shell, no .curlrc. */

struct curl_job {
    const char *program; /* "curl" */
    const char *url;
    bool plain_http; /* allow http:// here and in redirections */
    int fd;          /* where the bytes are added; a lock on it is inherited */
    uint64_t from;   /* bytes there already: ask for the rest */
    int64_t most;    /* bytes the file may come to; -1: any */
    int64_t stall_s; /* give up after so long without a byte */
    struct progress *progress; /* in MB */
};

enum curl_end {
    CURL_DONE,      /* curl says that all has come */
    CURL_NO_RANGE,  /* the server does not send a part of a file */
    CURL_TRANSIENT, /* another try can help: time-out, cut, 5xx */
    CURL_REFUSED,   /* it cannot: 4xx, certificate, no such file */
    CURL_TOO_LONG,  /* more than `most` bytes */
    CURL_NO_ROOM    /* the bytes could not be written */
};

/* *why: one line in words when the end is not CURL_DONE. ERR_FILE: no such
 * program. STOPPED: a signal asked for it. ERR_RUN. */
enum { CURL_WHY = 400 };
status
curl_run(const struct curl_job *job, enum curl_end *end, char why[CURL_WHY]);

/* Catch SIGINT, SIGTERM and SIGHUP from now on; was there one? */
void curl_catch_signals(void);
bool curl_stopped(void);

#endif
