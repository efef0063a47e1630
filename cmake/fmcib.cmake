# Options, flags and the one way to declare a folder of src/ as a library.

option(FMCIB_TESTS "Build the tests" ON)
option(FMCIB_WERROR "Treat compiler warnings as errors" OFF)
set(FMCIB_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")
set(FMCIB_CUDA "AUTO" CACHE STRING "CUDA backend: AUTO, ON or OFF")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
if(CMAKE_C_FLAGS MATCHES "-march=native|-ffast-math|-Ofast")
    message(FATAL_ERROR "fmcib: -march=native and fast-math change results; "
        "instruction sets are chosen at run time. Remove them from CFLAGS.")
endif()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(NETCDF REQUIRED IMPORTED_TARGET netcdf)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
find_path(PCG_INCLUDE_DIR pcg_random.hpp REQUIRED)

add_library(fmcib_flags INTERFACE)
target_compile_definitions(fmcib_flags INTERFACE
    _GNU_SOURCE FMCIB_VERSION="${PROJECT_VERSION}")
target_compile_options(fmcib_flags INTERFACE
    -ffp-contract=off -fno-common -fvisibility=hidden
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
    -Wall -Wextra -Wshadow -Wvla -Wfloat-conversion -Wdouble-promotion
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
    $<$<BOOL:${FMCIB_WERROR}>:-Werror>)
target_include_directories(fmcib_flags INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_link_libraries(fmcib_flags INTERFACE Threads::Threads m)
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
            message(WARNING "fmcib::${name} uses ${dep}, which is not there")
            continue()
        endif()
        target_link_libraries(fmcib_${name} PUBLIC fmcib::${dep})
    endforeach()
    target_link_libraries(fmcib_${name} PRIVATE ${M_LIBS})
    set_property(GLOBAL APPEND PROPERTY FMCIB_MODULES fmcib::${name})
endfunction()

# fmcib_program(fmcib-pretrain SOURCES pretrain.c USES train store)
function(fmcib_program name)
    cmake_parse_arguments(M "" "" "SOURCES;USES;LIBS" ${ARGN})
    add_executable(${name} ${M_SOURCES})
    target_link_libraries(${name} PRIVATE fmcib_flags ${M_LIBS})
    foreach(dep IN LISTS M_USES)
        target_link_libraries(${name} PRIVATE fmcib::${dep})
    endforeach()
endfunction()

function(fmcib_summary)
    message(STATUS "fmcib ${PROJECT_VERSION}: ${CMAKE_BUILD_TYPE}, "
        "${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}, "
        "MPI ${MPI_C_VERSION}, netCDF ${NETCDF_VERSION}, "
        "sanitizers [${FMCIB_SANITIZE}], CUDA ${FMCIB_CUDA}")
endfunction()
