/* Canonical dump, run id, help, difference. */
#include "check.h"
#include "conf_sample.h"
#include "tmp.h"

/* A value that differs from the default, for every row of the sample. */
static const char *const other[] = {
    "recipe=y2023",    "train.steps=11",         "train.rate=1e-06",
    "norm.joint=true", "input.list=other \"x\\", "note=\xc3\xa4 # n",
    "train.mode=fast", "net.depth=[1, 2, 3]",    "net.ratios=[0.1]",
    "space.a.low=1",   "run.threads=3",          "run.out=~/x: y",
};
enum { N_OTHER = sizeof other / sizeof *other };

/* Load with input.list=base and some sets after it. */
static struct conf *with(struct sample *s, const char *const *sets, size_t n)
{
    const char *all[N_OTHER + 1] = {"input.list=base"};
    struct conf *c = NULL;

    memcpy(all + 1, sets, n * sizeof *sets);
    assert_ok(sample_load(s, NULL, all, n + 1, &c));
    return c;
}

static void dump_reads_back_as_the_same(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    char id[SHA256_HEX];
    char id2[SHA256_HEX];

    (void)state;
    tmp_make(dir);
    for (size_t n = 0; n <= N_OTHER; n++) {
        struct sample s = {0};
        struct sample s2 = {0};
        struct text t = {0};
        struct text t2 = {0};
        struct conf *c = with(&s, other, n);
        struct conf *c2 = NULL;

        conf_dump(c, true, &t);
        tmp_write(dir, "d.yaml", t.s, t.len, path);
        assert_ok(sample_load(&s2, path, NULL, 0, &c2));
        conf_dump(c2, true, &t2);
        assert_string_equal(t.s, t2.s);
        assert_ok(conf_run_id(c, "p", id));
        assert_ok(conf_run_id(c2, "p", id2));
        assert_string_equal(id, id2);
        assert_true(s.rate == s2.rate);
        text_free(&t);
        text_free(&t2);
        conf_free(c);
        conf_free(c2);
    }
    tmp_clean(dir);
}

/* Keys below a map come by name, whoever gave them. */
static void a_map_is_dumped_by_name(void **state)
{
    const char *sets[] = {"space.b=[x, 2]", "space.a.low=1e-5", "space.b=[y]",
                          "space.a.high=\"q\""};
    struct sample s = {0};
    struct text t = {0};
    struct conf *c = with(&s, sets, 4);

    (void)state;
    conf_dump(c, true, &t);
    assert_non_null(strstr(t.s, "space.a.high: \"\\\"q\\\"\"\n"
                                "space.a.low: \"1e-5\"\n"
                                "space.b: [\"y\"]\n"
                                "run.threads"));
    text_free(&t);
    conf_free(c);
}

static void dump_has_a_written_form(void **state)
{
    struct sample s = {0};
    struct text t = {0};
    struct conf *c = with(&s, other, 0);

    (void)state;
    conf_dump(c, true, &t);
    assert_string_equal(t.s, "recipe: none # preset\n"
                             "train.steps: 10\n"
                             "train.rate: 0.5\n"
                             "norm.joint: false\n"
                             "input.list: \"base\"\n"
                             "note: \"\"\n"
                             "train.mode: slow\n"
                             "net.depth: [1, 2]\n"
                             "net.ratios: []\n"
                             "run.threads: 0 # placement\n"
                             "run.out: \"runs/out\" # placement\n");
    t.len = 0;
    conf_dump(c, false, &t);
    assert_null(strstr(t.s, "recipe"));
    assert_null(strstr(t.s, "run."));
    text_free(&t);
    conf_free(c);
}

/* Every row flipped on its own: identity moves the id, the rest must not. */
static void run_id_moves_with_identity_only(void **state)
{
    struct conf_table tables[SAMPLE_TABLES];
    struct sample s = {0};
    struct conf *c = with(&s, other, 0);
    char id[SHA256_HEX];
    char id2[SHA256_HEX];
    size_t k = 0;
    int identity = 0;

    (void)state;
    sample_tables(&s, tables);
    assert_ok(conf_run_id(c, "p", id));
    assert_ok(conf_run_id(c, "q", id2));
    assert_string_not_equal(id, id2);
    conf_free(c);
    for (size_t i = 0; i < SAMPLE_TABLES; i++)
        for (size_t j = 0; j < tables[i].n; j++, k++) {
            const struct conf_row *row = &tables[i].rows[j];
            const char *set = other[k];

            assert_memory_equal(set, row->key, strlen(row->key));
            if (strcmp(row->key, "recipe") == 0)
                set = "recipe=none"; /* it expands; tested below */
            c = with(&s, &set, 1);
            assert_ok(conf_run_id(c, "p", id2));
            if (row->role == IDENTITY && set == other[k])
                assert_string_not_equal(id, id2);
            else
                assert_string_equal(id, id2);
            identity += row->role == IDENTITY;
            conf_free(c);
        }
    assert_int_equal(k, N_OTHER);
    assert_int_equal(identity, 10);
}

static void run_id_sees_keys_not_the_preset(void **state)
{
    static const char *const named[] = {"recipe=y2023"};
    static const char *const spelled[] = {"train.steps=23", "train.mode=fast",
                                          "net.depth=[2,3]"};
    struct sample s = {0};
    struct conf *a = with(&s, named, 1);
    struct conf *b = with(&s, spelled, 3);
    char ida[SHA256_HEX];
    char idb[SHA256_HEX];

    (void)state;
    assert_ok(conf_run_id(a, "p", ida));
    assert_ok(conf_run_id(b, "p", idb));
    assert_string_equal(ida, idb);
    conf_free(a);
    conf_free(b);
}

static void difference_names_the_first_key(void **state)
{
    static const struct {
        const char *a, *b, *says;
    } cases[] = {
        {"a: 1\nb: 2\n", "a: 1\nb: 2\n", NULL},
        {"a: 1\nb: 2\n", "b: 2\na: 1\n", NULL},
        {"a: 1\nb: 2\n", "a: 1\nb: 3\n", "b: 2 / 3"},
        {"a: 1\nab: 2\n", "ab: 2\n", "a: 1 / (no such key)"},
        {"ab: 2\n", "a: 1\nab: 2\n", "a: (no such key) / 1"},
        {"a: \"x: y\"\n", "a: \"x: z\"\n", "a: \"x: y\" / \"x: z\""},
        {"a: 1 # placement\n", "a: 2 # placement\n", NULL},
        {"r: x # preset\na: 1\n", "r: y # preset\na: 1\n", NULL},
        {"a: \" # placement\"\n", "a: \"x # placement\"\n",
         "a: \" # placement\" / \"x # placement\""},
        {"", "", NULL},
        {"a: 1", "a: 1\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        bool found = conf_difference(cases[i].a, cases[i].b, &t);

        assert_int_equal(found, cases[i].says != NULL);
        if (found)
            assert_string_equal(t.s, cases[i].says);
        text_free(&t);
    }
}

static void help_tells_every_key(void **state)
{
    struct conf_table tables[SAMPLE_TABLES];
    struct sample s = {0};
    struct text t = {0};

    (void)state;
    sample_tables(&s, tables);
    conf_help(tables, SAMPLE_TABLES, &t);
    assert_non_null(strstr(t.s, "train.steps (steps, a whole number, 1 to "
                                "1000, default 10, identity): how long\n"));
    assert_non_null(strstr(t.s, "input.list (a text, required, identity): "));
    assert_non_null(strstr(t.s, "note (a text, default \"\", identity): "));
    assert_non_null(strstr(t.s, "train.mode (one of slow|fast|faster, "));
    assert_non_null(strstr(t.s, "run.threads (a whole number, 0 to 64, "
                                "default 0, placement): threads\n"));
    text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dump_reads_back_as_the_same),
        cmocka_unit_test(a_map_is_dumped_by_name),
        cmocka_unit_test(dump_has_a_written_form),
        cmocka_unit_test(run_id_moves_with_identity_only),
        cmocka_unit_test(run_id_sees_keys_not_the_preset),
        cmocka_unit_test(difference_names_the_first_key),
        cmocka_unit_test(help_tells_every_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
