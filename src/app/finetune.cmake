fmcib_program(fmcib-finetune SOURCES finetune.c tune_job.c USES app train)
