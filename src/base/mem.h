#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/status.h"

/* Zeroed memory for n things of `size` bytes; *(void **)out_ptr is set.
 * Aligned to 64 bytes; 2 MB and more lie on huge pages where the system gives
 * them. n or size 0 gives a valid pointer. ERR_MEM with the size asked for.
 * Freed with mem_free. */
status mem_new(size_t n, size_t size, void *out_ptr);

/* As mem_new, not zeroed. */
status mem_raw(size_t n, size_t size, void *out_ptr);

/* Grow an array to at least n things, capacity doubled; the new part is not
 * initialised. *(void **)ptr and *cap change on success only. */
status mem_grow(size_t n, size_t size, void *ptr, size_t *cap);

/* A copy of a string. */
status mem_text(const char *text, char **out);

void mem_free(void *ptr);

/* Bytes of memory this process may still take: the least of what the system
 * has free and the control group allows. 0 when unknown. */
size_t mem_available(void);

/* Number of calls of mem_new, mem_raw, mem_grow by all threads so far; a step
 * must not move it. */
unsigned long mem_calls(void);

#endif
