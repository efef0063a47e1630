/* fmcib-data volumes PNG_DIR DL_INFO: DeepLesion's pictures to volumes. Series
 * are dealt to ranks in turn and to threads one by one; a file is published
 * whole, so what is there already is left alone. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "app/data.h"
#include "app/tool.h"
#include "vol/png_slices.h"

struct volumes_conf {
    const char *out;
};

static const struct conf_row ROWS[] = {
    {"out", CONF_TEXT, CONF_AT(struct volumes_conf, out), NULL, 1, 0, NULL,
     "DIR", PLACEMENT, "folder of the volumes"},
};

enum { FAULT = 512, SHOWN = 20 };

/* What became of one series. */
struct made {
    int64_t slices, volumes, kept;
    char fault[FAULT]; /* "" when all is well */
};

struct making {
    const char *root, *out;
    struct csv *info;
    char **series; /* [n] names, sorted */
    size_t n, cap;
    size_t first, step; /* this rank has series first, first + step, ... */
    struct made *made;  /* of this rank */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static status list_series(struct making *m)
{
    status st = OK;
    DIR *d = opendir(m->root);
    const struct dirent *e;

    ENSURE(d, ERR_FILE, "%s: %s", m->root, strerror(errno));
    while ((e = readdir(d)) != NULL) {
        int64_t numbers[3];

        if (!png_series_name(e->d_name, numbers))
            continue;
        TRY(mem_grow(m->n + 1, sizeof *m->series, &m->series, &m->cap));
        TRY(mem_text(e->d_name, &m->series[m->n]));
        m->n++;
    }
    ENSURE(m->n > 0, ERR_DATA,
           "%s: no folder PATIENT_STUDY_SERIES (000089_01_02) in it; name the "
           "folder Images_png of DeepLesion",
           m->root);
    qsort(m->series, m->n, sizeof *m->series, by_name);
out:
    if (d)
        (void)closedir(d);
    return st;
}

static status make_run(const struct making *m,
                       const struct png_series *s,
                       const struct png_run *r,
                       const double spacing_mm[3],
                       struct made *made)
{
    status st = OK;
    struct text file = {NULL, 0, 0, OK};
    char *name = NULL;
    char *path = NULL;

    TRY(png_run_name(s, r, &name));
    text_add(&file, "%s.nii.gz", name);
    TRY(text_status(&file));
    TRY(file_join(m->out, file.s, &path));
    if (file_exists(path)) {
        made->kept++;
        goto out;
    }
    TRY(png_volume(s, r, spacing_mm, path));
    made->volumes++;
    made->slices += (int64_t)r->n;
out:
    text_free(&file);
    mem_free(name);
    mem_free(path);
    return st;
}

static status
make_series(const struct making *m, const char *name, struct made *made)
{
    status st = OK;
    struct png_series s = {.name = NULL};
    char *folder = NULL;
    double spacing_mm[3];

    TRY(file_join(m->root, name, &folder));
    TRY(png_series_open(folder, &s));
    TRY(png_spacing(m->info, s.name, spacing_mm));
    for (size_t r = 0; r < s.runs; r++)
        TRY(make_run(m, &s, &s.run[r], spacing_mm, made));
out:
    png_series_free(&s);
    mem_free(folder);
    return st;
}

/* A bad series does not end the others; too little memory does. */
static status one_series(void *ctx, size_t item, int member)
{
    struct making *m = ctx;
    struct made *made = &m->made[item];
    status st = make_series(m, m->series[m->first + item * m->step], made);

    (void)member;
    if (st != OK)
        (void)snprintf(made->fault, FAULT, "%s", status_text());
    return st == ERR_DATA || st == ERR_FILE ? OK : st;
}

/* What all ranks made, in order of series whatever their number. */
static size_t print_made(const struct making *m, const struct made *all)
{
    struct made sum = {0, 0, 0, ""};
    size_t faults = 0;

    for (size_t i = 0; i < m->n; i++) {
        size_t rank = i % m->step;
        size_t at = i / m->step;

        for (size_t r = 0; r < rank; r++) /* series of the ranks before */
            at += (m->n - r + m->step - 1) / m->step;
        sum.slices += all[at].slices;
        sum.volumes += all[at].volumes;
        sum.kept += all[at].kept;
        if (all[at].fault[0] && faults++ < SHOWN)
            (void)printf("bad  %s\n", all[at].fault);
    }
    if (faults > SHOWN)
        (void)printf("bad  and %zu more\n", faults - SHOWN);
    (void)printf("%zu series: %lld volumes made of %lld slices, %lld there "
                 "before, %zu series bad\n",
                 m->n, (long long)sum.volumes, (long long)sum.slices,
                 (long long)sum.kept, faults);
    return faults;
}

static status
answer(struct tool *tool, const struct making *m, size_t mine, bool *bad)
{
    status st = OK;
    struct made *all = NULL;
    char *bytes = NULL;
    size_t *sizes = NULL;
    bool any = false;

    st = mem_new(m->step, sizeof *sizes, &sizes);
    TRY(par_agree(tool->par, st));
    TRY(par_gather_bytes(tool->par, m->made, mine * sizeof *m->made, &bytes,
                         sizes));
    if (tool->first) {
        st = mem_raw(m->n, sizeof *all, &all);
        if (st == OK) {
            memcpy(all, bytes, m->n * sizeof *all);
            any = print_made(m, all) > 0;
        }
    }
    TRY(par_agree(tool->par, st));
    TRY(par_any(tool->par, any, bad));
out:
    mem_free(bytes);
    mem_free(sizes);
    mem_free(all);
    return st;
}

static status prepare(const struct tool *tool, struct making *m, size_t *mine)
{
    status st = OK;

    m->first = (size_t)par_rank(tool->par);
    m->step = (size_t)par_size(tool->par);
    TRY(csv_read(tool->args[1], &m->info));
    TRY(list_series(m));
    *mine = m->n > m->first ? (m->n - m->first + m->step - 1) / m->step : 0;
    TRY(mem_new(*mine, sizeof *m->made, &m->made));
    if (tool->first) {
        TRY(file_mkdirs(m->out));
        TRY(file_sweep(m->out));
    }
out:
    return st;
}

static status work(struct tool *tool, const void *ctx)
{
    const struct volumes_conf *conf = ctx;
    struct making m = {.root = tool->args[0], .out = conf->out};
    size_t mine = 0;
    bool bad = false;
    status st = prepare(tool, &m, &mine);

    TRY(par_agree(tool->par, st));
    st = team_run(tool->team, mine, one_series, &m);
    TRY(par_agree(tool->par, st));
    TRY(answer(tool, &m, mine, &bad));
    ENSURE(!bad, ERR_PARTIAL,
           "some series are bad (listed above); mend them and run again, what "
           "was made is kept");
out:
    for (size_t i = 0; i < m.n; i++)
        mem_free(m.series[i]);
    mem_free(m.series);
    mem_free(m.made);
    csv_free(m.info);
    return st;
}

int data_volumes(int argc, char **argv)
{
    struct volumes_conf conf = {NULL};
    const struct tool_spec spec = {
        .name = "fmcib-data volumes",
        .args = "PNG_DIR DL_INFO",
        .what = "DeepLesion's pictures (PNG_DIR/PATIENT_STUDY_SERIES/NNN.png) "
                "as the study's volumes: every run of consecutive slices "
                "becomes NAME_FIRST-LAST.nii.gz, with the spacing of the first "
                "row of its series in DL_INFO (DL_info.csv). Volumes that are "
                "there are kept, so an ended run goes on.",
        .args_min = 2,
        .args_max = 2,
        .ranks = true,
        .rows = ROWS,
        .n_rows = sizeof ROWS / sizeof ROWS[0],
        .target = &conf,
    };

    return tool_main(argc, argv, &spec, work, &conf);
}
