/* Digests of arrays and of a table of them; no file. */
#include "base/mem.h"

#include "store/checkpoint.h"

status ckpt_array_digest(const char *name,
                         enum digest_type type,
                         int rank,
                         const uint64_t *dim,
                         const void *values,
                         char digest[SHA256_HEX])
{
    status st = OK;
    struct digest *d = NULL;

    TRY(digest_new(&d));
    digest_array(d, name, type, rank, dim, values);
    digest_end(d, digest);
out:
    digest_free(d);
    return st;
}

struct ckpt_sum {
    struct digest *d;
};

status ckpt_sum_new(struct ckpt_sum **out)
{
    status st = OK;
    struct ckpt_sum *s = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    TRY(digest_new(&s->d));
    *out = s;
    s = NULL;
out:
    ckpt_sum_free(s);
    return st;
}

void ckpt_sum_add(struct ckpt_sum *s,
                  const char *name,
                  const char array_digest[SHA256_HEX])
{
    digest_text(s->d, name, array_digest);
}

void ckpt_sum_end(struct ckpt_sum *s, char digest[SHA256_HEX])
{
    digest_end(s->d, digest);
}

void ckpt_sum_free(struct ckpt_sum *s)
{
    if (!s)
        return;
    digest_free(s->d);
    mem_free(s);
}
