/* The inference path against the original's outputs: every case whose volume
 * can be had. Sizes, indices and crops exactly; affines to 1e-9 mm; patches to
 * 1e-6 (0.003 HU), the bound of the files' README: the original interpolates
 * in another order and rounds to float. Each case also as a window: from the
 * voxels alone that the patch needs, bit-equal. */
#include "golden/patches.h"
#include "unit/vol_sample.h"
#include "vol/infer.h"
#include "vol/window.h"

static const double bound = 1e-6;

struct tally {
    int covered, exact, within, refused;
    double worst;
};

static void get_i64s(const struct json *a, int64_t *out)
{
    assert_int_equal(json_len(a), 3);
    for (size_t i = 0; i < 3; i++)
        out[i] = json_i64(json_at(a, i), INT64_MIN);
}

static void get_f64s(const struct json *a, double *out, int n)
{
    assert_int_equal(json_len(a), n);
    for (int i = 0; i < n; i++)
        out[i] = json_f64(json_at(a, (size_t)i), (double)NAN);
}

/* False: its file is absent, or of a format that is not read. */
static bool load(const struct json *c, struct volume *v)
{
    const struct json *s = json_get(c, "source");
    const struct json *g = json_get(c, "geometry");
    const char *ct = json_text(json_get(s, "ct"));
    struct geometry geo;

    if (ct) {
        status st;

        if (!ct_there(ct))
            return false;
        st = volume_open(ct_path(ct), v);
        if (st != OK && strstr(status_text(), "not known by its name")) {
            printf("SKIP %s: its format is not read\n", ct);
            return false;
        }
        assert_ok(st);
        return true;
    }
    get_i64s(json_get(g, "size"), geo.size);
    get_f64s(json_get(g, "spacing"), geo.spacing, 3);
    get_f64s(json_get(g, "origin"), geo.origin, 3);
    get_f64s(json_get(g, "direction"), geo.direction, 9);
    {
        struct phantom p = phantom_of(json_get(s, "phantom"));

        *v = volume_of(&geo, p.pixel, phantom_make(&p));
    }
    return true;
}

/* The image's affine is diag(-1, -1, 1) in RAS after the turn to LPS. */
static void
check_grid(const char *name, const struct json *c, const struct infer_grid *g)
{
    const struct json *j = json_get(c, "after_orientation");
    const struct json *affine = json_get(j, "affine");
    int64_t size[3];

    get_i64s(json_get(j, "shape"), size);
    for (size_t a = 0; a < 3; a++) {
        double t = json_f64(json_at(json_at(affine, a), 3), (double)NAN);

        assert_int_equal(g->size[a], size[a]);
        if (!(fabs((a < 2 ? -t : t) - g->origin[a]) < 1e-9))
            fail_msg("%s: origin[%zu] is %.17g, the original's %.17g", name, a,
                     g->origin[a], t);
    }
}

static void check_box(const char *name,
                      const struct json *c,
                      const double at[3],
                      const int64_t lo[3],
                      const int64_t hi[3])
{
    double want[3];
    int64_t index[3];
    int64_t mine[3];

    get_f64s(json_get(c, "continuous_index"), want, 3);
    get_i64s(json_get(c, "index"), index);
    seed_index(at, mine);
    for (size_t a = 0; a < 3; a++) {
        const struct json *range = json_at(json_get(c, "crop"), a);

        if (!(fabs(at[a] - want[a]) < 1e-9))
            fail_msg("%s: index[%zu] is %.17g, the original's %.17g", name, a,
                     at[a], want[a]);
        assert_int_equal(mine[a], index[a]);
        if (!range)
            continue;
        assert_int_equal(lo[a], json_i64(json_at(range, 0), -1));
        assert_int_equal(hi[a], json_i64(json_at(range, 1), -1));
    }
}

static void compare(const char *name,
                    const struct json *want,
                    const struct tensors *t,
                    const struct patch *p,
                    struct tally *tally)
{
    const float *mine = p->data;
    double worst = 0.0;
    char hex[SHA256_HEX];
    uint8_t raw[SHA256_SIZE];

    for (size_t a = 0; a < 3; a++)
        if (p->shape[a] != json_i64(json_at(json_get(want, "shape"), a), -1))
            fail_msg("%s: shape[%zu] is %d", name, a, p->shape[a]);
    if (json_get(want, "tensor")) {
        size_t size = 0;
        float *all = tensors_get(t, json_text(json_get(want, "tensor")), &size);

        assert_int_equal(size, patch_len(p) * sizeof *all);
        for (size_t i = 0; i < patch_len(p); i++)
            worst = fmax(worst, fabs((double)mine[i] - (double)all[i]));
        mem_free(all);
    } else {
        const struct json *at = json_get(want, "at");
        const struct json *values = json_get(want, "values");

        assert_true(json_len(at) > 0);
        for (size_t i = 0; i < json_len(at); i++) {
            double v = json_f64(json_at(values, i), (double)NAN);

            worst = fmax(worst,
                         fabs((double)mine[json_i64(json_at(at, i), 0)] - v));
        }
        assert_true(fabs(json_f64(json_get(want, "max"), 0) -
                         json_f64(json_get(want, "min"), 0)) < 1e9);
    }
    /* all voxels of those that are recorded by samples only */
    assert_ok(sha256_of(p->data, patch_len(p) * sizeof(float), raw));
    sha256_hex(raw, hex);
    if (json_get(want, "sha256") && json_text(json_get(want, "sha256")) &&
        strcmp(hex, json_text(json_get(want, "sha256"))) == 0)
        worst = 0.0;
    if (!(worst <= bound))
        fail_msg("%s: off by %.3g, %.3g is allowed", name, worst, bound);
    tally->worst = fmax(tally->worst, worst);
    if (worst == 0.0)
        tally->exact++;
    else
        tally->within++;
}

static void check_window(const struct volume *v,
                         const struct infer_grid *g,
                         const struct infer_conf *conf,
                         const int64_t lo[3],
                         const int64_t hi[3],
                         const struct patch *whole)
{
    struct patch p = {0};
    struct volume part;
    int64_t from[3];
    int64_t to[3];

    infer_need(g, conf, lo, hi, from, to);
    part = sample_part(v, from, to);
    assert_ok(mem_new(patch_len(whole), sizeof(float), &p.data));
    infer_patch(&part, g, conf, lo, hi, &p);
    assert_same_bits(p.data, whole->data, patch_len(whole) * sizeof(float));
    mem_free(p.data);
    volume_free(&part);
}

static void check_seed(const char *name,
                       const struct json *c,
                       const struct tensors *t,
                       const struct volume *v,
                       const struct infer_conf *conf,
                       struct tally *tally)
{
    struct infer_grid g;
    struct patch p = {0};
    double point[3];
    double at[3];
    int64_t lo[3];
    int64_t hi[3];

    get_f64s(json_get(c, "point"), point, 3);
    assert_ok(infer_grid_of(&v->geo, &g));
    check_grid(name, c, &g);
    infer_box(&g, conf, point, at, lo, hi);
    check_box(name, c, at, lo, hi);
    if (json_get(c, "error")) {
        assert_true(lo[0] >= hi[0] || lo[1] >= hi[1] || lo[2] >= hi[2]);
        tally->refused++;
        return;
    }
    assert_ok(mem_new((size_t)(conf->size[0] * conf->size[1] * conf->size[2]),
                      sizeof(float), &p.data));
    infer_patch(v, &g, conf, lo, hi, &p);
    compare(name, json_get(c, "patch"), t, &p, tally);
    check_window(v, &g, conf, lo, hi, &p);
    mem_free(p.data);
}

static void
check_case(const struct json *c, const struct tensors *t, struct tally *tally)
{
    const char *name = json_text(json_get(c, "name"));
    struct infer_conf conf = {0};
    struct volume v = {0};
    struct patch p = {0};

    if (!load(c, &v))
        return;
    tally->covered++;
    get_i64s(json_get(c, "spatial_size"), conf.size);
    if (!json_bool(json_get(c, "precropped"), false)) {
        check_seed(name, c, t, &v, &conf, tally);
    } else {
        infer_precropped_shape(&v.geo, &conf, p.shape);
        assert_ok(mem_new(patch_len(&p), sizeof(float), &p.data));
        infer_precropped(&v, &conf, &p);
        compare(name, json_get(c, "patch"), t, &p, tally);
        mem_free(p.data);
    }
    volume_free(&v);
}

static void test_infer_path(void **state)
{
    struct json *root = golden_json("patches/infer_path.json");
    const struct json *cases = json_get(root, "cases");
    struct tensors t = tensors_read("patches/infer_path.safetensors");
    struct tally n = {0};

    (void)state;
    for (size_t i = 0; i < json_len(cases); i++)
        check_case(json_at(cases, i), &t, &n);
    printf("inference path: %d of %zu listed: %d exact, %d within %.0e (worst "
           "%.2g), %d refused as by the original, 0 failed\n",
           n.covered, json_len(cases), n.exact, n.within, bound, n.worst,
           n.refused);
    assert_true(n.covered > 0);
    assert_int_equal(n.exact + n.within + n.refused, n.covered);
    tensors_free(&t);
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_infer_path),
    };

    return golden_run(tests);
}
