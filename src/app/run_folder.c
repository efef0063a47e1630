#include "app/run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum { CLAIM_MAX = 4096, CONFIG_MAX = 1 << 20 };

struct owner {
    char host[128];
    char job[64];
    long pid;
    unsigned long long start; /* of the process, clock ticks since boot */
};

/* A process that runs: its start, 0 when there is none, or only its remains
 * (a zombie that nobody has waited for). Process numbers are used again, the
 * pair with the start is not. */
static unsigned long long process_start(long pid)
{
    char path[64];
    char line[1024] = "";
    unsigned long long start = 0;
    char state = 'X';
    const char *p;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    f = fopen(path, "r");
    if (!f)
        return 0;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    (void)fclose(f);
    p = strrchr(line, ')'); /* the name before it may hold anything */
    /* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers fit */
    if (p && sscanf(p,
                    ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                    "%*s %*s %*s %*s %*s %llu",
                    &state, &start) != 2)
        start = 0;
    return state == 'Z' || state == 'X' ? 0 : start;
}

static struct owner myself(void)
{
    struct owner me = {.host = "unknown", .pid = (long)getpid()};
    const char *job = getenv("SLURM_JOB_ID");

    (void)gethostname(me.host, sizeof me.host - 1);
    (void)snprintf(me.job, sizeof me.job, "%s", job ? job : "none");
    me.start = process_start(me.pid);
    return me;
}

/* May a claim that is there be taken over by us? */
static bool is_dead(const struct owner *them, const struct owner *me)
{
    if (strcmp(them->job, "none") != 0 && strcmp(them->job, me->job) == 0)
        return true;
    return strcmp(them->host, me->host) == 0 && me->start != 0 &&
           process_start(them->pid) != them->start;
}

static status read_claim(const char *path, struct owner *them)
{
    status st = OK;
    char *text = NULL;
    size_t len = 0;

    *them = (struct owner){.host = "?", .job = "?"};
    TRY(file_read(path, CLAIM_MAX, &text, &len));
    /* NOLINTNEXTLINE(cert-err34-c): a number that does not fit is not ours */
    if (sscanf(text, "host %127s job %63s pid %ld start %llu", them->host,
               them->job, &them->pid, &them->start) != 4)
        them->start = 0;
out:
    mem_free(text);
    return st;
}

static status claim(struct run *run, const char *path)
{
    status st = OK;
    struct owner me = myself();
    struct owner them = {0};
    int fd = -1;

    for (int attempt = 0; fd < 0 && attempt < 2; attempt++) {
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        ENSURE(fd >= 0 || errno == EEXIST, ERR_FILE, "%s: %s", path,
               strerror(errno));
        if (fd >= 0)
            break;
        TRY(read_claim(path, &them));
        ENSURE(attempt == 0 && is_dead(&them, &me), ERR_RUN,
               "%s: the folder is in use by process %ld of job %s on %s; take "
               "another --out, or, if that job is surely dead, remove %s",
               run->conf.out, them.pid, them.job, them.host, path);
        (void)unlink(path);
    }
    ENSURE(dprintf(fd, "host %s job %s pid %ld start %llu\n", me.host, me.job,
                   me.pid, me.start) > 0,
           ERR_FILE, "%s: cannot be written: %s", path, strerror(errno));
    run->claimed = true;
out:
    if (fd >= 0)
        (void)close(fd);
    return st;
}

/* config.yaml: written by the first run in the folder, compared by others. */
static status check_config(struct run *run)
{
    status st = OK;
    struct text mine = {0};
    struct text differs = {0};
    char *path = NULL;
    char *theirs = NULL;
    size_t len = 0;

    text_add(&mine, "# %s\n", run->program->name);
    conf_dump(run->settings, false, &mine);
    TRY(text_status(&mine));
    TRY(run_path(run, "config.yaml", &path));
    if (!file_exists(path)) {
        TRY(file_publish(path, mine.s, mine.len));
        run->fresh = true;
        goto out;
    }
    TRY(file_read(path, CONFIG_MAX, &theirs, &len));
    if (strcmp(theirs, mine.s) != 0) {
        bool found = conf_difference(theirs, mine.s, &differs);

        ENSURE(false, ERR_RUN,
               "%s: holds a run with another identity (%s); take another "
               "--out, or the configuration it was begun with",
               run->conf.out, found ? differs.s : "another program or version");
    }
    ENSURE(run->resume, ERR_RUN,
           "%s: holds this run already (id %.12s); add --resume to go on, or "
           "take another --out",
           run->conf.out, run->run_id);
out:
    mem_free(path);
    mem_free(theirs);
    text_free(&mine);
    text_free(&differs);
    return st;
}

status run_folder_claim(struct run *run)
{
    status st = OK;
    char *path = NULL;

    TRY(file_mkdirs(run->conf.out));
    TRY(run_path(run, "claim", &path));
    TRY(claim(run, path));
    TRY(file_sweep(run->conf.out));
    TRY(check_config(run));
out:
    mem_free(path);
    return st;
}

/* Is there nothing in the folder but what run_main makes? */
static bool is_bare(const struct run *run)
{
    static const char *const ours[] = {".", "..", "config.yaml", "run.jsonl",
                                       "claim"};
    DIR *dir = opendir(run->conf.out);
    struct dirent *e;
    bool bare = dir != NULL;

    while (dir && (e = readdir(dir)) != NULL) {
        bool known = false;

        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            known = known || strcmp(e->d_name, ours[i]) == 0;
        bare = bare && known;
    }
    if (dir)
        (void)closedir(dir);
    return bare;
}

static void drop(const struct run *run, const char *name)
{
    char *path = NULL;

    if (run_path(run, name, &path) == OK)
        (void)unlink(path);
    mem_free(path);
}

void run_folder_release(struct run *run, bool failed)
{
    if (!run->claimed)
        return;
    if (failed && run->fresh && is_bare(run)) {
        drop(run, "config.yaml");
        drop(run, "run.jsonl");
    }
    drop(run, "claim");
    if (failed && run->fresh)
        (void)rmdir(run->conf.out); /* only if it is empty */
    run->claimed = false;
}
