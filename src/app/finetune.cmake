fmcib_program(fmcib-finetune SOURCES finetune.c tune_job.c train_run.c USES app train)
