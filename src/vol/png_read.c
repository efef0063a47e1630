/* libpng jumps out of its calls on errors, so each runs in `guarded`, whose
 * frame has nothing that a jump could spoil. */
#include "vol/png_read.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum {
    SIDE = 2048,
    CHUNK = 1 << 20, /* bytes of a chunk that is no picture */
    CHUNKS = 64,
    RATIO = 1032 /* deflate cannot do better */
};

struct picture {
    const char *path;
    FILE *f;
    png_structp png;
    png_infop info;
    png_bytepp row; /* where rows go */
    jmp_buf jump;
    char why[128];
};

_Noreturn static void on_error(png_structp png, png_const_charp why)
{
    struct picture *p = png_get_error_ptr(png);

    (void)snprintf(p->why, sizeof p->why, "%s", why);
    longjmp(p->jump, 1); /* NOLINT: the only way libpng has */
}

static void on_warning(png_structp png, png_const_charp why)
{
    (void)png;
    (void)why;
}

static void read_info(struct picture *p)
{
    png_init_io(p->png, p->f);
    png_set_user_limits(p->png, SIDE, SIDE);
    png_set_chunk_malloc_max(p->png, CHUNK);
    png_set_chunk_cache_max(p->png, CHUNKS);
    png_set_benign_errors(p->png, 0);
    png_set_crc_action(p->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_read_info(p->png, p->info);
}

static void read_rows(struct picture *p)
{
    const uint16_t one = 1;

    if (*(const uint8_t *)&one == 1)
        png_set_swap(p->png);
    (void)png_set_interlace_handling(p->png);
    png_read_update_info(p->png, p->info);
    png_read_image(p->png, p->row);
    png_read_end(p->png, NULL);
}

static bool guarded(struct picture *p, void (*work)(struct picture *))
{
    if (setjmp(p->jump)) /* NOLINT: as above */
        return false;
    work(p);
    return true;
}

static status picture_open(const char *path, struct picture *p)
{
    status st = OK;
    uint64_t size = 0;
    uint64_t need;

    memset(p, 0, sizeof *p);
    p->path = path;
    TRY(file_size(path, &size)); /* refuses folders */
    p->f = fopen(path, "rb");
    ENSURE(p->f, ERR_FILE, "%s: %s", path, strerror(errno));
    p->png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, p, on_error, on_warning);
    ENSURE(p->png, ERR_MEM, "%s: no memory for libpng", path);
    p->info = png_create_info_struct(p->png);
    ENSURE(p->info, ERR_MEM, "%s: no memory for libpng", path);
    ENSURE(guarded(p, read_info), ERR_DATA,
           "%s: not a PNG picture that can be read: %s; fetch the file again",
           path, p->why);
    ENSURE(png_get_bit_depth(p->png, p->info) == 16 &&
               png_get_color_type(p->png, p->info) == PNG_COLOR_TYPE_GRAY,
           ERR_DATA,
           "%s: PNG field IHDR says %d bits and colour type %d; slices of "
           "DeepLesion have 16 bits of grey (type 0), fetch the file again",
           path, png_get_bit_depth(p->png, p->info),
           png_get_color_type(p->png, p->info));
    need = (uint64_t)png_get_image_height(p->png, p->info) * 2U *
           png_get_image_width(p->png, p->info);
    ENSURE(need <= size * RATIO, ERR_DATA,
           "%s: PNG field IHDR asks for %lu x %lu pixels, the file of %llu "
           "bytes cannot hold them: truncated; fetch the file again",
           path, (unsigned long)png_get_image_width(p->png, p->info),
           (unsigned long)png_get_image_height(p->png, p->info),
           (unsigned long long)size);
out:
    return st;
}

static void picture_close(struct picture *p)
{
    if (p->png)
        png_destroy_read_struct(&p->png, p->info ? &p->info : NULL, NULL);
    if (p->f)
        (void)fclose(p->f);
    mem_free(p->row);
}

status png_size(const char *path, int64_t *columns, int64_t *rows)
{
    status st = OK;
    struct picture p;

    TRY(picture_open(path, &p));
    *columns = png_get_image_width(p.png, p.info);
    *rows = png_get_image_height(p.png, p.info);
out:
    picture_close(&p);
    return st;
}

status png_read(const char *path, int64_t columns, int64_t rows, uint16_t *out)
{
    status st = OK;
    struct picture p;
    int64_t n[2];

    TRY(picture_open(path, &p));
    n[0] = png_get_image_width(p.png, p.info);
    n[1] = png_get_image_height(p.png, p.info);
    ENSURE(n[0] == columns && n[1] == rows, ERR_DATA,
           "%s: has %lld x %lld pixels, the slices before it %lld x %lld: "
           "mixed series; fetch the files again",
           path, (long long)n[0], (long long)n[1], (long long)columns,
           (long long)rows);
    TRY(mem_new((size_t)rows, sizeof *p.row, &p.row));
    for (int64_t j = 0; j < rows; j++)
        p.row[j] = (png_bytep)(out + j * columns);
    ENSURE(guarded(&p, read_rows), ERR_DATA,
           "%s: PNG data are truncated or damaged: %s; fetch the file again",
           path, p.why);
out:
    picture_close(&p);
    return st;
}
