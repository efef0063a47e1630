#!/usr/bin/env bash
# fmcib-prepare on bad input: one line that names list, line, file, value,
# cause and remedy; the documented status; no file of the store left.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

run fmcib-phantom --set cohort.patients=4 --out c --quiet
expect_status 0
good=c/ct/0001.nii.gz
base=(--set patch.radius=8 --set prepare.shards=2 --quiet)

# refused STATUS WORDS ARGS...: fails so, in one line, leaving nothing.
refused() {
    local st=$1 words=$2
    shift 2
    run fmcib-prepare "${base[@]}" --out bad "$@"
    expect_status "$st"
    expect_err "$words"
    expect_err_lines 1
    expect_equal "$(find bad -name 'patches-*' 2>/dev/null)" ''
    rm -rf bad
}

# list ROWS...: a list of these rows.
list() {
    printf 'image_path,coordX,coordY,coordZ\n' >l.csv
    printf '%s\n' "$@" >>l.csv
}

# volume FILE OFFSET BYTES: the good volume, uncompressed, with bytes changed.
volume() {
    gunzip -c "$good" >"$1"
    printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

on=(--set input.list=l.csv)

# ---- the list
refused 4 'no\.csv: No such file or directory \(input\.list, from /.*\)$' --set input.list=no.csv
refused 4 'c: is a folder' --set input.list=c
list
refused 5 'l\.csv: the list is empty' "${on[@]}"
: >l.csv
refused 5 'l\.csv: empty' "${on[@]}"
printf 'image_path,coordX,coordY\n%s,0,0\n' "$good" >l.csv
refused 5 'l\.csv: no column "coordZ"; there are: image_path, coordX, coordY' \
    "${on[@]}"
list "$good,0,0,0" "$good,0,nan,0"
refused 5 'l\.csv:3: column coordY: "nan" is not a finite number' "${on[@]}"
list "$good,0,0,0" ",0,0,0"
refused 5 'l\.csv:3: column image_path is empty' "${on[@]}"
list "$good,0,0,0,9"
refused 5 'l\.csv:2: 5 fields' "${on[@]}"

# ---- the seed
list "$good,0,0,0" "$good,-500.5,0,0"
refused 5 'l\.csv:3: .*0001\.nii\.gz.*[0-9]+(\.[0-9]+)? ?mm' "${on[@]}"
expect_err '40[0-9]'
volume far.nii 292 '\000\000\110\303' # origin at x = 200 mm
list "far.nii,-199.5,0,0"
refused 5 'l\.csv:2: .*far\.nii' "${on[@]}"
expect_err '(-x|negat)'

# ---- the volume
list "$good,0,0,0" "ct/none.nii.gz,0,0,0"
refused 4 'l\.csv:3: .*ct/none\.nii\.gz: No such file' "${on[@]}"
mkdir -p folder.nii.gz
list "folder.nii.gz,0,0,0"
refused 4 'l\.csv:2: folder\.nii\.gz: is a folder' "${on[@]}"
list "text.xyz,0,0,0"
echo text >text.xyz
refused 5 'text\.xyz' "${on[@]}"
head -c 100000 "$good" >cut.nii.gz
list "cut.nii.gz,0,0,0"
refused 5 'l\.csv:2: cut\.nii\.gz' "${on[@]}"
head -c 20 "$good" >cut.nii.gz
refused 5 'l\.csv:2: cut\.nii\.gz' "${on[@]}"
volume four.nii 40 '\004\000'
volume four.nii 40 '\004\000' && printf '\003\000' |
    dd of=four.nii bs=1 seek=48 conv=notrunc status=none
list "four.nii,0,0,0"
refused 5 'l\.csv:2: four\.nii.*(4|dim)' "${on[@]}"
volume huge.nii 42 '\377\177\377\177\377\177'
list "huge.nii,0,0,0"
refused 5 'l\.csv:2: huge\.nii' "${on[@]}"
volume flat.nii 80 '\000\000\000\000'
printf '\000\000' | dd of=flat.nii bs=1 seek=254 conv=notrunc status=none
list "flat.nii,0,0,0"
refused 5 'l\.csv:2: flat\.nii' "${on[@]}"
zero='\000\000\000\000'
volume singular.nii 280 "$zero$zero$zero$zero"
list "singular.nii,0,0,0"
refused 5 'l\.csv:2: singular\.nii' "${on[@]}"

volume i64.nii 70 '\000\004'
list "$good,0,0,0" "i64.nii,0,0,0"
refused 5 'l\.csv:3: i64\.nii: NIfTI field datatype is 1024' "${on[@]}"

# ---- settings
list "$good,0,0,0"
refused 3 'patch\.radius' "${on[@]}" --set patch.radius=0
refused 3 'patch\.spacing: 2 values' "${on[@]}" --set 'patch.spacing=[1, 1]'
refused 3 'patch\.radios.*patch\.radius' "${on[@]}" --set patch.radios=8
refused 5 'no place for a negative.*negatives\.clear' "${on[@]}" \
    --set patch.radius=100 --set negatives.stored=1 --set negatives.clear=true

# ---- ranks: the bad row is on the last one; all stop, one message
list "$good,0,0,0" c/ct/0002.nii.gz,0,0,0 c/ct/0003.nii.gz,0,0,0 \
    cut.nii.gz,0,0,0
ranks 2 fmcib-prepare "${base[@]}" --out bad "${on[@]}"
expect_status 5
expect_equal "$(grep -c 'error: ' "$err_file")" 1
expect_err 'l\.csv:5: cut\.nii\.gz'
rm -rf bad

# ---- the folder
list "$good,0,0,0"
run fmcib-prepare "${base[@]}" "${on[@]}" --out p
expect_status 0
run fmcib-prepare "${base[@]}" "${on[@]}" --out p --resume --set seed=5
expect_status 7
expect_err 'seed'
list "$good,1,0,0"
run fmcib-prepare "${base[@]}" "${on[@]}" --out p --resume
expect_status 7
expect_err 'another list'
# a shard of another run in the folder
list "$good,0,0,0"
run fmcib-prepare "${base[@]}" "${on[@]}" --out q --set seed=5
cp q/patches-00000-of-00002.nc p/
run fmcib-prepare "${base[@]}" "${on[@]}" --out p --resume
expect_status 7
expect_err 'patches-00000-of-00002\.nc: was written by run'
# a damaged shard
printf 'x' | dd of=q/patches-00000-of-00002.nc bs=1 seek=9000 conv=notrunc \
    status=none
run fmcib-prepare "${base[@]}" "${on[@]}" --out q --resume --set seed=5
expect_status 8
expect_err 'patches-00000-of-00002\.nc: damaged'
finish
