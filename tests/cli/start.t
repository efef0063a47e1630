#!/usr/bin/env bash
# Pretraining from weights of any file: the trunk, or trunk and heads; what does
# not fit exactly is refused before a step, and nothing is left behind.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

toy=(--set input.patches=computed --set input.computed_rows=12
    --set augment.size=13 --set 'net.layers=[1, 1]' --set 'net.planes=[2, 3]'
    --set net.widen=1 --set 'net.head=[5, 4]' --set train.steps=2
    --set train.shards=4 --set 'net.prediction=[6, 4]' --set net.prototypes=5
    --set augment.low.size=9 --set augment.low.views=1 --set loss.bank=6
    --set loss.queue=4 --set checkpoint.start=true --quiet)
train() { run fmcib-pretrain "${toy[@]}" "$@"; }
from() { # HOW FILE args...
    local how=$1 file=$2
    shift 2
    rm -rf started
    train --out started --set "start.from=$how" --set "start.weights=$file" "$@"
}
content() { fmcib-weights hash "$1" | cut -c1-64; }
refused() { # STATUS TEXT args...
    local want=$1 text=$2
    shift 2
    train --out x --set seed=1 "$@"
    expect_status "$want"
    expect_err "$text"
    expect_err_lines 1
    expect_no_file x
}

train --out pre
expect_status 0
first=$(content pre/weights-start.nc)
whole=$(content pre/weights.nc)
for to in safetensors pt ckpt torch; do
    run fmcib-weights convert pre/weights.nc "pre.$to" --quiet
    expect_status 0
done

# One result whatever the file, with a trunk that is the file's.
from trunk pre/weights.nc --set seed=1
expect_status 0
trunk=$(digest weights)
for to in safetensors pt ckpt torch; do
    from trunk "pre.$to" --set seed=1
    expect_status 0
    expect_equal "$(digest weights)" "$trunk"
done
run fmcib-weights diff pre/weights.nc started/weights-start.nc
expect_status 11
check 'the heads alone differ' \
    [ "$(grep -c '^differ.*backbone\.' "$out_file")" = 0 ]
ranks 3 fmcib-pretrain "${toy[@]}" --set seed=1 --set start.from=trunk \
    --set start.weights=pre.pt --out three
expect_equal "$(digest weights)" "$trunk"
train --out random --set seed=1
expect_different "$(digest weights)" "$trunk"

# Trunk and heads: it begins with the file's very weights.
for file in pre/weights.nc pre.safetensors; do
    from all "$file" --set seed=1
    expect_status 0
    expect_equal "$(content started/weights-start.nc)" "$whole"
done
from all pre/weights-start.nc --set seed=0
expect_equal "$(content started/weights-start.nc)" "$first"
expect_equal "$(content started/weights.nc)" "$whole"

# Two heads, in the order of names.
for loss in nnclr swav; do
    train --out "$loss" --set "loss.name=$loss"
    run fmcib-weights convert "$loss/weights.nc" "$loss.safetensors" --quiet
    run fmcib-weights diff "$loss/weights.nc" "$loss.safetensors"
    expect_status 0
    for file in "$loss/weights.nc" "$loss.safetensors"; do
        from all "$file" --set seed=1 --set "loss.name=$loss"
        expect_status 0
        expect_equal "$(content started/weights-start.nc)" \
            "$(content "$loss/weights.nc")"
    done
    from trunk "$loss.safetensors" --set seed=1
    expect_status 0
done

# The weights belong to a run's input.
train --out again --set start.from=trunk --set start.weights=pre.pt \
    --stop-after 1
expect_status 75
train --out again --set start.from=trunk --set start.weights=nnclr/weights.nc \
    --resume
expect_status 7
expect_err 'start weights have changed'
train --out again --set start.from=trunk --set start.weights=pre.safetensors \
    --resume
expect_status 0

# What is refused.
refused 3 'start\.from: trunk and start\.weights: ""' --set start.from=trunk
refused 3 'start\.from: random' --set start.weights=pre.pt
from=(--set start.from=all)
refused 4 nowhere "${from[@]}" --set start.weights=nowhere
refused 5 'net\.planes and net\.widen say 4' "${from[@]}" \
    --set start.weights=pre.pt --set 'net.planes=[4, 3]'
refused 5 'heads are of another loss\.name' "${from[@]}" \
    --set start.weights=pre/weights.nc --set loss.name=nnclr
refused 5 'missing: .*projection_head\.layers\.1\.' "${from[@]}" \
    --set start.weights=pre.safetensors --set loss.name=swav
refused 5 '3 missing: projection_head.*; 9 unexpected: ' "${from[@]}" \
    --set start.weights=swav.safetensors

# Files of the original software: a stem of another size, or damaged; none is
# taken in part.
golden=${FMCIB_GOLDEN:-$FMCIB_SOURCE/../shared/golden}/network/checkpoints
n=0
for file in "$golden"/*.pt "$golden"/*.ckpt "$golden"/*.safetensors \
    "$golden"/mismatch/*; do
    [ -f "$file" ] || continue
    n=$((n + 1))
    for how in trunk all; do
        refused 5 "$(basename "$file")" --set "start.from=$how" \
            --set "start.weights=$file" --set 'net.layers=[1, 1, 1, 1]' \
            --set 'net.planes=[1, 1, 1, 2]' --set augment.size=33 \
            --set 'net.head=[4, 4]'
    done
done
if [ "$n" = 0 ]; then
    echo "SKIP no files in $golden"
else
    echo "files of the original software refused: $n"
fi
finish
