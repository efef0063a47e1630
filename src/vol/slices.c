/* A ring of slices in one block: slice k lies in place k % cap. */
#include "vol/slices.h"

#include <string.h>

#include "base/mem.h"

#include "vol/decimal.h"
#include "vol/inflate.h"

struct slices {
    const struct layout *l;
    size_t size;    /* bytes of a slice */
    int64_t lo, hi; /* kept; hi is the slice that comes next */
    int64_t cap;
    char *ring;
    size_t segment; /* the one that is open, and its slices still to come */
    int64_t left;
    struct inflate *inflate;
    struct decimal *decimal;
    void *waste; /* a slice of text nobody wants */
};

status slices_open(const struct layout *l, struct slices **out)
{
    status st = OK;
    struct slices *s = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    s->l = l;
    s->size = (size_t)(l->geo.size[0] * l->geo.size[1]) * pixel_size(l->disk);
    *out = s;
out:
    return st;
}

/* Back to the first slice. */
static void rewind_to_first(struct slices *s)
{
    inflate_close(s->inflate);
    decimal_close(s->decimal);
    s->inflate = NULL;
    s->decimal = NULL;
    s->segment = 0;
    s->left = 0;
    s->lo = s->hi = 0;
}

void slices_close(struct slices *s)
{
    if (!s)
        return;
    rewind_to_first(s);
    mem_free(s->ring);
    mem_free(s->waste);
    mem_free(s);
}

static status open_segment(struct slices *s)
{
    status st = OK;
    const struct segment *g = &s->l->segment[s->segment];

    inflate_close(s->inflate);
    decimal_close(s->decimal);
    s->inflate = NULL;
    s->decimal = NULL;
    if (s->l->coding == CODING_TEXT) {
        TRY(decimal_open(g->path, g->offset, &s->decimal));
    } else {
        TRY(inflate_open(g->path, g->offset,
                         s->l->coding == CODING_GZIP ? INFLATE_GZIP
                                                     : INFLATE_ZLIB,
                         &s->inflate));
        TRY(inflate_skip(s->inflate, g->skip, "header"));
    }
    s->left = g->slices;
out:
    return st;
}

/* The next slice of the stream; `to` NULL passes over it. */
static status next_slice(struct slices *s, void *to)
{
    status st = OK;

    if (s->left == 0)
        TRY(open_segment(s));
    if (s->decimal) {
        if (!to && !s->waste)
            TRY(mem_raw(s->size, 1, &s->waste));
        TRY(decimal_next(s->decimal, s->l->disk, to ? to : s->waste,
                         s->size / pixel_size(s->l->disk)));
    } else if (to) {
        TRY(inflate_next(s->inflate, to, s->size, "voxels"));
    } else {
        TRY(inflate_skip(s->inflate, s->size, "voxels"));
    }
    if (--s->left == 0) {
        if (s->inflate)
            TRY(inflate_end(s->inflate));
        s->segment++;
    }
out:
    return st;
}

static status decode(struct slices *s, int64_t k, void *to)
{
    status st = OK;

    if (s->l->coding == CODING_SLICE)
        TRY(s->l->read_slice(&s->l->segment[k], s->l, to));
    else
        TRY(next_slice(s, to));
out:
    return st;
}

/* Stand before slice k: nothing is kept. */
static status seek(struct slices *s, int64_t k)
{
    status st = OK;

    if (s->l->coding == CODING_SLICE) {
        s->lo = s->hi = k;
        return OK;
    }
    if (k < s->hi)
        rewind_to_first(s);
    for (; s->hi < k; s->hi++)
        TRY(next_slice(s, NULL));
    s->lo = s->hi;
out:
    return st;
}

static char *place(char *ring, int64_t cap, int64_t k, size_t size)
{
    return ring + (size_t)(k % cap) * size;
}

/* Room for slices lo <= k < hi; those kept of them stay. */
static status grow(struct slices *s, int64_t lo, int64_t hi)
{
    status st = OK;
    char *ring = NULL;
    int64_t n = hi - lo;

    if (n <= s->cap)
        return OK;
    TRY(mem_raw((size_t)n, s->size, &ring));
    for (int64_t k = lo < s->lo ? s->hi : lo; k < s->hi; k++)
        memcpy(place(ring, n, k, s->size), slices_at(s, k), s->size);
    mem_free(s->ring);
    s->ring = ring;
    s->cap = n;
out:
    return st;
}

status slices_keep(struct slices *s, int64_t lo, int64_t hi)
{
    status st = OK;

    TRY(grow(s, lo, hi));
    if (lo < s->lo || lo > s->hi)
        TRY(seek(s, lo));
    s->lo = lo;
    for (; s->hi < hi; s->hi++)
        TRY(decode(s, s->hi, place(s->ring, s->cap, s->hi, s->size)));
out:
    if (st != OK)
        rewind_to_first(s);
    return st;
}

const void *slices_at(const struct slices *s, int64_t k)
{
    BUG_IF(k < s->lo || k >= s->hi);
    return s->ring + (size_t)(k % s->cap) * s->size;
}

status slices_pass(struct slices *s, int64_t k, void *to)
{
    status st = OK;

    TRY(seek(s, k));
    TRY(decode(s, k, to));
    s->lo = s->hi = k + 1;
out:
    if (st != OK)
        rewind_to_first(s);
    return st;
}
