fmcib_program(fmcib-extract SOURCES extract.c USES app train)
