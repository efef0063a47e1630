/* Every CT that the study's toolkit read: geometry, type and voxels; and that
 * what it could not read is an error here as well. */
#include "golden/geometry.h"
#include "vol/scan.h"

struct tally {
    int absent, covered, exact;
};

/* "16-bit signed integer" and the like. */
static void same_pixel(const char *name, enum pixel p, const char *want)
{
    static const char *const text[PIXEL_TYPES] = {
        [PIXEL_U8] = "8-bit unsigned integer",
        [PIXEL_I8] = "8-bit signed integer",
        [PIXEL_U16] = "16-bit unsigned integer",
        [PIXEL_I16] = "16-bit signed integer",
        [PIXEL_U32] = "32-bit unsigned integer",
        [PIXEL_I32] = "32-bit signed integer",
        [PIXEL_F32] = "32-bit float",
        [PIXEL_F64] = "64-bit float"};

    if (!want || strcmp(text[p], want) != 0)
        fail_msg("%s: pixel type %s, expected %s", name, text[p],
                 want ? want : "(none)");
}

/* The hash is over int16 or the type itself (the files' README). */
static void
same_voxels(const char *name, const struct json *j, const struct volume *v)
{
    enum pixel as = pixel_of(json_text(json_get(j, "dtype")));
    size_t len = geometry_len(&v->geo);
    const struct json *at = json_get(j, "at");
    void *data = NULL;

    assert_ok(mem_raw(len, pixel_size(as), &data));
    for (size_t i = 0; i < len; i++)
        pixel_set(as, data, i, pixel_get(v->pixel, v->data, i));
    check_sha256(name, json_text(json_get(j, "sha256")), data,
                 len * pixel_size(as));
    assert_true(json_len(at) > 0);
    for (size_t i = 0; i < json_len(at); i++) {
        size_t k = (size_t)json_i64(json_at(at, i), 0);
        double want = json_f64(json_at(json_get(j, "values"), i), 0.5);

        assert_true(k < len);
        assert_true(pixel_get(v->pixel, v->data, k) == want);
    }
    mem_free(data);
}

/* The middle slice alone, from an open file. */
static void same_slice(const char *path, const struct volume *v)
{
    int64_t k = v->geo.size[2] / 2;
    const int64_t lo[3] = {0, 0, k};
    const int64_t hi[3] = {v->geo.size[0], v->geo.size[1], k + 1};
    size_t size = (size_t)(hi[0] * hi[1]) * pixel_size(v->pixel);
    struct scan *s = NULL;
    struct volume part = {0};

    assert_ok(scan_open(path, &s));
    assert_ok(scan_part(s, lo, hi, &part));
    assert_memory_equal(part.data, (const char *)v->data + (size_t)k * size,
                        size);
    volume_free(&part);
    scan_close(s);
}

static void check_volume(const struct json *j, struct tally *t)
{
    const char *name = json_text(json_get(j, "path"));
    struct geometry want = get_geometry(j);
    struct geometry peek;
    enum pixel pixel = PIXEL_U8;
    struct volume v = {0};

    t->covered++;
    assert_ok(volume_open(ct_path(name), &v));
    same_geometry(name, &v.geo, &want);
    same_pixel(name, v.pixel, json_text(json_get(j, "pixel")));
    same_voxels(name, j, &v);
    assert_ok(volume_peek(ct_path(name), &peek, &pixel));
    same_geometry(name, &peek, &want);
    assert_int_equal(pixel, v.pixel);
    same_slice(ct_path(name), &v);
    volume_free(&v);
    t->exact++;
}

/* Single slices are no volumes; they have a test of their own. */
static bool is_volume(const struct json *j)
{
    return json_len(json_get(j, "size")) == 3;
}

static void test_volumes(void **state)
{
    struct json *root = golden_json("patches/volumes.json");
    const struct json *list = json_get(root, "volumes");
    struct tally t = {0};
    size_t flat = 0;

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *j = json_at(list, i);

        if (!is_volume(j))
            flat++;
        else if (!ct_there(json_text(json_get(j, "path"))))
            t.absent++;
        else
            check_volume(j, &t);
    }
    printf("volumes: %d exact of %d, %d absent; %zu single slices are not "
           "looked at here\n",
           t.exact, t.covered, t.absent, flat);
    json_free(root);
    if (t.absent > 0 && t.covered == 0)
        golden_skip();
    assert_true(t.covered > 0);
}

static void test_unreadable(void **state)
{
    struct json *root = golden_json("patches/volumes.json");
    const struct json *list = json_get(root, "unreadable");
    int covered = 0;
    int absent = 0;

    (void)state;
    for (size_t i = 0; i < json_len(list); i++) {
        const char *name = json_text(json_get(json_at(list, i), "path"));
        struct volume v = {0};
        status st;

        if (!ct_there(name)) {
            absent++;
            continue;
        }
        st = volume_open(ct_path(name), &v);
        if (st != ERR_DATA && st != ERR_FILE)
            fail_msg("%s: %s, an error was expected", name, status_name(st));
        assert_null(v.data);
        printf("%s\n", status_text());
        covered++;
    }
    printf("unreadable: %d refused, %d absent\n", covered, absent);
    json_free(root);
    if (covered == 0)
        golden_skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_unreadable),
    };

    return golden_run(tests);
}
