/* Every transform and every pipeline of the study against the original's
 * outputs, with the parameters it drew. Bounds (README of the files,
 * "Suggested tolerances"): crop-resize, smooth and translate 1e-3 HU (sums of
 * values up to 3000 in another order), Med3D and everything after a
 * normalisation 1e-6 (1e-3 HU / 3072 and the rounding of the last
 * operations), all others bit for bit. */
#include "golden/patches.h"
#include "vol/augment/augment.h"
#include "vol/augment/transforms.h"

static const double hu_bound = 1e-3;
static const double unit_bound = 1e-6;

struct tally {
    const char *what;
    unsigned exact, within, failed;
    unsigned without; /* the original has no defined result */
    double worst;     /* of those within */
};

static void count(struct tally *t, const char *name, double worst, double bound)
{
    if (worst == 0.0) {
        t->exact++;
    } else if (worst <= bound) {
        t->within++;
        t->worst = worst > t->worst ? worst : t->worst;
    } else {
        t->failed++;
        print_error("%s: off by %.3g, bound %.3g\n", name, worst, bound);
    }
}

static void show(const struct tally *t)
{
    printf("%s: %u exact, %u within tolerance (worst %.3g), %u failed", t->what,
           t->exact, t->within, t->worst, t->failed);
    if (t->without)
        printf(", %u without a defined result", t->without);
    printf("\n");
    assert_true(t->exact + t->within > 0);
    assert_int_equal(t->failed, 0);
}

static struct image new_image(size_t len)
{
    struct image m = {{0, 0, 0}, NULL};

    assert_ok(mem_new(len, sizeof(float), &m.data));
    return m;
}

static int64_t longest(const int32_t shape[3])
{
    int64_t n = shape[0] > shape[1] ? shape[0] : shape[1];

    return n > shape[2] ? n : shape[2];
}

/* A formula phantom as a patch: [axis0 = k][axis1 = j][axis2 = i]. */
static struct patch phantom_patch(const struct json *input)
{
    struct phantom p = phantom_of(input);
    struct patch out = {
        {(int32_t)p.size[2], (int32_t)p.size[1], (int32_t)p.size[0]},
        p.pixel,
        phantom_make(&p)};

    return out;
}

static void get_i32s(const struct json *j, const char *key, int32_t out[3])
{
    for (size_t a = 0; a < 3; a++)
        out[a] = (int32_t)json_i64(json_at(json_get(j, key), a), -1);
}

static struct crop_params crop_of(const struct json *j)
{
    struct crop_params p;

    p.fraction = (float)json_f64(json_get(j, "fraction"), (double)NAN);
    get_i32s(j, "crop_size", p.size);
    get_i32s(j, "corner", p.corner);
    return p;
}

static struct flip_params flip_of(const struct json *j)
{
    return (struct flip_params){json_bool(json_get(j, "applied"), false),
                                (int32_t)json_i64(json_get(j, "axis"), 0)};
}

static struct histogram_params histogram_of(const struct json *j)
{
    struct histogram_params p = {json_bool(json_get(j, "applied"), false), {0}};

    for (size_t i = 0; i < HISTOGRAM_POINTS && p.on; i++)
        p.y[i] = json_f64(json_at(json_get(j, "floating"), i), (double)NAN);
    return p;
}

static struct smooth_params smooth_of(const struct json *j)
{
    struct smooth_params p = {json_bool(json_get(j, "applied"), false), {0}};

    for (size_t i = 0; i < 3 && p.on; i++)
        p.sigma[i] = json_f64(json_at(json_get(j, "sigma"), i), (double)NAN);
    return p;
}

static struct translate_params translate_of(const struct json *j)
{
    struct translate_params p = {json_bool(json_get(j, "applied"), false), {0}};

    for (size_t i = 0; i < 3 && p.on; i++)
        p.t[i] = json_f64(json_at(json_get(j, "t"), i), (double)NAN);
    return p;
}

static struct rotate_params rotate_of(const struct json *j)
{
    return (struct rotate_params){json_bool(json_get(j, "applied"), false),
                                  (int32_t)json_i64(json_get(j, "k"), 0)};
}

/* The record's names of what the product has. */
static const struct {
    const char *name;
    int op;       /* -1: no values change */
    double bound; /* 0: bit for bit */
} known[] = {{"to_tensor", -1, 0.0},
             {"add_channel", -1, 0.0},
             {"crop_resize", AUGMENT_CROP, hu_bound},
             {"flip", AUGMENT_FLIP, 0.0},
             {"histogram", AUGMENT_HISTOGRAM, 0.0},
             {"smooth", AUGMENT_SMOOTH, hu_bound},
             {"pad", AUGMENT_PAD, 0.0},
             {"translate", AUGMENT_TRANSLATE, hu_bound},
             {"rot90", AUGMENT_ROTATE, 0.0},
             {"transpose", AUGMENT_TRANSPOSE, 0.0},
             {"threshold", AUGMENT_THRESHOLD, 0.0},
             {"normalize", AUGMENT_NORMALISE, 0.0},
             {"scale_range", AUGMENT_SCALE, 0.0},
             {"med3d", AUGMENT_MED3D, unit_bound},
             {"med3d_undefined", AUGMENT_MED3D, unit_bound}};

static size_t known_of(const struct json *step)
{
    const char *op = json_text(json_get(step, "op"));

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(op, known[i].name) == 0)
            return i;
    fail_msg("operation %s is not known", op);
    return 0;
}

/* The recorded parameters of one step. */
static void params_of(const struct json *step, struct augment_params *p)
{
    const struct json *j = json_get(step, "params");
    int op = known[known_of(step)].op;

    if (op == AUGMENT_CROP)
        p->crop = crop_of(j);
    else if (op == AUGMENT_FLIP)
        p->flip = flip_of(j);
    else if (op == AUGMENT_HISTOGRAM)
        p->histogram = histogram_of(j);
    else if (op == AUGMENT_SMOOTH)
        p->smooth = smooth_of(j);
    else if (op == AUGMENT_TRANSLATE)
        p->translate = translate_of(j);
    else if (op == AUGMENT_ROTATE)
        p->rotate = rotate_of(j);
}

/* A case whose operation the product's chains cannot say: padding to a box,
 * any permutation, given noise. */
static status apply_other(const struct json *c,
                          const struct tensors *t,
                          const struct image *in,
                          struct image *out,
                          float *scratch)
{
    status st = OK;
    const struct json *j = json_get(c, "params");
    int op = known[known_of(c)].op;
    double *noise = NULL;
    size_t size = 0;
    int64_t box[3];
    int32_t axes[3];

    for (size_t a = 0; a < 3; a++)
        box[a] = json_i64(json_at(json_get(j, "size"), a), 0);
    if (op == AUGMENT_PAD) {
        pad_apply(box, in, out);
    } else if (op == AUGMENT_TRANSPOSE) {
        get_i32s(j, "indices", axes);
        transpose_apply(axes, in, out);
    } else {
        noise = tensors_get(t, json_text(json_get(c, "noise")), &size);
        assert_int_equal(size, image_len(in) * sizeof *noise);
        for (size_t i = 0; i < image_len(in); i++)
            scratch[i] = (float)noise[i];
        st = med3d_apply(scratch, in, out, scratch + image_len(in));
        mem_free(noise);
    }
    return st;
}

/* One recorded case, by a chain of one step where possible. */
static status apply(const struct json *c,
                    const struct tensors *t,
                    const struct patch *in,
                    struct image *out,
                    float *scratch)
{
    status st = OK;
    int op = known[known_of(c)].op;
    const struct json *j = json_get(c, "params");
    struct augment_chain chain = {
        1, {{.op = (enum augment_op)op, .p = 1.0, .fused = true}}};
    struct augment_params p = {0};
    struct image m = {{in->shape[0], in->shape[1], in->shape[2]}, scratch};

    if (op == AUGMENT_PAD || op == AUGMENT_TRANSPOSE || op == AUGMENT_MED3D) {
        pixel_floats(in->pixel, in->data, 0, image_len(&m), m.data);
        TRY(apply_other(c, t, &m, out, scratch + image_len(&m)));
        return st;
    }
    params_of(c, &p);
    chain.step[0].size = json_i64(json_at(json_get(j, "size"), 0), 0);
    if (op == AUGMENT_CROP && !flip_of(j).on)
        chain.n = 0;
    TRY(augment_chain_apply(&chain, &p, in, out, scratch));
out:
    return st;
}

/* Largest difference to a recorded array. */
struct compare {
    const char *name;
    const struct image *have;
    double worst;
};

static void compare_value(struct compare *c, size_t k, double want)
{
    double d;

    assert_true(k < image_len(c->have));
    d = fabs((double)c->have->data[k] - want);
    if (!(d >= 0.0))
        fail_msg("%s: element %zu is not a number", c->name, k);
    c->worst = d > c->worst ? d : c->worst;
}

static double difference(const char *name,
                         const struct json *want,
                         const struct tensors *t,
                         const struct image *have)
{
    const char *tensor = json_text(json_get(want, "tensor"));
    const struct json *at = json_get(want, "at");
    enum pixel type = pixel_of(json_text(json_get(want, "dtype")));
    struct compare c = {name, have, 0.0};
    int32_t shape[3];
    size_t size = 0;
    void *ref = NULL;

    get_i32s(want, "shape", shape);
    for (int a = 0; a < 3; a++)
        if (shape[a] != have->shape[a])
            fail_msg("%s: shape[%d] is %d, expected %d", name, a,
                     have->shape[a], shape[a]);
    for (size_t i = 0; i < json_len(at); i++) /* large arrays: samples */
        compare_value(
            &c, (size_t)json_i64(json_at(at, i), -1),
            json_f64(json_at(json_get(want, "values"), i), (double)NAN));
    assert_true(tensor || json_len(at) > 0);
    if (!tensor)
        return c.worst;
    ref = tensors_get(t, tensor, &size);
    assert_int_equal(size / pixel_size(type), image_len(have));
    for (size_t i = 0; i < size / pixel_size(type); i++)
        compare_value(&c, i, pixel_get(type, ref, i));
    mem_free(ref);
    return c.worst;
}

static void
check_case(const struct json *c, const struct tensors *t, struct tally *tally)
{
    const char *name = json_text(json_get(c, "name"));
    struct patch in = phantom_patch(json_get(c, "input"));
    struct image out;
    struct image scratch;
    int64_t edge = longest(in.shape);
    status st;

    for (size_t a = 0; a < 3; a++) {
        const struct json *size = json_get(json_get(c, "params"), "size");
        int64_t n = json_i64(json_at(size, a), 0);

        edge = n > edge ? n : edge;
    }
    out = new_image((size_t)(edge * edge * edge));
    scratch = new_image((size_t)(6 * edge * edge * edge));
    check_sha256(name, json_text(json_get(c, "input_sha256")), in.data,
                 patch_len(&in) * pixel_size(in.pixel));
    st = apply(c, t, &in, &out, scratch.data);
    if (json_get(c, "not_defined") || json_get(c, "error")) {
        tally->without++;
        if (json_get(c, "error")) /* nan there, an error here */
            assert_int_equal(st, ERR_DATA);
    } else {
        assert_ok(st);
        count(tally, name, difference(name, json_get(c, "output"), t, &out),
              known[known_of(c)].bound);
    }
    mem_free(in.data);
    mem_free(out.data);
    mem_free(scratch.data);
}

static void test_single(void **state)
{
    struct json *root = golden_json("patches/transforms.json");
    struct tensors t = tensors_read("patches/transforms.safetensors");
    const struct json *cases = json_get(root, "cases");
    struct tally tally = {.what = "transforms"};

    (void)state;
    for (size_t i = 0; i < json_len(cases); i++)
        check_case(json_at(cases, i), &t, &tally);
    printf("%zu transforms listed\n", json_len(cases));
    show(&tally);
    tensors_free(&t);
    json_free(root);
}

/* The product's chain for a view, with the sizes of the record (some are
 * scaled down); its operations must be the record's. */
static struct augment_chain chain_of(const struct json *pipeline, int32_t view)
{
    const char *name = json_text(json_get(pipeline, "name"));
    const char *part = json_text(json_get(pipeline, "part"));
    const struct json *map = json_get(pipeline, "size_map");
    const struct json *views = json_get(pipeline, "views");
    const struct json *steps = json_get(json_at(views, (size_t)view), "steps");
    struct augment_pipeline p;
    struct augment_chain c;
    int32_t n = 0;

    assert_ok(augment_preset(json_text(json_get(pipeline, "config")),
                             strcmp(part, "item") == 0 ? "train" : part,
                             json_i64(json_get(map, "50"), 50), &p));
    assert_int_equal(augment_views(&p), json_len(views));
    c = *augment_chain_of(&p, view);
    for (size_t i = 0; i < json_len(steps); i++) {
        const struct json *step = json_at(steps, i);
        const struct json *size = json_get(json_get(step, "params"), "size");
        int op = known[known_of(step)].op;

        if (op < 0)
            continue;
        if (n >= c.n || (int)c.step[n].op != op)
            fail_msg("%s: step %d is not %s", name, n,
                     json_text(json_get(step, "op")));
        if (size)
            assert_int_equal(c.step[n].size, json_i64(json_at(size, 0), 0));
        n++;
    }
    assert_int_equal(n, c.n);
    return c;
}

/* Every step of a view whose output is recorded, and the end. */
static void check_view(const struct json *pipeline,
                       int32_t view,
                       const struct patch *in,
                       const struct tensors *t,
                       struct tally tally[2])
{
    const char *name = json_text(json_get(pipeline, "name"));
    const struct json *record =
        json_at(json_get(pipeline, "views"), (size_t)view);
    const struct json *steps = json_get(record, "steps");
    struct augment_chain c = chain_of(pipeline, view);
    struct augment_params p = {0};
    int64_t edge = longest(in->shape);
    struct image out = new_image(
        augment_chain_len(&c, edge) +
        (size_t)(edge * edge * edge)); /* the first steps do not crop yet */
    struct image scratch = new_image(augment_chain_scratch(&c, edge));
    double bound = hu_bound;

    c.n = 0;
    for (size_t i = 0; i < json_len(steps); i++) {
        const struct json *step = json_at(steps, i);
        const struct json *want = json_get(step, "output");
        int op = known[known_of(step)].op;

        params_of(step, &p);
        c.n += op >= 0;
        if (op == AUGMENT_NORMALISE || op == AUGMENT_SCALE)
            bound = unit_bound;
        if (!want)
            continue;
        assert_ok(augment_chain_apply(&c, &p, in, &out, scratch.data));
        count(&tally[0], name, difference(name, want, t, &out), bound);
    }
    assert_ok(augment_chain_apply(&c, &p, in, &out, scratch.data));
    count(&tally[1], name,
          difference(name, json_get(record, "output"), t, &out), unit_bound);
    mem_free(out.data);
    mem_free(scratch.data);
}

static void check_pipeline(const struct json *p,
                           const struct tensors *t,
                           struct tally tally[2])
{
    const char *tensor = json_text(json_get(p, "input_tensor"));
    struct patch in = {{0, 0, 0}, PIXEL_I16, NULL};

    if (tensor) {
        const struct json *at = json_get(t->index, tensor);
        size_t size = 0;

        get_i32s(at, "shape", in.shape);
        assert_string_equal(json_text(json_get(at, "dtype")), "I16");
        in.data = tensors_get(t, tensor, &size);
        assert_int_equal(size, patch_len(&in) * 2);
    } else {
        in = phantom_patch(json_get(p, "input"));
    }
    for (size_t v = 0; v < json_len(json_get(p, "views")); v++)
        check_view(p, (int32_t)v, &in, t, tally);
    mem_free(in.data);
}

static void test_pipelines(void **state)
{
    struct json *root = golden_json("patches/transforms.json");
    struct tensors t = tensors_read("patches/transforms.safetensors");
    const struct json *list = json_get(root, "pipelines");
    struct tally tally[2] = {{.what = "steps of pipelines"},
                             {.what = "views of pipelines"}};

    (void)state;
    for (size_t i = 0; i < json_len(list); i++)
        check_pipeline(json_at(list, i), &t, tally);
    printf("%zu pipelines listed\n", json_len(list));
    show(&tally[0]);
    show(&tally[1]);
    tensors_free(&t);
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_pipelines),
    };

    return golden_run(tests);
}
