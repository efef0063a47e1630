#!/usr/bin/env bash
# fmcib-data volumes: runs of pictures to volumes, the same files for any ranks
# and threads; bad series are named and do not end the others.
# processors: 2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# picture FILE TONE: a 2 x 2 picture of 16 bits of grey, its data stored plain.
picture() {
    perl -e '
        my ($tone) = @ARGV;
        my $raw = join "", map { "\0" . pack("n2", $tone, $tone + $_) } 1, 2;
        my ($a, $b) = (1, 0);
        for (unpack "C*", $raw) { $a = ($a + $_) % 65521; $b = ($b + $a) % 65521 }
        my $z = "\x78\x01\x01" . pack("v2", length $raw, 65535 - length $raw) .
            $raw . pack("n2", $b, $a);
        my @t = map { my $c = $_; $c = $c & 1 ? 0xEDB88320 ^ $c >> 1 : $c >> 1
            for 1 .. 8; $c } 0 .. 255;
        sub chunk {
            my ($s, $c) = (join("", @_), 0xFFFFFFFF);
            $c = $t[($c ^ $_) & 255] ^ $c >> 8 for unpack "C*", $s;
            pack("N", length($s) - 4) . $s . pack("N", $c ^ 0xFFFFFFFF);
        }
        binmode STDOUT;
        print "\x89PNG\r\n\x1a\n", chunk("IHDR", pack("NNC5", 2, 2, 16, 0, 0, 0, 0)),
            chunk("IDAT", $z), chunk("IEND");
    ' "$2" >"$1"
}

mkdir -p png/000001_01_01 png/000001_02_01 png/000002_01_03 png/other
for i in 7 8 9 12; do picture "png/000001_01_01/00$i.png" $((33000 + i)); done
for i in 1 2; do picture "png/000001_02_01/00$i.png" $((34000 + i)); done
picture png/000002_01_03/1000.png 40000
mv png/000001_01_01/0012.png png/000001_01_01/012.png
cat >info.csv <<'END'
Patient_index,Study_index,Series_ID,Spacing_mm_px_
1,1,1,"0.5, 0.5, 1"
1,2,1,"0.7, 0.7, 2.5"
2,1,3,"0.8, 0.8, 5"
END

run fmcib-data volumes png info.csv --out one --threads 1
expect_status 0
expect_out '^3 series: 4 volumes made of 7 slices, 0 there before, 0 series bad$'
expect_equal "$(ls one)" "000001_01_01_007-009.nii.gz
000001_01_01_012-012.nii.gz
000001_02_01_001-002.nii.gz
000002_01_03_1000-1000.nii.gz"
for n in 1 2 3; do
    ranks "$n" fmcib-data volumes png info.csv --out "many$n" --threads 2
    expect_status 0
    run diff -r one "many$n"
    expect_status 0
done

# ---- what is there is kept, what is missing made again
rm one/000001_02_01_001-002.nii.gz
touch one/000001_01_01_012-012.nii.gz.tmp-1
run fmcib-data volumes png info.csv --out one
expect_status 0
expect_out '^3 series: 1 volumes made of 2 slices, 3 there before, 0 series bad$'
run diff -r one many1
expect_status 0

# ---- bad series are named; the others are made
head -c 60 png/000001_01_01/008.png >short.png && cp short.png png/000001_01_01/008.png
sed -i '/^2,1,3/d' info.csv
for n in 1 2; do
    ranks "$n" fmcib-data volumes png info.csv --out "bad$n"
    expect_status 12
    expect_out '^bad  png/000001_01_01/008\.png: PNG data are truncated'
    expect_out '^bad  info\.csv: no row for series 000002_01_03'
    expect_out '^3 series: 1 volumes made of 2 slices, 0 there before, 2 series bad$'
    cp "$out_file" "said$n"
    expect_equal "$(ls "bad$n")" 000001_02_01_001-002.nii.gz
done
expect_same said1 said2

run fmcib-data volumes png/other info.csv --out no
expect_status 5
expect_err 'no folder PATIENT_STUDY_SERIES'
run fmcib-data volumes nowhere info.csv --out no
expect_status 4
run fmcib-data volumes png none.csv --out no
expect_status 4
run fmcib-data volumes png info.csv
expect_status 2
finish
