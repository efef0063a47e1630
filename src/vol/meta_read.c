#include "vol/meta_read.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

#include "vol/heading.h"
#include "vol/inflate.h"

/* Keys that say something about voxels or their place; others are passed
 * over. */
enum key {
    KEY_NDIMS,
    KEY_DIMS,
    KEY_TYPE,
    KEY_SPACING,
    KEY_SIZE,
    KEY_ORIGIN,
    KEY_OFFSET,
    KEY_POSITION,
    KEY_MATRIX,
    KEY_ROTATION,
    KEY_ORIENTATION,
    KEY_BINARY,
    KEY_MSB,
    KEY_ELEMENT_MSB,
    KEY_COMPRESSED,
    KEY_COMPRESSED_SIZE,
    KEY_HEADER_SIZE,
    KEY_CHANNELS,
    KEY_UNITS,
    KEY_FILE,
    KEYS
};

/* What a value is: n numbers, whole numbers, yes or no, text. */
enum kind { NUMBERS, WHOLE, YES_NO, TEXT };

static const struct {
    const char *name;
    enum kind kind;
    int n;
} keys[KEYS] = {
    [KEY_NDIMS] = {"NDims", WHOLE, 1},
    [KEY_DIMS] = {"DimSize", WHOLE, 3},
    [KEY_TYPE] = {"ElementType", TEXT, 0},
    [KEY_SPACING] = {"ElementSpacing", NUMBERS, 3},
    [KEY_SIZE] = {"ElementSize", NUMBERS, 3},
    [KEY_ORIGIN] = {"Origin", NUMBERS, 3},
    [KEY_OFFSET] = {"Offset", NUMBERS, 3},
    [KEY_POSITION] = {"Position", NUMBERS, 3},
    [KEY_MATRIX] = {"TransformMatrix", NUMBERS, 9},
    [KEY_ROTATION] = {"Rotation", NUMBERS, 9},
    [KEY_ORIENTATION] = {"Orientation", NUMBERS, 9},
    [KEY_BINARY] = {"BinaryData", YES_NO, 1},
    [KEY_MSB] = {"BinaryDataByteOrderMSB", YES_NO, 1},
    [KEY_ELEMENT_MSB] = {"ElementByteOrderMSB", YES_NO, 1},
    [KEY_COMPRESSED] = {"CompressedData", YES_NO, 1},
    [KEY_COMPRESSED_SIZE] = {"CompressedDataSize", WHOLE, 1},
    [KEY_HEADER_SIZE] = {"HeaderSize", WHOLE, 1},
    [KEY_CHANNELS] = {"ElementNumberOfChannels", WHOLE, 1},
    [KEY_UNITS] = {"DistanceUnits", TEXT, 0},
    [KEY_FILE] = {"ElementDataFile", TEXT, 0},
};

struct value {
    bool given;
    int line;
    double number[9];
    int64_t whole[3];
    bool yes;
    const char *text;
};

struct meta {
    struct heading h;
    struct value v[KEYS];
};

static status set_value(struct meta *m, enum key key, const char *text)
{
    status st = OK;
    struct value *v = &m->v[key];
    int n = keys[key].n;

    ENSURE(!v->given, ERR_DATA,
           "%s: line %d: key %s is given twice; correct the header", m->h.path,
           m->h.line, keys[key].name);
    v->given = true;
    v->text = text;
    switch (keys[key].kind) {
    case NUMBERS:
        TRY(heading_numbers(&m->h, keys[key].name, text, n, v->number));
        break;
    case WHOLE:
        TRY(heading_integers(&m->h, keys[key].name, text, n, v->whole));
        break;
    case YES_NO:
        v->yes = strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;
        ENSURE(
            v->yes || strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0,
            ERR_DATA, "%s: line %d: %s is \"%.40s\", True or False is possible",
            m->h.path, m->h.line, keys[key].name, text);
        break;
    case TEXT:
        break;
    }
out:
    return st;
}

/* "Key = value" */
static status read_line(struct meta *m, char *s, bool ended, bool *last)
{
    status st = OK;
    char *mark = strpbrk(s, "=:");
    char *end = mark;

    ENSURE(mark && mark != s, ERR_DATA,
           "%s: line %d: \"%.60s\" is no line of a MetaImage header (\"Key = "
           "value\"): truncated or damaged",
           m->h.path, m->h.line, s);
    while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    mark += strspn(mark + 1, " \t") + 1;
    for (int k = 0; k < KEYS; k++)
        if (strcmp(s, keys[k].name) == 0)
            TRY(set_value(m, (enum key)k, mark));
    *last = m->v[KEY_FILE].given;
    ENSURE(ended || *last, ERR_DATA,
           "%s: ends within line %d of its header: truncated; fetch the file "
           "again",
           m->h.path, m->h.line);
out:
    return st;
}

static status read_header(struct meta *m)
{
    status st = OK;
    bool last = false;
    bool ended = false;
    char *s = NULL;

    while (!last && (s = heading_line(&m->h, &ended)) != NULL)
        if (*s)
            TRY(read_line(m, s, ended, &last));
    ENSURE(last, ERR_DATA,
           "%s: no ElementDataFile in its header: truncated, or no MetaImage",
           m->h.path);
    for (int k = 0; k <= KEY_TYPE; k++)
        ENSURE(m->v[k].given, ERR_DATA,
               "%s: no %s in its header: damaged, or no MetaImage", m->h.path,
               keys[k].name);
out:
    return st;
}

static status set_type(const struct meta *m, struct layout *l)
{
    static const struct {
        const char *name;
        enum pixel pixel;
    } known[] = {{"MET_CHAR", PIXEL_I8},    {"MET_ASCII_CHAR", PIXEL_I8},
                 {"MET_UCHAR", PIXEL_U8},   {"MET_SHORT", PIXEL_I16},
                 {"MET_USHORT", PIXEL_U16}, {"MET_INT", PIXEL_I32},
                 {"MET_UINT", PIXEL_U32},   {"MET_LONG", PIXEL_I32},
                 {"MET_ULONG", PIXEL_U32},  {"MET_FLOAT", PIXEL_F32},
                 {"MET_DOUBLE", PIXEL_F64}};
    status st = OK;
    bool found = false;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(m->v[KEY_TYPE].text, known[i].name) == 0) {
            l->disk = l->pixel = known[i].pixel;
            found = true;
        }
    ENSURE(found, ERR_DATA,
           "%s: ElementType is %.40s; integers of 8 to 32 bits, MET_FLOAT and "
           "MET_DOUBLE are read; convert it",
           m->h.path, m->v[KEY_TYPE].text);
out:
    return st;
}

static status check_header(const struct meta *m)
{
    status st = OK;
    const struct value *v = m->v;

    ENSURE(v[KEY_NDIMS].whole[0] == 3, ERR_DATA,
           "%s: NDims is %lld: a 3-D image is needed", m->h.path,
           (long long)v[KEY_NDIMS].whole[0]);
    for (int a = 0; a < 3; a++)
        ENSURE(v[KEY_DIMS].whole[a] >= 1 && v[KEY_DIMS].whole[a] <= INT32_MAX,
               ERR_DATA, "%s: DimSize is \"%.60s\", each must be positive",
               m->h.path, v[KEY_DIMS].text);
    ENSURE(!v[KEY_CHANNELS].given || v[KEY_CHANNELS].whole[0] == 1, ERR_DATA,
           "%s: ElementNumberOfChannels is %lld: one number per voxel is "
           "needed",
           m->h.path, (long long)v[KEY_CHANNELS].whole[0]);
    ENSURE(!v[KEY_UNITS].given || strcasecmp(v[KEY_UNITS].text, "mm") == 0,
           ERR_DATA,
           "%s: DistanceUnits is %.40s, mm is needed; correct the header",
           m->h.path, v[KEY_UNITS].text);
    ENSURE(!v[KEY_HEADER_SIZE].given || v[KEY_HEADER_SIZE].whole[0] >= -1,
           ERR_DATA, "%s: HeaderSize is %lld, -1 is the least", m->h.path,
           (long long)v[KEY_HEADER_SIZE].whole[0]);
out:
    return st;
}

/* The first of the keys that is given, or NULL. */
static const double *first_of(const struct meta *m, enum key lo, enum key hi)
{
    for (enum key k = lo; k <= hi; k++)
        if (m->v[k].given)
            return m->v[k].number;
    return NULL;
}

static status set_geometry(const struct meta *m, struct layout *l)
{
    status st = OK;
    const double *spacing = first_of(m, KEY_SPACING, KEY_SIZE);
    const double *origin = first_of(m, KEY_ORIGIN, KEY_POSITION);
    const double *matrix = first_of(m, KEY_MATRIX, KEY_ORIENTATION);
    struct geometry *g = &l->geo;

    *g = (struct geometry){.spacing = {1, 1, 1},
                           .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    for (int a = 0; a < 3; a++) {
        g->size[a] = m->v[KEY_DIMS].whole[a];
        if (origin)
            g->origin[a] = origin[a];
        for (int r = 0; r < 3 && matrix; r++)
            g->direction[3 * r + a] = matrix[3 * a + r];
        if (!spacing)
            continue;
        ENSURE(spacing[a] != 0.0, ERR_DATA,
               "%s: the spacing of axis %d is 0; correct the header", m->h.path,
               a);
        g->spacing[a] = fabs(spacing[a]);
        for (int r = 0; r < 3 && spacing[a] < 0.0; r++)
            g->direction[3 * r + a] = -g->direction[3 * r + a];
    }
out:
    return st;
}

/* zlib, as the format says, or gzip, which MetaIO takes as well. */
static status find_coding(const struct meta *m, struct layout *l)
{
    status st = OK;
    const struct segment *s = &l->segment[0];
    bool gzip = false;

    l->coding = m->v[KEY_BINARY].yes ? CODING_RAW : CODING_TEXT;
    if (!m->v[KEY_COMPRESSED].yes)
        return OK;
    ENSURE(l->coding == CODING_RAW, ERR_DATA,
           "%s: CompressedData with BinaryData = False; correct the header",
           m->h.path);
    TRY(inflate_is_gzip(s->path, s->offset, &gzip));
    l->coding = gzip ? CODING_GZIP : CODING_ZLIB;
out:
    return st;
}

/* HeaderSize -1: the voxels end with the file. */
static status skip_header(const struct meta *m, struct layout *l)
{
    status st = OK;
    int64_t skip = m->v[KEY_HEADER_SIZE].whole[0];

    for (size_t i = 0; i < l->segments; i++) {
        struct segment *s = &l->segment[i];

        ENSURE(skip <= 0 || s->offset == 0, ERR_DATA,
               "%s: HeaderSize goes with a data file of its own, not with "
               "LOCAL; correct the header",
               m->h.path);
        if (skip > 0)
            s->offset = (uint64_t)skip;
        if (skip < 0 && m->v[KEY_BINARY].yes && !m->v[KEY_COMPRESSED].yes)
            TRY(layout_at_end(l, s));
    }
out:
    return st;
}

/* A file that is shorter than the header says is cut. */
static status check_compressed(const struct meta *m, const struct layout *l)
{
    status st = OK;
    int64_t said = m->v[KEY_COMPRESSED_SIZE].whole[0];
    uint64_t size = 0;
    const struct segment *s = &l->segment[0];

    if (!m->v[KEY_COMPRESSED].yes || said == 0 || l->segments != 1)
        return OK;
    TRY(file_size(s->path, &size));
    ENSURE(said > 0 && size >= s->offset && size - s->offset >= (uint64_t)said,
           ERR_DATA,
           "%s: CompressedDataSize is %lld, the file has %llu bytes of data: "
           "truncated, or a wrong header; fetch the file again",
           s->path, (long long)said,
           (unsigned long long)(size > s->offset ? size - s->offset : 0));
out:
    return st;
}

static status add_files(struct meta *m, struct layout *l)
{
    status st = OK;
    const char *name = m->v[KEY_FILE].text;
    struct segment model = {.slices = l->geo.size[2], .slope = 1.0};
    int64_t dims = 2;

    if (strcasecmp(name, "LOCAL") == 0) {
        const char *slash = strrchr(m->h.path, '/');

        model.offset = m->h.at;
        TRY(heading_file(&m->h, slash ? slash + 1 : m->h.path, &model, l));
    } else if (strncmp(name, "LIST", 4) == 0 &&
               (name[4] == '\0' || name[4] == ' ')) {
        if (name[4])
            TRY(heading_integers(&m->h, "ElementDataFile LIST", name + 4, 1,
                                 &dims));
        TRY(heading_list(&m->h, &model, dims == 2, l));
    } else if (strchr(name, '%')) {
        TRY(heading_pattern(&m->h, name, &model, l));
    } else {
        TRY(heading_file(&m->h, name, &model, l));
    }
out:
    return st;
}

status meta_parse(const char *path, struct layout *out)
{
    status st = OK;
    struct meta m = {.v[KEY_BINARY] = {.yes = true}};
    struct layout l = {0};

    TRY(heading_open(path, &m.h));
    TRY(read_header(&m));
    TRY(check_header(&m));
    TRY(set_type(&m, &l));
    TRY(set_geometry(&m, &l));
    TRY(add_files(&m, &l));
    TRY(skip_header(&m, &l));
    TRY(find_coding(&m, &l));
    TRY(check_compressed(&m, &l));
    l.swap = l.coding != CODING_TEXT &&
             (m.v[KEY_MSB].yes || m.v[KEY_ELEMENT_MSB].yes);
    *out = l;
    l = (struct layout){0};
out:
    layout_free(&l);
    heading_free(&m.h);
    return st;
}
