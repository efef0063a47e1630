#!/usr/bin/env bash
# Patches of DICOM folders: plain, compressed (dcm2niix, whose version the store
# records), and what is said when the decoder fails.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

ct=$FMCIB_CT_DATA/dicom
[ -d "$ct" ] || skip "no real CTs under $FMCIB_CT_DATA"

on=(--set "data.root=$ct" --set negatives.stored=1 --set prepare.shards=1
    --set input.list=l.csv --quiet)
printf 'image_path,coordX,coordY,coordZ\n%s\n' \
    lidc-idri-0001,56.208,86.343,-115.868 >l.csv
run fmcib-prepare "${on[@]}" --out plain
expect_status 0
expect_equal "$(grep -ac 'dcm2niix' plain/patches-*.nc)" 0

printf '%s\n' totalsegmentator-abdomen-j2k,0,-200,-785 >>l.csv
if command -v dcm2niix >/dev/null; then
    run fmcib-prepare "${on[@]}" --out packed
    expect_status 0
    expect_equal "$(grep -aoE 'dcm2niix v[0-9.]+' packed/patches-*.nc | head -n 1)" \
        "dcm2niix $(dcm2niix --version | tail -n 1)"
    ranks 2 fmcib-prepare "${on[@]}" --out two --threads 2
    expect_status 0
    expect_equal "$(cat two/patches-*.nc | sha256sum)" \
        "$(cat packed/patches-*.nc | sha256sum)"
else
    echo 'SKIP: dcm2niix is not on PATH'
fi

# a decoder that fails: its words, the file, the line of the list
mkdir bin
printf '#!/bin/sh\necho Error: out of luck\nexit 9\n' >bin/dcm2niix
chmod +x bin/dcm2niix
PATH=$work/bin:$PATH
run fmcib-prepare "${on[@]}" --out none
expect_status 5
expect_err_lines 1
expect_err 'l\.csv:3: .*JPEG 2000 lossless.*\(exit status 9\).*Error: out of luck'
finish
