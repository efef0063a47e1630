/* Runs of optim.json (LARS, SGD, Adam), every tensor after every step, in
 * double and in float; learning rates of optim.json. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "golden/golden.h"
#include "nn/optim.h"
#include "nn/rate.h"

enum { MAX_TENSORS = 16, MAX_LEN = 16 };

struct replay {
    const struct json *run;
    const struct json *tensors;
    const struct safetensors *file;
    const char *name;
    uint64_t seed, stream;
    struct dev *dev;
    enum dtype dtype;
    struct slice slices[MAX_TENSORS];
    size_t n, len;
    void *p, *g;
    struct optim *optim;
};

/* "lars", "sgd" or "adam" begins the name of a run. */
static const char *kind_of(const char *name)
{
    static const char *const kinds[] = {"lars", "sgd", "adam"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
            return kinds[i];
    fail_msg("run %s is of no known optimiser", name);
    return NULL;
}

static void make_slices(struct replay *r)
{
    r->n = json_len(r->tensors);
    assert_true(r->n <= MAX_TENSORS);
    for (size_t i = 0; i < r->n; i++) {
        const struct json *t = json_at(r->tensors, i);
        const struct json *shape = json_get(t, "shape");
        struct slice s = {.kind = SLICE_VECTOR, .c = 1, .k = 1};

        s.o = 1;
        for (size_t k = 0; k < json_len(shape); k++)
            s.o *= (int32_t)json_i64(json_at(shape, k), 0);
        assert_true(s.o >= 1 && s.o <= MAX_LEN);
        (void)snprintf(s.name, sizeof s.name, "%s",
                       json_text(json_get(t, "name")));
        s.len = (size_t)s.o;
        s.plain = (size_t)s.o;
        s.offset = 16 * i;
        r->slices[i] = s;
    }
    r->len = 16 * r->n;
}

static void put(struct replay *r, size_t i, struct formula f, void *vec)
{
    double plain[MAX_LEN];

    f.seed = r->seed;
    f.stream = r->stream;
    formula_fill_f64(&f, 0, r->slices[i].plain, plain);
    slice_put_f64(&r->slices[i], r->dtype, plain, vec);
}

/* Gradients of step t; skip: tensors without one. */
static void put_gradients(struct replay *r, uint64_t t, bool *skip)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct json *j = json_at(r->tensors, i);
        const char *kind = json_text(json_get(j, "grad_kind"));
        uint64_t index = (uint64_t)json_i64(json_get(j, "index"), 0);
        double scale = json_f64(json_get(j, "grad_scale"), 9);
        struct formula f = {.index = 100 + 16 * t + index, .scale = scale};

        skip[i] = strcmp(kind, "not134") == 0 &&
                  (t == 0 || t == 1 || t == 3 || t == 4);
        if (strcmp(kind, "from2") == 0 && t < 2)
            f.scale = 0;
        put(r, i, f, r->g);
    }
}

/* README: float64 1e-9, float32 1e-5. Row `step` of [steps][shape]. */
static void
check(struct replay *r, const void *vec, const char *what, uint64_t step)
{
    double bound = r->dtype == DTYPE_F64 ? 1e-9 : 1e-5;
    double x[MAX_LEN];
    struct sft t;

    for (size_t i = 0; i < r->n; i++) {
        double worst = 0;
        double largest = 0;

        if (safetensors_get(r->file, &t, "%s/%s/%s", r->name, r->slices[i].name,
                            what) != OK)
            fail_msg("%s", status_text());
        slice_get_f64(&r->slices[i], r->dtype, vec, x);
        for (size_t k = 0; k < r->slices[i].plain; k++) {
            double want = sft_at(&t, step * r->slices[i].plain + k);
            double diff = fabs(x[k] - want);

            worst = !(diff <= worst) ? diff : worst;
            largest = fabs(want) > largest ? fabs(want) : largest;
        }
        if (!(worst <= bound * largest))
            fail_msg("%s %s %s step %llu: %.3g of %.3g", r->name,
                     r->slices[i].name, what, (unsigned long long)step, worst,
                     largest);
    }
}

/* README: StepLR 3 x 0.1 or a cosine of T_max 7; the list tells which, a rate
 * that moves at once is the cosine. */
static void check_rate(struct replay *r, uint64_t t, double *lr)
{
    struct rate rate = {
        .base = json_f64(json_get(json_get(r->run, "options"), "lr"), -1),
        .t_max = 7,
        .size = 3,
        .gamma = 0.1};
    const struct json *list = json_get(r->run, "lr");
    double want = json_f64(json_at(list, (size_t)t), 1e30);

    if (json_f64(json_at(list, 1), rate.base) < rate.base)
        rate.kind = RATE_COSINE_STEP;
    else if (json_f64(json_at(list, 3), rate.base) < rate.base)
        rate.kind = RATE_STEP;
    assert_ok(rate_check(&rate));
    *lr = rate_at(&rate, (int64_t)t, (int64_t)t);
    assert_true(fabs(*lr - want) <= 1e-14 * rate.base);
}

/* What the optimiser remembers after the last step. */
static void check_state(struct replay *r)
{
    const struct json *o = json_get(r->run, "options");

    if (strcmp(kind_of(r->name), "adam") == 0) {
        check(r, optim_vector(r->optim, 0, NULL), "exp_avg", 0);
        check(r, optim_vector(r->optim, 1, NULL), "exp_avg_sq", 0);
    } else if (json_f64(json_get(o, "momentum"), 0) != 0) {
        check(r, optim_vector(r->optim, 0, NULL), "momentum_buffer", 0);
    }
}

static void replay_run(struct replay *r)
{
    uint64_t steps = (uint64_t)json_i64(json_get(r->run, "steps"), 0);
    bool skip[MAX_TENSORS];
    double lr = 0;

    for (size_t i = 0; i < r->n; i++) {
        const struct json *t = json_at(r->tensors, i);
        struct formula f = {.index =
                                (uint64_t)json_i64(json_get(t, "index"), 0),
                            .offset = json_f64(json_get(t, "offset"), 9),
                            .scale = json_f64(json_get(t, "scale"), 9)};

        put(r, i, f, r->p);
    }
    for (uint64_t t = 0; t < steps; t++) {
        put_gradients(r, t, skip);
        check_rate(r, t, &lr);
        assert_ok(optim_step(r->optim, lr, r->p, r->g, skip));
        check(r, r->p, "f64", t);
    }
    check_state(r);
}

static void open_run(struct replay *r, const char *backend, struct team *team)
{
    const struct json *o = json_get(r->run, "options");
    const struct json *betas = json_get(o, "betas");
    struct optim_conf conf = {
        .name = kind_of(r->name),
        .momentum = json_f64(json_get(o, "momentum"), 0),
        .dampening = json_f64(json_get(o, "dampening"), 0),
        .nesterov = json_bool(json_get(o, "nesterov"), false),
        .beta1 = json_f64(json_at(betas, 0), 0.9),
        .beta2 = json_f64(json_at(betas, 1), 0.999),
        .weight_decay = json_f64(json_get(o, "weight_decay"), 0),
        .trust = json_f64(json_get(o, "trust_coefficient"), 0.001),
        .eps = json_f64(json_get(o, "eps"), 1e-8)};

    assert_ok(dev_open(backend, NULL, &r->dev));
    r->dtype = dev_facts(r->dev).dtype;
    make_slices(r);
    assert_ok(mem_new(r->len, (size_t)r->dtype, &r->p));
    assert_ok(mem_new(r->len, (size_t)r->dtype, &r->g));
    assert_ok(optim_new(&conf, r->slices, r->n, team, r->dev, &r->optim));
}

static void close_run(struct replay *r)
{
    optim_free(r->optim);
    mem_free(r->p);
    mem_free(r->g);
    dev_close(r->dev);
}

static void all_runs(const char *backend)
{
    struct json *j = NULL;
    struct safetensors *file = NULL;
    struct team *team = NULL;
    const struct json *runs = NULL;
    size_t consumed = 0;

    assert_ok(team_new(2, &team));
    assert_ok(json_read(golden_path("network/optim.json"), 1 << 20, &j));
    assert_ok(
        safetensors_open(golden_path("network/optim.safetensors"), &file));
    runs = json_get(j, "runs");
    for (size_t i = 0; i < json_len(runs); i++) {
        struct replay r = {.run = json_at(runs, i), .file = file};

        r.tensors = json_get(j, "tensors");
        r.name = json_text(json_get(r.run, "name"));
        r.seed = (uint64_t)json_i64(json_get(j, "seed"), 0);
        r.stream = (uint64_t)json_i64(json_get(r.run, "stream"), 0);
        open_run(&r, backend, team);
        replay_run(&r);
        close_run(&r);
        consumed++;
    }
    golden_count(backend, consumed, json_len(runs), json_len(runs));
    safetensors_close(file);
    json_free(j);
    team_free(team);
}

static void in_double(void **state)
{
    (void)state;
    all_runs("ref64");
}

static void in_float(void **state)
{
    (void)state;
    all_runs("ref");
    all_runs("simd");
}

/* Lists of rates: the key says what they are. */
static void check_list(const char *key, const struct json *list)
{
    struct rate r = {.base = 0.075, .t_max = 17917};
    bool named = json_is_object(list);

    if (strncmp(key, "step_0.001_30", 13) == 0)
        r = (struct rate){
            .kind = RATE_STEP, .base = 0.001, .size = 30, .gamma = 0.1};
    else if (strncmp(key, "cosine_per_epoch_0.075_T17917", 29) == 0)
        r.kind = RATE_COSINE_EPOCH;
    else if (strncmp(key, "cosine_per_step_0.075_T17917", 28) == 0)
        r.kind = RATE_COSINE_STEP;
    else if (strncmp(key, "cosine_0.1_T10_eta0.01", 22) == 0)
        r = (struct rate){
            .kind = RATE_COSINE_STEP, .base = 0.1, .t_max = 10, .low = 0.01};
    else
        fail_msg("schedule %s is not known", key);
    assert_ok(rate_check(&r));
    assert_true(json_len(list) > 10);
    for (size_t i = 0; i < json_len(list); i++) {
        int64_t t = named ? atoll(json_key(list, i)) : (int64_t)i;
        double want = json_f64(json_member(list, i), 1e30);

        if (!named)
            want = json_f64(json_at(list, i), 1e30);
        if (!(fabs(rate_at(&r, t, t) - want) <= 1e-14 * r.base))
            fail_msg("%s at %lld: %.17g, not %.17g", key, (long long)t,
                     rate_at(&r, t, t), want);
    }
}

static void schedules(void **state)
{
    struct json *j = NULL;
    const struct json *lists = NULL;
    size_t consumed = 0;

    (void)state;
    assert_ok(json_read(golden_path("network/optim.json"), 1 << 20, &j));
    lists = json_get(j, "schedules");
    for (size_t i = 0; i < json_len(lists); i++, consumed++)
        check_list(json_key(lists, i), json_member(lists, i));
    golden_count("schedules", consumed, 4, json_len(lists));
    json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_double),
        cmocka_unit_test(in_float),
        cmocka_unit_test(schedules),
    };

    return golden_run(tests);
}
