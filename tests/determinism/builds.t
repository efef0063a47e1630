#!/usr/bin/env bash
# Other compilers and optimisation levels give the same bits; the same build in
# another folder gives the same programs.
# labels: slow
# processors: 2
# timeout: 3000
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

toy=(--set input.patches=computed --set input.computed_rows=24
    --set augment.size=17 --set 'net.layers=[1, 1, 1, 1]'
    --set 'net.planes=[2, 3, 4, 5]' --set net.widen=1
    --set 'net.head=[10, 6]' --set train.steps=4 --set train.shards=6 --quiet)
want=$(awk '$1 == "toy-V6-m1-G1" { print $2 }' \
    "$FMCIB_SOURCE/results/digests.txt")

build() { # build NAME C-COMPILER C++-COMPILER FLAGS
    run cmake -S "$FMCIB_SOURCE" -B "$1" -G Ninja -DFMCIB_TESTS=OFF \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$2" \
        -DCMAKE_CXX_COMPILER="$3" "-DCMAKE_C_FLAGS_RELEASE=$4" \
        "-DCMAKE_CXX_FLAGS_RELEASE=$4"
    expect_status 0
    run cmake --build "$1" -j 2
    expect_status 0
}
holds() { # holds NAME: every variant of a build gives the committed digest
    for v in avx512 avx2 c; do
        run "$1/bin/fmcib-pretrain" "${toy[@]}" --set compute.variant=$v \
            --out "$1/$v"
        [ "$status" = 3 ] && continue # not on this processor
        expect_equal "$(digest weights)" "$want"
        echo "$1 $v $(digest weights)"
    done
    run "$1/bin/fmcib-pretrain" "${toy[@]}" --set compute.backend=ref \
        --out "$1/ref"
    expect_equal "$(digest weights)" "$want"
}

build gcc-O0 gcc g++ -O0
holds gcc-O0
build gcc-O3 gcc g++ -O3
holds gcc-O3
if command -v clang >/dev/null; then
    build clang-O1 clang clang++ -O1
    holds clang-O1
    build clang-O3 clang clang++ -O3
    holds clang-O3
else
    echo 'SKIP clang: not installed'
fi

build one gcc g++ '-O2 -g1'
build two gcc g++ '-O2 -g1'
programs=0
for p in one/bin/fmcib-*; do
    expect_same "$p" "two/bin/${p##*/}"
    programs=$((programs + 1))
done
declared=$(cat "$FMCIB_SOURCE"/src/app/*.cmake | grep -c '^fmcib_program(')
check "all $declared programs" [ "$programs" = "$declared" ]
finish
