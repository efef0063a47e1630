/* Live negatives of a volume whose voxels are their own numbers, so that a
 * patch says where it was cut. */
#include "base/file.h"
#include "base/mem.h"

#include "tmp.h"
#include "train/live.h"
#include "vol/nifti_write.h"

enum { SIZE = 24, EDGE = 8, ROWS = 3 };
static char dir[TMP_PATH];
static const struct cutter_conf cut = {
    .path = CUTTER_TRAINING,
    .train = {.radius = EDGE / 2, .orient_patch = false, .resample = false}};
/* LPS mm of the seeds; the volume's axes are those of LPS at 1 mm */
static const int32_t seed[ROWS][3] = {{5, 6, 7}, {12, 12, 12}, {18, 4, 15}};

static void make_files(char list[TMP_PATH])
{
    struct geometry g = {
        {SIZE, SIZE, SIZE}, {1, 1, 1}, {0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    struct volume v = {0};
    char path[TMP_PATH];
    char text[512] = "image_path,coordX,coordY,coordZ\n";

    assert_ok(volume_new(&g, PIXEL_I32, &v));
    for (int32_t i = 0; i < SIZE * SIZE * SIZE; i++)
        ((int32_t *)v.data)[i] = i;
    assert_ok(nifti_write(tmp_path(dir, "a.nii.gz", path), &v));
    for (int r = 0; r < ROWS; r++) {
        size_t n = strlen(text);

        (void)snprintf(text + n, sizeof text - n, "a.nii.gz,%d.2,%d.2,%d.2\n",
                       seed[r][0], seed[r][1], seed[r][2]);
    }
    tmp_write(dir, "list.csv", text, strlen(text), list);
    volume_free(&v);
}

static struct live *open_live(const char *path, bool clear, const char *cache)
{
    const struct live_conf conf = {.from = LIVE_LIVE,
                                   .clear = clear,
                                   .list = path,
                                   .root = "",
                                   .strip = "",
                                   .cache = cache,
                                   .cache_gb = 1};
    const struct list_conf lc = {.root = "", .strip = ""};
    struct list *list = NULL;
    struct live *l = NULL;

    assert_ok(list_open(path, &lc, &list));
    assert_ok(live_open(&conf, &cut, 5, list->digest, &l));
    list_free(list);
    return l;
}

/* Corner of a patch, from its first voxel. */
static void corner_of(const struct patch *p, int32_t corner[3])
{
    int32_t first = ((int32_t *)p->data)[0];

    corner[0] = first % SIZE;
    corner[1] = first / SIZE % SIZE;
    corner[2] = first / SIZE / SIZE;
}

static bool holds(const int32_t corner[3], const int32_t s[3])
{
    for (int a = 0; a < 3; a++)
        if (s[a] < corner[a] || s[a] >= corner[a] + EDGE)
            return false;
    return true;
}

/* How many of `epochs` x rows negatives hold a seed; corners are spread. */
static int seeds_held(struct live *l, int epochs, int32_t spread[3])
{
    struct patch p = {0};
    int held = 0;

    assert_ok(mem_raw(EDGE * EDGE * EDGE, 8, &p.data));
    for (int e = 0; e < epochs; e++)
        for (uint32_t row = 0; row < ROWS; row++) {
            int32_t corner[3];
            bool any = false;

            assert_ok(live_read(l, e, row, &p));
            assert_int_equal(patch_len(&p), EDGE * EDGE * EDGE);
            corner_of(&p, corner);
            for (int r = 0; r < ROWS; r++)
                any = any || holds(corner, seed[r]);
            held += any;
            for (int a = 0; a < 3; a++)
                spread[a] = corner[a] > spread[a] ? corner[a] : spread[a];
        }
    mem_free(p.data);
    return held;
}

static void test_clear(void **state)
{
    char list[TMP_PATH];
    int32_t most[3] = {0, 0, 0};
    struct live *l;

    (void)state;
    make_files(list);
    l = open_live(list, false, "");
    assert_true(seeds_held(l, 60, most) > 5);
    for (int a = 0; a < 3; a++)
        assert_true(most[a] > SIZE - EDGE - 3 && most[a] <= SIZE - EDGE);
    live_close(l);
    l = open_live(list, true, "");
    assert_int_equal(seeds_held(l, 60, most), 0);
    live_close(l);
}

/* Beside the caller, through a cache, in any order: the same patches. */
static void test_beside(void **state)
{
    enum { N = 4 };
    static const uint32_t rows[N] = {2, 0, 1, 2};
    char list[TMP_PATH];
    char cache[TMP_PATH];
    struct patch p[N] = {{{0}, PIXEL_I32, NULL}};
    struct patch one = {0};
    struct live *l;

    (void)state;
    make_files(list);
    l = open_live(list, false, tmp_path(dir, "cache", cache));
    for (int i = 0; i < N; i++)
        assert_ok(mem_raw(EDGE * EDGE * EDGE, 8, &p[i].data));
    assert_ok(mem_raw(EDGE * EDGE * EDGE, 8, &one.data));
    live_start(l, 7, rows, N, p);
    assert_ok(live_wait(l));
    live_close(l);
    l = open_live(list, false, "");
    for (int i = N - 1; i >= 0; i--) {
        assert_ok(live_read(l, 7, rows[i], &one));
        assert_same_bits(one.data, p[i].data, EDGE * EDGE * EDGE * 4);
        patch_free(&p[i]);
    }
    assert_ok(live_read(l, -1, 1, &one)); /* the positive */
    assert_int_equal(((int32_t *)one.data)[0], (8 * SIZE + 8) * SIZE + 8);
    patch_free(&one);
    live_close(l);
}

static void test_errors(void **state)
{
    const struct live_conf conf = {
        .list = "", .root = "", .strip = "", .cache = ""};
    static const uint32_t row = 1;
    char list[TMP_PATH];
    char path[TMP_PATH];
    struct patch p = {0};
    struct live *l = NULL;

    (void)state;
    make_files(list);
    assert_fails(live_open(&conf, &cut, 0, "", &l), ERR_CONF, "input.list");
    l = open_live(list, false, "");
    assert_int_equal(remove(tmp_path(dir, "a.nii.gz", path)), 0);
    assert_ok(mem_raw(EDGE * EDGE * EDGE, 8, &p.data));
    live_start(l, 0, &row, 1, &p);
    assert_fails(live_wait(l), ERR_FILE, "list.csv:3: ");
    patch_free(&p);
    live_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clear),
        cmocka_unit_test(test_beside),
        cmocka_unit_test(test_errors),
    };
    int failed;

    tmp_make(dir);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    tmp_clean(dir);
    return failed;
}
