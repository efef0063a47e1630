# Flags, and the one way to declare a folder of src/ as a library. On its own
# for tests/portable, which builds parts of src/ without outside libraries.

get_filename_component(FMCIB_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
if(NOT DEFINED FMCIB_KERNELS)
    set(FMCIB_KERNELS -O3) # of numeric kernels, whatever the rest has
endif()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
# CMake's own default defines NDEBUG; what a user gives stays.
foreach(language C CXX)
    if(CMAKE_${language}_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG")
        set(CMAKE_${language}_FLAGS_RELEASE "-O2 -g1")
    endif()
endforeach()

add_library(fmcib_flags INTERFACE)
target_compile_definitions(fmcib_flags INTERFACE
    _GNU_SOURCE FMCIB_VERSION="${PROJECT_VERSION}")
# gcc 12 drops the rounding of (double)(float)x where it makes a vector of
# neighbouring statements (tests/unit/test_compiler.c); loops are right.
target_compile_options(fmcib_flags INTERFACE
    $<$<COMPILE_LANG_AND_ID:C,GNU>:-fno-tree-slp-vectorize>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-tree-slp-vectorize>
    -ffp-contract=off -fno-common -fvisibility=hidden
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
    -ffile-prefix-map=${CMAKE_BINARY_DIR}=build
    -Wall -Wextra -Wshadow -Wvla -Wfloat-conversion
    # clang counts NAN and INFINITY among promotions, and takes a loop that it
    # did not unroll for a fault
    $<IF:$<C_COMPILER_ID:Clang>,-Wno-pass-failed,-Wdouble-promotion>
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
    $<$<BOOL:${FMCIB_WERROR}>:-Werror>)
target_include_directories(fmcib_flags INTERFACE "${FMCIB_ROOT}/src")
target_link_libraries(fmcib_flags INTERFACE Threads::Threads m)
if(FMCIB_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "fmcib: FMCIB_FUZZ=ON needs clang")
    endif()
    target_compile_options(fmcib_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(FMCIB_SANITIZE)
    target_compile_options(fmcib_flags INTERFACE
        -fsanitize=${FMCIB_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_link_options(fmcib_flags INTERFACE -fsanitize=${FMCIB_SANITIZE})
endif()

# fmcib_module(nn SOURCES a.c b.c USES dev det base [LIBS PkgConfig::X])
# makes the static library fmcib::nn from the folder it is called in.
function(fmcib_module name)
    cmake_parse_arguments(M "" "" "SOURCES;USES;LIBS" ${ARGN})
    add_library(fmcib_${name} STATIC ${M_SOURCES})
    add_library(fmcib::${name} ALIAS fmcib_${name})
    target_link_libraries(fmcib_${name} PUBLIC fmcib_flags)
    foreach(dep IN LISTS M_USES)
        if(NOT TARGET fmcib::${dep})
            message(FATAL_ERROR
                "fmcib::${name} uses ${dep}, which is not there")
        endif()
        target_link_libraries(fmcib_${name} PUBLIC fmcib::${dep})
    endforeach()
    target_link_libraries(fmcib_${name} PRIVATE ${M_LIBS})
    set_property(GLOBAL APPEND PROPERTY FMCIB_MODULES fmcib::${name})
endfunction()
