/* fmcib-weights hash FILE...: what features and logs name weights by. */
#include <stdio.h>
#include <string.h>

#include "base/sums.h"

#include "app/tool.h"
#include "app/weights.h"
#include "store/state_pass.h"

struct hash_conf {
    bool json;
};

static const struct conf_row ROWS[] = {
    {"json", CONF_BOOL, CONF_AT(struct hash_conf, json), "false", 1, 0, NULL,
     "", PLACEMENT, "as JSON, one object a line"},
};

static status content(const char *path, struct team *team, char hex[SHA256_HEX])
{
    status st = OK;
    struct weights_file f = {0};
    struct state_pass p = {.team = team};

    TRY(weights_file_open(path, false, true, &f));
    p.state = f.state;
    p.scheme = f.scheme;
    TRY(state_pass_run(&p, hex));
    if (state_digest(f.state))
        memcpy(hex, state_digest(f.state), SHA256_HEX);
out:
    weights_file_close(&f);
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    const struct hash_conf *conf = ctx;
    struct sums sums = {0};
    struct text t = {0};
    char hex[SHA256_HEX];

    for (size_t i = 0; i < tool->n_args; i++) {
        TRY(content(tool->args[i], tool->team, hex));
        TRY(sums_of_file(tool->args[i], 1U << SUM_SHA256, &sums));
        if (conf->json) {
            text_add(&t, "{\"content\": \"%s\", \"sha256\": \"%s\", \"file\": ",
                     hex, sums.hex[SUM_SHA256]);
            text_json(&t, tool->args[i]);
            text_add(&t, "}\n");
        } else {
            text_add(&t, "%s %s %s\n", hex, sums.hex[SUM_SHA256],
                     tool->args[i]);
        }
    }
    TRY(text_status(&t));
    (void)fputs(t.s, stdout);
out:
    text_free(&t);
    return st;
}

int weights_hash(int argc, char **argv)
{
    struct hash_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-weights hash",
        .args = "FILE...",
        .what = "For each file a line: digest of the content (names, shapes, "
                "values: the same in every format, and what features name "
                "their weights by), SHA-256 of the bytes, path.",
        .args_min = 1,
        .args_max = 4096,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
