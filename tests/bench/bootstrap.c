/* Bootstrap intervals and permutation tests of an area, one core. Limit: 1,000
 * resamples with n = 10,000 in 0.2 s. */
#include <stdlib.h>

#include "base/mem.h"

#include "bench.h"
#include "det/stream.h"
#include "eval/metrics.h"
#include "eval/permute.h"

/* Two scores of one truth; different for nearly all rows. */
static void fill(uint32_t n, int32_t *y, double *a, double *b)
{
    struct stream s = stream_at(1, STREAM_PROBE, 0, n, 0);

    for (uint32_t i = 0; i < n; i++) {
        y[i] = stream_double(&s) < 0.4;
        a[2 * (size_t)i + 1] = stream_normal(&s) + 0.6 * y[i];
        b[2 * (size_t)i + 1] = stream_normal(&s) + 0.5 * y[i];
    }
}

static status
measure(const struct scored *s, const struct scored *pooled, uint32_t resamples)
{
    static const char *const name[] = {"auc-bootstrap", "auc-bootstrap-numpy"};
    status st = OK;
    struct interval v;
    struct permuted p;

    for (int draws = DRAWS_STREAMS; draws <= DRAWS_STUDY; draws++) {
        struct bootstrap b = {
            .seed = 1, .resamples = resamples, .draws = (enum draws)draws};
        double t = bench_seconds();

        TRY(bootstrap_metric(s, METRIC_AUC, &b, &v));
        bench_limit(name[draws], bench_seconds() - t, "s", 0.2);
    }
    double t = bench_seconds();

    TRY(permute(pooled, METRIC_AUC,
                &(struct bootstrap){.seed = 1, .resamples = resamples}, &v,
                &p));
    bench_line("auc-permutations", bench_seconds() - t, "s", NULL, 0);
out:
    return st;
}

status bench_bootstrap(int argc, char **argv)
{
    status st = OK;
    uint32_t n = argc > 0 ? (uint32_t)strtoul(argv[0], NULL, 10) : 10000;
    int32_t *y = NULL;
    double *a = NULL;
    double *b = NULL;
    struct scored *s = NULL;
    struct scored *pooled = NULL;

    ENSURE(n > 1 && n <= 10000000, ERR_USAGE, "bootstrap [rows]: 2 to 1e7");
    TRY(mem_new(n, sizeof *y, &y));
    TRY(mem_new(2 * (size_t)n, sizeof *a, &a));
    TRY(mem_new(2 * (size_t)n, sizeof *b, &b));
    fill(n, y, a, b);
    TRY(scored_new(y, a, n, 2, &s));
    TRY(permute_pool(y, a, b, n, 2, &pooled));
    TRY(measure(s, pooled, 1000));
out:
    scored_free(s);
    scored_free(pooled);
    mem_free(y);
    mem_free(a);
    mem_free(b);
    return st;
}
