/* fmcib-weights diff A B: two files tensor by tensor. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "app/tool.h"
#include "app/weights.h"

struct diff_conf {
    bool json, as_is;
    double max_abs;
};

static const struct conf_row ROWS[] = {
    {"max-abs", CONF_F64, CONF_AT(struct diff_conf, max_abs), "0", 0, 1e300,
     NULL, "X", PLACEMENT, "differences up to this are no difference"},
    {"as-is", CONF_BOOL, CONF_AT(struct diff_conf, as_is), "false", 1, 0, NULL,
     "", PLACEMENT, "all tensors under their own names, whatever the layout"},
    {"json", CONF_BOOL, CONF_AT(struct diff_conf, json), "false", 1, 0, NULL,
     "", PLACEMENT, "as JSON"},
};

enum { PIECE = 1 << 16 };

struct counts {
    size_t same, differ, only[2], shape;
    double max_abs;
    uint64_t max_ulp;
};

/* What the values of one tensor differ by. */
struct gap {
    uint64_t n;       /* values that differ in a bit */
    double max_abs;   /* inf where one of them is no number */
    uint64_t max_ulp; /* floats between them, float32 of either */
};

/* Any type as doubles; int64 beyond 2^53 rounds, its bits are compared too. */
static void to_doubles(enum state_type t, const void *in, size_t n, double *out)
{
    const int64_t *i64 = in;
    const int32_t *i32 = in;
    const int16_t *i16 = in;
    const int8_t *i8 = in;
    const uint8_t *u8 = in;

    if (state_type_float(t)) {
        state_to_f64(t, in, n, out);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = t == STATE_I64   ? (double)i64[i]
                 : t == STATE_I32 ? i32[i]
                 : t == STATE_I16 ? i16[i]
                 : t == STATE_I8  ? i8[i]
                                  : u8[i];
}

/* Place of a float in the order of all floats. */
static int64_t order(double v)
{
    float f = (float)v;
    int32_t i;

    memcpy(&i, &f, sizeof i);
    return i < 0 ? -(int64_t)(i & INT32_MAX) : i;
}

static void add_gap(double a, double b, struct gap *g)
{
    double d = fabs(a - b);
    int64_t u = order(a) - order(b);

    if (a == b ? signbit(a) == signbit(b) : isnan(a) && isnan(b))
        return;
    g->n++;
    if (!(d <= g->max_abs))
        g->max_abs = isnan(d) ? (double)INFINITY : d;
    u = u < 0 ? -u : u;
    if ((uint64_t)u > g->max_ulp)
        g->max_ulp = (uint64_t)u;
}

static status read_doubles(struct state_reader *r,
                           enum state_type t,
                           uint64_t n,
                           unsigned char *raw,
                           double *out)
{
    status st = OK;

    TRY(state_next(r, n, raw));
    to_doubles(t, raw, (size_t)n, out);
out:
    return st;
}

static status
compare(struct state *a, size_t ta, struct state *b, size_t tb, struct gap *g)
{
    status st = OK;
    struct state_reader r[2] = {{0}, {0}};
    const struct state_tensor *x = state_at(a, ta);
    unsigned char *raw = NULL;
    double *v = NULL;

    TRY(mem_raw(PIECE, 16, &raw));
    TRY(mem_raw(2 * (size_t)PIECE, sizeof *v, &v));
    TRY(state_start(a, ta, &r[0]));
    TRY(state_start(b, tb, &r[1]));
    do {
        uint64_t left = x->len - r[0].next;
        uint64_t n = left < PIECE ? left : PIECE;

        TRY(read_doubles(&r[0], x->type, n, raw, v));
        TRY(read_doubles(&r[1], state_at(b, tb)->type, n, raw, v + PIECE));
        for (size_t i = 0; i < n; i++)
            add_gap(v[i], v[PIECE + i], g);
    } while (r[0].next < x->len);
out:
    state_stop(&r[0]);
    state_stop(&r[1]);
    mem_free(raw);
    mem_free(v);
    return st;
}

static void put_row(struct text *t,
                    bool json,
                    const char *name,
                    const char *what,
                    const struct gap *g)
{
    if (!json) {
        text_add(t, "%s: %s", name, what);
        if (g)
            text_add(t, ": %llu values, at most %.9g, %llu ulp",
                     (unsigned long long)g->n, g->max_abs,
                     (unsigned long long)g->max_ulp);
        text_add(t, "\n");
        return;
    }
    text_add(t, t->len > 20 ? ",\n {\"name\": " : "\n {\"name\": ");
    text_json(t, name);
    text_add(t, ", \"what\": \"%s\"", what);
    if (g) {
        text_add(t, ", \"values\": %llu, \"max_ulp\": %llu, \"max_abs\": ",
                 (unsigned long long)g->n, (unsigned long long)g->max_ulp);
        text_add(t, isinf(g->max_abs) ? "\"inf\"" : "%.17g", g->max_abs);
    }
    text_add(t, "}");
}

/* Prefixes of the trunk do not matter: backbone.conv1.weight is conv1.weight.
 */
static int64_t find(const struct scheme *l, const struct scheme_item *want)
{
    bool head = want->role == SCHEME_HEAD; /* whose prefix tells which */

    for (size_t i = 0; i < l->n; i++) {
        const struct scheme_item *it = &l->item[i];

        if (it->role == want->role &&
            strcmp(head ? it->name : it->bare,
                   head ? want->name : want->bare) == 0)
            return (int64_t)i;
    }
    return -1;
}

static bool comparable(const struct state_tensor *a,
                       const struct state_tensor *b)
{
    bool complex = a->type >= STATE_C64 || b->type >= STATE_C64;

    return !complex && a->rank == b->rank &&
           memcmp(a->dim, b->dim, sizeof *a->dim * (size_t)a->rank) == 0;
}

static status compare_item(const struct diff_conf *conf,
                           const struct weights_file f[2],
                           size_t i,
                           struct counts *c,
                           struct text *t)
{
    status st = OK;
    const struct scheme_item *item = &f[0].scheme->item[i];
    int64_t k = find(f[1].scheme, item);
    struct gap g = {0};
    size_t other;

    if (k < 0) {
        c->only[0]++;
        put_row(t, conf->json, item->name, "only in the first", NULL);
        return OK;
    }
    other = f[1].scheme->item[k].tensor;
    if (!comparable(state_at(f[0].state, item->tensor),
                    state_at(f[1].state, other))) {
        c->shape++;
        put_row(t, conf->json, item->name, "other shapes", NULL);
        return OK;
    }
    TRY(compare(f[0].state, item->tensor, f[1].state, other, &g));
    c->max_abs = g.max_abs > c->max_abs ? g.max_abs : c->max_abs;
    c->max_ulp = g.max_ulp > c->max_ulp ? g.max_ulp : c->max_ulp;
    c->same += g.n == 0 || g.max_abs <= conf->max_abs;
    c->differ += g.n > 0 && !(g.max_abs <= conf->max_abs);
    if (g.n > 0)
        put_row(t, conf->json, item->name, "differs", &g);
out:
    return st;
}

static void put_end(struct text *t, bool json, const struct counts *c)
{
    if (!json) {
        text_add(t,
                 "%zu tensors equal, %zu differ, %zu of other shapes, %zu only "
                 "in the first, %zu only in the second; at most %.9g, %llu "
                 "ulp\n",
                 c->same, c->differ, c->shape, c->only[0], c->only[1],
                 c->max_abs, (unsigned long long)c->max_ulp);
        return;
    }
    text_add(t,
             "],\n\"equal\": %zu, \"differ\": %zu, \"shape\": %zu, "
             "\"only_first\": %zu, \"only_second\": %zu}\n",
             c->same, c->differ, c->shape, c->only[0], c->only[1]);
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    const struct diff_conf *conf = ctx;
    struct weights_file f[2] = {{0}, {0}};
    struct counts c = {0};
    struct text t = {0};

    for (int i = 0; i < 2; i++)
        TRY(weights_file_open(tool->args[i], conf->as_is, false, &f[i]));
    if (conf->json)
        text_add(&t, "{\"tensors\": [");
    for (size_t i = 0; i < f[0].scheme->n; i++)
        TRY(compare_item(conf, f, i, &c, &t));
    for (size_t i = 0; i < f[1].scheme->n; i++)
        if (find(f[0].scheme, &f[1].scheme->item[i]) < 0) {
            c.only[1]++;
            put_row(&t, conf->json, f[1].scheme->item[i].name,
                    "only in the second", NULL);
        }
    put_end(&t, conf->json, &c);
    TRY(text_status(&t));
    (void)fputs(t.s, stdout);
    ENSURE(c.differ + c.shape + c.only[0] + c.only[1] == 0, ERR_GATE,
           "%s and %s differ", tool->args[0], tool->args[1]);
out:
    text_free(&t);
    weights_file_close(&f[0]);
    weights_file_close(&f[1]);
    return st;
}

int weights_diff(int argc, char **argv)
{
    struct diff_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-weights diff",
        .args = "A B",
        .what = "Two files of weights tensor by tensor, whatever their formats "
                "and layouts: what is in one alone, largest difference, units "
                "in the last place of float32. Exit status 0 if they are "
                "equal, 11 if not.",
        .args_min = 2,
        .args_max = 2,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
