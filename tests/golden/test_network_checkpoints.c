/* Files of weights against checkpoints.json: good ones give every tensor and
 * value exactly; hostile ones end as their list says, in bounded memory and
 * time, and leave nothing behind. */
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/text.h"

#include "check.h"
#include "golden/checkpoints.h"
#include "golden/golden.h"
#include "store/state.h"
#include "tmp.h"

#if defined(__has_feature)
    #define CLANG_SANITIZED __has_feature(address_sanitizer)
#else
    #define CLANG_SANITIZED 0
#endif

/* The path [key, key, ...] as state.h names it. */
static char *joined(const struct json *path)
{
    struct text t = {0};

    text_put(&t, "", 0);
    for (size_t i = 0; i < json_len(path); i++) {
        const struct json *key = json_at(path, i);

        text_add(&t, "%s", i ? "/" : "");
        if (json_is_text(key))
            text_add(&t, "%s", json_text(key));
        else
            text_add(&t, "%lld", (long long)json_i64(key, -1));
    }
    assert_ok(text_status(&t));
    return t.s;
}

static void sha_of(struct state *s, size_t i, char hex[SHA256_HEX])
{
    const struct state_tensor *t = state_at(s, i);
    size_t size = t->len * state_type_size(t->type);
    struct state_reader r = {0};
    unsigned char *v = NULL;
    uint8_t sum[SHA256_SIZE];

    assert_ok(mem_raw(size, 1, &v));
    assert_ok(state_start(s, i, &r));
    assert_ok(state_next(&r, t->len / 2, v));
    assert_ok(state_next(&r, t->len - t->len / 2,
                         v + t->len / 2 * state_type_size(t->type)));
    state_stop(&r);
    assert_ok(sha256_of(v, size, sum));
    sha256_hex(sum, hex);
    mem_free(v);
}

static void same_tensor(struct state *s, const struct json *want)
{
    char *name = joined(json_get(want, "path"));
    const struct json *shape = json_get(want, "shape");
    int64_t i = state_find(s, name);
    const struct state_tensor *t = NULL;
    char hex[SHA256_HEX];

    if (i < 0)
        fail_msg("%s: no tensor %s", state_path(s), name);
    t = state_at(s, (size_t)i);
    assert_string_equal(state_type_name(t->type),
                        json_text(json_get(want, "dtype")));
    assert_int_equal(t->rank, json_len(shape));
    for (int k = 0; k < t->rank; k++)
        assert_int_equal(t->dim[k], json_i64(json_at(shape, (size_t)k), -1));
    sha_of(s, (size_t)i, hex);
    assert_string_equal(hex, json_text(json_get(want, "sha256")));
    mem_free(name);
}

static void same_value(const struct state *s, const struct json *want)
{
    char *name = joined(json_at(want, 0));
    const struct json *v = json_at(want, 1);
    struct text t = {0};
    bool found = false;

    if (json_is_text(v))
        text_add(&t, "%s", json_text(v));
    else if (json_is_null(v))
        text_add(&t, "None");
    else if (json_is_number(v) && json_i64(v, -1) == json_i64(v, -2))
        text_add(&t, "%lld", (long long)json_i64(v, 0));
    else if (json_is_number(v))
        text_double(&t, json_f64(v, 0));
    else
        text_add(&t, json_bool(v, false) ? "True" : "False");
    assert_ok(text_status(&t));
    for (size_t i = 0; i < state_values(s); i++) {
        const struct state_value *have = state_value(s, i);

        if (strcmp(have->name, name) != 0)
            continue;
        found = true;
        assert_string_equal(have->text, t.s);
    }
    if (!found)
        fail_msg("%s: no value %s", state_path(s), name);
    text_free(&t);
    mem_free(name);
}

static void good_files_give_exact_values(void **unused)
{
    struct json *j = checkpoints_json();
    const struct json *good = json_get(j, "good");
    size_t files = 0;
    size_t tensors = 0;
    size_t values = 0;

    (void)unused;
    for (size_t i = 0; i < json_len(good); i++, files++) {
        const struct json *g = json_at(good, i);
        const struct json *want = json_get(g, "tensors");
        const struct json *others = json_get(g, "other_values");
        struct state *s = NULL;

        assert_ok(state_open(checkpoint_path(g), &s));
        assert_int_equal(state_count(s), json_len(want));
        for (size_t k = 0; k < json_len(want); k++, tensors++)
            same_tensor(s, json_at(want, k));
        for (size_t k = 0; k < json_len(others); k++, values++)
            same_value(s, json_at(others, k));
        if (state_format(s) != STATE_SAFETENSORS)
            assert_int_equal(state_values(s), json_len(others));
        state_close(s);
    }
    golden_count("good files of weights", files, json_len(good), 32);
    (void)printf("exact: %zu tensors, %zu other values\n", tensors, values);
    json_free(j);
}

static void limit(int what, rlim_t most)
{
    struct rlimit r = {most, most};

    if (setrlimit(what, &r) != 0)
        _exit(98);
}

/* Address space the process has now. */
static size_t address_space(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    size_t pages = 0;
    char line[64] = "";

    if (f && fgets(line, sizeof line, f))
        pages = strtoul(line, NULL, 10);
    if (f)
        (void)fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* In a process of its own that may take 4 times the file and 16 MB more, 5 s,
 * and write nothing. 0: accepted, 1: refused with a reason, else wrong. */
static int open_in_child(const char *path, const char *dir, char *why)
{
    int fd[2];
    int rc = 0;
    pid_t child;
    ssize_t n;

    assert_int_equal(pipe(fd), 0);
    child = fork();
    if (child == 0) {
        struct state *s = NULL;
        uint64_t size = 0;
        status st = file_size(path, &size);

        if (st != OK || chdir(dir) != 0)
            _exit(97);
        limit(RLIMIT_CPU, 5);
        limit(RLIMIT_FSIZE, 0);
#if !defined(__SANITIZE_ADDRESS__) && !CLANG_SANITIZED
        limit(RLIMIT_AS, address_space() + 4 * size + (16 << 20));
#endif
        st = state_open(path, &s);
        if (st == OK)
            st = state_check(s);
        if (st != OK && write(fd[1], status_text(), strlen(status_text())) < 0)
            _exit(96);
        _exit(st == OK                                       ? 0
              : st == ERR_DATA && strlen(status_text()) > 10 ? 1
                                                             : 95);
    }
    (void)close(fd[1]);
    n = read(fd[0], why, 511);
    why[n > 0 ? n : 0] = '\0';
    (void)close(fd[0]);
    assert_int_equal(waitpid(child, &rc, 0), child);
    return WIFEXITED(rc) ? WEXITSTATUS(rc) : 200 + WTERMSIG(rc);
}

static void hostile_files_end_as_listed(void **unused)
{
    struct json *j = checkpoints_json();
    const struct json *hostile = json_get(j, "hostile");
    size_t ended[3] = {0};
    size_t wrong = 0;
    char dir[TMP_PATH];
    char why[512];

    (void)unused;
    tmp_make(dir);
    for (size_t i = 0; i < json_len(hostile); i++) {
        const struct json *h = json_at(hostile, i);
        const char *want = json_text(json_get(h, "expect"));
        int rc = open_in_child(checkpoint_path(h), dir, why);
        bool fits = (rc == 0 && want[0] != 'r') || (rc == 1 && want[0] != 'a');

        ended[want[0] == 'r' ? 0 : want[0] == 'e' ? 1 : 2]++;
        if (getenv("VERBOSE") || !fits)
            (void)printf("%s: %s, %d: %s (%s)\n", fits ? "fits" : "WRONG", want,
                         rc, why, json_text(json_get(h, "reason")));
        wrong += !fits;
    }
    golden_count("hostile files of weights", ended[0] + ended[1] + ended[2],
                 json_len(hostile), 149);
    (void)printf("to reject %zu, either %zu, to accept %zu; wrong %zu\n",
                 ended[0], ended[1], ended[2], wrong);
    assert_int_equal(wrong, 0);
    assert_int_equal(rmdir(dir), 0); /* nothing was written */
    json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_give_exact_values),
        cmocka_unit_test(hostile_files_end_as_listed),
    };

    return golden_run(tests);
}
