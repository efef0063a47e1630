fmcib_program(fmcib-weights
    SOURCES weights.c weights_inspect.c weights_convert.c weights_diff.c
        weights_hash.c
    USES app train store)
