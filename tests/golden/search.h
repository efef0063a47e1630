#ifndef TESTS_GOLDEN_SEARCH_H
#define TESTS_GOLDEN_SEARCH_H

/* Reading the files of golden/search, and the count a golden test owes. */
#include <math.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include "check.h"
#include "golden/where.h"
#include "hpo/space.h"

struct count {
    const char *what;
    unsigned consumed; /* compared */
    unsigned covered;  /* what the code claims to do, counted from the file */
    unsigned listed;   /* all the file has */
    unsigned absent;   /* of two files */
};

static inline void count_end(const struct count *c)
{
    if (c->absent == 2)
        golden_skip();
    printf("%s: consumed %u of %u covered (%u listed)\n", c->what, c->consumed,
           c->covered, c->listed);
    assert_int_equal(c->consumed, c->covered);
    assert_true(c->consumed > 0);
}

/* The numbers of a list of numbers; mem_free. */
static inline double *golden_numbers(const struct json *list)
{
    double *v = NULL;

    assert_ok(mem_new(json_len(list), sizeof *v, &v));
    for (size_t i = 0; i < json_len(list); i++) {
        assert_true(json_is_number(json_at(list, i)));
        v[i] = json_f64(json_at(list, i), NAN);
    }
    return v;
}

static inline double golden_get(const struct json *j, const char *key)
{
    assert_true(json_is_number(json_get(j, key)));
    return json_f64(json_get(j, key), NAN);
}

static inline bool golden_near(double got, double want, double rel, double abs)
{
    if (isnan(want) || isinf(want))
        return isnan(want) ? isnan(got) : got == want;
    return fabs(got - want) <= rel * fabs(want) + abs;
}

/* STEM_cur.json (rules 0) or STEM_v31.json (rules 1); NULL, and one more
 * absent, when it is not there. */
static inline struct json *
golden_open_rules(const char *stem, int rules, struct count *c)
{
    char name[64];

    (void)snprintf(name, sizeof name, "search/%s_%s.json", stem,
                   rules ? "v31" : "cur");
    if (golden_there(name))
        return golden_json(name);
    c->absent++;
    return NULL;
}

#define assert_near(got, want, rel, abs)                                       \
    do {                                                                       \
        double g_ = (got);                                                     \
        double w_ = (want);                                                    \
        if (!golden_near(g_, w_, rel, abs))                                    \
            fail_msg("%s = %.17g, golden %.17g", #got, g_, w_);                \
    } while (0)

#endif
