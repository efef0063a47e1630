#include "store/match.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { LISTED = 5, LABEL = 128 };

/* One kind of complaint: how many, and the first of them by name. */
struct complaint {
    const char *what; /* "missing" */
    size_t n;
    struct text names;
};

static void complain(struct complaint *c, const char *name, const char *detail)
{
    c->n++;
    if (c->n <= LISTED)
        text_add(&c->names, "%s%s%s", c->n > 1 ? ", " : "", name, detail);
    else if (c->n == LISTED + 1)
        text_add(&c->names, ", ...");
}

static int64_t find(const struct scheme *l, const struct match_want *w)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->item[i].role == w->role &&
            strcmp(l->item[i].bare, w->bare) == 0 &&
            (!w->prefix ||
             strncmp(l->item[i].name, w->prefix, strlen(w->prefix)) == 0))
            return (int64_t)i;
    return -1;
}

static bool right_type(const struct match_want *w, const struct state_tensor *t)
{
    return w->kind == MATCH_COUNTER ? t->type == STATE_I64
                                    : state_type_float(t->type);
}

enum { MISSING, UNEXPECTED, SHAPE, TYPE, KINDS };

static status detail(const struct match_want *w,
                     const struct state_tensor *t,
                     bool type,
                     struct text *out)
{
    char have[STATE_SHOW];
    char need[STATE_SHOW];
    enum state_type wanted = w->kind == MATCH_COUNTER ? STATE_I64 : STATE_F32;

    text_add(out, " (is %s, %s is needed)",
             state_show(t->type, t->rank, t->dim, have),
             state_show(type ? wanted : t->type, w->rank, w->dim, need));
    return text_status(out);
}

/* A want's name as the file would have it: heads with their prefix. */
static const char *
label(const struct scheme *l, const struct match_want *w, char out[LABEL])
{
    (void)snprintf(out, LABEL, "%s%s",
                   w->prefix                ? w->prefix
                   : w->role == SCHEME_HEAD ? l->head_prefix
                                            : l->trunk_prefix,
                   w->bare);
    return out;
}

/* Hold one want against its tensor. */
static status look_at(const char *name,
                      const struct match_want *w,
                      const struct state_tensor *t,
                      struct complaint *c)
{
    status st = OK;
    struct text d = {0};
    bool shape = t->rank == w->rank &&
                 memcmp(t->dim, w->dim, sizeof *t->dim * (size_t)w->rank) == 0;

    if (!shape) {
        TRY(detail(w, t, false, &d));
        complain(&c[SHAPE], name, d.s);
    } else if (!right_type(w, t)) {
        TRY(detail(w, t, true, &d));
        complain(&c[TYPE], name, d.s);
    }
out:
    text_free(&d);
    return st;
}

/* A double among floats is a mistake; doubles throughout are a choice. */
static void look_at_doubles(const struct state *s,
                            const struct match_want *want,
                            size_t n,
                            const size_t *tensor,
                            struct complaint *c)
{
    size_t doubles = 0;
    size_t floats = 0;

    for (size_t i = 0; i < n; i++)
        if (want[i].kind != MATCH_COUNTER) {
            floats++;
            doubles += state_at(s, tensor[i])->type == STATE_F64;
        }
    for (size_t i = 0; doubles < floats && i < n; i++)
        if (want[i].kind != MATCH_COUNTER &&
            state_at(s, tensor[i])->type == STATE_F64)
            complain(c, want[i].bare, " (is float64 among other types)");
}

static status
report(const struct state *s, const struct scheme *l, const struct complaint *c)
{
    status st = OK;
    struct text t = {0};
    struct scheme_net net;

    for (int k = 0; k < KINDS; k++)
        if (c[k].n > 0) {
            TRY(text_status(&c[k].names));
            text_add(&t, "%s%zu %s: %s", t.len ? "; " : "", c[k].n, c[k].what,
                     c[k].names.s);
        }
    if (t.len == 0)
        goto out;
    if (scheme_net(s, l, &net)) {
        text_add(&t, "; the file (%s) looks like ", l->what);
        scheme_net_text(&net, &t);
    }
    TRY(text_status(&t));
    ENSURE(false, ERR_DATA, "%s: does not fit the network: %s", state_path(s),
           t.s);
out:
    text_free(&t);
    return st;
}

status match_find(const struct state *s,
                  const struct scheme *l,
                  const struct match_want *want,
                  size_t n,
                  bool drop_heads,
                  size_t *tensor)
{
    status st = OK;
    bool *used = NULL;
    struct complaint c[KINDS] = {{.what = "missing"},
                                 {.what = "unexpected"},
                                 {.what = "of another shape"},
                                 {.what = "of another type"}};

    TRY(mem_new(l->n, sizeof *used, &used));
    for (size_t i = 0; i < n; i++) {
        int64_t at = find(l, &want[i]);
        char name[LABEL];

        (void)label(l, &want[i], name);
        if (at < 0) {
            complain(&c[MISSING], name, "");
            continue;
        }
        used[at] = true;
        tensor[i] = l->item[at].tensor;
        TRY(look_at(name, &want[i], state_at(s, tensor[i]), c));
    }
    for (size_t i = 0; i < l->n; i++)
        if (!used[i] && !(drop_heads && l->item[i].role != SCHEME_TRUNK))
            complain(&c[UNEXPECTED], l->item[i].name, "");
    if (c[MISSING].n == 0)
        look_at_doubles(s, want, n, tensor, &c[TYPE]);
    TRY(report(s, l, c));
out:
    for (int k = 0; k < KINDS; k++)
        text_free(&c[k].names);
    mem_free(used);
    return st;
}

static status
fail_value(const char *path, const struct match_want *w, uint64_t at, double v)
{
    return status_fail(ERR_DATA, __FILE__, __LINE__,
                       "%s: %s: value %llu is %g, %s is needed (damaged by "
                       "training?)",
                       path, w->bare, (unsigned long long)at, v,
                       w->kind == MATCH_VARIANCE ? "a finite variance >= 0"
                                                 : "a finite number");
}

/* Is there an infinity or a NaN, or with `sign` a negative number? Two floats
 * at once: only an exponent of all ones carries into the sign. */
static bool any_bad(const float *v, size_t n, bool sign)
{
    const uint64_t exponents = 0x7f8000007f800000;
    const uint64_t ones = 0x0080000000800000;
    const uint64_t signs = 0x8000000080000000;
    uint64_t bad = 0;
    uint64_t negative = 0;
    size_t i = 0;

    for (; i + 2 <= n; i += 2) {
        uint64_t x;

        memcpy(&x, v + i, sizeof x);
        bad |= (x & exponents) + ones;
        negative |= x;
    }
    if (i < n)
        bad |= isfinite(v[i]) && !signbit(v[i]) ? 0 : signs;
    return (bad & signs) != 0 || (sign && (negative & signs) != 0);
}

status match_f32(const char *path,
                 const struct match_want *want,
                 uint64_t first,
                 const float *v,
                 size_t n)
{
    bool variance = want->kind == MATCH_VARIANCE;

    if (!any_bad(v, n, variance))
        return OK;
    for (size_t i = 0; i < n; i++) /* -0 is no fault */
        if (!isfinite(v[i]) || (variance && v[i] < 0))
            return fail_value(path, want, first + i, (double)v[i]);
    return OK;
}

status match_f64(const char *path,
                 const struct match_want *want,
                 uint64_t first,
                 const double *v,
                 size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]) || (want->kind == MATCH_VARIANCE && v[i] < 0))
            return fail_value(path, want, first + i, v[i]);
    return OK;
}
