fmcib_program(fmcib-pretrain SOURCES pretrain.c train_run.c USES app train)
