#!/usr/bin/env bash
# SIGKILL at five places of a run, each followed by --resume on another number
# of ranks: the same weights and the same steps as without.
# shellcheck source=tests/determinism/lib.sh
. "$(dirname "$0")/lib.sh"

toy=(--set input.patches=computed --set input.computed_rows=24
     --set augment.size=17 --set "net.layers=[1, 1, 1, 1]"
     --set "net.planes=[4, 6, 8, 10]" --set net.widen=1
     --set "net.head=[10, 6]" --set train.shards=6 --set train.items=2
     --set train.steps=40 --set checkpoint.every=3 --quiet)
lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }

ranks 2 "$bin/fmcib-pretrain" "${toy[@]}" --out "$work/whole"
want=$(result weights)
for place in 2 4 11 23 37; do
    out=$work/kill$place
    setsid "$src/tests/mpirun.sh" $((place % 3 + 1)) "$bin/fmcib-pretrain" \
        "${toy[@]}" --out "$out" >"$work/log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && [ "$(lines "$out/steps.csv")" -lt "$place" ]; do
        sleep 0.02
    done
    kill -KILL -- "-$pid" 2>/dev/null
    pkill -KILL -f -- "--out $out" 2>/dev/null
    wait "$pid" 2>/dev/null
    [ -f "$out/weights.nc" ] && printf 'note: place %s was not reached\n' "$place"
    ranks $(((place + 1) % 3 + 1)) "$bin/fmcib-pretrain" "${toy[@]}" \
        --out "$out" --resume
    same "kill at line $place" "$(result weights)" "$want"
    same "steps, kill at line $place" \
        "$(sha256sum <"$out/steps.csv")" "$(sha256sum <"$work/whole/steps.csv")"
done
finish
