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
#include "store/match.h"
#include "store/state.h"
#include "tmp.h"

/* The address sanitizer's shadow does not fit below a limit. */
#if defined(__SANITIZE_ADDRESS__)
    #define BOUND_MEMORY 0
#elif defined(__has_feature)
    #define BOUND_MEMORY (!__has_feature(address_sanitizer))
#else
    #define BOUND_MEMORY 1
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
    golden_count("good files of weights", files, json_len(good),
                 json_len(good));
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
        if (BOUND_MEMORY)
            limit(RLIMIT_AS, address_space() + 4 * size + (16 << 20));
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
                 json_len(hostile), json_len(hostile));
    (void)printf("to reject %zu, either %zu, to accept %zu; wrong %zu\n",
                 ended[0], ended[1], ended[2], wrong);
    assert_int_equal(wrong, 0);
    assert_int_equal(rmdir(dir), 0); /* nothing was written */
    json_free(j);
}

/* ---- the tiny trunk and its heads -----------------------------------------
 */

enum { WANT_MAX = 256 };

struct tiny {
    struct match_want want[WANT_MAX];
    char name[WANT_MAX][64];
    size_t n, n_trunk;
};

static void want_add(struct tiny *t,
                     enum scheme_role role,
                     const char *name,
                     int rank,
                     const uint64_t *dim)
{
    struct match_want *w = &t->want[t->n];

    assert_true(t->n < WANT_MAX);
    (void)snprintf(t->name[t->n], sizeof t->name[0], "%s", name);
    *w = (struct match_want){.role = role, .bare = t->name[t->n], .rank = rank};
    memcpy(w->dim, dim, (size_t)rank * sizeof *dim);
    if (strstr(name, "num_batches"))
        w->kind = MATCH_COUNTER;
    else if (strstr(name, "running_var"))
        w->kind = MATCH_VARIANCE;
    t->n++;
}

static void tiny_of(const struct json *j, bool heads, struct tiny *t)
{
    const struct json *tensors = json_get(j, "tensors");
    const struct json *widths = json_get(j, "heads");

    *t = (struct tiny){0};
    for (size_t i = 0; i < json_len(tensors); i++) {
        const struct json *e = json_at(tensors, i);
        const struct json *shape = json_get(e, "shape");
        uint64_t dim[5] = {0};

        for (size_t k = 0; k < json_len(shape); k++)
            dim[k] = (uint64_t)json_i64(json_at(shape, k), 0);
        want_add(t, SCHEME_TRUNK, json_text(json_get(e, "name")),
                 (int)json_len(shape), dim);
    }
    t->n_trunk = t->n;
    for (size_t i = 1; heads && i < json_len(widths); i++) {
        char name[32];
        uint64_t dim[2] = {(uint64_t)json_i64(json_at(widths, i), 0),
                           (uint64_t)json_i64(json_at(widths, i - 1), 0)};

        (void)snprintf(name, sizeof name, "%zu.0.weight", i - 1);
        want_add(t, SCHEME_HEAD, name, 2, dim);
        (void)snprintf(name, sizeof name, "%zu.0.bias", i - 1);
        want_add(t, SCHEME_HEAD, name, 1, dim);
    }
}

/* Match, and look at every value as an import does. */
static status load(const char *path, const struct tiny *t, bool drop)
{
    status st = OK;
    struct state *s = NULL;
    struct scheme *l = NULL;
    size_t tensor[WANT_MAX];
    float v[4096];
    unsigned char raw[8 * 4096];

    TRY(state_open(path, &s));
    TRY(scheme_find(s, &l));
    TRY(match_find(s, l, t->want, t->n, drop, tensor));
    for (size_t i = 0; i < t->n; i++) {
        const struct state_tensor *have = state_at(s, tensor[i]);
        struct state_reader r = {0};

        assert_true(have->len <= 4096);
        TRY(state_start(s, tensor[i], &r));
        st = state_next(&r, have->len, raw);
        state_stop(&r);
        TRY(st);
        if (t->want[i].kind == MATCH_COUNTER)
            continue;
        state_to_f32(have->type, raw, (size_t)have->len, v);
        TRY(match_f32(path, &t->want[i], 0, v, (size_t)have->len));
    }
out:
    scheme_free(l);
    state_close(s);
    return st;
}

/* What the list says of a good file whose layout is the trunk's: the original
 * fills all it has, or nothing at all and says so in a log line; here all of
 * them load. */
static void layouts_load(void **unused)
{
    struct json *j = checkpoints_json();
    const struct json *good = json_get(j, "good");
    size_t loaded = 0;
    size_t silent = 0;
    struct tiny t;

    (void)unused;
    for (size_t i = 0; i < json_len(good); i++) {
        const struct json *load_as =
            json_get(json_at(good, i), "original_load");
        int64_t filled = json_i64(json_get(load_as, "parameters_filled"), -1);
        bool all = filled == json_i64(json_get(load_as, "parameters_total"), 0);

        if (!load_as || json_is_null(load_as))
            continue;
        tiny_of(json_get(j, "tiny_trunk"), all, &t);
        assert_ok(load(checkpoint_path(json_at(good, i)), &t, !all));
        loaded++;
        silent += filled == 0;
    }
    (void)printf("layouts: %zu load, of %zu the original loads nothing\n",
                 loaded, silent);
    assert_true(loaded > 0);
    json_free(j);
}

/* Each with what its message has to say. */
static void mismatched_files_name_tensors(void **unused)
{
    static const struct {
        const char *file, *say;
    } says[] = {
        {"missing_key", "1 missing: bn1.running_var"},
        {"extra_key", "1 unexpected: "},
        {"wrong_shape", "1 of another shape: "},
        {"wrong_dtype", "1 of another type: "},
        {"int_weight", "1 of another type: "},
        {"nan_weight", "is nan"},
        {"negative_variance", "running_var: value "},
        {"nothing_matches", "layer1.0.conv1.weight"},
        {"head_shape", "1 of another shape: "},
        {"tensor_instead_of_dict", "trunk_state_dict"},
    };
    struct json *j = checkpoints_json();
    const struct json *mismatch = json_get(j, "mismatch");
    size_t refused = 0;
    struct tiny t;

    (void)unused;
    for (size_t i = 0; i < json_len(mismatch); i++) {
        const struct json *m = json_at(mismatch, i);
        const char *file = json_text(json_get(m, "file"));
        const char *say = "";

        tiny_of(json_get(j, "tiny_trunk"), strstr(file, "head") != NULL, &t);
        for (size_t k = 0; k < sizeof says / sizeof says[0]; k++)
            if (strstr(file, says[k].file))
                say = says[k].say;
        assert_fails(load(checkpoint_path(m), &t, false), ERR_DATA, say);
        if (getenv("VERBOSE"))
            (void)printf("%s\n", status_text());
        refused++;
    }
    golden_count("mismatched files of weights", refused, json_len(mismatch),
                 json_len(mismatch));
    json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_give_exact_values),
        cmocka_unit_test(layouts_load),
        cmocka_unit_test(mismatched_files_name_tensors),
        cmocka_unit_test(hostile_files_end_as_listed),
    };

    return golden_run(tests);
}
