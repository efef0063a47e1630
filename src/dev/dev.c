/* The list of backends and their choice at run time. */
#include "dev/dev.h"

#include <string.h>

#include "base/mem.h"

#include "dev/backend.h"

static bool any_machine(void)
{
    return true;
}

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && has_avx2();
}
#endif

/* One row per build; of one name the best first. */
static const struct backend {
    const struct dev_ops *ops;
    struct dev_facts facts;
    bool (*runs)(void);
} backends[] = {
#if defined(__x86_64__)
    {&simd_ops_avx512, {"simd", "avx512", DTYPE_F32}, has_avx512},
    {&simd_ops_avx2, {"simd", "avx2", DTYPE_F32}, has_avx2},
    {&ref_ops_f32_avx2, {"ref", "avx2", DTYPE_F32}, has_avx2},
    {&ref_ops_f64_avx2, {"ref64", "avx2", DTYPE_F64}, has_avx2},
#elif defined(__aarch64__)
    {&simd_ops_neon, {"simd", "neon", DTYPE_F32}, any_machine},
#endif
    {&simd_ops_c, {"simd", "c", DTYPE_F32}, any_machine},
    {&ref_ops_f32_c, {"ref", "c", DTYPE_F32}, any_machine},
    {&ref_ops_f64_c, {"ref64", "c", DTYPE_F64}, any_machine},
};

enum { BACKENDS = sizeof backends / sizeof backends[0] };

status dev_open(const char *name, const char *variant, struct dev **out)
{
    const struct backend *found = NULL;
    bool named = false;
    struct dev *d = NULL;
    status st = OK;

    if (variant && strcmp(variant, "auto") == 0)
        variant = NULL;
    for (size_t i = 0; i < BACKENDS && !found; i++) {
        const struct backend *b = &backends[i];
        if (strcmp(b->facts.name, name) != 0)
            continue;
        named = true;
        if (variant && strcmp(b->facts.variant, variant) != 0)
            continue;
        ENSURE(!variant || b->runs(), ERR_CONF,
               "backend %s: this machine cannot run variant %s", name, variant);
        if (b->runs())
            found = b;
    }
    ENSURE(named, ERR_CONF, "no backend is called \"%s\"", name);
    ENSURE(found, ERR_CONF, "backend %s has no variant \"%s\"", name, variant);
    TRY(mem_new(1, sizeof *d, &d));
    d->ops = found->ops;
    d->facts = found->facts;
    *out = d;
out:
    return st;
}

const struct dev_ops *dev_ops(const struct dev *d)
{
    return d->ops;
}

struct dev_facts dev_facts(const struct dev *d)
{
    return d->facts;
}

void dev_close(struct dev *d)
{
    mem_free(d);
}
