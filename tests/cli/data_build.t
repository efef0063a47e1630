#!/usr/bin/env bash
# fmcib-data build and subset: options, what they print, bad tables. Figures of
# the published lists are in tests/golden/test_lists_*.c.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

head='File_name,Patient_index,Key_slice_index,Measurement_coordinates,'
head+='Bounding_boxes,Lesion_diameters_Pixel_,Coarse_lesion_type,Possibly_noisy,'
head+='Slice_range,Spacing_mm_px_,DICOM_windows,Patient_gender,Patient_age,'
head+='Train_Val_Test'
cross='"90.5, 80, 110.5, 80, 100.25, 70, 100.25, 90"'
rest='"90, 70, 110.9, 90","20, 20"'

# row SERIES KEY LABEL SPACING SPLIT [CROSS]: a line of DL_info.csv.
row() {
    printf '%s_%03d.png,1,%d,%s,%s,%s,0,"5, 25","0.5, 0.5, %s","-175, 275",F,61,%s\n' \
        "$1" "$2" "$2" "${6-$cross}" "$rest" "$3" "$4" "$5"
}

# table ROWS on stdin: DL_info.csv.
table() {
    { printf '%s\n' "$head" && cat; } >DL_info.csv
}

good() {
    row 000001_01_01 8 -1 1 1
    row 000001_01_01 9 -1 5 1
    row 000002_01_01 8 3 1 2
    for p in 3 4 5 6; do
        row 00000${p}_01_01 10 4 1 3
        row 00000${p}_02_01 11 5 1 3
    done
    row 000007_01_01 8 5 1 3 '"0, 0, 1, 1, 5, 0, 5, 9"'
}
good | table

run fmcib-data build deeplesion DL_info.csv --out l --prefix nii/
expect_status 0
expect_out '^pretrain +rows 1, patients 1, studies 1, series 1, volumes 1,$'
expect_out 'DL_info.csv:13: left out: the two diameters'
expect_out '^12 lesions: 10 kept, 1 with slices more than 3 mm apart, 1 whose'
expect_out 'a part of the table: 12 of 32735 rows'
expect_in_file '^0,000001_01_01_005-025.nii.gz,1,"-175, 275",F,61.0,-1,0,"\[90, 70, 110, 90\]",100.25,80.0,4.0,10.0,10.0,10.0,0.5,0.5,1.0,nii/000001_01_01_005-025.nii.gz,40.0,50.0,-4.0$' l/pretrain.csv
expect_in_file '^2,.*,2,0,' l/task1_train.csv
expect_in_file '"xy": "swapped"' l/lists.json
expect_equal "$(cat l/task1_val.csv l/task1_test.csv | grep -c nii/)" 8
expect_equal "$(find l -name '*.tmp*')" ''
# another place, other threads: the same bytes
run fmcib-data build deeplesion "$PWD/DL_info.csv" --out m --prefix nii/ --threads 3
expect_same l m

# each switch does what it says, and only that
run fmcib-data build deeplesion DL_info.csv --out m --prefix nii/ --xy true
expect_in_file ',50\.0,40\.0,-4\.0$' m/pretrain.csv
run fmcib-data build deeplesion DL_info.csv --out m --prefix nii/ --z script
expect_in_file ',40\.0,50\.0,-18\.0$' m/pretrain.csv
run fmcib-data build deeplesion DL_info.csv --out m --prefix nii/ --z index
expect_in_file ',40\.0,50\.0,-3\.0$' m/pretrain.csv
run fmcib-data build deeplesion DL_info.csv --out m --prefix nii/ --max-spacing 5
expect_equal "$(wc -l <m/pretrain.csv)" 3
run fmcib-data build deeplesion DL_info.csv --out m --split patients
expect_equal "$(cut -c1-9 <(cut -d, -f2 m/task1_val.csv m/task1_test.csv) |
    cut -c1-6 | sort | uniq -c | grep -c '^ *2 0')" 4
expect_equal "$(comm -12 <(cut -d, -f2 m/task1_val.csv | cut -c1-6 | sort -u) \
    <(cut -d, -f2 m/task1_test.csv | cut -c1-6 | sort -u) | grep -c 0)" 0

# bad STATUS WORDS ARGS...: refused, in one line, nothing written.
bad() {
    local wanted=$1 words=$2
    shift 2
    run fmcib-data build "$@" --out bad
    expect_status "$wanted"
    expect_err "$words"
    expect_err_lines 1
    expect_out_lines 0
    expect_no_file bad
}

bad 2 'no set "deeplesions"; deeplesion, luna16, lung1 and radio' deeplesions DL_info.csv
bad 2 '--seeds has no meaning for deeplesion' deeplesion DL_info.csv --seeds x
bad 2 '--z has no meaning for luna16' luna16 DL_info.csv --z index
bad 2 'one TABLE is needed, 2 given' deeplesion DL_info.csv DL_info.csv
bad 2 'swaped' deeplesion DL_info.csv --xy swaped
bad 4 'none\.csv: No such file' deeplesion none.csv
{ good && row 000008_01_01 30 3 1 2; } | table
bad 5 'DL_info\.csv:14: key slice 30 is not in Slice_range "5, 25"' deeplesion DL_info.csv
{ good && row 000008_01_01 8 9 1 2; } | table
bad 5 'DL_info\.csv:14: Coarse_lesion_type is 9; 1 to 8' deeplesion DL_info.csv
{ good && row 000008_01_01 8 3 1 4; } | table
bad 5 'DL_info\.csv:14: Train_Val_Test is 4' deeplesion DL_info.csv
{ good && row 000008_01_01 8 3 1 2 '"1, 2, x"'; } | table
bad 5 'DL_info\.csv:14: column Measurement_coordinates: "1, 2, x" is not 8' deeplesion DL_info.csv
{ good && row 000008_01 8 3 1 2; } | table
bad 5 'DL_info\.csv:14: column File_name: .*PPPPPP_SS_RR_KKK\.png' deeplesion DL_info.csv
{ good && row 000008_01_01 8 3 -1 2; } | table
bad 5 'DL_info\.csv:14: spacing "0\.5, 0\.5, -1" is not positive' deeplesion DL_info.csv
printf 'File_name,Key_slice_index\na,1\n' >DL_info.csv
bad 5 'no column "Measurement_coordinates"' deeplesion DL_info.csv
printf 'seriesuid,coordX,coordY,coordZ,diameter_mm\n1.2,0,0,0,4\n' >annotations.csv
bad 5 "challenge's table, which has no malignancy" luna16 annotations.csv
printf 'Case ID,CT Date,Date of Last Known Alive,Survival Status,image_path,coordX,coordY,coordZ\nA,1/2/2000,31/2/2001,Dead,a.nii,0,0,0\n' >r.csv
bad 5 'r\.csv:2: CT Date "1/2/2000"' radio r.csv
sed -i 's/31/3/; s/Dead/dead/' r.csv
bad 5 'r\.csv:2: Survival Status is "dead"' radio r.csv

# written, but not what is published
sed -i 's/dead/Dead/' r.csv
run fmcib-data build radio r.csv --out r
expect_status 11
expect_err 'radio\.csv was written, but is not the published list: rows 1, published 144$'
expect_out '^ +DIFFERS: rows 1, published 144$'
expect_out '^ +deaths 1, published 51$'
expect_equal "$(awk 'length > 80' "$out_file")" ''
expect_in_file '^A,.*,a\.nii,0,0,0,False,1,425$' r/radio.csv
expect_in_file '^A,.*,a\.nii,0,0,0,0,1,425$' r/radio_analysed.csv
expect_in_file '"as_published": false' r/lists.json

# ---- subset
for i in $(seq 40); do echo "v$i.nii,$i,0,0,$((i % 4))"; done |
    { echo image_path,coordX,coordY,coordZ,label && cat; } >all.csv
run fmcib-data subset all.csv --by label --percent '[10, 20, 50]'
expect_status 0
expect_out '^all_10\.csv  4 of 40 rows$'
expect_equal "$(tail -n +2 all_10.csv | cut -d, -f5 | sort | tr -d '\n')" 0123
expect_equal "$(comm -23 <(sort all_10.csv) <(sort all_20.csv))" ''
expect_equal "$(comm -23 <(sort all_20.csv) <(sort all_50.csv))" ''
expect_equal "$(wc -l <all_50.csv)" 21
run fmcib-data subset all.csv --by label --percent '[10]' --out s --threads 2
expect_same all_10.csv s/all_10.csv
run fmcib-data subset all.csv --by label --percent '[50]' --out s --seed 1
expect_different "$(cat all_50.csv)" "$(cat s/all_50.csv)"
run fmcib-data subset all.csv --by lable
expect_status 5
expect_err 'no column "lable"'
run fmcib-data subset all.csv --percent '[0]'
expect_status 2
finish
