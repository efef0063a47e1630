fmcib_program(fmcib-validate
    SOURCES validate.c validate_conf.c validate_set.c validate_table.c
        validate_follow.c validate_extras.c validate_survival.c
        validate_stability.c validate_stage.c validate_gates.c
        validate_search.c validate_map.c validate_data.c
    USES app eval store)
# The report says what it was built with.
foreach(library NETCDF YAML JANSSON CRYPTO ZLIB)
    target_compile_definitions(fmcib-validate PRIVATE
        FMCIB_${library}_VERSION="${${library}_VERSION}")
endforeach()
