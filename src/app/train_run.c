#include "app/train_run.h"

status train_run_io(struct run *run,
                    const struct train_conf *conf,
                    const struct compute_conf *compute,
                    struct text *identity,
                    struct training_io *out)
{
    status st = OK;

    conf_dump(run->settings, false, identity);
    TRY(text_status(identity));
    *out = (struct training_io){.conf = conf,
                                .compute = compute,
                                .par = run->par,
                                .team = run->team,
                                .out = run->conf.out,
                                .run_id = run->run_id,
                                .identity = identity->s,
                                .resume = run->resume,
                                .quiet = run->conf.quiet,
                                .stop_after = run->conf.stop_after,
                                .stop_wanted = run_stop_wanted};
out:
    return st;
}
