#include "check.h"
#include "conf/conf.h"
#include "conf_sample.h"
#include "tmp.h"

static char dir[TMP_PATH];
static char path[TMP_PATH];

static int setup(void **state)
{
    (void)state;
    tmp_make(dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static status load(struct sample *s, const char *text, struct conf **out)
{
    return sample_load(s, tmp_write(dir, "t.yaml", text, strlen(text), path),
                       NULL, 0, out);
}

static void reads_every_type(void **state)
{
    struct sample s = {0};
    struct conf *c = NULL;

    (void)state;
    assert_ok(load(&s,
                   "train:\n  steps: 30\n  rate: 1e-6\n  mode: \"fast\"\n"
                   "norm.joint: true\n"
                   "input: {list: a b.csv}\n"
                   "note: \"12\"\n"
                   "net.depth: [3, 4, 6, 3]\n"
                   "net.ratios: [1, 2.5, -1e-3]\n",
                   &c));
    assert_int_equal(s.steps, 30);
    assert_true(s.rate == 1e-6);
    assert_int_equal(s.mode, 1);
    assert_true(s.joint);
    assert_string_equal(s.list, "a b.csv");
    assert_string_equal(s.note, "12");
    assert_int_equal(s.depth.n, 4);
    assert_int_equal(s.depth.v.i[2], 6);
    assert_int_equal(s.ratios.n, 3);
    assert_true(s.ratios.v.f[1] == 2.5 && s.ratios.v.f[2] == -1e-3);
    assert_int_equal(s.threads, 0);
    assert_string_equal(s.out, "runs/out");
    assert_true(conf_given(c, "train.steps"));
    assert_false(conf_given(c, "run.out"));
    conf_free(c);
    conf_free(NULL);
}

static void a_map_takes_any_keys(void **state)
{
    struct sample s = {0};
    struct conf *c = NULL;

    (void)state;
    assert_ok(load(&s,
                   "input: {list: a}\n"
                   "space:\n  optim.lr: {low: 1e-5, high: 1}\n"
                   "  optim: {name: {choices: [sgd, \"a,b\"]}}\n"
                   "space.seed: \"7\"\n",
                   &c));
    assert_int_equal(s.space.n, 4);
    assert_string_equal(s.space.at[0].name, "optim.lr.high");
    assert_string_equal(s.space.at[1].text, "1e-5");
    assert_int_equal(s.space.at[1].line, 3);
    assert_string_equal(s.space.at[2].name, "optim.name.choices");
    assert_string_equal(s.space.at[2].text, "[\"sgd\", \"a,b\"]");
    assert_true(s.space.at[2].list && !s.space.at[3].list);
    conf_free(c);
    assert_ok(load(&s, "input: {list: a}\nspace: {}\n", &c));
    assert_int_equal(s.space.n, 0);
    conf_free(c);
}

static void nested_and_dotted_keys_are_the_same(void **state)
{
    struct sample a = {0};
    struct sample b = {0};
    struct conf *ca = NULL;
    struct conf *cb = NULL;

    (void)state;
    assert_ok(load(&a, "input.list: x\ntrain: {steps: 3}\n", &ca));
    assert_ok(load(&b, "input: {list: x}\ntrain.steps: 3\n", &cb));
    assert_int_equal(a.steps, 3);
    assert_int_equal(b.steps, 3);
    conf_free(ca);
    conf_free(cb);
}

/* file text, what the message must hold */
static const struct {
    const char *text;
    const char *says;
} bad_files[] = {
    {"input.list: x\ntrain:\n  step: 3\n",
     "t.yaml:3: unknown key \"train.step\"; the nearest known key is "
     "\"train.steps\""},
    {"trian: {steps: 3}\n", "nearest known key is \"train.steps\""},
    {"wrong: {}\n", "t.yaml:1: unknown key \"wrong\""},
    {"<<: {note: x}\n", "unknown key \"<<.note\""},
    {"note: a\nnote: b\n", "t.yaml:2: key \"note\" is there twice"},
    {"train.steps: 3\ntrain: {steps: 3}\n",
     "t.yaml:2: key \"train.steps\" is there twice (first in line 1)"},
    {"train.steps: 1.5\n",
     "t.yaml:1: train.steps: \"1.5\" is not a whole number of 64 bits; it "
     "must be a whole number, 1 to 1000"},
    {"train.steps: 99999999999999999999\n", "not a whole number of 64 bits"},
    {"train.steps: \"3\"\n", "\"3\" in quotes is a text"},
    {"train.steps: [3]\n", "a list stands here"},
    {"train.steps: {a: 3}\n", "a group of keys stands here"},
    {"train.steps:\n", "no value stands here"},
    {"train.steps: ~\n", "no value stands here"},
    {"train.steps: 0\n", "\"0\" is out of range; it must be a whole number, "
                         "1 to 1000"},
    {"train.steps: 1001\n", "out of range"},
    {"train: 3\n", "unknown key \"train\""},
    {"train.rate: fast\n", "\"fast\" is not a finite number"},
    {"train.rate: .nan\n", "\".nan\" is not a finite number"},
    {"train.rate: nan\n", "not a finite number"},
    {"train.rate: .inf\n", "not a finite number"},
    {"train.rate: 1e999\n", "not a finite number"},
    {"train.rate: 1.01\n", "out of range"},
    {"norm.joint: yes\n", "\"yes\" is neither true nor false"},
    {"norm.joint: 1\n", "neither true nor false"},
    {"train.mode: fas\n",
     "\"fas\" is not known; it must be one of slow|fast|faster"},
    {"input.list: \"\"\n", "the text is empty"},
    {"input.list: \"a\\nb\"\n", "control characters"},
    {"space: 3\n", "\"3\" is a value; it must be a group of keys"},
    {"space: [3]\n", "a list stands here"},
    {"space: {a: {b: 1}}\nspace.a.b: 1\n", "\"space.a.b\" is there twice"},
    {"space: {a: }\n", "space.a: no value stands here"},
    {"space: {a: {}}\n", "space.a: no value stands here"},
    {"space: {a: [[1]]}\n", "space.a: an element is no plain value"},
    {"space: {\"a b\": 1}\n", "\"space.a b\" is no key"},
    {"spac: {a: 1}\n", "nearest known key is \"space\""},
    {"net.depth: 3\n", "t.yaml:1: net.depth: \"3\" is not a list; write [3]; "
                       "it must be a list [a, b, ...] of whole numbers"},
    {"net.depth: 3;4\n", "\"3;4\" is not a list; write [3, 4]; it must"},
    {"net.depth: 3 4 , 5\n", "write [3, 4, 5]; it must"},
    {"net.depth: [3;4]\n", "\"3;4\" is not a list; write [3, 4]; it must"},
    {"net.depth: [3 4]\n", "\"3 4\" is not a list; write [3, 4]; it must"},
    {"net.depth: {}\n", "a group of keys stands here"},
    {"net.depth: [3, x]\n", "\"x\" is not a whole number"},
    {"net.depth: [3, 10]\n", "\"10\" is out of range"},
    {"net.depth: [[3]]\n", "an element is not a number"},
    {"net.depth: [\"3\"]\n", "an element is not a number"},
    {"net.depth: [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n",
     "more than 16 elements"},
    {"note: &a x\n", "anchor &a"},
    {"note: *a\n", "alias *a"},
    {"note: !!str x\n", "tag "},
    {"a: {a: {a: {a: {a: {a: {a: {a: {a: 1}}}}}}}}\n", "deeper than 8"},
    {"[1, 2]\n", "lines \"key: value\" are needed"},
    {"recipe: y2024\n", "one of none|y2023|intended"},
    {"note: x\n", "missing in the configuration, give it in --config or by "
                  "--set: input.list (the list)"},
};

static void refuses_bad_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        struct sample s = {.steps = 77};
        struct conf *c = NULL;

        assert_fails(load(&s, bad_files[i].text, &c), ERR_CONF,
                     bad_files[i].says);
        assert_null(c);
        assert_int_equal(s.steps, 77); /* nothing half-written */
        assert_null(s.out);
    }
}

static void refuses_missing_files(void **state)
{
    struct sample s = {0};
    struct conf *c = NULL;

    (void)state;
    assert_fails(sample_load(&s, dir, NULL, 0, &c), ERR_FILE, "is a folder");
    assert_fails(sample_load(&s, "/no/such.yaml", NULL, 0, &c), ERR_FILE,
                 "/no/such.yaml: No such file");
}

static void sets_win_over_the_file(void **state)
{
    static const char *const sets[] = {
        "train.steps=5", "train.steps=6",     "input.list=/p/a b: #c",
        "note=",         "net.depth=[4, 5]",  "train.rate=1e-6",
        "recipe=none",   "train.mode=faster",
    };
    struct sample s = {0};
    struct conf *c = NULL;

    (void)state;
    tmp_write(dir, "t.yaml", "train.steps: 3\nnote: x\n", 23, path);
    assert_ok(sample_load(&s, path, sets, sizeof sets / sizeof *sets, &c));
    assert_int_equal(s.steps, 6);
    assert_string_equal(s.list, "/p/a b: #c");
    assert_string_equal(s.note, "");
    assert_int_equal(s.depth.v.i[1], 5);
    assert_true(s.rate == 1e-6);
    assert_int_equal(s.mode, 2);
    conf_free(c);
}

static void refuses_bad_sets(void **state)
{
    static const struct {
        const char *set;
        const char *says;
    } bad[] = {
        {"train.steps", "--set: \"train.steps\": key=value is needed"},
        {"=3", "key=value is needed"},
        {"train.step=3", "--set: unknown key \"train.step\"; the nearest "
                         "known key is \"train.steps\""},
        {"train.steps=x", "--set: train.steps: \"x\" is not a whole number"},
        {"train.steps=", "is not a whole number"},
        {"train.rate=nan", "not a finite number"},
        {"net.depth=3", "\"3\" is not a list; write [3]; it must"},
        {"net.depth=3; 4", "\"3; 4\" is not a list; write [3, 4]; it must"},
        {"net.depth=[1", "net.depth: --set:2: not valid YAML"},
        {"input.list=", "the text is empty"},
        {"input.list=\xc3", "no UTF-8"},
        {"input.list=\xc0\x80", "no UTF-8"},
        {"input.list=\xed\xa0\x80", "no UTF-8"},
        {"input.list=a\xe2\x80\xa8", "control characters"},
    };
    struct conf *c = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sample s = {0};

        assert_fails(sample_load(&s, NULL, &bad[i].set, 1, &c), ERR_CONF,
                     bad[i].says);
        assert_null(c);
    }
}

static void presets_lie_between_default_and_file(void **state)
{
    static const char *const sets[] = {"recipe=y2023", "input.list=x"};
    struct sample s = {0};
    struct conf *c = NULL;

    (void)state;
    assert_ok(load(&s, "recipe: y2023\ninput.list: x\ntrain.mode: slow\n", &c));
    assert_int_equal(s.recipe, 1);
    assert_int_equal(s.steps, 23); /* preset over default */
    assert_int_equal(s.mode, 0);   /* file over preset */
    assert_int_equal(s.depth.v.i[0], 2);
    assert_true(conf_given(c, "train.steps"));
    assert_false(conf_given(c, "train.rate"));
    conf_free(c);
    /* --set names another preset than the file: its keys only */
    tmp_write(dir, "t.yaml", "recipe: intended\n", 17, path);
    assert_ok(sample_load(&s, path, sets, 2, &c));
    assert_int_equal(s.recipe, 1);
    assert_int_equal(s.steps, 23);
    assert_false(s.joint);
    conf_free(c);
}

/* "note" is a text too, but empty; the split's name ends the common part. */
static void a_path_finds_its_key(void **state)
{
    static const char *const sets[] = {"input.list=runs/out/f/%/features.nc",
                                       "note="};
    struct sample s = {0};
    struct conf *c = NULL;

    (void)state;
    assert_ok(sample_load(&s, NULL, sets, 2, &c));
    assert_string_equal(conf_key_of(c, "runs/out: No such file"), "run.out");
    assert_string_equal(conf_key_of(c, "runs/out/x: No such file"), "run.out");
    assert_string_equal(conf_key_of(c, "runs/out/f/val/features.nc: no"),
                        "input.list");
    assert_null(conf_key_of(c, "runs/outer: No such file"));
    assert_null(conf_key_of(c, "a.csv: No such file"));
    conf_free(c);
}

static void wrong_tables_are_bugs(void **state)
{
    static const char *const bad_sets[] = {"train.steps=0", NULL};
    struct conf_row rows[2] = {SAMPLE_ROWS[0], SAMPLE_ROWS[1]};
    struct sample s = {0};
    struct conf_table t = {rows, 2, &s};
    struct conf_preset p = {"recipe", "none", bad_sets};
    struct conf *c = NULL;

    (void)state;
    assert_fails(conf_load(&t, 1, &p, 1, NULL, NULL, 0, &c), ERR_CONF,
                 "preset recipe none: train.steps: \"0\" is out of range");
    p.key = "train.steps";
    assert_fails(conf_load(&t, 1, &p, 1, NULL, NULL, 0, &c), ERR_BUG,
                 "preset key train.steps");
    rows[1].def = "0";
    assert_fails(conf_load(&t, 1, NULL, 0, NULL, NULL, 0, &c), ERR_BUG,
                 "table of keys: default: train.steps");
    rows[1] = rows[0];
    assert_fails(conf_load(&t, 1, NULL, 0, NULL, NULL, 0, &c), ERR_BUG,
                 "two rows for key recipe");
    rows[0].choices = NULL;
    assert_fails(conf_load(&t, 1, NULL, 0, NULL, NULL, 0, &c), ERR_BUG,
                 "no choices");
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(a_map_takes_any_keys),
        cmocka_unit_test(nested_and_dotted_keys_are_the_same),
        cmocka_unit_test(refuses_bad_files),
        cmocka_unit_test(refuses_missing_files),
        cmocka_unit_test(sets_win_over_the_file),
        cmocka_unit_test(refuses_bad_sets),
        cmocka_unit_test(presets_lie_between_default_and_file),
        cmocka_unit_test(a_path_finds_its_key),
        cmocka_unit_test(wrong_tables_are_bugs),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
