#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/* Errors. One list: the value is the exit status of the program, so batch
 * scripts can test it; README.md has the same table. An error starts with
 * ENSURE or status_fail (the text is what the user reads, one line), passes
 * through TRY (which adds file:line to a trail shown with --verbose) and ends
 * in main. The trail belongs to the thread; team_run carries it home. */

typedef enum status {
    OK = 0,
    ERR_BUG = 1,      /* a programming error in the suite */
    ERR_USAGE = 2,    /* command line */
    ERR_CONF = 3,     /* configuration: unknown key, type, range */
    ERR_FILE = 4,     /* missing, unreadable, unwritable, full disk */
    ERR_DATA = 5,     /* the content of an input is wrong */
    ERR_MEM = 6,      /* too little memory for the plan, or malloc failed */
    ERR_RUN = 7,      /* run folder in use, or resume with another identity */
    ERR_NUMERIC = 8,  /* not a number, probe or digest mismatch */
    ERR_COMM = 9,     /* MPI failed, or ranks disagree */
    ERR_PEER = 10,    /* another rank failed (its text is shown) */
    ERR_GATE = 11,    /* a gate failed; lists that are not the published */
    ERR_PARTIAL = 12, /* finished, but some rows were bad (listed) */
    STOPPED = 75      /* stopped at a checkpoint, run again (EX_TEMPFAIL) */
} status;

#if defined(__GNUC__)
    #define FMCIB_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
    #define FMCIB_PRINTF(a, b)
#endif

/* Start an error: formats the user's text, replaces any former trail.
 * Returns code. */
status
status_fail(status code, const char *file, int line, const char *fmt, ...)
    FMCIB_PRINTF(4, 5);

/* Put words in front of the text of the present error ("row 7: ..."). */
void status_prefix(const char *fmt, ...) FMCIB_PRINTF(1, 2);
/* And behind it. */
void status_suffix(const char *fmt, ...) FMCIB_PRINTF(1, 2);

/* One more step of the way an error took. */
void trail_add(status code, const char *file, int line, const char *call);

/* The user's text of the present error, "" when there is none; and the whole
 * way it took, several lines. Valid until the next error of this thread. */
const char *status_text(void);
const char *trail_text(void);

/* Copy of the trail to carry it to another thread or rank. */
enum { TRAIL_SIZE = 4096 };
struct trail {
    char text[TRAIL_SIZE]; /* what the user reads */
    char way[TRAIL_SIZE];  /* file:line list */
};
void trail_save(struct trail *out);
void trail_load(const struct trail *in);

/* Short name of a code, e.g. "ERR_DATA". */
const char *status_name(status code);

/* Pass an error on. The function has a `status st` and a label `out`. */
#define TRY(call)                                                              \
    do {                                                                       \
        if ((st = (call)) != OK) {                                             \
            trail_add(st, __FILE__, __LINE__, #call);                          \
            goto out;                                                          \
        }                                                                      \
    } while (0)

/* Demand a condition of data, files or configuration. Never compiled out. */
#define ENSURE(cond, code, ...)                                                \
    do {                                                                       \
        if (!(cond)) {                                                         \
            st = status_fail((code), __FILE__, __LINE__, __VA_ARGS__);         \
            goto out;                                                          \
        }                                                                      \
    } while (0)

/* A programming error: prints the place and the trail, ends the process
 * (abort, so mpirun ends all ranks). Never compiled out. */
#define BUG_IF(cond)                                                           \
    do {                                                                       \
        if (cond)                                                              \
            status_bug(__FILE__, __LINE__, #cond);                             \
    } while (0)
_Noreturn void status_bug(const char *file, int line, const char *cond);

#endif
