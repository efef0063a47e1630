# Options, libraries, programs. Flags and folders of src/: flags.cmake.

option(FMCIB_TESTS "Build the tests" ON)
option(FMCIB_WERROR "Treat compiler warnings as errors" OFF)
option(FMCIB_FUZZ "Build libFuzzer targets (clang)" OFF)
set(FMCIB_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")
set(FMCIB_CUDA "AUTO" CACHE STRING "CUDA backend: AUTO, ON or OFF")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
if(FMCIB_CUDA STREQUAL "ON")
    message(FATAL_ERROR "fmcib: FMCIB_CUDA=ON, but this release has no CUDA "
        "backend (src/dev/cuda); use AUTO or OFF.")
endif()
# Flags that change results: the bits are the product.
foreach(flags "${CMAKE_C_FLAGS}" "${CMAKE_CXX_FLAGS}"
        "${CMAKE_C_FLAGS_${build_type}}" "${CMAKE_CXX_FLAGS_${build_type}}")
    if(flags MATCHES "(-m(arch|cpu|tune)=native|-ffast-math|-Ofast|-funsafe-math-optimizations|-fassociative-math|-freciprocal-math|-ffinite-math-only|-fno-signed-zeros|-ffp-contract=(fast|on)|-fopenmp|-ffp-model=fast)")
        message(FATAL_ERROR "fmcib: ${CMAKE_MATCH_1} changes results; "
            "instruction sets are chosen at run time. Remove it from CFLAGS "
            "and CXXFLAGS.")
    endif()
endforeach()

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(NETCDF REQUIRED IMPORTED_TARGET netcdf)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(PNG REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(ISAL IMPORTED_TARGET libisal) # faster than zlib; optional
find_path(PCG_INCLUDE_DIR pcg_random.hpp REQUIRED)
include(flags)

# fmcib_program(fmcib-pretrain SOURCES pretrain.c USES train store)
function(fmcib_program name)
    cmake_parse_arguments(M "" "" "SOURCES;USES;LIBS" ${ARGN})
    add_executable(${name} ${M_SOURCES})
    set_property(GLOBAL APPEND PROPERTY FMCIB_PROGRAMS ${name})
    target_link_libraries(${name} PRIVATE fmcib_flags ${M_LIBS})
    foreach(dep IN LISTS M_USES)
        target_link_libraries(${name} PRIVATE fmcib::${dep})
    endforeach()
endfunction()

# The end of the configure step: what will be built, with what.
function(fmcib_summary)
    get_property(modules GLOBAL PROPERTY FMCIB_MODULES)
    get_property(programs GLOBAL PROPERTY FMCIB_PROGRAMS)
    string(REPLACE "fmcib::" "" modules "${modules}")
    string(REPLACE ";" " " modules "${modules}")
    string(REPLACE ";" " " programs "${programs}")
    set(isal "${ISAL_VERSION}")
    if(NOT isal)
        set(isal "none (zlib inflates)")
    endif()
    set(sanitizers "${FMCIB_SANITIZE}")
    if(NOT sanitizers)
        set(sanitizers "none")
    endif()
    message(STATUS "fmcib ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE} for "
        "${CMAKE_SYSTEM_PROCESSOR}")
    message(STATUS "fmcib   compiler    ${CMAKE_C_COMPILER_ID} "
        "${CMAKE_C_COMPILER_VERSION}, warnings are errors: ${FMCIB_WERROR}")
    message(STATUS "fmcib   sanitizers  ${sanitizers}")
    message(STATUS "fmcib   libraries   MPI standard ${MPI_C_VERSION}, netCDF "
        "${NETCDF_VERSION}, libyaml ${YAML_VERSION}, jansson "
        "${JANSSON_VERSION}, libcrypto ${CRYPTO_VERSION}, zlib ${ZLIB_VERSION}, "
        "libpng ${PNG_VERSION}, ISA-L ${isal}")
    message(STATUS "fmcib   CUDA        no (FMCIB_CUDA=${FMCIB_CUDA})")
    message(STATUS "fmcib   modules     ${modules}")
    message(STATUS "fmcib   programs    ${programs}")
    message(STATUS "fmcib   tests       ${FMCIB_TESTS}")
endfunction()
