fmcib_program(fmcib-prepare SOURCES prepare.c prepare_plan.c prepare_shard.c
    USES app vol store det)
