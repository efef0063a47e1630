/* fmcib-weights convert IN OUT: the same weights in another format. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sums.h"

#include "app/tool.h"
#include "app/weights.h"
#include "store/checkpoint.h"
#include "store/safetensors.h"
#include "store/state_pass.h"
#include "store/torch_write.h"
#include "train/import.h"
#include "train/weights.h"

struct convert_conf {
    bool as_is;
    int64_t stride;
};

static const struct conf_row ROWS[] = {
    {"as-is", CONF_BOOL, CONF_AT(struct convert_conf, as_is), "false", 1, 0,
     NULL, "", PLACEMENT, "all tensors under their own names, not the weights"},
    {"stem-stride", CONF_I64, CONF_AT(struct convert_conf, stride), "2", 1, 2,
     NULL, "N", PLACEMENT,
     "stride of the stem, for .nc of a file that does not say it"},
};

enum { PIECE = 1 << 18 };

struct converting {
    const struct convert_conf *conf;
    const char *from, *to;
    struct weights_file in;
    struct sft_item *item; /* [scheme->n] */
};

static status fill_items(struct converting *c)
{
    status st = OK;
    const struct scheme *l = c->in.scheme;

    TRY(mem_new(l->n, sizeof *c->item, &c->item));
    for (size_t i = 0; i < l->n; i++) {
        const struct state_tensor *t = state_at(c->in.state, l->item[i].tensor);

        c->item[i] = (struct sft_item){.name = l->item[i].name,
                                       .type = t->type,
                                       .rank = t->rank,
                                       .len = t->len,
                                       .source = l->item[i].tensor};
        memcpy(c->item[i].dim, t->dim, sizeof t->dim);
    }
out:
    return st;
}

/* The values of one tensor to the writer of either foreign format. */
static status copy_values(struct converting *c,
                          size_t tensor,
                          struct sft_writer *sft,
                          struct torch_writer *torch,
                          void *buf)
{
    status st = OK;
    struct state_reader r = {0};
    uint64_t len = state_at(c->in.state, tensor)->len;

    TRY(state_start(c->in.state, tensor, &r));
    do {
        uint64_t n = len - r.next < PIECE ? len - r.next : PIECE;

        TRY(state_next(&r, n, buf));
        if (sft)
            TRY(sft_put(sft, buf, n));
        else
            TRY(torch_put(torch, buf, n));
    } while (r.next < len);
out:
    state_stop(&r);
    return st;
}

static status to_safetensors(struct converting *c)
{
    status st = OK;
    struct sft_writer *w = NULL;
    void *buf = NULL;

    TRY(mem_raw(PIECE, 16, &buf));
    TRY(sft_create(c->to, c->item, c->in.scheme->n, &w));
    for (size_t i = 0; i < c->in.scheme->n; i++)
        TRY(copy_values(c, c->item[i].source, w, NULL, buf));
    TRY(sft_finish(w));
out:
    sft_writer_free(w);
    mem_free(buf);
    return st;
}

static status to_torch(struct converting *c)
{
    status st = OK;
    struct torch_writer *w = NULL;
    const char *home = NULL;
    void *buf = NULL;

    TRY(mem_raw(PIECE, 16, &buf));
    if (c->in.found)
        home =
            c->in.scheme->trunk_prefix[0] ? "state_dict" : "trunk_state_dict";
    TRY(torch_create(c->to, c->item, c->in.scheme->n, home, &w));
    for (size_t i = 0; i < c->in.scheme->n; i++)
        TRY(copy_values(c, c->item[i].source, NULL, w, buf));
    TRY(torch_finish(w));
out:
    torch_writer_free(w);
    mem_free(buf);
    return st;
}

/* What our NetCDF holds; float16 and bfloat16 are widened, exactly. */
static bool nc_type(enum state_type t, enum digest_type *out)
{
    static const enum digest_type as[] = {
        [STATE_F32] = DIGEST_F32, [STATE_F64] = DIGEST_F64,
        [STATE_F16] = DIGEST_F32, [STATE_BF16] = DIGEST_F32,
        [STATE_I64] = DIGEST_I64, [STATE_I32] = DIGEST_I32,
        [STATE_I16] = DIGEST_I16, [STATE_I8] = DIGEST_U8,
        [STATE_U8] = DIGEST_U8};

    *out = t <= STATE_U8 ? as[t] : DIGEST_U8;
    return t <= STATE_U8 && t != STATE_I8;
}

static status put_nc(struct converting *c, size_t i, struct ckpt_writer *w)
{
    status st = OK;
    const struct sft_item *x = &c->item[i];
    struct state_reader r = {0};
    enum digest_type type = DIGEST_U8;
    bool wide = x->type == STATE_F16 || x->type == STATE_BF16;
    unsigned char *v = NULL;
    float *f = NULL;

    ENSURE(nc_type(x->type, &type) && x->rank <= CKPT_RANK && x->len > 0 &&
               x->name[0] && !strchr(x->name, '/'),
           ERR_DATA,
           "%s: tensor \"%s\" (%s) cannot stand in a NetCDF file of ours; take "
           ".safetensors",
           c->from, x->name, state_type_name(x->type));
    TRY(mem_raw((size_t)x->len, state_type_size(x->type), &v));
    TRY(state_start(c->in.state, x->source, &r));
    TRY(state_next(&r, x->len, v));
    if (wide) {
        TRY(mem_raw((size_t)x->len, sizeof *f, &f));
        state_to_f32(x->type, v, (size_t)x->len, f);
    }
    TRY(ckpt_put(w, x->name, type, x->rank, x->dim, wide ? (void *)f : v));
out:
    state_stop(&r);
    mem_free(v);
    mem_free(f);
    return st;
}

/* The network and where the weights come from, as texts. */
static status put_texts(struct converting *c, struct ckpt_writer *w)
{
    status st = OK;
    struct text net = {0};
    struct text origin = {0};
    struct net_conf conf;
    struct sums sums = {0};
    bool told = false;
    const char *name = strrchr(c->from, '/');

    TRY(sums_of_file(c->from, 1U << SUM_SHA256, &sums));
    text_add(&origin, "%s, SHA-256 %s, %s", name ? name + 1 : c->from,
             sums.hex[SUM_SHA256], c->in.scheme->what);
    TRY(text_status(&origin));
    TRY(ckpt_put_text(w, "origin", origin.s));
    if (!c->in.found)
        goto out;
    TRY(import_conf_of(c->in.state, c->in.scheme, &conf, &told));
    if (!told)
        conf.conv1_stride = (int32_t)c->conf->stride;
    TRY(weights_net_text(&conf, &net));
    TRY(ckpt_put_text(w, "net", net.s));
out:
    text_free(&net);
    text_free(&origin);
    return st;
}

static status to_nc(struct converting *c)
{
    status st = OK;
    struct ckpt_writer *w = NULL;
    char digest[SHA256_HEX];

    TRY(ckpt_create(c->to, "weights", &w));
    TRY(put_texts(c, w));
    for (int buffers = 0; buffers < 2; buffers++)
        for (size_t i = 0; i < c->in.scheme->n; i++)
            if (scheme_is_buffer(c->item[i].name) == buffers)
                TRY(put_nc(c, i, w));
    TRY(ckpt_finish(w, digest));
out:
    ckpt_writer_free(w);
    return st;
}

static bool ends(const char *s, const char *with)
{
    size_t n = strlen(s);

    return n > strlen(with) && strcmp(s + n - strlen(with), with) == 0;
}

static status work(struct tool *tool, const void *ctx)
{
    status st = OK;
    struct converting c = {
        .conf = ctx, .from = tool->args[0], .to = tool->args[1]};
    bool torch =
        ends(c.to, ".pt") || ends(c.to, ".torch") || ends(c.to, ".ckpt");

    ENSURE(torch || ends(c.to, ".safetensors") || ends(c.to, ".nc"), ERR_USAGE,
           "%s: the format is told by its end: .safetensors, .nc, .pt, .torch "
           "or .ckpt",
           c.to);
    ENSURE(!file_exists(c.to), ERR_FILE,
           "%s: is there already; it is not written over", c.to);
    TRY(weights_file_open(c.from, c.conf->as_is, false, &c.in));
    TRY(fill_items(&c));
    if (torch)
        TRY(to_torch(&c));
    else
        TRY(ends(c.to, ".nc") ? to_nc(&c) : to_safetensors(&c));
    if (!tool->quiet)
        (void)fprintf(stderr, "%s: %zu tensors (%s)\n", c.to, c.in.scheme->n,
                      c.in.scheme->what);
    if (!tool->quiet && c.in.scheme->n_left)
        (void)fprintf(stderr,
                      "left out: %zu tensors beside the weights (--as-is takes "
                      "them too)\n",
                      c.in.scheme->n_left);
out:
    mem_free(c.item);
    weights_file_close(&c.in);
    return st;
}

int weights_convert(int argc, char **argv)
{
    struct convert_conf conf = {0};
    const struct tool_spec spec = {
        .name = "fmcib-weights convert",
        .args = "IN OUT",
        .what = "Write the weights of a file in the format that OUT ends in: "
                ".safetensors (canonical: equal tensors, equal files), .nc "
                "(this suite; with the network and the origin), .pt, .torch or "
                ".ckpt (the study's trunk_state_dict). Values stay bit for "
                "bit; .nc widens float16 and bfloat16 to float32. Optimiser "
                "states and what else is beside the weights are left out.",
        .args_min = 2,
        .args_max = 2,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
