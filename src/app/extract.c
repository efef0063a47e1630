/* fmcib-extract: features of patches by a pretrained network. */
#include "train/extract.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "app/cut.h"
#include "app/run.h"

enum { CUT_ROWS_MAX = 32 };

struct job {
    const char *weights;
    const char *patches;
    double cache_gb;
    const char *csv;
    int64_t batch, group, save, stem;
    int pipeline; /* enum extract_pipeline */
    bool fold;
    struct cut_conf cut; /* instead of a store */
    struct compute_conf compute;
};

#define AT(m) CONF_AT(struct job, m)
static const struct conf_row rows[] = {
    {"input.weights", CONF_TEXT, AT(weights), NULL, 1, 0, NULL, "", PLACEMENT,
     "weights: NetCDF of ours, .torch/.pt/.ckpt or .safetensors; their digest "
     "is in the features"},
    {"input.patches", CONF_TEXT, AT(patches), "", 1, 0, NULL, "", PLACEMENT,
     "folder of fmcib-prepare; its digest is in the features"},
    {"input.cache_gb", CONF_F64, AT(cache_gb), "1", 0, 1e6, NULL, "GB",
     PLACEMENT, "patch stores up to this size are held in memory"},
    {"extract.batch", CONF_I64, AT(batch), "4", 1, 1024, NULL, "patches",
     PLACEMENT, "patches a thread takes through the network at once"},
    {"extract.norm_batch", CONF_I64, AT(group), "32", 1, 1024, NULL, "rows",
     IDENTITY,
     "Models Genesis: rows of the list, from its first on, whose batch "
     "statistics its norms share; its features depend on them"},
    {"extract.pipeline", CONF_ENUM, AT(pipeline), "auto", 1, 0,
     "auto|inference/extract_features|baselines/med3d/finetune|"
     "baselines/models_genesis/finetune",
     "", IDENTITY,
     "transforms of this YAML file of the study; auto: the first, or those of "
     "Models Genesis for its weights"},
    {"extract.save", CONF_I64, AT(save), "256", 1, 1e9, NULL, "rows", PLACEMENT,
     "a rank keeps finished rows in the run folder this often, for --resume"},
    {"extract.csv", CONF_TEXT, AT(csv), "", 1, 0, NULL, "", PLACEMENT,
     "the table of features goes here; empty: features.csv in the run folder; "
     "--out FILE.csv sets it, and the run folder to FILE"},
    {"extract.fold", CONF_BOOL, AT(fold), "false", 1, 0, NULL, "", IDENTITY,
     "fold batch norms into the convolutions; features move by rounding"},
    {"extract.stem_stride", CONF_I64, AT(stem), "0", 0, 4, NULL, "voxels",
     IDENTITY,
     "stride of the stem; 0: as the weights say, 2 when they do not (the "
     "published ones; some files of the study have 1)"},
};

/* A run that was killed here may have left one of rows that can be had now. */
static status
write_rejected(const struct run *run, const struct extract_out *f, char **path)
{
    status st = OK;

    TRY(run_path(run, "rejected.csv", path));
    if (f->n_rejected > 0 && !f->again)
        TRY(file_publish(*path, f->rejected.s, f->rejected.len));
    else if (f->n_rejected == 0)
        (void)unlink(*path);
out:
    return st;
}

/* features.nc is the last, so a folder that has it has all. */
static status
publish(struct run *run, const struct job *job, struct extract_out *f)
{
    status st = OK;
    char digest[SHA256_HEX] = "";
    char *csv = NULL;
    char *nc = NULL;
    char *rejected = NULL;

    TRY(run_path(run, "features.nc", &nc));
    if (job->csv[0])
        TRY(mem_text(job->csv, &csv));
    else
        TRY(run_path(run, "features.csv", &csv));
    TRY(features_digest(f->features, digest));
    TRY(write_rejected(run, f, &rejected));
    if (!f->again || !file_exists(csv))
        TRY(features_write_csv(csv, f->features));
    if (!f->again) {
        memcpy(f->features->run_id, run->run_id, SHA256_HEX);
        TRY(features_write_nc(nc, f->features));
    }
    TRY(extract_end(run->conf.out));
    LOG_I64("extract.rejected", -1, f->n_rejected);
    TRY(run_result(run, "features", digest, nc));
    ENSURE(f->n_rejected == 0, ERR_PARTIAL,
           "%u of %u rows gave no features; they and why: %s", f->n_rejected,
           f->n_rejected + f->features->rows, rejected);
out:
    mem_free(rejected);
    mem_free(csv);
    mem_free(nc);
    return st;
}

/* A table that is there already is another run's, unless this one goes on. */
static status check_csv(const struct run *run, const struct job *job)
{
    status st = OK;

    ENSURE(!job->csv[0] || run->resume || !file_exists(job->csv), ERR_RUN,
           "%s: is there already; take another --out", job->csv);
out:
    return st;
}

static status open_source(const struct job *job, struct source **out)
{
    status st = OK;
    struct source_list_conf c = {.list = cut_list_conf(&job->cut)};

    ENSURE((job->patches[0] == '\0') != (job->cut.list[0] == '\0'), ERR_CONF,
           "give one of input.patches (a folder of fmcib-prepare) and "
           "input.list (a CSV of seeds)");
    c.list.lenient = true; /* bad rows are listed, the others go on */
    TRY(cut_cutter_conf(&job->cut, &c.cutter));
    if (job->cut.list[0])
        TRY(source_list(job->cut.list, &c, out));
    else
        TRY(source_store(job->patches, (uint64_t)(job->cache_gb * 1e9), out));
out:
    return st;
}

static status work(struct run *run, const void *ctx)
{
    const struct job *job = ctx;
    status st = OK;
    struct extract_out f = {0};
    struct extract_io io = {.weights = job->weights,
                            .compute = &job->compute,
                            .par = run->par,
                            .team = run->team,
                            .out = run->conf.out,
                            .batch = (uint32_t)job->batch,
                            .group = (uint32_t)job->group,
                            .pipeline = (enum extract_pipeline)job->pipeline,
                            .save = (uint32_t)job->save,
                            .fold = job->fold,
                            .stem = (int32_t)job->stem,
                            .stop_after = run->conf.stop_after,
                            .stop_wanted = run_stop_wanted,
                            .quiet = run->conf.quiet};

    st = check_csv(run, job);
    if (st == OK)
        st = open_source(job, &io.source);
    TRY(par_agree(run->par, st));
    run_plan(run, "rows: %u; files: features.nc, features.csv, rejected.csv",
             source_facts(io.source)->rows);
    if (run->dry_run)
        goto out;
    LOG_TEXT("input.patches", -1, source_facts(io.source)->digest);
    TRY(extract_run(&io, &f));
    if (par_rank(run->par) == 0)
        st = publish(run, job, &f);
    TRY(par_agree(run->par, st));
out:
    extract_out_free(&f);
    source_close(io.source);
    return st;
}

/* The keys of cutting, by the path for new data unless it is asked for. */
static const struct conf_row *own_rows(struct conf_row *out)
{
    BUG_IF(cut_rows_n > CUT_ROWS_MAX);
    memcpy(out, cut_rows, cut_rows_n * sizeof *out);
    for (size_t i = 0; i < cut_rows_n; i++)
        if (strcmp(out[i].key, "patch.path") == 0)
            out[i].def = "inference";
    return out;
}

int main(int argc, char **argv)
{
    struct job job = {0};
    struct conf_row cut[CUT_ROWS_MAX];
    const struct conf_table tables[] = {
        {rows, sizeof rows / sizeof rows[0], &job},
        {own_rows(cut), cut_rows_n, &job.cut},
        {compute_rows, compute_rows_n, &job.compute}};
    const struct run_program program = {
        "fmcib-extract",
        "Features of lesion patches by a pretrained network, as NetCDF and as "
        "CSV in the study's layout: fmcib-extract --weights model.torch --list "
        "my.csv --out features.csv. Rows that cannot be had are listed with "
        "their reasons in rejected.csv of the run folder, the others go on "
        "(exit status 12).",
        tables,
        sizeof tables / sizeof tables[0],
        NULL,
        0};

    return run_main(argc, argv, &program, work, &job);
}
