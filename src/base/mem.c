#include "base/mem.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, LINE = 64, LAZY = 32 << 20 };

static atomic_ulong calls;

status mem_raw(size_t n, size_t size, void *out_ptr)
{
    status st = OK;
    void *p = NULL;
    size_t bytes = n * size;
    size_t align = LINE;

    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    ENSURE(size == 0 || n <= (SIZE_MAX / 2) / size, ERR_MEM,
           "out of memory: %zu things of %zu bytes asked for", n, size);
    if (bytes >= HUGE_PAGE)
        align = HUGE_PAGE;
    bytes = (bytes + align) & ~(align - 1); /* never 0 */
    p = aligned_alloc(align, bytes);
    ENSURE(p, ERR_MEM, "out of memory: %zu bytes asked for", bytes);
    if (align == HUGE_PAGE)
        (void)madvise(p, bytes, MADV_HUGEPAGE);
    memcpy(out_ptr, &p, sizeof p);
out:
    return st;
}

/* Whole huge pages of zeros without a touch: each is cleared where it is first
 * used, by the thread that uses it, and is then in its cache. What of it was
 * used before goes back to the system. */
static size_t drop(void *p, size_t bytes)
{
    size_t whole = bytes & ~(size_t)(HUGE_PAGE - 1);

    if (bytes < LAZY || madvise(p, whole, MADV_DONTNEED) != 0)
        return 0;
    return whole;
}

status mem_new(size_t n, size_t size, void *out_ptr)
{
    status st = OK;
    size_t zero;
    char *p = NULL;

    TRY(mem_raw(n, size, &p));
    zero = drop(p, n * size);
    memset(p + zero, 0, n * size - zero);
    memcpy(out_ptr, &p, sizeof p);
out:
    return st;
}

status mem_grow(size_t n, size_t size, void *ptr, size_t *cap)
{
    status st = OK;
    void *old = NULL;
    void *p = NULL;
    size_t want = *cap ? *cap : 16;

    if (n <= *cap)
        return OK;
    while (want < n)
        want += want / 2 + 1;
    TRY(mem_raw(want, size, &p));
    memcpy(&old, ptr, sizeof old);
    if (old)
        memcpy(p, old, *cap * size);
    mem_free(old);
    memcpy(ptr, &p, sizeof p);
    *cap = want;
out:
    return st;
}

status mem_text(const char *text, char **out)
{
    status st = OK;
    size_t n = strlen(text) + 1;

    TRY(mem_raw(n, 1, out));
    memcpy(*out, text, n);
out:
    return st;
}

void mem_free(void *ptr)
{
    free(ptr);
}

/* First number of a one-number file; max when absent or not a number. */
static size_t read_limit(const char *path)
{
    FILE *f = fopen(path, "r");
    uintmax_t v = 0;
    char line[64];

    if (!f)
        return SIZE_MAX;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    (void)fclose(f);
    if (line[0] < '0' || line[0] > '9')
        return SIZE_MAX;
    v = strtoumax(line, NULL, 10);
    return v > SIZE_MAX / 2 ? SIZE_MAX : (size_t)v;
}

static size_t system_available(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    char line[128];
    size_t kib = 0;

    if (!f)
        return SIZE_MAX;
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "MemAvailable:", 13) == 0)
            kib = strtoul(line + 13, NULL, 10);
    (void)fclose(f);
    return kib ? kib * 1024 : SIZE_MAX;
}

size_t mem_available(void)
{
    size_t free_bytes = system_available();
    size_t limit = read_limit("/sys/fs/cgroup/memory.max");
    size_t used = read_limit("/sys/fs/cgroup/memory.current");

    if (limit != SIZE_MAX && used != SIZE_MAX) {
        size_t left = limit > used ? limit - used : 0;

        if (left < free_bytes)
            free_bytes = left;
    }
    return free_bytes == SIZE_MAX ? 0 : free_bytes;
}

unsigned long mem_calls(void)
{
    return atomic_load_explicit(&calls, memory_order_relaxed);
}
