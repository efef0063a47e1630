#include <sys/stat.h>

#include "store/manifest_set.h"
#include "tmp.h"

#define HEX64 "8cc92ec452d1099a6de6bbfdb9e124c79d750e513a86ce6be6d91d187aca4bc2"
#define HEAD                                                                   \
    "id: a\nkind: data\ntitle: t\nlicence: unknown\ncitation: unknown\n"
#define FOLDER "id: a\nkind: folder\n"

static status parse(const char *text, struct manifest **out)
{
    return manifest_parse(text, strlen(text), "m.yaml", out);
}

static void reads_all_keys(void **state)
{
    struct manifest *m = NULL;
    const struct manifest_file *f = NULL;

    (void)state;
    assert_ok(parse(HEAD "access: private\n"
                         "pages: [https://x.org, \"doi: 1\"]\n"
                         "used_for: [a]\n"
                         "counts:\n"
                         "  - {what: w, source: s, n: 12, zero: 0}\n"
                         "files:\n"
                         "  - {path: z/b.nii, bytes: 10, sha256: " HEX64
                         ", sum_source: \"us\", urls: [\"https://x.org/b\"]}\n"
                         "  - path: z/a.nii\n"
                         "    bytes: unknown\n"
                         "    sum: none\n",
                    &m));
    assert_string_equal(m->id, "a");
    assert_int_equal(m->kind, MANIFEST_DATA);
    assert_int_equal(m->access, MANIFEST_PRIVATE);
    assert_int_equal(m->pages.n, 2);
    assert_string_equal(m->pages.at[1], "doi: 1");
    assert_int_equal(m->n_counts, 1);
    assert_int_equal(m->counts[0].n, 2);
    assert_string_equal(m->counts[0].name[1], "zero");
    assert_int_equal(m->counts[0].value[0], 12);
    assert_int_equal(m->n_files, 2);
    assert_int_equal(m->by_path[0], 1);
    f = manifest_find(m, "z/b.nii");
    assert_non_null(f);
    assert_int_equal(f->bytes, 10);
    assert_int_equal(manifest_sums(f), 1U << SUM_SHA256);
    assert_int_equal(f->urls.n, 1);
    assert_int_equal(f->line, 12);
    f = manifest_find(m, "z/a.nii");
    assert_non_null(f);
    assert_int_equal(f->bytes, -1);
    assert_int_equal(manifest_sums(f), 0);
    assert_null(manifest_find(m, "z"));
    assert_null(manifest_find(m, "z/a"));
    assert_null(manifest_find(m, "z/a.nii.gz"));
    manifest_free(m);
}

/* Each with the line and the words that the user reads. */
static const struct {
    const char *text;
    const char *words;
} bad[] = {
    {"", "m.yaml:1: key \"id\" is missing"},
    {"- a\n", "m.yaml:1: keys and values"},
    {HEAD, "key \"files\" is missing"},
    {HEAD "files: {a: b}\n", "m.yaml:6: files: a list is needed"},
    {HEAD "files: []\nfile: []\n",
     "m.yaml:7: unknown key \"file\"; the nearest known key is \"files\""},
    {HEAD "files: []\nlicense: x\n", "the nearest known key is \"licence\""},
    {"id: A b\nkind: folder\nfiles: []\n", "m.yaml:1: id \"A b\""},
    {"id: a\nkind: thing\nfiles: []\n", "data|model|folder"},
    {"id: a\nkind: data\ntitle: t\nfiles: []\n", "title, licence and citation"},
    {HEAD "files: []\nid: b\n", "key \"id\" is there twice"},
    {FOLDER "files: [a]\n", "keys and values (key: value) are needed"},
    {FOLDER "files:\n  - {bytes: 1, sum: none}\n",
     "m.yaml:4: key \"path\" is missing"},
    {FOLDER "files:\n  - {path: a, sum: none}\n", "key \"bytes\" is missing"},
    {FOLDER "files:\n  - {path: a, bytes: -5, sum: none}\n",
     "m.yaml:4: bytes: "},
    {FOLDER "files:\n  - {path: a, bytes: 1.5, sum: none}\n", "bytes: "},
    {FOLDER "files:\n  - {path: a, bytes: 1}\n", "a: no sum; write sha256"},
    {FOLDER "files:\n  - {path: a, bytes: 1, sum: 12}\n",
     "its only value is none"},
    {FOLDER "files:\n  - {path: a, bytes: 1, sum: none, sha256: " HEX64 "}\n",
     "has a sum and says \"sum: none\""},
    {FOLDER "files:\n  - {path: a, bytes: 1, sha256: " HEX64 "0}\n",
     "is not 64 lower-case hexadecimal digits"},
    {FOLDER "files:\n  - {path: a, bytes: 1, sha256: abc}\n", "is not 64"},
    {FOLDER "files:\n  - {path: a, bytes: 1, "
            "md5: D41d8cd98f00b204e9800998ecf8427e}\n",
     "md5: \"D41d8cd98f00b204e9800998ecf8427e\" is not 32"},
    {HEAD "files:\n  - {path: a, bytes: 1, sha256: " HEX64 "}\n",
     "m.yaml:7: a: sum_source is missing"},
    {FOLDER "files:\n  - {path: a, bytes: 1, shasum: " HEX64 "}\n",
     "the nearest known key is \"sha256\""},
    {FOLDER "files:\n  - {path: ../a, bytes: 1, sum: none}\n",
     "m.yaml:4: path \"../a\": has a part"},
    {FOLDER "files:\n  - {path: a/../../b, bytes: 1, sum: none}\n",
     "has a part"},
    {FOLDER "files:\n  - {path: ./a, bytes: 1, sum: none}\n", "has a part"},
    {FOLDER "files:\n  - {path: /etc/passwd, bytes: 1, sum: none}\n",
     "is absolute"},
    {FOLDER "files:\n  - {path: a//b, bytes: 1, sum: none}\n", "empty part"},
    {FOLDER "files:\n  - {path: a/, bytes: 1, sum: none}\n", "empty part"},
    {FOLDER "files:\n  - {path: \"a\\nb\", bytes: 1, sum: none}\n", "control"},
    {FOLDER "files:\n  - {path: a, bytes: 1, sum: none}\n"
            "  - {path: b, bytes: 1, sum: none}\n"
            "  - {path: a, bytes: 2, sum: none}\n",
     "m.yaml:6: path \"a\" is there twice (first in line 4)"},
    {FOLDER "files:\n  - {path: a/b/c, bytes: 1, sum: none}\n"
            "  - {path: a.x, bytes: 1, sum: none}\n"
            "  - {path: a, bytes: 2, sum: none}\n",
     "m.yaml:4: path \"a/b/c\": line 6 has \"a\" as a file"},
    {HEAD "files:\n  - {path: a.part, bytes: 1, sum: none}\n", "unfinished"},
    {FOLDER "files:\n  - {path: a, bytes: 1, sum: none, urls: [ftp://x]}\n",
     "\"ftp://x\" is no address"},
    {FOLDER "files:\n  - {path: a, bytes: 1, sum: none, "
            "urls: [\"https://x/a b\"]}\n",
     "is no address"},
    {FOLDER "files:\n  - {path: a, bytes: 1, sum: none, urls: https://x}\n",
     "urls: a list is needed"},
    {HEAD "files: []\ncounts:\n  - {what: a, n: 1}\n", "what, source"},
    {HEAD "files: []\ncounts:\n  - {what: a, source: b, n: -1}\n",
     "n: \"-1\" is not a whole number"},
    {HEAD "files: []\npages: [[a]]\n", "pages: a text of one line"},
};

static void refuses_what_is_not_the_schema(void **state)
{
    struct manifest *m = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(parse(bad[i].text, &m), ERR_CONF, bad[i].words);
        assert_null(m);
        assert_null(strchr(status_text(), '\n'));
    }
}

static void what_is_written_reads_back(void **state)
{
    const char *const path[] = {"a \"b\"\\c", "d/é: #x", "~"};
    const struct sums sums[] = {{1, {HEX64}}, {0, {HEX64}}, {9, {HEX64}}};
    struct text t = {0};
    struct manifest *m = NULL;

    (void)state;
    for (size_t n = 0; n <= 3; n++) {
        t.len = 0;
        manifest_put(&t, n, path, sums);
        assert_ok(text_status(&t));
        assert_ok(manifest_parse(t.s, t.len, "m", &m));
        assert_int_equal(m->n_files, n);
        for (size_t i = 0; i < n; i++) {
            assert_string_equal(m->files[i].path, path[i]);
            assert_int_equal(m->files[i].bytes, sums[i].size);
            assert_string_equal(m->files[i].sum[SUM_SHA256], HEX64);
        }
        manifest_free(m);
        m = NULL;
    }
    text_free(&t);
}

static void finds_among_many(void **state)
{
    enum { N = 3000 };
    struct text t = {0};
    struct manifest *m = NULL;

    (void)state;
    text_add(&t, FOLDER "files:\n");
    for (int i = 0; i < N; i++)
        text_add(&t, "  - {path: d%d/f%d, bytes: %d, sum: none}\n",
                 i * 7919 % 10, i * 7919 % N, i);
    assert_ok(manifest_parse(t.s, t.len, "m", &m));
    for (int i = 0; i < N; i++) {
        const struct manifest_file *f = manifest_find(m, m->files[i].path);

        assert_ptr_equal(f, &m->files[i]);
        assert_true(i == 0 || strcmp(m->files[m->by_path[i - 1]].path,
                                     m->files[m->by_path[i]].path) < 0);
    }
    manifest_free(m);
    text_free(&t);
}

static void reads_a_folder_of_them(void **state)
{
    static const char a[] = "id: a\nkind: folder\nfiles: []\n";
    static const char b[] = "id: b\nkind: folder\nfiles: []\n";
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct manifest_set s = {0};
    const struct manifest *m = NULL;

    (void)state;
    tmp_make(dir);
    assert_fails(manifest_set_read(dir, &s), ERR_FILE, "no manifest");
    tmp_write(dir, "b.yaml", b, sizeof b - 1, path);
    tmp_write(dir, "a.yaml", a, sizeof a - 1, path);
    tmp_write(dir, "README.md", a, 1, path);
    tmp_write(dir, ".c.yaml", a, 1, path);
    assert_ok(manifest_set_read(dir, &s));
    assert_int_equal(s.n, 2);
    assert_ok(manifest_set_find(&s, "b", &m));
    assert_string_equal(m->id, "b");
    assert_fails(manifest_set_find(&s, "bb", &m), ERR_USAGE,
                 "the nearest is \"b\"");
    manifest_set_free(&s);
    tmp_write(dir, "c.yaml", b, sizeof b - 1, path);
    assert_fails(manifest_set_read(dir, &s), ERR_CONF, "must be called b.yaml");
    assert_fails(manifest_set_read(tmp_path(dir, "no", path), &s), ERR_FILE,
                 "--manifests");
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_keys),
        cmocka_unit_test(refuses_what_is_not_the_schema),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(finds_among_many),
        cmocka_unit_test(reads_a_folder_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
