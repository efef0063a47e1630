#!/usr/bin/env bash
# Supervised training: the same files for any number of ranks and threads, with
# a smaller last batch, after stops and kills, for every placement key; identity
# keys do change them.
# processors: 2
# timeout: 900
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"
. "$FMCIB_SOURCE/tests/cli/tune_data.sh"

tune_stores task1 24
toy=("${tune[@]}" --set 'net.head=[10, 8]' --set start.from=random
    --set train.shards=6 --set train.steps=36 --set validate.every=1)
n=0

# train RANKS THREADS args...: in a fresh folder $out; weights in $got.
train() {
    local p=$1 t=$2
    shift 2
    n=$((n + 1))
    out=$PWD/$n
    ranks "$p" fmcib-finetune "${toy[@]}" --out "$out" --threads "$t" "$@"
    got=$(digest weights)
}

# All that a run leaves but its log.
same_folder() {
    local f
    for f in steps.csv validation.csv val_results.csv test_results.csv; do
        expect_same "$1/$f" "$2/$f"
    done
    expect_equal "$(cd "$1" && echo weights*.nc best*.nc)" \
        "$(cd "$2" && echo weights*.nc best*.nc)"
}

train 1 1
expect_status 0
want=$got
best=$(digest weights-best)
whole=$out
expect_equal "$(wc -l <"$whole/validation.csv")" 4 # three epochs
for p in 1 2 3 4; do
    for t in 1 2 3; do
        train "$p" "$t"
        expect_equal "$got" "$want"
        expect_equal "$(digest weights-best)" "$best"
        same_folder "$out" "$whole"
    done
done

for k in backend=ref variant=c; do
    train 2 1 --set "compute.$k"
    expect_equal "$got" "$want"
done
for k in compute.memory_gb=3 checkpoint.every=1 checkpoint.keep=1 \
    checkpoint.start=true input.cache_gb=0 run.quiet=false; do
    train 2 2 --set "$k"
    expect_equal "$got" "$want"
    expect_same "$out/steps.csv" "$whole/steps.csv"
done
run fmcib-finetune "${toy[@]}" --dry-run
expect_equal "$(sed -n 's/^\([a-z0-9_.]*\):.*# \(placement\|preset\)$/\1/p' \
    "$out_file" | sort | tr '\n' ' ')" \
    "checkpoint.every checkpoint.keep checkpoint.start compute.backend\
 compute.memory_gb compute.variant input.cache_gb input.test input.train\
 input.val recipe run.out run.quiet run.stop_after run.threads start.weights\
 task "

# Other stores of the same content.
mkdir moved
cp -r train val test moved/
train 2 1 --set input.train=moved/train --set input.val=moved/val \
    --set input.test="$PWD/moved/test"
expect_equal "$got" "$want"

# Stops, one of them at a validation, and other ranks afterwards.
for k in 1 14 15 20 35; do
    train $((k % 3 + 1)) 1 --stop-after "$k"
    expect_status 75
    ranks $((3 - k % 3)) fmcib-finetune "${toy[@]}" --out "$out" --resume
    expect_equal "$(digest weights)" "$want"
    expect_equal "$(digest weights-best)" "$best"
    same_folder "$out" "$whole"
done
ranks 2 fmcib-finetune "${toy[@]}" --out "$out" --resume
expect_status 0
expect_equal "$(digest weights-best)" "$best"

# Killed in the middle of anything.
lines() { if [ -f "$1" ]; then wc -l <"$1"; else echo 0; fi; }
for place in 3 17 33; do
    out=$PWD/kill$place
    setsid bash "$FMCIB_SOURCE/tests/mpirun.sh" $((place % 3 + 1)) \
        "$(command -v fmcib-finetune)" "${toy[@]}" --set checkpoint.every=4 \
        --out "$out" >killed.log 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null &&
        [ "$(lines "$out/steps.csv")" -lt "$place" ]; do
        sleep 0.01
    done
    pkill -KILL -f -- "--out $out" 2>/dev/null
    kill -KILL -- "-$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    ranks $(((place + 1) % 3 + 1)) fmcib-finetune "${toy[@]}" \
        --set checkpoint.every=4 --out "$out" --resume
    expect_status 0
    expect_equal "$(digest weights)" "$want"
    same_folder "$out" "$whole"
done

# The three starts; frozen trunks; one output.
base=baselines/supervised_training/supervised_random_init
for k in net.trunk=frozen net.trunk=frozen_eval optim.name=sgd \
    train.drop_last=true data.percent=50 train.items=2 \
    augment.pipeline=$base; do
    train 1 1 --set "$k"
    expect_status 0
    expect_different "$got" "$want"
    one=$got
    train 3 2 --set "$k"
    expect_equal "$got" "$one"
done
finish
