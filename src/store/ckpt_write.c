/* Arrays go to the file as they come, digests last. The head digest covers
 * kind, texts and content digest, so that damage there is found without
 * reading the values. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#include "store/checkpoint.h"
#include "store/nc.h"

struct ckpt_writer {
    struct nc nc;
    char *path;
    char *tmp;
    struct ckpt_sum *sum;
    struct digest *head;
};

status ckpt_create(const char *path, const char *kind, struct ckpt_writer **out)
{
    status st = OK;
    struct ckpt_writer *w = NULL;

    TRY(mem_new(1, sizeof *w, &w));
    w->nc.id = -1;
    TRY(mem_text(path, &w->path));
    TRY(file_tmp_name(path, &w->tmp));
    TRY(ckpt_sum_new(&w->sum));
    TRY(digest_new(&w->head));
    TRY(nc_create_new(w->tmp, &w->nc));
    TRY(nc_put_num(&w->nc, "format", CKPT_FORMAT));
    TRY(nc_put_text(&w->nc, "kind", kind));
    digest_text(w->head, "kind", kind);
    *out = w;
    w = NULL;
out:
    ckpt_writer_free(w);
    return st;
}

status ckpt_put(struct ckpt_writer *w,
                const char *name,
                enum digest_type type,
                int rank,
                const uint64_t *dim,
                const void *values)
{
    status st = OK;
    int dims[CKPT_RANK] = {0};
    int var = -1;
    char hex[SHA256_HEX];

    BUG_IF(rank < 0 || rank > CKPT_RANK || strchr(name, '/'));
    for (int i = 0; i < rank; i++) {
        BUG_IF(dim[i] == 0);
        TRY(nc_dim(&w->nc, dim[i], &dims[i]));
    }
    NC_TRY(nc_def_var(w->nc.id, name, nc_type_of(type), rank, dims, &var),
           "%s: array %s", w->path, name);
    if (rank > 0)
        NC_TRY(nc_def_var_chunking(w->nc.id, var, NC_CONTIGUOUS, NULL),
               "%s: array %s", w->path, name);
    TRY(ckpt_array_digest(name, type, rank, dim, values, hex));
    TRY(nc_put_hex(&w->nc, var, "digest", hex));
    NC_TRY(nc_put_var(w->nc.id, var, values), "%s: array %s", w->path, name);
    ckpt_sum_add(w->sum, name, hex);
out:
    return st;
}

status ckpt_put_text(struct ckpt_writer *w, const char *name, const char *value)
{
    status st = OK;
    char att[128];
    int n = snprintf(att, sizeof att, "text.%s", name);

    BUG_IF(n < 0 || (size_t)n >= sizeof att || strchr(name, '/'));
    TRY(nc_put_text(&w->nc, att, value));
    digest_text(w->head, att, value);
out:
    return st;
}

status ckpt_finish(struct ckpt_writer *w, char digest[SHA256_HEX])
{
    status st = OK;
    char content[SHA256_HEX];
    char head[SHA256_HEX];

    ckpt_sum_end(w->sum, content);
    digest_text(w->head, "digest", content);
    digest_end(w->head, head);
    TRY(nc_put_hex(&w->nc, NC_GLOBAL, "digest", content));
    TRY(nc_put_hex(&w->nc, NC_GLOBAL, "head", head));
    TRY(nc_finish(&w->nc));
    TRY(file_rename(w->tmp, w->path));
    mem_free(w->tmp);
    w->tmp = NULL;
    memcpy(digest, content, sizeof content);
out:
    return st;
}

void ckpt_writer_free(struct ckpt_writer *w)
{
    if (!w)
        return;
    nc_end(&w->nc);
    if (w->tmp)
        (void)unlink(w->tmp);
    ckpt_sum_free(w->sum);
    digest_free(w->head);
    mem_free(w->tmp);
    mem_free(w->path);
    mem_free(w);
}
