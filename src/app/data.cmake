# A subcommand: its files here, its row in data.c.
fmcib_program(fmcib-data
    SOURCES data.c data_text.c
        data_build.c
        data_check.c
        data_curl.c data_fetch.c data_fetch_file.c data_part.c
        data_hash.c data_sums.c
        data_list.c
        data_subset.c
        data_perturb.c
        data_verify.c data_verify_text.c
        data_volumes.c
    USES app lists vol store det)
