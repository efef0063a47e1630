/* Memory banks and the objectives that keep them: places, groups, ties, the
 * start, and going on from what a checkpoint holds. */
#include <math.h>

#include "base/team.h"

#include "check.h"
#include "det/stream.h"
#include "nn/bank.h"
#include "nn/objective.h"

enum { D = 3, N = 8 };

static struct bank *open_bank(struct team *team, uint32_t groups, uint32_t size)
{
    struct bank_conf conf = {
        .groups = groups, .size = size, .d = D, .n = N, .seed = 5, .which = 1};
    struct bank *b = NULL;

    assert_ok(bank_new(&conf, team, &b));
    return b;
}

/* Row i is (first + i, 0, 1). */
static void count_rows(double *z, size_t n, double first)
{
    for (size_t i = 0; i < n; i++) {
        z[i * D] = first + (double)i;
        z[i * D + 1] = 0;
        z[i * D + 2] = 1;
    }
}

static void starts_with_vectors_of_length_one(void **state)
{
    struct bank *b = open_bank(*state, 2, 3);
    struct bank_conf none = {.groups = 1, .size = 0, .d = D, .n = 1};
    struct bank *no = NULL;
    size_t len;
    const double *rows = bank_rows(b, &len);

    assert_int_equal(len, 2 * 3 * D);
    for (size_t i = 0; i < 6; i++) {
        struct stream s = stream_at(5, STREAM_BANK, 1, i / 3, i % 3);
        double x[D];
        double sum = 0;

        for (size_t c = 0; c < D; c++) {
            x[c] = stream_normal(&s);
            sum += x[c] * x[c];
        }
        for (size_t c = 0; c < D; c++)
            assert_true(rows[i * D + c] == x[c] / sqrt(sum));
    }
    bank_free(b);
    assert_fails(bank_new(&none, *state, &no), ERR_CONF, "memory bank");
    assert_null(no);
}

/* Four a step: into five rows they are cut, into eight they fit exactly, into
 * nine they do not reach the end. */
static void a_full_bank_begins_again(void **state)
{
    static const struct {
        uint32_t size;
        int64_t place[3];
        double first, last; /* rows 0 and size - 1 after three steps */
    } want[] = {
        {5, {4, 0, 4}, 20, 14}, {8, {4, 0, 4}, 20, 17}, {9, {4, 8, 0}, 0, 20}};
    double z[4 * D];

    for (size_t k = 0; k < 3; k++) {
        struct bank *b = open_bank(*state, 1, want[k].size);
        size_t len;

        for (int t = 0; t < 3; t++) {
            count_rows(z, 4, 10.0 * t);
            if (t == 1)
                count_rows(z, 4, 14);
            bank_push(b, z, 4);
            assert_int_equal(bank_state(b, &len)[0], want[k].place[t]);
            assert_int_equal(bank_state(b, &len)[1], 4 * (t + 1));
        }
        assert_true(bank_rows(b, &len)[0] == want[k].first);
        assert_true(bank_rows(b, &len)[(size_t)(want[k].size - 1) * D] ==
                    want[k].last);
        bank_free(b);
    }
}

/* Each group sees and fills its own; of equal ones the first is taken. */
static void groups_keep_their_own(void **state)
{
    struct bank *b = open_bank(*state, 2, 4);
    double z[N * D];
    double found[N * D];
    size_t len;
    double *rows = bank_rows(b, &len);

    count_rows(z, N, 1);
    bank_push(b, z, N); /* group 0: 1..4, group 1: 5..8 */
    for (size_t c = 0; c < D; c++)
        rows[2 * D + c] = rows[D + c];
    for (size_t i = 0; i < N; i++)
        memcpy(z + i * D, (double[]){20, 0, 10}, D * sizeof *z);
    assert_ok(bank_nearest(b, z, N, found));
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(bank_index(b)[i], i < 4 ? 1 : 0);
        assert_true(found[i * D] == (i < 4 ? 2 : 5));
    }
    bank_free(b);
}

/* As torch's processes do: what the first group was given, for all. */
static void groups_share_the_first(void **state)
{
    struct bank_conf conf = {.groups = 2,
                             .size = 4,
                             .d = D,
                             .shared = true,
                             .n = N,
                             .seed = 5,
                             .which = 1};
    struct bank *b = NULL;
    double z[N * D];
    size_t len;
    const double *rows;

    assert_ok(bank_new(&conf, *state, &b));
    rows = bank_rows(b, &len);
    assert_same_bits(rows, rows + len / 2, len / 2 * sizeof *rows);
    count_rows(z, N, 1);
    bank_push(b, z, N);
    for (size_t i = 0; i < 8; i++)
        assert_true(rows[i * D] == (double)(1 + i % 4));
    bank_free(b);
}

static void fill(double *x, size_t n, uint64_t seed)
{
    struct stream s = stream_at(seed, STREAM_TEST, 0, 0, 0);

    for (size_t i = 0; i < n; i++)
        x[i] = stream_normal(&s);
}

enum { STEPS = 5, LEN = 4 * N * D };

static const char *const names[] = {"nnclr", "nnclr_gather", "nnclr_bank",
                                    "ntxent_bank", "swav"};
enum { NAMES = sizeof names / sizeof names[0] };

static struct objective *
open_objective(struct team *team, const char *name, uint32_t groups)
{
    struct objective_conf conf = {.loss = {.name = name,
                                           .temperature = 0.2,
                                           .groups = groups,
                                           .n = N,
                                           .d = D,
                                           .high = 2,
                                           .low = 2,
                                           .queue = 5,
                                           .epsilon = 0.5,
                                           .rounds = 3},
                                  .middle = D,
                                  .bank = 7,
                                  .queue_epoch = 1,
                                  .seed = 3};
    struct objective *o = NULL;

    assert_ok(objective_new(&conf, team, &o));
    return o;
}

/* Step t; the gradient is kept by the objective. */
static struct loss_out step(struct objective *o, uint64_t t, double *x)
{
    static double middle[LEN];
    static const double weight[D * D] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    static const double bias[D] = {0.5, 0, 0};
    struct objective_in in = {.output = x,
                              .middle = middle,
                              .n = N,
                              .epoch = (int64_t)t / 2,
                              .weight = weight,
                              .bias = bias};
    struct loss_out out = {0};

    fill(x, LEN, 10 + t);
    fill(middle, LEN, 100 + t);
    assert_ok(objective_run(o, &in, &out));
    return out;
}

static void copy_state(struct objective *from, struct objective *to)
{
    struct objective_part a;
    struct objective_part b;
    size_t i = 0;

    for (; objective_part(from, i, &a); i++) {
        assert_true(objective_part(to, i, &b));
        assert_string_equal(a.name, b.name);
        assert_int_equal(a.n, b.n);
        if (a.f64)
            memcpy(b.f64, a.f64, a.n * sizeof *a.f64);
        else
            memcpy(b.i64, a.i64, a.n * sizeof *a.i64);
    }
    assert_true(i >= 2);
    assert_false(objective_part(to, i, &b));
}

/* From its parts an objective goes on as the one they came from; the banks do
 * enter (an objective without them differs); members do not. */
static void goes_on_from_its_parts(void **state)
{
    struct team *three = NULL;
    double x[LEN];
    double y[LEN];

    assert_ok(team_new(3, &three));
    for (size_t k = 0; k < NAMES; k++) {
        struct objective *whole = open_objective(*state, names[k], 2);
        struct objective *later = open_objective(three, names[k], 2);
        struct objective *fresh = open_objective(*state, names[k], 2);
        size_t len = objective_views(whole) * (size_t)N * D;
        struct loss_out a;
        struct loss_out b;

        for (uint64_t t = 0; t + 1 < STEPS; t++)
            (void)step(whole, t, x);
        copy_state(whole, later);
        a = step(whole, STEPS - 1, x);
        b = step(later, STEPS - 1, y);
        assert_true(a.value == b.value);
        assert_same_bits(a.grad, b.grad, len * sizeof *a.grad);
        b = step(fresh, STEPS - 1, y);
        assert_true(a.value != b.value);
        objective_free(whole);
        objective_free(later);
        objective_free(fresh);
    }
    team_free(three);
}

/* The queue's scores join from its epoch on, when it was filled: 4 a step and
 * group, 5 rows, epoch 1 begins with step 2. */
static void queue_waits_for_its_epoch(void **state)
{
    double x[LEN];
    double value[2][STEPS];

    for (int with = 0; with < 2; with++) {
        struct objective_conf conf = {.loss = {.name = "swav",
                                               .temperature = 0.2,
                                               .groups = 2,
                                               .n = N,
                                               .d = D,
                                               .high = 2,
                                               .low = 2,
                                               .epsilon = 0.5,
                                               .rounds = 3},
                                      .middle = D};
        struct objective *o = NULL;

        if (with)
            o = open_objective(*state, "swav", 2);
        else
            assert_ok(objective_new(&conf, *state, &o));
        assert_int_equal(objective_needs_middle(o), with);
        for (uint64_t t = 0; t < STEPS; t++)
            value[with][t] = step(o, t, x).value;
        objective_free(o);
    }
    for (size_t t = 0; t < STEPS; t++)
        assert_int_equal(value[0][t] != value[1][t], t >= 2);
}

static void widths_must_agree(void **state)
{
    struct objective_conf conf = {.loss = {.name = "nnclr",
                                           .temperature = 0.2,
                                           .groups = 1,
                                           .n = N,
                                           .d = D},
                                  .middle = D + 1,
                                  .bank = 4};
    struct objective *o = NULL;

    assert_fails(objective_new(&conf, *state, &o), ERR_CONF, "width 4");
    assert_null(o);
}

static int start(void **state)
{
    return team_new(2, (struct team **)state) == OK ? 0 : -1;
}

static int stop(void **state)
{
    team_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_with_vectors_of_length_one),
        cmocka_unit_test(a_full_bank_begins_again),
        cmocka_unit_test(groups_keep_their_own),
        cmocka_unit_test(groups_share_the_first),
        cmocka_unit_test(goes_on_from_its_parts),
        cmocka_unit_test(queue_waits_for_its_epoch),
        cmocka_unit_test(widths_must_agree),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
