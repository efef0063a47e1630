/* Starting without mpirun, and under what looks like Slurm. MPI starts once
 * per process, so each case is a child. */
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "par/par.h"

/* In the child: 0 = started alone, 3 = refused with the right words. */
static int start_alone(void)
{
    struct par *p = NULL;
    int argc = 0;
    char **argv = NULL;
    bool any = false;
    status st = par_start(&argc, &argv, &p);

    if (st == ERR_COMM && strstr(status_text(), "srun --mpi=pmix"))
        return 3;
    if (st != OK || par_size(p) != 1 || par_rank(p) != 0)
        return 4;
    if (par_any(p, true, &any) != OK || !any)
        return 5;
    par_stop(p);
    return 0;
}

static const char *const ours[] = {
    "SLURM_NTASKS",        "SLURM_STEP_NUM_TASKS", "SLURM_STEP_ID",
    "SLURM_STEPID",        "SLURM_SRUN_COMM_HOST", "SLURM_PROCID",
    "OMPI_COMM_WORLD_SIZE"};

static int child(const char *const (*env)[2])
{
    pid_t pid = fork();
    int state = 0;

    if (pid == 0) {
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            (void)unsetenv(ours[i]);
        for (int i = 0; env && env[i][0]; i++)
            if (setenv(env[i][0], env[i][1], 1) != 0)
                _exit(6);
        exit(start_alone());
    }
    assert_true(pid > 0 && waitpid(pid, &state, 0) == pid);
    return WIFEXITED(state) ? WEXITSTATUS(state) : 100;
}

static void test_singleton(void **state)
{
    (void)state;
    assert_int_equal(child(NULL), 0);
}

static void test_step_of_singletons(void **state)
{
    static const char *const step[][2] = {{"SLURM_NTASKS", "4"},
                                          {"SLURM_STEP_NUM_TASKS", "4"},
                                          {"SLURM_PROCID", "0"},
                                          {NULL, NULL}};
    static const char *const plain[][2] = {
        {"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "2"}, {NULL, NULL}};

    (void)state;
    assert_int_equal(child(step), 3);
    assert_int_equal(child(plain), 3);
}

static void test_alone_on_purpose(void **state)
{
    static const char *const batch[][2] = {{"SLURM_NTASKS", "4"},
                                           {"SLURM_PROCID", "0"},
                                           {"SLURM_JOB_ID", "7"},
                                           {NULL, NULL}};
    static const char *const one[][2] = {{"SLURM_NTASKS", "4"},
                                         {"SLURM_STEP_NUM_TASKS", "1"},
                                         {"SLURM_STEP_ID", "0"},
                                         {NULL, NULL}};

    (void)state;
    assert_int_equal(child(batch), 0);
    assert_int_equal(child(one), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_singleton),
        cmocka_unit_test(test_step_of_singletons),
        cmocka_unit_test(test_alone_on_purpose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
