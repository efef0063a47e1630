/* Reading: the table of arrays and the texts are taken into memory at once
 * and held against the head digest; values go to the caller as asked for. */
#include "store/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "store/nc.h"

struct text_row {
    char *name;
    char *value;
};

struct ckpt {
    struct nc nc;
    char *path;
    struct ckpt_array *array; /* names are owned */
    uint32_t n;
    struct text_row *text;
    uint32_t n_text;
    char digest[SHA256_HEX];
};

static status read_array(struct ckpt *c, int var)
{
    status st = OK;
    struct ckpt_array *a = &c->array[var];
    char name[NC_MAX_NAME + 1] = {0};
    int dims[NC_MAX_VAR_DIMS];
    int type = 0;
    char *copy = NULL;

    NC_TRY(nc_inq_varndims(c->nc.id, var, &a->rank), "%s: array %d", c->path,
           var);
    ENSURE(a->rank >= 0 && a->rank <= CKPT_RANK, ERR_DATA,
           "%s: array %d has %d dimensions, at most %d are used", c->path, var,
           a->rank, (int)CKPT_RANK);
    NC_TRY(nc_inq_var(c->nc.id, var, name, &type, NULL, dims, NULL),
           "%s: array %d", c->path, var);
    TRY(mem_text(name, &copy));
    a->name = copy;
    TRY(nc_type_back(&c->nc, type, &a->type));
    a->len = 1;
    for (int i = 0; i < a->rank; i++) {
        size_t len = 0;

        NC_TRY(nc_inq_dimlen(c->nc.id, dims[i], &len), "%s: %s", c->path, name);
        ENSURE(len >= 1 && len <= SIZE_MAX / 8 / a->len, ERR_DATA,
               "%s: %s: impossible length %zu", c->path, name, len);
        a->dim[i] = len;
        a->len *= len;
    }
    TRY(nc_get_hex(&c->nc, var, "digest", a->digest));
out:
    return st;
}

static status read_table(struct ckpt *c)
{
    status st = OK;
    struct ckpt_sum *sum = NULL;
    char hex[SHA256_HEX];
    int n = 0;

    NC_TRY(nc_inq_nvars(c->nc.id, &n), "%s", c->path);
    TRY(mem_new((size_t)n, sizeof *c->array, &c->array));
    c->n = (uint32_t)n;
    TRY(ckpt_sum_new(&sum));
    for (int i = 0; i < n; i++) {
        TRY(read_array(c, i));
        ckpt_sum_add(sum, c->array[i].name, c->array[i].digest);
    }
    ckpt_sum_end(sum, hex);
    TRY(nc_get_hex(&c->nc, NC_GLOBAL, "digest", c->digest));
    ENSURE(strcmp(hex, c->digest) == 0, ERR_NUMERIC,
           "%s: damaged: the table of arrays does not give its digest %s "
           "(remove the file, take the one before it)",
           c->path, c->digest);
out:
    ckpt_sum_free(sum);
    return st;
}

static status read_one_text(struct ckpt *c, const char *att)
{
    status st = OK;
    struct text_row *t = &c->text[c->n_text];

    TRY(mem_text(att + strlen("text."), &t->name));
    c->n_text++;
    TRY(nc_get_text(&c->nc, att, &t->value));
out:
    return st;
}

static status read_texts(struct ckpt *c, const char *kind)
{
    status st = OK;
    struct digest *d = NULL;
    char att[NC_MAX_NAME + 1];
    char want[SHA256_HEX];
    char hex[SHA256_HEX];
    int n = 0;

    TRY(digest_new(&d));
    digest_text(d, "kind", kind);
    NC_TRY(nc_inq_natts(c->nc.id, &n), "%s", c->path);
    TRY(mem_new((size_t)n, sizeof *c->text, &c->text));
    for (int i = 0; i < n; i++) {
        memset(att, 0, sizeof att);
        NC_TRY(nc_inq_attname(c->nc.id, NC_GLOBAL, i, att), "%s", c->path);
        if (strncmp(att, "text.", 5) != 0)
            continue;
        TRY(read_one_text(c, att));
        digest_text(d, att, c->text[c->n_text - 1].value);
    }
    digest_text(d, "digest", c->digest);
    digest_end(d, hex);
    TRY(nc_get_hex(&c->nc, NC_GLOBAL, "head", want));
    ENSURE(strcmp(hex, want) == 0, ERR_NUMERIC,
           "%s: damaged: its texts do not give their digest %s (remove the "
           "file, take the one before it)",
           c->path, want);
out:
    digest_free(d);
    return st;
}

status ckpt_open(const char *path, const char *kind, struct ckpt **out)
{
    status st = OK;
    struct ckpt *c = NULL;
    int64_t format = 0;

    TRY(mem_new(1, sizeof *c, &c));
    c->nc.id = -1;
    TRY(mem_text(path, &c->path));
    TRY(nc_open_read(c->path, true, &c->nc));
    TRY(nc_get_num(&c->nc, "format", &format));
    ENSURE(format == CKPT_FORMAT, ERR_DATA,
           "%s: format %lld, this release reads %d", path, (long long)format,
           (int)CKPT_FORMAT);
    TRY(nc_expect(&c->nc, "kind", kind));
    TRY(read_table(c));
    TRY(read_texts(c, kind));
    *out = c;
    c = NULL;
out:
    ckpt_close(c);
    return st;
}

void ckpt_close(struct ckpt *c)
{
    if (!c)
        return;
    nc_end(&c->nc);
    for (uint32_t i = 0; c->array && i < c->n; i++)
        mem_free((void *)c->array[i].name);
    for (uint32_t i = 0; i < c->n_text; i++) {
        mem_free(c->text[i].name);
        mem_free(c->text[i].value);
    }
    mem_free(c->array);
    mem_free(c->text);
    mem_free(c->path);
    mem_free(c);
}

uint32_t ckpt_count(const struct ckpt *c)
{
    return c->n;
}

const struct ckpt_array *ckpt_at(const struct ckpt *c, uint32_t i)
{
    BUG_IF(i >= c->n);
    return &c->array[i];
}

const struct ckpt_array *ckpt_info(const struct ckpt *c, const char *name)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (strcmp(c->array[i].name, name) == 0)
            return &c->array[i];
    return NULL;
}

/* "float32 [64, 3, 7]" */
static void describe(enum digest_type type,
                     int rank,
                     const uint64_t *dim,
                     char *out,
                     size_t size)
{
    int n = snprintf(out, size, "%s [", digest_type_name(type));

    for (int i = 0; i < rank && n > 0 && (size_t)n < size; i++)
        n += snprintf(out + n, size - (size_t)n, "%s%llu", i ? ", " : "",
                      (unsigned long long)dim[i]);
    if (n > 0 && (size_t)n < size)
        (void)snprintf(out + n, size - (size_t)n, "]");
}

status ckpt_need(const struct ckpt *c,
                 const char *name,
                 enum digest_type type,
                 int rank,
                 const uint64_t *dim)
{
    status st = OK;
    const struct ckpt_array *a = ckpt_info(c, name);
    char have[192];
    char want[192];

    describe(type, rank, dim, want, sizeof want);
    ENSURE(a, ERR_DATA, "%s: has no array \"%s\" (%s is needed)", c->path, name,
           want);
    describe(a->type, a->rank, a->dim, have, sizeof have);
    ENSURE(strcmp(have, want) == 0, ERR_DATA,
           "%s: array \"%s\" is %s, %s is "
           "needed (another network?)",
           c->path, name, have, want);
out:
    return st;
}

status ckpt_get(struct ckpt *c, const char *name, void *values)
{
    status st = OK;
    const struct ckpt_array *a = ckpt_info(c, name);
    char hex[SHA256_HEX];

    ENSURE(a, ERR_DATA, "%s: has no array \"%s\"", c->path, name);
    NC_TRY(nc_get_var(c->nc.id, (int)(a - c->array), values), "%s: array %s",
           c->path, name);
    TRY(ckpt_array_digest(name, a->type, a->rank, a->dim, values, hex));
    ENSURE(strcmp(hex, a->digest) == 0, ERR_NUMERIC,
           "%s: damaged: array \"%s\" does not give its digest %s (remove the "
           "file, take the one before it)",
           c->path, name, a->digest);
out:
    return st;
}

const char *ckpt_text(const struct ckpt *c, const char *name)
{
    for (uint32_t i = 0; i < c->n_text; i++)
        if (strcmp(c->text[i].name, name) == 0)
            return c->text[i].value;
    return NULL;
}

const char *ckpt_digest(const struct ckpt *c)
{
    return c->digest;
}

status ckpt_verify(struct ckpt *c)
{
    status st = OK;
    size_t most = 0;
    void *buf = NULL;

    for (uint32_t i = 0; i < c->n; i++) {
        size_t size = c->array[i].len * digest_type_size(c->array[i].type);

        most = size > most ? size : most;
    }
    TRY(mem_raw(most, 1, &buf));
    for (uint32_t i = 0; i < c->n; i++)
        TRY(ckpt_get(c, c->array[i].name, buf));
out:
    mem_free(buf);
    return st;
}
