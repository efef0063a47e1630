#!/usr/bin/env bash
# tests/portable still has all the toy training needs: one build of it without
# optimisation gives the digest of the MPI program. portable.t makes the others.
# processors: 2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/portable.sh"

build b "${CC:-cc}" "${CXX:-c++}" -O0
run b/toy "${toy[@]}" compute.backend=simd
expect_status 0
expect_out "^$want simd "
for t in $tests same_bits conv_text; do
    expect_file "b/$t"
done
finish
