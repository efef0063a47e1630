/* fmcib-extract: features of patches by a pretrained network. */
#include "train/extract.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "app/cut.h"
#include "app/run.h"

struct job {
    const char *weights;
    const char *patches;
    double cache_gb;
    int64_t batch;
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
};

/* A finished folder is not written again: the same inputs give its result,
 * others are refused. */
static status reuse(const char *path, const struct features *f, bool *there)
{
    status st = OK;
    struct features *old = NULL;

    *there = file_exists(path);
    if (!*there)
        return OK;
    TRY(features_read(path, &old));
    ENSURE(strcmp(old->weights, f->weights) == 0 &&
               strcmp(old->input, f->input) == 0,
           ERR_RUN,
           "%s: holds features of other weights (%.12s) or patches (%.12s); "
           "take another --out",
           path, old->weights, old->input);
out:
    features_free(old);
    return st;
}

static status
publish(struct run *run, struct features *f, char digest[SHA256_HEX], char **nc)
{
    status st = OK;
    char *csv = NULL;
    bool there = false;

    memcpy(f->run_id, run->run_id, SHA256_HEX);
    TRY(run_path(run, "features.nc", nc));
    TRY(run_path(run, "features.csv", &csv));
    TRY(features_digest(f, digest));
    TRY(reuse(*nc, f, &there));
    if (!there) {
        TRY(features_write_csv(csv, f));
        TRY(features_write_nc(*nc, f));
    }
out:
    mem_free(csv);
    return st;
}

static status open_source(const struct job *job, struct source **out)
{
    status st = OK;
    struct source_list_conf c = {.list = cut_list_conf(&job->cut)};

    ENSURE((job->patches[0] == '\0') != (job->cut.list[0] == '\0'), ERR_CONF,
           "give one of input.patches (a folder of fmcib-prepare) and "
           "input.list (a CSV of seeds)");
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
    struct features *f = NULL;
    char digest[SHA256_HEX] = "";
    char *path = NULL;
    struct extract_io io = {.weights = job->weights,
                            .compute = &job->compute,
                            .par = run->par,
                            .team = run->team,
                            .batch = (uint32_t)job->batch,
                            .quiet = run->conf.quiet};

    st = open_source(job, &io.source);
    TRY(par_agree(run->par, st));
    run_plan(run, "rows: %u; files: features.nc, features.csv",
             source_facts(io.source)->rows);
    if (run->dry_run)
        goto out;
    LOG_TEXT("input.patches", -1, source_facts(io.source)->digest);
    TRY(extract_run(&io, &f));
    if (par_rank(run->par) == 0) {
        st = publish(run, f, digest, &path);
        if (st == OK)
            st = run_result(run, "features", digest, path);
    }
    TRY(par_agree(run->par, st));
out:
    mem_free(path);
    features_free(f);
    source_close(io.source);
    return st;
}

int main(int argc, char **argv)
{
    struct job job = {0};
    const struct conf_table tables[] = {
        {rows, sizeof rows / sizeof rows[0], &job},
        {cut_rows, cut_rows_n, &job.cut},
        {compute_rows, compute_rows_n, &job.compute}};
    const struct run_program program = {
        "fmcib-extract",
        "Features of lesion patches by a pretrained network, as NetCDF and as "
        "CSV in the study's layout.",
        tables,
        sizeof tables / sizeof tables[0],
        NULL,
        0};

    return run_main(argc, argv, &program, work, &job);
}
