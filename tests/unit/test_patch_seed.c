/* The voxel of a patch that holds its seed: the only bright one, whatever the
 * directions, the border and the two re-orientations. */
#include "tmp.h"
#include "unit/vol_sample.h"
#include "vol/cutter.h"
#include "vol/nifti_write.h"
#include "vol/orient.h"
#include "vol/patch.h"

/* Voxel `index` of the image that is sliced is 1000, all others are 0. */
static void brighten(struct volume *v, bool orient, const int64_t index[3])
{
    const int64_t *n = v->geo.size;
    struct orient o = orient_to(v->geo.direction, "LPI");
    int64_t f[3] = {index[0], index[1], index[2]};

    for (int b = 0; b < 3 && orient; b++)
        f[o.from[b]] = o.flip[b] ? n[o.from[b]] - 1 - index[b] : index[b];
    for (size_t i = 0; i < geometry_len(&v->geo); i++)
        pixel_set(v->pixel, v->data, i, 0.0);
    pixel_set(v->pixel, v->data, (size_t)((f[2] * n[1] + f[1]) * n[0] + f[0]),
              1000.0);
}

static void one(struct stream *s, int which, int modes)
{
    struct volume v = sample_volume(s, which, PIXEL_I16, 9);
    struct patch_conf conf = {4, modes & 1, modes & 2, false, {1, 1, 1}};
    struct patch p = {{0}, PIXEL_I16, NULL};
    struct grid g;
    int64_t least = v.geo.size[0];
    int64_t index[3];
    int64_t at[3];
    double exact[3];
    double point[3];

    for (int a = 1; a < 3; a++)
        least = v.geo.size[a] < least ? v.geo.size[a] : least;
    for (int a = 0; a < 3; a++) {
        index[a] = (int64_t)stream_below(s, (uint64_t)least);
        exact[a] = (double)index[a] + 0.25; /* clear of rounding */
    }
    brighten(&v, conf.orient, index);
    geometry_point(&v.geo, exact, point);
    assert_ok(patch_grid(&v.geo, &conf, &g));
    assert_ok(patch_new(conf.radius, PIXEL_I16, &p));
    patch_positive(&v, &g, &conf, point, &p);
    patch_seed(&g, &conf, point, at);
    for (int a = 0; a < 3; a++)
        assert_in_range(at[a], 0, p.shape[a] - 1);
    assert_true(pixel_get(PIXEL_I16, p.data,
                          (size_t)((at[0] * p.shape[1] + at[1]) * p.shape[2] +
                                   at[2])) == 1000.0);
    patch_free(&p);
    volume_free(&v);
}

static void test_bright(void **state)
{
    struct stream s = stream_at(12, STREAM_TEST, 0, 0, 0);

    (void)state;
    for (int which = 0; which < 48; which++)
        for (int modes = 0; modes < 4; modes++)
            for (int turn = 0; turn < 5; turn++)
                one(&s, which, modes);
}

/* The same by the inference path, through a file. */
static void one_inference(struct stream *s, int which, const char *path)
{
    struct volume v = sample_volume(s, which, PIXEL_I16, 9);
    struct cutter_conf conf = {.path = CUTTER_INFERENCE,
                               .infer = {.size = {10, 8, 12}}};
    struct cutter *c = NULL;
    struct patch p = {{0}, PIXEL_F32, NULL};
    struct volume part = {0};
    struct piece piece;
    int64_t index[3];
    int64_t at[3];
    double exact[3];
    double point[3];

    for (int a = 0; a < 3; a++) {
        v.geo.spacing[a] = 1.0;
        v.geo.origin[a] = 10.0 * a;
        index[a] = (int64_t)stream_below(s, (uint64_t)v.geo.size[a]);
        exact[a] = (double)index[a];
    }
    brighten(&v, false, index);
    geometry_point(&v.geo, exact, point);
    for (int a = 0; a < 3; a++)
        point[a] += 0.25; /* clear of rounding: its axes are the world's */
    assert_ok(nifti_write(path, &v));
    assert_ok(cutter_open(path, &conf, &c));
    assert_ok(mem_new(cutter_len(c), sizeof(float), &p.data));
    cutter_seed(c, point, &piece);
    assert_ok(cutter_read(c, piece.need_lo, piece.need_hi, &part));
    cutter_cut(c, &part, &piece, &p);
    assert_true(cutter_mark(c, point, at));
    for (int a = 0; a < 3; a++)
        assert_in_range(at[a], 0, p.shape[a] - 1);
    assert_true(pixel_get(PIXEL_F32, p.data,
                          (size_t)((at[0] * p.shape[1] + at[1]) * p.shape[2] +
                                   at[2])) > 0.5);
    mem_free(p.data);
    volume_free(&part);
    volume_free(&v);
    cutter_close(c);
}

static void test_inference(void **state)
{
    struct stream s = stream_at(12, STREAM_TEST, 1, 0, 0);
    char dir[TMP_PATH];
    char path[TMP_PATH];

    (void)state;
    tmp_make(dir);
    (void)tmp_path(dir, "a.nii", path);
    for (int which = 0; which < 48; which++)
        one_inference(&s, which, path);
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bright),
                                       cmocka_unit_test(test_inference)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
