/* Names, shapes and order of state dicts against names.json: the full trunk,
 * LoadModel's heads, the projection head; Med3D's network. */
#include "check.h"
#include "golden/golden.h"
#include "nn/net_int.h"

static struct net_conf full(void)
{
    return (struct net_conf){.block = NET_BOTTLENECK,
                             .stages = 4,
                             .layers = {3, 4, 6, 3},
                             .planes = {64, 128, 256, 512},
                             .widen = 2,
                             .in_channels = 1,
                             .size = {50, 50, 50},
                             .conv1_stride = 2,
                             .shortcut = NET_SHORTCUT_B,
                             .bias_downsample = true,
                             .views = 1,
                             .m = 1};
}

static void same_shape(const struct slice *s, const struct json *shape)
{
    int64_t want[5] = {s->o, s->c, s->k, s->k, s->k};
    size_t rank = s->kind == SLICE_CONV ? 5 : s->kind == SLICE_LINEAR ? 2 : 1;

    assert_int_equal(json_len(shape), rank);
    for (size_t i = 0; i < rank; i++)
        assert_int_equal(json_i64(json_at(shape, i), -1), want[i]);
}

/* The list [[name, shape], ...] is slices s.. and buffers b.. in order. */
static void same_list(const struct json *list,
                      const struct slice *s,
                      const struct slice *s_end,
                      const struct buffer *b,
                      const struct buffer *b_end)
{
    for (size_t i = 0; i < json_len(list); i++) {
        const char *name = json_text(json_at(json_at(list, i), 0));
        const struct json *shape = json_at(json_at(list, i), 1);

        if (s < s_end && strcmp(s->name, name) == 0) {
            same_shape(s++, shape);
        } else {
            assert_true(b < b_end);
            assert_string_equal(b->name, name);
            if (b->kind == BUFFER_COUNT)
                assert_int_equal(json_len(shape), 0);
            else
                assert_int_equal(json_i64(json_at(shape, 0), -1), b->len);
            b++;
        }
    }
    assert_ptr_equal(s, s_end);
    assert_ptr_equal(b, b_end);
}

static struct json *names(void)
{
    struct json *j = NULL;

    assert_ok(json_read(golden_path("network/names.json"), 1 << 20, &j));
    return j;
}

static void trunk_has_322_tensors(void **state)
{
    struct net_conf conf = full();
    struct program p = {0};
    struct json *j = names();

    (void)state;
    assert_ok(program_build(&conf, &p));
    same_list(json_get(j, "trunk"), p.slices, p.slices + p.n_slices, p.buffers,
              p.buffers + p.n_buffers);
    assert_int_equal(json_len(json_get(j, "trunk")), 322);
    assert_int_equal(p.n_slices,
                     json_i64(json_get(j, "trunk_parameter_tensors"), -1));
    assert_int_equal(p.param_plain,
                     json_i64(json_get(j, "trunk_parameters"), -1));
    program_free(&p);
    json_free(j);
}

static void med3d_has_318(void **state)
{
    struct net_conf conf = full();
    struct program p = {0};
    struct json *j = names();

    (void)state;
    conf.widen = 1;
    conf.bias_downsample = false;
    assert_ok(program_build(&conf, &p));
    assert_int_equal(p.n_slices + p.n_buffers,
                     json_i64(json_get(j, "med3d_tensors"), -1));
    assert_int_equal(p.param_plain,
                     json_i64(json_get(j, "med3d_parameters"), -1));
    program_free(&p);
    json_free(j);
}

static void head_is(const struct json *list,
                    enum net_head_names names_as,
                    const char *prefix,
                    const struct json *widths)
{
    struct net_conf conf = full();
    struct program p = {0};
    int32_t first = 163;

    if (json_i64(json_at(widths, 0), 4096) == 2048)
        conf.widen = 1; /* Med3D's trunk */
    conf.head_names = names_as;
    conf.head_prefix = prefix;
    for (size_t i = 1; i < json_len(widths); i++)
        conf.head[conf.n_head++] = (int32_t)json_i64(json_at(widths, i), 0);
    assert_ok(program_build(&conf, &p));
    same_list(list, p.slices + first, p.slices + p.n_slices, NULL, NULL);
    program_free(&p);
}

static void heads_are_named_as_loadmodel_does(void **state)
{
    struct json *j = names();
    const struct json *heads = json_get(j, "heads");
    size_t consumed = 0;

    (void)state;
    for (size_t i = 0; i < json_len(heads); i++, consumed++) {
        const char *key = json_key(heads, i);
        struct json *widths = NULL;

        assert_ok(json_parse(key, strlen(key), key, &widths));
        head_is(json_member(heads, i), NET_HEAD_LIST, "heads.", widths);
        json_free(widths);
    }
    golden_count("LoadModel heads", consumed, 6, json_len(heads));
    json_free(j);
}

static void projection_head(void **state)
{
    struct json *j = names();
    struct json *widths = NULL;

    (void)state;
    assert_ok(json_parse("[4096,2048,128]", 15, "widths", &widths));
    head_is(json_get(j, "simclr_projection"), NET_HEAD_LAYERS, "", widths);
    json_free(widths);
    json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trunk_has_322_tensors),
        cmocka_unit_test(med3d_has_318),
        cmocka_unit_test(heads_are_named_as_loadmodel_does),
        cmocka_unit_test(projection_head),
    };

    return golden_run(tests);
}
