#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "train/pretrain_impl.h"

static const char HEADER[] = "step,lr,loss,own,other,negative,feature_sd,"
                             "grad_norm,param_norm,weights_sha256";

enum { STEPS_MAX = 1 << 30 };

static bool is_first(const struct pretrain *p)
{
    return par_rank(p->io->par) == 0;
}

static status
checkpoint_path(const struct pretrain *p, int64_t step, char **out)
{
    char name[64];

    (void)snprintf(name, sizeof name, "checkpoint-%08lld.nc", (long long)step);
    return file_join(p->io->out, name, out);
}

/* Step of a file "checkpoint-<step>.nc"; false for other names. */
static bool step_of(const char *name, int64_t *step)
{
    static const char front[] = "checkpoint-";
    static const char back[] = ".nc";
    char digits[24];
    size_t n = strlen(name);
    size_t around = sizeof front + sizeof back - 2;

    if (n <= around || n - around >= sizeof digits ||
        strncmp(name, front, sizeof front - 1) != 0 ||
        strcmp(name + n - (sizeof back - 1), back) != 0)
        return false;
    memcpy(digits, name + sizeof front - 1, n - around);
    digits[n - around] = '\0';
    return text_to_i64(digits, step);
}

/* The n newest checkpoint steps of the folder below `below`, descending. */
static status newest(const struct pretrain *p, int64_t below, int64_t *out)
{
    status st = OK;
    DIR *dir = opendir(p->io->out);
    struct dirent *e;

    *out = -1;
    ENSURE(dir, ERR_FILE, "%s: cannot be listed", p->io->out);
    while ((e = readdir(dir)) != NULL) {
        int64_t step = -1;

        if (step_of(e->d_name, &step) && step < below && step > *out)
            *out = step;
    }
out:
    if (dir)
        (void)closedir(dir);
    return st;
}

static status put_texts(const struct pretrain *p, struct ckpt_writer *w)
{
    status st = OK;
    struct text net = {0};

    TRY(weights_net_text(&p->net_conf, &net));
    TRY(ckpt_put_text(w, "net", net.s));
    TRY(ckpt_put_text(w, "run_id", p->io->run_id));
    TRY(ckpt_put_text(w, "identity", p->io->identity));
    TRY(ckpt_put_text(w, "input", source_facts(p->source)->digest));
out:
    text_free(&net);
    return st;
}

static status write_checkpoint(struct pretrain *p, const char *path)
{
    status st = OK;
    struct ckpt_writer *w = NULL;
    char digest[SHA256_HEX];
    uint64_t n = 0;
    size_t count = 0;
    const int64_t *steps = optim_steps(p->optim, &count);

    TRY(ckpt_create(path, "checkpoint", &w));
    TRY(weights_put(p->weights, w));
    for (size_t i = 0; i < optim_vectors(p->optim); i++) {
        const char *prefix = NULL;
        const void *vec = optim_vector(p->optim, i, &prefix);

        TRY(weights_put_vector(p->weights, w, prefix, vec));
    }
    n = count;
    TRY(ckpt_put(w, "optim.steps", DIGEST_I64, 1, &n, steps));
    TRY(ckpt_put(w, "step", DIGEST_I64, 0, NULL, &p->step));
    TRY(put_texts(p, w));
    TRY(ckpt_finish(w, digest));
out:
    ckpt_writer_free(w);
    return st;
}

static status drop_old(struct pretrain *p)
{
    status st = OK;
    int64_t step = p->step + 1;
    char *path = NULL;

    for (int64_t i = 0; step >= 0; i++) {
        TRY(newest(p, step, &step));
        if (step < 0 || i < p->io->conf->checkpoint_keep)
            continue;
        TRY(checkpoint_path(p, step, &path));
        (void)unlink(path);
        mem_free(path);
        path = NULL;
    }
out:
    mem_free(path);
    return st;
}

status pretrain_save(struct pretrain *p)
{
    status st = OK;
    char *path = NULL;

    st = checkpoint_path(p, p->step, &path);
    if (st == OK && is_first(p) && !file_exists(path))
        st = write_checkpoint(p, path);
    if (st == OK && is_first(p))
        st = drop_old(p);
    if (st == OK && is_first(p))
        LOG_TEXT("checkpoint", p->step, path);
    mem_free(path);
    return par_agree(p->io->par, st);
}

static status
write_weights(struct pretrain *p, const char *path, char digest[SHA256_HEX])
{
    status st = OK;
    struct ckpt_writer *w = NULL;

    TRY(ckpt_create(path, "weights", &w));
    TRY(weights_put(p->weights, w));
    TRY(put_texts(p, w));
    TRY(ckpt_finish(w, digest));
out:
    ckpt_writer_free(w);
    return st;
}

/* A finished file is not written again: it holds these weights, or the folder
 * is another run's. */
static status
check_weights(struct pretrain *p, const char *path, char digest[SHA256_HEX])
{
    status st = OK;
    struct ckpt *c = NULL;

    TRY(ckpt_open(path, "weights", &c));
    TRY(weights_digest(p->weights, digest));
    ENSURE(strcmp(digest, ckpt_digest(c)) == 0, ERR_RUN,
           "%s: holds other weights (%.12s) than this run (%.12s); take "
           "another --out",
           path, ckpt_digest(c), digest);
out:
    ckpt_close(c);
    return st;
}

status pretrain_save_weights(struct pretrain *p,
                             const char *name,
                             char digest[SHA256_HEX])
{
    status st = OK;
    char *path = NULL;

    if (is_first(p)) {
        st = file_join(p->io->out, name, &path);
        if (st == OK)
            st = file_exists(path) ? check_weights(p, path, digest)
                                   : write_weights(p, path, digest);
    }
    TRY(par_agree(p->io->par, st));
    TRY(par_bcast(p->io->par, digest, SHA256_HEX, 0));
out:
    mem_free(path);
    return st;
}

static status
check_identity(const struct pretrain *p, const struct ckpt *c, const char *path)
{
    status st = OK;
    const char *identity = ckpt_text(c, "identity");
    const char *input = ckpt_text(c, "input");
    struct text differs = {0};

    ENSURE(identity && input, ERR_DATA,
           "%s: has no identity: it is no checkpoint of fmcib-pretrain", path);
    if (strcmp(identity, p->io->identity) != 0) {
        bool found = conf_difference(identity, p->io->identity, &differs);

        ENSURE(false, ERR_RUN,
               "%s: belongs to a run with another identity (%s); resume with "
               "the configuration it was begun with",
               path, found ? differs.s : "other keys");
    }
    ENSURE(strcmp(input, source_facts(p->source)->digest) == 0, ERR_RUN,
           "%s: was made with other patches (%.12s) than input.patches holds "
           "now (%.12s); resume with the store it was begun with",
           path, input, source_facts(p->source)->digest);
out:
    text_free(&differs);
    return st;
}

static status read_checkpoint(struct pretrain *p, const char *path)
{
    status st = OK;
    struct ckpt *c = NULL;
    size_t count = 0;
    int64_t *steps = optim_steps(p->optim, &count);
    uint64_t n = count;

    TRY(ckpt_open(path, "checkpoint", &c));
    TRY(check_identity(p, c, path));
    TRY(weights_get(p->weights, c));
    for (size_t i = 0; i < optim_vectors(p->optim); i++) {
        const char *prefix = NULL;
        void *vec = optim_vector(p->optim, i, &prefix);

        TRY(weights_get_vector(p->weights, c, prefix, vec));
    }
    TRY(ckpt_need(c, "optim.steps", DIGEST_I64, 1, &n));
    TRY(ckpt_get(c, "optim.steps", steps));
    TRY(ckpt_need(c, "step", DIGEST_I64, 0, NULL));
    TRY(ckpt_get(c, "step", &p->step));
out:
    ckpt_close(c);
    return st;
}

status pretrain_load(struct pretrain *p)
{
    status st = OK;
    int64_t step = -1;
    char *path = NULL;

    if (is_first(p))
        st = newest(p, INT64_MAX, &step);
    TRY(par_agree(p->io->par, st));
    TRY(par_bcast(p->io->par, &step, sizeof step, 0));
    if (step < 0)
        goto out;
    st = checkpoint_path(p, step, &path);
    if (st == OK)
        st = read_checkpoint(p, path);
    if (st == ERR_NUMERIC || st == ERR_DATA)
        status_prefix("resume: the newest checkpoint cannot be used; remove "
                      "it to go on from the one before: ");
    TRY(par_agree(p->io->par, st));
    log_info("resumed from %s", path);
out:
    mem_free(path);
    return st;
}

/* Keep the header and the lines of steps 1..p->step; what a killed process
 * wrote beyond its last checkpoint is computed again. */
static status cut_steps(const struct pretrain *p, const char *path)
{
    status st = OK;
    char *text = NULL;
    size_t len = 0;
    size_t end = 0;

    if (p->step == 0 || !file_exists(path)) {
        ENSURE(p->step == 0, ERR_DATA,
               "%s: is missing, but there is a checkpoint of step %lld; put "
               "it back or start in another folder",
               path, (long long)p->step);
        TRY(file_publish(path, HEADER, sizeof HEADER - 1));
        TRY(file_append_line(path, ""));
        goto out;
    }
    TRY(file_read(path, STEPS_MAX, &text, &len));
    for (int64_t line = 0; line <= p->step; line++) {
        const char *nl = memchr(text + end, '\n', len - end);

        ENSURE(nl, ERR_DATA,
               "%s: has %lld lines, the checkpoint is of step %lld: the file "
               "was cut or is another run's",
               path, (long long)line, (long long)p->step);
        end = (size_t)(nl - text) + 1;
    }
    if (end != len)
        TRY(file_publish(path, text, end));
out:
    mem_free(text);
    return st;
}

status pretrain_log_start(struct pretrain *p)
{
    status st = OK;
    char *path = NULL;

    if (is_first(p)) {
        st = file_join(p->io->out, "steps.csv", &path);
        if (st == OK)
            st = cut_steps(p, path);
    }
    mem_free(path);
    return par_agree(p->io->par, st);
}

status pretrain_log_step(struct pretrain *p, const struct step_facts *f)
{
    status st = OK;
    char *path = NULL;
    struct text line = {0};
    const double v[] = {f->lr,        f->loss,      f->own,
                        f->other,     f->negative,  f->feature_sd,
                        f->grad_norm, f->param_norm};

    if (!is_first(p))
        return OK;
    text_add(&line, "%lld,", (long long)p->step);
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        text_double(&line, v[i]);
        text_put(&line, ",", 1);
    }
    text_add(&line, "%s", f->digest);
    TRY(text_status(&line));
    TRY(file_join(p->io->out, "steps.csv", &path));
    TRY(file_append_line(path, line.s));
    LOG_F64("train.loss", p->step, f->loss);
    LOG_F64("train.lr", p->step, f->lr);
out:
    mem_free(path);
    text_free(&line);
    return st;
}
