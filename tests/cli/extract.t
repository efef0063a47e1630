#!/usr/bin/env bash
# fmcib-extract: from a store and from volumes the same, files, bad input.
# processors: 2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

run fmcib-phantom --set cohort.patients=5 --out c --quiet
run fmcib-prepare --set input.list=c/pretrain.csv --set patch.radius=8 \
    --set negatives.stored=2 --set prepare.shards=3 --quiet --out p
expect_status 0
run fmcib-pretrain --set input.patches=p --set augment.size=16 \
    --set 'net.layers=[1, 1]' --set 'net.planes=[4, 8]' --set net.widen=1 \
    --set 'net.head=[8]' --set train.shards=4 --set train.items=2 \
    --set train.steps=3 --quiet --out t --set checkpoint.start=true
expect_status 0
extract() { run fmcib-extract --set input.weights=t/weights.nc --quiet "$@"; }

extract --set input.patches=p --out f
expect_status 0
expect_out_lines 1
want=$(digest features)
expect_file f/features.nc
expect_in_file '^,PatientID,|^,Unnamed: 0,PatientID,' f/features.csv
expect_in_file ',pred_0,.*,pred_31$' f/features.csv
check '33 lines' [ "$(wc -l <f/features.csv)" = 33 ]

# patches cut while reading are those of the store
extract --set input.list=c/pretrain.csv --set patch.radius=8 --out g
expect_equal "$(digest features)" "$want"
cut -d, -f1-4,8- f/features.csv >a
cut -d, -f1-4,8- g/features.csv >b
expect_same a b

# placement
for p in 2 3; do
    ranks $p fmcib-extract --set input.weights=t/weights.nc --quiet \
        --set input.patches=p --set extract.batch=$p --threads 2 --out r$p
    expect_equal "$(digest features)" "$want"
done

# other weights are other features; a finished folder is not written again
run fmcib-extract --set input.weights=t/weights-start.nc --quiet \
    --set input.patches=p --out s
expect_different "$(digest features)" "$want"
extract --set input.patches=p --out f
expect_status 7
extract --set input.patches=p --out f --resume
expect_status 0
expect_equal "$(digest features)" "$want"
run fmcib-extract --set input.weights=t/weights-start.nc --quiet \
    --set input.patches=p --out f --resume
expect_status 7
expect_err 'other weights'

# bad input
extract --out x
expect_status 3
expect_err 'input\.patches.*input\.list'
extract --set input.patches=nowhere --out x
expect_status 4
expect_err nowhere
run fmcib-extract --set input.weights=none.nc --set input.patches=p --out x \
    --quiet
expect_status 4
expect_err 'none\.nc'
run fmcib-extract --set input.weights=f/features.nc --set input.patches=p \
    --out x --quiet
expect_status 5
expect_err 'f/features\.nc'
expect_no_file x
size=$(stat -c %s t/weights.nc)
head -c $((size / 2)) t/weights.nc >cut.nc
run fmcib-extract --set input.weights=cut.nc --set input.patches=p --out x \
    --quiet
check 'cut weights refused' [ "$status" = 5 ]
expect_err 'cut\.nc'
awk -F, -v OFS=, 'NR == 3 { $5 = 4000 } { print }' c/pretrain.csv >c/far.csv
extract --set input.list=c/far.csv --set patch.radius=8 --out x
expect_status 5
expect_err 'c/far\.csv:3: .*mm'
expect_no_file x
finish
