#!/usr/bin/env bash
# processors: 2
# timeout: 900
# Cohort and patch store: one digest for any number of ranks and threads, and
# after SIGKILL in the middle with --resume on another number of ranks.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

cohort=(--set cohort.patients=7 --quiet)
run fmcib-phantom "${cohort[@]}" --out c --threads 1
want_cohort=$(digest cohort)
patches=(--set input.list=c/pretrain.csv --set patch.radius=12
    --set negatives.stored=3 --set negatives.clear=true
    --set prepare.shards=5 --quiet)
run fmcib-prepare "${patches[@]}" --out p --threads 1
expect_status 0
want=$(digest patches)
rm p/run.jsonl
printf 'cohort %s\npatches %s\n' "$want_cohort" "$want"

for p in 1 2 3 4; do
    for t in 1 2 3; do
        ranks "$p" fmcib-prepare "${patches[@]}" --out "p$p$t" --threads "$t"
        expect_equal "$p ranks x $t: $(digest patches)" "$p ranks x $t: $want"
        rm -f "p$p$t/run.jsonl"
        expect_same p "p$p$t"
    done
    ranks "$p" fmcib-phantom "${cohort[@]}" --out "c$p" --threads 2
    expect_equal "$p ranks: $(digest cohort)" "$p ranks: $want_cohort"
done

# SIGKILL when k shards are there; larger patches, so that it takes a while.
long=("${patches[@]}" --set patch.radius=24)
run fmcib-prepare "${long[@]}" --out whole
expect_status 0
want=$(digest patches)
shards() { find "$1" -name 'patches-*.nc' 2>/dev/null | wc -l; }
for k in 1 2 4; do
    bash "$FMCIB_SOURCE/tests/mpirun.sh" $((k % 3 + 1)) \
        "$(command -v fmcib-prepare)" "${long[@]}" --out "kill$k" \
        >killed.log 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && [ "$(shards "kill$k")" -lt "$k" ]; do
        sleep 0.01
    done
    mapfile -t children < <(pgrep -P "$pid")
    kill -KILL "${children[@]}" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    if [ "$(shards "kill$k")" = 5 ]; then
        echo "note: the run ended before it could be killed at $k shards"
    fi
    ranks $(((k + 1) % 3 + 1)) fmcib-prepare "${long[@]}" --out "kill$k" \
        --resume
    expect_status 0
    expect_equal "$(digest patches)" "$want"
    expect_equal "$(find "kill$k" -name '*.tmp-*' | wc -l)" 0
done

# What is drawn does show.
for k in seed=3 negatives.clear=false; do
    run fmcib-prepare "${long[@]}" --set "$k" --out "other-${k%%=*}"
    expect_status 0
    expect_different "$k $(digest patches)" "$k $want"
done
finish
