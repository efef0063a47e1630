#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Two places: stderr for people, run.jsonl for programs (one JSON object per
 * line: time, event, key, value, file:line). Clock, host, ranks and paths
 * live here and nowhere else. Only the rank that was given a file writes it;
 * only verbose or rank 0 writes to stderr. Not for use inside a step. */

/* quiet: nothing but errors on stderr. json_path NULL: no event file; an
 * existing one is added to (a resumed run goes on in it). ERR_FILE, ERR_BUG
 * when it is open already. Before log_open and after log_close lines for
 * people go to stderr and events nowhere. If writing fails later (disk full),
 * stderr says so once and the run goes on. */
status log_open(const char *json_path, bool quiet);
void log_close(void);

/* A line for people. Warnings are events too (key "warning"). */
void log_info(const char *fmt, ...) FMCIB_PRINTF(1, 2);
void log_warn(const char *fmt, ...) FMCIB_PRINTF(1, 2);

/* Events; key is a dotted name ("train.loss"). step -1 = none. "event" is
 * start or stop when the key ends in ".start" or ".stop", else point. A value
 * that is no number is written as the text "nan", "inf" or "-inf". */
#define LOG_F64(key, step, v)  log_event_f64(__FILE__, __LINE__, key, step, v)
#define LOG_I64(key, step, v)  log_event_i64(__FILE__, __LINE__, key, step, v)
#define LOG_TEXT(key, step, v) log_event_text(__FILE__, __LINE__, key, step, v)
void log_event_f64(
    const char *file, int line, const char *key, int64_t step, double value);
void log_event_i64(
    const char *file, int line, const char *key, int64_t step, int64_t value);
void log_event_text(const char *file,
                    int line,
                    const char *key,
                    int64_t step,
                    const char *value);

/* Events are written (true, as after log_open) or dropped; gives what was. For
 * work inside a work, whose steps are not the program's. */
bool log_events(bool on);

/* Progress on stderr: one line rewritten on a terminal, else a plain line at
 * most every 10 s. `extra` e.g. "loss 1.42". Shows done/total, items/s, time
 * left. progress_end leaves the last state as a plain line. */
struct progress {
    const char *what; /* "pretrain" */
    const char *unit; /* "item" */
    int64_t total;
    int64_t first; /* where this process began (resume) */
    double start_s;
    double last_s;
    bool terminal;
    bool on;
};
void progress_start(struct progress *p,
                    const char *what,
                    const char *unit,
                    int64_t first,
                    int64_t total,
                    bool on);
void progress_show(struct progress *p, int64_t done, const char *extra);
void progress_end(struct progress *p, int64_t done, const char *extra);

/* The time of day for a note, UTC, "2024-03-01T12:00:00.123456". Never part of
 * a digest. */
enum { CLOCK_TEXT = 128 };
void clock_text(char out[CLOCK_TEXT]);

/* Seconds of a monotonic clock. */
double clock_s(void);

#endif
