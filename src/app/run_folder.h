#ifndef APP_RUN_FOLDER_H
#define APP_RUN_FOLDER_H

#include "app/run.h"

/* Rank 0 only: make the run folder, claim it by an exclusive file that names
 * job, host and process, and compare config.yaml with the identity keys of
 * this run. A claim of a dead process on this host, or of the same Slurm job
 * (requeued), is taken over. ERR_RUN, ERR_FILE. */
status run_folder_claim(struct run *run);

/* Give the claim back, if this process has it. A run that failed before it
 * made anything leaves no trace: then config.yaml and the log of this process
 * go too, so that the same line can be given again. */
void run_folder_release(struct run *run, bool failed);

#endif
