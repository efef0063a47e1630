/* lists/deeplesion against the rows that the original derived from a part of
 * DL_info.csv, against the published lists, and at the size of the whole
 * table: one made from the published lists, since the table is not here. */
#include <inttypes.h>
#include <math.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/sha256.h"

#include "check.h"
#include "det/mt19937.h"
#include "golden.h"
#include "lists/deeplesion.h"

static const char study_prefix[] =
    "/mnt/data1/datasets/DeepLesion/DeepLesion/Images_nifti/";
static const struct deeplesion_conf published = {
    .max_spacing_mm = 3.0, .seed = 21, .prefix = study_prefix};

static const char *const lists[4] = {"pretrain", "task1_train", "task1_val",
                                     "task1_test"};

static struct csv *read_ct(const char *name)
{
    struct csv *t = NULL;

    assert_ok(csv_read(ct_path(name), &t));
    return t;
}

static struct csv *published_list(int i)
{
    char name[128];

    (void)snprintf(name, sizeof name, "annotations/deeplesion/%s.csv",
                   lists[i]);
    return read_ct(name);
}

static uint32_t column(const struct csv *t, const char *name)
{
    uint32_t c = 0;

    assert_ok(csv_need(t, name, &c));
    return c;
}

static double number_at(const struct csv *t, uint32_t row, uint32_t col)
{
    double v = 0;

    assert_ok(csv_f64(t, row, col, &v));
    return v;
}

static struct csv *parse(const struct made_list *l)
{
    struct csv *t = NULL;

    assert_ok(csv_parse(l->name, l->csv.s, l->csv.len, &t));
    return t;
}

/* ---- the excerpt -------------------------------------------------------- */

/* The row of a list whose first cell is `number`, -1 when there is none. */
static int32_t row_numbered(const struct csv *t, int64_t number)
{
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        int64_t v = -1;

        assert_ok(csv_i64(t, i, 0, &v));
        if (v == number)
            return (int32_t)i;
    }
    return -1;
}

static int same3(const struct csv *t,
                 uint32_t row,
                 const char *first,
                 const struct json *want)
{
    uint32_t c = column(t, first);
    int same = 1;

    for (uint32_t a = 0; a < 3; a++)
        same &=
            number_at(t, row, c + a) == json_f64(json_at(want, a), -12345.678);
    return same;
}

static int same_row(const struct csv *t, uint32_t i, const struct json *e)
{
    struct text box = {0};
    const struct json *b = json_get(e, "bbox");
    int same;

    text_add(&box, "[%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 "]",
             json_i64(json_at(b, 0), -1), json_i64(json_at(b, 1), -1),
             json_i64(json_at(b, 2), -1), json_i64(json_at(b, 3), -1));
    same = strcmp(csv_cell(t, i, column(t, "Volume_fn")),
                  json_text(json_get(e, "Volume_fn"))) == 0 &&
           strcmp(csv_cell(t, i, column(t, "bbox")), box.s) == 0 &&
           strcmp(csv_cell(t, i, column(t, "DICOM_windows")),
                  json_text(json_get(e, "DICOM_windows"))) == 0 &&
           number_at(t, i, column(t, "Train_Val_Test")) ==
               json_f64(json_get(e, "Train_Val_Test"), -9) &&
           number_at(t, i, column(t, "Coarse_lesion_type")) ==
               json_f64(json_get(e, "Coarse_lesion_type"), -9) &&
           number_at(t, i, column(t, "Patient_age")) ==
               json_f64(json_get(e, "Patient_age"), -9) &&
           same3(t, i, "centroid_x", json_get(e, "centroid")) &&
           same3(t, i, "lesion_diameters_x", json_get(e, "lesion_diameters")) &&
           same3(t, i, "spacing_x", json_get(e, "spacing")) &&
           same3(t, i, "coordX", json_get(e, "coord"));
    text_free(&box);
    return same;
}

/* The bytes of a published row, but for its number in the whole table. */
static int same_bytes(const struct csv *t,
                      uint32_t i,
                      const struct csv *want,
                      uint32_t row)
{
    for (uint32_t c = 1; c < csv_cols(want); c++)
        if (strcmp(csv_cell(t, i, c), csv_cell(want, row, c)) != 0)
            return 0;
    return csv_cols(t) == csv_cols(want);
}

static void excerpt(void **state)
{
    struct json *j = golden_json("patches/deeplesion_lists.json");
    const struct json *all = json_get(j, "expected");
    struct csv *dl = read_ct(json_text(json_get(j, "excerpt")));
    struct made m;
    struct csv *mine[4] = {NULL};
    struct csv *theirs[4] = {NULL};
    size_t exact = 0;
    size_t bytes = 0;
    uint32_t rows = 0;

    (void)state;
    assert_ok(deeplesion_build(dl, &published, &m));
    assert_int_equal(m.lists, 4);
    for (int i = 0; i < 4; i++) {
        mine[i] = parse(&m.list[i]);
        theirs[i] = published_list(i);
        assert_string_equal(m.list[i].name, lists[i]);
        rows += csv_rows(mine[i]);
        assert_int_equal(m.list[i].compared, 0); /* a part of the table */
    }
    assert_int_equal(rows, json_i64(json_get(j, "kept_by_3mm"), -1));
    for (size_t k = 0; k < json_len(all); k++) {
        const struct json *e = json_at(all, k);
        int tag = (int)json_i64(json_get(e, "Train_Val_Test"), 0);
        int64_t number = json_i64(json_get(e, "excerpt_row"), -1);
        int list = tag - 1;
        int32_t i = row_numbered(mine[list], number);
        const struct csv *want = NULL;

        if (i < 0 && tag == 3)
            i = row_numbered(mine[++list], number);
        assert_true(i >= 0);
        exact += (size_t)same_row(mine[list], (uint32_t)i, e);
        for (int p = 0; p < 4; p++)
            if (strcmp(lists[p], json_text(json_get(e, "list"))) == 0)
                want = theirs[p];
        bytes +=
            (size_t)same_bytes(mine[list], (uint32_t)i, want,
                               (uint32_t)json_i64(json_get(e, "list_row"), -1));
    }
    print_message("rows: %zu exact, %zu of their published lines byte for "
                  "byte, of %zu\n",
                  exact, bytes, json_len(all));
    assert_int_equal(bytes, json_len(all));
    golden_count("deeplesion rows", exact, json_len(all), json_len(all));
    for (int i = 0; i < 4; i++) {
        csv_free(mine[i]);
        csv_free(theirs[i]);
    }
    made_free(&m);
    csv_free(dl);
    json_free(j);
}

/* What the study's script derives of every row, before any list. */
static void all_rows(void **state)
{
    struct json *j = golden_json("patches/deeplesion_lists.json");
    const struct json *all = json_get(j, "all_rows");
    struct csv *dl = read_ct(json_text(json_get(j, "excerpt")));
    struct deeplesion_conf script = published;
    struct deeplesion_conf list = published;
    uint32_t col[DL_COLUMNS];
    size_t exact = 0;
    size_t rejected = 0;
    size_t same_z = 0;

    (void)state;
    script.z = DEEPLESION_Z_SCRIPT;
    script.numbers = DEEPLESION_NUMBERS_EXACT;
    assert_ok(deeplesion_columns(dl, col));
    for (size_t k = 0; k < json_len(all); k++) {
        const struct json *e = json_at(all, k);
        const struct json *c = json_get(e, "script_centroid");
        const struct json *d = json_get(e, "lesion_diameters");
        const struct json *s = json_get(e, "spacing");
        struct lesion l;
        struct lesion p;
        int same;

        assert_ok(deeplesion_row(dl, col, (uint32_t)k, &script, &l));
        assert_ok(deeplesion_row(dl, col, (uint32_t)k, &list, &p));
        rejected += l.rejected;
        same = l.rejected == json_bool(json_get(e, "rejected"), false) &&
               strcmp(l.volume, json_text(json_get(e, "Volume_fn"))) == 0 &&
               (l.spacing_mm[2] <= 3.0) ==
                   json_bool(json_get(e, "kept_by_3mm"), false);
        for (size_t a = 0; a < 3 && !l.rejected; a++)
            same &= l.centroid[a] == json_f64(json_at(c, a), -9) &&
                    l.diameter_mm[a] == json_f64(json_at(d, a), -9) &&
                    l.spacing_mm[a] == json_f64(json_at(s, a), -9);
        exact += (size_t)same;
        same_z += l.spacing_mm[2] <= 3.0 && l.centroid[2] == p.centroid[2];
    }
    assert_int_equal(rejected, json_i64(json_get(j, "rejected"), -1));
    assert_int_equal(
        same_z, json_i64(json_get(j, "rows_where_script_z_equals_list_z"), -1));
    golden_count("deeplesion script rows", exact, json_len(all), json_len(all));
    csv_free(dl);
    json_free(j);
}

/* True points: those of the toolkit, with the axes put right. */
static void points(void **state)
{
    struct json *j = golden_json("patches/deeplesion_lists.json");
    const struct json *all = json_get(j, "point_check");
    struct csv *dl = read_ct(json_text(json_get(j, "excerpt")));
    struct deeplesion_conf conf = published;
    uint32_t col[DL_COLUMNS];
    size_t exact = 0;

    (void)state;
    conf.numbers = DEEPLESION_NUMBERS_EXACT;
    conf.max_spacing_mm = 1e9; /* any row */
    assert_ok(deeplesion_columns(dl, col));
    for (size_t k = 0; k < json_len(all); k++) {
        const struct json *e = json_at(all, k);
        const struct json *want = json_get(e, "point");
        uint32_t row = (uint32_t)json_i64(json_get(e, "excerpt_row"), 0);
        struct lesion l;
        struct lesion t;
        double p[3];

        conf.xy = DEEPLESION_XY_SWAPPED;
        assert_ok(deeplesion_row(dl, col, row, &conf, &l));
        conf.xy = DEEPLESION_XY_TRUE;
        assert_ok(deeplesion_row(dl, col, row, &conf, &t));
        for (size_t a = 0; a < 3; a++)
            p[a] = json_f64(json_at(want, a), -9);
        exact += l.point_mm[0] == p[0] && l.point_mm[1] == p[1] &&
                 l.point_mm[2] == p[2] && t.point_mm[0] == p[1] &&
                 t.point_mm[1] == p[0] && t.point_mm[2] == p[2];
    }
    golden_count("deeplesion points", exact, json_len(all), json_len(all));
    csv_free(dl);
    json_free(j);
}

static void permutation(void **state)
{
    enum { N = 2441 };
    struct json *j = golden_json("patches/deeplesion_lists.json");
    const struct json *want = json_get(j, "permutation_2441_seed21");
    static uint32_t x[N];
    struct mt19937 g;
    uint8_t sum[SHA256_SIZE];
    char hex[SHA256_HEX];

    (void)state;
    mt_seed(&g, 21);
    mt_permutation(&g, N, x);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(x[i],
                         json_i64(json_at(json_get(want, "first8"), i), -1));
        assert_int_equal(x[N - 8 + i],
                         json_i64(json_at(json_get(want, "last8"), i), -1));
    }
    assert_ok(sha256_of(x, sizeof x, sum));
    sha256_hex(sum, hex);
    assert_string_equal(hex, json_text(json_get(want, "sha256_int32")));
    json_free(j);
}

/* ---- the whole table ---------------------------------------------------- */

static void put_number(struct text *t, double v, const char *after)
{
    text_double(t, v);
    text_add(t, "%s", after);
}

/* A line of DL_info.csv that gives row i of a list. */
static void put_line(struct text *t, const struct csv *l, uint32_t i)
{
    const char *volume = csv_cell(l, i, column(l, "Volume_fn"));
    const char *box = csv_cell(l, i, column(l, "bbox"));
    double x = number_at(l, i, column(l, "centroid_x"));
    double y = number_at(l, i, column(l, "centroid_y"));
    int label = (int)number_at(l, i, column(l, "Coarse_lesion_type"));
    int first = (int)strtol(volume + 13, NULL, 10);
    int key = first + (int)number_at(l, i, column(l, "centroid_z")) - 1;
    uint32_t s = column(l, "spacing_x");
    uint32_t d = column(l, "lesion_diameters_x");

    text_add(t, "%.12s_%03d.png,%d,\"", volume, key, key);
    put_number(t, x - 10, ", ");
    put_number(t, y, ", ");
    put_number(t, x + 10, ", ");
    put_number(t, y, ", ");
    put_number(t, x, ", ");
    put_number(t, y - 5, ", ");
    put_number(t, x, ", ");
    put_number(t, y + 5, "\",\"");
    text_add(t, "%.*s\",\"", (int)strlen(box) - 2, box + 1);
    put_number(t, number_at(l, i, d) / number_at(l, i, s), ", ");
    put_number(t, number_at(l, i, d + 1) / number_at(l, i, s + 1), "\",");
    text_add(t, "%d,%s,\"%d, %d\",\"%s, %s, %s\",\"%s\",%s,",
             label < 0 ? -1 : label + 1,
             csv_cell(l, i, column(l, "Possibly_noisy")), first,
             (int)strtol(strchr(volume + 13, '-') + 1, NULL, 10),
             csv_cell(l, i, s), csv_cell(l, i, s + 1), csv_cell(l, i, s + 2),
             csv_cell(l, i, column(l, "DICOM_windows")),
             csv_cell(l, i, column(l, "Patient_gender")));
    if (csv_cell(l, i, column(l, "Patient_age"))[0])
        text_add(t, "%.0f", number_at(l, i, column(l, "Patient_age")));
    text_add(t, ",%s\n", csv_cell(l, i, column(l, "Train_Val_Test")));
}

struct place {
    int list;
    uint32_t row;
};

/* at [DEEPLESION_ROWS] */
static void find_places(struct csv *const l[4], struct place *at)
{
    for (int k = 0; k < DEEPLESION_ROWS; k++)
        at[k].list = -1;
    for (int k = 0; k < 4; k++) {
        for (uint32_t i = 0; i < csv_rows(l[k]); i++) {
            size_t n = (size_t)number_at(l[k], i, 0);

            if (n >= DEEPLESION_ROWS || at[n].list >= 0)
                fail_msg("%s: row %u: number %zu", lists[k], i, n);
            at[n] = (struct place){k, i};
        }
    }
}

/* A table of 32,735 rows: those of the lists where they were, the rest with
 * slices 5 mm apart. */
static struct csv *whole_table(struct csv *const l[4])
{
    static struct place at[DEEPLESION_ROWS];
    struct text t = {0};
    struct csv *out = NULL;

    find_places(l, at);
    text_add(&t, "File_name,Key_slice_index,Measurement_coordinates,"
                 "Bounding_boxes,Lesion_diameters_Pixel_,Coarse_lesion_type,"
                 "Possibly_noisy,Slice_range,Spacing_mm_px_,DICOM_windows,"
                 "Patient_gender,Patient_age,Train_Val_Test\n");
    for (int k = 0; k < DEEPLESION_ROWS; k++) {
        if (at[k].list >= 0)
            put_line(&t, l[at[k].list], at[k].row);
        else
            text_add(&t,
                     "000001_01_01_005.png,5,\"0, 1, 2, 1, 1, 0, 1, 2\",\"0, "
                     "0, 2, 2\",\"2, 2\",1,0,\"1, 9\",\"0.8, 0.8, "
                     "5\",\"-175, 275\",F,50,%d\n",
                     k % 3 + 1);
    }
    assert_ok(text_status(&t));
    assert_ok(csv_parse("DL_info.csv", t.s, t.len, &out));
    text_free(&t);
    return out;
}

/* Every cell the same, but what the made-up diameters stand for to 1e-9. */
static size_t same_cells(const struct csv *a, const struct csv *b)
{
    uint32_t near = column(b, "centroid_x");
    uint32_t exact = column(b, "spacing_x");
    size_t same = 0;

    assert_int_equal(csv_rows(a), csv_rows(b));
    assert_int_equal(csv_cols(a), csv_cols(b));
    for (uint32_t i = 0; i < csv_rows(b); i++) {
        int ok = 1;

        for (uint32_t c = 0; c < csv_cols(b); c++) {
            if (c < near || c >= exact)
                ok &= strcmp(csv_cell(a, i, c), csv_cell(b, i, c)) == 0;
            else
                ok &= fabs(number_at(a, i, c) - number_at(b, i, c)) < 1e-9;
        }
        same += (size_t)ok;
    }
    return same;
}

static void whole(void **state)
{
    struct csv *want[4];
    struct csv *dl;
    struct made m;
    size_t same = 0;
    size_t rows = 0;

    (void)state;
    for (int k = 0; k < 4; k++)
        want[k] = published_list(k);
    dl = whole_table(want);
    assert_ok(deeplesion_build(dl, &published, &m));
    for (int k = 0; k < 4; k++) {
        struct csv *mine = parse(&m.list[k]);

        assert_string_equal(m.list[k].differs.s ? m.list[k].differs.s : "", "");
        assert_true(m.list[k].compared >= 7);
        same += same_cells(mine, want[k]);
        rows += csv_rows(want[k]);
        csv_free(mine);
    }
    made_free(&m);
    golden_count("lesions of the published lists", same, rows, rows);

    /* by patient: none is in both; every row is in one of them */
    struct deeplesion_conf conf = published;
    conf.split = DEEPLESION_SPLIT_PATIENTS;
    conf.numbers = DEEPLESION_NUMBERS_EXACT;
    assert_ok(deeplesion_build(dl, &conf, &m));
    struct csv *val = parse(&m.list[2]);
    struct csv *test = parse(&m.list[3]);
    assert_int_equal(csv_rows(val) + csv_rows(test), 2441);
    for (uint32_t i = 0; i < csv_rows(val); i++)
        for (uint32_t k = 0; k < csv_rows(test); k++)
            if (memcmp(csv_cell(val, i, 1), csv_cell(test, k, 1), 6) == 0)
                fail_msg("%s is in both", csv_cell(val, i, 1));
    assert_int_equal(m.list[2].count[1].n + m.list[3].count[1].n, 488);
    csv_free(val);
    csv_free(test);
    made_free(&m);
    csv_free(dl);
    for (int k = 0; k < 4; k++)
        csv_free(want[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(excerpt), cmocka_unit_test(all_rows),
        cmocka_unit_test(points),  cmocka_unit_test(permutation),
        cmocka_unit_test(whole),
    };

    return golden_run(tests);
}
