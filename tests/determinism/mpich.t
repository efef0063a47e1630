#!/usr/bin/env bash
# Built with MPICH instead of Open MPI: the tests of messages hold, and
# training, search and extraction give the same bits on 1 to 4 ranks.
# labels: slow
# processors: 2
# timeout: 3000
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

for tool in mpicc.mpich mpiexec.mpich; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done
run cmake -S "$FMCIB_SOURCE" -B b -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DMPI_C_COMPILER=mpicc.mpich
expect_status 0
mapfile -t programs < <(sed -n 's/^fmcib_program(\([a-z-]*\).*/\1/p' \
    "$FMCIB_SOURCE"/src/app/*.cmake)
mapfile -t tests < <(sed -n 's/^fmcib_test(mpi \([a-z_]*\)\.c.*/mpi_\1/p' \
    "$FMCIB_SOURCE/tests/mpi/CMakeLists.txt")
run cmake --build b -j 2 --target "${programs[@]}" "${tests[@]}"
expect_status 0
run ldd b/bin/fmcib-pretrain
expect_out libmpich
expect_out_without libmpi\\.so

# holds NAME COMMAND...: its own summary says that it passed
holds() {
    local name=$1
    shift
    run env "FMCIB_BIN=$PWD/b/bin" FMCIB_MPIRUN=mpiexec.mpich "$@"
    expect_status 0
    echo "$name: $(grep -E "tests passed|not met" "$out_file")"
}
holds mpi ctest --test-dir b -L mpi --output-on-failure
for t in determinism/pretrain cli/search cli/extract; do
    holds "$t" bash "$FMCIB_SOURCE/tests/$t.t"
done
finish
