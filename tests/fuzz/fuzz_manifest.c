#include <string.h>

#include "fuzz_memory.h"
#include "store/manifest.h"

/* Whatever was accepted keeps its files in the folder, each once, and is found
 * again; what is written of it reads back. */
static void check(const struct manifest *m)
{
    struct text t = {0};
    struct manifest *back = NULL;

    for (uint32_t i = 0; i < m->n_files; i++) {
        const struct manifest_file *f = &m->files[i];
        const char *const path[] = {f->path};
        struct sums s = {.size = f->bytes < 0 ? 0 : (uint64_t)f->bytes};

        FUZZ_REQUIRE(!manifest_path_fault(f->path));
        FUZZ_REQUIRE(manifest_find(m, f->path) == f);
        FUZZ_REQUIRE(f->path[0] != '/' && !strstr(f->path, "/../"));
        if (*f->sum[SUM_SHA256])
            memcpy(s.hex[SUM_SHA256], f->sum[SUM_SHA256], SUM_HEX);
        else
            memset(s.hex[SUM_SHA256], '0', SUM_HEX - 1);
        t.len = 0;
        manifest_put(&t, 1, path, &s);
        FUZZ_REQUIRE(text_status(&t) == OK);
        FUZZ_REQUIRE(manifest_parse(t.s, t.len, "back", &back) == OK);
        FUZZ_REQUIRE(strcmp(back->files[0].path, f->path) == 0);
        manifest_free(back);
        back = NULL;
    }
    text_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest *m = NULL;
    status st = manifest_parse((const char *)data, size, "fuzz", &m);

    FUZZ_REQUIRE(st == OK || st == ERR_CONF);
    FUZZ_REQUIRE((st == OK) == (m != NULL));
    if (m)
        check(m);
    manifest_free(m);
    fuzz_memory(size);
    return 0;
}
