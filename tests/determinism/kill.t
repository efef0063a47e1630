#!/usr/bin/env bash
# SIGKILL at five places of a run, each followed by --resume on another number
# of ranks: the same weights and the same steps as without.
# processors: 2
# timeout: 900
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

toy=(--set input.patches=computed --set input.computed_rows=24
    --set augment.size=17 --set 'net.layers=[1, 1, 1, 1]'
    --set 'net.planes=[4, 6, 8, 10]' --set net.widen=1
    --set 'net.head=[10, 6]' --set train.shards=6 --set train.items=2
    --set train.steps=40 --set checkpoint.every=3 --quiet)
lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }

ranks 2 fmcib-pretrain "${toy[@]}" --out whole
expect_status 0
want=$(digest weights)
for place in 2 4 11 23 37; do
    out=$PWD/kill$place
    setsid bash "$FMCIB_SOURCE/tests/mpirun.sh" $((place % 3 + 1)) \
        "$(command -v fmcib-pretrain)" "${toy[@]}" --out "$out" \
        >killed.log 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null &&
        [ "$(lines "$out/steps.csv")" -lt "$place" ]; do
        sleep 0.01
    done
    pkill -KILL -f -- "--out $out" 2>/dev/null
    kill -KILL -- "-$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    if [ -f "$out/weights.nc" ]; then
        echo "note: the run ended before line $place could be killed"
    fi
    ranks $(((place + 1) % 3 + 1)) fmcib-pretrain "${toy[@]}" --out "$out" \
        --resume
    expect_status 0
    expect_equal "$(digest weights)" "$want"
    expect_same "$out/steps.csv" whole/steps.csv
done
finish
