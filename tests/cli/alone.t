#!/usr/bin/env bash
# Programs without mpirun: many at once on a machine do not meet in any folder
# of the MPI library.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# no folder can be made below a file
: >plain
mkdir features
run env OMPI_MCA_orte_tmpdir_base="$PWD/plain" fmcib-search \
    --set input.features=features --set data.label=x --out out
expect_status 4
expect_err 'features'
expect_err_without 'orte|mkdir'
finish
