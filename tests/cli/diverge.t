#!/usr/bin/env bash
# Numbers that run away stop all ranks with one line: step, shard, tensor. The
# last checkpoint stays, and its weights can be used.
# processors: 2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$FMCIB_SOURCE/tests/cli/tune_data.sh"

tune_stores task1 24
tuning=(fmcib-finetune "${tune[@]}" --set 'net.head=[6, 8]'
    --set start.from=random)
training=(fmcib-pretrain --set input.patches=computed --set augment.size=13
    --set 'net.layers=[1, 1]' --set 'net.planes=[2, 3]' --set net.widen=1
    --set 'net.head=[4]' --quiet)
both=(--set train.shards=4 --set train.steps=9 --set optim.name=sgd
    --set checkpoint.every=1 --threads 1)

# diverges MOST WORDS PROGRAM ARGS...: on 1 to MOST ranks
diverges() {
    local most=$1 words=$2 p say=
    shift 2
    for ((p = 1; p <= most; p++)); do
        rm -rf x
        ranks $p "$@" "${both[@]}" --out x
        expect_status 8
        expect_err "error: step [2-9]: $words"
        check 'one line of ours' \
            [ "$(grep -c '^fmcib-[a-z]*: error' "$err_file")" = 1 ]
        grep '^fmcib-' "$err_file" >said
        [ -z "$say" ] && say=$(cat said)
        expect_equal "$(cat said)" "$say"
        expect_no_file x/weights.nc
        expect_no_file x/claim
        expect_no_file x/test_results.csv
        check 'a checkpoint' [ -n "$(find x -name 'checkpoint-*.nc')" ]
    done
    ranks 2 "$@" "${both[@]}" --out x --resume
    expect_status 8
    expect_equal "$(grep '^fmcib-' "$err_file")" "$say"
}
where='shard [0-3], (trunk|backbone)\.[a-z0-9.]+, channel [0-9]+: (values|gradients) are not finite'
diverges 4 "$where" "${tuning[@]}" --set optim.lr=1e30
diverges 4 "$where" "${training[@]}" --set optim.lr=1e38
# no norm on the way: the head alone learns
diverges 2 'shard [0-3], view 0, item 0: output [0-7] of the network is not finite' \
    "${tuning[@]}" --set net.trunk=frozen_eval --set optim.lr=1e38

# a weight gradient alone overflows; the sum over shards does not say whose it
# is: features of 1e5, a first layer of 1e-30, a second of 1e38
run "${tuning[@]}" "${both[@]}" --set optim.lr=1e-3 --out mild
expect_status 0
run fmcib-weights convert mild/weights.nc big.safetensors
expect_status 0
run perl -e '
    open(my $f, "+<:raw", "big.safetensors") or die; local $/;
    my $all = <$f>; my $n = unpack("Q<", $all);
    my %to = ("layer3.0.bn3.weight" => sub { 1e5 },
              "heads.0.0.weight" => sub { 1e-30 },
              "heads.0.0.bias" => sub { 0 },
              "heads.1.0.weight" => sub { $_[0] < 24 ? 3e38 : -3e38 },
              "heads.1.0.bias" => sub { 0 });
    for my $t (keys %to) {
        my ($lo, $hi) = substr($all, 8, $n) =~
            /"[a-z.]*\Q$t\E":\{[^{}]*"data_offsets":\[(\d+),(\d+)\]/ or die $t;
        seek($f, 8 + $n + $lo, 0);
        print $f pack("f<*", map { $to{$t}->($_) } 0 .. ($hi - $lo) / 4 - 1);
    }'
expect_status 0
for p in 1 3; do
    for trunk in learns frozen_eval; do
        rm -rf x
        ranks $p fmcib-finetune "${tune[@]}" --set 'net.head=[6, 8]' \
            "${both[@]}" --set optim.lr=1e-9 --set start.from=all \
            --set start.weights=big.safetensors --set net.trunk=$trunk --out x
        expect_status 8
        expect_err 'error: step 1: shard [0-3], heads\.0\.0\.weight: gradient is not finite'
        grep '^fmcib-' "$err_file"
    done
done >said
expect_equal "$(sort -u said | wc -l)" 1

# voxels that are no numbers: before the first step where patches are stored,
# in the step where negatives are cut from a volume that holds some
{
    head -c 432000 /dev/zero
    head -c 432000 /dev/zero | tr '\0' '\377'
} >half.raw
head -c 864000 /dev/zero | tr '\0' '\377' >none.raw
for v in half none; do
    printf '%s\n' 'ObjectType = Image' 'NDims = 3' 'DimSize = 60 60 60' \
        'ElementType = MET_FLOAT' 'ElementSpacing = 1 1 1' 'Offset = 0 0 0' \
        'TransformMatrix = 1 0 0 0 1 0 0 0 1' 'ElementByteOrderMSB = False' \
        "ElementDataFile = $v.raw" >$v.mhd
    echo image_path,coordX,coordY,coordZ >$v.csv
    for i in 14 16 18 20; do echo $v.mhd,$i,30,15; done >>$v.csv
    run fmcib-prepare --set input.list=$v.csv --set patch.radius=9 \
        --set negatives.stored=2 --quiet --out $v
    expect_status 0
done
train() { run "${training[@]}" "${both[@]}" --set augment.size=18 --out x "$@"; }
rm -rf x
train --set input.patches=none
expect_status 5
expect_err 'input\.patches: none, row 0: 5832 of the 5832 voxels .* are no finite numbers'
expect_err_lines 1
expect_no_file x/steps.csv
rm -rf x
train --set input.patches=half
expect_status 5
expect_err 'input\.patches: half, row [0-3], negative [01]: .* no finite numbers'
expect_no_file x/steps.csv
rm -rf x
train --set input.patches=half --set negatives.from=live --set input.list=half.csv
expect_status 5
expect_err 'step [1-9]: shard [0-3], row [0-3]: .* no finite numbers'
expect_no_file x/weights.nc

# without a mishap the last checkpoint is the weights
run "${tuning[@]}" "${both[@]}" --set optim.lr=1e-3 --set optim.momentum=0.9 \
    --out y
expect_status 0
last=$(find y -name 'checkpoint-*.nc' | sort | tail -n 1)
step=${last//[!0-9]/}
check 'a checkpoint before the end' [ -n "$step" ]
run "${tuning[@]}" "${both[@]}" --set optim.lr=1e-3 --set optim.momentum=0.9 \
    --set train.steps=$((10#$step)) --out z
expect_status 0
for w in "$last" z/weights.nc; do
    rm -rf f
    run fmcib-extract --weights "$w" --set input.patches=test --quiet --out f
    expect_status 0
    digest features
done >sums
expect_equal "$(sort -u sums | wc -l)" 1
run fmcib-finetune "${tune[@]}" --set 'net.head=[6, 8]' --set start.from=all \
    --set "start.weights=$last" --set train.shards=4 --set train.steps=1 \
    --out again
expect_status 0
finish
