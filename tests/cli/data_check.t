#!/usr/bin/env bash
# fmcib-data check: what it finds in a list, the table, the JSON, the status.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

run fmcib-phantom --set cohort.patients=6 --out c --quiet
expect_status 0
good=c/ct/0001.nii.gz

# list ROWS...: l.csv of these rows.
list() {
    printf 'PatientID,image_path,coordX,coordY,coordZ\n' >l.csv
    printf '%s\n' "$@" >>l.csv
}

# found CODE LINE: the finding stands in the JSON of the list.
found() {
    check "finding $1 of line $2" \
        grep -Eq "\"code\": \"$1\".*\"line\": $2," l.json
}

# ---- a good list
run fmcib-data check c/pretrain.csv
expect_status 0
expect_out '^c/pretrain\.csv: [0-9]+ rows, [0-9]+ volumes, [0-9]+ patients \(PatientID\)$'
expect_out 'files readable$'
expect_out '^  LPS mm, as given +[0-9]+$'
expect_out ' rows can be cut; 0 cannot, 0 warnings$'
expect_equal "$(awk 'length > 80' "$out_file")" ''
expect_err_lines 0
cp "$out_file" one
run fmcib-data check c/pretrain.csv --threads 3
expect_same one "$out_file"
run fmcib-data check c/pretrain.csv --values
expect_status 0
run fmcib-data check c/pretrain.csv --quiet
expect_out_lines 0

# ---- everything that can be wrong with a row
gunzip -c "$good" | head -c 300 >cut.nii
gunzip -c "$good" >thick.nii
printf '\000\000\240\101' | dd of=thick.nii bs=1 seek=80 conv=notrunc status=none
list "A,$good,nan,0,0" ",,0,0,0" "B,none.nii.gz,0,0,0" "C,cut.nii,0,0,0" \
    "D,$good,500,0,0" "E,$good,1,2,3" "E,$good,1.0,2,3" "F,$good,1e400,0,0"
run fmcib-data check l.csv --json
expect_status 12
expect_err 'error: 6 of 8 rows cannot be cut$'
cp "$out_file" l.json
found bad-row 2
found bad-row 3
found missing 4
found unreadable 5
found outside 6
found twice 8
found bad-row 9
expect_in_file '"rows": 8, "rows_with_errors": 6' l.json
expect_in_file '"line": 6, "text": "\(500, 0, 0\) is [0-9.]+ mm outside ' l.json
run fmcib-data check l.csv
expect_status 12
expect_out '^error    row without path or numbers: 3 rows$'
expect_out '^error    no such file: 1 row$'
expect_out '^      -> put it there, or say where volumes lie: --root, --strip$'
expect_out '^error    file cannot be read: 1 row$'
expect_out '^error    seed outside its volume: 1 row$'
expect_out '^warning  same seed of the same file: 1 row$'
expect_out '^2 of 8 rows can be cut; 6 cannot, 1 warning$'
expect_equal "$(awk 'length > 80' "$out_file")" ''

# ---- where volumes lie, tolerance, strictness
list "A,/old/machine/ct/0001.nii.gz,0,0,0"
run fmcib-data check l.csv
expect_status 12
expect_out '^error    no such file: 1 row$'
run fmcib-data check l.csv --strip /old/machine/ --root c
expect_status 0
list "A,$good,0,0,0" "A,$good,0,0,0"
run fmcib-data check l.csv
expect_status 0
run fmcib-data check l.csv --strict
expect_status 12
expect_err '2 warnings$'
list "A,$good,500,0,0"
run fmcib-data check l.csv --tolerance-mm 1000 --radius 512
expect_status 0
run fmcib-data check l.csv --tolerance-mm 1000
expect_status 12
expect_out '^error    patch without a voxel: 1 row$'

# ---- another frame: the volume's corner at the origin, so signs tell
gunzip -c "$good" >corner.nii
zero='\000\000\000\000'
one='\000\000\200\077'
# sform: x = -i, y = -j, z = k (RAS), so LPS is (i, j, k)
minus='\000\000\200\277'
printf '%b' "$minus$zero$zero$zero$zero$minus$zero$zero$zero$zero$one$zero" |
    dd of=corner.nii bs=1 seek=280 conv=notrunc status=none
printf '%b' "$one$one$one" | dd of=corner.nii bs=1 seek=80 conv=notrunc status=none
list "A,corner.nii,20.5,21,22" "A,corner.nii,12,13,14"
run fmcib-data check l.csv
expect_status 0
expect_out_without 'fit otherwise'
# 1 - (12 + 25)(13 + 25)(14 + 25) / 50^3
expect_out 'l\.csv:3: 56 % outside corner\.nii$'
list "A,corner.nii,-20.5,-21,22" "A,corner.nii,-12,-13,14"
run fmcib-data check l.csv
expect_status 12
expect_out '^warning  numbers fit otherwise$'
expect_out 'RAS mm: -x, -y, z: 2 of 2 seeds inside, as given 0; the list'
expect_out '^  RAS mm: -x, -y, z +2$'
list "A,corner.nii,20,21,22" "A,corner.nii,12,13,14"
run fmcib-data check l.csv
expect_status 0
expect_out 'all numbers are whole and within the voxels'
run fmcib-data check l.csv --orient
expect_out '^warning  orient mirrors the seed: 1 row$'

# ---- odd volumes
cp thick.nii odd.nii
list "A,odd.nii,0,0,0"
run fmcib-data check l.csv --json
cp "$out_file" l.json
expect_in_file '"code": "(spacing|outside|unreadable)"' l.json

# ---- values: windowed to 0..255 or shifted
n=$((($(stat -c %s corner.nii) - 352) / 4))
# shellcheck disable=SC2046 # a word for each pair of voxels
{
    head -c 352 corner.nii && printf '\007\000\310\000%.0s' $(seq $n)
} >window.nii
# shellcheck disable=SC2046
{
    head -c 352 corner.nii && printf '\007\000\000\004%.0s' $(seq $n)
} >shift.nii
list "A,window.nii,20.5,21,22" "B,shift.nii,20.5,21,22"
run fmcib-data check l.csv
expect_status 0
expect_out_without 'no HU'
run fmcib-data check l.csv --values
expect_status 0
expect_out '^warning  values are no HU: 2 rows$'
expect_out 'l\.csv:2: 7 to 200: windowed to 8 bits'
expect_out 'l\.csv:3: 7 to 1024: none is negative: is the intercept'

# ---- several lists
head -n 9 c/pretrain.csv >a.csv
sed -n '1p;9,20p' c/pretrain.csv >b.csv
run fmcib-data check a.csv b.csv --root c
expect_status 0
expect_out '^warning  same seed of the same file: 1 row$'
expect_out 'b\.csv:2: as a\.csv:9$'
expect_out 'b\.csv: 1 of [0-9]+ patients are in a\.csv too, e\.g\. '
run fmcib-data check a.csv b.csv --root c --patient coordX
expect_out '\(coordX\)'

# ---- points of DeepLesion, interchanged or not, and orient
printf 'image_path,centroid_x,centroid_y,spacing_x,coordX,coordY,coordZ\n' >l.csv
echo 'none.nii,361.167193254584,302.5152711354672,0.488281,147.4608654975891,176.26944518089294,-32.5' >>l.csv
run fmcib-data check l.csv
expect_out '^warning  orient does not fit the list$'
expect_out 'x and y are interchanged in 1 of 1 rows, and orient is off$'
run fmcib-data check l.csv --orient
expect_out_without 'orient does not fit'
sed -i 's/,147\(.*\),176\(.*\),-/,176\2,147\1,-/' l.csv
run fmcib-data check l.csv
expect_out_without 'orient does not fit'
run fmcib-data check l.csv --orient
expect_out 'x and y are right in 1 of 1 rows, and orient is on$'

# ---- the published lists: validation and test share 291 patients, no others
published=$FMCIB_CT_DATA/annotations/deeplesion
if [ -e "$published/pretrain.csv" ]; then
    run fmcib-data check "$published"/{pretrain,task1_train,task1_val,task1_test}.csv --json
    expect_status 12
    expect_out '"code": "patient", "list": ".*task1_test.csv", "text": "291 of 395 patients'
    expect_equal "$(grep -c '"code": "patient"' "$out_file")" 1
    expect_equal "$(grep -c '"code": "twice"' "$out_file")" 0
else
    echo "SKIP: the published lists are not in $published"
fi

# ---- 1,000 rows of 1,000 files: at most a second of processor time (about
# 0.15 s; the clock would measure the machine's other work)
mkdir many
for i in $(seq 1000); do
    ln "$good" "many/$i.nii.gz" || cp "$good" "many/$i.nii.gz"
    echo "many/$i.nii.gz,1.5,2,$((i % 7))"
done | { echo image_path,coordX,coordY,coordZ && cat; } >many.csv
TIMEFORMAT='%U %S'
seconds=$({ time fmcib-data check many.csv >many.txt 2>&1; } 2>&1)
expect_in_file '^1000 of 1000 rows can be cut' many.txt
echo "1,000 rows: $seconds s of user and system time"
[ -n "${ASAN_OPTIONS:-}" ] ||
    check 'at most 1 s of processor time' awk "BEGIN {split(\"$seconds\", t); exit t[1] + t[2] > 1}"

# ---- lists that cannot be read
bad() {
    local wanted=$1 words=$2
    shift 2
    run fmcib-data check "$@"
    expect_status "$wanted"
    expect_err "$words"
    expect_err_lines 1
    expect_out_lines 0
}
bad 4 'none\.csv: No such file' none.csv
printf 'image_path,coordX,coordY,coord_z\na,1,2,3\n' >l.csv
bad 5 'l\.csv: no column "coordZ"; there are: .*; is "coord_z" meant\?$' l.csv
printf 'image_path,coordX,coordY\na,1,2\n' >l.csv
bad 5 'l\.csv: no column "coordZ"; there are: image_path, coordX, coordY$' l.csv
printf 'image_path,coordX,coordY,coordZ,coordX\na,1,2,3,4\n' >l.csv
bad 5 'column "coordX" is there twice' l.csv
printf 'image_path,coordX,coordY,coordZ\n' >l.csv
bad 5 'the list is empty' l.csv
bad 5 'no column "who"' c/pretrain.csv --patient who
bad 2 '--spacing: 2 values; three' c/pretrain.csv --spacing '[1, 1]'
finish
