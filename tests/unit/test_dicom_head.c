/* Headers of single files: every coding, every way to be cut or wrong. */
#include <math.h>

#include "unit/dicom_sample.h"
#include "vol/dicom_head.h"

static char dir[TMP_PATH];

static int make_dir(void **state)
{
    (void)state;
    tmp_make(dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static status parse(struct dcm *d, struct dicom_head *out)
{
    char path[TMP_PATH];

    return dicom_head_read(dcm_write(d, dir, "x.dcm", path), out);
}

static void test_codings(void **state)
{
    static const char *const syntax[] = {DCM_EXPLICIT, DCM_IMPLICIT, DCM_BIG,
                                         DCM_RLE};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct dcm d = dcm_slice(-7.25);
        struct dicom_head h;

        d.syntax = syntax[i];
        assert_ok(parse(&d, &h));
        assert_string_equal(h.syntax, syntax[i]);
        assert_string_equal(h.kind, "AXIAL");
        assert_string_equal(h.modality, "CT");
        assert_string_equal(h.series, "1.2.3");
        assert_string_equal(h.description, "thorax");
        assert_int_equal(h.rows, DCM_ROWS);
        assert_int_equal(h.columns, DCM_COLUMNS);
        assert_int_equal(h.stored, 12);
        assert_int_equal(h.high, 11);
        assert_true(h.position[2] == -7.25 && h.orientation[4] == 1.0);
        assert_true(h.spacing[0] == 0.75 && h.spacing[1] == 0.5);
        assert_true(h.slope == 1.0 && h.inter == -1024.0);
        assert_true(isnan(h.between) && !h.lut);
        assert_int_equal(h.pixels, i == 3 ? DICOM_ENCODED : DICOM_NATIVE);
        assert_int_equal(h.big_endian, i == 2);
        if (i < 3) {
            assert_int_equal(h.bytes, 24);
            assert_int_equal(h.at + h.bytes, d.len);
        }
    }
}

/* What is absent or empty says so; the length of group 2 may be absent. */
static void test_absent(void **state)
{
    struct dcm d = dcm_slice(0);
    struct dicom_head h;
    char path[TMP_PATH];

    (void)state;
    dcm_text(&d, 0x00281053, "  ");
    dcm_text(&d, 0x0020000E, "");
    dcm_drop(&d, 0x00280102);
    dcm_drop(&d, 0x00200032);
    dcm_build(&d);
    memmove(d.bytes + 132, d.bytes + 144, d.len - 144);
    (void)tmp_write(dir, "x.dcm", d.bytes, d.len - 12, path);
    assert_ok(dicom_head_read(path, &h));
    assert_true(isnan(h.slope) && isnan(h.position[0]));
    assert_string_equal(h.series, "");
    assert_int_equal(h.high, -1);
}

static void cut_everywhere(struct dcm *d)
{
    struct dicom_head h;
    char path[TMP_PATH];
    int whole = 0;

    dcm_build(d);
    for (size_t n = 0; n < d->len; n++) {
        (void)tmp_write(dir, "x.dcm", d->bytes, n, path);
        if (dicom_head_read(path, &h) == OK) { /* between two elements */
            assert_int_equal(h.pixels, DICOM_NONE);
            whole++;
        } else {
            assert_non_null(strstr(status_text(), path));
        }
    }
    assert_true(whole < DCM_FIELDS);
}

static void test_truncated(void **state)
{
    static const char *const syntax[] = {DCM_EXPLICIT, DCM_IMPLICIT, DCM_BIG,
                                         DCM_RLE};

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct dcm d = dcm_slice(1);

        d.syntax = syntax[i];
        cut_everywhere(&d);
    }
}

static void put_before(struct dcm *d, struct dcm *from)
{
    memcpy(d->before, from->bytes, from->len);
    d->before_len = from->len;
}

/* Sequences with and without lengths, unknown ones in implicit coding. */
static void test_sequences(void **state)
{
    struct dcm d = dcm_slice(0);
    struct dcm s = {.syntax = DCM_EXPLICIT};
    struct dicom_head h;

    (void)state;
    dcm_put_head(&s, DCM_EXPLICIT, 0x00211111, "UN", 0xFFFFFFFF);
    dcm_put_head(&s, DCM_EXPLICIT, 0xFFFEE000, "", 0xFFFFFFFF);
    dcm_put_text(&s, DCM_IMPLICIT, 0x00200032, "DS", "9\\9\\9");
    dcm_put_head(&s, DCM_EXPLICIT, 0xFFFEE00D, "", 0);
    dcm_put_head(&s, DCM_EXPLICIT, 0xFFFEE0DD, "", 0);
    for (int i = 0; i < 8; i++) {
        dcm_put_head(&s, DCM_EXPLICIT, 0x00211112, "SQ", 0xFFFFFFFF);
        dcm_put_head(&s, DCM_EXPLICIT, 0xFFFEE000, "",
                     i == 7 ? 10 : 0xFFFFFFFF);
    }
    dcm_put_text(&s, DCM_EXPLICIT, 0x00280010, "US", "zz");
    for (int i = 7; i >= 0; i--) {
        if (i < 7)
            dcm_put_head(&s, DCM_EXPLICIT, 0xFFFEE00D, "", 0);
        dcm_put_head(&s, DCM_EXPLICIT, 0xFFFEE0DD, "", 0);
    }
    put_before(&d, &s);
    assert_ok(parse(&d, &h));
    assert_true(h.position[0] == -10.0); /* not that of the sequence */
    assert_int_equal(h.rows, DCM_ROWS);
    cut_everywhere(&d);

    s.len = 0;
    for (int i = 0; i < 17; i++) {
        dcm_put_head(&s, DCM_EXPLICIT, 0x00211112, "SQ", 0xFFFFFFFF);
        dcm_put_head(&s, DCM_EXPLICIT, 0xFFFEE000, "", 0xFFFFFFFF);
    }
    put_before(&d, &s);
    assert_fails(parse(&d, &h), ERR_DATA, "nested deeper");
    s.len = 0;
    dcm_put_head(&s, DCM_EXPLICIT, 0x00211112, "SQ", 0xFFFFFFFF);
    put_before(&d, &s);
    assert_fails(parse(&d, &h), ERR_DATA, "(0028,0002)");
}

static void test_bad_values(void **state)
{
    static const struct {
        uint32_t tag;
        const char *text, *word;
    } bad[] = {
        {0x00200032, "1\\2", "image position (0020,0032) is \"1\\2\""},
        {0x00200032, "1\\2\\3\\4", "holds 3 numbers"},
        {0x00200032, "1\\2\\nan", "holds 3 numbers"},
        {0x00280030, "0,7\\0,7", "pixel spacing (0028,0030)"},
        {0x00281053, "1 2", "rescale slope"},
        {0x0020000E,
         "1.2345678901234567890123456789012345678901234567890123456789012345"
         "678901234567890",
         "UID has at most 64"},
    };
    struct dicom_head h;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dcm d = dcm_slice(0);

        dcm_text(&d, bad[i].tag, bad[i].text);
        assert_fails(parse(&d, &h), ERR_DATA, bad[i].word);
        assert_non_null(strstr(status_text(), "x.dcm"));
    }
}

static void test_bad_files(void **state)
{
    struct dcm d = dcm_slice(0);
    struct dcm s = {.syntax = DCM_EXPLICIT};
    struct dicom_head h;
    char path[TMP_PATH];

    (void)state;
    d.syntax = "1.2.840.10008.1.2.1.99";
    assert_fails(parse(&d, &h), ERR_DATA, "deflated");
    d.syntax = "1.2.840.10008.1.2.4.90"; /* but plain pixels */
    assert_fails(parse(&d, &h), ERR_DATA, "JPEG 2000 lossless");
    d.syntax = "";
    assert_fails(parse(&d, &h), ERR_DATA, "transfer syntax UID");
    d.syntax = DCM_EXPLICIT;
    dcm_put_text(&s, DCM_EXPLICIT, 0x00200032, "DS", "1\\2\\3");
    put_before(&d, &s);
    assert_fails(parse(&d, &h), ERR_DATA, "(0020,0032) stands there twice");
    s.len = 0;
    dcm_put_text(&s, DCM_EXPLICIT, 0x00211112, "?!", "1");
    put_before(&d, &s);
    assert_fails(parse(&d, &h), ERR_DATA, "no value representation");
    s.len = 0;
    dcm_put_head(&s, DCM_EXPLICIT, 0x00211112, "UN", 0x7FFFFFFF);
    put_before(&d, &s);
    assert_fails(parse(&d, &h), ERR_DATA, "asks for 2147483647 bytes");
    (void)tmp_write(dir, "text", "no DICOM at all", 15, path);
    assert_fails(dicom_head_read(path, &h), ERR_DATA, "\"DICM\" mark");
    assert_fails(dicom_head_read("/nonexistent", &h), ERR_FILE, "nonexistent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codings),    cmocka_unit_test(test_absent),
        cmocka_unit_test(test_truncated),  cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_bad_values), cmocka_unit_test(test_bad_files),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
