#include "app/search_linear.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#include "app/search_space.h"

/* In the order of the rows below. */
enum { POINT_C, POINT_WEIGHTS, POINT_WEIGHT, POINTS };

#define AT(m) CONF_AT(struct search_point, m)
static const struct conf_row rows[POINTS] = {
    {"C", CONF_F64, AT(c), "1", 1e-12, 1e12, NULL, "", IDENTITY,
     "inverse strength of L2"},
    {"model.class_weight", CONF_ENUM, AT(weights), "none", 1, 0,
     "none|balanced|given", "", IDENTITY, "of the classes' losses"},
    {"model.weight", CONF_F64, AT(weight), "1", 1e-9, 1e9, NULL, "", IDENTITY,
     "given: of the last class, the others have 1"},
};
#undef AT

struct linear_space {
    struct space_param c; /* without a map */
    struct space alone;
    struct key_space *keys;
    const struct space *space;
    uint32_t at[POINTS]; /* in the space, space->n: not searched */
    enum search_weights weights;
};

/* Of a searched point; NaN: not searched, or not in this trial. */
static double value_of(const struct linear_space *s, int point, const double *x)
{
    uint32_t at = s->at[point];
    double v = at < s->space->n ? x[at] : (double)NAN;

    if (!isnan(v) && rows[point].type == CONF_F64 &&
        s->space->params[at].kind == SPACE_CATEGORICAL)
        (void)text_to_double(s->space->params[at].choices[(uint32_t)v], &v);
    return v;
}

/* The weights that choice k of model.class_weight stands for. */
static enum search_weights weights_of(const struct linear_space *s, uint32_t k)
{
    static const char *const word[] = {"\"none\"", "\"balanced\"", "\"given\""};
    const char *choice = s->space->params[s->at[POINT_WEIGHTS]].choices[k];
    int w = WEIGHTS_NONE;

    while (w < WEIGHTS_GIVEN && strcmp(word[w], choice) != 0)
        w++;
    return (enum search_weights)w;
}

struct search_point linear_space_point(const struct linear_space *s,
                                       const double *x)
{
    double w = value_of(s, POINT_WEIGHTS, x);

    return (struct search_point){
        .c = value_of(s, POINT_C, x),
        .weights = isnan(w) ? s->weights : weights_of(s, (uint32_t)w),
        .weight = value_of(s, POINT_WEIGHT, x)};
}

/* Can a trial have given weights? */
static bool may_be_given(const struct linear_space *s)
{
    uint32_t at = s->at[POINT_WEIGHTS];
    bool given = s->weights == WEIGHTS_GIVEN;

    for (uint32_t k = 0; at < s->space->n && k < s->space->params[at].n_choices;
         k++)
        given = given || weights_of(s, k) == WEIGHTS_GIVEN;
    return given;
}

static status check(const struct linear_space *s, bool list)
{
    uint32_t n = s->space->n;
    const struct space_param *weight = &s->space->params[s->at[POINT_WEIGHT]];
    bool searched = s->at[POINT_WEIGHT] < n;
    status st = OK;

    ENSURE(s->at[POINT_C] < n && s->space->params[s->at[POINT_C]].n_when == 0,
           ERR_CONF,
           "space.C: %s; every linear model has one, for instance \"C: {low: "
           "1e-6, high: 1e3, log: true}\"",
           s->at[POINT_C] < n ? "has a condition" : "is missing");
    ENSURE(!searched || may_be_given(s), ERR_CONF,
           "space.model.weight: no trial has given weights; "
           "model.class_weight must be given, or have it among its choices");
    ENSURE(!may_be_given(s) || list || (searched && weight->n_when == 0) ||
               (searched && weight->n_when == 1 &&
                weight->when[0].parent == s->at[POINT_WEIGHTS]),
           ERR_CONF,
           "model.class_weight: given: by whom? Set model.weights, or search "
           "model.weight");
out:
    return st;
}

status linear_space_new(const struct conf_map *map,
                        const struct linear_range *range,
                        struct linear_space **out)
{
    const struct conf_table table = {rows, POINTS, NULL};
    struct linear_space *s = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *s, &s));
    s->weights = range->weights;
    s->c = (struct space_param){.name = "C",
                                .kind = SPACE_FLOAT,
                                .low = range->c_low,
                                .high = range->c_high,
                                .log = true};
    s->alone = (struct space){1, &s->c};
    s->space = &s->alone;
    if (map->n > 0) {
        TRY(key_space_new(map, "a linear model", &table, 1, &s->keys));
        s->space = key_space_of(s->keys);
    }
    for (int p = 0; p < POINTS; p++)
        s->at[p] = space_find(s->space, rows[p].key);
    if (map->n > 0)
        TRY(check(s, range->list));
    *out = s;
    s = NULL;
out:
    linear_space_free(s);
    return st;
}

void linear_space_free(struct linear_space *s)
{
    if (!s)
        return;
    key_space_free(s->keys);
    mem_free(s);
}

const struct space *linear_space_of(const struct linear_space *s)
{
    return s->space;
}
