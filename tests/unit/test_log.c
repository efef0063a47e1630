#include <fcntl.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include "check.h"
#include "tmp.h"

static char dir[TMP_PATH];
static char path[TMP_PATH];
static char err_path[TMP_PATH];
static int saved_stderr = -1;

static int setup(void **state)
{
    (void)state;
    tmp_make(dir);
    (void)tmp_path(dir, "run.jsonl", path);
    (void)tmp_path(dir, "stderr", err_path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static void catch_stderr(void)
{
    int fd = open(err_path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    (void)close(fd);
}

/* What went to stderr since; caller frees with mem_free. */
static char *caught(void)
{
    char *s = NULL;
    size_t n = 0;

    assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
    (void)close(saved_stderr);
    assert_ok(file_read(err_path, 1 << 20, &s, &n));
    return s;
}

/* The lines of run.jsonl as one JSON array. */
static struct json *events(void)
{
    struct text t = {0};
    struct json *j = NULL;
    char *s = NULL;
    size_t n = 0;

    assert_ok(file_read(path, 1 << 20, &s, &n));
    assert_true(n > 0 && s[n - 1] == '\n');
    text_add(&t, "[");
    for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n"))
        text_add(&t, "%s%s", t.len > 1 ? "," : "", line);
    text_add(&t, "]");
    assert_ok(json_parse(t.s, t.len, "run.jsonl", &j));
    mem_free(s);
    text_free(&t);
    return j;
}

static const char *member(const struct json *j, size_t i, const char *key)
{
    return json_text(json_get(json_at(j, i), key));
}

static const struct json *value(const struct json *j, size_t i)
{
    return json_get(json_at(j, i), "value");
}

static void events_are_json_lines(void **state)
{
    struct json *j = NULL;

    (void)state;
    assert_ok(log_open(path, true));
    LOG_TEXT("run.start", -1, "a \"quoted\"\n\x01 text");
    LOG_F64("train.loss", 3, 0.1);
    LOG_F64("train.loss", 4, -1.0 / 0.0);
    LOG_F64("train.loss", 5, 0.0 / 0.0);
    LOG_I64("big", 0, INT64_MIN);
    log_close();
    assert_ok(log_open(path, true)); /* goes on in the file */
    assert_true(log_events(false));
    LOG_I64("dropped", -1, 1);
    assert_false(log_events(true));
    LOG_I64("run.stop", -1, 1);
    log_close();
    LOG_I64("lost", -1, 1); /* nowhere */
    j = events();
    assert_int_equal(json_len(j), 6);
    assert_string_equal(member(j, 0, "event"), "start");
    assert_string_equal(member(j, 0, "key"), "run.start");
    assert_string_equal(json_text(value(j, 0)), "a \"quoted\"\n\x01 text");
    assert_null(json_get(json_at(j, 0), "step"));
    assert_non_null(strstr(member(j, 0, "at"), "tests/unit/test_log.c:"));
    assert_true(json_f64(json_get(json_at(j, 0), "time"), 0) > 1.6e9);
    assert_string_equal(member(j, 1, "event"), "point");
    assert_true(json_f64(value(j, 1), 0) == 0.1);
    assert_int_equal(json_i64(json_get(json_at(j, 1), "step"), -1), 3);
    assert_string_equal(json_text(value(j, 2)), "-inf");
    assert_string_equal(json_text(value(j, 3)), "nan");
    assert_true(json_i64(value(j, 4), 0) == INT64_MIN);
    assert_string_equal(member(j, 5, "event"), "stop");
    json_free(j);
    assert_int_equal(remove(path), 0);
}

static void long_texts_are_cut_between_characters(void **state)
{
    struct text t = {0};
    struct json *j = NULL;

    (void)state;
    text_add(&t, "xy");
    for (int i = 0; i < 5000; i++)
        text_add(&t, "\xe2\x82\xac"); /* three bytes */
    assert_ok(log_open(path, true));
    for (int shift = 0; shift < 3; shift++) /* the cut falls everywhere */
        LOG_TEXT("long", -1, t.s + shift);
    log_close();
    j = events(); /* strict UTF-8, or this fails */
    assert_int_equal(json_len(j), 3);
    assert_true(strlen(json_text(value(j, 0))) > 2900);
    json_free(j);
    text_free(&t);
    assert_int_equal(remove(path), 0);
}

static void people_read_stderr(void **state)
{
    struct json *j = NULL;
    char *s = NULL;

    (void)state;
    assert_ok(log_open(path, false));
    catch_stderr();
    log_info("read %d rows", 7);
    log_warn("%s looks odd", "it");
    s = caught();
    assert_string_equal(s, "read 7 rows\nwarning: it looks odd\n");
    mem_free(s);
    log_close();
    assert_ok(log_open(path, true));
    catch_stderr();
    log_info("silent");
    log_warn("silent too");
    s = caught();
    assert_string_equal(s, "");
    mem_free(s);
    log_close();
    j = events();
    assert_int_equal(json_len(j), 2);
    assert_string_equal(member(j, 0, "key"), "warning");
    assert_string_equal(json_text(value(j, 1)), "silent too");
    json_free(j);
    assert_int_equal(remove(path), 0);
}

static void progress_is_plain_without_a_terminal(void **state)
{
    struct progress p;
    char *s = NULL;

    (void)state;
    catch_stderr();
    progress_start(&p, "pretrain", "item", 10, 20, true);
    progress_show(&p, 11, "loss 1.5"); /* too early for a line */
    p.start_s -= 50;
    p.last_s -= 50;
    progress_show(&p, 15, "loss 1.4");
    progress_show(&p, 16, "loss 1.3"); /* too early again */
    progress_end(&p, 20, "loss 1.2");
    progress_start(&p, "off", "item", 0, 20, false);
    p.last_s -= 50;
    progress_show(&p, 15, "");
    progress_end(&p, 20, "");
    s = caught();
    assert_string_equal(s, "pretrain 15/20  0.1 item/s  left 0:50  loss 1.4\n"
                           "pretrain 20/20  0.2 item/s  took 0:50  loss 1.2\n");
    mem_free(s);
}

static void refuses_bad_places(void **state)
{
    char bad[TMP_PATH];

    (void)state;
    assert_fails(log_open(dir, true), ERR_FILE, dir);
    assert_fails(log_open(tmp_path(dir, "no/run.jsonl", bad), true), ERR_FILE,
                 "no/run.jsonl: cannot be opened");
    assert_ok(log_open(NULL, true));
    assert_fails(log_open(NULL, true), ERR_BUG, "open already");
    log_close();
}

static void a_full_disk_is_said_once(void **state)
{
    char *s = NULL;

    (void)state;
    if (!file_exists("/dev/full"))
        skip();
    assert_ok(log_open("/dev/full", true));
    catch_stderr();
    LOG_I64("a", 0, 1);
    LOG_I64("b", 0, 1);
    log_close();
    s = caught();
    assert_string_equal(s, "warning: the event file cannot be written (No "
                           "space left on device); the run goes on without "
                           "it\n");
    mem_free(s);
}

/* The date as the date program writes it, to the second or the one after. */
static void time_of_day(void **state)
{
    char now[CLOCK_TEXT];
    char want[64] = "";
    FILE *date;

    (void)state;
    for (int i = 0; i < 3; i++) {
        date = popen("date -u +%Y-%m-%dT%H:%M:%S", "r");
        assert_non_null(date);
        assert_non_null(fgets(want, sizeof want, date));
        (void)pclose(date);
        clock_text(now);
        if (memcmp(now, want, 19) == 0)
            break; /* no new second began in between */
    }
    assert_memory_equal(now, want, 19);
    assert_int_equal(strlen(now), 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_of_day),
        cmocka_unit_test(events_are_json_lines),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(people_read_stderr),
        cmocka_unit_test(progress_is_plain_without_a_terminal),
        cmocka_unit_test(refuses_bad_places),
        cmocka_unit_test(a_full_disk_is_said_once),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
