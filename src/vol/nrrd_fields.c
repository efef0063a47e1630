#include "vol/nrrd_fields.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

struct line {
    const struct heading *h;
    const char *key;
    char *value;
};

typedef status set_fn(const struct line *l, struct nrrd_fields *f);

/* "a|b|c" holds word, whatever its case? */
static bool is_one_of(const char *word, const char *list)
{
    size_t n = strlen(word);

    while (*list) {
        size_t k = strcspn(list, "|");

        if (k == n && strncasecmp(word, list, n) == 0)
            return true;
        list += k + (list[k] == '|');
    }
    return false;
}

static status set_dimension(const struct line *l, struct nrrd_fields *f)
{
    status st = OK;
    int64_t n = 0;

    (void)f;
    TRY(heading_integers(l->h, l->key, l->value, 1, &n));
    ENSURE(n == 3, ERR_DATA,
           "%s: line %d: dimension is %lld: a 3-D image of one number per "
           "voxel is needed",
           l->h->path, l->h->line, (long long)n);
out:
    return st;
}

static status set_type(const struct line *l, struct nrrd_fields *f)
{
    static const char *const names[PIXEL_TYPES] = {
        [PIXEL_U8] = "uchar|unsigned char|uint8|uint8_t",
        [PIXEL_I8] = "signed char|int8|int8_t",
        [PIXEL_U16] = "ushort|unsigned short|unsigned short int|uint16|"
                      "uint16_t",
        [PIXEL_I16] = "short|short int|signed short|signed short int|int16|"
                      "int16_t",
        [PIXEL_U32] = "uint|unsigned int|uint32|uint32_t",
        [PIXEL_I32] = "int|signed int|int32|int32_t",
        [PIXEL_F32] = "float",
        [PIXEL_F64] = "double"};
    status st = OK;

    f->type = -1;
    for (int p = 0; p < PIXEL_TYPES; p++)
        if (names[p] && is_one_of(l->value, names[p]))
            f->type = p;
    ENSURE(f->type >= 0, ERR_DATA,
           "%s: line %d: type is \"%.40s\"; integers of 8 to 32 bits, float "
           "and double are read; convert it",
           l->h->path, l->h->line, l->value);
out:
    return st;
}

static status set_sizes(const struct line *l, struct nrrd_fields *f)
{
    status st = OK;

    ENSURE(nrrd_has(f, NRRD_DIMENSION), ERR_DATA,
           "%s: line %d: sizes stand before dimension; correct the header",
           l->h->path, l->h->line);
    TRY(heading_integers(l->h, l->key, l->value, 3, f->size));
    for (int a = 0; a < 3; a++)
        ENSURE(f->size[a] >= 1 && f->size[a] <= INT32_MAX, ERR_DATA,
               "%s: line %d: sizes are \"%.60s\", each must be positive",
               l->h->path, l->h->line, l->value);
out:
    return st;
}

/* Three numbers, "nan" for none. */
static status numbers_or_nan(const struct line *l, double out[3])
{
    status st = OK;
    char *rest = l->value;

    for (int a = 0; a < 3; a++) {
        char *word = strtok_r(rest, " \t", &rest);

        ENSURE(word, ERR_DATA,
               "%s: line %d: %s has %d numbers, 3 are needed; correct the "
               "header",
               l->h->path, l->h->line, l->key, a);
        if (strcasecmp(word, "nan") == 0)
            out[a] = (double)NAN;
        else
            ENSURE(text_to_double(word, &out[a]), ERR_DATA,
                   "%s: line %d: %s has \"%.40s\", no number; correct the "
                   "header",
                   l->h->path, l->h->line, l->key, word);
    }
    ENSURE(!strtok_r(rest, " \t", &rest), ERR_DATA,
           "%s: line %d: %s has more than 3 numbers; correct the header",
           l->h->path, l->h->line, l->key);
out:
    return st;
}

static status set_spacings(const struct line *l, struct nrrd_fields *f)
{
    return numbers_or_nan(l, f->spacing);
}

static status set_mins(const struct line *l, struct nrrd_fields *f)
{
    return numbers_or_nan(l, f->min);
}

/* Three words of a list; *node: each is "node". */
static status three_words(const struct line *l, const char *list, bool *node)
{
    status st = OK;
    char *rest = l->value;
    char *w;
    int n = 0;

    *node = true;
    while ((w = strtok_r(rest, " \t", &rest)) != NULL) {
        ENSURE(n < 3 && is_one_of(w, list), ERR_DATA,
               "%s: line %d: %s has \"%.40s\"; three of %s are read: an image "
               "of one number per voxel is needed",
               l->h->path, l->h->line, l->key, w, list);
        *node = *node && strcasecmp(w, "node") == 0;
        n++;
    }
    ENSURE(n == 3, ERR_DATA,
           "%s: line %d: %s has %d words, 3 are needed; correct the header",
           l->h->path, l->h->line, l->key, n);
out:
    return st;
}

static status set_centers(const struct line *l, struct nrrd_fields *f)
{
    return three_words(l, "cell|node|???|none", &f->node);
}

static status set_kinds(const struct line *l, struct nrrd_fields *f)
{
    bool ignored;

    (void)f;
    return three_words(l, "domain|space|time|???|none", &ignored);
}

static status set_space(const struct line *l, struct nrrd_fields *f)
{
    static const struct {
        const char *names;
        enum nrrd_space space;
    } known[] = {
        {"left-posterior-superior|LPS", NRRD_LPS},
        {"right-anterior-superior|RAS", NRRD_RAS},
        {"left-anterior-superior|LAS", NRRD_LAS},
        {"scanner-xyz|3D-right-handed|3D-left-handed", NRRD_OTHER},
    };
    status st = OK;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_one_of(l->value, known[i].names))
            f->space = known[i].space;
    ENSURE(f->space != NRRD_NO_SPACE, ERR_DATA,
           "%s: line %d: space is \"%.40s\"; LPS, RAS, LAS, scanner-xyz and "
           "3D-...-handed are read; convert it",
           l->h->path, l->h->line, l->value);
    ENSURE(!nrrd_has(f, NRRD_SPACE_DIMENSION), ERR_DATA,
           "%s: line %d: space and space dimension are both given; correct the "
           "header",
           l->h->path, l->h->line);
out:
    return st;
}

static status set_space_dimension(const struct line *l, struct nrrd_fields *f)
{
    status st = OK;
    int64_t n = 0;

    TRY(heading_integers(l->h, l->key, l->value, 1, &n));
    ENSURE(n == 3 && !nrrd_has(f, NRRD_SPACE), ERR_DATA,
           "%s: line %d: space dimension is %lld; 3 is read, and no space "
           "beside it; correct the header",
           l->h->path, l->h->line, (long long)n);
    f->space = NRRD_OTHER;
out:
    return st;
}

/* "(x,y,z)"; *s goes behind it. */
static status vector(const struct line *l, const char **s, double out[3])
{
    status st = OK;
    const char *p = *s;

    while (isspace((unsigned char)*p))
        p++;
    for (int a = 0; a < 3; a++) {
        char *end = NULL;

        while (isspace((unsigned char)*p))
            p++;
        ENSURE(*p++ == (a == 0 ? '(' : ','), ERR_DATA,
               "%s: line %d: %s has \"%.40s\", a vector (x,y,z) is needed",
               l->h->path, l->h->line, l->key, *s);
        out[a] = strtod(p, &end);
        ENSURE(end != p && isfinite(out[a]), ERR_DATA,
               "%s: line %d: %s has \"%.40s\", a vector (x,y,z) is needed",
               l->h->path, l->h->line, l->key, *s);
        p = end;
    }
    while (isspace((unsigned char)*p))
        p++;
    ENSURE(*p++ == ')', ERR_DATA,
           "%s: line %d: %s has \"%.40s\", a vector (x,y,z) is needed",
           l->h->path, l->h->line, l->key, *s);
    while (isspace((unsigned char)*p))
        p++;
    *s = p;
out:
    return st;
}

static status vectors(const struct line *l,
                      const struct nrrd_fields *f,
                      int n,
                      double (*out)[3])
{
    status st = OK;
    const char *s = l->value;

    ENSURE(f->space != NRRD_NO_SPACE, ERR_DATA,
           "%s: line %d: %s stands before space; correct the header",
           l->h->path, l->h->line, l->key);
    for (int i = 0; i < n; i++)
        TRY(vector(l, &s, out[i]));
    ENSURE(*s == '\0', ERR_DATA,
           "%s: line %d: %s has \"%.40s\" too many; correct the header",
           l->h->path, l->h->line, l->key, s);
out:
    return st;
}

static status set_directions(const struct line *l, struct nrrd_fields *f)
{
    return vectors(l, f, 3, f->vector);
}

static status set_origin(const struct line *l, struct nrrd_fields *f)
{
    return vectors(l, f, 1, &f->origin);
}

static status set_encoding(const struct line *l, struct nrrd_fields *f)
{
    status st = OK;
    bool raw = is_one_of(l->value, "raw");
    bool gzip = is_one_of(l->value, "gz|gzip");

    ENSURE(raw || gzip || is_one_of(l->value, "txt|text|ascii"), ERR_DATA,
           "%s: line %d: encoding is \"%.40s\"; raw, gzip and text are read; "
           "convert it",
           l->h->path, l->h->line, l->value);
    f->coding = raw ? CODING_RAW : gzip ? CODING_GZIP : CODING_TEXT;
out:
    return st;
}

static status set_endian(const struct line *l, struct nrrd_fields *f)
{
    status st = OK;

    ENSURE(is_one_of(l->value, "little|big"), ERR_DATA,
           "%s: line %d: endian is \"%.40s\", little or big is possible",
           l->h->path, l->h->line, l->value);
    f->big = is_one_of(l->value, "big");
out:
    return st;
}

static status set_line_skip(const struct line *l, struct nrrd_fields *f)
{
    status st = OK;

    TRY(heading_integers(l->h, l->key, l->value, 1, &f->line_skip));
    ENSURE(f->line_skip >= 0, ERR_DATA,
           "%s: line %d: line skip is negative; correct the header", l->h->path,
           l->h->line);
out:
    return st;
}

static status set_byte_skip(const struct line *l, struct nrrd_fields *f)
{
    status st = OK;

    TRY(heading_integers(l->h, l->key, l->value, 1, &f->byte_skip));
    ENSURE(f->byte_skip >= -1, ERR_DATA,
           "%s: line %d: byte skip is %lld, -1 is the least; correct the "
           "header",
           l->h->path, l->h->line, (long long)f->byte_skip);
out:
    return st;
}

static status set_file(const struct line *l, struct nrrd_fields *f)
{
    status st = OK;
    int64_t n = 2;

    f->list =
        strcmp(l->value, "LIST") == 0 || strncmp(l->value, "LIST ", 5) == 0;
    if (f->list && l->value[4])
        TRY(heading_integers(l->h, l->key, l->value + 4, 1, &n));
    ENSURE(n == 2 || n == 3, ERR_DATA,
           "%s: line %d: the files of a LIST are %lld-D; 2-D and 3-D ones are "
           "read",
           l->h->path, l->h->line, (long long)n);
    f->list_3d = n == 3;
    f->file = l->value;
out:
    return st;
}

static const struct {
    const char *names;
    set_fn *set;
} fields[] = {
    [NRRD_DIMENSION] = {"dimension", set_dimension},
    [NRRD_TYPE] = {"type", set_type},
    [NRRD_SIZES] = {"sizes", set_sizes},
    [NRRD_SPACINGS] = {"spacings", set_spacings},
    [NRRD_MINS] = {"axis mins|axismins", set_mins},
    [NRRD_CENTERS] = {"centers|centerings", set_centers},
    [NRRD_KINDS] = {"kinds", set_kinds},
    [NRRD_SPACE] = {"space", set_space},
    [NRRD_SPACE_DIMENSION] = {"space dimension", set_space_dimension},
    [NRRD_DIRECTIONS] = {"space directions", set_directions},
    [NRRD_ORIGIN] = {"space origin", set_origin},
    [NRRD_ENCODING] = {"encoding", set_encoding},
    [NRRD_ENDIAN] = {"endian", set_endian},
    [NRRD_LINE_SKIP] = {"line skip|lineskip", set_line_skip},
    [NRRD_BYTE_SKIP] = {"byte skip|byteskip", set_byte_skip},
    [NRRD_FILE] = {"data file|datafile", set_file},
    {"content", NULL},
    {"number", NULL},
    {"min", NULL},
    {"max", NULL},
    {"old min|oldmin", NULL},
    {"old max|oldmax", NULL},
    {"axis maxs|axismaxs", NULL},
    {"thicknesses", NULL},
    {"labels", NULL},
    {"units", NULL},
    {"space units", NULL},
    {"sample units|sampleunits", NULL},
    {"measurement frame", NULL},
};

bool nrrd_has(const struct nrrd_fields *f, enum nrrd_field field)
{
    return (f->seen >> field & 1) != 0;
}

/* "field: value" */
static status set_field(const struct heading *h, char *s, struct nrrd_fields *f)
{
    status st = OK;
    char *colon = strstr(s, ": ");
    struct line l = {h, s, NULL};

    ENSURE(colon, ERR_DATA,
           "%s: line %d: \"%.60s\" is no line of a NRRD header (\"field: "
           "value\"): truncated or damaged",
           h->path, h->line, s);
    *colon = '\0';
    for (l.value = colon + 2; *l.value == ' ' || *l.value == '\t';)
        l.value++;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!is_one_of(s, fields[i].names))
            continue;
        ENSURE((f->seen >> i & 1) == 0, ERR_DATA,
               "%s: line %d: field %s is given twice; correct the header",
               h->path, h->line, s);
        if (fields[i].set)
            TRY(fields[i].set(&l, f));
        f->seen |= UINT64_C(1) << i;
        return OK;
    }
    ENSURE(false, ERR_DATA,
           "%s: line %d: \"%.40s\" is no field of NRRD; correct the header",
           h->path, h->line, s);
out:
    return st;
}

status nrrd_fields(struct heading *h, struct nrrd_fields *out)
{
    status st = OK;
    struct nrrd_fields f = {.type = -1,
                            .spacing = {(double)NAN, (double)NAN, (double)NAN}};
    bool ended = false;
    char *s = heading_line(h, &ended);

    ENSURE(s && strlen(s) == 8 && strncmp(s, "NRRD000", 7) == 0 &&
               s[7] >= '1' && s[7] <= '5' && ended,
           ERR_DATA,
           "%s: is no NRRD file (its first line is not NRRD0001 to NRRD0005)",
           h->path);
    while (!f.list && (s = heading_line(h, &ended)) != NULL && *s) {
        ENSURE(ended, ERR_DATA,
               "%s: ends within line %d of its header: truncated; fetch the "
               "file again",
               h->path, h->line);
        if (*s == '#' || strstr(s, ":=")) /* comments, key/value pairs */
            continue;
        TRY(set_field(h, s, &f));
    }
    ENSURE(s || f.file, ERR_DATA,
           "%s: ends within its header, or the header has more than 1 MB: "
           "truncated; fetch the file again",
           h->path);
    *out = f;
out:
    return st;
}
