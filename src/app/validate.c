/* fmcib-validate: metrics with intervals, gates, and the report. */
#include "app/validate.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "eval/gate.h"

/* Only our own release may move a byte of a result: arithmetic is written out
 * in it, the libraries read, write and carry bytes. */
static status software(struct run *run, struct report *r)
{
    const struct report_library part[] = {
        {"fmcib-hpc", FMCIB_VERSION, "all arithmetic", true},
        {"netCDF", FMCIB_NETCDF_VERSION, "files of patches, features, weights",
         false},
        {"libyaml", FMCIB_YAML_VERSION, "reads configurations", false},
        {"jansson", FMCIB_JANSSON_VERSION, "reads JSON", false},
        {"libcrypto", FMCIB_CRYPTO_VERSION, "SHA-256", false},
        {"zlib", FMCIB_ZLIB_VERSION, "unpacks volumes", false},
        {"MPI", par_library(run->par), "carries messages between ranks",
         false}};
    status st = OK;
    struct report_library *l = NULL;

    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        TRY(REPORT_ADD(r, library, n_libraries, cap_libraries, &l));
        *l = part[i];
        l->version = pool_text(&r->pool, &st, "%s", part[i].version);
    }
out:
    return st;
}

static status own_keys(struct run *run, struct report *r)
{
    status st = OK;
    struct text dump = {0};

    conf_dump(run->settings, false, &dump);
    TRY(text_status(&dump));
    TRY(validate_keys(r, "validation", dump.s));
out:
    text_free(&dump);
    return st;
}

static status
evaluate(struct run *run, const struct validate_conf *c, struct report *r)
{
    status st = OK;
    uint32_t *count = NULL;

    r->title = c->title;
    r->cohort = c->cohort;
    r->task = c->task;
    r->seed = (uint64_t)c->seed;
    r->resamples = (uint32_t)c->resamples;
    TRY(validate_stages(c, r));
    TRY(validate_sets(c, r, &count));
    TRY(own_keys(run, r));
    TRY(software(run, r));
    TRY(validate_gates(c, r, count));
    TRY(validate_effects(c, r));
    TRY(validate_sources(c, r));
out:
    mem_free(count);
    return st;
}

/* The same inputs give the same file; another is not written over. */
static status
publish(struct run *run, const char *name, struct text *t, char **out)
{
    status st = OK;
    char *old = NULL;
    size_t len = 0;

    TRY(run_path(run, name, out));
    if (file_exists(*out)) {
        TRY(file_read(*out, (size_t)1 << 30, &old, &len));
        ENSURE(len == t->len && memcmp(old, t->s, len) == 0, ERR_RUN,
               "%s: holds the report of other results; take another --out",
               *out);
        goto out;
    }
    TRY(file_publish(*out, t->s, t->len));
out:
    mem_free(old);
    return st;
}

static status write_files(struct run *run, const struct report *r)
{
    typedef status form(const struct report *, struct text *);
    static const struct {
        const char *name;
        form *make;
    } files[] = {{"report.json", report_json},
                 {"regression.yaml", gate_regression_yaml},
                 {"software.json", report_software},
                 {"report.html", report_html}};
    status st = OK;
    struct text t = {0};
    char *path = NULL;
    char digest[SHA256_HEX];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        mem_free(path);
        path = NULL;
        text_free(&t);
        TRY(files[i].make(r, &t));
        TRY(publish(run, files[i].name, &t, &path));
    }
    text_free(&t);
    TRY(report_results(r, &t, digest));
    TRY(run_result(run, "report", digest, path));
    text_free(&t);
    TRY(report_terminal(r, &t));
    (void)fputs(t.s, stdout);
out:
    mem_free(path);
    text_free(&t);
    return st;
}

static status check_gates(const struct report *r)
{
    status st = OK;
    size_t failed = report_failed(r);

    for (size_t i = 0; i < r->n_gates; i++)
        if (r->gate[i].verdict == GATE_FAIL ||
            r->gate[i].verdict == GATE_DIFFERS)
            ENSURE(false, ERR_GATE,
                   "%zu gate%s failed, the first is %s: %s is %s, wanted %s",
                   failed, failed == 1 ? "" : "s", r->gate[i].id,
                   r->gate[i].what, r->gate[i].seen, r->gate[i].want);
out:
    return st;
}

static status work(struct run *run, const void *ctx)
{
    struct validate_conf c = *(const struct validate_conf *)ctx;
    status st = OK;
    struct report r = {0};

    c.team = run->team;
    run_plan(run, "files: report.html, report.json, regression.yaml, "
                  "software.json");
    if (run->dry_run)
        return OK;
    if (par_rank(run->par) == 0) {
        st = evaluate(run, &c, &r);
        if (st == OK)
            st = write_files(run, &r);
        if (st == OK)
            st = check_gates(&r);
    }
    report_free(&r);
    return par_agree(run->par, st);
}

int main(int argc, char **argv)
{
    struct validate_conf conf = {0};
    const struct conf_table table = validate_table(&conf);
    const struct run_program program = {
        "fmcib-validate",
        "Metrics with bootstrap intervals of the linear models of one or more "
        "feature sets, gates, and one self-contained report.",
        &table,
        1,
        NULL,
        0};

    return run_main(argc, argv, &program, work, &conf);
}
