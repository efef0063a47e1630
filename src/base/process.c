/* posix_spawn, since fork is not safe beside an MPI library. Limits are set by
 * a shell that becomes the program: here they would bind this process too. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

extern char **environ;

enum {
    OUTPUT_MOST = 65536,
    NOT_FOUND = 127, /* of the shell */
    BEFORE = 6,      /* arguments before the program's own */
    TICK_MS = 20
};

/* Limits in the units of `ulimit`: blocks of 512 bytes, KiB. */
static const char script[] = "[ \"$1\" = 0 ] || ulimit -f \"$1\"; "
                             "[ \"$2\" = 0 ] || ulimit -v \"$2\"; "
                             "shift 2; exec \"$@\"";

struct child {
    pid_t pid;
    int out; /* its output comes here */
};

static status make_pipe(int ends[2])
{
    status st = OK;

    ENSURE(pipe(ends) == 0, ERR_RUN, "pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++)
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
out:
    return st;
}

static int spawn(char **argv, int out, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    int code = posix_spawn_file_actions_init(&files);

    if (code != 0)
        return code;
    code = posix_spawnattr_init(&attr);
    if (code == 0) {
        code = posix_spawn_file_actions_addopen(&files, 0, "/dev/null",
                                                O_RDONLY, 0);
        for (int fd = 1; fd <= 2 && code == 0; fd++)
            code = posix_spawn_file_actions_adddup2(&files, out, fd);
        /* a group of its own, so that its children end with it */
        if (code == 0)
            code = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
        if (code == 0)
            code = posix_spawn(pid, "/bin/sh", &files, &attr, argv, environ);
        (void)posix_spawnattr_destroy(&attr);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return code;
}

static status start(const struct process *p, struct child *out)
{
    status st = OK;
    char blocks[32];
    char kib[32];
    int ends[2] = {-1, -1};
    char **argv = NULL;
    const char *const before[BEFORE] = {"sh", "-c", script, "sh", blocks, kib};
    size_t n = 0;
    int code;

    while (p->argv[n])
        n++;
    (void)snprintf(blocks, sizeof blocks, "%llu",
                   (unsigned long long)(p->file_most + 511) / 512);
    (void)snprintf(kib, sizeof kib, "%llu",
                   (unsigned long long)(p->memory_most + 1023) / 1024);
    TRY(mem_new(BEFORE + n + 1, sizeof *argv, &argv));
    /* posix_spawn leaves the texts alone but lacks the const */
    memcpy(argv, before, sizeof before);
    memcpy(argv + BEFORE, p->argv, n * sizeof *argv);
    TRY(make_pipe(ends));
    code = spawn(argv, ends[1], &out->pid);
    ENSURE(code == 0, ERR_RUN, "%s: cannot be started: %s", p->argv[0],
           strerror(code));
    out->out = ends[0];
    ends[0] = -1;
out:
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    mem_free(argv);
    return st;
}

/* Read what there is; true at the end of the output. */
static bool drain(int fd, struct text *output)
{
    char piece[4096];
    struct pollfd f = {.fd = fd, .events = POLLIN};
    ssize_t n;

    if (poll(&f, 1, TICK_MS) <= 0)
        return false;
    n = read(fd, piece, sizeof piece);
    if (n < 0)
        return errno != EINTR;
    if (n > 0 && output->len < OUTPUT_MOST)
        text_put(output, piece, (size_t)n);
    return n == 0;
}

static status give_up(const struct process *p, const struct child *c, int *how)
{
    (void)kill(-c->pid, SIGKILL);
    (void)waitpid(c->pid, how, 0);
    return status_fail(ERR_RUN, __FILE__, __LINE__,
                       "%s: ran longer than %.0f s and was ended", p->argv[0],
                       p->limit_s);
}

/* Its output may end long before it does; a child of its own that lives on
 * may hold the output open. */
static status attend(const struct process *p,
                     const struct child *c,
                     struct text *output,
                     int *how)
{
    const struct timespec tick = {0, 1000000L};
    double end = clock_s() + p->limit_s;
    bool silent = false;
    bool gone = false;

    while (!silent || !gone) {
        if (!silent)
            silent = drain(c->out, output);
        else
            (void)nanosleep(&tick, NULL);
        gone = gone || waitpid(c->pid, how, WNOHANG) == c->pid;
        if (clock_s() > end)
            return gone ? OK : give_up(p, c, how);
    }
    return OK;
}

status process_run(const struct process *p, struct text *output, int *code)
{
    status st = OK;
    struct child c = {.pid = -1, .out = -1};
    int how = 0;

    TRY(start(p, &c));
    TRY(attend(p, &c, output, &how));
    *code = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    ENSURE(*code != NOT_FOUND, ERR_FILE,
           "%s: no such program on PATH; install it", p->argv[0]);
    TRY(text_status(output));
out:
    if (c.out >= 0)
        (void)close(c.out);
    return st;
}
