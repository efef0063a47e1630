#include "app/data_curl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_PROGRAM = 127, TICK_MS = 200, MAX_ARGS = 40, SAID = 2048 };

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
    caught = sig;
}

void curl_catch_signals(void)
{
    struct sigaction sa = {0};

    sa.sa_handler = on_signal;
    (void)sigemptyset(&sa.sa_mask);
    (void)sigaction(SIGINT, &sa, NULL);
    (void)sigaction(SIGTERM, &sa, NULL);
    (void)sigaction(SIGHUP, &sa, NULL);
}

bool curl_stopped(void)
{
    return caught != 0;
}

/* While it runs. */
struct attending {
    uint64_t size;
    double grown_s; /* when a byte came last */
    bool stalled;
    bool ended; /* by us */
    char text[SAID];
};

struct arguments {
    const char *v[MAX_ARGS];
    int n;
    char from[24];
    char stall[24];
};

static void add(struct arguments *a, const char *s)
{
    BUG_IF(a->n == MAX_ARGS - 1);
    a->v[a->n++] = s;
}

static void option(struct arguments *a, const char *name, const char *value)
{
    add(a, name);
    add(a, value);
}

static void make_arguments(const struct curl_job *job, struct arguments *a)
{
    const char *web = job->plain_http ? "=http,https" : "=https";
    bool local = strncmp(job->url, "file:", 5) == 0;

    (void)snprintf(a->from, sizeof a->from, "%" PRIu64, job->from);
    (void)snprintf(a->stall, sizeof a->stall, "%" PRId64, job->stall_s);
    add(a, job->program);
    add(a, "--disable"); /* no .curlrc; it must come first */
    add(a, "--globoff");
    add(a, "--silent");
    add(a, "--show-error");
    add(a, "--fail");
    add(a, "--location");
    option(a, "--max-redirs", "8");
    option(a, "--proto", local ? "=file" : web);
    option(a, "--proto-redir", web);
    option(a, "--connect-timeout", a->stall);
    option(a, "--write-out", "%{stderr}\nHTTP %{http_code}\n");
    if (job->from)
        option(a, "--continue-at", a->from);
    option(a, "--url", job->url);
    a->v[a->n] = NULL;
}

/* Between fork and exec: system calls only. */
static void become(const struct curl_job *job, char *const *argv, int said)
{
    struct rlimit most = {0};
    int nothing = open("/dev/null", O_RDONLY);

    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(job->fd, 1) < 0 ||
        dup2(said, 2) < 0 || getrlimit(RLIMIT_FSIZE, &most) != 0)
        _exit(NO_PROGRAM);
    (void)signal(SIGXFSZ, SIG_IGN); /* then curl says that it cannot write */
    /* one byte more than allowed shows that it is too long */
    if (job->most >= 0 && (rlim_t)job->most + 1 < most.rlim_cur) {
        most.rlim_cur = (rlim_t)job->most + 1;
        if (setrlimit(RLIMIT_FSIZE, &most) != 0)
            _exit(NO_PROGRAM);
    }
    (void)execvp(argv[0], argv);
    _exit(NO_PROGRAM);
}

static uint64_t size_of(int fd)
{
    struct stat sb;

    return fstat(fd, &sb) == 0 ? (uint64_t)sb.st_size : 0;
}

/* Ends curl when a stop was asked for, or no byte came for too long. */
static void watch(const struct curl_job *job, pid_t pid, struct attending *a)
{
    uint64_t size = size_of(job->fd);

    progress_show(job->progress, (int64_t)(size / 1000000), "");
    if (size != a->size) {
        a->size = size;
        a->grown_s = clock_s();
    }
    a->stalled |= clock_s() - a->grown_s > (double)job->stall_s;
    if ((a->stalled || curl_stopped()) && !a->ended) {
        (void)kill(pid, SIGTERM);
        a->ended = true;
    }
}

/* Read what curl says until it ends. */
static void
attend(const struct curl_job *job, pid_t pid, int said, struct attending *a)
{
    size_t len = 0;

    *a = (struct attending){.size = size_of(job->fd), .grown_s = clock_s()};
    for (;;) {
        struct pollfd p = {.fd = said, .events = POLLIN};
        char piece[512];
        ssize_t n = 0;

        watch(job, pid, a);
        if (poll(&p, 1, TICK_MS) <= 0)
            continue;
        n = read(said, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n && len < SAID - 1; i++)
            a->text[len++] = piece[i];
    }
}

/* What curl's manual says of its exit status, sorted by what helps. */
static enum curl_end sort_out(int code, int http)
{
    switch (code) {
    case 0:
        return CURL_DONE;
    case 33: /* no ranges */
    case 36: /* cannot resume */
        return CURL_NO_RANGE;
    case 22:
        return http >= 500 || http == 408 || http == 425 || http == 429
                   ? CURL_TRANSIENT
                   : CURL_REFUSED;
    case 23:
        return CURL_NO_ROOM;
    case 5:  /* proxy not found */
    case 6:  /* host not found */
    case 7:  /* no connection */
    case 16: /* HTTP/2 */
    case 18: /* cut short */
    case 28: /* time-out */
    case 35: /* TLS handshake cut */
    case 52: /* empty answer */
    case 55: /* send */
    case 56: /* receive */
    case 92: /* HTTP/2 stream */
    case 95: /* HTTP/3 */
        return CURL_TRANSIENT;
    default:
        return CURL_REFUSED;
    }
}

/* "curl: (22) The requested URL returned error: 404" without its head. */
static void copy_why(const char *said, char why[CURL_WHY])
{
    const char *s = strstr(said, "curl: (");
    size_t n = 0;

    s = s ? strstr(s, ") ") : NULL;
    s = s ? s + 2 : "curl gave no reason";
    while (s[n] && s[n] != '\n' && s[n] != '\r' && n < CURL_WHY - 1) {
        why[n] = s[n];
        if (s[n] < ' ' || s[n] > '~')
            why[n] = '?';
        n++;
    }
    why[n] = '\0';
}

static int http_of(const char *said)
{
    const char *s = strstr(said, "\nHTTP ");
    int v = 0;

    for (s = s ? s + 6 : ""; *s >= '0' && *s <= '9' && v < 1000; s++)
        v = 10 * v + (*s - '0');
    return v;
}

static status judge(const struct curl_job *job,
                    int how,
                    const struct attending *a,
                    enum curl_end *end,
                    char why[CURL_WHY])
{
    status st = OK;
    int code = WIFEXITED(how) ? WEXITSTATUS(how) : 0;
    int http = http_of(a->text);

    ENSURE(!curl_stopped(), STOPPED,
           "stopped; the same line goes on where it was");
    ENSURE(code != NO_PROGRAM, ERR_FILE,
           "%s: no such program on PATH; install the package curl",
           job->program);
    copy_why(a->text, why);
    *end = WIFEXITED(how) ? sort_out(code, http) : CURL_TRANSIENT;
    if (a->stalled)
        (void)snprintf(why, CURL_WHY, "no byte came for %" PRId64 " s",
                       job->stall_s);
    else if (!WIFEXITED(how))
        (void)snprintf(why, CURL_WHY, "curl was ended by signal %d",
                       WTERMSIG(how));
    if (http == 416) { /* with --continue-at curl takes it for the end */
        *end = CURL_NO_RANGE;
        (void)snprintf(why, CURL_WHY, "has not the bytes from %" PRIu64 " on",
                       job->from);
    }
    if (job->most >= 0 && size_of(job->fd) > (uint64_t)job->most) {
        *end = CURL_TOO_LONG;
        (void)snprintf(why, CURL_WHY,
                       "sends more than the %" PRId64 " bytes it should",
                       job->most);
    }
out:
    return st;
}

status
curl_run(const struct curl_job *job, enum curl_end *end, char why[CURL_WHY])
{
    status st = OK;
    struct arguments args = {.n = 0};
    char *argv[MAX_ARGS];
    int said[2] = {-1, -1};
    struct attending a = {0};
    int how = 0;
    pid_t pid;

    make_arguments(job, &args);
    memcpy(argv, args.v, sizeof argv); /* exec leaves them alone, lacks const */
    ENSURE(pipe2(said, O_CLOEXEC) == 0, ERR_RUN, "pipe: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        become(job, argv, said[1]);
    ENSURE(pid > 0, ERR_RUN, "%s cannot be started: %s", job->program,
           strerror(errno));
    (void)close(said[1]);
    said[1] = -1;
    attend(job, pid, said[0], &a);
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
        continue;
    TRY(judge(job, how, &a, end, why));
out:
    for (int i = 0; i < 2; i++)
        if (said[i] >= 0)
            (void)close(said[i]);
    return st;
}
