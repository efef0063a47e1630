/* Maps of features: principal components against a closed form and against
 * numbers of other programs, t-SNE by what it must keep, all for any team.
 * The blobs are made by integers, so that other programs can make them too:
 * scikit-learn 1.9.1 on the same rows gives the figures of test_peers. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#include "check.h"
#include "eval/map.h"

enum { N = 240, P = 20, BLOBS = 6 };
static const double PEER_SHARE_0 = 0.32597886387508057,
                    PEER_SHARE_1 = 0.309656923573092,
                    PEER_VARIANCE = 12.187910689716418,
                    PEER_TRUST = 0.9534799554565702,
                    PEER_KL = 0.14624176564311892,
                    PEER_TSNE_TRUST = 0.9828118040089087;

/* Row i belongs to blob i mod 6; noise from a linear congruence. */
static void blobs(double *x)
{
    uint32_t s = 12345;

    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < P; j++) {
            double noise = 0.0;

            for (int k = 0; k < 4; k++) {
                s = s * 1664525u + 1013904223u;
                noise += (double)(s >> 8) / 16777216.0 - 0.5;
            }
            x[i * P + j] = noise + 0.4 * (double)((i % BLOBS * 7 + j * 5) % 11);
        }
}

static void spread(const double *xy, uint32_t n, uint32_t axis, double *out)
{
    *out = 0.0;
    for (size_t i = 0; i < n; i++)
        *out += xy[2 * i + axis] * xy[2 * i + axis];
}

/* Points on a cross: variances 2 a^2, 2 b^2 are known, and so are the axes. */
static void test_closed_form(void **state)
{
    double x[8 * 3] = {0};
    double xy[16];
    double share[2];
    struct map *m = NULL;

    (void)state;
    for (int i = 0; i < 8; i++) {
        x[i * 3 + 0] = 10.0;
        x[i * 3 + 1] = i == 0 ? -4.0 : i == 1 ? 4.0 : 0.0;
        x[i * 3 + 2] = i == 2 ? 3.0 : i == 3 ? -3.0 : 0.0;
    }
    assert_ok(map_open(x, 8, 3, NULL, &m));
    assert_ok(map_pca(m, xy, share));
    assert_true(fabs(share[0] - 32.0 / 50.0) < 1e-14);
    assert_true(fabs(share[1] - 18.0 / 50.0) < 1e-14);
    assert_true(fabs(fabs(xy[0]) - 4.0) < 1e-13 && fabs(xy[1]) < 1e-13);
    assert_true(xy[0] == -xy[2] || fabs(xy[0] + xy[2]) < 1e-13);
    assert_true(fabs(fabs(xy[5]) - 3.0) < 1e-13);
    map_close(m);
    for (int i = 0; i < 8; i++) /* the same value twice */
        x[i * 3 + 2] *= 4.0 / 3.0;
    assert_ok(map_open(x, 8, 3, NULL, &m));
    assert_ok(map_pca(m, xy, share));
    assert_true(fabs(share[0] - 0.5) < 1e-14 && fabs(share[1] - 0.5) < 1e-14);
    map_close(m);
    for (int i = 0; i < 24; i++)
        x[i] = 7.0;
    assert_ok(map_open(x, 8, 3, NULL, &m));
    assert_ok(map_pca(m, xy, share));
    for (int i = 0; i < 16; i++)
        assert_true(xy[i] == 0.0);
    map_close(m);
}

/* scikit-learn 1.9.1, numpy 1.26: PCA(2, svd_solver="full") on blobs(). */
static void test_peers(void **state)
{
    static const struct {
        size_t row;
        double x, y;
    } want[] = {{0, -4.08223881404934, -2.7212458853243735},
                {1, 4.692351950971712, -1.9299489901022708},
                {2, -1.8152426287509587, 5.794666653305344},
                {77, -4.250772560745761, 3.988245274527759},
                {239, -3.0608612033684715, 3.8122892420268126}};
    double x[N * P];
    double xy[2 * N];
    double share[2];
    double var;
    struct map *m = NULL;

    (void)state;
    blobs(x);
    assert_ok(map_open(x, N, P, NULL, &m));
    assert_ok(map_pca(m, xy, share));
    assert_true(fabs(share[0] - PEER_SHARE_0) < 1e-13);
    assert_true(fabs(share[1] - PEER_SHARE_1) < 1e-13);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_true(fabs(xy[2 * want[i].row] - want[i].x) < 1e-11);
        assert_true(fabs(xy[2 * want[i].row + 1] - want[i].y) < 1e-11);
    }
    spread(xy, N, 0, &var);
    assert_true(fabs(var / (N - 1) - PEER_VARIANCE) < 1e-11);
    map_close(m);
}

/* The row nearest to row i on the map that is not taken. */
static size_t nearest(const double *xy, size_t i, const bool *taken)
{
    size_t best = N;
    double least = INFINITY;

    for (size_t j = 0; j < N; j++) {
        double d = hypot(xy[2 * i] - xy[2 * j], xy[2 * i + 1] - xy[2 * j + 1]);

        if (!taken[j] && d < least) {
            least = d;
            best = j;
        }
    }
    return best;
}

/* Mean share of a row's 10 nearest on the map that are of its blob. */
static double purity(const double *xy)
{
    uint32_t same = 0;

    for (size_t i = 0; i < N; i++) {
        bool taken[N] = {false};

        taken[i] = true;
        for (int k = 0; k < 10; k++) {
            size_t j = nearest(xy, i, taken);

            taken[j] = true;
            same += j % BLOBS == i % BLOBS;
        }
    }
    return same / (10.0 * N);
}

static void test_tsne(void **state)
{
    static const struct map_tsne how = {30.0, 1000};
    double x[N * P];
    double flat[2 * N];
    double xy[2 * N];
    double share[2];
    double kl = 0.0;
    double trust = 0.0;
    double trust_flat = 0.0;
    struct map *m = NULL;

    (void)state;
    blobs(x);
    assert_ok(map_open(x, N, P, NULL, &m));
    assert_ok(map_pca(m, flat, share));
    assert_ok(map_tsne(m, &how, xy, &kl));
    assert_ok(map_trust(m, xy, 10, &trust));
    assert_ok(map_trust(m, flat, 10, &trust_flat));
    printf("t-SNE: divergence %.4f, trustworthiness %.4f, purity %.3f; PCA: "
           "%.4f, %.3f\n",
           kl, trust, purity(xy), trust_flat, purity(flat));
    assert_true(fabs(trust_flat - PEER_TRUST) < 1e-12);
    assert_true(kl > 0.0 && kl < 1.02 * PEER_KL);
    assert_true(trust > PEER_TSNE_TRUST - 0.02);
    assert_true(purity(xy) > 0.99);
    map_close(m);
}

static void test_teams(void **state)
{
    static const struct map_tsne how = {20.0, 300};
    double x[N * P];
    double first[4 * N];
    double first_kl = 0.0;

    (void)state;
    blobs(x);
    for (int threads = 0; threads <= 4; threads++) {
        struct team *team = NULL;
        struct map *m = NULL;
        double xy[4 * N];
        double share[2];
        double kl = 0.0;

        if (threads > 0)
            assert_ok(team_new(threads, &team));
        assert_ok(map_open(x, N, P, team, &m));
        assert_ok(map_pca(m, xy, share));
        assert_ok(map_tsne(m, &how, xy + (size_t)2 * N, &kl));
        if (threads == 0) {
            memcpy(first, xy, sizeof xy);
            first_kl = kl;
        }
        assert_same_bits(first, xy, sizeof xy);
        assert_same_bits(&first_kl, &kl, sizeof kl);
        map_close(m);
        team_free(team);
    }
}

static void test_bad(void **state)
{
    static const struct map_tsne how = {5.0, 50};
    double x[N * P];
    double xy[2 * N];
    double out = 0.0;
    struct map *m = NULL;

    (void)state;
    blobs(x);
    assert_fails(map_open(x, 7, P, NULL, &m), ERR_DATA, "not 7 rows");
    assert_fails(map_open(x, MAP_ROWS + 1, P, NULL, &m), ERR_DATA, "3001");
    x[(size_t)3 * P + 2] = NAN;
    assert_fails(map_open(x, N, P, NULL, &m), ERR_NUMERIC,
                 "feature 2 of row 3");
    for (size_t i = 0; i < (size_t)N * P; i++) /* no distance at all */
        x[i] = 1.0;
    assert_ok(map_open(x, N, P, NULL, &m));
    assert_ok(map_tsne(m, &how, xy, &out));
    for (size_t i = 0; i < (size_t)2 * N; i++)
        assert_true(isfinite(xy[i]));
    assert_true(isfinite(out));
    assert_fails(map_trust(m, xy, N / 2, &out), ERR_DATA, "neighbours");
    map_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_form), cmocka_unit_test(test_peers),
        cmocka_unit_test(test_tsne), cmocka_unit_test(test_teams),
        cmocka_unit_test(test_bad)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
