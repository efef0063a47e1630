/* Our own NetCDF files as a state: "weights" and "checkpoint". */
#include <string.h>

#include "store/state_impl.h"

static const enum state_type TYPES[] = {
    [DIGEST_F32] = STATE_F32, [DIGEST_F64] = STATE_F64,
    [DIGEST_I16] = STATE_I16, [DIGEST_I32] = STATE_I32,
    [DIGEST_I64] = STATE_I64, [DIGEST_U8] = STATE_U8,
    [DIGEST_I8] = STATE_I8, /* no unsigned ones: no state has them */
};

static status open_either(const char *path, struct ckpt **out)
{
    status st = ckpt_open(path, "weights", out);

    if (st == ERR_DATA && strstr(status_text(), "kind"))
        st = ckpt_open(path, "checkpoint", out);
    return st;
}

status state_nc_open(struct state *s)
{
    status st = OK;

    s->format = STATE_NETCDF;
    TRY(open_either(s->path, &s->ckpt));
    for (uint32_t i = 0; i < ckpt_count(s->ckpt); i++) {
        const struct ckpt_array *a = ckpt_at(s->ckpt, i);
        struct state_row row = {.t = {.type = TYPES[a->type], .rank = a->rank}};
        struct state_span span = {.size = s->raw.size};

        ENSURE(a->type != DIGEST_U16 && a->type != DIGEST_U32, ERR_DATA,
               "%s: %s has an unsigned type that states do not have", s->path,
               a->name);
        memcpy(row.t.dim, a->dim, sizeof a->dim);
        state_row_major(&row);
        TRY(state_add_span(s, &span, &row.span));
        TRY(state_add(s, a->name, strlen(a->name), &row));
    }
out:
    return st;
}
