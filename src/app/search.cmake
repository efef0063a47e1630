fmcib_program(fmcib-search
    SOURCES search.c linear_file.c prediction.c search_data.c search_label.c search_leak.c search_linear.c search_model.c search_pool.c
        search_study.c search_write.c
        search_coordinator.c search_groups.c search_settings.c search_space.c search_when.c
        search_trial.c search_tune.c search_tune_write.c tune_job.c
    USES app store par eval hpo lists train)
