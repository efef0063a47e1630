#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#include "fuzz.h"
#include "fuzz_state.h"
#include "store/safetensors.h"

static void copy(struct state *s, const char *path)
{
    size_t n = state_count(s);
    struct sft_item *item = NULL;
    struct sft_writer *w = NULL;

    FUZZ_REQUIRE(mem_new(n, sizeof *item, &item) == OK);
    for (size_t i = 0; i < n; i++) {
        const struct state_tensor *t = state_at(s, i);

        item[i] = (struct sft_item){.name = t->name,
                                    .type = t->type,
                                    .rank = t->rank,
                                    .len = t->len,
                                    .source = i};
        memcpy(item[i].dim, t->dim, sizeof t->dim);
    }
    FUZZ_REQUIRE(sft_create(path, item, n, &w) == OK);
    for (size_t i = 0; i < n; i++) {
        struct state_reader r = {0};
        unsigned char *v = NULL;

        FUZZ_REQUIRE(mem_raw((size_t)item[i].len, 16, &v) == OK);
        FUZZ_REQUIRE(state_start(s, item[i].source, &r) == OK);
        FUZZ_REQUIRE(state_next(&r, item[i].len, v) == OK);
        FUZZ_REQUIRE(sft_put(w, v, item[i].len) == OK);
        state_stop(&r);
        mem_free(v);
    }
    FUZZ_REQUIRE(sft_finish(w) == OK);
    sft_writer_free(w);
    mem_free(item);
}

/* Safetensors; what was accepted is written and read again: same tensors. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state *s = NULL;
    struct state *back = NULL;
    char path[64];

    fuzz_state(data, size);
    if (state_open(fuzz_file(data, size), &s) != OK)
        return 0;
    (void)snprintf(path, sizeof path, "/tmp/fmcib-fuzz-%ld.safetensors",
                   (long)getpid());
    copy(s, path);
    FUZZ_REQUIRE(state_open(path, &back) == OK);
    FUZZ_REQUIRE(state_count(back) == state_count(s));
    FUZZ_REQUIRE(state_check(back) == OK);
    for (size_t i = 0; i < state_count(s); i++)
        FUZZ_REQUIRE(state_find(back, state_at(s, i)->name) >= 0);
    state_close(back);
    state_close(s);
    (void)unlink(path);
    return 0;
}
