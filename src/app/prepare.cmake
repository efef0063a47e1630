fmcib_program(fmcib-prepare SOURCES prepare.c prepare_plan.c prepare_shard.c
    preview.c preview_page.c
    USES app eval vol store det)
