# shellcheck shell=bash source-path=SCRIPTDIR
# For tests of tests/portable: how it is built, and what its toy training gives.
# shellcheck disable=SC2034
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

toy=(input.patches=computed input.computed_rows=24 augment.size=17
    'net.layers=[1, 1, 1, 1]' 'net.planes=[2, 3, 4, 5]' net.widen=1
    'net.head=[10, 6]' train.steps=4 train.shards=6)
tests='sha256 compiler math stream tree probe'
want=$(awk '$1 == "toy-V6-m1-G1" { print $2 }' \
    "$FMCIB_SOURCE/results/digests.txt")

build() { # build NAME C-COMPILER C++-COMPILER LEVEL [args...]
    local name=$1 c=$2 cxx=$3 level=$4
    shift 4
    run cmake -S "$FMCIB_SOURCE/tests/portable" -B "$name" -G Ninja \
        -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_COMPILER=$c" \
        "-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_C_FLAGS_RELEASE=$level" \
        "-DCMAKE_CXX_FLAGS_RELEASE=$level" "$@"
    expect_status 0
    run cmake --build "$name" -j 2
    expect_status 0
}
