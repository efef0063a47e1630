#ifndef TESTS_GOLDEN_FIGURES_H
#define TESTS_GOLDEN_FIGURES_H

/* Reading lr.json and metrics.json, and the count a golden test owes. */
#include <math.h>

#include "base/json.h"
#include "base/mem.h"

#include "check.h"
#include "golden/where.h"

struct tally_of {
    const char *what;
    unsigned consumed; /* compared */
    unsigned covered;  /* what the code claims to do, counted from the file */
    unsigned listed;   /* all the file has */
};

static inline void figures_end(const struct tally_of *c)
{
    printf("%s: consumed %u of %u covered (%u listed)\n", c->what, c->consumed,
           c->covered, c->listed);
    assert_int_equal(c->consumed, c->covered);
    assert_true(c->consumed > 0);
}

/* The numbers of a list, row after row if it is a list of lists; mem_free. */
static inline double *figures_f64(const struct json *list, size_t *n)
{
    double *v = NULL;
    size_t rows = json_len(list);
    size_t cols =
        json_is_array(json_at(list, 0)) ? json_len(json_at(list, 0)) : 0;
    size_t at = 0;

    assert_ok(mem_new(rows * (cols ? cols : 1), sizeof *v, &v));
    for (size_t i = 0; i < rows; i++) {
        const struct json *row = json_at(list, i);

        for (size_t k = 0; k < (cols ? cols : 1); k++)
            v[at++] = json_f64(cols ? json_at(row, k) : row, NAN);
    }
    if (n)
        *n = at;
    return v;
}

static inline int32_t *figures_i32(const struct json *list)
{
    int32_t *v = NULL;

    assert_ok(mem_new(json_len(list), sizeof *v, &v));
    for (size_t i = 0; i < json_len(list); i++) {
        assert_true(json_is_number(json_at(list, i)));
        v[i] = (int32_t)json_i64(json_at(list, i), 0);
    }
    return v;
}

static inline double figure(const struct json *j, const char *key)
{
    assert_true(json_is_number(json_get(j, key)));
    return json_f64(json_get(j, key), NAN);
}

/* |got - want| <= slack; NaN only equals NaN. */
#define assert_within(got, want, slack)                                        \
    do {                                                                       \
        double g_ = (got);                                                     \
        double w_ = (want);                                                    \
        if (isnan(w_) ? !isnan(g_) : !(fabs(g_ - w_) <= (slack)))              \
            fail_msg("%s = %.17g, golden %.17g", #got, g_, w_);                \
    } while (0)

#endif
