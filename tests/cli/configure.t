#!/usr/bin/env bash
# Configuring refuses what would change results or silently leave a part out.
# timeout: 300
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

configure() {
    rm -rf b
    run cmake -S "$FMCIB_SOURCE" -B b -DFMCIB_TESTS=OFF "$@"
}

configure -DCMAKE_C_FLAGS=-march=native
expect_status 1
expect_err 'fmcib: -march=native changes results'
configure -DCMAKE_CXX_FLAGS='-O2 -ffast-math'
expect_status 1
expect_err 'fmcib: -ffast-math changes results'
configure -DCMAKE_C_FLAGS=-ffp-contract=fast
expect_status 1
expect_err 'fmcib: -ffp-contract=fast changes results'
configure -DFMCIB_CUDA=ON
expect_status 1
expect_err 'this release has no CUDA'
configure -DCMAKE_C_FLAGS=-O1
expect_status 0
expect_out 'fmcib   modules     base det conf'
finish
