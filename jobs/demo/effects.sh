#!/usr/bin/env bash
# What the demo's departures from the published recipe change: the demo is
# trained again with the published value of one key at a time, each over some
# training seeds, and the linear probes of both encoders are compared on the
# same test lesions. After ./run demo (its cohort and patches are used):
#   jobs/demo/effects.sh                 # every key below, hours on two cores
#   jobs/demo/effects.sh optim.lr        # one
#   FMCIB_EFFECT_SEEDS="0 1 2"           # training seeds
# Folders: runs/demo-effects/<key>/<seed>, kept and not made again; the last
# lines are entries for validation/effects.yaml.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${FMCIB_BIN:-build/release/bin}
demo=runs/demo
out=${FMCIB_EFFECT_OUT:-runs/demo-effects}
jobs=jobs/demo
read -ra seeds <<<"${FMCIB_EFFECT_SEEDS:-0 1 2}"
[ -d $demo/patches-pretrain ] || {
    echo "effects: $demo has no patches; ./run demo makes them" >&2
    exit 1
}

# key, value of the demo, published value
keys='train.groups|1|2
norm.batches|joint|per_view
optim.lr|5.0|0.075
optim.schedule|cosine_step|cosine_epoch
augment.crop.lo|0.75|0.5
net.zero_theory_bias|true|false
net.head|[128, 128]|[2048, 128]
net.widen|1.0|2
net.layers|[1, 1, 1, 1]|[3, 4, 6, 3]
augment.size|32|50
train.steps|180|0
net.planes|[8, 16, 32, 64]|[64, 128, 256, 512]'

mpi() { tests/mpirun.sh 2 "$@" --quiet --threads 1 >>"$out/log" 2>&1; }

# patches DIR: cubes of 50 mm of the same lesions, for augment.size
patches() {
    local part list negatives
    for part in pretrain train val test; do
        list=task1_$part.csv negatives=0
        [ $part != pretrain ] || list=pretrain.csv negatives=5
        mpi "$bin/fmcib-prepare" --config $jobs/prepare.yaml \
            --set input.list="$demo/cohort/$list" --set patch.radius=25 \
            --set negatives.stored=$negatives \
            --out "$1-$part"
    done
}

# probe DIR PATCHES SEED [key=value]: train, extract, search
probe() {
    local dir=$1 from=$2 seed=$3 encoder part
    shift 3
    [ ! -e "$dir/search/pretrained/study.json" ] || return 0
    rm -rf "$dir"
    mpi "$bin/fmcib-pretrain" --config $jobs/pretrain.yaml \
        --set seed="$seed" --set input.patches="$from-pretrain" "$@" \
        --out "$dir/pretrain"
    for encoder in random=weights-start pretrained=weights; do
        for part in train val test; do
            mpi "$bin/fmcib-extract" --config $jobs/extract.yaml \
                --set input.weights="$dir/pretrain/${encoder#*=}.nc" \
                --set input.patches="$from-$part" \
                --out "$dir/features/${encoder%=*}/$part"
        done
        mpi "$bin/fmcib-search" --config $jobs/search.yaml \
            --set input.features="$dir/features/${encoder%=*}" \
            --out "$dir/search/${encoder%=*}"
    done
    rm -rf "$dir"/pretrain/checkpoint-*.nc "$dir/features"
}

# compare KEY SEED: "a r d lo hi p q": probe of the demo's encoder and of its
# random start; difference to the published value's, with its paired interval;
# that one's probe and random start
compare() {
    local dir=$out/$1/$2 s
    mkdir -p "$dir/sets"
    for s in random pretrained; do
        ln -sfn "$PWD/$out/demo/$2/search/$s" "$dir/sets/demo_$s"
        ln -sfn "$PWD/$dir/search/$s" "$dir/sets/published_$s"
    done
    rm -rf "$dir/report"
    "$bin/fmcib-validate" --quiet --out "$dir/report" \
        --set input.studies="$dir/sets/{set}" --set validate.cohort=phantom \
        --set validate.map=none --set validate.pictures=0 \
        --set validate.metrics=auc --set validate.sets="demo_random, \
demo_pretrained, published_random, published_pretrained" \
        --set validate.differences="demo_pretrained - published_pretrained" \
        >>"$out/log" 2>&1
    awk -F'[:,{}]' '
        /"name":/ { gsub(/[" ]/, "", $3); set = $3 }
        /"auc": / && !seen[set]++ { v[set] = $4 }
        /"difference": / { for (i = 1; i < NF; i++) {
            gsub(/ /, "", $i); if ($i == "\"value\"") d = $(i + 1)
            if ($i == "\"low\"") lo = $(i + 1)
            if ($i == "\"high\"") hi = $(i + 1) } }
        END { print v["demo_pretrained"], v["demo_random"], d, lo, hi,
            v["published_pretrained"], v["published_random"] }' \
        "$dir/report/report.json"
}

# entry KEY HERE PUBLISHED, lines of compare on stdin
entry() {
    awk -v key="$1" -v here="$2" -v there="$3" -v seeds="${seeds[*]}" '
        { a += $1; r += $2; d += $3; p += $6; q += $7; n++
          each = each sprintf("%s%+.3f (%+.3f to %+.3f)",
              (n > 1) ? ", " : "", $3, $4, $5) }
        END { printf "  - key: %s\n    here: \"%s\"\n    effect: >-\n", key,
              here
          printf "      phantom, cohort 11, training seed%s %s: AUC of the " \
              "probe %+.3f to that\n", (n > 1) ? "s" : "", seeds, d / n
          printf "      with %s (%s);\n", there, each
          printf "      gain over a random encoder %.3f, with %s %.3f\n",
              (a - r) / n, there, (p - q) / n }'
}

mkdir -p "$out"
: >>"$out/log"
while IFS='|' read -r key here there <&3; do
    [ $# -eq 0 ] || [[ " $* " == *" $key "* ]] || continue
    from=$demo/patches
    if [ "$key" = augment.size ]; then
        from=$out/patches50
        [ -d "$from-test" ] || patches "$from"
    fi
    for seed in "${seeds[@]}"; do
        trap 'echo "effects: $key=$there, seed $seed failed: $out/log" >&2' EXIT
        probe "$out/demo/$seed" "$demo/patches" "$seed"
        probe "$out/$key/$seed" "$from" "$seed" --set "$key=$there"
        compare "$key" "$seed"
        trap - EXIT
    done >"$out/lines"
    entry "$key" "$here" "$there" <"$out/lines"
done 3<<<"$keys"
