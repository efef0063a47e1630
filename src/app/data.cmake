# A subcommand: its files here, its row in data.c.
fmcib_program(fmcib-data
    SOURCES data.c data_hash.c data_list.c data_text.c
    USES app vol store det)
