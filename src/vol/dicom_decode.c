/* Encoded pixels through dcm2niix (X. Li, P. S. Morgan, J. Ashburner, J. Smith,
 * C. Rorden, J. Neurosci. Methods 264, 2016), which writes a NIfTI file of the
 * stored numbers. Place and scale of the slice are known from its header, so
 * of that file only the numbers and the way its rows run are used. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"

#include "vol/dicom_pixels.h"
#include "vol/nifti_head.h"
#include "vol/volume.h"

#define PROGRAM "dcm2niix"

enum { SECONDS = 60, WORDS = 600 };

static const uint64_t memory_most = (uint64_t)4 << 30;
static const double near_mm = 0.05; /* its header has float32 */
static const uint64_t file_extra = (uint64_t)1 << 20;

static status make_folder(char **out)
{
    status st = OK;
    const char *base = getenv("TMPDIR");
    char *dir = NULL;

    TRY(file_join(base && *base ? base : "/tmp", "fmcib-dicom-XXXXXX", &dir));
    ENSURE(mkdtemp(dir), ERR_FILE,
           "%s: cannot be made; set TMPDIR to a folder with room", dir);
    *out = dir;
    dir = NULL;
out:
    mem_free(dir);
    return st;
}

static void remove_folder(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;

    while (d && (e = readdir(d)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        (void)closedir(d);
    (void)rmdir(dir);
}

/* A transfer syntax it was built without is a warning to dcm2niix, which then
 * writes a file of one voxel. */
static const char unsupported[] = "Unsupported transfer syntax";

/* What a program said, as one line: the complaint alone where it has one. */
static void one_line(struct text *t)
{
    static const char *const words[] = {unsupported, "Error"};
    size_t n = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words && t->s; i++) {
        const char *from = strstr(t->s, words[i]);

        if (!from)
            continue;
        t->len -= (size_t)(from - t->s);
        memmove(t->s, from, t->len + 1);
        t->s[strcspn(t->s, "\n")] = '\0';
        t->len = strlen(t->s);
    }
    for (size_t i = 0; i < t->len && n < WORDS; i++) {
        char c = t->s[i];
        bool blank = (unsigned char)c <= ' ';

        if (!blank)
            t->s[n++] = c;
        else if (n > 0 && t->s[n - 1] != ' ')
            t->s[n++] = ' ';
    }
    if (t->s)
        t->s[n] = '\0';
    t->len = n;
}

/* -g i first: no file of defaults in the user's home. */
static status run(const char *path, const char *dir, uint64_t voxels)
{
    const char *const argv[] = {PROGRAM, "-g", "i",  "-b", "n",  "-z", "n",
                                "-s",    "y",  "-l", "o",  "-p", "n",  "-x",
                                "n",     "-i", "n",  "-m", "n",  "-w", "1",
                                "-f",    "v",  "-o", dir,  path, NULL};
    const struct process p = {.argv = argv,
                              .limit_s = SECONDS,
                              .file_most = voxels + file_extra,
                              .memory_most = memory_most};
    status st = OK;
    struct text said = {NULL, 0, 0, OK};
    char *made = NULL;
    int code = 0;

    TRY(process_run(&p, &said, &code));
    one_line(&said);
    TRY(file_join(dir, "v.nii", &made));
    ENSURE(code == 0 && file_exists(made) &&
               !(said.s && strstr(said.s, unsupported)),
           ERR_DATA,
           PROGRAM " (exit status %d) does not decode it: %s; make plain files "
                   "with \"gdcmconv --raw\" or \"dcmdjpeg\"",
           code, said.s ? said.s : "it says nothing");
out:
    mem_free(made);
    text_free(&said);
    return st;
}

/* The scale of its header is held against the DICOM header's and taken out,
 * so that the reader gives the stored numbers. */
static status take_scale(const char *made, const struct dicom_head *h)
{
    static const float none[2] = {0.0F, 0.0F};
    status st = OK;
    float scale[2] = {0.0F, 0.0F};
    FILE *f = fopen(made, "r+b");

    ENSURE(f, ERR_FILE, "%s: cannot be read back", made);
    ENSURE(fseek(f, NIFTI_SCL_SLOPE, SEEK_SET) == 0 &&
               fread(scale, sizeof scale, 1, f) == 1 &&
               fseek(f, NIFTI_SCL_SLOPE, SEEK_SET) == 0 &&
               fwrite(none, sizeof none, 1, f) == 1,
           ERR_DATA, "%s: ends inside its header", made);
    ENSURE((double)scale[0] == (double)(float)h->slope &&
               (double)scale[1] == (double)(float)h->inter,
           ERR_DATA,
           PROGRAM " gives slope %.9g and intercept %.9g, the DICOM header "
                   "says %.9g and %.9g",
           (double)scale[0], (double)scale[1], h->slope, h->inter);
out:
    if (f && fclose(f) != 0 && st == OK)
        st = status_fail(ERR_FILE, __FILE__, __LINE__, "%s: disk full?", made);
    return st;
}

/* Axis 1 of the made file runs along the columns of the slice, or (its habit)
 * against them; its place tells whether that was understood. */
static status
check_way(const struct volume *v, const struct dicom_head *h, bool *out_back)
{
    status st = OK;
    const struct geometry *g = &v->geo;
    double along[2] = {0.0, 0.0};
    double first[3] = {0.0, 0.0, 0.0};
    double place[3];
    double off = 0.0;

    ENSURE(g->size[0] == h->columns && g->size[1] == h->rows && g->size[2] == 1,
           ERR_DATA,
           PROGRAM " gives %lld x %lld x %lld voxels, the DICOM header says "
                   "%d x %d",
           (long long)g->size[0], (long long)g->size[1], (long long)g->size[2],
           h->columns, h->rows);
    for (int a = 0; a < 2; a++)
        for (int r = 0; r < 3; r++)
            along[a] += g->direction[3 * r + a] * h->orientation[3 * a + r];
    if (along[1] < 0.0)
        first[1] = (double)(h->rows - 1);
    geometry_point(g, first, place);
    for (int r = 0; r < 3; r++)
        off = fmax(off, fabs(place[r] - h->position[r]));
    ENSURE(along[0] > 0.9 && fabs(along[1]) > 0.9 && off < near_mm, ERR_DATA,
           PROGRAM " puts the slice elsewhere than the DICOM header, its first "
                   "pixel is %.9g mm off",
           off);
    *out_back = along[1] < 0.0;
out:
    return st;
}

/* It may hand signed numbers out as unsigned ones of the same bits. */
static status copy_rows(const struct volume *v,
                        const struct dicom_head *h,
                        bool back,
                        void *out)
{
    status st = OK;
    const int64_t *n = v->geo.size;
    double span = (double)(1L << h->stored);
    unsigned stored = (1U << h->stored) - 1U;
    unsigned sign = h->is_signed ? 1U << (h->stored - 1) : 0U;
    double least = h->is_signed ? -span / 2.0 : 0.0;

    for (int64_t i = 0; i < n[0] * n[1]; i++) {
        int64_t row = back ? n[1] - 1 - i / n[0] : i / n[0];
        double x =
            pixel_get(v->pixel, v->data, (size_t)(row * n[0] + i % n[0]));
        unsigned bits;

        ENSURE(x >= least && x < span && x == trunc(x), ERR_DATA,
               PROGRAM " gives the stored number %.9g where %d bits are stored",
               x, h->stored);
        bits = (unsigned)(int)x & stored;
        if (h->allocated == 8)
            ((uint8_t *)out)[i] = (uint8_t)((bits ^ sign) - sign);
        else
            ((uint16_t *)out)[i] = (uint16_t)((bits ^ sign) - sign);
    }
out:
    return st;
}

static status decode(const char *path, const struct dicom_head *h, void *out)
{
    status st = OK;
    uint64_t voxels = (uint64_t)h->rows * (uint64_t)h->columns * 4;
    struct volume v = {.data = NULL};
    char *dir = NULL;
    char *made = NULL;
    bool back = false;

    TRY(make_folder(&dir));
    TRY(run(path, dir, voxels));
    TRY(file_join(dir, "v.nii", &made));
    TRY(take_scale(made, h));
    TRY(volume_open(made, &v));
    TRY(check_way(&v, h, &back));
    TRY(copy_rows(&v, h, back, out));
out:
    volume_free(&v);
    if (dir)
        remove_folder(dir);
    mem_free(dir);
    mem_free(made);
    return st;
}

status dicom_decode(const char *path, const struct dicom_head *head, void *out)
{
    status st = decode(path, head, out);

    if (st == ERR_DATA)
        status_prefix("%s: transfer syntax %s (%s): ", path, head->syntax,
                      dicom_syntax_name(head->syntax));
    else if (st == ERR_FILE || st == ERR_RUN)
        status_prefix("%s: transfer syntax %s (%s) needs a decoder (Debian "
                      "package dcm2niix), or plain files made by \"gdcmconv "
                      "--raw\": ",
                      path, head->syntax, dicom_syntax_name(head->syntax));
    return st;
}

status dicom_decoder(struct text *out)
{
    static const char *const argv[] = {PROGRAM, "--version", NULL};
    const struct process p = {.argv = argv, .limit_s = SECONDS};
    status st = OK;
    struct text said = {NULL, 0, 0, OK};
    char *line;
    int code = 0;

    TRY(process_run(&p, &said, &code));
    /* its last line is the bare version */
    one_line(&said);
    line = said.s ? strrchr(said.s, ' ') : NULL;
    while (line && line[1] == '\0') {
        *line = '\0';
        line = strrchr(said.s, ' ');
    }
    text_add(out, PROGRAM " %s", line ? line + 1 : "of unknown version");
    TRY(text_status(out));
out:
    text_free(&said);
    return st;
}
