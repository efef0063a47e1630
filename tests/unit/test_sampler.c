#include "check.h"
#include "train/sampler.h"

enum { ROWS = 11467 };

static struct sampler *make(uint32_t rows, uint32_t v, uint32_t m, uint32_t g)
{
    struct sampler_conf c = {7, rows, v, m, g, false};
    struct sampler *s = NULL;

    assert_ok(sampler_new(&c, &s));
    return s;
}

/* Spec 6.9: 11,467 lesions, 2 processes of 32: 179 steps an epoch. */
static void steps_of_the_study(void **state)
{
    struct sampler *s = make(ROWS, 64, 1, 2);

    (void)state;
    assert_int_equal(sampler_steps(s), 179);
    sampler_free(s);
    s = make(ROWS, 8, 8, 1);
    assert_int_equal(sampler_steps(s), 179);
    sampler_free(s);
}

/* In one epoch no row is taken twice in a group; the same whatever m is. */
static void rows_of_an_epoch(void **state)
{
    static uint8_t seen[2][ROWS];
    struct sampler *s = make(ROWS, 64, 1, 2);
    struct sampler *t = make(ROWS, 16, 4, 2);

    (void)state;
    memset(seen, 0, sizeof seen);
    for (uint32_t step = 0; step < sampler_steps(s); step++)
        for (uint32_t shard = 0; shard < 64; shard++) {
            uint32_t row;
            uint32_t rows[4];

            sampler_rows(s, 3, step, shard, &row);
            sampler_rows(t, 3, step, shard / 4, rows);
            assert_int_equal(row, rows[shard % 4]);
            assert_true(row < ROWS);
            assert_int_equal(seen[shard / 32][row]++, 0);
        }
    /* 11,467 is odd: padding gives one row to both groups, no more */
    unsigned both = 0;
    for (uint32_t r = 0; r < ROWS; r++)
        both += seen[0][r] && seen[1][r];
    assert_true(both <= 1);
    sampler_free(s);
    sampler_free(t);
}

static void epochs_differ_and_repeat(void **state)
{
    struct sampler *s = make(100, 4, 2, 1);
    uint32_t a[2];
    uint32_t b[2];
    unsigned equal = 0;

    (void)state;
    for (uint32_t e = 0; e < 50; e++) {
        sampler_rows(s, e, 0, 0, a);
        sampler_rows(s, e + 1, 0, 0, b);
        equal += a[0] == b[0];
        sampler_rows(s, e, 0, 0, b); /* back again */
        assert_memory_equal(a, b, sizeof a);
    }
    assert_true(equal < 10);
    sampler_free(s);
}

static void refuses(void **state)
{
    struct sampler_conf c = {7, 100, 6, 1, 4, false};
    struct sampler *s = NULL;

    (void)state;
    assert_fails(sampler_new(&c, &s), ERR_CONF, "train.groups = 4");
    c = (struct sampler_conf){7, 100, 8, 16, 1, false};
    assert_fails(sampler_new(&c, &s), ERR_DATA, "100 rows");
    assert_null(s);
    c = (struct sampler_conf){7, 100, 8, 1, 2, true};
    assert_fails(sampler_new(&c, &s), ERR_CONF, "2 groups");
}

/* What is left over at the end of an epoch makes a batch of fewer shards. */
static void a_smaller_last_batch(void **state)
{
    static const struct {
        uint32_t rows, v, m, steps, last;
    } cases[] = {{10, 4, 1, 3, 2}, {8, 4, 1, 2, 4}, {3, 4, 1, 1, 3},
                 {11, 2, 2, 3, 1}, {9, 2, 2, 2, 2}, {4, 2, 4, 1, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sampler_conf c = {7, cases[i].rows, cases[i].v, cases[i].m,
                                 1, true};
        uint8_t seen[11] = {0};
        uint32_t rows[4];
        struct sampler *s = NULL;

        assert_ok(sampler_new(&c, &s));
        assert_int_equal(sampler_steps(s), cases[i].steps);
        assert_int_equal(sampler_shards(s, cases[i].steps - 1), cases[i].last);
        if (cases[i].steps > 1)
            assert_int_equal(sampler_shards(s, 0), c.shards);
        for (uint32_t t = 0; t < cases[i].steps; t++)
            for (uint32_t v = 0; v < sampler_shards(s, t); v++) {
                sampler_rows(s, 0, t, v, rows);
                for (uint32_t k = 0; k < c.items; k++)
                    assert_int_equal(seen[rows[k]]++, 0);
            }
        sampler_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_the_study),
        cmocka_unit_test(rows_of_an_epoch),
        cmocka_unit_test(epochs_differ_and_repeat),
        cmocka_unit_test(refuses),
        cmocka_unit_test(a_smaller_last_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
