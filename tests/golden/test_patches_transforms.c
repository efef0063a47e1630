/* The transforms of pretraining and extraction against the original's outputs,
 * with the parameters it drew. Bounds (README of the files, "Suggested
 * tolerances"): flip, histogram, pad, threshold, normalise bit for bit;
 * crop-resize and smooth 1e-3 HU (float32 sums of values up to 3000, other
 * order); whole pipelines 1e-6 in normalised units (1e-3 HU / 3072 and the
 * rounding of the last operations). */
#include "golden/patches.h"
#include "vol/augment/augment.h"
#include "vol/augment/transforms.h"

static const double hu_bound = 1e-3;
static const double view_bound = 1e-6;

struct tally {
    int covered, consumed, views;
    double worst_hu, worst_view;
};

static const char *const known[] = {"to_tensor", "add_channel", "crop_resize",
                                    "flip",      "histogram",   "smooth",
                                    "pad",       "threshold",   "normalize"};

static bool is_known(const struct json *step)
{
    const char *op = json_text(json_get(step, "op"));

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(op, known[i]) == 0)
            return true;
    return false;
}

static struct image new_image(int32_t edge)
{
    struct image m = {{0, 0, 0}, NULL};

    assert_ok(mem_new((size_t)edge * (size_t)edge * (size_t)edge, sizeof(float),
                      &m.data));
    return m;
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

/* One recorded step from in to out; false when it leaves the image alone. */
static bool apply(const struct json *step,
                  const struct image *in,
                  struct image *out,
                  float *scratch)
{
    const char *op = json_text(json_get(step, "op"));
    const struct json *j = json_get(step, "params");
    struct crop_params crop;
    struct flip_params flip = flip_of(j);
    struct histogram_params histogram;
    struct smooth_params smooth;
    int64_t size[3];

    for (size_t a = 0; a < 3; a++)
        size[a] = json_i64(json_at(json_get(j, "size"), a), 0);
    if (strcmp(op, "crop_resize") == 0) {
        if (!flip.on)
            return false;
        crop = crop_of(j);
        crop_apply(&crop, size[0], in, out, scratch);
    } else if (strcmp(op, "flip") == 0) {
        flip_apply(&flip, in, out);
    } else if (strcmp(op, "histogram") == 0) {
        histogram = histogram_of(j);
        histogram_apply(&histogram, in, out);
    } else if (strcmp(op, "smooth") == 0) {
        smooth = smooth_of(j);
        smooth_apply(&smooth, in, out, scratch);
    } else if (strcmp(op, "pad") == 0) {
        pad_apply(size, in, out);
    } else if (strcmp(op, "threshold") == 0) {
        threshold_apply(in, out);
    } else if (strcmp(op, "normalize") == 0) {
        normalise_apply(in, out);
    } else {
        return false;
    }
    return true;
}

/* Largest difference to a recorded array. Axes on which the record is longer
 * are compared in their middle (augment_plain cuts, the original does not);
 * that is for `cut` only. */
struct compare {
    const char *name;
    const struct image *have;
    int32_t shape[3]; /* of the record */
    double worst;
};

static void compare_value(struct compare *c, size_t k, double want)
{
    const int32_t *n = c->shape;
    size_t at[3] = {k / ((size_t)n[1] * (size_t)n[2]),
                    k / (size_t)n[2] % (size_t)n[1], k % (size_t)n[2]};
    size_t own = 0;
    double d;

    for (int a = 0; a < 3; a++) {
        size_t skip = (size_t)(n[a] - c->have->shape[a]) / 2;

        if (at[a] < skip || at[a] - skip >= (size_t)c->have->shape[a])
            return;
        own = own * (size_t)c->have->shape[a] + at[a] - skip;
    }
    d = fabs((double)c->have->data[own] - want);
    if (!(d >= 0.0))
        fail_msg("%s: element %zu is not a number", c->name, k);
    c->worst = d > c->worst ? d : c->worst;
}

static double difference(const char *name,
                         const struct json *want,
                         const struct tensors *t,
                         const struct image *have,
                         bool cut)
{
    const char *tensor = json_text(json_get(want, "tensor"));
    const struct json *at = json_get(want, "at");
    enum pixel type = pixel_of(json_text(json_get(want, "dtype")));
    struct compare c = {name, have, {0}, 0.0};
    size_t size = 0;
    void *ref = NULL;

    get_i32s(want, "shape", c.shape);
    for (int a = 0; a < 3; a++)
        if (c.shape[a] != have->shape[a] &&
            !(cut && c.shape[a] > have->shape[a]))
            fail_msg("%s: shape[%d] is %d, expected %d", name, a,
                     have->shape[a], c.shape[a]);
    for (size_t i = 0; i < json_len(at); i++) /* large arrays: samples */
        compare_value(
            &c, (size_t)json_i64(json_at(at, i), -1),
            json_f64(json_at(json_get(want, "values"), i), (double)NAN));
    assert_true(tensor || json_len(at) > 0);
    if (!tensor)
        return c.worst;
    ref = tensors_get(t, tensor, &size);
    for (size_t i = 0; i < size / pixel_size(type); i++)
        compare_value(&c, i, pixel_get(type, ref, i));
    mem_free(ref);
    return c.worst;
}

static bool is_case_covered(const struct json *c)
{
    return is_known(c) && !json_get(c, "not_defined");
}

static void
check_case(const struct json *c, const struct tensors *t, struct tally *tally)
{
    const char *name = json_text(json_get(c, "name"));
    const char *op = json_text(json_get(c, "op"));
    struct patch in = phantom_patch(json_get(c, "input"));
    struct image a = new_image(64);
    struct image b = new_image(64);
    struct image s = new_image(100);
    bool rounds = strcmp(op, "crop_resize") == 0 || strcmp(op, "smooth") == 0;
    double worst;

    check_sha256(name, json_text(json_get(c, "input_sha256")), in.data,
                 patch_len(&in) * pixel_size(in.pixel));
    memcpy(a.shape, in.shape, sizeof a.shape);
    pixel_floats(in.pixel, in.data, 0, patch_len(&in), a.data);
    worst = difference(name, json_get(c, "output"), t,
                       apply(c, &a, &b, s.data) ? &b : &a, false);
    if (!(worst <= (rounds ? hu_bound : 0.0)))
        fail_msg("%s: off by %.3g", name, worst);
    if (rounds && worst > tally->worst_hu)
        tally->worst_hu = worst;
    tally->consumed++;
    mem_free(in.data);
    mem_free(a.data);
    mem_free(b.data);
    mem_free(s.data);
}

static void test_single(void **state)
{
    struct json *root = golden_json("patches/transforms.json");
    struct tensors t = tensors_read("patches/transforms.safetensors");
    const struct json *cases = json_get(root, "cases");
    struct tally tally = {0};

    (void)state;
    for (size_t i = 0; i < json_len(cases); i++)
        tally.covered += is_case_covered(json_at(cases, i));
    for (size_t i = 0; i < json_len(cases); i++)
        if (is_case_covered(json_at(cases, i)))
            check_case(json_at(cases, i), &t, &tally);
    printf("consumed %d of %d covered (%zu listed); crop-resize and smooth off "
           "by at most %.3g HU, the others exact\n",
           tally.consumed, tally.covered, json_len(cases), tally.worst_hu);
    assert_true(tally.covered > 0);
    assert_int_equal(tally.consumed, tally.covered);
    tensors_free(&t);
    json_free(root);
}

static const struct json *find_step(const struct json *steps, const char *op)
{
    for (size_t i = 0; i < json_len(steps); i++)
        if (strcmp(json_text(json_get(json_at(steps, i), "op")), op) == 0)
            return json_get(json_at(steps, i), "params");
    return NULL;
}

/* One view, through the product's own chains where it has one. */
static void product_view(const char *config,
                         const struct json *steps,
                         const struct patch *in,
                         struct image *out,
                         struct image *scratch)
{
    const struct json *crop = find_step(steps, "crop_resize");
    const struct json *pad = find_step(steps, "pad");
    int64_t size = json_i64(json_at(json_get(pad, "size"), 0), 0);
    struct augment_conf conf = augment_default(size);
    struct augment_params p;

    for (int a = 0; a < 3; a++)
        out->shape[a] = (int32_t)size;
    if (!crop) {
        assert_ok(augment_plain(size, in, out->data));
        return;
    }
    p.crop = crop_of(crop);
    p.flip = flip_of(find_step(steps, "flip"));
    p.histogram = histogram_of(find_step(steps, "histogram"));
    p.smooth = smooth_of(find_step(steps, "smooth"));
    if (!strstr(config, "fmcib_pretrain"))
        conf.order = AUGMENT_NORMALISED;
    assert_true(augment_scratch_len(&conf, 64) <= 100 * 100 * 100);
    assert_ok(augment_apply(&conf, &p, in, out->data, scratch->data));
}

/* Pipelines whose chain the product has: pretraining, and extraction (whose
 * order is normalise, pad). */
static bool is_pipeline_covered(const struct json *p)
{
    const struct json *steps =
        json_get(json_at(json_get(p, "views"), 0), "steps");
    const char *config = json_text(json_get(p, "config"));

    for (size_t i = 0; i < json_len(steps); i++)
        if (!is_known(json_at(steps, i)))
            return false;
    return strstr(config, "pretraining/") || strstr(config, "inference/");
}

static void check_pipeline(const struct json *p,
                           const struct tensors *t,
                           struct tally *tally)
{
    const char *name = json_text(json_get(p, "name"));
    const char *tensor = json_text(json_get(p, "input_tensor"));
    const struct json *views = json_get(p, "views");
    struct patch in = {{0, 0, 0}, PIXEL_I16, NULL};
    struct image out = new_image(64);
    struct image scratch = new_image(100);

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
    for (size_t v = 0; v < json_len(views); v++) {
        const struct json *view = json_at(views, v);
        double worst;

        product_view(json_text(json_get(p, "config")), json_get(view, "steps"),
                     &in, &out, &scratch);
        worst = difference(name, json_get(view, "output"), t, &out,
                           !find_step(json_get(view, "steps"), "crop_resize"));
        if (!(worst <= view_bound))
            fail_msg("%s: view %zu off by %.3g", name, v, worst);
        tally->worst_view =
            worst > tally->worst_view ? worst : tally->worst_view;
        tally->views++;
    }
    tally->consumed++;
    mem_free(in.data);
    mem_free(out.data);
    mem_free(scratch.data);
}

static void test_pipelines(void **state)
{
    struct json *root = golden_json("patches/transforms.json");
    struct tensors t = tensors_read("patches/transforms.safetensors");
    const struct json *list = json_get(root, "pipelines");
    struct tally tally = {0};

    (void)state;
    for (size_t i = 0; i < json_len(list); i++)
        tally.covered += is_pipeline_covered(json_at(list, i));
    for (size_t i = 0; i < json_len(list); i++)
        if (is_pipeline_covered(json_at(list, i)))
            check_pipeline(json_at(list, i), &t, &tally);
    printf("consumed %d of %d covered (%zu listed) pipelines, %d views; off by "
           "at most %.3g\n",
           tally.consumed, tally.covered, json_len(list), tally.views,
           tally.worst_view);
    assert_true(tally.covered > 0);
    assert_int_equal(tally.consumed, tally.covered);
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
