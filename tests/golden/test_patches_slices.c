/* DeepLesion pictures to volumes, against what the study's program made of the
 * same pictures: file names, runs, headers, voxels. */
#include "base/file.h"

#include "golden/patches.h"
#include "tmp.h"
#include "unit/png_sample.h"
#include "vol/nifti_fields.h"
#include "vol/nifti_head.h"
#include "vol/png_read.h"
#include "vol/png_slices.h"
#include "vol/scan.h"

#define TABLE "deeplesion/DL_info_excerpt_patients_89-100.csv"

/* "slices": [7, 8, 9, 12] or [4, "to", 307]; the i-th, -1 after the last. */
static int64_t slice_number(const struct json *list, size_t i)
{
    if (json_len(list) == 3 && json_text(json_at(list, 1))) {
        int64_t n = json_i64(json_at(list, 0), -1) + (int64_t)i;

        return n <= json_i64(json_at(list, 2), -1) ? n : -1;
    }
    return json_i64(json_at(list, i), -1);
}

/* Pixels are the phantom + 32768; its axes are row, column, slice. */
static void put_pictures(const struct json *j, const char *folder)
{
    struct phantom p = phantom_of(json_get(j, "phantom"));
    void *voxels = phantom_make(&p);
    int64_t rows = json_i64(json_get(j, "rows"), 0);
    int64_t columns = json_i64(json_get(j, "columns"), 0);
    uint16_t *pixel = NULL;
    int64_t number;
    char name[32];
    char path[TMP_PATH];

    assert_ok(mem_new((size_t)(rows * columns), 2, &pixel));
    for (size_t k = 0; (number = slice_number(json_get(j, "slices"), k)) >= 0;
         k++) {
        struct png_sample s = {
            (uint32_t)columns, (uint32_t)rows, 16, 0, 0, pixel};

        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < columns; c++) {
                size_t at = (k * (size_t)columns + (size_t)c) * (size_t)rows +
                            (size_t)r;

                pixel[r * columns + c] =
                    (uint16_t)((int)pixel_get(p.pixel, voxels, at) + 32768);
            }
        (void)snprintf(name, sizeof name, "%03d.png", (int)number);
        (void)png_write_sample(&s, folder, name, path);
    }
    mem_free(pixel);
    mem_free(voxels);
}

static void same(const struct json *want, size_t i, double have)
{
    double v = json_f64(json_at(want, i), (double)NAN);

    if (!(v == have))
        fail_msg("element %zu is %.17g, expected %.17g", i, have, v);
}

static void check_header(const struct json *want, const char *path)
{
    const struct json *shape = json_get(want, "nifti_shape");
    struct nifti_fields f;
    char *bytes = NULL;
    size_t len = 0;

    assert_ok(file_read(path, 1 << 20, &bytes, &len));
    assert_true(len > NIFTI_HEAD);
    assert_ok(nifti_fields((const uint8_t *)bytes, path, &f));
    mem_free(bytes);
    assert_int_equal(f.dim[0], json_len(shape));
    for (size_t a = 0; a < json_len(shape); a++)
        assert_int_equal(f.dim[a + 1], json_i64(json_at(shape, a), -1));
    for (size_t i = 0; i < 4; i++)
        same(json_get(want, "pixdim"), i, f.pixdim[i]);
    same(json_get(want, "qform_sform"), 0, f.qform);
    same(json_get(want, "qform_sform"), 1, f.sform);
    /* 1 and 0 in the file, which its library reports as nan */
    assert_true(f.slope == 1.0 && f.inter == 0.0);
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 4; c++)
            same(json_at(json_get(want, "affine"), r), c, f.srow[4 * r + c]);
    assert_string_equal(json_text(json_get(want, "dtype")),
                        pixel_name((enum pixel)nifti_pixel(f.datatype)));
}

static void check_volume(const struct json *want,
                         const struct png_series *s,
                         const struct png_run *r,
                         const double mm[3],
                         const char *dir)
{
    const char *file = json_text(json_get(want, "file"));
    const struct json *geo = json_get(want, "simpleitk");
    struct layout l = {.segment = NULL};
    char *name = NULL;
    char *bytes = NULL;
    char path[TMP_PATH];
    size_t len = 0;

    assert_ok(png_run_name(s, r, &name));
    assert_int_equal(strncmp(file, name, strlen(name)), 0);
    assert_string_equal(file + strlen(name), ".nii.gz");
    mem_free(name);
    /* plain, so that the header and the voxels can be looked at */
    assert_ok(png_volume(s, r, mm, tmp_path(dir, "volume.nii", path)));
    check_header(want, path);
    assert_ok(file_read(path, 1 << 20, &bytes, &len));
    check_sha256(file, json_text(json_get(want, "sha256_fortran_order")),
                 bytes + NIFTI_VOXELS, len - NIFTI_VOXELS);
    mem_free(bytes);
    assert_ok(png_layout(s, r, mm, &l));
    for (size_t a = 0; a < json_len(json_get(geo, "size")); a++) {
        assert_int_equal(l.geo.size[a],
                         json_i64(json_at(json_get(geo, "size"), a), -1));
        same(json_get(geo, "spacing"), a, l.geo.spacing[a]);
        same(json_get(geo, "origin"), a, l.geo.origin[a]);
    }
    for (size_t i = 0; i < 9 && r->n > 1; i++)
        same(json_get(geo, "direction"), i, l.geo.direction[i]);
    layout_free(&l);
}

static void test_slices_to_volumes(void **state)
{
    struct json *root = golden_json("patches/deeplesion_lists.json");
    const struct json *list = json_get(root, "slices_to_volumes");
    struct csv *info = NULL;
    size_t volumes = 0;
    char dir[TMP_PATH];

    (void)state;
    assert_ok(csv_read(ct_path(TABLE), &info));
    tmp_make(dir);
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *j = json_at(list, i);
        const char *name = json_text(json_get(j, "series"));
        const struct json *want = json_get(j, "volumes");
        struct png_series s;
        char folder[TMP_PATH];
        double mm[3];

        assert_ok(file_mkdirs(tmp_path(dir, name, folder)));
        put_pictures(j, folder);
        assert_ok(png_spacing(info, name, mm));
        assert_ok(png_series_open(folder, &s));
        assert_int_equal(s.runs, json_len(want));
        for (size_t r = 0; r < s.runs; r++, volumes++)
            check_volume(json_at(want, r), &s, &s.run[r], mm, dir);
        png_series_free(&s);
    }
    printf("consumed %zu of %zu folders, %zu volumes, all exact\n",
           json_len(list), json_len(list), volumes);
    assert_true(volumes > 0);
    csv_free(info);
    json_free(root);
    tmp_clean(dir);
}

/* Real pictures: values of the PNG files of volumes.json. */
static void test_pictures(void **state)
{
    struct json *root = golden_json("patches/volumes.json");
    const struct json *list = json_get(root, "volumes");
    size_t listed = 0;
    size_t consumed = 0;

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *j = json_at(list, i);
        const char *name = json_text(json_get(j, "path"));
        uint16_t *pixel = NULL;
        int64_t n[2];

        if (strcmp(json_text(json_get(j, "reader")), "png16") != 0)
            continue;
        listed++;
        if (!ct_there(name))
            continue;
        for (size_t a = 0; a < 2; a++)
            n[a] = json_i64(json_at(json_get(j, "size"), a), -1);
        assert_ok(mem_raw((size_t)(n[0] * n[1]), 2, &pixel));
        assert_ok(png_read(ct_path(name), n[0], n[1], pixel));
        for (int64_t k = 0; k < n[0] * n[1]; k++)
            pixel[k] = (uint16_t)(pixel[k] ^ 0x8000U); /* - 32768 */
        check_sha256(name, json_text(json_get(j, "sha256")), pixel,
                     (size_t)(n[0] * n[1]) * 2);
        consumed++;
        mem_free(pixel);
    }
    printf("consumed %zu of %zu pictures, all exact\n", consumed, listed);
    json_free(root);
    if (consumed == 0)
        golden_skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices_to_volumes),
        cmocka_unit_test(test_pictures),
    };

    return golden_run(tests);
}
