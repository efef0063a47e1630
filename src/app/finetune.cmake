fmcib_program(fmcib-finetune SOURCES finetune.c USES app train)
