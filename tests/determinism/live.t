#!/usr/bin/env bash
# Live negatives: one digest for any number of ranks and threads, with and
# without a cache of any size, raw or compressed volumes, after a stop and
# after SIGKILL; another one than stored negatives.
# processors: 2
# timeout: 900
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

run fmcib-phantom --set cohort.patients=4 --quiet --out c
# 80 patches of a volume: more than a batch, so that preparation takes the whole
# of a compressed one and windows of the others
run fmcib-prepare --set input.list=c/pretrain.csv --set patch.radius=9 \
    --set negatives.stored=9 --set prepare.shards=3 --quiet --out store
expect_status 0
volumes=(c/ct/*.nii.gz)
check 'compressed volumes' [ -f "${volumes[0]}" ]
one=$(for v in "${volumes[@]}"; do gzip -dc "$v" | wc -c; done | sort -n |
    tail -n 1) # the largest

# 32 rows in batches of 8: 4 steps an epoch, so 6 steps go round the end of one
toy=(--set input.patches=store --set augment.size=17
    --set 'net.layers=[1, 1]' --set 'net.planes=[3, 4]' --set net.widen=1
    --set 'net.head=[6]' --set train.shards=8 --set train.steps=6 --quiet)
live=(--set negatives.from=live --set input.list=c/pretrain.csv)
n=0
train() { # train RANKS THREADS args...
    local p=$1 t=$2
    shift 2
    n=$((n + 1))
    out=$PWD/r$n
    ranks "$p" fmcib-pretrain "${toy[@]}" --threads "$t" --out "$out" "$@"
    got=$(digest weights)
}
cached() { find "$1" -name '*.vol' -printf '%s\n' | awk '{s += $1} END {
    print s + 0 }'; }

train 1 1
stored=$got
expect_status 0
train 1 1 "${live[@]}"
expect_status 0
want=$got
steps=$out/steps.csv
expect_different "$want" "$stored"
# the first epoch's negatives are not those of the second
train 1 1 "${live[@]}" --set train.steps=4
first=$(sed -n 2p "$out/steps.csv" | cut -d, -f3)
expect_equal "$(sed -n 2p "$steps" | cut -d, -f3)" "$first"

for p in 2 3 4; do
    train "$p" $((p % 3 + 1)) "${live[@]}" --set negatives.cache="$PWD/k$p"
    expect_equal "$p ranks: $got" "$p ranks: $want"
    expect_same "$out/steps.csv" "$steps"
done
check 'volumes are in the cache' [ "$(cached k2)" -gt 0 ]
# a cache that is there, one for one volume at a time, one for none
train 2 1 "${live[@]}" --set negatives.cache="$PWD/k2"
expect_equal "$got" "$want"
gb=$(awk -v b="$one" 'BEGIN { printf "%.9f", 1.2 * b / 1e9 }')
train 1 2 "${live[@]}" --set negatives.cache=small \
    --set negatives.cache_gb="$gb"
expect_equal "$got" "$want"
check 'the bound holds' [ "$(cached small)" -le $((one * 6 / 5)) ]
check 'and is used' [ "$(cached small)" -gt 0 ]
train 1 1 "${live[@]}" --set negatives.cache=none --set negatives.cache_gb=0
expect_equal "$got" "$want"
expect_equal "$(cached none)" 0
# the list and its volumes in other places
cp c/pretrain.csv list.csv
train 1 1 "${live[@]}" --set input.list=list.csv --set data.root=c/ct \
    --set data.strip=ct/
expect_equal "$got" "$want"
# damaged files of the cache are made again
for f in k2/*.vol; do truncate -s -1 "$f"; done
train 1 1 "${live[@]}" --set negatives.cache="$PWD/k2"
expect_equal "$got" "$want"
# the same volumes uncompressed
mkdir raw
cp -r c/ct raw
gunzip raw/ct/*.gz
sed 's/\.nii\.gz/.nii/' c/pretrain.csv >raw/pretrain.csv
run fmcib-prepare --set input.list=raw/pretrain.csv --set patch.radius=9 \
    --set negatives.stored=9 --set prepare.shards=3 --quiet --out rawstore
train 1 1 --set input.patches=rawstore
expect_equal "from raw volumes $got" "from raw volumes $stored"
train 2 1 "${live[@]}" --set input.list=raw/pretrain.csv \
    --set input.patches=rawstore
expect_same <(cut -d, -f1-9 "$out/steps.csv") <(cut -d, -f1-9 "$steps")

# stop and go on; SIGKILL in the first half of an epoch and in the second one
train 3 1 "${live[@]}" --stop-after 2
expect_status 75
ranks 2 fmcib-pretrain "${toy[@]}" "${live[@]}" --out "$out" --resume
expect_equal "$(digest weights)" "$want"
for k in 2 5; do
    out=$PWD/kill$k
    setsid bash "$FMCIB_SOURCE/tests/mpirun.sh" 2 \
        "$(command -v fmcib-pretrain)" "${toy[@]}" "${live[@]}" \
        --set checkpoint.every=1 --set negatives.cache="$PWD/kk" \
        --out "$out" >killed.log 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null &&
        ! [ -e "$out/checkpoint-0000000$k.nc" ]; do sleep 0.01; done
    mapfile -t all < <(pgrep -s "$pid")
    kill -KILL "${all[@]}" 2>/dev/null
    wait "$pid" 2>/dev/null
    ranks 3 fmcib-pretrain "${toy[@]}" "${live[@]}" --out "$out" --resume \
        --set negatives.cache="$PWD/kk"
    expect_status 0
    expect_equal "$(digest weights)" "$want"
done

# what is refused
train 1 1 --set negatives.from=live
expect_status 3
expect_err 'input\.list is not given'
head -n 9 c/pretrain.csv >c/other.csv
train 1 1 "${live[@]}" --set input.list=c/other.csv
expect_status 5
expect_err 'the patches were prepared from a list'
mkdir moved
cp -r c/ct moved
cp "${volumes[1]}" "moved/ct/${volumes[0]##*/}"
train 1 1 "${live[@]}" --set data.root=moved
expect_status 5
expect_err 'pretrain\.csv:2: .*'
train 1 1 "${live[@]}" --set input.patches=computed
expect_status 3
expect_err 'computed patches have no volumes'
finish
