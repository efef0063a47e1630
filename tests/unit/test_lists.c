/* lists/: crossings, numbers, halves, parts of a list, points of voxels, the
 * two-year rule. Published figures: tests/golden/test_lists_*.c. */
#include "base/csv.h"
#include "base/file.h"

#include "check.h"
#include "lists/deeplesion.h"
#include "lists/luna16.h"
#include "lists/number.h"
#include "lists/split.h"
#include "lists/subset.h"
#include "lists/survival.h"
#include "tmp.h"
#include "vol/nifti_write.h"

static struct csv *table(const char *name, const struct text *t)
{
    struct csv *out = NULL;

    assert_ok(text_status(t));
    assert_ok(csv_parse(name, t->s, t->len, &out));
    return out;
}

static void numbers(void **state)
{
    double v[3];

    (void)state;
    assert_true(number_list(" 1, -2.5 ,3", 3, v));
    assert_true(v[0] == 1 && v[1] == -2.5 && v[2] == 3);
    assert_false(number_list("1, 2", 3, v));
    assert_false(number_list("1, 2, 3, 4", 3, v));
    assert_false(number_list("1, 2, x", 3, v));
    assert_false(number_list("", 1, v));
    assert_false(number_list("1 2", 2, v));
    assert_false(number_list("nan", 1, v));
    /* 15 digits and fewer come back as they were; 17 need not */
    assert_true(number_reread(0.488281) == 0.488281);
    assert_true(number_reread(-32.5) == -32.5);
    assert_true(number_reread(1e22) == 1e22 && number_reread(0) == 0);
    assert_true(number_reread(1e-7) == 1e-7);
    /* a published coordX before the reader, and after */
    assert_true(number_reread(222.21999806165695) == 222.21999806165692);
    assert_true(number_f32(0.1) == (double)0.1F);
}

static void crossings(void **state)
{
    static const struct {
        double p[8];
        int meets;
        double x, y;
    } cases[] = {
        {{0, 0, 2, 2, 0, 2, 2, 0}, 1, 1, 1},
        {{0, 0, 4, 0, 1, 0, 1, 3}, 1, 1, 0}, /* an end on the other */
        {{0, 0, 4, 0, 4, 0, 7, 3}, 1, 4, 0}, /* ends in common */
        {{0, 0, 4, 0, 1, 1, 3, 1}, 0, 0, 0}, /* parallel */
        {{0, 0, 4, 0, 2, 0, 6, 0}, 0, 0, 0}, /* on one line */
        {{0, 0, 1, 1, 3, 0, 0, 3}, 0, 0, 0}, /* lines would meet */
        {{0, 0, 4, 4, 5, 4, 5, 9}, 0, 0, 0},
        {{3, 3, 3, 3, 3, 3, 3, 3}, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double at[2] = {0, 0};

        assert_int_equal(deeplesion_cross(cases[i].p, at), cases[i].meets);
        assert_true(at[0] == cases[i].x && at[1] == cases[i].y);
    }
}

static void halves(void **state)
{
    static const uint32_t cls[7] = {0, 1, 0, 1, 0, 0, 1};
    static const uint32_t lone[3] = {0, 0, 1};
    uint32_t a[7];
    uint32_t b[7];
    unsigned seen = 0;
    unsigned ones = 0;

    (void)state;
    assert_ok(split_strata(3, 7, cls, 2, a, b));
    for (int i = 0; i < 3; i++) {
        seen |= 1U << a[i];
        ones += cls[a[i]];
    }
    for (int i = 0; i < 4; i++)
        seen |= 1U << b[i];
    assert_int_equal(seen, 127);
    assert_int_equal(ones, 1); /* 3 of 7 are of class 1: 1.3 of 3 */
    assert_fails(split_strata(3, 3, lone, 2, a, b), ERR_DATA, "class 1 has 1");
    assert_ok(split_half(21, 5, a, b));
    seen = 1U << a[0] | 1U << a[1] | 1U << b[0] | 1U << b[1] | 1U << b[2];
    assert_int_equal(seen, 31);
}

/* Parts lie within each other, keep the classes' shares, and are the same
 * everywhere. */
static void parts(void **state)
{
    enum { ROWS = 1000, CLASSES = 3 };
    static const uint32_t share[CLASSES] = {100, 300, 600};
    struct text t = {0};
    uint32_t order[ROWS];
    uint32_t again[ROWS];
    char in[ROWS] = {0};
    struct csv *c;

    (void)state;
    text_add(&t, "x,label\n");
    for (int i = 0; i < ROWS; i++)
        text_add(&t, "%d,c%d\n", i, i % 10 == 0 ? 0 : i % 10 < 4 ? 1 : 2);
    c = table("l.csv", &t);
    assert_ok(subset_order(c, "label", 5, order));
    assert_ok(subset_order(c, "label", 5, again));
    assert_memory_equal(order, again, sizeof order);
    for (int i = 0; i < ROWS; i++)
        in[order[i]]++;
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(in[i], 1);
    for (uint32_t n = 100; n <= 500; n += 100) {
        uint32_t count[CLASSES] = {0};

        for (uint32_t i = 0; i < n; i++) {
            uint32_t k = order[i] % 10;

            count[k == 0 ? 0 : k < 4 ? 1 : 2]++;
        }
        for (int k = 0; k < CLASSES; k++)
            assert_in_range(count[k], share[k] * n / ROWS - 1,
                            share[k] * n / ROWS + 1);
    }
    assert_ok(subset_order(c, NULL, 6, again));
    assert_true(memcmp(order, again, sizeof order) != 0);
    assert_fails(subset_order(c, "lable", 5, order), ERR_DATA, "lable");
    assert_int_equal(subset_rows(2610, 10), 261);
    assert_int_equal(subset_rows(5, 50), 3);
    assert_int_equal(subset_rows(5, 1), 1);
    assert_int_equal(subset_rows(5, 100), 5);
    csv_free(c);
    text_free(&t);
}

/* ---- LUNA16 from voxels ------------------------------------------------- */

static char dir[TMP_PATH];

static int setup(void **state)
{
    (void)state;
    tmp_make(dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static void write_scan(const char *name, double x0)
{
    struct volume v = {0};
    const struct geometry g = {{6, 5, 4},
                               {0.5, 0.75, 2.5},
                               {x0, -20.25, 30},
                               {1, 0, 0, 0, -1, 0, 0, 0, 1}};
    char path[TMP_PATH];

    assert_ok(volume_new(&g, PIXEL_I16, &v));
    assert_ok(nifti_write(tmp_path(dir, name, path), &v));
    volume_free(&v);
}

static void nodules_of_voxels(void **state)
{
    struct luna16_conf conf = {dir, {"", "LUNA16/"}, false, false, 21};
    struct text t = {0};
    struct made m;
    struct csv *c;
    char sub[TMP_PATH];

    (void)state;
    write_scan("1.2.3.nii.gz", -10.5);
    assert_ok(file_mkdirs(tmp_path(dir, "subset7", sub)));
    write_scan("subset7/1.2.4.nii.gz", 40);
    text_add(&t, ",malignancy,centroid,scan\n");
    for (int i = 0; i < 12; i++)
        text_add(&t, "%d,%d,\"[%d, %d, 3]\",1.2.%d\n", i, i % 5 + 1, i % 4,
                 i % 6, i < 6 ? 3 : 4);
    c = table("n.csv", &t);
    assert_ok(luna16_build(c, &conf, &m));
    assert_int_equal(m.lists, 4);
    /* row 3: malignancy 4, row 3, column 3, slice 3 */
    assert_non_null(
        strstr(m.list[0].csv.s, "\n3,1,-9.0,-22.5,37.5,LUNA16/1.2.3.nii.gz\n"));
    assert_non_null(strstr(m.list[0].csv.s,
                           "\n9,1,41.5,-21.0,37.5,LUNA16/subset7/"
                           "1.2.4.nii.gz\n"));
    assert_null(strstr(m.list[0].csv.s, "\n2,")); /* malignancy 3 */
    assert_int_equal(m.list[0].count[0].n, 10);
    assert_true(m.list[0].differs.len > 0); /* not 677 rows */
    made_free(&m);
    conf.split_scans = true;
    assert_fails(luna16_build(c, &conf, &m), ERR_DATA, "two scans");
    csv_free(c);
    text_add(&t, "12,4,\"[1, 6, 3]\",1.2.4\n");
    c = table("n.csv", &t);
    assert_fails(luna16_build(c, &conf, &m), ERR_DATA, "n.csv:14");
    csv_free(c);
    text_add(&t, "13,4,\"[1, 6, 3]\",1.2.5\n");
    text_free(&t);
    text_add(&t, "malignancy,centroid,scan\n4,\"[1, 2, 3]\",1.2.5\n");
    c = table("n.csv", &t);
    assert_fails(luna16_build(c, &conf, &m), ERR_FILE, "no 1.2.5.mhd");
    csv_free(c);
    text_free(&t);
}

/* ---- LUNG1 --------------------------------------------------------------- */

/* 422 patients with the published counts: 169 alive at two years, 251 dead
 * before, one lost before, and one without a seed. */
static void lung1(void **state)
{
    const struct take_path path = {"", "LUNG1/"};
    struct text clinical = {0};
    struct text seeds = {0};
    struct csv *c;
    struct csv *s;
    struct made m;

    (void)state;
    text_add(&clinical, "PatientID,Survival.time,deadstatus.event\n");
    text_add(&seeds, "image_path,PatientID,coordX,coordY,coordZ\n");
    for (int i = 1; i <= 422; i++) {
        bool lost = i == 406;
        bool alive = i <= 170 && i != 128; /* 169, of whom 47 still live */

        text_add(&clinical, "LUNG1-%03d,%d,%d\n", i,
                 alive      ? 729 + i
                 : i == 171 ? 729
                            : 300 + i / 2,
                 lost || (alive && i <= 47) ? 0 : 1);
        if (i != 128)
            text_add(&seeds, "LUNG1-%03d.nrrd,LUNG1-%03d,%d.5,-2,0\n", i, i, i);
    }
    c = table("clinical.csv", &clinical);
    s = table("seeds.csv", &seeds);
    assert_ok(survival_build(COHORT_LUNG1, c, s, &path, &m));
    for (int i = 0; i < 2; i++)
        assert_string_equal(m.list[i].differs.s ? m.list[i].differs.s : "", "");
    assert_non_null(
        strstr(m.note.s, "clinical.csv:129: LUNG1-128 has no seed"));
    assert_non_null(strstr(m.list[0].csv.s, "\nLUNG1-171,729,1,LUNG1/LUNG1-171"
                                            ".nrrd,171.5,-2,0,0\n"));
    assert_non_null(strstr(m.list[0].csv.s, "\nLUNG1-001,730,0,LUNG1/LUNG1-001"
                                            ".nrrd,1.5,-2,0,1\n"));
    assert_non_null(strstr(m.list[0].csv.s, "\nLUNG1-406,"));
    assert_null(strstr(m.list[1].csv.s, "\nLUNG1-406,"));
    made_free(&m);
    csv_free(c);
    text_add(&clinical, "LUNG1-007,1,1\n");
    c = table("clinical.csv", &clinical);
    assert_fails(survival_build(COHORT_LUNG1, c, s, &path, &m), ERR_DATA,
                 "clinical.csv:424: patient LUNG1-007 is there twice (line 8)");
    assert_fails(survival_build(COHORT_LUNG1, c, NULL, &path, &m), ERR_DATA,
                 "image_path");
    csv_free(c);
    csv_free(s);
    text_free(&clinical);
    text_free(&seeds);
}

static void dates(void **state)
{
    int64_t d = 0;

    (void)state;
    assert_true(survival_days("2/28/2000", "3/1/2000", &d) && d == 2);
    assert_true(survival_days("2/28/1900", "3/1/1900", &d) && d == 1);
    assert_true(survival_days("12/31/1999", "1/1/2000", &d) && d == 1);
    assert_true(survival_days("1/1/2001", "1/1/2000", &d) && d == -366);
    assert_true(survival_days("9/6/1990", "2/9/1999", &d) && d == 3078);
    assert_false(survival_days("2/29/1999", "1/1/2000", &d));
    assert_false(survival_days("13/1/1999", "1/1/2000", &d));
    assert_false(survival_days("1999-01-01", "1/1/2000", &d));
    assert_false(survival_days("", "1/1/2000", &d));
}

/* ---- lists that are there ------------------------------------------------ */

static void taken(void **state)
{
    static const char text[] =
        "Unnamed: 0,Volume_fn,Coarse_lesion_type,image_path,coordX,coordY,"
        "coordZ\n"
        "4,000003_01_01_004-028.nii.gz,2,/mnt/a/x.nii.gz,1.5,2.5,-3\n";
    const struct take_path path = {"/mnt/a/", "data/"};
    struct made m = {0};
    struct csv *c = NULL;

    (void)state;
    assert_ok(csv_parse("l/task1_val.csv", text, sizeof text - 1, &c));
    assert_ok(take_list(c, &path, true, COUNT_DEEPLESION, &m));
    assert_string_equal(m.list[0].name, "task1_val");
    assert_string_equal(
        m.list[0].csv.s,
        "Unnamed: 0,Volume_fn,Coarse_lesion_type,image_path,coordX,coordY,"
        "coordZ\n"
        "4,000003_01_01_004-028.nii.gz,2,data/x.nii.gz,2.5,1.5,-3\n");
    assert_ok(made_compare("deeplesion", &m));
    assert_non_null(strstr(m.list[0].differs.s, "rows 1, published 1220"));
    assert_fails(made_gate(&m), ERR_GATE, "task1_val.csv was written");
    assert_fails(take_list(c, &path, true, COUNT_DEEPLESION, &m), ERR_DATA,
                 "was given before");
    made_free(&m);
    csv_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(crossings),
        cmocka_unit_test(halves),
        cmocka_unit_test(parts),
        cmocka_unit_test_setup_teardown(nodules_of_voxels, setup, teardown),
        cmocka_unit_test(lung1),
        cmocka_unit_test(dates),
        cmocka_unit_test(taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
