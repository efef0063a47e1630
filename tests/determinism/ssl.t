#!/usr/bin/env bash
# NNCLR and SwAV: one digest for any number of ranks and threads, backends,
# after stops at every step and after a kill (memory banks and queues are in the
# checkpoints); groups, wiring and their other keys do change it.
# processors: 2
# timeout: 900
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

toy=(--set input.patches=computed --set input.computed_rows=24
    --set augment.size=13 --set augment.order=normalised
    --set 'net.layers=[1, 1]' --set 'net.planes=[2, 3]' --set net.widen=1
    --set train.shards=4 --set train.items=2 --set train.groups=2
    --set train.steps=5 --set loss.bank=9 --set loss.queue=10
    --set loss.queue_epoch=1 --set loss.frozen_epochs=1
    --set net.prototypes=7 --set 'net.head=[10, 6]'
    --set 'net.prediction=[8, 6]' --set augment.low.size=9
    --set augment.low.views=3 --quiet)
n=0
lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }

# train RANKS THREADS args...: in a fresh folder $out; weights in $got.
train() {
    local p=$1 t=$2
    shift 2
    n=$((n + 1))
    out=$PWD/$n
    ranks "$p" fmcib-pretrain "${toy[@]}" --out "$out" --threads "$t" "$@"
    got=$(digest weights)
}

for loss in nnclr swav; do
    s=(--set "loss.name=$loss")
    train 1 1 "${s[@]}"
    expect_status 0
    want=$got
    steps=$out/steps.csv
    expect_equal "$(wc -l <"$steps")" 6
    for place in '1 3' '2 1' '2 2' '3 1' '4 1' '4 2'; do
        read -r p t <<<"$place"
        train "$p" "$t" "${s[@]}"
        expect_equal "$got" "$want"
        expect_same "$out/steps.csv" "$steps"
    done
    train 2 1 "${s[@]}" --set compute.backend=ref
    expect_equal "$got" "$want"
    train 2 1 "${s[@]}" --set compute.variant=c
    expect_equal "$got" "$want"

    # Stop after each step, go on with another number of ranks.
    for k in 1 2 3 4; do
        train "$k" 1 "${s[@]}" --stop-after "$k"
        expect_status 75
        ranks $((5 - k)) fmcib-pretrain "${toy[@]}" "${s[@]}" --out "$out" \
            --resume
        expect_equal "$(digest weights)" "$want"
        expect_same "$out/steps.csv" "$steps"
    done

    keys=(train.groups=1 train.groups=4 loss.temperature=0.2 loss.banks=first)
    case $loss in
    nnclr) keys+=(loss.wired=published loss.bank=8 'net.prediction=[9, 6]') ;;
    swav) keys+=(loss.queue=9 loss.queue=0 loss.queue_epoch=0
        loss.frozen_epochs=2 loss.epsilon=0.06 loss.rounds=2 net.prototypes=8
        augment.low.views=2 augment.low.size=10 augment.low.lo=0.4
        augment.low.hi=0.6) ;;
    esac
    for k in "${keys[@]}"; do
        train 1 2 "${s[@]}" --set "$k"
        expect_status 0
        expect_different "$got" "$want"
    done
done

# Features by such weights: the trunk alone, heads are left out.
run fmcib-phantom --set cohort.patients=4 --out c --quiet
run fmcib-prepare --set input.list=c/pretrain.csv --set patch.radius=7 \
    --set negatives.stored=1 --set prepare.shards=2 --quiet --out store
for loss in nnclr swav; do
    train 2 1 --set "loss.name=$loss" --set input.patches=store \
        --set train.shards=2 --set train.items=1
    expect_status 0
    run fmcib-extract --set "input.weights=$out/weights.nc" --quiet \
        --set input.patches=store --out "features-$loss"
    expect_status 0
done

# NT-Xent as published keeps a bank of one, too.
s=(--set loss.name=ntxent --set loss.wired=published)
train 1 1 "${s[@]}"
want=$got
train 3 2 "${s[@]}" --stop-after 2
expect_status 75
ranks 2 fmcib-pretrain "${toy[@]}" "${s[@]}" --out "$out" --resume
expect_equal "$(digest weights)" "$want"
train 1 1 --set loss.name=ntxent
expect_different "$got" "$want"

# Killed in the middle of a longer run.
s=(--set loss.name=swav --set train.steps=40 --set checkpoint.every=3)
train 1 2 "${s[@]}"
want=$got
steps=$out/steps.csv
out=$PWD/killed
setsid fmcib-pretrain "${toy[@]}" "${s[@]}" --out "$out" >killed.log 2>&1 &
pid=$!
while kill -0 "$pid" 2>/dev/null &&
    [ "$(lines "$out/steps.csv")" -lt 8 ]; do
    sleep 0.01
done
kill -KILL -- "-$pid" 2>/dev/null
wait "$pid" 2>/dev/null
if [ -f "$out/weights.nc" ]; then
    echo 'note: the run ended before it could be killed'
fi
ranks 3 fmcib-pretrain "${toy[@]}" "${s[@]}" --out "$out" --resume
expect_status 0
expect_equal "$(digest weights)" "$want"
expect_same "$out/steps.csv" "$steps"

# What is refused.
train 1 1 --set loss.name=nnclr --set 'net.prediction=[8, 5]'
expect_status 3
expect_err 'net\.prediction ends with 5, net\.head with 6'
train 1 1 --set loss.name=swav --set loss.wired=published
expect_status 3
expect_err 'loss\.wired'
train 1 1 --set loss.name=nnclr --set train.groups=3
expect_status 3
expect_err 'train\.groups = 3'
finish
