/* Torn and damaged files, resumed writing, the lock. The format itself is held
 * against Optuna's in tests/golden/test_search_journal.c. */
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#include "check.h"
#include "hpo/journal.h"
#include "tmp.h"

static char dir[TMP_PATH];
static char path[TMP_PATH];
static struct space_param param = {
    .name = "C", .kind = SPACE_FLOAT, .low = 1e-6, .high = 1e3, .log = true};

static int set_up(void **state)
{
    (void)state;
    tmp_make(dir);
    (void)tmp_path(dir, "journal.log", path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static void write_trials(int first, int n)
{
    struct journal_writer *w = NULL;
    assert_ok(journal_open(path, "test", &w));
    if (first == 0)
        journal_create_study(w, "s", true);
    for (int t = first; t < first + n; t++) {
        journal_start_trial(w, 0);
        journal_param(w, t, &param, 0.5 + t);
        journal_end_trial(w, t, TRIAL_COMPLETE, 0.25 * t);
    }
    assert_ok(journal_flush(w));
    journal_close(w);
}

static void check_trials(const struct journal *j, size_t n)
{
    const struct journal_study *s = journal_find(j, "s");
    assert_non_null(s);
    assert_true(s->maximise);
    assert_int_equal(s->n_trials, n);
    for (size_t t = 0; t < n; t++) {
        assert_int_equal(s->trials[t].state, TRIAL_COMPLETE);
        assert_true(s->trials[t].value == 0.25 * (double)t);
        assert_int_equal(s->trials[t].n_params, 1);
        assert_true(s->trials[t].params[0].x == 0.5 + (double)t);
        assert_true(s->trials[t].has_start && s->trials[t].has_end);
    }
}

/* Cut the file at every byte of its second half: what is read is a prefix,
 * and writing goes on as if the torn line had never been. */
static void torn_at_every_byte(void **state)
{
    (void)state;
    struct journal *j = NULL;
    char *all = NULL;
    size_t size = 0;

    write_trials(0, 3);
    assert_ok(file_read(path, 1u << 20, &all, &size));
    for (size_t cut = size / 2; cut < size; cut++) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(all, 1, cut, f), cut);
        assert_int_equal(fclose(f), 0);
        assert_ok(journal_read(path, &j));
        assert_int_equal(j->good_size + j->torn, cut);
        assert_int_equal(all[j->good_size - 1], '\n');
        assert_int_equal(j->torn > 0, all[cut - 1] != '\n');
        size_t have = j->studies[0].n_trials;
        journal_free(j);
        struct journal_writer *w = NULL;
        assert_ok(journal_open(path, "test", &w));
        journal_start_trial(w, 0);
        assert_ok(journal_flush(w));
        journal_close(w);
        assert_ok(journal_read(path, &j));
        assert_int_equal(j->torn, 0);
        assert_int_equal(j->studies[0].n_trials, have + 1);
        journal_free(j);
    }
    mem_free(all);
}

static void grows_over_several_openings(void **state)
{
    (void)state;
    struct journal *j = NULL;
    char lock[TMP_PATH];
    write_trials(0, 2);
    write_trials(2, 3);
    write_trials(5, 1);
    assert_ok(journal_read(path, &j));
    check_trials(j, 6);
    journal_free(j);
    assert_false(file_exists(tmp_path(dir, "journal.log.lock", lock)));
}

static void unflushed_is_dropped(void **state)
{
    (void)state;
    struct journal_writer *w = NULL;
    uint64_t size = 1;
    assert_ok(journal_open(path, "test", &w));
    journal_create_study(w, "s", true);
    journal_close(w);
    assert_ok(file_size(path, &size));
    assert_int_equal(size, 0);
}

static status parse(const char *text)
{
    struct journal *j = NULL;
    status st = journal_parse(text, strlen(text), "j.log", &j);
    journal_free(j);
    return st;
}

#define STUDY                                                                  \
    "{\"op_code\":0,\"worker_id\":\"w\",\"study_name\":\"s\","                 \
    "\"directions\":[2]}\n"
#define TRIAL "{\"op_code\":4,\"worker_id\":\"w\",\"study_id\":0}\n"

static void damage_is_named(void **state)
{
    (void)state;
    assert_ok(parse(""));
    assert_ok(parse(STUDY TRIAL));
    assert_fails(parse(STUDY "{\"op_code\":4,\"wor\n" TRIAL), ERR_DATA,
                 "j.log:2: ");
    assert_fails(parse(STUDY TRIAL "[1]\n"), ERR_DATA, "j.log:3: ");
    assert_fails(parse(STUDY "{\"op_code\":77}\n"), ERR_DATA, "newer Optuna");
    assert_fails(parse(STUDY "{}\n"), ERR_DATA, "op_code");
    assert_fails(parse(STUDY TRIAL "{\"op_code\":6,\"trial_id\":0,"
                                   "\"state\":9,\"values\":null}\n"),
                 ERR_DATA, "state 9");
    assert_fails(parse(STUDY TRIAL "{\"op_code\":5,\"trial_id\":0,"
                                   "\"param_name\":\"C\"}\n"),
                 ERR_DATA, "without name, value");
    assert_fails(parse("{\"op_code\":0}\n"), ERR_DATA, "without name");
    /* what does not exist is ignored, as Optuna does */
    assert_ok(parse(STUDY "{\"op_code\":6,\"trial_id\":5,\"state\":1}\n"
                          "{\"op_code\":4,\"study_id\":-1}\n"
                          "{\"op_code\":1,\"study_id\":3}\n"));
}

static void unwritable(void **state)
{
    (void)state;
    struct journal_writer *w = NULL;
    assert_fails(journal_open("/nonexistent/j.log", "w", &w), ERR_FILE,
                 "nonexistent");
    assert_fails(journal_open(dir, "w", &w), ERR_FILE, dir);
    assert_null(journal_attr(&(struct journal_attrs){0}, "x"));
}

/* A lock that somebody holds for a moment is waited for. */
static void waits_for_the_lock(void **state)
{
    (void)state;
    char lock[TMP_PATH];
    (void)tmp_path(dir, "journal.log.lock", lock);
    int fd = open(lock, O_CREAT | O_EXCL | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)usleep(200000);
        _exit(unlink(lock) != 0);
    }
    write_trials(0, 1);
    struct journal *j = NULL;
    assert_ok(journal_read(path, &j));
    check_trials(j, 1);
    journal_free(j);
    assert_false(file_exists(lock));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(torn_at_every_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(grows_over_several_openings, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(unflushed_is_dropped, set_up,
                                        tear_down),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test_setup_teardown(unwritable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_for_the_lock, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
