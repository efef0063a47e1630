/* Which transform is taken, what is refused. */
#include <math.h>

#include "unit/nifti_sample.h"

static struct nifti_head parse(const struct sample *s)
{
    struct nifti_head h;

    assert_ok(nifti_head_parse(s->bytes, "scan.nii", &h));
    return h;
}

static void refused(const struct sample *s, const char *word)
{
    struct nifti_head h = {.offset = 77};

    assert_fails(nifti_head_parse(s->bytes, "scan.nii", &h), ERR_DATA, word);
    assert_non_null(strstr(status_text(), "scan.nii"));
    assert_int_equal(h.offset, 77); /* outputs on success only */
}

static void test_plain(void **state)
{
    static const double direction[9] = {-1, 0, 0, 0, -1, 0, 0, 0, 1};
    struct sample s = sample_nifti();
    struct nifti_head h = parse(&s);

    (void)state;
    assert_int_equal(h.geo.size[0], 4);
    assert_int_equal(h.geo.size[2], 2);
    assert_true(h.geo.spacing[1] == 0.75);
    assert_true(h.geo.origin[0] == 10 && h.geo.origin[1] == 20 &&
                h.geo.origin[2] == 30); /* RAS -> LPS */
    for (int i = 0; i < 9; i++)
        assert_true(h.geo.direction[i] == direction[i]);
    assert_int_equal(h.pixel, PIXEL_I16);
    assert_false(h.scaled || h.swap);
    assert_int_equal(h.offset, 352);
    assert_null(h.note);
}

static void test_refused(void **state)
{
    struct sample s = sample_nifti();

    (void)state;
    sample_i16(&s, NIFTI_DIM, 4);
    sample_i16(&s, NIFTI_DIM + 8, 12);
    refused(&s, "dim[4] is 12");
    refused(&s, "3-D image is needed");
    s = sample_nifti();
    sample_i16(&s, NIFTI_DIM, 2);
    refused(&s, "dim[0] is 2");
    s = sample_nifti();
    sample_i16(&s, NIFTI_DIM, 0);
    refused(&s, "dim[0]");
    s = sample_nifti();
    sample_i16(&s, NIFTI_DIM + 4, -3);
    refused(&s, "dim[2] is -3");
    s = sample_nifti();
    sample_f32(&s, NIFTI_PIXDIM + 8, 0);
    refused(&s, "pixdim[2] (spacing) is 0");
    sample_f32(&s, NIFTI_PIXDIM + 8, -0.75);
    refused(&s, "pixdim[2] (spacing) is -0.75");
    sample_f32(&s, NIFTI_PIXDIM + 8, (double)NAN);
    refused(&s, "pixdim[2]");
    s = sample_nifti();
    sample_f32(&s, NIFTI_SROW, 0); /* first column is 0 */
    refused(&s, "singular");
    s = sample_nifti();
    sample_f32(&s, NIFTI_SROW, 0.5); /* first column = second column */
    sample_f32(&s, NIFTI_SROW + 16, 0.5);
    sample_f32(&s, NIFTI_SROW + 4, 0.75);
    refused(&s, "singular");
    s = sample_nifti();
    sample_f32(&s, NIFTI_SROW + 24, (double)INFINITY);
    refused(&s, "srow_y[2]");
    s = sample_nifti();
    sample_i16(&s, NIFTI_DATATYPE, 128);
    refused(&s, "datatype is 128");
    s = sample_nifti();
    sample_i16(&s, NIFTI_BITPIX, 8);
    refused(&s, "bitpix is 8");
    s = sample_nifti();
    sample_f32(&s, NIFTI_VOX_OFFSET, 40);
    refused(&s, "vox_offset is 40");
    sample_f32(&s, NIFTI_VOX_OFFSET, (double)NAN);
    refused(&s, "vox_offset");
    s = sample_nifti();
    s.bytes[NIFTI_XYZT_UNITS] = 4;
    refused(&s, "xyzt_units is 4");
    s = sample_nifti();
    memcpy(s.bytes + NIFTI_MAGIC, "abc", 4);
    refused(&s, "no NIfTI file");
    s = sample_nifti();
    s.bytes[0] = 1;
    refused(&s, "sizeof_hdr");
}

/* Metres and micrometres become millimetres. */
static void test_units(void **state)
{
    struct sample s = sample_nifti();
    struct nifti_head h;

    (void)state;
    s.bytes[NIFTI_XYZT_UNITS] = 1;
    h = parse(&s);
    assert_true(h.geo.spacing[1] == 750 && h.geo.origin[2] == 30000);
    s.bytes[NIFTI_XYZT_UNITS] = 3;
    h = parse(&s);
    assert_true(h.geo.spacing[1] == 0.75 * 0.001);
    assert_true(h.geo.direction[8] == 1);
}

/* Version 2 with the same numbers says the same. */
static void test_version_2(void **state)
{
    struct sample s = sample_nifti();
    struct nifti_head one = parse(&s);
    struct nifti_head two;

    (void)state;
    s = sample_nifti2();
    two = parse(&s);
    assert_memory_equal(&one.geo, &two.geo, sizeof one.geo);
    assert_int_equal(two.offset, NIFTI2_VOXELS);
    assert_int_equal(two.pixel, one.pixel);
    sample_reverse(&s);
    two = parse(&s);
    assert_true(two.swap);
    assert_memory_equal(&one.geo, &two.geo, sizeof one.geo);
    s.bytes[NIFTI2_MAGIC + 4] = '\n'; /* a text-mode transfer */
    refused(&s, "no NIfTI file");
    s = sample_nifti2();
    sample_i64(&s, NIFTI2_DIM + 8, 3000000000);
    refused(&s, "dim[1] is 3000000000");
}

/* A fourth axis of one voxel is no fourth axis. */
static void test_trailing_ones(void **state)
{
    struct sample s = sample_nifti();

    (void)state;
    sample_i16(&s, NIFTI_DIM, 5);
    assert_int_equal(parse(&s).geo.size[2], 2);
}

static void set_qform(struct sample *s, double b, double c, double d)
{
    sample_i16(s, NIFTI_QFORM_CODE, 1);
    sample_f32(s, NIFTI_QUATERN, b);
    sample_f32(s, NIFTI_QUATERN + 4, c);
    sample_f32(s, NIFTI_QUATERN + 8, d);
    sample_f32(s, NIFTI_QOFFSET, 1);
    sample_f32(s, NIFTI_QOFFSET + 4, 2);
    sample_f32(s, NIFTI_QOFFSET + 8, 3);
}

static void test_which_form(void **state)
{
    struct sample s = sample_nifti();
    struct nifti_head h;

    (void)state;
    set_qform(&s, 0, 0, 1); /* half a turn about z: LPS axes */
    h = parse(&s);          /* sform code 2 and another qform: the qform */
    assert_true(h.geo.origin[0] == -1 && h.geo.origin[1] == -2 &&
                h.geo.origin[2] == 3);
    assert_true(h.geo.direction[0] == 1 && h.geo.direction[4] == 1 &&
                h.geo.direction[8] == 1);
    sample_i16(&s, NIFTI_SFORM_CODE, 1); /* code 1: the sform */
    assert_true(parse(&s).geo.origin[0] == 10);
    sample_i16(&s, NIFTI_SFORM_CODE, 0); /* only a qform */
    assert_true(parse(&s).geo.origin[0] == -1);
    s = sample_nifti();
    set_qform(&s, 0, 0, 0); /* says the same as the sform: the sform */
    sample_f32(&s, NIFTI_QOFFSET, -10);
    sample_f32(&s, NIFTI_QOFFSET + 4, -20);
    sample_f32(&s, NIFTI_QOFFSET + 8, 30.00005);
    assert_true(parse(&s).geo.origin[2] == 30);
    sample_i16(&s, NIFTI_QFORM_CODE, 0); /* neither */
    sample_i16(&s, NIFTI_SFORM_CODE, 0);
    h = parse(&s);
    assert_true(h.geo.origin[0] == 0 && h.geo.direction[0] == 1);
    assert_non_null(strstr(h.note, "neither sform nor qform"));
}

/* qfac -1 turns the third axis; a quarter turn about x by hand. */
static void test_qform_rotation(void **state)
{
    struct sample s = sample_nifti();
    struct nifti_head h;

    (void)state;
    sample_i16(&s, NIFTI_SFORM_CODE, 0);
    set_qform(&s, sqrt(0.5), 0, 0);
    h = parse(&s); /* RAS: x -> x, y -> z, z -> -y */
    assert_true(fabs(h.geo.direction[0] + 1) < 1e-6);
    assert_true(fabs(h.geo.direction[3 * 2 + 1] - 1) < 1e-6);
    assert_true(fabs(h.geo.direction[3 * 1 + 2] - 1) < 1e-6);
    sample_f32(&s, NIFTI_PIXDIM, -1);
    h = parse(&s);
    assert_true(fabs(h.geo.direction[3 * 1 + 2] + 1) < 1e-6);
}

/* A skewed sform gives way to a qform; alone it is taken as it is. */
static void test_skew(void **state)
{
    struct sample s = sample_nifti();
    struct nifti_head h;

    (void)state;
    sample_f32(&s, NIFTI_SROW + 24, 0.4); /* y of the third column */
    h = parse(&s);
    assert_true(fabs(h.geo.direction[3 * 1 + 2] + 0.4 / sqrt(4.16)) < 1e-6);
    set_qform(&s, 0, 0, 0);
    sample_i16(&s, NIFTI_SFORM_CODE, 1);
    h = parse(&s);
    assert_true(h.geo.direction[3 * 1 + 2] == 0.0);
    assert_true(h.geo.origin[2] == 3);
}

static void test_lengths_differ(void **state)
{
    struct sample s = sample_nifti();
    struct nifti_head h;

    (void)state;
    sample_f32(&s, NIFTI_SROW, 0.6);
    h = parse(&s);
    assert_true(h.geo.spacing[0] == 0.5); /* pixdim, as the toolkit */
    assert_non_null(strstr(h.note, "pixdim is taken"));
}

static void test_scaling(void **state)
{
    struct sample s = sample_nifti();

    (void)state;
    sample_f32(&s, NIFTI_SCL_SLOPE, 0);
    assert_false(parse(&s).scaled);
    sample_f32(&s, NIFTI_SCL_SLOPE, (double)NAN); /* nibabel's "none" */
    sample_f32(&s, NIFTI_SCL_INTER, (double)NAN);
    assert_false(parse(&s).scaled);
    sample_f32(&s, NIFTI_SCL_SLOPE, 2);
    sample_f32(&s, NIFTI_SCL_INTER, 0);
    assert_true(parse(&s).scaled);
    assert_int_equal(parse(&s).pixel, PIXEL_F32);
    sample_i16(&s, NIFTI_DATATYPE, 64);
    sample_i16(&s, NIFTI_BITPIX, 64);
    assert_int_equal(parse(&s).pixel, PIXEL_F64);
    s = sample_nifti();
    sample_f32(&s, NIFTI_SCL_INTER, -1024);
    assert_true(parse(&s).scaled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_version_2),
        cmocka_unit_test(test_trailing_ones),
        cmocka_unit_test(test_which_form),
        cmocka_unit_test(test_qform_rotation),
        cmocka_unit_test(test_skew),
        cmocka_unit_test(test_lengths_differ),
        cmocka_unit_test(test_scaling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
