fmcib_program(fmcib-predict
    SOURCES predict.c linear_file.c prediction.c search_data.c search_label.c
        search_leak.c
    USES app store eval lists)
