#!/usr/bin/env bash
# The auto-encoder: one digest for any number of ranks and threads, backends,
# after stops and after a kill; keys of its own do change it. Features by its
# weights, and a supervised training on its encoder.
# processors: 2
# timeout: 600
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"
. "$FMCIB_SOURCE/tests/cli/tune_data.sh"

net=(--set 'net.layers=[1, 1]' --set 'net.planes=[3, 2]' --set net.widen=1
    --set 'net.strides=[2, 2]' --set net.middle=4)
toy=(--set recipe=autoencoder --set input.patches=computed
    --set input.computed_rows=21 --set augment.size=14 "${net[@]}"
    --set train.shards=4 --set train.items=2 --set train.steps=5 --quiet)
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

train 1 1
expect_status 0
want=$got
steps=$out/steps.csv
expect_equal "$(wc -l <"$steps")" 6
for place in '1 3' '2 2' '3 1' '4 1'; do
    read -r p t <<<"$place"
    train "$p" "$t"
    expect_equal "$got" "$want"
    expect_same "$out/steps.csv" "$steps"
done
train 2 1 --set compute.backend=ref
expect_equal "$got" "$want"
train 2 1 --set compute.variant=c
expect_equal "$got" "$want"

# Stop after each step, go on with another number of ranks.
for k in 1 2 3 4; do
    train "$k" 1 --stop-after "$k"
    expect_status 75
    ranks $((5 - k)) fmcib-pretrain "${toy[@]}" --out "$out" --resume
    expect_equal "$(digest weights)" "$want"
    expect_same "$out/steps.csv" "$steps"
done

for k in train.groups=2 optim.weight_decay=0.1 net.zero_theory_bias=false \
    net.middle=5 'net.strides=[1, 2]' 'net.planes=[4, 2]'; do
    train 1 2 --set "$k"
    expect_status 0
    expect_different "$got" "$want"
done

# It learns; killed in the middle of that.
train 1 2 --set train.steps=150 --set checkpoint.every=7 --set optim.lr=0.01
want=$got
steps=$out/steps.csv
expect_equal "$(awk -F, 'NR == 2 { first = $3 } END { print ($3 < first / 2) }' \
    "$steps")" 1
weights=$out/weights.nc
out=$PWD/killed
setsid fmcib-pretrain "${toy[@]}" --set train.steps=150 --set optim.lr=0.01 \
    --set checkpoint.every=7 --out "$out" >killed.log 2>&1 &
pid=$!
while kill -0 "$pid" 2>/dev/null &&
    [ "$(lines "$out/steps.csv")" -lt 20 ]; do
    sleep 0.01
done
kill -KILL -- "-$pid" 2>/dev/null
wait "$pid" 2>/dev/null
if [ -f "$out/weights.nc" ]; then
    echo 'note: the run ended before it could be killed'
fi
ranks 3 fmcib-pretrain "${toy[@]}" --set train.steps=150 --set optim.lr=0.01 \
    --set checkpoint.every=7 --out "$out" --resume
expect_status 0
expect_equal "$(digest weights)" "$want"
expect_same "$out/steps.csv" "$steps"

# Features: the decoder is left out, and that is said.
run fmcib-phantom --set cohort.patients=6 --out c --quiet
run fmcib-prepare --set input.list=c/pretrain.csv --set patch.radius=7 \
    --set negatives.stored=1 --set prepare.shards=2 --quiet --out store
run fmcib-extract --set "input.weights=$weights" --set input.patches=store \
    --out features
expect_status 0
expect_err '5 tensors of the decoder .* are left out'
want=$(digest features)
expect_equal "$(head -n 1 features/features.csv | grep -o 'pred_[0-9]*$')" \
    pred_3
for place in '1 3 1' '2 1 3' '3 2 4'; do
    read -r p t m <<<"$place"
    ranks "$p" fmcib-extract --set "input.weights=$weights" --quiet \
        --set input.patches=store --threads "$t" --set "extract.batch=$m" \
        --out "features-$p-$t-$m"
    expect_equal "$(digest features)" "$want"
done
run fmcib-extract --set "input.weights=$weights" --set input.patches=store \
    --set extract.fold=true --out fold
expect_status 3
expect_err 'the auto-encoder has none'
run fmcib-weights convert "$weights" w.safetensors
run fmcib-weights diff "$weights" w.safetensors
expect_status 0
run fmcib-extract --set input.weights=w.safetensors --set input.patches=store \
    --out other
expect_status 5
expect_err 'of 2 stages, whose strides are not in the file'

# Start weights: the encoder, or all of it.
for from in trunk all; do
    train 2 1 --set "start.from=$from" --set "start.weights=$weights"
    expect_status 0
done
train 1 1 --set start.from=trunk --set "start.weights=$weights" \
    --set 'net.strides=[2, 1]'
expect_status 5
expect_err 'has stride 2 in stage 2, net\.strides says 1'

# A supervised training on the encoder, on 1 and 3 ranks.
tune_stores task2 12
for p in 1 3; do
    ranks "$p" fmcib-finetune --set task=task2 --set input.train=train \
        --set input.val=val --set input.test=test --set 'net.head=[5, 1]' \
        --set net.family=autoencoder "${net[@]}" --set augment.size=14 \
        --set start.from=trunk --set "start.weights=$weights" \
        --set train.shards=4 --set train.items=1 --set train.steps=4 --quiet \
        --out "tune$p"
    expect_status 0
    expect_same tune1/steps.csv "tune$p/steps.csv"
    expect_same tune1/test_results.csv "tune$p/test_results.csv"
done

# The job: keys are known, the network is the study's.
run fmcib-pretrain --config "$FMCIB_SOURCE/jobs/pretrain-autoencoder.yaml" \
    --set input.patches=computed --dry-run
expect_status 0
expect_out '230377744 parameters, 2048 features, 125000 outputs'
expect_out '^loss\.name: mae$'
expect_out '^optim\.name: adam$'

# What is refused.
train 1 1 --set augment.size=13
expect_status 3
expect_err 'edges of 14 voxels out of 13'
train 1 1 --set loss.name=ntxent
expect_status 3
expect_err 'loss\.name: ntxent and net\.family: autoencoder'
train 1 1 --set net.family=resnet
expect_status 3
expect_err 'loss\.name: mae and net\.family: resnet'
train 1 1 --set 'net.strides=[2]'
expect_status 3
expect_err 'net\.strides has 1 entries and net\.planes 2'
train 1 1 --set 'net.layers=[1, 2]'
expect_status 3
expect_err 'stage 2 of the network has 2 layers'
train 1 1 --set optim.lr=1e30
expect_status 8
expect_err 'step [0-9]*: .*not finite'
finish
