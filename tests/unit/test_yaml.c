#include "base/text.h"

#include "check.h"
#include "conf/yaml.h"
#include "tmp.h"

static status parse(const char *s, struct yaml_node **out)
{
    return yaml_parse(s, strlen(s), "t.yaml", out);
}

static void builds_a_tree_with_lines(void **state)
{
    struct yaml_node *r = NULL;
    const struct yaml_node *n = NULL;

    (void)state;
    assert_ok(parse("# words\na: 1\nb:\n  c: [x, 'y']\n  d: \"\"\ne:\n", &r));
    assert_int_equal(r->kind, YAML_MAP);
    n = r->first;
    assert_string_equal(n->key, "a");
    assert_string_equal(n->text, "1");
    assert_int_equal(n->line, 2);
    n = n->next;
    assert_int_equal(n->kind, YAML_MAP);
    assert_int_equal(n->line, 3);
    assert_string_equal(n->first->key, "c");
    assert_int_equal(n->first->kind, YAML_LIST);
    assert_int_equal(n->first->line, 4);
    assert_null(n->first->first->key);
    assert_false(n->first->first->quoted);
    assert_true(n->first->first->next->quoted);
    assert_string_equal(n->first->next->text, "");
    assert_false(yaml_is_null(n->first->next));
    assert_true(yaml_is_null(n->next));
    yaml_free(r);
    yaml_free(NULL);
}

static void an_empty_document_is_an_empty_map(void **state)
{
    static const char *const empty[] = {"", "# only words\n", "---\n", "{}"};

    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct yaml_node *r = NULL;

        assert_ok(parse(empty[i], &r));
        if (strcmp(empty[i], "---\n") != 0)
            assert_int_equal(r->kind, YAML_MAP);
        assert_null(r->first);
        yaml_free(r);
    }
}

static void refuses_what_is_not_used_here(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } bad[] = {
        {"a: 1\nb: &x 2\n", "t.yaml:2: anchor &x"},
        {"a: &x {b: 1}\n", "t.yaml:1: anchor &x"},
        {"a: &x [1]\n", "t.yaml:1: anchor &x"},
        {"a: *x\n", "t.yaml:1: alias *x"},
        {"a: !!int 2\n", "t.yaml:1: tag tag:yaml.org,2002:int"},
        {"a: !x {b: 1}\n", "tag !x"},
        {"a: !x [1]\n", "tag !x"},
        {"a: 1\nb: 2\na: 3\n",
         "t.yaml:3: key \"a\" is there twice (first in line 1)"},
        {"? [1, 2]\n: 3\n", "t.yaml:1: a key must be a word"},
        {"a: 1\n---\nb: 2\n", "t.yaml:2: a second document"},
        {"a: [1\n", "not valid YAML"},
        {"\ta: 1\n", "t.yaml:1: not valid YAML"},
        {"a: \"\\0\"\n", "t.yaml:1: a zero byte"},
        {"a: \xff\n", "not valid YAML"},
    };
    struct yaml_node *r = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(parse(bad[i].text, &r), ERR_CONF, bad[i].says);
        assert_null(r);
    }
}

static void depth_ends_at_eight(void **state)
{
    struct yaml_node *r = NULL;
    char big[20000];

    (void)state;
    assert_ok(parse("[[[[[[[[x]]]]]]]]", &r));
    yaml_free(r);
    r = NULL;
    assert_fails(parse("[[[[[[[[[x]]]]]]]]]", &r), ERR_CONF,
                 "nested deeper than 8 levels");
    memset(big, '[', sizeof big);
    assert_fails(yaml_parse(big, sizeof big, "t.yaml", &r), ERR_CONF,
                 "nested deeper than 8 levels");
    assert_null(r);
}

static void keys_and_values_are_bounded(void **state)
{
    struct yaml_node *r = NULL;
    struct text t = {0};

    (void)state;
    for (int i = 0; i < YAML_KEYS; i++)
        text_add(&t, "k%d: %d\n", i, i);
    assert_ok(yaml_parse(t.s, t.len, "t.yaml", &r));
    assert_string_equal(r->first->next->text, "1");
    yaml_free(r);
    r = NULL;
    text_add(&t, "more: 1\n");
    assert_fails(yaml_parse(t.s, t.len, "t.yaml", &r), ERR_CONF,
                 "t.yaml:1001: more than 1000 keys in one map");
    t.len = 0;
    text_add(&t, "[");
    for (int i = 0; i < YAML_VALUES + 10000; i++)
        text_put(&t, "a,", 2);
    text_add(&t, "]");
    assert_fails(yaml_parse(t.s, t.len, "t.yaml", &r), ERR_CONF,
                 "too many for its size");
    assert_null(r);
    text_free(&t);
}

static void long_texts_stay_whole(void **state)
{
    struct yaml_node *r = NULL;
    struct text t = {0};

    (void)state;
    text_add(&t, "a: \"");
    for (int i = 0; i < 200000; i++)
        text_add(&t, "%d", i % 10);
    text_add(&t, "\"\nb: 1\n");
    assert_ok(yaml_parse(t.s, t.len, "t.yaml", &r));
    assert_int_equal(strlen(r->first->text), 200000);
    assert_string_equal(r->first->text + 199990, "0123456789");
    assert_string_equal(r->first->next->text, "1");
    yaml_free(r);
    text_free(&t);
}

static void reads_free_files_as_json(void **state)
{
    static const char text[] =
        "gates:\n"
        "  - {name: auc, value: 0.944, lo: 1e-6, n: 3, on: true}\n"
        "  - {name: \"3\", what: ~, 'odd \"key\"': a b}\n";
    static const char nan[] = "a: .nan\n";
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct json *j = NULL;
    const struct json *g = NULL;

    (void)state;
    tmp_make(dir);
    assert_ok(yaml_read_json(
        tmp_write(dir, "r.yaml", text, sizeof text - 1, path), &j));
    g = json_at(json_get(j, "gates"), 0);
    assert_string_equal(json_text(json_get(g, "name")), "auc");
    assert_true(json_f64(json_get(g, "value"), 0) == 0.944);
    assert_true(json_f64(json_get(g, "lo"), 0) == 1e-6);
    assert_int_equal(json_i64(json_get(g, "n"), 0), 3);
    assert_true(json_bool(json_get(g, "on"), false));
    g = json_at(json_get(j, "gates"), 1);
    assert_string_equal(json_text(json_get(g, "name")), "3");
    assert_true(json_is_null(json_get(g, "what")));
    assert_string_equal(json_text(json_get(g, "odd \"key\"")), "a b");
    json_free(j);
    j = NULL;
    tmp_write(dir, "n.yaml", nan, sizeof nan - 1, path);
    assert_fails(yaml_read_json(path, &j), ERR_CONF, "not a finite number");
    assert_fails(yaml_read_json(dir, &j), ERR_FILE, "folder");
    assert_null(j);
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_a_tree_with_lines),
        cmocka_unit_test(an_empty_document_is_an_empty_map),
        cmocka_unit_test(refuses_what_is_not_used_here),
        cmocka_unit_test(depth_ends_at_eight),
        cmocka_unit_test(keys_and_values_are_bounded),
        cmocka_unit_test(long_texts_stay_whole),
        cmocka_unit_test(reads_free_files_as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
