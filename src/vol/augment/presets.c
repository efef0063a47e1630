/* The pipelines of the study's YAML files (Pai et al. 2024), step by step. */
#include <string.h>

#include "base/text.h"

#include "vol/augment/augment.h"
#include "vol/augment/pipeline.h"

/* Conversions to a tensor and a channel axis change no value and are left
 * out. Sizes are the files'. */
#define STEP(o, n, p, lo, hi)                                                  \
    {                                                                          \
        AUGMENT_##o, n, p, lo, hi, AUGMENT_##o == AUGMENT_CROP                 \
    }
#define CROP(n, a, b) STEP(CROP, n, 1.0, a, b)
#define FLIP          STEP(FLIP, 0, 0.5, 0.0, 0.0)
#define HISTOGRAM     STEP(HISTOGRAM, 0, 0.5, 0.0, 0.0)
#define SMOOTH        STEP(SMOOTH, 0, 0.5, 0.25, 1.5)
#define PAD(n)        STEP(PAD, n, 1.0, 0.0, 0.0)
#define TRANSLATE     STEP(TRANSLATE, 0, 0.5, -10.0, 10.0)
#define ROTATE        STEP(ROTATE, 0, 0.5, 0.0, 0.0)
#define PLAIN(o)      STEP(o, 0, 1.0, 0.0, 0.0)

#define VIEW(n, a, b) CROP(n, a, b), FLIP, HISTOGRAM, SMOOTH, PAD(n)
#define TUNE          SMOOTH, TRANSLATE, FLIP, ROTATE

static const struct preset {
    struct augment_name name;
    struct augment_pipeline pipeline;
} presets[] = {
    {{"pretraining/fmcib_pretrain", "train"},
     {1, {{2, {7, {VIEW(50, 0.5, 1.0), PLAIN(THRESHOLD), PLAIN(NORMALISE)}}}}}},
    {{"pretraining/original_simclr_pretrain", "train"},
     {1, {{2, {6, {PLAIN(NORMALISE), VIEW(50, 0.5, 1.0)}}}}}},
    {{"pretraining/nnclr_pretrain", "train"},
     {1, {{2, {6, {PLAIN(NORMALISE), VIEW(50, 0.5, 1.0)}}}}}},
    {{"pretraining/swav_pretrain", "train"},
     {2,
      {{2, {6, {PLAIN(NORMALISE), VIEW(50, 0.5, 1.0)}}},
       {6, {6, {PLAIN(NORMALISE), VIEW(25, 0.3, 0.5)}}}}}},
    {{"pretraining/autoencoder", "train"},
     {1, {{1, {6, {PLAIN(NORMALISE), VIEW(50, 0.5, 1.0)}}}}}},
    {{"adaptation/fmcib_finetune", "train"},
     {1, {{1, {6, {PLAIN(NORMALISE), PAD(50), TUNE}}}}}},
    {{"adaptation/fmcib_finetune", "val"},
     {1, {{1, {2, {PLAIN(NORMALISE), PAD(50)}}}}}},
    {{"baselines/supervised_training/supervised_random_init", "train"},
     {1, {{1, {6, {PAD(50), TUNE, PLAIN(NORMALISE)}}}}}},
    {{"baselines/supervised_training/supervised_random_init", "val"},
     {1, {{1, {2, {PLAIN(NORMALISE), PAD(50)}}}}}},
    {{"baselines/supervised_training/supervised_finetune", "train"},
     {1, {{1, {6, {PAD(50), TUNE, PLAIN(NORMALISE)}}}}}},
    {{"baselines/supervised_training/supervised_finetune", "val"},
     {1, {{1, {2, {PAD(50), PLAIN(NORMALISE)}}}}}},
    {{"baselines/med3d/finetune", "train"},
     {1, {{1, {6, {PLAIN(SCALE), PAD(50), TUNE}}}}}},
    {{"baselines/med3d/finetune", "val"},
     {1, {{1, {2, {PLAIN(SCALE), PAD(50)}}}}}},
    {{"baselines/med3d/finetune", "predict"},
     {1, {{1, {2, {PLAIN(SCALE), PAD(50)}}}}}},
    {{"baselines/models_genesis/finetune", "train"},
     {1, {{1, {7, {PLAIN(TRANSPOSE), PAD(48), TUNE, PLAIN(SCALE)}}}}}},
    {{"baselines/models_genesis/finetune", "val"},
     {1, {{1, {3, {PLAIN(TRANSPOSE), PAD(48), PLAIN(SCALE)}}}}}},
    {{"baselines/models_genesis/finetune", "predict"},
     {1, {{1, {3, {PLAIN(TRANSPOSE), PAD(48), PLAIN(SCALE)}}}}}},
    {{"inference/extract_features", "predict"},
     {1, {{1, {2, {PLAIN(NORMALISE), PAD(50)}}}}}},
    {{"inference/get_predictions", "predict"},
     {1, {{1, {2, {PLAIN(NORMALISE), PAD(50)}}}}}},
};
enum { PRESETS = sizeof presets / sizeof *presets };

enum { EDGE = 50, EDGE_LEAST = 4, EDGE_MOST = 256 };

/* The files' sizes for another edge. */
static void set_edge(struct augment_pipeline *p, int64_t edge)
{
    for (int32_t i = 0; i < p->parts; i++)
        for (int32_t k = 0; k < p->part[i].chain.n; k++) {
            int64_t *size = &p->part[i].chain.step[k].size;

            if (*size > 0)
                *size = (*size * edge + EDGE / 2) / EDGE;
        }
}

const struct augment_name *augment_name_at(size_t i)
{
    return i < PRESETS ? &presets[i].name : NULL;
}

static status refuse(const char *config, const char *part)
{
    status st = OK;
    struct text list = {0};

    for (size_t i = 0; i < PRESETS; i++)
        text_add(&list, "%s%s (%s)", i ? ", " : "", presets[i].name.config,
                 presets[i].name.part);
    TRY(text_status(&list));
    ENSURE(false, ERR_CONF, "no pipeline %s (%s); there are: %s", config, part,
           list.s);
out:
    text_free(&list);
    return st;
}

status augment_preset(const char *config,
                      const char *part,
                      int64_t edge,
                      struct augment_pipeline *out)
{
    status st = OK;
    size_t i = 0;

    ENSURE(edge >= EDGE_LEAST && edge <= EDGE_MOST, ERR_CONF,
           "views of %lld voxels an edge are not possible, %d to %d are",
           (long long)edge, EDGE_LEAST, EDGE_MOST);
    while (i < PRESETS && (strcmp(presets[i].name.config, config) != 0 ||
                           strcmp(presets[i].name.part, part) != 0))
        i++;
    if (i == PRESETS)
        return refuse(config, part);
    *out = presets[i].pipeline;
    set_edge(out, edge);
out:
    return st;
}

int32_t augment_views(const struct augment_pipeline *p)
{
    int32_t n = 0;

    for (int32_t i = 0; i < p->parts; i++)
        n += p->part[i].views;
    return n;
}

const struct augment_chain *augment_chain_of(const struct augment_pipeline *p,
                                             int32_t view)
{
    int32_t i = 0;

    while (i < p->parts - 1 && view >= p->part[i].views)
        view -= p->part[i++].views;
    return &p->part[i].chain;
}

int64_t augment_edge(const struct augment_chain *c)
{
    int64_t edge = 0;

    for (int32_t i = 0; i < c->n; i++)
        if (c->step[i].size > 0)
            edge = c->step[i].size;
    return edge;
}

/* ---- the choice of a configuration -------------------------------------- */

#define AT(m) CONF_AT(struct augment_choice, m)
const struct conf_row augment_choice_rows[] = {
    {"augment.pipeline", CONF_ENUM, AT(pipeline), "adaptation/fmcib_finetune",
     1, 0, AUGMENT_CHOICES, "", IDENTITY,
     "transforms of this YAML file of the study"},
    {"augment.size", CONF_I64, AT(size), "50", EDGE_LEAST, EDGE_MOST, NULL,
     "voxels", IDENTITY, "edge of a view; the files' sizes times size / 50"},
};
const size_t augment_choice_rows_n =
    sizeof augment_choice_rows / sizeof *augment_choice_rows;
#undef AT

status augment_chosen(const struct augment_choice *c,
                      const char *part,
                      struct augment_pipeline *out)
{
    status st = OK;
    const char *at = AUGMENT_CHOICES;
    char config[128];
    size_t n;

    for (int i = 0; i < c->pipeline; i++)
        at = strchr(at, '|') + 1;
    n = strcspn(at, "|");
    BUG_IF(n >= sizeof config);
    memcpy(config, at, n);
    config[n] = '\0';
    TRY(augment_preset(config, part, c->size, out));
out:
    return st;
}
