#!/usr/bin/env bash
# fmcib-prepare --preview: a page of pictures that changes nothing else.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

run fmcib-phantom --set cohort.patients=5 --out c --quiet
expect_status 0
small=(--set input.list=c/simple_train.csv --set patch.radius=8
    --set prepare.shards=3 --quiet)
prepare() { run fmcib-prepare "${small[@]}" "$@"; }
# count TEXT FILE: occurrences
count() { grep -o -- "$1" "$2" | wc -l; }

prepare --out none
expect_status 0
want=$(digest patches)
expect_no_file none/preview.html

prepare --out p --preview=4
expect_status 0
expect_equal "$(digest patches)" "$want"
page=p/preview.html
expect_equal "$(count '<section ' $page)" 4
# per row two windows of the patch and two views, three slices each
expect_equal "$(count '<img src="data:image/png;base64,' $page)" 48
expect_equal "$(count 'alt="[^"]*\(axial\|coronal\|sagittal\) slice' $page)" 48
expect_equal "$(count '<svg viewBox' $page)" 24
expect_equal "$(count '<html lang="en">' $page)" 1
expect_equal "$(count '<title>Patches of c/simple_train.csv</title>' $page)" 1
expect_equal "$(count 'prefers-color-scheme:dark' $page)" 1
expect_equal "$(grep -ciE '<script|https?:|javascript' $page)" 0
expect_equal "$(count 'level 40, width 400 HU' $page | awk '$1>=4{print "ok"}')" ok
expect_equal "$(count '<dd>malignancy = [01]</dd>' $page)" 4
expect_equal "$(count '<h2 id="row-1">Row 1: ct/0001.nii.gz</h2>' $page)" 1

# the same bytes again, with other threads and ranks
ranks 2 fmcib-prepare "${small[@]}" --out q --preview=4 --threads 3
expect_equal "$(digest patches)" "$want"
cmp $page q/preview.html || fail "preview.html differs between runs"

# which rows, another pipeline, another label; more rows than there are
prepare --out w --set 'preview.which=[3, 24]' --set preview.label=PatientID \
    --set preview.pipeline=adaptation/fmcib_finetune
expect_status 0
expect_equal "$(grep -o 'id="row-[0-9]*"' w/preview.html | tr '\n' ' ')" \
    'id="row-3" id="row-24" '
expect_equal "$(count '<dd>PatientID = P000' w/preview.html)" 2
expect_equal "$(count '<img ' w/preview.html)" 18
prepare --out m --preview=500
expect_equal "$(count '<section ' m/preview.html)" 24

# the inference path: no views
prepare --out i --preview=4 --set patch.path=inference
expect_status 0
expect_equal "$(count '<img ' i/preview.html)" 24
expect_equal "$(count '<svg viewBox' i/preview.html)" 24
expect_equal "$(count 'by the inference path' i/preview.html)" 1

# a border patch says how much is missing; text of the list is escaped
cat >border.csv <<'END'
image_path,coordX,coordY,coordZ,label
c/ct/0001.nii.gz,-22.5,-0.2,-13.3,<b>&
END
run fmcib-prepare --set input.list=border.csv --set patch.radius=70 \
    --out b --preview --quiet
expect_status 0
expect_equal "$(count '<dd>label = &lt;b&gt;&amp;</dd>' b/preview.html)" 1
expect_equal "$(count '<span class="warn">[0-9.]* %</span>' b/preview.html)" 1

# wrong row, wrong column
prepare --out e --set 'preview.which=[25]'
expect_status 3
expect_err 'row 25 of c/simple_train\.csv, it has 24 rows'
prepare --out e2 --set preview.label=size --preview
expect_status 5
expect_err 'size'

# programs without the key have no such option
run fmcib-phantom --preview --out x
expect_status 2
finish
