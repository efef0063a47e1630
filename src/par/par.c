/* Start, stop, agreement, and the collectives that are MPI's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#include "par/par_impl.h"

enum { BUCKET = 32 << 20, CHUNK = 1 << 30 };

/* Texts of MPI libraries may have several lines; ours have one. */
static void one_line(char *text)
{
    size_t n = strlen(text);

    while (n > 0 && (unsigned char)text[n - 1] <= ' ')
        text[--n] = '\0';
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
}

status par_mpi_fail(
    struct par *p, int rc, const char *file, int line, const char *what)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int len = 0;

    for (; p; p = p->up)
        p->broken = true;
    (void)MPI_Error_string(rc, text, &len);
    one_line(text);
    return status_fail(ERR_COMM, file, line, "MPI: %s: %s", what, text);
}

status par_grow(struct grown *g, size_t size)
{
    status st = OK;

    if (size <= g->size)
        return OK;
    mem_free(g->mem);
    g->mem = NULL;
    g->size = 0;
    TRY(mem_new(1, size, &g->mem));
    g->size = size;
out:
    return st;
}

static int64_t number_of(const char *name)
{
    const char *s = getenv(name);
    int64_t v = 0;

    return s && text_to_i64(s, &v) ? v : 0;
}

/* Is this process a task of an srun step? The batch script itself has the
 * job's variables, but none of a step, and is task 0. */
static bool in_step(void)
{
    return getenv("SLURM_STEP_ID") || getenv("SLURM_STEPID") ||
           getenv("SLURM_STEP_NUM_TASKS") || getenv("SLURM_SRUN_COMM_HOST") ||
           number_of("SLURM_PROCID") > 0;
}

/* srun without a working PMI starts every task as a world of its own; a
 * program that the batch script or mpirun starts is alone on purpose. */
static status check_launch(int size)
{
    status st = OK;
    int64_t tasks =
        number_of(getenv("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS"
                                                 : "SLURM_NTASKS");
    bool mpirun = number_of("OMPI_COMM_WORLD_SIZE") == 1 ||
                  number_of("MPI_LOCALNRANKS") == 1;

    ENSURE(size > 1 || tasks <= 1 || mpirun || !in_step(), ERR_COMM,
           "srun started %lld tasks, but MPI sees each of them alone: start "
           "with srun --mpi=pmix (srun --mpi=list shows what there is)",
           (long long)tasks);
out:
    return st;
}

static status read_library(struct par *p)
{
    status st = OK;
    char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int len = 0;

    MPI_TRY(p, MPI_Get_library_version(text, &len), "library version");
    text[strcspn(text, "\r\n")] = '\0';
    one_line(text);
    (void)snprintf(p->library, sizeof p->library, "%.*s", LIBRARY_TEXT - 1,
                   text);
out:
    return st;
}

/* Two of our own, over the ranks of `of`. */
static status open_comms(struct par *p, MPI_Comm of)
{
    status st = OK;

    MPI_TRY(p, MPI_Comm_set_errhandler(of, MPI_ERRORS_RETURN), "error handler");
    MPI_TRY(p, MPI_Comm_rank(of, &p->rank), "rank");
    MPI_TRY(p, MPI_Comm_size(of, &p->size), "size");
    MPI_TRY(p, MPI_Comm_dup(of, &p->comm), "communicator");
    MPI_TRY(p, MPI_Comm_dup(of, &p->messages), "communicator");
    MPI_TRY(p, MPI_Comm_set_errhandler(p->comm, MPI_ERRORS_RETURN),
            "error handler");
    MPI_TRY(p, MPI_Comm_set_errhandler(p->messages, MPI_ERRORS_RETURN),
            "error handler");
out:
    return st;
}

static status par_memory(struct par *p)
{
    status st = OK;

    TRY(mem_new((size_t)p->size, sizeof *p->count, &p->count));
    TRY(mem_new((size_t)p->size, sizeof *p->place, &p->place));
    TRY(par_fold_new(&p->fold));
    TRY(par_parts_new(&p->sum));
out:
    return st;
}

/* Open MPI starts a daemon beside a lone process, in case it spawns others;
 * ours never do, and it costs a fifth of a second. Without the daemon all lone
 * processes of a machine have the same name, so they must not make folders
 * under it: one would remove what another makes. */
static void expect_alone(void)
{
    static const char *const launched[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK",
                                           "PMI_RANK", "PMI_FD"};

    for (size_t i = 0; i < sizeof launched / sizeof launched[0]; i++)
        if (getenv(launched[i]))
            return;
    (void)setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    (void)setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
}

status par_start(int *argc, char ***argv, struct par **out)
{
    status st = OK;
    struct par *p = NULL;
    int given = 0;
    int twice = 0;

    TRY(mem_new(1, sizeof *p, &p));
    p->comm = MPI_COMM_NULL;
    p->messages = MPI_COMM_NULL;
    p->bucket = BUCKET;
    MPI_TRY(p, MPI_Initialized(&twice), "start");
    BUG_IF(twice);
    expect_alone();
    MPI_TRY(p, MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &given),
            "start");
    p->started = true;
    TRY(open_comms(p, MPI_COMM_WORLD));
    TRY(read_library(p));
    TRY(check_launch(p->size));
    ENSURE(given >= MPI_THREAD_FUNNELED, ERR_COMM,
           "%s was built without support for threads", p->library);
    st = par_memory(p);
    TRY(par_agree(p, st));
    *out = p;
    p = NULL;
out:
    par_stop(p);
    return st;
}

status par_split(struct par *p, int group, struct par **out)
{
    status st = OK;
    struct par *sub = NULL;
    MPI_Comm comm = MPI_COMM_NULL;

    BUG_IF(group < 0);
    st = mem_new(1, sizeof *sub, &sub);
    TRY(par_agree(p, st));
    *sub = (struct par){.comm = MPI_COMM_NULL,
                        .messages = MPI_COMM_NULL,
                        .up = p,
                        .bucket = p->bucket};
    memcpy(sub->library, p->library, sizeof sub->library);
    MPI_TRY(p, MPI_Comm_split(p->comm, group, p->rank, &comm), "split");
    TRY(open_comms(sub, comm));
    st = par_memory(sub);
    TRY(par_agree(p, st));
    *out = sub;
    sub = NULL;
out:
    if (comm != MPI_COMM_NULL)
        (void)MPI_Comm_free(&comm);
    par_stop(sub);
    return st;
}

void par_stop(struct par *p)
{
    if (!p)
        return;
    if (p->started && p->broken)
        (void)MPI_Abort(MPI_COMM_WORLD, ERR_COMM);
    /* a broken part of the world goes down with it */
    if (p->comm != MPI_COMM_NULL && !p->broken)
        (void)MPI_Comm_free(&p->comm);
    if (p->messages != MPI_COMM_NULL && !p->broken)
        (void)MPI_Comm_free(&p->messages);
    if (p->started)
        (void)MPI_Finalize();
    par_fold_free(p->fold);
    mem_free(p->sum);
    mem_free(p->send.mem);
    mem_free(p->recv.mem);
    mem_free(p->nodes.mem);
    mem_free(p->slices.mem);
    mem_free(p->sources.mem);
    mem_free(p->requests.mem);
    mem_free(p->count);
    mem_free(p->place);
    mem_free(p);
}

status par_use_team(struct par *p, struct team *team)
{
    return par_fold_team(p->fold, team);
}

int par_rank(const struct par *p)
{
    return p->rank;
}

int par_size(const struct par *p)
{
    return p->size;
}

const char *par_library(const struct par *p)
{
    return p->library;
}

status par_share(struct par *p, int from, status code)
{
    status st = OK;
    struct trail trail;
    int word = (int)code;

    if (p->size > 1) {
        trail_save(&trail);
        MPI_TRY(p, MPI_Bcast(&word, 1, MPI_INT, from, p->comm), "agreement");
        MPI_TRY(p,
                MPI_Bcast(&trail, (int)sizeof trail, MPI_BYTE, from, p->comm),
                "agreement");
        trail_load(&trail);
    }
    st = (status)word;
out:
    return st;
}

status par_agree(struct par *p, status so_far)
{
    status st = OK;
    int lowest = so_far == OK ? p->size : p->rank;

    if (p->size > 1)
        MPI_TRY(
            p,
            MPI_Allreduce(MPI_IN_PLACE, &lowest, 1, MPI_INT, MPI_MIN, p->comm),
            "agreement");
    if (lowest < p->size)
        TRY(par_share(p, lowest, so_far));
out:
    return st;
}

status par_any(struct par *p, bool mine, bool *any)
{
    status st = OK;
    int word = mine;

    if (p->size > 1)
        MPI_TRY(
            p, MPI_Allreduce(MPI_IN_PLACE, &word, 1, MPI_INT, MPI_LOR, p->comm),
            "vote");
    *any = word != 0;
out:
    return st;
}

status par_bcast(struct par *p, void *bytes, size_t size, int root)
{
    status st = OK;
    char *at = bytes;

    if (p->size == 1)
        return OK;
    for (size_t done = 0; done < size; done += CHUNK) {
        size_t n = size - done < CHUNK ? size - done : CHUNK;

        MPI_TRY(p, MPI_Bcast(at + done, (int)n, MPI_BYTE, root, p->comm),
                "broadcast");
    }
out:
    return st;
}

static status
reduce_i64(struct par *p, const int64_t *in, size_t n, int64_t *out, MPI_Op op)
{
    status st = OK;
    const size_t step = CHUNK / sizeof *in;

    if (n > 0 && in != out)
        memmove(out, in, n * sizeof *out);
    if (p->size == 1)
        return OK;
    for (size_t done = 0; done < n; done += step) {
        size_t part = n - done < step ? n - done : step;

        MPI_TRY(p,
                MPI_Allreduce(MPI_IN_PLACE, out + done, (int)part, MPI_INT64_T,
                              op, p->comm),
                "integer reduction");
    }
out:
    return st;
}

status par_max_i64(struct par *p, const int64_t *in, size_t n, int64_t *out)
{
    return reduce_i64(p, in, n, out, MPI_MAX);
}

status par_sum_i64(struct par *p, const int64_t *in, size_t n, int64_t *out)
{
    return reduce_i64(p, in, n, out, MPI_SUM);
}

status par_allgather(struct par *p, const void *mine, size_t size, void *all)
{
    status st = OK;
    MPI_Datatype block = MPI_DATATYPE_NULL;

    if (size == 0)
        return OK;
    memmove((char *)all + (size_t)p->rank * size, mine, size);
    if (p->size == 1)
        return OK;
    BUG_IF(size > CHUNK);
    MPI_TRY(p, MPI_Type_contiguous((int)size, MPI_BYTE, &block), "gather");
    MPI_TRY(p, MPI_Type_commit(&block), "gather");
    MPI_TRY(p,
            MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, 1, block,
                          p->comm),
            "gather");
out:
    if (block != MPI_DATATYPE_NULL)
        (void)MPI_Type_free(&block);
    return st;
}

status par_barrier(struct par *p)
{
    status st = OK;

    if (p->size > 1)
        MPI_TRY(p, MPI_Barrier(p->comm), "barrier");
out:
    return st;
}
