/* The training path against the original's outputs: every case whose volume
 * can be had (formula phantoms, CTs), bit for bit; our own inverse must
 * be the recorded point_to_index, oblique directions included. */
#include "golden/geometry.h"
#include "vol/orient.h"
#include "vol/patch.h"
#include "vol/window.h"

struct tally {
    int covered, consumed, axis, oblique;
};

static bool is_aligned(const struct geometry *g)
{
    int zeros = 0;

    for (int i = 0; i < 9; i++)
        zeros += g->direction[i] == 0.0;
    return zeros == 6;
}

static bool has_input(const struct json *c)
{
    const char *ct = json_text(json_get(json_get(c, "source"), "ct"));

    return !ct || ct_there(ct);
}

/* Folders were read from an NRRD copy (the files' README). NRRD holds spacing
 * times direction and takes them apart again by v * (1 / |v|). */
static void through_nrrd(struct geometry *g)
{
    for (int a = 0; a < 3; a++) {
        double v[3];
        double norm;

        for (int r = 0; r < 3; r++)
            v[r] = g->direction[3 * r + a] * g->spacing[a];
        norm = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
        g->spacing[a] = norm;
        for (int r = 0; r < 3; r++)
            g->direction[3 * r + a] = v[r] * (1.0 / norm);
    }
}

static void load(const struct json *c, struct volume *v)
{
    const char *name = json_text(json_get(c, "name"));
    const struct json *s = json_get(c, "source");
    const char *ct = json_text(json_get(s, "ct"));
    struct geometry g = get_geometry(json_get(c, "geometry"));

    if (ct) {
        assert_ok(volume_open(ct_path(ct), v));
        if (!strchr(ct, '.'))
            through_nrrd(&v->geo);
        same_geometry(name, &v->geo, &g);
    } else {
        struct phantom p = phantom_of(json_get(s, "phantom"));

        *v = volume_of(&g, p.pixel, phantom_make(&p));
    }
    check_sha256(name, json_text(json_get(c, "input_sha256")), v->data,
                 geometry_len(&v->geo) * pixel_size(v->pixel));
}

static struct patch_conf options(const struct json *c)
{
    const struct json *o = json_get(c, "options");
    struct patch_conf conf = {0};

    conf.radius = json_i64(json_get(o, "radius"), 0);
    conf.orient = json_bool(json_get(o, "orient"), false);
    conf.orient_patch = json_bool(json_get(o, "orient_patch"), false);
    conf.resample = !json_is_null(json_get(o, "resample_spacing"));
    if (conf.resample)
        get_f64s(o, "resample_spacing", conf.spacing_mm, 3);
    return conf;
}

static void
check_array(const char *name, const struct json *want, const struct patch *p)
{
    char what[128];

    for (size_t a = 0; a < 3; a++)
        if (p->shape[a] != json_i64(json_at(json_get(want, "shape"), a), -1))
            fail_msg("%s: shape[%zu] is %d", name, a, p->shape[a]);
    assert_string_equal(pixel_name(p->pixel),
                        json_text(json_get(want, "dtype")));
    (void)snprintf(what, sizeof what, "%s, %d x %d x %d", name, p->shape[0],
                   p->shape[1], p->shape[2]);
    check_sha256(what, json_text(json_get(want, "sha256")), p->data,
                 patch_len(p) * pixel_size(p->pixel));
}

static void check_resampled(const char *name,
                            const struct json *want,
                            const struct volume *v,
                            const struct grid *g)
{
    const int64_t *n = g->geo.size;
    const int64_t lo[3] = {0, 0, 0};
    const ptrdiff_t stride[3] = {1, (ptrdiff_t)n[0], (ptrdiff_t)(n[0] * n[1])};
    struct geometry geo;
    struct patch all = {
        {(int32_t)n[2], (int32_t)n[1], (int32_t)n[0]}, v->pixel, NULL};

    if (!want) { /* the case without resampling */
        assert_true(g->same);
        return;
    }
    geo = get_geometry(want);
    same_geometry(name, &g->geo, &geo);
    assert_ok(mem_raw(geometry_len(&geo), pixel_size(v->pixel), &all.data));
    window_resample(v, g, lo, g->geo.size, all.data, 0, stride);
    check_array(name, want, &all);
    mem_free(all.data);
}

static void check_seed(const char *name,
                       const struct json *c,
                       const struct grid *g,
                       const struct patch_conf *conf,
                       const double point[3])
{
    struct geometry want = get_geometry(json_get(c, "sliced_image"));
    struct geometry have = patch_image(g, conf);
    struct seed_place place;
    double index[3];
    int64_t i64[3];
    int64_t lo[3];
    int64_t hi[3];

    same_geometry(name, &have, &want);
    seed_locate(g, conf, point, &place);
    get_f64s(c, "continuous_index", index, 3);
    same_numbers(name, "continuous index", place.continuous, index, 3);
    get_i64s(json_get(c, "index"), i64);
    patch_box(g, conf, point, lo, hi);
    for (size_t a = 0; a < 3; a++) {
        const struct json *range = json_at(json_get(c, "clamped"), a);

        assert_int_equal(place.index[a], i64[a]);
        if (json_i64(json_at(range, 1), -1) > json_i64(json_at(range, 0), -1)) {
            assert_int_equal(lo[a], json_i64(json_at(range, 0), -1));
            assert_int_equal(hi[a], json_i64(json_at(range, 1), -1));
        } else {
            assert_int_equal(lo[a], hi[a]);
        }
    }
}

static void check_negative(const char *name,
                           const struct json *c,
                           const struct volume *v,
                           const struct grid *g,
                           const struct patch_conf *conf,
                           struct patch *p)
{
    int64_t corner[3];
    int64_t range[3];
    int64_t want[3];

    if (!json_get(c, "negative"))
        return;
    get_i64s(json_get(c, "negative_corner"), corner);
    get_i64s(json_get(c, "negative_draw_range"), want);
    negative_range(g, conf, range);
    for (int a = 0; a < 3; a++)
        assert_int_equal(range[a], want[a]);
    patch_negative(v, g, conf, corner, p);
    check_array(name, json_get(c, "negative"), p);
}

/* Our own inverses are the toolkit's, bit for bit; so is the patch then. */
static void check_own(const char *name,
                      const struct json *c,
                      const struct grid *g,
                      const struct patch_conf *conf)
{
    struct grid own;

    assert_ok(patch_grid(&g->input, conf, &own));
    same_numbers(name, "inverse", own.input_inverse, g->input_inverse, 9);
    if (json_get(c, "resampled"))
        same_numbers(name, "inverse of the grid", own.inverse, g->inverse, 9);
}

static void check_case(const struct json *c, struct tally *t)
{
    const char *name = json_text(json_get(c, "name"));
    struct patch_conf conf = options(c);
    struct volume v = {0};
    struct patch p = {0};
    struct grid g;
    double inverse[9];
    double point[3];

    load(c, &v);
    get_f64s(c, "point", point, 3);
    get_f64s(json_get(c, "geometry"), "point_to_index", inverse, 9);
    assert_ok(
        grid_of(&v.geo, conf.resample ? conf.spacing_mm : NULL, inverse, &g));
    if (!g.same)
        get_f64s(json_get(c, "resampled"), "point_to_index", g.inverse, 9);
    check_resampled(name, json_get(c, "resampled"), &v, &g);
    check_seed(name, c, &g, &conf, point);
    check_own(name, c, &g, &conf);
    if (json_bool(json_get(json_get(c, "options"), "input_is_target"), false)) {
        assert_null(json_get(c, "positive")); /* geometry is all it records */
    } else {
        assert_ok(patch_new(conf.radius, v.pixel, &p));
        patch_positive(&v, &g, &conf, point, &p);
        check_array(name, json_get(c, "positive"), &p);
        check_negative(name, c, &v, &g, &conf, &p);
    }
    t->consumed++;
    if (is_aligned(&v.geo))
        t->axis++;
    else
        t->oblique++;
    patch_free(&p);
    volume_free(&v);
}

static void test_train_path(void **state)
{
    struct json *root = golden_json("patches/train_path.json");
    const struct json *cases = json_get(root, "cases");
    struct tally t = {0};

    (void)state;
    for (size_t i = 0; i < json_len(cases); i++) {
        if (!has_input(json_at(cases, i)))
            continue;
        t.covered++;
        check_case(json_at(cases, i), &t);
    }
    printf(
        "consumed %d of %d covered (%zu listed): %d axis-aligned, %d oblique, "
        "all exact, our own inverses too\n",
        t.consumed, t.covered, json_len(cases), t.axis, t.oblique);
    assert_true(t.covered > 0);
    assert_int_equal(t.consumed, t.covered);
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train_path),
    };

    return golden_run(tests);
}
