fmcib_program(fmcib-pretrain SOURCES pretrain.c USES app train)
