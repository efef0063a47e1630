#!/usr/bin/env bash
# Pretraining: one digest for any number of ranks and threads, backends,
# variants, placement keys, and after stops; identity keys do change it.
# processors: 2
# timeout: 900
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

toy=(--set input.patches=computed --set input.computed_rows=24
    --set augment.size=17 --set 'net.layers=[1, 1, 1, 1]'
    --set 'net.planes=[2, 3, 4, 5]' --set net.widen=1
    --set 'net.head=[10, 6]' --set train.steps=4 --quiet)
n=0

# train RANKS THREADS args...: in a fresh folder $out; weights in $got.
train() {
    local p=$1 t=$2
    shift 2
    n=$((n + 1))
    out=$PWD/$n
    ranks "$p" fmcib-pretrain "${toy[@]}" --out "$out" --threads "$t" "$@"
    got=$(digest weights)
}

committed() { awk -v n="$1" '$1 == n { print $2 }' \
    "$FMCIB_SOURCE/results/digests.txt"; }

for shape in '6 1 1' '5 2 1' '8 1 2' '3 1 1'; do
    read -r v m g <<<"$shape"
    s=(--set "train.shards=$v" --set "train.items=$m" --set "train.groups=$g")
    train 1 1 "${s[@]}"
    want=$got
    steps=$out/steps.csv
    expect_status 0
    name=toy-V$v-m$m-G$g
    echo "$name $want"
    # a digest that moved is explained in the commit that moves it
    expect_equal "$want" "$(committed "$name")"
    for p in 1 2 3 4; do
        for t in 1 2 3; do
            train "$p" "$t" "${s[@]}"
            expect_equal "$got" "$want"
            expect_same "$out/steps.csv" "$steps"
        done
    done
done

s=(--set train.shards=6)
train 1 1 "${s[@]}"
want=$got
for b in backend=ref variant=c variant=avx2 variant=avx512 \
    variant=neon; do
    train 2 1 "${s[@]}" --set "compute.$b"
    if [ "$status" = 3 ]; then
        echo "SKIP compute.$b: not on this processor"
        continue
    fi
    expect_equal "$got" "$want"
done

# Every placement key, moved from its default (those of live negatives: live.t).
# Ranks, threads, out, stop_after,
# backend and variant are moved above and below, patches and cache further down.
for k in compute.memory_gb=3 checkpoint.every=1 checkpoint.keep=1 \
    checkpoint.start=true run.quiet=false recipe=intended; do
    train 2 2 "${s[@]}" --set "$k"
    expect_equal "$got" "$want"
done
run fmcib-pretrain "${toy[@]}" "${s[@]}" --dry-run
expect_equal "$(sed -n 's/^\([a-z0-9_.]*\):.*# \(placement\|preset\)$/\1/p' \
    "$out_file" | sort | tr '\n' ' ')" \
    "checkpoint.every checkpoint.keep checkpoint.start compute.backend\
 compute.memory_gb compute.variant data.root data.strip input.cache_gb\
 input.list input.patches negatives.cache negatives.cache_gb recipe run.out\
 run.quiet run.stop_after run.threads start.weights "

# The same store in another place, in memory or read step by step.
run fmcib-phantom --set cohort.patients=4 --out c --quiet
run fmcib-prepare --set input.list=c/pretrain.csv --set patch.radius=9 \
    --set negatives.stored=2 --set prepare.shards=3 --quiet --out store
expect_status 0
store=(--set train.shards=4 --set train.items=2)
train 1 1 "${store[@]}" --set input.patches=store
want_store=$got
expect_status 0
mv store elsewhere
train 3 1 "${store[@]}" --set input.patches=elsewhere
expect_equal "$got" "$want_store"
train 2 2 "${store[@]}" --set input.patches="$PWD/elsewhere" \
    --set input.cache_gb=0
expect_equal "$got" "$want_store"

# Stop after each step, go on with another number of ranks.
for k in 1 2 3; do
    train "$k" 1 "${s[@]}" --stop-after "$k"
    expect_status 75
    ranks $((4 - k)) fmcib-pretrain "${toy[@]}" "${s[@]}" --out "$out" --resume
    expect_equal "$(digest weights)" "$want"
done

# Identity keys do show: the comparison can fail.
for k in seed=1 train.groups=2 norm.batches=joint optim.lr=0.08 \
    loss.temperature=0.2 augment.flip.p=0.4 augment.order=normalised; do
    train 1 1 "${s[@]}" --set "$k"
    expect_status 0
    expect_different "$got" "$want"
done
finish
