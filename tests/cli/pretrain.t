#!/usr/bin/env bash
# What fmcib-pretrain says of bad input, and that it leaves nothing behind.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

toy=(--set input.patches=computed --set input.computed_rows=24
    --set augment.size=13 --set 'net.layers=[1]' --set 'net.planes=[2]'
    --set net.widen=1 --set 'net.head=[4]' --set train.steps=3
    --set train.shards=4 --quiet)
train() { run fmcib-pretrain "${toy[@]}" "$@"; }

run fmcib-pretrain --help
expect_status 0
expect_out 'train\.shards'
run fmcib-pretrain --nonsense
expect_status 2
run fmcib-pretrain --config no.yaml
expect_status 4
expect_err 'no\.yaml'
printf 'train:\n  shards: 4\n  stepz: 3\n' >bad.yaml
run fmcib-pretrain --config bad.yaml --out x
expect_status 3
expect_err 'bad\.yaml:3: .*train\.stepz.*train\.steps'
expect_err_lines 1
expect_no_file x

train --out x --set input.patches=nowhere
expect_status 4
expect_err nowhere
expect_no_file x
train --out x --set train.groups=3
expect_status 3
expect_err 'train\.groups = 3'
expect_no_file x
train --out x --set train.shards=64
expect_status 5
expect_err 'has 24 rows, a step needs 64'
train --out x --set compute.memory_gb=0.00001
expect_status 6
expect_err 'compute\.memory_gb'
train --out x --set 'net.planes=[2, 3]'
expect_status 3
expect_err 'net\.planes'

# dry run: a plan, and nothing on disk
train --out x --dry-run
expect_status 0
expect_out 'memory of rank 0'
expect_out 'run id [0-9a-f]{64}'
expect_no_file x

# the study's files, but for their patches
for job in "$FMCIB_SOURCE"/jobs/pretrain*.yaml; do
    run fmcib-pretrain --config "$job" --set input.patches=computed \
        --set compute.memory_gb=200 --dry-run
    expect_status 0
    expect_out 'memory of rank 0'
done

# a bias before a norm has no gradient in theory: it stays where it began, but
# for the published files, where rounding noise moves it
biases() { fmcib-weights inspect "$1" | awk '$1 ~ /downsample\.0\.bias$/'; }
for recipe in intended simclr nnclr swav yaml-2025 swav-yaml; do
    train --out bias --set recipe=$recipe --set 'net.head=[4]' \
        --set 'net.prediction=[4]' --set net.prototypes=5 \
        --set augment.low.size=9 --set augment.low.views=2 \
        --set loss.queue=4 --set checkpoint.start=true
    expect_status 0
    check 'biases there' [ "$(biases bias/weights.nc | wc -l)" = 1 ]
    case $recipe in
    *yaml*) expect_different "$(biases bias/weights.nc)" \
        "$(biases bias/weights-start.nc)" ;;
    *) expect_equal "$(biases bias/weights.nc)" \
        "$(biases bias/weights-start.nc)" ;;
    esac
    rm -rf bias
done

# more ranks than shards: idle ranks
train --out one --set train.shards=2
want=$(digest weights)
ranks 4 fmcib-pretrain "${toy[@]}" --set train.shards=2 --out four
expect_status 0
expect_equal "$(digest weights)" "$want"

# one folder, one run
train --out one --set train.shards=2
expect_status 7
expect_err 'holds this run already'
train --out one --set train.shards=2 --resume --set optim.lr=1
expect_status 7
expect_err 'optim\.lr'
train --out one --set train.shards=2 --resume
expect_status 0
expect_equal "$(digest weights)" "$want"
start=$(awk '{ sub(/.*\) /, ""); print $20 }' /proc/$$/stat)
echo "host $(hostname) job none pid $$ start $start" >one/claim
train --out one --set train.shards=2 --resume
expect_status 7
expect_err "in use by process $$"
rm one/claim
stamp=$(stat -c %y one/weights.nc)
train --out one --set train.shards=2 --resume
expect_status 0
expect_equal "$(stat -c %y one/weights.nc)" "$stamp"
echo "host $(hostname) job none pid $$ start 1$start" >one/claim
train --out one --set train.shards=2 --resume
expect_status 0

# a stop signal: checkpoint, 75, and the same result afterwards
train --out whole --set train.steps=400
want=$(digest weights)
fmcib-pretrain "${toy[@]}" --set train.steps=400 --out sig >sig.log 2>&1 &
pid=$!
while kill -0 $pid 2>/dev/null && ! [ -s sig/steps.csv ]; do sleep 0.01; done
kill -USR1 $pid
wait $pid
expect_equal $? 75
check 'a checkpoint' [ -n "$(find sig -name 'checkpoint-*.nc')" ]
train --out sig --set train.steps=400 --resume
expect_status 0
expect_equal "$(digest weights)" "$want"
expect_same whole/steps.csv sig/steps.csv

# a checkpoint with a flipped byte is refused, and says what to do
train --out flip --set checkpoint.every=1 --stop-after 2
expect_status 75
file=flip/checkpoint-00000002.nc
size=$(stat -c %s $file)
cp $file saved
refused=0
for i in 1 2 3 4 5 6 7 8; do
    at=$((size * i / 9))
    byte=$(od -An -tu1 -j $at -N 1 $file | tr -d ' ')
    printf '%b' "\\$(printf %03o $((byte ^ 1)))" |
        dd of=$file bs=1 seek=$at conv=notrunc status=none
    train --out flip --set checkpoint.every=1 --resume --stop-after 2
    case $status in
    5 | 8)
        refused=$((refused + 1))
        expect_err checkpoint-00000002
        ;;
    75 | 0) ;; # a byte that holds no content
    *) expect_status '5 or 8' ;;
    esac
    cp saved $file
done
check 'most flipped bytes refused' [ $refused -ge 4 ]
train --out flip --set checkpoint.every=1 --resume
expect_status 0

# one rank fails, all stop with one message
bin=$(command -v fmcib-pretrain)
run env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    OMPI_MCA_rmaps_base_oversubscribe=1 timeout 60 mpirun -n 2 "$bin" \
    "${toy[@]}" --out peer : -n 1 "$bin" "${toy[@]}" --out peer \
    --set input.patches=missing
expect_status 4
expect_err 'missing'
check 'one error line' [ "$(grep -c 'fmcib-pretrain: error' "$err_file")" = 1 ]
expect_no_file peer
finish
