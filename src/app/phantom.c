/* fmcib-phantom: a cohort of CT-like volumes and its lists. Patients are the
 * shards: each is made whole by one thread of one rank. */
#include "vol/phantom.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "app/phantom_lists.h"
#include "app/run.h"
#include "det/digest.h"
#include "vol/nifti_write.h"

struct job {
    int64_t seed;
    int64_t patients;
    int64_t radius;
};

#define AT(m) CONF_AT(struct job, m)
static const struct conf_row ROWS[] = {
    {"seed", CONF_I64, AT(seed), "11", 0, 9e15, NULL, "", IDENTITY,
     "master seed of everything that is drawn"},
    {"cohort.patients", CONF_I64, AT(patients), "144", 4, 9999, NULL, "CTs",
     IDENTITY, "volumes of 8 lesions; train 4/9, val 2/9, test 3/9 of them"},
    {"cohort.radius", CONF_I64, AT(radius), "16", 4, 18, NULL, "mm", IDENTITY,
     "half edge of the patch the simple figures are of"},
};

struct maker {
    const struct job *job;
    const char *dir;
    struct block mine;
    uint32_t done;             /* patients before this batch, from mine.lo */
    struct phantom_made *made; /* [mine.n] */
};

static status digest_volume(const struct volume *v, char hex[SHA256_HEX])
{
    status st = OK;
    struct digest *d = NULL;
    const struct geometry *g = &v->geo;
    const uint64_t three[1] = {3};
    const uint64_t nine[1] = {9};
    const uint64_t dim[3] = {(uint64_t)g->size[2], (uint64_t)g->size[1],
                             (uint64_t)g->size[0]};

    TRY(digest_new(&d));
    digest_array(d, "spacing", DIGEST_F64, 1, three, g->spacing);
    digest_array(d, "origin", DIGEST_F64, 1, three, g->origin);
    digest_array(d, "direction", DIGEST_F64, 1, nine, g->direction);
    digest_array(d, "voxels", DIGEST_I16, 3, dim, v->data);
    digest_end(d, hex);
out:
    digest_free(d);
    return st;
}

static status simple_of(const struct phantom *p,
                        const struct volume *v,
                        int64_t radius,
                        struct phantom_made *made)
{
    status st = OK;
    const struct patch_conf conf = {.radius = radius,
                                    .orient_patch = true,
                                    .resample = true,
                                    .spacing_mm = {1.0, 1.0, 1.0}};
    struct patch patch = {{0}, PIXEL_I16, NULL};
    struct grid g;

    TRY(patch_new(radius, PIXEL_I16, &patch));
    TRY(patch_grid(&v->geo, &conf, &g));
    for (int n = 0; n < PHANTOM_LESIONS; n++) {
        patch_positive(v, &g, &conf, p->lesion[n].center, &patch);
        TRY(phantom_simple(&p->lesion[n], &patch, radius, made->simple[n]));
    }
out:
    patch_free(&patch);
    return st;
}

/* A volume that is there already (resume) is complete and stays. */
static status make_patient(void *ctx, size_t item, int member)
{
    status st = OK;
    const struct maker *m = ctx;
    uint32_t at = m->done + (uint32_t)item;
    struct phantom p;
    struct volume v = {0};
    char name[32];
    char *path = NULL;

    (void)member;
    phantom_draw((uint64_t)m->job->seed, m->mine.lo + at, &p);
    TRY(phantom_volume(&p, &v));
    phantom_ct_name(p.patient, name);
    TRY(file_join(m->dir, name, &path));
    if (!file_exists(path))
        TRY(nifti_write(path, &v));
    TRY(digest_volume(&v, m->made[at].volume));
    TRY(simple_of(&p, &v, m->job->radius, &m->made[at]));
out:
    mem_free(path);
    volume_free(&v);
    return st;
}

/* This rank's patients, a few at a time for progress and stop. */
static status make_mine(struct run *run, struct maker *m)
{
    status st = OK;
    uint32_t batch = 2 * (uint32_t)team_size(run->team);
    struct progress pr;

    progress_start(&pr, "phantom", "CT", 0, m->mine.n,
                   par_rank(run->par) == 0 && !run->conf.quiet);
    while (m->done < m->mine.n && !run_stop_wanted()) {
        uint32_t left = m->mine.n - m->done;
        uint32_t n = left < batch ? left : batch;

        TRY(team_run(run->team, n, make_patient, m));
        m->done += n;
        progress_show(&pr, m->done, "");
    }
    progress_end(&pr, m->done, "");
out:
    return st;
}

static status make_folder(struct run *run)
{
    status st = OK;
    char *ct = NULL;

    TRY(run_path(run, "ct", &ct));
    TRY(file_mkdirs(ct));
out:
    mem_free(ct);
    return st;
}

static status make_all(struct run *run, struct maker *m)
{
    status st = OK;
    bool stopped = false;

    TRY(mem_new(m->mine.n, sizeof *m->made, &m->made));
    TRY(make_folder(run));
    TRY(make_mine(run, m));
out:
    st = par_agree(run->par, st);
    if (st == OK)
        st = par_any(run->par, m->done < m->mine.n, &stopped);
    return st != OK ? st : stopped ? STOPPED : OK;
}

static status finish(struct run *run, const struct job *job, struct maker *m)
{
    status st = OK;
    uint32_t n = (uint32_t)job->patients;
    struct phantom_made *all = NULL;
    char digest[SHA256_HEX];

    st = mem_new(n, sizeof *all, &all);
    TRY(par_agree(run->par, st));
    TRY(par_gather_shards(run->par, st, n, m->made, sizeof *all, all));
    if (par_rank(run->par) == 0)
        st = phantom_lists(run->conf.out, (uint64_t)job->seed, n, all, digest);
    TRY(par_agree(run->par, st));
    if (par_rank(run->par) == 0)
        TRY(run_result(run, "cohort", digest, run->conf.out));
out:
    mem_free(all);
    return st;
}

static status work(struct run *run, const void *ctx)
{
    const struct job *job = ctx;
    status st = OK;
    struct maker m = {.job = job, .dir = run->conf.out};

    m.mine = shard_block((uint32_t)job->patients, (uint32_t)par_size(run->par),
                         (uint32_t)par_rank(run->par));
    run_plan(run, "memory: about %d MB a rank (12 MB a thread)",
             12 * team_size(run->team));
    run_plan(
        run,
        "files: ct/0001.nii.gz to ct/%04d.nii.gz (about 1.4 MB each), "
        "pretrain.csv, task1_*.csv, task2_*.csv, task3_*.csv, simple_*.csv",
        (int)job->patients);
    if (run->dry_run)
        goto out;
    TRY(make_all(run, &m));
    TRY(finish(run, job, &m));
out:
    mem_free(m.made);
    return st;
}

int main(int argc, char **argv)
{
    struct job job = {0};
    const struct conf_table tables[] = {
        {ROWS, sizeof ROWS / sizeof ROWS[0], &job}};
    const struct run_program program = {
        "fmcib-phantom",
        "A cohort of CT-like volumes with lesions (NIfTI) and its lists in the "
        "study's columns, from a seed.",
        tables,
        sizeof tables / sizeof tables[0],
        NULL,
        0};

    return run_main(argc, argv, &program, work, &job);
}
