/* MetaImage headers against what SimpleITK 2.4.0 says about the same ones. */
#include "unit/text_sample.h"

#define KIND  "ObjectType = Image\nNDims = 3\n"
#define TYPE  "DimSize = 4 3 2\nElementType = MET_SHORT\n"
#define BASE  KIND "BinaryData = True\nElementSpacing = 0.5 0.75 2\n" TYPE
#define LOCAL "ElementDataFile = LOCAL\n"

static const double mm[3] = {0.5, 0.75, 2};
static const double ones[3] = {1, 1, 1};

static void test_geometry(void **state)
{
    static const double turned[9] = {0, 0.6, -0.8, 1, 0, 0, 0, 0.8, 0.6};
    static const double flipped[9] = {-1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const struct {
        const char *lines;
        const double *spacing;
        double origin[3];
        const double *direction;
    } cases[] = {
        {"", ones, {0, 0, 0}, NULL},
        {"ElementSize = 0.5 0.75 2\n", mm, {0, 0, 0}, NULL},
        {"ElementSize = 1 1 3\nElementSpacing = 0.5 0.75 2\n",
         mm,
         {0, 0, 0},
         NULL},
        {"ElementSpacing = -0.5 0.75 2\n", mm, {0, 0, 0}, flipped},
        {"TransformMatrix = 0 1 0 0.6 0 0.8 -0.8 0 0.6\n",
         ones,
         {0, 0, 0},
         turned},
        {"Rotation = 0 1 0 0.6 0 0.8 -0.8 0 0.6\n", ones, {0, 0, 0}, turned},
        {"Orientation = 0 1 0 0.6 0 0.8 -0.8 0 0.6\n", ones, {0, 0, 0}, turned},
        {"Orientation = 1 0 0 0 1 0 0 0 1\n"
         "TransformMatrix = 0 1 0 0.6 0 0.8 -0.8 0 0.6\n",
         ones,
         {0, 0, 0},
         turned},
        {"Position = 4 5 6\n", ones, {4, 5, 6}, NULL},
        {"Offset = 1 2 3\nPosition = 4 5 6\n", ones, {1, 2, 3}, NULL},
        {"Origin = 7 8 9\nOffset = 1 2 3\n", ones, {7, 8, 9}, NULL},
        {"AnatomicalOrientation = LPS\nFoo = bar\nDistanceUnits = mm\n"
         "ElementToIntensityFunctionSlope = 2\n",
         ones,
         {0, 0, 0},
         NULL},
    };
    char dir[TMP_PATH];
    uint8_t bytes[2 * TEXT_VOXELS];

    (void)state;
    text_voxels(bytes, 0);
    tmp_make(dir);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[512];

        (void)snprintf(header, sizeof header, "%s%s%s", KIND, cases[i].lines,
                       TYPE LOCAL);
        text_good(text_file(dir, "a.mha", header, bytes, sizeof bytes),
                  cases[i].spacing, cases[i].origin, cases[i].direction);
    }
    tmp_clean(dir);
}

static void test_encodings(void **state)
{
    static const char words[] = "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 "
                                "18 19 20 21 22 23 ";
    char dir[TMP_PATH];
    char header[512];
    uint8_t bytes[2 * TEXT_VOXELS];
    uint8_t packed[256];
    const char *path;
    size_t n;

    (void)state;
    tmp_make(dir);
    text_voxels(bytes, 1);
    text_good(text_file(dir, "a.mha",
                        BASE "BinaryDataByteOrderMSB = True\r\n" LOCAL, bytes,
                        sizeof bytes),
              mm, NULL, NULL);
    text_good(text_file(dir, "a.mha", BASE "ElementByteOrderMSB: 1\n" LOCAL,
                        bytes, sizeof bytes),
              mm, NULL, NULL);
    text_voxels(bytes, 0);
    path = text_file(dir, "a.mha", BASE LOCAL, bytes, sizeof bytes);
    text_good(path, mm, NULL, NULL);
    text_cut(dir, path, 0);
    for (int gzip = 0; gzip < 2; gzip++)
        for (int size = 0; size < 2; size++) {
            n = text_deflate(bytes, sizeof bytes, gzip ? 31 : 15, packed);
            (void)snprintf(header, sizeof header,
                           BASE "CompressedData = True\n"
                                "CompressedDataSize = %zu\n" LOCAL,
                           size ? n : 0);
            path = text_file(dir, "a.mha", header, packed, n);
            text_good(path, mm, NULL, NULL);
            text_cut(dir, path, 0);
        }
    (void)snprintf(header, sizeof header,
                   BASE "CompressedData = True\n"
                        "CompressedDataSize = %zu\n" LOCAL,
                   n + 1);
    text_bad(text_file(dir, "a.mha", header, packed, n), ERR_DATA,
             "CompressedDataSize");
    path = text_file(dir, "a.mha", KIND "BinaryData = False\n" TYPE LOCAL,
                     words, sizeof words - 1);
    text_good(path, ones, NULL, NULL);
    text_cut(dir, path, 0);
    tmp_clean(dir);
}

static void test_other_files(void **state)
{
    static const char *const data[] = {
        "ElementDataFile = all.raw\n",
        "ElementDataFile = all.raw",
        "ElementDataFile = LIST\none.raw\ntwo.raw\n",
        "ElementDataFile = slice%02d.raw 8 9 1\nElementSpacing = 9 9 9\n",
        "HeaderSize = 2\nElementDataFile = more.raw\n",
        "HeaderSize = -1\nElementDataFile = more.raw\n",
        "CompressedData = True\nElementDataFile = all.zraw\n",
    };
    char dir[TMP_PATH];
    char header[512];
    uint8_t bytes[2 * TEXT_VOXELS];
    uint8_t packed[256];
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
    (void)text_file(dir, "all.zraw", "", packed,
                    text_deflate(bytes, sizeof bytes, 15, packed));
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        (void)snprintf(header, sizeof header, "%s%s", BASE, data[i]);
        path = text_file(dir, "a.mhd", header, "", 0);
        text_good(path, mm, NULL, NULL);
    }
    path = text_file(dir, "a.mhd", BASE "ElementDataFile = all.raw\n", "", 0);
    text_cut(dir, path, 1); /* without its last line end it is whole */
    text_bad(text_file(dir, "a.mhd", BASE "ElementDataFile = no.raw\n", "", 0),
             ERR_FILE, "no.raw");
    (void)text_file(dir, "all.raw", "", bytes, sizeof bytes - 1);
    text_bad(text_file(dir, "a.mhd", BASE "ElementDataFile = all.raw\n", "", 0),
             ERR_DATA, "all.raw: the header asks for");
    tmp_clean(dir);
}

static void test_refused(void **state)
{
    static const struct {
        const char *header, *word;
    } cases[] = {
        {KIND TYPE, "no ElementDataFile"},
        {KIND "DimSize\n" TYPE LOCAL, "no line of a MetaImage header"},
        {"NDims = 3\nElementType = MET_SHORT\n" LOCAL, "no DimSize"},
        {"NDims = 3\nDimSize = 4 3 2\n" LOCAL, "no ElementType"},
        {BASE "ElementSpacing = 1 1 1\n" LOCAL, "given twice"},
        {BASE "Offset = 1 2\n" LOCAL, "2 numbers"},
        {BASE "Offset = 1 2 3 4\n" LOCAL, "3 numbers are needed"},
        {BASE "Offset = 1 x 3\n" LOCAL, "3 numbers are needed"},
        {BASE "DistanceUnits = cm\n" LOCAL, "mm is needed"},
        {BASE "ElementNumberOfChannels = 3\n" LOCAL, "one number per voxel"},
        {BASE "HeaderSize = 5\n" LOCAL, "not with LOCAL"},
        {BASE "CompressedData = maybe\n" LOCAL, "True or False"},
        {BASE "TransformMatrix = 1 0 0 1 0 0 0 0 1\n" LOCAL, "singular"},
        {KIND "ElementSpacing = 0 1 1\n" TYPE LOCAL, "is 0"},
        {"NDims = 2\nDimSize = 4 3 2\nElementType = MET_SHORT\n" LOCAL,
         "NDims is 2"},
        {KIND "DimSize = 4 3 2\nElementType = MET_FOO\n" LOCAL, "MET_FOO"},
        {KIND "DimSize = 4 -3 2\nElementType = MET_SHORT\n" LOCAL,
         "must be positive"},
        {KIND "DimSize = 400 3 2\nElementType = MET_SHORT\n" LOCAL,
         "cannot hold them"},
    };
    char dir[TMP_PATH];
    uint8_t bytes[2 * TEXT_VOXELS];

    (void)state;
    tmp_make(dir);
    text_voxels(bytes, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        text_bad(text_file(dir, "a.mha", cases[i].header, bytes, sizeof bytes),
                 ERR_DATA, cases[i].word);
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometry),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
