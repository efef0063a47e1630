/* lists/luna16 and lists/survival against the published tables. LUNG1's table
 * is not here: its rules are tested on a made-up cohort in
 * tests/unit/test_lists.c. */
#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"

#include "check.h"
#include "golden.h"
#include "lists/luna16.h"
#include "lists/survival.h"

static const struct take_path as_it_is = {"", ""};

static struct csv *read_ct(const char *name)
{
    struct csv *t = NULL;

    assert_ok(csv_read(ct_path(name), &t));
    return t;
}

/* Is the text of the list that of a file below ct-data, byte for byte? */
static size_t same_file(const struct made_list *l, const char *name)
{
    char *bytes = NULL;
    size_t len = 0;
    size_t same;

    assert_ok(file_read(ct_path(name), 1 << 26, &bytes, &len));
    same = len == l->csv.len && memcmp(bytes, l->csv.s, len) == 0;
    mem_free(bytes);
    return same;
}

static void as_published(const struct made *m)
{
    for (int i = 0; i < m->lists; i++) {
        assert_string_equal(m->list[i].differs.s ? m->list[i].differs.s : "",
                            "");
        assert_true(m->list[i].compared >= 4);
    }
}

static void luna16(void **state)
{
    static const char *const files[4] = {
        "annotations/luna16/luna16_training_annotations.csv",
        "annotations/luna16/task2_train.csv",
        "annotations/luna16/task2_val.csv",
        "annotations/luna16/task2_test.csv",
    };
    const struct luna16_conf conf = {"", as_it_is, false, false, 21};
    struct csv *t = read_ct(files[0]);
    struct made m;
    size_t same = 0;

    (void)state;
    assert_ok(luna16_build(t, &conf, &m));
    assert_int_equal(m.lists, 4);
    as_published(&m);
    for (int i = 0; i < 4; i++)
        same += same_file(&m.list[i], files[i]);
    made_free(&m);
    csv_free(t);
    golden_count("LUNA16 lists, bytes", same, 4, 4);
}

/* No scan of LUNA16 is here, so of the table of voxels only the scores: the
 * nodules that get a label, and which. */
static void luna16_scores(void **state)
{
    struct csv *all = read_ct("annotations/luna16/luna16_annotations.csv");
    struct csv *want =
        read_ct("annotations/luna16/luna16_training_annotations.csv");
    uint64_t score[6] = {0};
    uint32_t col = 0;
    uint32_t k = 0;
    size_t same = 0;

    (void)state;
    assert_ok(csv_need(all, "malignancy", &col));
    for (uint32_t i = 0; i < csv_rows(all); i++) {
        int64_t s = 0;
        int64_t label = -1;

        assert_ok(csv_i64(all, i, col, &s));
        assert_in_range(s, 1, 5);
        score[s]++;
        if (s == 3)
            continue;
        assert_ok(csv_i64(want, k, 1, &label));
        same += strcmp(csv_cell(want, k, 0), csv_cell(all, i, 0)) == 0 &&
                label == (s > 3);
        k++;
    }
    assert_int_equal(csv_rows(all), 1185);
    assert_true(score[1] == 88 && score[2] == 262 && score[3] == 508 &&
                score[4] == 278 && score[5] == 49);
    golden_count("LUNA16 labels", same, csv_rows(want), csv_rows(want));
    csv_free(all);
    csv_free(want);
}

static void radio(void **state)
{
    static const char file[] =
        "annotations/nsclc-radiogenomics/nsclc_radiogenomics_with_coords.csv";
    struct csv *t = read_ct(file);
    struct made m;

    (void)state;
    assert_ok(survival_build(COHORT_RADIO, t, NULL, &as_it_is, &m));
    as_published(&m);
    /* times, deaths and vital status by the rules are those of the table */
    assert_null(strstr(m.note.s ? m.note.s : "", "something else"));
    golden_count("RADIO list, bytes", same_file(&m.list[0], file), 1, 1);
    made_free(&m);
    csv_free(t);
}

/* The same from the clinical table of all 211 patients and the seeds. */
static void radio_joined(void **state)
{
    struct csv *t = read_ct("annotations/nsclc-radiogenomics/"
                            "nsclc_radiogenomics_with_coords.csv");
    struct csv *clinical = read_ct("annotations/nsclc-radiogenomics/"
                                   "nsclc-radiogenomics_clinical.csv");
    static const char *const carried[6] = {"Case ID", "image_path", "mask_path",
                                           "coordX",  "coordY",     "coordZ"};
    static const char *const compared[8] = {
        "Case ID", "image_path", "coordX",           "coordY",
        "coordZ",  "survival",   "deadstatus.event", "Survival.time"};
    struct csv *seeds = NULL;
    struct csv *mine = NULL;
    struct text s = {0};
    struct made m;
    size_t same = 0;

    (void)state;
    for (int64_t i = -1; i < csv_rows(t); i++) {
        for (int c = 0; c < 6; c++) {
            text_put(&s, ",", c > 0);
            csv_put(&s, i < 0 ? carried[c]
                              : csv_cell(t, (uint32_t)i,
                                         (uint32_t)csv_find(t, carried[c])));
        }
        text_put(&s, "\n", 1);
    }
    assert_ok(csv_parse("seeds.csv", s.s, s.len, &seeds));
    assert_ok(survival_build(COHORT_RADIO, clinical, seeds, &as_it_is, &m));
    as_published(&m);
    assert_non_null(strstr(m.note.s, "67 patients have no seed"));
    assert_ok(csv_parse("radio", m.list[0].csv.s, m.list[0].csv.len, &mine));
    assert_int_equal(csv_rows(mine), csv_rows(t));
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        int ok = 1;

        for (int c = 0; c < 8; c++)
            ok &=
                strcmp(csv_cell(mine, i, (uint32_t)csv_find(mine, compared[c])),
                       csv_cell(t, i, (uint32_t)csv_find(t, compared[c]))) == 0;
        same += (size_t)ok;
    }
    golden_count("RADIO rows", same, csv_rows(t), csv_rows(t));
    csv_free(mine);
    csv_free(seeds);
    text_free(&s);
    made_free(&m);
    csv_free(clinical);
    csv_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(luna16),
        cmocka_unit_test(luna16_scores),
        cmocka_unit_test(radio),
        cmocka_unit_test(radio_joined),
    };

    return golden_run(tests);
}
