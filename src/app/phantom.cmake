fmcib_program(fmcib-phantom SOURCES phantom.c phantom_lists.c
    USES app vol store det)
