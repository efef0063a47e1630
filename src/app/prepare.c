/* fmcib-prepare: a list of seeds to a store of patches. */
#include "app/prepare.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

/* This rank's shard number i, unless it is there or a stop was asked for:
 * then STOPPED. Any rank. */
static status make_shard(struct run *run,
                         struct prepare_work *w,
                         uint32_t i,
                         int64_t *made,
                         char digest[SHA256_HEX])
{
    status st = OK;
    const struct prepare_plan *p = w->plan;
    uint32_t shard = p->mine.lo + i;
    bool there = false;

    TRY(patch_shard_check(run->conf.out, shard, &p->head, &there, digest));
    if (there) {
        w->done += prepare_volumes(p, shard).n;
        goto out;
    }
    if (*made == run->conf.stop_after || run_stop_wanted()) {
        st = STOPPED;
        goto out;
    }
    TRY(prepare_shard(w, run->conf.out, shard, digest));
    ++*made;
out:
    return st;
}

/* Shard by shard, the ranks together, so that when one fails the others stop
 * after the shard they are at. All ranks. */
static status
make_shards(struct run *run, struct prepare_work *w, char (*digest)[SHA256_HEX])
{
    status st = OK;
    const struct prepare_plan *p = w->plan;
    uint32_t rounds =
        shard_block(p->head.shards, (uint32_t)par_size(run->par), 0).n;
    int64_t made = 0;

    for (uint32_t i = 0; i < rounds; i++) {
        bool stopped = false;

        st = OK;
        if (i < p->mine.n)
            st = make_shard(run, w, i, &made, digest[i]);
        stopped = st == STOPPED;
        TRY(par_agree(run->par, stopped ? OK : st));
        TRY(par_any(run->par, stopped, &stopped));
        if (stopped)
            return STOPPED;
    }
out:
    return st;
}

static int64_t volumes_of(const struct prepare_plan *p)
{
    int64_t n = 0;

    for (uint32_t i = 0; i < p->mine.n; i++)
        n += prepare_volumes(p, p->mine.lo + i).n;
    return n;
}

static status
make_all(struct run *run, struct prepare_plan *p, char (*digest)[SHA256_HEX])
{
    status st = OK;
    struct progress pr;
    struct prepare_work w = {0};

    progress_start(&pr, "prepare", "CT", 0, volumes_of(p),
                   par_rank(run->par) == 0 && !run->conf.quiet);
    st = prepare_work_new(p, run->team, &pr, &w);
    TRY(par_agree(run->par, st));
    TRY(make_shards(run, &w, digest));
    progress_end(&pr, w.done, "");
out:
    prepare_work_free(&w);
    return st;
}

static status
finish(struct run *run, const struct prepare_plan *p, char (*mine)[SHA256_HEX])
{
    status st = OK;
    uint32_t n = p->head.shards;
    char(*all)[SHA256_HEX] = NULL;
    char digest[SHA256_HEX];

    st = mem_new(n, sizeof *all, &all);
    TRY(par_agree(run->par, st));
    TRY(par_gather_shards(run->par, OK, n, mine, sizeof *all, all));
    TRY(patch_store_digest((const char(*)[SHA256_HEX])all, n, digest));
    if (par_rank(run->par) == 0)
        TRY(run_result(run, "patches", digest, run->conf.out));
out:
    mem_free(all);
    return st;
}

/* Sums and maxima over the ranks, for --dry-run. All ranks. */
static status show_plan(struct run *run, const struct prepare_plan *p)
{
    status st = OK;
    int64_t mine[2] = {(int64_t)p->memory, (int64_t)p->bytes};
    int64_t all[2] = {0, 0};
    int64_t shards = p->conf->shards;

    TRY(par_max_i64(run->par, &mine[0], 1, &all[0]));
    TRY(par_sum_i64(run->par, &mine[1], 1, &all[1]));
    run_plan(run, "list: %" PRIu32 " rows of %" PRIu32 " volumes, sha256 %s",
             p->list->rows, p->list->volumes, p->list->digest);
    run_plan(run, "memory: %" PRId64 " MB a rank at most", (all[0] >> 20) + 1);
    run_plan(run,
             "files: patches-00000-of-%05" PRId64 ".nc to patches-%05" PRId64
             "-of-%05" PRId64 ".nc, %" PRIu64 " patches, at most %" PRId64
             " MB before deflation",
             shards, shards - 1, shards,
             (uint64_t)p->list->rows * (1 + p->head.negatives),
             (all[1] >> 20) + 1);
    if (par_size(run->par) > shards && par_rank(run->par) == 0)
        log_warn("%d ranks, %" PRId64 " shards: %" PRId64 " ranks are idle",
                 par_size(run->par), shards, par_size(run->par) - shards);
out:
    return st;
}

static status work(struct run *run, const void *ctx)
{
    const struct prepare_conf *conf = ctx;
    status st = OK;
    struct prepare_plan p = {0};
    char(*digest)[SHA256_HEX] = NULL;

    st = prepare_plan_new(run, conf, &p);
    TRY(par_agree(run->par, st));
    st = prepare_check(&p);
    TRY(par_agree(run->par, st));
    TRY(show_plan(run, &p));
    if (run->dry_run)
        goto out;
    LOG_TEXT("input.list", -1, p.list->digest);
    if (par_rank(run->par) == 0)
        st = preview_write(run, &conf->preview, &conf->cut, p.list,
                           (uint64_t)conf->seed);
    TRY(par_agree(run->par, st));
    st = mem_new(p.mine.n, sizeof *digest, &digest);
    TRY(par_agree(run->par, st));
    TRY(make_all(run, &p, digest));
    TRY(finish(run, &p, digest));
out:
    mem_free(digest);
    prepare_plan_free(&p);
    return st;
}

int main(int argc, char **argv)
{
    struct prepare_conf conf = {0};
    const struct conf_table tables[] = {
        {cut_rows, cut_rows_n, &conf.cut},
        {PREPARE_ROWS, PREPARE_ROWS_N, &conf},
        {PREVIEW_ROWS, PREVIEW_ROWS_N, &conf.preview}};
    const struct run_program program = {
        "fmcib-prepare",
        "Patches about the seeds of a list, and random patches beside them, "
        "from CT volumes to a store.",
        tables,
        sizeof tables / sizeof tables[0],
        NULL,
        0};

    return run_main(argc, argv, &program, work, &conf);
}
