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
train=(--set patch.radius=8 --set patch.path=training)
extract --list c/pretrain.csv "${train[@]}" --out g
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

# bad rows are listed, with reasons; the others are those of the good list
list=("${train[@]}" --set data.root=c)
awk -F, -v OFS=, 'NR == 3 { $5 = 4000 } NR == 5 { $4 = "no.nii.gz" }
    NR == 7 { $5 = "here" } NR == 9 { $4 = "" } { print }' \
    c/pretrain.csv >far.csv
check 'the columns meant' [ "$(head -n 1 c/pretrain.csv | cut -d, -f4-6)" = \
    image_path,coordX,coordY ]
extract --list far.csv "${list[@]}" --out bad
expect_status 12
expect_err '4 of 32 rows gave no features; they and why: bad/rejected.csv'
bad=$(digest features)
check 'four rows and their header' [ "$(wc -l <bad/rejected.csv)" = 5 ]
expect_in_file '^,PatientID,.*,image_path,.*,reason$' bad/rejected.csv
expect_in_file ',4000,.*far\.csv:3: .* mm' bad/rejected.csv
expect_in_file ',no\.nii\.gz,.*far\.csv:5: [^ ]*no\.nii\.gz: No such' \
    bad/rejected.csv
expect_in_file ',here,.*far\.csv:7: .*coordX, coordY, coordZ' bad/rejected.csv
expect_in_file 'far\.csv:9: .*image_path is empty' bad/rejected.csv
check 'the row numbers of the list' [ "$(tail -n +2 bad/features.csv |
    cut -d, -f1 | tr '\n' ' ')" = \
    "0 2 4 6 $(seq -s ' ' 8 31) " ]
awk -F, 'NR == 1 || ($1 != 1 && $1 != 3 && $1 != 5 && $1 != 7)' g/features.csv >a
expect_same bad/features.csv a
ranks 3 fmcib-extract --weights t/weights.nc --list far.csv "${list[@]}" \
    --quiet --threads 2 --out bad3
expect_status 12
expect_equal "$(digest features)" "$bad"
expect_same bad/rejected.csv bad3/rejected.csv
extract --list far.csv "${list[@]}" --out bad --resume
expect_status 12
expect_equal "$(digest features)" "$bad"

# a volume without a number in it
head -c 108000 /dev/zero | tr '\0' '\377' >c/nan.raw
printf '%s\n' 'ObjectType = Image' 'NDims = 3' 'DimSize = 30 30 30' \
    'ElementType = MET_FLOAT' 'ElementSpacing = 1 1 1' 'Offset = 0 0 0' \
    'TransformMatrix = 1 0 0 0 1 0 0 0 1' 'ElementByteOrderMSB = False' \
    'ElementDataFile = nan.raw' >c/nan.mhd
{
    sed -n 1,2p c/pretrain.csv
    echo 32,P1,1,nan.mhd,15,15,15
} >nan.csv
for path in training inference; do
    extract --list nan.csv --set data.root=c --set patch.radius=8 \
        --set patch.path=$path --out nan-$path
    expect_status 12
    expect_in_file 'nan\.mhd,15,.*nan\.csv:3: c/nan\.mhd: .*voxels .*are no finite numbers' \
        nan-$path/rejected.csv
done
sed -i 2d nan.csv
extract --list nan.csv --set data.root=c --set patch.radius=8 --out nan-all
expect_status 5
expect_err 'no row gave features; the first: .*no finite numbers'

# stopped and killed, gone on with others: the same bytes, no part left
extract --list far.csv "${list[@]}" --out stop --stop-after 5 --threads 1
expect_status 75
check 'a part' [ "$(find stop -name 'part-*.nc' | wc -l)" = 1 ]
extract --list far.csv "${list[@]}" --out stop --stop-after 3 --threads 2 \
    --resume --set extract.save=1 --set extract.batch=1
expect_status 75
cp -r stop other
ranks 3 fmcib-extract --weights t/weights.nc --list far.csv "${list[@]}" \
    --quiet --threads 1 --out stop --resume
expect_status 12
for f in features.csv rejected.csv features.nc; do
    expect_same stop/$f bad/$f
done
check 'no part' [ -z "$(find stop -name 'part-*.nc')" ]
run fmcib-extract --weights t/weights-start.nc --list far.csv "${list[@]}" \
    --quiet --out other --resume
expect_status 7
expect_err 'part-.*other weights'

# a table by name
extract --list c/pretrain.csv "${train[@]}" --out tables/f.csv
expect_status 0
expect_same tables/f.csv g/features.csv
expect_file tables/f/features.nc
extract --list c/pretrain.csv "${train[@]}" --out tables/f.csv
expect_status 7

# norms folded into the convolutions: nearly the same
extract --list c/pretrain.csv "${train[@]}" --out fold --set extract.fold=true
expect_status 0
fold=$(digest features)
expect_different "$fold" "$want"
# shellcheck disable=SC2016 # awk's
check 'features that differ by rounding' awk -F, '
    NR == FNR { for (i = 9; i <= NF; i++) v[FNR, i] = $i; next }
    FNR > 1 { for (i = 9; i <= NF; i++) {
        d = $i - v[FNR, i]; n += d * d; s += $i * $i } }
    END { exit !(n > 0 && n < 1e-10 * s) }' g/features.csv fold/features.csv
ranks 2 fmcib-extract --weights t/weights.nc --list c/pretrain.csv \
    "${train[@]}" --quiet --threads 1 --out fold2 --set extract.fold=true \
    --set extract.batch=3
expect_equal "$(digest features)" "$fold"

# another stem
run fmcib-extract --weights t/weights.nc --list c/pretrain.csv \
    "${train[@]}" --out stem --set extract.stem_stride=1
expect_status 0
expect_err 'was trained with stem stride 2, here it is 1'
expect_different "$(digest features)" "$want"

# what is wrong is told before work starts
sed '1s/coordY/y/' c/pretrain.csv >columns.csv
extract --list columns.csv "${list[@]}" --out x
expect_status 5
expect_err 'coordY'
sed '2,$s/,/,gone-/3' c/pretrain.csv >none.csv
extract --list none.csv "${list[@]}" --out x
expect_status 5
expect_err 'no row of none\.csv can be cut; the first: none\.csv:2'
expect_no_file x
finish
