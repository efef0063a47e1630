#ifndef APP_DATA_FETCH_H
#define APP_DATA_FETCH_H

#include "base/text.h"

#include "store/manifest.h"

/* fmcib-data fetch: data_fetch.c (what is asked for), data_fetch_file.c (one
 * file), data_part.c (its .part). */

struct fetch_conf {
    const char *out;       /* files go to out/ID/PATH */
    const char *manifests; /* folder */
    const char *mirror;    /* "" or the prefix of ID/PATH, tried first */
    const char *curl;      /* program */
    bool offline;          /* the mirror and file:// only */
    bool plain_http;
    int64_t retries;
    double backoff_s;
    int64_t stall_s;
};

enum fetch_end { FETCH_CAME, FETCH_THERE, FETCH_UNPROVEN, FETCH_NO_ADDRESS };

/* Have the file at `path`: it is right already, or comes from the first
 * address that gives it. *said: what is to be told about it. ERR_NUMERIC: a
 * wrong file is there; ERR_FILE: no address gave it, or it could not be
 * written; ERR_RUN: another process fetches it; STOPPED. */
status fetch_file(const struct fetch_conf *conf,
                  const struct manifest *m,
                  const struct manifest_file *f,
                  const char *path,
                  enum fetch_end *end,
                  struct text *said);

#endif
