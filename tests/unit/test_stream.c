#include <inttypes.h>
#include <stdbool.h>

#include "check.h"
#include "det/stream.h"

/* imneme/pcg-cpp, test-high/expected/check-pcg64.out: pcg64(42, 54). Between
 * two rounds the program there draws 65 coins, 33 dice and 51 cards. */
static void test_published_vectors(void **state)
{
    static const uint64_t rounds[3][6] = {
        {0x86b1da1d72062b68, 0x1304aa46c9853d39, 0xa3670e9e0dd50358,
         0xf9090e529a7dae00, 0xc85b9fd837996f2c, 0x606121f8e3919196},
        {0x1773ba241e7a792a, 0xe41aed7117b0bc10, 0x36bac8d9432af525,
         0xe0c78e2f3c850a38, 0xe3ad939c1c7ce70d, 0xa302fdced8c79e93},
        {0xc96006593aed3b62, 0xf04d5afa3f197bf1, 0xce6f729cc913a50f,
         0x98b5fc4fbb1e4aea, 0x802dce1b410fc8c3, 0xe3bac0a14f6e5033},
    };
    const uint64_t seed[2] = {42, 0};
    const uint64_t sequence[2] = {54, 0};
    struct stream s = stream_pcg(seed, sequence);

    (void)state;
    for (int r = 0; r < 3; r++) {
        for (int i = 0; i < 6; i++)
            assert_int_equal(stream_u64(&s), rounds[r][i]);
        for (int i = 0; i < 65 + 33 + 51; i++)
            (void)stream_u64(&s);
    }
}

/* RFC 8439, A.1: key stream for key 0, counters 0 and 1, zero nonce.
 * Words as the block gives them: seed, then sequence. */
static void test_mixing(void **state)
{
    static const uint64_t zero[4] = {0x903df1a0ade0b876, 0x28bd8653e56a5d40,
                                     0x1aed8da0b819d2bd, 0xc70d778bccef36a8};
    static const uint64_t one[4] = {0x7a385155bee7079f, 0x0d082d737c97ba98,
                                    0x6965e348a0290fcb, 0xed7aee323e53c612};
    /* key words 1, 2, 3, 4 and counter 3, by openssl enc -chacha20 */
    static const uint64_t four[4] = {0x647c23d3e3cdce5b, 0x38176beb024211a5,
                                     0xb8919cc469167cf5, 0xace14026875467bc};
    struct stream s = stream_at(0, 0, 0, 0, 0);
    struct stream want = stream_pcg(zero, zero + 2);

    (void)state;
    assert_same_bits(&s, &want, sizeof s);
    s = stream_at(0, (enum stream_domain)1, 0, 0, 0);
    want = stream_pcg(one, one + 2);
    assert_same_bits(&s, &want, sizeof s);
    s = stream_at(1, (enum stream_domain)3, 2, 3, 4);
    want = stream_pcg(four, four + 2);
    assert_same_bits(&s, &want, sizeof s);
}

/* Our own first values: published results depend on them. */
static void test_fixed_values(void **state)
{
    static const struct {
        uint64_t seed;
        enum stream_domain domain;
        uint64_t a;
        uint64_t b;
        uint64_t c;
        uint64_t first;
        uint64_t second;
    } table[] = {
        {0, STREAM_TEST, 0, 0, 0, 0x784171efbc800ae2, 0x8fd9150557f8d080},
        {1, STREAM_INIT, 0, 0, 0, 0x80fe1384c1965a1a, 0xdc717f741a53c42a},
        {1, STREAM_SAMPLER, 2, 3, 0, 0x1e93b154fe0cc954, 0xf528d5274e0ed274},
        {1, STREAM_AUGMENT, 5, 7, 3, 0x8350c408a81f162c, 0x254e9835859b3676},
        {0xffffffffffffffff, STREAM_SPLIT, 0xffffffffffffffff, 1, 2,
         0x85bffa3f352b9c14, 0xaca4c5fc586641d7},
    };
    int bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct stream s = stream_at(table[i].seed, table[i].domain, table[i].a,
                                    table[i].b, table[i].c);
        uint64_t first = stream_u64(&s);
        uint64_t second = stream_u64(&s);

        if (first != table[i].first || second != table[i].second) {
            printf("row %zu: 0x%016" PRIx64 ", 0x%016" PRIx64 "\n", i, first,
                   second);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

/* Pearson's chi-squared of `bins` counts against n equal shares, as a
 * standard score. */
static double chi_score(const unsigned *count, unsigned bins, double n)
{
    double share = n / bins;
    double chi = 0;

    for (unsigned i = 0; i < bins; i++)
        chi += (count[i] - share) * (count[i] - share) / share;
    return (chi - (bins - 1)) / __builtin_sqrt(2.0 * (bins - 1));
}

static void test_uniform(void **state)
{
    enum { BINS = 64, N = 1 << 18 };
    unsigned one[BINS] = {0};
    unsigned below[6] = {0};
    unsigned pair[BINS] = {0};
    double sum = 0;
    struct stream s = stream_at(3, STREAM_TEST, 0, 0, 0);

    (void)state;
    for (int i = 0; i < N; i++) {
        double u = stream_double(&s);
        double v = stream_double(&s);

        assert_true(u >= 0 && u < 1);
        sum += u;
        one[(int)(u * BINS)]++;
        pair[(int)(u * 8) * 8 + (int)(v * 8)]++;
        below[stream_below(&s, 6)]++;
    }
    assert_true(__builtin_fabs(sum / N - 0.5) < 4 * 0.2887 / 512);
    assert_true(__builtin_fabs(chi_score(one, BINS, N)) < 5);
    assert_true(__builtin_fabs(chi_score(pair, BINS, N)) < 5);
    assert_true(__builtin_fabs(chi_score(below, 6, N)) < 5);
}

/* First values of neighbouring streams must look like one good generator:
 * each coordinate alone, 64 bits each balanced, no value twice. */
static void test_neighbours(void **state)
{
    enum { N = 1 << 14 };

    (void)state;
    for (int axis = 0; axis < 5; axis++) {
        unsigned bins[64] = {0};
        unsigned ones[64] = {0};
        unsigned flips = 0;
        uint64_t last = 0;

        for (uint64_t i = 0; i < N; i++) {
            struct stream s = stream_at(
                axis == 0 ? i : 9, axis == 1 ? (enum stream_domain)(i % 11) : 0,
                axis == 1   ? i / 11
                : axis == 2 ? i
                            : 9,
                axis == 3 ? i : 9, axis == 4 ? i : 9);
            uint64_t u = stream_u64(&s);

            bins[u >> 58]++;
            for (int b = 0; b < 64; b++)
                ones[b] += u >> b & 1;
            flips += (unsigned)__builtin_popcountll(u ^ last);
            last = u;
        }
        assert_true(__builtin_fabs(chi_score(bins, 64, N)) < 5);
        for (int b = 0; b < 64; b++)
            assert_in_range(ones[b], N / 2 - 5 * 64, N / 2 + 5 * 64);
        /* 64 N coin flips: standard deviation sqrt(64 N) / 2 = 512 */
        assert_in_range(flips, 32 * N - 5 * 512, 32 * N + 5 * 512);
    }
}

static void test_coordinates_differ(void **state)
{
    struct stream a = stream_at(1, STREAM_TEST, 2, 3, 4);
    struct stream b = stream_at(1, STREAM_TEST, 3, 2, 4);
    struct stream c = stream_at(2, STREAM_TEST, 1, 3, 4);
    struct stream d = stream_at(1, STREAM_INIT, 2, 3, 4);

    (void)state;
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
    assert_memory_not_equal(&a, &d, sizeof a);
    d = stream_at(1, STREAM_TEST, 2, 3, 4);
    assert_same_bits(&a, &d, sizeof a);
}

static void test_below(void **state)
{
    struct stream s = stream_at(5, STREAM_TEST, 0, 0, 0);
    struct stream r = s;
    uint64_t big = 3ULL << 62; /* a quarter of the draws is rejected */
    unsigned third[3] = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(stream_below(&s, 1), 0);
    for (int i = 0; i < 30000; i++) {
        uint64_t v = stream_below(&s, big);

        assert_true(v < big);
        third[v / (1ULL << 62)]++;
    }
    assert_true(__builtin_fabs(chi_score(third, 3, 30000)) < 5);
    /* powers of two never reject: the upper bits */
    for (int i = 0; i < 100; i++) {
        struct stream t = r;

        assert_int_equal(stream_below(&r, 256), stream_u64(&t) >> 56);
    }
}

static void test_permutation(void **state)
{
    uint32_t p[1000];
    bool seen[1000] = {false};
    unsigned count[24] = {0};
    struct stream s = stream_at(11, STREAM_TEST, 0, 0, 0);

    (void)state;
    stream_permutation(&s, 1000, p);
    for (int i = 0; i < 1000; i++) {
        assert_true(p[i] < 1000 && !seen[p[i]]);
        seen[p[i]] = true;
    }
    for (int i = 0; i < 24000; i++) {
        stream_permutation(&s, 4, p);
        /* rank of a permutation of four: p0, then p1, p2 among the rest */
        unsigned r1 = p[1] - (p[1] > p[0]);
        unsigned r2 = p[2] > p[3];

        count[(p[0] * 3 + r1) * 2 + r2]++;
    }
    assert_true(__builtin_fabs(chi_score(count, 24, 24000)) < 5);
    stream_permutation(&s, 0, NULL);
    stream_permutation(&s, 1, p);
    assert_int_equal(p[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_mixing),
        cmocka_unit_test(test_fixed_values),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_coordinates_differ),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_permutation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
