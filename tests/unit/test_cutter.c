/* Patches cut from a file by window are those of the whole volume, resampled
 * and cropped, bit for bit: random sizes, spacings, directions, seeds, options,
 * in raw and compressed files; `test_cutter N` tries N of each path. */
#include <math.h>

#include "base/file.h"

#include "tmp.h"
#include "unit/long_way.h"
#include "vol/cutter.h"
#include "vol/infer.h"
#include "vol/nifti_write.h"

static int cases = 650;
static char dir[TMP_PATH];

/* Turn the direction about a random axis by up to half a turn. */
static void make_oblique(struct stream *s, double d[9])
{
    for (int k = 0; k < 3; k++) {
        int a = k;
        int b = (k + 1) % 3;
        double t = stream_range(s, -0.6, 0.6);
        double c = (1 - t * t) / (1 + t * t);
        double n = 2 * t / (1 + t * t);

        for (int r = 0; r < 3; r++) {
            double x = d[3 * r + a];
            double y = d[3 * r + b];

            d[3 * r + a] = c * x + n * y;
            d[3 * r + b] = c * y - n * x;
        }
    }
}

/* A random file of a CT, and the whole of it as it is read. */
static struct volume new_file(struct stream *s, char path[TMP_PATH])
{
    struct volume v =
        sample_volume(s, (int)stream_below(s, 48),
                      (enum pixel)stream_below(s, PIXEL_TYPES), 14);
    struct volume back = {0};

    if (stream_below(s, 3) == 0)
        make_oblique(s, v.geo.direction);
    tmp_path(dir, stream_below(s, 4) ? "v.nii" : "v.nii.gz", path);
    (void)remove(path);
    assert_ok(nifti_write(path, &v));
    volume_free(&v);
    assert_ok(volume_open(path, &back));
    return back;
}

/* A new file every fifth time. */
static const struct volume *
sample_file(struct stream *s, int i, struct volume *v, char path[TMP_PATH])
{
    if (i % 5 == 0) {
        volume_free(v);
        *v = new_file(s, path);
    }
    return v;
}

static void
sample_point(struct stream *s, const struct geometry *g, double point[3])
{
    double index[3];

    for (int a = 0; a < 3; a++)
        index[a] = stream_range(s, -1.5, (double)g->size[a] + 0.5);
    geometry_point(g, index, point);
}

/* Read what a piece needs, cut it; the caller frees. */
static struct patch cut(struct cutter *c, const struct piece *piece)
{
    struct patch p = {0};
    struct volume part = {0};

    assert_ok(mem_new(cutter_len(c), sizeof(double), &p.data));
    assert_ok(cutter_read(c, piece->need_lo, piece->need_hi, &part));
    cutter_cut(c, &part, piece, &p);
    volume_free(&part);
    return p;
}

static struct cutter_conf training(struct stream *s)
{
    struct cutter_conf conf = {.path = CUTTER_TRAINING, .tolerance_mm = 1e3};
    struct patch_conf *t = &conf.train;

    t->radius = 1 + (int64_t)stream_below(s, 7);
    t->orient = stream_below(s, 2);
    t->orient_patch = stream_below(s, 4) > 0;
    t->resample = stream_below(s, 8) > 0;
    for (int a = 0; a < 3; a++)
        t->spacing_mm[a] = stream_below(s, 2) ? 1.0 : stream_range(s, 0.6, 2);
    return conf;
}

static void test_training_path(void **state)
{
    struct stream s = stream_at(11, STREAM_TEST, 0, 0, 0);
    struct volume file = {0};
    char path[TMP_PATH];
    int empty = 0;

    (void)state;
    for (int i = 0; i < cases; i++) {
        const struct volume *v = sample_file(&s, i, &file, path);
        struct cutter_conf conf = training(&s);
        struct cutter *c = NULL;
        struct piece piece;
        struct patch p;
        double point[3];
        int64_t corner[3];

        assert_ok(cutter_open(path, &conf, &c));
        sample_point(&s, &v->geo, point);
        cutter_seed(c, point, &piece);
        p = cut(c, &piece);
        if (patch_len(&p) == 0)
            empty++;
        else
            the_long_way(v, cutter_grid(c), &conf.train, piece.lo, piece.hi,
                         &p);
        patch_free(&p);
        negative_draw(cutter_grid(c), &conf.train, &s, corner);
        cutter_corner(c, corner, &piece);
        p = cut(c, &piece);
        the_long_way(v, cutter_grid(c), &conf.train, piece.lo, piece.hi, &p);
        patch_free(&p);
        cutter_close(c);
    }
    volume_free(&file);
    printf("training path: %d windows bit-equal, %d of them empty\n", 2 * cases,
           empty);
    assert_true(empty < cases / 2);
}

/* The patch of the whole image, cropped and padded by hand. */
static void check_crop(const struct volume *v,
                       const struct infer_conf *conf,
                       const struct piece *piece,
                       const struct patch *p)
{
    struct infer_conf whole = *conf;
    const int64_t zero[3] = {0, 0, 0};
    struct patch all = {0};
    struct infer_grid g;
    const float *got = p->data;
    int64_t at[3];

    assert_ok(infer_grid_of(&v->geo, &g));
    for (int a = 0; a < 3; a++)
        whole.size[2 - a] = g.size[a];
    assert_ok(mem_new((size_t)(g.size[0] * g.size[1] * g.size[2]),
                      sizeof(float), &all.data));
    infer_patch(v, &g, &whole, zero, g.size, &all);
    for (int64_t z = 0; z < conf->size[0]; z++)
        for (int64_t y = 0; y < conf->size[1]; y++)
            for (int64_t x = 0; x < conf->size[2]; x++) {
                const int64_t i[3] = {x, y, z};
                bool there = true;
                float want = 0.0F;

                for (int a = 0; a < 3; a++) {
                    int64_t len = piece->hi[a] - piece->lo[a];
                    int64_t before = (conf->size[2 - a] - len) / 2;

                    at[a] = piece->lo[a] + i[a] - before;
                    there = there && i[a] >= before && i[a] < before + len;
                }
                if (there)
                    want =
                        ((float *)
                             all.data)[(at[2] * g.size[1] + at[1]) * g.size[0] +
                                       at[0]];
                assert_same_bits(&want, got, sizeof want);
                got++;
            }
    mem_free(all.data);
}

static void test_inference_path(void **state)
{
    struct stream s = stream_at(12, STREAM_TEST, 0, 0, 0);
    struct volume file = {0};
    char path[TMP_PATH];
    int cut_n = 0;

    (void)state;
    for (int i = 0; i < cases; i++) {
        const struct volume *v = sample_file(&s, i, &file, path);
        struct cutter_conf conf = {.path = CUTTER_INFERENCE,
                                   .train = {.radius = 3},
                                   .tolerance_mm = 1e3};
        struct cutter *c = NULL;
        struct piece piece;
        struct patch p;
        double point[3];

        conf.infer.ideal = stream_below(&s, 3) == 0;
        for (int a = 0; a < 3; a++)
            conf.infer.size[a] = 2 + (int64_t)stream_below(&s, 12);
        assert_ok(cutter_open(path, &conf, &c));
        sample_point(&s, &v->geo, point);
        cutter_seed(c, point, &piece);
        if (piece.lo[0] < piece.hi[0] && piece.lo[1] < piece.hi[1] &&
            piece.lo[2] < piece.hi[2]) {
            p = cut(c, &piece);
            check_crop(v, &conf.infer, &piece, &p);
            patch_free(&p);
            cut_n++;
        } else {
            assert_fails(cutter_check(c, point, "x"), ERR_DATA, "");
        }
        cutter_close(c);
    }
    volume_free(&file);
    printf("inference path: %d windows bit-equal, %d crops empty\n", cut_n,
           cases - cut_n);
    assert_true(cut_n > cases / 2);
}

/* Several pieces from one part that holds them all, as prepare cuts them. */
static void test_one_part_for_all(void **state)
{
    struct stream s = stream_at(13, STREAM_TEST, 0, 0, 0);
    char path[TMP_PATH];

    (void)state;
    for (int i = 0; i < 40; i++) {
        struct volume v = new_file(&s, path);
        struct cutter_conf conf = training(&s);
        struct cutter *c = NULL;

        assert_ok(cutter_open(path, &conf, &c));
        for (int k = 0; k < 5; k++) {
            struct piece piece;
            struct patch one;
            struct patch two = {0};
            double point[3];

            sample_point(&s, &v.geo, point);
            cutter_seed(c, point, &piece);
            one = cut(c, &piece);
            assert_ok(mem_new(cutter_len(c), sizeof(double), &two.data));
            cutter_cut(c, &v, &piece, &two);
            assert_same_bits(one.data, two.data,
                             patch_len(&one) * pixel_size(one.pixel));
            patch_free(&one);
            patch_free(&two);
        }
        cutter_close(c);
        volume_free(&v);
    }
}

/* Headers that no scanner writes: nothing beyond the part is touched (the
 * sanitizers look). */
static void test_extreme_headers(void **state)
{
    static const double size_of[] = {1e-4, 1e-2, 0.3, 1, 7, 300, 4e4};
    static const double far_of[] = {0, 1e3, -1e6, 1e9, -1e13};
    struct stream s = stream_at(16, STREAM_TEST, 0, 0, 0);
    char path[TMP_PATH];
    int n = 0;

    (void)state;
    for (int i = 0; i < 150; i++) {
        struct volume v =
            sample_volume(&s, (int)stream_below(&s, 48), PIXEL_I16, 9);
        struct cutter_conf conf = {.train = {4, i & 1, true, true, {1, 1, 1}},
                                   .infer = {.size = {8, 8, 8}}};
        struct cutter *c = NULL;

        if (i % 3 == 0)
            make_oblique(&s, v.geo.direction);
        for (int a = 0; a < 3; a++) {
            v.geo.spacing[a] = size_of[stream_below(&s, 7)];
            v.geo.origin[a] = far_of[stream_below(&s, 5)];
        }
        conf.path = i % 2 ? CUTTER_TRAINING : CUTTER_INFERENCE;
        tmp_path(dir, "extreme.nii", path);
        (void)remove(path);
        assert_ok(nifti_write(path, &v));
        if (cutter_open(path, &conf, &c) == OK) {
            struct piece piece;
            double point[3];

            sample_point(&s, cutter_geometry(c), point);
            cutter_seed(c, point, &piece);
            if (piece.lo[0] < piece.hi[0] && piece.lo[1] < piece.hi[1] &&
                piece.lo[2] < piece.hi[2]) {
                struct patch p = cut(c, &piece);

                n++;
                patch_free(&p);
            }
        }
        cutter_close(c);
        volume_free(&v);
    }
    printf("%d patches of extreme volumes\n", n);
    assert_true(n > 20);
}

/* Bytes this process has read by system calls. */
static uint64_t bytes_read(void)
{
    char line[128];
    uint64_t n = 0;
    FILE *f = fopen("/proc/self/io", "r");

    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "rchar: ", 7) == 0)
            n = strtoull(line + 7, NULL, 10);
    if (f)
        (void)fclose(f);
    return n;
}

static void cut_at(const char *path, double z, uint64_t *bytes, status *st)
{
    const struct cutter_conf conf = {
        .path = CUTTER_TRAINING, .train = {8, false, true, true, {1, 1, 1}}};
    const double point[3] = {40, 40, z};
    uint64_t before = bytes_read();
    struct cutter *c = NULL;
    struct volume part = {0};
    struct piece piece;

    assert_ok(cutter_open(path, &conf, &c));
    cutter_seed(c, point, &piece);
    *st = cutter_read(c, piece.need_lo, piece.need_hi, &part);
    *bytes = bytes_read() - before;
    cutter_close(c);
    volume_free(&part);
}

/* Of an uncompressed file the slab is read and little else; a compressed one is
 * not inflated beyond the slab: that its end is missing is not seen. */
static void test_reads_the_slab(void **state)
{
    enum { EDGE = 80 };
    struct geometry g = {
        {EDGE, EDGE, 200}, {1, 1, 1}, {0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    struct stream s = stream_at(15, STREAM_TEST, 0, 0, 0);
    struct volume v = {0};
    char raw[TMP_PATH];
    char gz[TMP_PATH];
    uint64_t size = 0;
    uint64_t n = 0;
    status st = OK;

    (void)state;
    assert_ok(volume_new(&g, PIXEL_I16, &v));
    for (size_t i = 0; i < geometry_len(&g); i++)
        ((int16_t *)v.data)[i] = (int16_t)stream_below(&s, 3000);
    assert_ok(nifti_write(tmp_path(dir, "slab.nii", raw), &v));
    assert_ok(nifti_write(tmp_path(dir, "slab.nii.gz", gz), &v));
    volume_free(&v);
    cut_at(raw, 120, &n, &st);
    assert_ok(st);
    if (bytes_read() == 0)
        printf("SKIP bytes read: /proc/self/io is not there\n");
    else /* 16 rows of 17 or 18 slices, and the header */
        assert_in_range(n, 16 * 16 * 16 * 2, 18 * 18 * EDGE * 2 + 4096);

    assert_ok(file_size(gz, &size));
    assert_int_equal(truncate(gz, (off_t)(size * 3 / 4)), 0);
    cut_at(gz, 100, &n, &st);
    assert_ok(st);
    if (bytes_read() > 0)
        assert_in_range(n, size / 2, size * 3 / 4);
    cut_at(gz, 190, &n, &st);
    assert_int_equal(st, ERR_DATA);
}

static void test_texts(void **state)
{
    struct stream s = stream_at(14, STREAM_TEST, 0, 0, 0);
    struct cutter_conf conf = {.path = CUTTER_INFERENCE,
                               .infer = {.size = {1, 4, 4}}};
    const double far[3] = {4000, 0, 0};
    struct cutter *c = NULL;
    char path[TMP_PATH];
    struct volume v = new_file(&s, path);
    double middle[3];
    double index[3];

    (void)state;
    for (int a = 0; a < 3; a++)
        index[a] = (double)(v.geo.size[a] - 1) / 2.0;
    geometry_point(&v.geo, index, middle);
    assert_ok(cutter_open(path, &conf, &c));
    assert_fails(cutter_check(c, far, "list.csv:7"), ERR_DATA, "list.csv:7");
    assert_fails(cutter_check(c, middle, "x"), ERR_DATA, "is empty along");
    cutter_close(c);
    assert_fails(cutter_open("none.nii", &conf, &c), ERR_FILE, "none.nii");
    volume_free(&v);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training_path),
        cmocka_unit_test(test_inference_path),
        cmocka_unit_test(test_one_part_for_all),
        cmocka_unit_test(test_extreme_headers),
        cmocka_unit_test(test_reads_the_slab),
        cmocka_unit_test(test_texts),
    };
    int failed;

    if (argc > 1)
        cases = atoi(argv[1]);
    tmp_make(dir);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    tmp_clean(dir);
    return failed;
}
