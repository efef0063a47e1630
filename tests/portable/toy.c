/* toy [key=value]...: the steps of fmcib-pretrain in one process without MPI
 * and files; prints the digest of the weights after the last step. */
#include <stdio.h>

#include "train/pretrain_impl.h"

static status train(struct pretrain *p, const struct pretrain_io *io)
{
    status st = OK;
    struct step_facts f = {0};

    TRY(pretrain_open(p, io));
    while (p->t.step < p->t.steps)
        TRY(pretrain_step(p, &f));
    printf("%s %s %s\n", f.digest, dev_facts(p->t.dev).name,
           dev_facts(p->t.dev).variant);
out:
    pretrain_close(p);
    return st;
}

int main(int argc, char **argv)
{
    status st = OK;
    struct train_conf train_conf = {0};
    struct compute_conf compute = {0};
    struct augment_conf augment = {0};
    struct live_conf live = {0};
    const struct conf_table tables[] = {
        {pretrain_rows, pretrain_rows_n, &train_conf},
        {step_rows, step_rows_n, &train_conf},
        {net_rows, net_rows_n, &train_conf},
        {optim_rows, optim_rows_n, &train_conf},
        {live_rows, live_rows_n, &live},
        {augment_rows, augment_rows_n, &augment},
        {compute_rows, compute_rows_n, &compute}};
    struct pretrain p = {0};
    struct pretrain_io io = {.run = {.conf = &train_conf, .compute = &compute},
                             .augment = &augment,
                             .live = &live};
    struct conf *conf = NULL;

    TRY(conf_load(tables, sizeof tables / sizeof tables[0], pretrain_presets,
                  pretrain_presets_n, NULL, (const char *const *)(argv + 1),
                  (size_t)(argc - 1), &conf));
    TRY(team_new(1, &io.run.team));
    TRY(train(&p, &io));
out:
    if (st != OK)
        fprintf(stderr, "toy: %s: %s\n", status_name(st), status_text());
    team_free(io.run.team);
    conf_free(conf);
    return st == OK ? 0 : st == ERR_CONF ? 3 : 1;
}
