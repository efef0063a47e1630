#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "train/training.h"

enum { STEPS_MAX = 1 << 30 };

static bool is_first(const struct training *t)
{
    return par_rank(t->io->par) == 0;
}

static status
checkpoint_path(const struct training *t, int64_t step, char **out)
{
    char name[64];

    (void)snprintf(name, sizeof name, "checkpoint-%08lld.nc", (long long)step);
    return file_join(t->io->out, name, out);
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
static status newest(const struct training *t, int64_t below, int64_t *out)
{
    status st = OK;
    DIR *dir = opendir(t->io->out);
    struct dirent *e;

    *out = -1;
    ENSURE(dir, ERR_FILE, "%s: cannot be listed", t->io->out);
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

static status put_texts(const struct training *t, struct ckpt_writer *w)
{
    status st = OK;
    struct text net = {0};

    TRY(weights_net_text(&t->part[0].conf, &net));
    TRY(ckpt_put_text(w, "net", net.s));
    TRY(ckpt_put_text(w, "run_id", t->io->run_id));
    TRY(ckpt_put_text(w, "identity", t->io->identity));
    TRY(ckpt_put_text(w, "input", t->input));
out:
    text_free(&net);
    return st;
}

/* What the objective keeps between steps. */
static status put_objective(struct training *t, struct ckpt_writer *w)
{
    status st = OK;
    struct objective_part p;

    for (size_t i = 0; t->objective && objective_part(t->objective, i, &p);
         i++) {
        uint64_t n = p.n;

        TRY(ckpt_put(w, p.name, p.f64 ? DIGEST_F64 : DIGEST_I64, 1, &n,
                     p.f64 ? (const void *)p.f64 : (const void *)p.i64));
    }
out:
    return st;
}

static status get_objective(struct training *t, struct ckpt *c)
{
    status st = OK;
    struct objective_part p;

    for (size_t i = 0; t->objective && objective_part(t->objective, i, &p);
         i++) {
        uint64_t n = p.n;

        TRY(ckpt_need(c, p.name, p.f64 ? DIGEST_F64 : DIGEST_I64, 1, &n));
        TRY(ckpt_get(c, p.name, p.f64 ? (void *)p.f64 : (void *)p.i64));
    }
out:
    return st;
}

static status write_checkpoint(struct training *t, const char *path)
{
    status st = OK;
    struct ckpt_writer *w = NULL;
    char digest[SHA256_HEX];
    uint64_t n = 0;
    size_t count = 0;
    const int64_t *steps = optim_steps(t->optim, &count);

    TRY(ckpt_create(path, "checkpoint", &w));
    TRY(weights_put(t->weights, w));
    for (size_t i = 0; i < optim_vectors(t->optim); i++) {
        const char *prefix = NULL;
        const void *vec = optim_vector(t->optim, i, &prefix);

        TRY(weights_put_vector(t->weights, w, prefix, vec));
    }
    n = count;
    TRY(ckpt_put(w, "optim.steps", DIGEST_I64, 1, &n, steps));
    TRY(put_objective(t, w));
    TRY(ckpt_put(w, "step", DIGEST_I64, 0, NULL, &t->step));
    if (t->best_step >= 0) {
        TRY(ckpt_put(w, "best.step", DIGEST_I64, 0, NULL, &t->best_step));
        TRY(ckpt_put(w, "best.value", DIGEST_F64, 0, NULL, &t->best));
    }
    TRY(put_texts(t, w));
    TRY(ckpt_finish(w, digest));
out:
    ckpt_writer_free(w);
    return st;
}

static status drop_old(struct training *t)
{
    status st = OK;
    int64_t step = t->step + 1;
    char *path = NULL;

    for (int64_t i = 0; step >= 0; i++) {
        TRY(newest(t, step, &step));
        if (step < 0 || i < t->io->conf->checkpoint_keep)
            continue;
        TRY(checkpoint_path(t, step, &path));
        (void)unlink(path);
        mem_free(path);
        path = NULL;
    }
out:
    mem_free(path);
    return st;
}

status training_save(struct training *t)
{
    status st = OK;
    char *path = NULL;

    st = checkpoint_path(t, t->step, &path);
    if (st == OK && is_first(t) && !file_exists(path))
        st = write_checkpoint(t, path);
    if (st == OK && is_first(t))
        st = drop_old(t);
    if (st == OK && is_first(t))
        LOG_TEXT("checkpoint", t->step, path);
    mem_free(path);
    return par_agree(t->io->par, st);
}

static status
write_weights(struct training *t, const char *path, char digest[SHA256_HEX])
{
    status st = OK;
    struct ckpt_writer *w = NULL;

    TRY(ckpt_create(path, "weights", &w));
    TRY(weights_put(t->weights, w));
    TRY(put_texts(t, w));
    TRY(ckpt_finish(w, digest));
out:
    ckpt_writer_free(w);
    return st;
}

/* A finished file is not written again: it holds these weights, or the folder
 * is another run's. */
static status
check_weights(struct training *t, const char *path, char digest[SHA256_HEX])
{
    status st = OK;
    struct ckpt *c = NULL;

    TRY(ckpt_open(path, "weights", &c));
    TRY(weights_digest(t->weights, digest));
    ENSURE(strcmp(digest, ckpt_digest(c)) == 0, ERR_RUN,
           "%s: holds other weights (%.12s) than this run (%.12s); take "
           "another --out",
           path, ckpt_digest(c), digest);
out:
    ckpt_close(c);
    return st;
}

status training_save_weights(struct training *t,
                             const char *name,
                             char digest[SHA256_HEX])
{
    status st = OK;
    char *path = NULL;

    if (is_first(t)) {
        st = file_join(t->io->out, name, &path);
        if (st == OK)
            st = file_exists(path) ? check_weights(t, path, digest)
                                   : write_weights(t, path, digest);
    }
    TRY(par_agree(t->io->par, st));
    TRY(par_bcast(t->io->par, digest, SHA256_HEX, 0));
out:
    mem_free(path);
    return st;
}

static status
check_identity(const struct training *t, const struct ckpt *c, const char *path)
{
    status st = OK;
    const char *identity = ckpt_text(c, "identity");
    const char *input = ckpt_text(c, "input");
    struct text differs = {0};

    ENSURE(identity && input, ERR_DATA,
           "%s: has no identity: it is no checkpoint of a training", path);
    if (strcmp(identity, t->io->identity) != 0) {
        bool found = conf_difference(identity, t->io->identity, &differs);

        ENSURE(false, ERR_RUN,
               "%s: belongs to a run with another identity (%s); resume with "
               "the configuration it was begun with",
               path, found ? differs.s : "other keys");
    }
    ENSURE(strcmp(input, t->input) == 0, ERR_RUN,
           "%s: was made with other input (%.12s) than there is now (%.12s): "
           "patches or start weights have changed; resume with those it was "
           "begun with",
           path, input, t->input);
out:
    text_free(&differs);
    return st;
}

static status read_checkpoint(struct training *t, const char *path)
{
    status st = OK;
    struct ckpt *c = NULL;
    size_t count = 0;
    int64_t *steps = optim_steps(t->optim, &count);
    uint64_t n = count;

    TRY(ckpt_open(path, "checkpoint", &c));
    TRY(check_identity(t, c, path));
    TRY(weights_get(t->weights, c));
    for (size_t i = 0; i < optim_vectors(t->optim); i++) {
        const char *prefix = NULL;
        void *vec = optim_vector(t->optim, i, &prefix);

        TRY(weights_get_vector(t->weights, c, prefix, vec));
    }
    TRY(ckpt_need(c, "optim.steps", DIGEST_I64, 1, &n));
    TRY(ckpt_get(c, "optim.steps", steps));
    TRY(get_objective(t, c));
    TRY(ckpt_need(c, "step", DIGEST_I64, 0, NULL));
    TRY(ckpt_get(c, "step", &t->step));
    if (ckpt_info(c, "best.step")) {
        TRY(ckpt_need(c, "best.step", DIGEST_I64, 0, NULL));
        TRY(ckpt_get(c, "best.step", &t->best_step));
        TRY(ckpt_need(c, "best.value", DIGEST_F64, 0, NULL));
        TRY(ckpt_get(c, "best.value", &t->best));
    }
out:
    ckpt_close(c);
    return st;
}

status training_load(struct training *t)
{
    status st = OK;
    int64_t step = -1;
    char *path = NULL;

    if (is_first(t))
        st = newest(t, INT64_MAX, &step);
    TRY(par_agree(t->io->par, st));
    TRY(par_bcast(t->io->par, &step, sizeof step, 0));
    if (step < 0)
        goto out;
    st = checkpoint_path(t, step, &path);
    if (st == OK)
        st = read_checkpoint(t, path);
    if (st == ERR_NUMERIC || st == ERR_DATA)
        status_prefix("resume: the newest checkpoint cannot be used; remove "
                      "it to go on from the one before: ");
    TRY(par_agree(t->io->par, st));
    log_info("resumed from %s", path);
out:
    mem_free(path);
    return st;
}

/* Keep the header and `lines` lines. */
static status cut_log(const char *path, const char *header, int64_t lines)
{
    status st = OK;
    char *text = NULL;
    size_t len = 0;
    size_t end = 0;

    if (lines == 0 || !file_exists(path)) {
        ENSURE(lines == 0, ERR_DATA,
               "%s: is missing, but there is a checkpoint that follows line "
               "%lld of it; put it back or start in another folder",
               path, (long long)lines);
        TRY(file_publish(path, header, strlen(header)));
        TRY(file_append_line(path, ""));
        goto out;
    }
    TRY(file_read(path, STEPS_MAX, &text, &len));
    for (int64_t line = 0; line <= lines; line++) {
        const char *nl = memchr(text + end, '\n', len - end);

        ENSURE(nl, ERR_DATA,
               "%s: has %lld lines, the checkpoint follows line %lld: the file "
               "was cut or is another run's",
               path, (long long)line, (long long)lines);
        end = (size_t)(nl - text) + 1;
    }
    if (end != len)
        TRY(file_publish(path, text, end));
out:
    mem_free(text);
    return st;
}

status training_log_start(struct training *t,
                          const char *name,
                          const char *header,
                          int64_t lines)
{
    status st = OK;
    char *path = NULL;

    if (is_first(t)) {
        st = file_join(t->io->out, name, &path);
        if (st == OK)
            st = cut_log(path, header, lines);
    }
    mem_free(path);
    return par_agree(t->io->par, st);
}

status training_log(struct training *t, const char *name, const char *line)
{
    status st = OK;
    char *path = NULL;

    if (is_first(t)) {
        st = file_join(t->io->out, name, &path);
        if (st == OK)
            st = file_append_line(path, line);
    }
    mem_free(path);
    return par_agree(t->io->par, st);
}
