fmcib_program(fmcib-search
    SOURCES search.c search_data.c search_label.c search_leak.c search_model.c search_pool.c
        search_study.c search_write.c
    USES app store par eval hpo lists)
