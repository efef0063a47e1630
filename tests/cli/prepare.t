#!/usr/bin/env bash
# fmcib-prepare on a small cohort: plan, store, resume, paths of a list.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

run fmcib-phantom --set cohort.patients=5 --out c --quiet
expect_status 0
small=(--set input.list=c/pretrain.csv --set patch.radius=8
    --set negatives.stored=2 --set negatives.clear=true
    --set prepare.shards=3 --quiet)
prepare() { run fmcib-prepare "${small[@]}" "$@"; }

prepare --out p --dry-run
expect_status 0
expect_out 'list: 32 rows of 4 volumes'
expect_out 'memory: [0-9]+ MB'
expect_out 'patches-00000-of-00003\.nc to patches-00002-of-00003\.nc, 96 patches'
expect_no_file p

prepare --out p
expect_status 0
expect_out_lines 1
expect_out '^patches [0-9a-f]{64} p$'
want=$(digest patches)
expect_equal "$(find p -name 'patches-*' | sort | tr '\n' ' ')" \
    'p/patches-00000-of-00003.nc p/patches-00001-of-00003.nc p/patches-00002-of-00003.nc '

# other readers take the files
if command -v ncdump >/dev/null; then
    run ncdump -h p/patches-00001-of-00003.nc
    expect_status 0
    expect_out 'voxels_int16 = UNLIMITED'
fi

# a volume of another type keeps it (NIfTI datatype 512)
scan=$(find c -name '*.nii.gz' | sort | head -n 1)
gunzip -c "$scan" >u16.nii
printf '\000\002' | dd of=u16.nii bs=1 seek=70 conv=notrunc status=none
printf 'image_path,coordX,coordY,coordZ\nu16.nii,0,0,0\n' >u16.csv
run fmcib-prepare --set input.list=u16.csv --set patch.radius=8 \
    --set prepare.shards=1 --out u --quiet
expect_status 0
if command -v ncdump >/dev/null; then
    run ncdump -h u/patches-00000-of-00001.nc
    expect_out 'ushort voxels_uint16'
fi

# without --resume the folder is refused, with it nothing is made again
prepare --out p
expect_status 7
stamp=$(stat -c %y p/patches-00001-of-00003.nc)
prepare --out p --resume
expect_status 0
expect_equal "$(digest patches)" "$want"
expect_equal "$(stat -c %y p/patches-00001-of-00003.nc)" "$stamp"

# a missing shard is made again; leftovers of a killed process go
rm p/patches-00002-of-00003.nc
: >p/patches-00002-of-00003.nc.tmp-99
prepare --out p --resume
expect_status 0
expect_equal "$(digest patches)" "$want"
expect_no_file p/patches-00002-of-00003.nc.tmp-99

# stop and go on
prepare --out s --stop-after 1
expect_status 75
expect_equal "$(find s -name 'patches-*' | wc -l)" 1
prepare --out s --resume
expect_status 0
expect_equal "$(digest patches)" "$want"

# more ranks than shards: the others are idle
ranks 4 fmcib-prepare "${small[@]}" --out r4
expect_status 0
expect_equal "$(digest patches)" "$want"
expect_same p/patches-00000-of-00003.nc r4/patches-00000-of-00003.nc
# more shards than volumes: empty files
prepare --set prepare.shards=6 --out many
expect_status 0
expect_equal "$(find many -name 'patches-*.nc' | wc -l)" 6

# where volumes lie is no content; what is drawn and cut is
mkdir elsewhere && cp c/pretrain.csv elsewhere/
prepare --set input.list=elsewhere/pretrain.csv --set data.root=c --out q
expect_status 0
expect_equal "$(digest patches)" "$want"
for k in seed=1 negatives.stored=1 patch.radius=7 'patch.spacing=[1, 1, 2]'; do
    prepare --set "$k" --out "other-${k%%=*}"
    expect_status 0
    expect_different "$k $(digest patches)" "$k $want"
done
prepare --set patch.radius=24 --out clear
want=$(digest patches)
prepare --set patch.radius=24 --set negatives.clear=false --out unclear
expect_different "$(digest patches)" "$want"
sed 's|ct/|/data/old/ct/|' c/pretrain.csv >elsewhere/old.csv
prepare --set input.list=elsewhere/old.csv --set data.root=c \
    --set data.strip=/data/old/ --out old
expect_status 0
finish
