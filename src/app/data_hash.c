/* fmcib-data hash DIR: the manifest of what lies in a folder. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sums.h"
#include "base/walk.h"

#include "app/data.h"
#include "app/tool.h"

struct hashing {
    const char *dir;
    struct walk files;
    struct sums *sums; /* [files.n] */
};

static status hash_one(void *ctx, size_t i, int member)
{
    status st = OK;
    struct hashing *h = ctx;
    char *path = NULL;

    (void)member;
    TRY(file_join(h->dir, h->files.at[i].path, &path));
    TRY(sums_of_file(path, 1U << SUM_SHA256, &h->sums[i]));
out:
    mem_free(path);
    return st;
}

static void print(const struct hashing *h)
{
    struct text t = {0};

    text_add(&t, "files:\n");
    for (size_t i = 0; i < h->files.n; i++) {
        text_add(&t, "  - {path: ");
        text_json(&t, h->files.at[i].path);
        text_add(&t, ", bytes: %" PRIu64 ", sha256: %s}\n", h->sums[i].size,
                 h->sums[i].hex[SUM_SHA256]);
    }
    if (text_status(&t) == OK)
        (void)fputs(t.s, stdout);
    text_free(&t);
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    struct hashing h = {.dir = tool->args[0]};

    (void)ctx;
    TRY(walk_files(h.dir, &h.files));
    TRY(mem_new(h.files.n, sizeof *h.sums, &h.sums));
    TRY(team_run(tool->team, h.files.n, hash_one, &h));
    print(&h);
out:
    mem_free(h.sums);
    walk_free(&h.files);
    return st;
}

int data_hash(int argc, char **argv)
{
    const struct tool_spec spec = {
        .name = "fmcib-data hash",
        .args = "DIR",
        .what = "Make the manifest of a folder: path, bytes and SHA-256 of "
                "every file below it, sorted by path, on stdout.",
        .args_min = 1,
        .args_max = 1,
    };

    return tool_main(argc, argv, &spec, work, NULL);
}
