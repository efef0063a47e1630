/* fmcib-data hash DIR: the manifest of what lies in a folder. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/walk.h"

#include "app/data.h"
#include "app/data_sums.h"
#include "store/manifest.h"

struct hash_conf {
    const char *out;
};

static const struct conf_row ROWS[] = {
    {"out", CONF_TEXT, CONF_AT(struct hash_conf, out), "", 1, 0, NULL, "FILE",
     PLACEMENT, "write it here, not to stdout"},
};

struct hashing {
    struct walk files;
    struct data_item *items; /* [files.n] */
    struct data_made *made;  /* [files.n] */
};

/* A manifest that lies in the folder is not one of its files. */
static void drop_manifest(struct walk *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->at[i].path, "manifest.yaml") == 0) {
            mem_free(w->at[i].path);
            memmove(&w->at[i], &w->at[i + 1], (w->n - i - 1) * sizeof w->at[0]);
            w->n--;
            return;
        }
}

static status look(const char *dir, struct hashing *h)
{
    status st = OK;

    TRY(walk_files(dir, &h->files));
    drop_manifest(&h->files);
    TRY(mem_new(h->files.n, sizeof *h->items, &h->items));
    TRY(mem_new(h->files.n, sizeof *h->made, &h->made));
    for (size_t i = 0; i < h->files.n; i++) {
        const struct walk_file *f = &h->files.at[i];
        const char *fault = manifest_path_fault(f->path);

        ENSURE(!fault, ERR_DATA, "%s: the name of file \"%s\" %s", dir, f->path,
               fault);
        ENSURE(f->regular, ERR_DATA,
               "%s/%s: is no regular file (a pipe, a device, a link that leads "
               "nowhere); remove it",
               dir, f->path);
        h->items[i] = (struct data_item){f->path, f->size, 1U << SUM_SHA256};
    }
out:
    return st;
}

static status put(struct text *t, const struct hashing *h)
{
    status st = OK;
    const char **path = NULL;
    struct sums *sums = NULL;

    TRY(mem_new(h->files.n, sizeof(char *), &path));
    TRY(mem_new(h->files.n, sizeof *sums, &sums));
    for (size_t i = 0; i < h->files.n; i++) {
        ENSURE(!h->made[i].fault[0], ERR_FILE, "%s", h->made[i].fault);
        path[i] = h->files.at[i].path;
        sums[i] = h->made[i].sums;
    }
    manifest_put(t, h->files.n, path, sums);
    TRY(text_status(t));
out:
    mem_free(path);
    mem_free(sums);
    return st;
}

/* The manifest goes to stdout, or to a file and its own sum to stdout. */
static status answer(const struct hash_conf *conf, const struct hashing *h)
{
    status st = OK;
    struct text t = {0};
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX];

    TRY(put(&t, h));
    if (!*conf->out) {
        (void)fputs(t.s, stdout);
        goto out;
    }
    TRY(file_publish(conf->out, t.s, t.len));
    TRY(sha256_of(t.s, t.len, digest));
    sha256_hex(digest, hex);
    (void)printf("manifest %s %s\n", hex, conf->out);
out:
    text_free(&t);
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    struct hashing h = {0};
    const char *dir = tool->args[0];

    if (tool->first)
        st = look(dir, &h);
    TRY(data_sums(tool, st, dir, h.items, h.files.n, h.made));
    if (tool->first)
        st = answer(ctx, &h);
    TRY(par_agree(tool->par, st));
out:
    mem_free(h.items);
    mem_free(h.made);
    walk_free(&h.files);
    return st;
}

int data_hash(int argc, char **argv)
{
    struct hash_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-data hash",
        .args = "DIR",
        .what = "Make the manifest of a folder: path, bytes and SHA-256 of "
                "every file below it, sorted by path. As DIR/manifest.yaml it "
                "is what `fmcib-data verify DIR` reads.",
        .args_min = 1,
        .args_max = 1,
        .ranks = true,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
