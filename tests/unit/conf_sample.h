#ifndef TESTS_UNIT_CONF_SAMPLE_H
#define TESTS_UNIT_CONF_SAMPLE_H

/* A small configuration with a row of every type, for the tests of conf/. */
#include "conf/conf.h"

struct sample {
    int64_t steps;
    double rate;
    bool joint;
    const char *list;
    const char *note;
    int recipe;
    int mode;
    struct conf_list depth;
    struct conf_list ratios;
    struct conf_map space;
    int64_t threads;
    const char *out;
};

static const struct conf_row SAMPLE_ROWS[] = {
    {"recipe", CONF_ENUM, CONF_AT(struct sample, recipe), "none", 1, 0,
     "none|y2023|intended", "", IDENTITY, "preset"},
    {"train.steps", CONF_I64, CONF_AT(struct sample, steps), "10", 1, 1000,
     NULL, "steps", IDENTITY, "how long"},
    {"train.rate", CONF_F64, CONF_AT(struct sample, rate), "0.5", 0, 1, NULL,
     "1", IDENTITY, "how fast"},
    {"norm.joint", CONF_BOOL, CONF_AT(struct sample, joint), "false", 1, 0,
     NULL, "", IDENTITY, "one batch"},
    {"input.list", CONF_TEXT, CONF_AT(struct sample, list), NULL, 1, 0, NULL,
     "", IDENTITY, "the list"},
    {"note", CONF_TEXT, CONF_AT(struct sample, note), "", 1, 0, NULL, "",
     IDENTITY, "any words"},
    {"train.mode", CONF_ENUM, CONF_AT(struct sample, mode), "slow", 1, 0,
     "slow|fast|faster", "", IDENTITY, "a choice"},
    {"net.depth", CONF_I64S, CONF_AT(struct sample, depth), "[1, 2]", 1, 9,
     NULL, "blocks", IDENTITY, "whole numbers"},
    {"net.ratios", CONF_F64S, CONF_AT(struct sample, ratios), "[]", 1, 0, NULL,
     "", IDENTITY, "numbers"},
    {"space", CONF_MAP, CONF_AT(struct sample, space), NULL, 1, 0, NULL, "",
     IDENTITY, "any keys"},
};

static const struct conf_row SAMPLE_RUN_ROWS[] = {
    {"run.threads", CONF_I64, CONF_AT(struct sample, threads), "0", 0, 64, NULL,
     "", PLACEMENT, "threads"},
    {"run.out", CONF_TEXT, CONF_AT(struct sample, out), "runs/out", 1, 0, NULL,
     "", PLACEMENT, "folder"},
};

static const char *const SAMPLE_2023[] = {"train.steps=23", "train.mode=fast",
                                          "net.depth=[2, 3]", NULL};
static const char *const SAMPLE_INTENDED[] = {"norm.joint=true", NULL};
static const struct conf_preset SAMPLE_PRESETS[] = {
    {"recipe", "y2023", SAMPLE_2023},
    {"recipe", "intended", SAMPLE_INTENDED},
};

enum { SAMPLE_TABLES = 2, SAMPLE_N_PRESETS = 2 };

static inline void sample_tables(struct sample *s,
                                 struct conf_table t[SAMPLE_TABLES])
{
    t[0] = (struct conf_table){SAMPLE_ROWS,
                               sizeof SAMPLE_ROWS / sizeof *SAMPLE_ROWS, s};
    t[1] = (struct conf_table){
        SAMPLE_RUN_ROWS, sizeof SAMPLE_RUN_ROWS / sizeof *SAMPLE_RUN_ROWS, s};
}

/* Load a file (NULL: none) and up to n sets over the sample. */
static inline status sample_load(struct sample *s,
                                 const char *file,
                                 const char *const *sets,
                                 size_t n_sets,
                                 struct conf **out)
{
    struct conf_table t[SAMPLE_TABLES];

    sample_tables(s, t);
    return conf_load(t, SAMPLE_TABLES, SAMPLE_PRESETS, SAMPLE_N_PRESETS, file,
                     sets, n_sets, out);
}

#endif
