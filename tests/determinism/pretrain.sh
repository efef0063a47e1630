#!/usr/bin/env bash
# Pretraining: one digest for any number of ranks and threads, backends,
# variants, placement keys, and after kills; identity keys do change it.
# shellcheck source=tests/determinism/lib.sh
. "$(dirname "$0")/lib.sh"

toy=(--set input.patches=computed --set input.computed_rows=24
     --set augment.size=17 --set "net.layers=[1, 1, 1, 1]"
     --set "net.planes=[2, 3, 4, 5]" --set net.widen=1
     --set "net.head=[10, 6]" --set train.steps=4 --quiet)
n=0
run() { # run RANKS THREADS args...: fresh folder, digest in $digest
    local p=$1 t=$2
    shift 2
    n=$((n + 1))
    out=$work/$n
    ranks "$p" "$bin/fmcib-pretrain" "${toy[@]}" --out "$out" --threads "$t" \
        "$@"
    status=$?
    digest=$(result weights)
}
shas() { cut -d, -f10 "$1/steps.csv" | tr '\n' ' '; }

for shape in "6 1 1" "5 2 1" "8 1 2" "3 1 1"; do
    read -r v m g <<<"$shape"
    s=(--set "train.shards=$v" --set "train.items=$m" --set "train.groups=$g")
    run 1 1 "${s[@]}"
    want=$digest
    steps=$(shas "$out")
    printf 'V=%d m=%d G=%d  %s\n' "$v" "$m" "$g" "$want"
    for p in 1 2 3 4; do
        for t in 1 2 3; do
            run "$p" "$t" "${s[@]}"
            same "V=$v m=$m G=$g P=$p T=$t" "$digest" "$want"
            same "steps V=$v P=$p T=$t" "$(shas "$out")" "$steps"
        done
    done
done

s=(--set train.shards=6 --set train.items=1)
run 1 1 "${s[@]}"
want=$digest
for b in "backend=ref" "variant=c" "variant=avx2" "variant=avx512"; do
    run 2 1 "${s[@]}" --set "compute.$b"
    if grep -q "cannot run" "$work/log"; then
        printf 'SKIP compute.%s: this processor has it not\n' "$b"
        continue
    fi
    same "compute.$b" "$digest" "$want"
done

# Every placement key, moved from its default.
for k in input.cache_gb=0 compute.memory_gb=3 checkpoint.every=1 \
    checkpoint.keep=1 checkpoint.start=true run.quiet=false; do
    run 2 2 "${s[@]}" --set "$k"
    same "placement $k" "$digest" "$want"
done

# Stop after each step, go on with another number of ranks.
for k in 1 2 3; do
    run $((k)) 1 "${s[@]}" --stop-after "$k"
    same "exit status of --stop-after $k" "$status" 75
    ranks $((4 - k)) "$bin/fmcib-pretrain" "${toy[@]}" "${s[@]}" \
        --out "$out" --resume
    same "stop after $k, resume on $((4 - k))" "$(result weights)" "$want"
done

# Identity keys do show (the comparison can fail).
for k in seed=1 train.groups=2 norm.batches=joint optim.lr=0.08 \
    loss.temperature=0.2 augment.flip_p=0.4 net.zero_theory_bias=false; do
    run 1 1 "${s[@]}" --set "$k"
    differ "identity $k" "$digest" "$want"
done
finish
