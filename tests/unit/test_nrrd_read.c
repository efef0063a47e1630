/* NRRD headers against what SimpleITK 2.4.0 says about the same ones. */
#include "unit/text_sample.h"

#define TYPE       "type: int16\ndimension: 3\nsizes: 4 3 2\nendian: little\n"
#define BASE       "NRRD0004\n" TYPE "encoding: raw\n"
#define DIRECTIONS "space directions: (0.5,0,0) (0,0.75,0) (0,0.6,0.8)\n"

static const double mm[3] = {0.5, 0.75, 2};
static const double ones[3] = {1, 1, 1};
static const double zero[3];

static void test_geometry(void **state)
{
    static const double lps[9] = {1, 0, 0, 0, 1, 0.6, 0, 0, 0.8};
    static const double ras[9] = {-1, 0, 0, 0, -1, -0.6, 0, 0, 0.8};
    static const double las[9] = {-1, 0, 0, 0, 1, 0.6, 0, 0, 0.8};
    static const double turned[9] = {-1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const double skew[3] = {0.5, 0.75, 1};
    static const struct {
        const char *lines;
        const double *spacing;
        double origin[3];
        const double *direction;
    } cases[] = {
        {"spacings: 0.5 0.75 2\n", mm, {0, 0, 0}, NULL},
        {"", ones, {0, 0, 0}, NULL},
        {"spacings: -0.5 0.75 2\n", mm, {0, 0, 0}, turned},
        {"Spacings: 0.5 0.75 2\n# remark\nkey:=value\n", mm, {0, 0, 0}, NULL},
        {"spacings: 0.5 0.75 2\naxis mins: 10 20 30\n",
         mm,
         {10.25, 20.375, 31},
         NULL},
        {"spacings: 0.5 0.75 2\naxis mins: 10 20 30\ncenters: node node node\n",
         mm,
         {10, 20, 30},
         NULL},
        {"space: LPS\n" DIRECTIONS "space origin: (1,2,3)\n",
         skew,
         {1, 2, 3},
         lps},
        {"space: right-anterior-superior\n" DIRECTIONS
         "space origin: ( 1, 2 ,3 )\n",
         skew,
         {-1, -2, 3},
         ras},
        {"space: RAS\nspace origin: (1,2,3)\n", ones, {-1, -2, 3}, NULL},
        {"space: LAS\n" DIRECTIONS "space origin: (1,2,3)\n",
         skew,
         {-1, 2, 3},
         las},
        {"space: scanner-xyz\n" DIRECTIONS "space origin: (1,2,3)\n",
         skew,
         {1, 2, 3},
         lps},
        {"space dimension: 3\n" DIRECTIONS, skew, {0, 0, 0}, lps},
    };
    char dir[TMP_PATH];
    uint8_t bytes[2 * TEXT_VOXELS];

    (void)state;
    text_voxels(bytes, 0);
    tmp_make(dir);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[512];

        (void)snprintf(header, sizeof header, "%s%s\n", BASE, cases[i].lines);
        text_good(text_file(dir, "a.nrrd", header, bytes, sizeof bytes),
                  cases[i].spacing, cases[i].origin, cases[i].direction);
    }
    tmp_clean(dir);
}

/* An oblique direction is the vector times 1 / length, not over it: the last
 * bits differ. Figures of SimpleITK 2.4.0. */
static void test_last_bits(void **state)
{
    static const char header[] =
        BASE "space: LPS\nspace directions: (0.1,0.7,0.3) (-0.7,0.1,0) "
             "(-0.06,-0.42,1)\n\n";
    static const double want[9] = {0.13018891098082386,  -0.9899494936611666,
                                   -0.05523447707389941, 0.9113223768657669,
                                   0.14142135623730953,  -0.38664133951729585,
                                   0.3905667329424716,   0.0,
                                   0.9205746178983235};
    char dir[TMP_PATH];
    uint8_t bytes[2 * TEXT_VOXELS];

    (void)state;
    text_voxels(bytes, 0);
    tmp_make(dir);
    text_good(text_file(dir, "a.nrrd", header, bytes, sizeof bytes), NULL, zero,
              want);
    tmp_clean(dir);
}

static void test_encodings(void **state)
{
    static const char words[] = "0 1 2 3 4 5 6 7 8 9 10 11 12, 13\n14 15 16 17 "
                                "18 19\t20 21 22 23\n";
    char dir[TMP_PATH];
    uint8_t bytes[2 * TEXT_VOXELS];
    uint8_t packed[256] = "ignored\n";
    const char *path;
    size_t n;

    (void)state;
    tmp_make(dir);
    text_voxels(bytes, 1);
    text_good(text_file(dir, "a.nrrd",
                        "NRRD0001\r\ntype: short\r\ndimension: 3\r\nsizes: 4 3 "
                        "2\r\nendian: BIG\r\nencoding: Raw\r\n\r\n",
                        bytes, sizeof bytes),
              ones, zero, NULL);
    path = text_file(dir, "a.nrrd", BASE "byte skip: -1\n\nxxx", bytes, 0);
    text_bad(path, ERR_DATA, "cannot hold them");
    text_voxels(bytes, 0);
    path = text_file(dir, "a.nrrd", BASE "byte skip: -1\n\nxxx", bytes,
                     sizeof bytes);
    text_good(path, ones, zero, NULL);
    path = text_file(dir, "a.nrrd",
                     BASE "line skip: 2\nbyteskip: 3\n\nxx\nyyy\nzzz", bytes,
                     sizeof bytes);
    text_good(path, ones, zero, NULL);
    text_cut(dir, path, 0);
    n = text_deflate(bytes, sizeof bytes, 31, packed);
    path = text_file(dir, "a.nrrd", "NRRD0005\n" TYPE "encoding: gzip\n\n",
                     packed, n);
    text_good(path, ones, zero, NULL);
    text_cut(dir, path, 0);
    path = text_file(dir, "a.nrrd", "NRRD0005\n" TYPE "encoding: text\n\n",
                     words, sizeof words - 1);
    text_good(path, ones, zero, NULL);
    text_cut(dir, path, 0);
    path = text_file(dir, "a.nrrd",
                     "NRRD0005\ntype: double\ndimension: 3\nsizes: 4 3 2\n"
                     "encoding: ascii\n\n",
                     words, sizeof words - 1);
    text_good(path, ones, zero, NULL);
    tmp_clean(dir);
}

static void test_detached(void **state)
{
    static const char *const data[] = {
        "data file: all.raw\n",
        "spacings: 1 1 1\ndatafile: all.raw\n\n",
        "data file: LIST\none.raw\ntwo.raw\n",
        "data file: LIST 2\none.raw\ntwo.raw",
        "data file: LIST 3\none.raw\ntwo.raw\n",
        "data file: slice%02d.raw 8 9 1\n",
        "data file: slice%02d.raw 8 9 1 3\n",
        "byte skip: 2\ndata file: more.raw\n",
    };
    char dir[TMP_PATH];
    char header[512];
    uint8_t bytes[2 * TEXT_VOXELS];
    const char *path = NULL;

    (void)state;
    tmp_make(dir);
    text_voxels(bytes, 0);
    (void)text_file(dir, "all.raw", "", bytes, sizeof bytes);
    (void)text_file(dir, "more.raw", "hh", bytes, sizeof bytes);
    (void)text_file(dir, "one.raw", "", bytes, 24);
    (void)text_file(dir, "two.raw", "", bytes + 24, 24);
    (void)text_file(dir, "slice08.raw", "", bytes, 24);
    (void)text_file(dir, "slice09.raw", "", bytes + 24, 24);
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        (void)snprintf(header, sizeof header, "%s%s", BASE, data[i]);
        path = text_file(dir, "a.nhdr", header, "", 0);
        text_good(path, ones, zero, NULL);
    }
    path = text_file(dir, "a.nhdr", BASE "data file: all.raw\n", "", 0);
    text_cut(dir, path, 0);
    text_bad(text_file(dir, "a.nhdr", BASE "data file: LIST\none.raw\n", "", 0),
             ERR_DATA, "1 data files for 2 slices");
    text_bad(text_file(dir, "a.nhdr", BASE "data file: no.raw\n", "", 0),
             ERR_FILE, "no.raw");
    text_bad(text_file(dir, "a.nhdr", BASE "data file: s%s.raw 1 2 1\n", "", 0),
             ERR_DATA, "needs one %d");
    text_bad(text_file(dir, "a.nhdr", BASE "data file: s%d.raw 1 2 0\n", "", 0),
             ERR_DATA, "impossible");
    (void)text_file(dir, "two.raw", "", bytes + 24, 23);
    text_bad(text_file(dir, "a.nhdr",
                       BASE "data file: LIST\none.raw\ntwo.raw\n", "", 0),
             ERR_DATA, "two.raw");
    tmp_clean(dir);
}

static void test_refused(void **state)
{
    static const struct {
        const char *header, *word;
    } cases[] = {
        {"NRRD0009\n" TYPE "encoding: raw\n\n", "is no NRRD file"},
        {BASE "foo: 1\n\n", "no field of NRRD"},
        {BASE "foo\n\n", "no line of a NRRD header"},
        {BASE "type: int16\n\n", "given twice"},
        {BASE "space: LPS\nspacings: 1 1 1\n\n", "spacings and a space"},
        {BASE DIRECTIONS "\n", "before space"},
        {BASE "space: LPS\nspace directions: (1,0,0) (0,1,0) none\n\n",
         "a vector (x,y,z) is needed"},
        {BASE "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,1,0)\n\n",
         "singular"},
        {BASE "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,0)\n\n",
         "length 0"},
        {BASE "space: up\n\n", "space is \"up\""},
        {BASE "kinds: vector domain domain\n\n", "one number per voxel"},
        {BASE "spacings: 1 1\n\n", "has 2 numbers"},
        {BASE "spacings: 1 1 1 1\n\n", "more than 3"},
        {BASE "spacings: 0 1 1\n\n", "is 0"},
        {BASE "axis mins: 1 1 1\n\n", "without spacing"},
        {"NRRD0004\n" TYPE "encoding: hex\n\n", "encoding is \"hex\""},
        {"NRRD0004\n" TYPE "\n", "no field encoding"},
        {"NRRD0004\ntype: int16\ndimension: 3\nsizes: 4 3 2\nencoding: raw\n\n",
         "endian"},
        {"NRRD0004\ntype: int16\ndimension: 4\n\n", "dimension is 4"},
        {"NRRD0004\ntype: block\n\n", "type is \"block\""},
        {"NRRD0004\nsizes: 4 3 2\n\n", "before dimension"},
        {"NRRD0004\ndimension: 3\nsizes: 4 0 2\n\n", "must be positive"},
        {"NRRD0004\ntype: int16\ndimension: 3\nsizes: 2147483647 2147483647 "
         "2147483647\nendian: little\nencoding: raw\n\n",
         "no file can hold them"},
    };
    char dir[TMP_PATH];
    uint8_t bytes[2 * TEXT_VOXELS];

    (void)state;
    tmp_make(dir);
    text_voxels(bytes, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        text_bad(text_file(dir, "a.nrrd", cases[i].header, bytes, sizeof bytes),
                 ERR_DATA, cases[i].word);
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometry),  cmocka_unit_test(test_last_bits),
        cmocka_unit_test(test_encodings), cmocka_unit_test(test_detached),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
