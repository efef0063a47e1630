#!/usr/bin/env bash
# The whole study in small, on this machine: cohort, preparation, pretraining,
# the same weights from other ranks and after a kill, extraction, search,
# validation, report. Called by ./run demo; everything it makes is in
# runs/demo.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=build/release/bin
out=runs/demo
jobs=jobs/demo
replay=${FMCIB_DEMO_REPLAY:-6} # steps each replay repeats

say() { printf '\n== %s\n' "$*"; }
mpi() { # mpi RANKS program args...
    local n=$1
    shift
    tests/mpirun.sh "$n" "$@"
}
digests() { tail -n +2 "$1/steps.csv" | head -n "$replay" | cut -d, -f1,10; }

start=$SECONDS
rm -rf "$out"
mkdir -p "$out"

say "cohort: 144 phantom CTs with 8 lesions each"
mpi 2 "$bin/fmcib-phantom" --config $jobs/phantom.yaml

say "preparation: patches of 1 mm voxels"
mpi 2 "$bin/fmcib-prepare" --config $jobs/prepare.yaml
for part in train val test; do
    mpi 2 "$bin/fmcib-prepare" --config $jobs/prepare.yaml --quiet \
        --set input.list=$out/cohort/task1_$part.csv --set negatives.stored=0 \
        --out $out/patches-$part
done

say "pretraining: 2 ranks"
mpi 2 "$bin/fmcib-pretrain" --config $jobs/pretrain.yaml --threads 1

say "the same from other ranks and threads, and after a kill ($replay steps each)"
again() { # again NAME RANKS THREADS: replay the first steps
    local dir=$out/replay-$1 status=0
    mpi "$2" "$bin/fmcib-pretrain" --config $jobs/pretrain.yaml --quiet \
        --threads "$3" --stop-after "$replay" --out "$dir" \
        >"$out/replay.log" 2>&1 || status=$?
    check "$1" "$dir" "$status"
}
check() { # check NAME DIR STATUS
    if [ "$3" -ne 75 ]; then
        cat "$out/replay.log"
        echo "demo: replay $1 ended with status $3, expected 75" >&2
        exit 1
    fi
    if [ "$(digests "$2")" != "$(digests $out/pretrain)" ]; then
        echo "demo: FAILED: replay $1 has other weights:" >&2
        diff <(digests "$2") <(digests $out/pretrain) >&2 || true
        exit 1
    fi
    printf '%-24s step %d  %s  equal\n' "$1" "$replay" \
        "$(digests "$2" | tail -n 1 | cut -d, -f2)"
}
again "1-rank" 1 1
again "3-ranks" 3 1
again "2-ranks-x-2-threads" 2 2

dir=$out/replay-kill
setsid tests/mpirun.sh 3 "$bin/fmcib-pretrain" --config $jobs/pretrain.yaml \
    --quiet --threads 1 --set checkpoint.every=2 --out $dir \
    >"$out/replay.log" 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null &&
    ! [ -e "$dir/checkpoint-00000002.nc" ]; do sleep 0.05; done
kill -KILL -- -$pid 2>/dev/null || true
pkill -KILL -f -- "--out $dir" 2>/dev/null || true
wait $pid 2>/dev/null || true
status=0
mpi 2 "$bin/fmcib-pretrain" --config $jobs/pretrain.yaml --quiet --threads 1 \
    --stop-after "$replay" --out $dir --resume >"$out/replay.log" 2>&1 ||
    status=$?
check "kill-3-resume-2" "$dir" "$status"

say "features of the test lesions: pretrained and random encoder"
for encoder in weights weights-start; do
    for part in train val test; do
        mpi 2 "$bin/fmcib-extract" --config $jobs/extract.yaml --quiet \
            --threads 1 --set input.weights=$out/pretrain/$encoder.nc \
            --set input.patches=$out/patches-$part \
            --out $out/features-$encoder/$part
    done
done

say "search: linear probes of four feature sets, 40 trials each on 2 ranks"
search() { # search NAME TABLES, % stands for train, val, test
    mpi 2 "$bin/fmcib-search" --config $jobs/search.yaml --quiet --threads 1 \
        --set "input.train=${2//%/train}" --set "input.val=${2//%/val}" \
        --set "input.test=${2//%/test}" --out $out/search/"$1"
}
search random "$out/features-weights-start/%/features.nc"
search simple "$out/cohort/simple_%.csv"
search pretrained "$out/features-weights/%/features.nc"
search both "$out/features-weights/%/features.nc,$out/cohort/simple_%.csv"

say "validation and report"
"$bin/fmcib-validate" --config $jobs/validate.yaml
printf '\ndemo: done in %d s; open %s\n' $((SECONDS - start)) \
    "$PWD/$out/report/report.html"
