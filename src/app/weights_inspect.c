/* fmcib-weights inspect FILE: what a file holds. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/sums.h"

#include "app/tool.h"
#include "app/weights.h"
#include "store/state_pass.h"

struct inspect_conf {
    bool json;
};

static const struct conf_row ROWS[] = {
    {"json", CONF_BOOL, CONF_AT(struct inspect_conf, json), "false", 1, 0, NULL,
     "", PLACEMENT, "everything that is known, as JSON"},
};

struct facts {
    struct weights_file file;
    struct sums sums;
    char digest[SHA256_HEX];
    char (*digests)[SHA256_HEX]; /* [scheme->n] */
    struct text net;             /* "" when there is no such network */
    uint64_t params;             /* learnable numbers */
};

static status look(const char *path, struct team *team, struct facts *f)
{
    status st = OK;
    struct scheme_net net;
    const struct scheme *l = NULL;
    struct state_pass p = {.team = team};

    TRY(weights_file_open(path, false, true, &f->file));
    l = f->file.scheme;
    TRY(mem_raw(l->n, SHA256_HEX, &f->digests));
    p.state = f->file.state;
    p.scheme = l;
    p.digests = f->digests;
    TRY(state_pass_run(&p, f->digest));
    if (state_digest(f->file.state))
        memcpy(f->digest, state_digest(f->file.state), SHA256_HEX);
    TRY(sums_of_file(path, 1U << SUM_SHA256, &f->sums));
    text_put(&f->net, "", 0);
    if (f->file.found && scheme_net(f->file.state, l, &net))
        scheme_net_text(&net, &f->net);
    TRY(text_status(&f->net));
    for (size_t i = 0; i < l->n; i++)
        if (!scheme_is_buffer(l->item[i].name))
            f->params += state_at(f->file.state, l->item[i].tensor)->len;
out:
    return st;
}

static void put_values(struct text *t, const struct state *s)
{
    enum { SHOWN = 12 };

    for (size_t i = 0; i < state_values(s) && i < SHOWN; i++) {
        const struct state_value *v = state_value(s, i);

        text_add(t, "%s %s = %.60s\n", i ? "        " : "beside  ", v->name,
                 v->text);
    }
    if (state_values(s) > SHOWN)
        text_add(t, "         and %zu more (--json has them all)\n",
                 state_values(s) - SHOWN);
}

static void put_text(struct text *t, const struct facts *f)
{
    const struct state *s = f->file.state;
    const struct scheme *l = f->file.scheme;
    size_t width = 4;

    text_add(t, "file     %s, %llu bytes, %s\nsha256   %s\ncontent  %s\n",
             state_path(s), (unsigned long long)f->sums.size,
             state_format_name(s), f->sums.hex[SUM_SHA256], f->digest);
    text_add(t, "layout   %s%s: %zu tensors, %llu learnable numbers",
             f->file.found ? "" : "none that is known; ", l->what, l->n,
             (unsigned long long)f->params);
    text_add(t, l->n_left ? ", %zu tensors beside them\n" : "\n", l->n_left);
    if (f->net.len)
        text_add(t, "network  %s\n", f->net.s);
    if (state_text(s, "net"))
        text_add(t, "net      %s\n", state_text(s, "net"));
    if (state_text(s, "origin"))
        text_add(t, "origin   %s\n", state_text(s, "origin"));
    put_values(t, s);
    for (size_t i = 0; i < l->n; i++)
        if (strlen(l->item[i].name) > width && strlen(l->item[i].name) < 48)
            width = strlen(l->item[i].name);
    text_add(t, "\n%-*s  %-9s  %-12s  %s\n", (int)width, "name", "type",
             "digest", "shape");
    for (size_t i = 0; i < l->n; i++) {
        const struct state_tensor *x = state_at(s, l->item[i].tensor);

        text_add(t, "%-*s  %-9s  %.12s  ", (int)width, l->item[i].name,
                 state_type_name(x->type), f->digests[i]);
        weights_put_shape(t, x);
        text_add(t, "\n");
    }
}

static void put_member(struct text *t, const char *key, const char *value)
{
    text_json(t, key);
    text_add(t, ": ");
    text_json(t, value);
    text_add(t, ", ");
}

static void put_json(struct text *t, const struct facts *f)
{
    const struct state *s = f->file.state;
    const struct scheme *l = f->file.scheme;

    text_add(t, "{");
    put_member(t, "file", state_path(s));
    put_member(t, "format", state_format_name(s));
    put_member(t, "sha256", f->sums.hex[SUM_SHA256]);
    put_member(t, "content", f->digest);
    put_member(t, "layout", f->file.found ? l->what : "");
    put_member(t, "network", f->net.s ? f->net.s : "");
    put_member(t, "net", state_text(s, "net") ? state_text(s, "net") : "");
    put_member(t, "origin",
               state_text(s, "origin") ? state_text(s, "origin") : "");
    text_add(t, "\"bytes\": %llu, \"learnable\": %llu, \"beside\": %zu,\n",
             (unsigned long long)f->sums.size, (unsigned long long)f->params,
             l->n_left);
    text_add(t, "\"values\": {");
    for (size_t i = 0; i < state_values(s); i++) {
        const struct state_value *v = state_value(s, i);

        text_add(t, i ? ",\n " : "\n ");
        text_json(t, v->name);
        text_add(t, ": ");
        text_json(t, v->text);
    }
    text_add(t, "},\n\"tensors\": [");
    for (size_t i = 0; i < l->n; i++) {
        const struct state_tensor *x = state_at(s, l->item[i].tensor);

        text_add(t, i ? ",\n {" : "\n {");
        put_member(t, "name", l->item[i].name);
        put_member(t, "key", x->name);
        put_member(t, "type", state_type_name(x->type));
        put_member(t, "digest", f->digests[i]);
        text_add(t, "\"shape\": ");
        weights_put_shape(t, x);
        text_add(t, "}");
    }
    text_add(t, "]}\n");
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    const struct inspect_conf *conf = ctx;
    struct facts f = {0};
    struct text t = {0};

    TRY(look(tool->args[0], tool->team, &f));
    if (conf->json)
        put_json(&t, &f);
    else
        put_text(&t, &f);
    TRY(text_status(&t));
    (void)fputs(t.s, stdout);
out:
    text_free(&t);
    text_free(&f.net);
    mem_free(f.digests);
    weights_file_close(&f.file);
    return st;
}

int weights_inspect(int argc, char **argv)
{
    struct inspect_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-weights inspect",
        .args = "FILE",
        .what = "What a file of weights holds: where its network lies, what "
                "network that is, every tensor with type, digest and shape, "
                "and what stands beside them. Every byte is read and checked.",
        .args_min = 1,
        .args_max = 1,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
