/* fmcib-data fetch ID[/PATH]...: the files of manifests, one after the other.
 * A file that cannot be had does not keep the others from coming. */
#include "app/data_fetch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "app/data.h"
#include "app/data_curl.h"
#include "app/tool.h"
#include "store/manifest_set.h"

enum { MAX_ASKED = 64 };

#define AT(m) CONF_AT(struct fetch_conf, m)
static const struct conf_row ROWS[] = {
    {"out", CONF_TEXT, AT(out), "data", 1, 0, NULL, "DIR", PLACEMENT,
     "files go to DIR/ID/PATH"},
    {"manifests", CONF_TEXT, AT(manifests), "data-manifests", 1, 0, NULL, "DIR",
     PLACEMENT, "folder of the manifests"},
    {"mirror", CONF_TEXT, AT(mirror), "", 1, 0, NULL, "PREFIX", PLACEMENT,
     "ask PREFIX/ID/PATH first: a folder, file:///..., https://... or "
     "http://..."},
    {"offline", CONF_BOOL, AT(offline), "false", 1, 0, NULL, "", PLACEMENT,
     "ask the mirror and file:// addresses only"},
    {"allow-http", CONF_BOOL, AT(plain_http), "false", 1, 0, NULL, "",
     PLACEMENT, "published addresses and redirections may be plain http"},
    {"retries", CONF_I64, AT(retries), "5", 0, 1000, NULL, "N", PLACEMENT,
     "further tries of an address that may still answer"},
    {"backoff", CONF_F64, AT(backoff_s), "2", 0, 3600, NULL, "SECONDS",
     PLACEMENT, "before the second try; doubled each time, at most 60"},
    {"stall", CONF_I64, AT(stall_s), "60", 1, 86400, NULL, "SECONDS", PLACEMENT,
     "a try ends when no byte came for so long"},
    {"curl", CONF_TEXT, AT(curl), "curl", 1, 0, NULL, "PROGRAM", PLACEMENT,
     "what downloads"},
};
#undef AT

/* What came of all. */
struct tally {
    size_t files, no_address, failed;
    status worst; /* of the first that failed */
};

static status
tell(const char *word, int64_t bytes, const char *path, const char *said)
{
    status st = OK;

    (void)printf("%-10s  ", word);
    if (bytes < 0)
        (void)printf("%13s", "-");
    else
        (void)printf("%13" PRId64, bytes);
    (void)printf("  %s%s%s%s\n", path, *said ? "  (" : "", said,
                 *said ? ")" : "");
    ENSURE(fflush(stdout) == 0, ERR_FILE, "standard output cannot be written");
out:
    return st;
}

static status one_file(const struct fetch_conf *conf,
                       const struct manifest *m,
                       const struct manifest_file *f,
                       struct tally *tally)
{
    static const char *const words[] = {"fetched", "there", "unproven",
                                        "no address"};
    status st = OK;
    status got = OK;
    char *dir = NULL;
    char *path = NULL;
    enum fetch_end end = FETCH_CAME;
    struct text said = {0};
    uint64_t size = 0;

    TRY(file_join(conf->out, m->id, &dir));
    TRY(file_join(dir, f->path, &path));
    tally->files++;
    got = fetch_file(conf, m, f, path, &end, &said);
    if (got == STOPPED || got == ERR_MEM)
        TRY(got);
    if (got != OK) {
        tally->failed++;
        tally->worst = tally->worst == OK ? got : tally->worst;
        TRY(tell("failed", -1, path, ""));
        (void)fprintf(stderr, "fmcib-data fetch: error: %s\n", status_text());
        goto out;
    }
    tally->no_address += end == FETCH_NO_ADDRESS;
    if (end == FETCH_NO_ADDRESS)
        text_add(&said, "by hand: fmcib-data list %s", m->id);
    else
        TRY(file_size(path, &size));
    TRY(text_status(&said));
    TRY(tell(words[end], end == FETCH_NO_ADDRESS ? -1 : (int64_t)size, path,
             said.s));
out:
    mem_free(dir);
    mem_free(path);
    text_free(&said);
    return st;
}

/* ID or ID/PATH, where PATH is a file or a folder of the manifest. */
static status one_argument(const struct fetch_conf *conf,
                           const struct manifest_set *set,
                           const char *arg,
                           struct tally *tally)
{
    status st = OK;
    const struct manifest *m = NULL;
    char *id = NULL;
    char *only = NULL;
    size_t n = 0;
    size_t before = tally->files;

    TRY(mem_text(arg, &id));
    only = strchr(id, '/');
    if (only)
        *only++ = '\0';
    n = only ? strlen(only) : 0;
    n -= n && only[n - 1] == '/';
    TRY(manifest_set_find(set, id, &m));
    for (uint32_t i = 0; i < m->n_files; i++) {
        const struct manifest_file *f = &m->files[m->by_path[i]];

        if (!n || (strncmp(f->path, only, n) == 0 &&
                   (f->path[n] == '\0' || f->path[n] == '/')))
            TRY(one_file(conf, m, f, tally));
    }
    ENSURE(tally->files > before || n, ERR_USAGE,
           "%s: no files to fetch; `fmcib-data list %s` says where the data "
           "are",
           id, id);
    ENSURE(tally->files > before, ERR_USAGE,
           "%s: manifest %s has no such file; `fmcib-data list %s` shows them",
           arg, id, id);
out:
    mem_free(id);
    return st;
}

static status verdict(const struct tally *t)
{
    status st = OK;

    ENSURE(!t->failed, t->worst, "%zu of %zu files could not be fetched",
           t->failed, t->files);
    ENSURE(!t->no_address, ERR_PARTIAL,
           "%zu of %zu files have no address to ask", t->no_address, t->files);
out:
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    const struct fetch_conf *conf = ctx;
    struct manifest_set set = {0};
    struct tally tally = {.worst = OK};

    curl_catch_signals();
    TRY(manifest_set_read(conf->manifests, &set));
    for (size_t i = 0; i < tool->n_args; i++)
        TRY(one_argument(conf, &set, tool->args[i], &tally));
    TRY(verdict(&tally));
out:
    manifest_set_free(&set);
    return st;
}

int data_fetch(int argc, char **argv)
{
    struct fetch_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-data fetch",
        .args = "ID[/PATH]...",
        .what =
            "Download the files of manifests with curl, into PATH.part; a "
            "file gets its name when bytes and sums are right. The same line "
            "again goes on where it was; what is there and right stays.\v"
            "A wrong download is kept as PATH.bad. Where no sum is published "
            "the computed one is recorded in PATH.sha256. curl obeys "
            "https_proxy and the like, no .curlrc.",
        .args_min = 1,
        .args_max = MAX_ASKED,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
