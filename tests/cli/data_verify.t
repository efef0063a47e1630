#!/usr/bin/env bash
# fmcib-data hash and verify: every state of a file, exit status, and the same
# answer for any ranks and threads.
# processors: 2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

mkdir -p d/sub/deep "d/odd name"
for i in 1 2 3 4 5 6 7 8 9; do
    seq "$((i * i * 100))" >"d/sub/f$i"
done
: >d/empty
echo quoted >'d/odd name/a "b": #c'
ln -s ../f3 d/sub/deep/link
head -c 3000000 /dev/zero >d/zeros

# ---- hash: sorted, the same for any ranks and threads, sums as sha256sum's
run fmcib-data hash d
expect_status 0
cp "$out_file" one
for n in 1 2 3; do
    ranks "$n" fmcib-data hash d --threads $((4 - n))
    expect_status 0
    expect_same one "$out_file"
done
expect_equal "$(grep -c sha256 one)" 13
if command -v sha256sum >/dev/null; then
    (cd d && find . -type f -o -type l | sed 's,^\./,,' | sort |
        while read -r f; do sha256sum "$f" | cut -c 1-64; done) >sums
    expect_equal "$(sed -n 's/.*sha256: \([0-9a-f]*\)}/\1/p' one)" \
        "$(cat sums)"
fi
cp -r d copy
run fmcib-data hash copy
expect_same one "$out_file"
run fmcib-data hash d --out d/manifest.yaml
expect_status 0
expect_same one d/manifest.yaml
expect_out "^manifest $(sha256sum one | cut -c 1-64) d/manifest\.yaml\$"
run fmcib-data hash d
expect_same one "$out_file"

# ---- verify
run fmcib-data verify d
expect_status 0
expect_out '^ok +7  odd name/a "b": #c  \(sha256\)'
expect_out 'd against folder: 13 files: 13 ok$'
run fmcib-data verify --quiet d
expect_status 0
expect_equal "$(wc -l <"$out_file")" 1
echo x >d/new
echo x >d/zeros.part
rm d/sub/f4
run fmcib-data verify d
expect_status 4
expect_out '^missing +-  sub/f4$'
expect_out '^unknown +2  new$'
expect_out '^unknown +2  zeros\.part  \(an unfinished download\)'
expect_err '1 of 15 files are missing'
printf '1' | dd of=d/zeros bs=1 seek=2999999 conv=notrunc status=none
echo longer >>d/sub/f5
mkfifo pipe
rm d/sub/f6
ln -s ../../pipe d/sub/f6
run fmcib-data verify d
expect_status 8
expect_out '^wrong +3000000  zeros  \(sha256 is [0-9a-f]{64}, the manifest has'
expect_out '^wrong +[0-9]+  sub/f5  \([0-9]+ bytes, the manifest has [0-9]+\)'
expect_out '^wrong +0  sub/f6  \(is no regular file\)'
expect_err 'error: 3 of 15 files are wrong, 1 missing'
expect_err_lines 1
cp "$out_file" table
run fmcib-data verify d --json
cp "$out_file" json
expect_in_file '"ok": 9, "wrong": 3, "missing": 1, "unknown": 2,' json
ranks 2 fmcib-data verify d --threads 2
expect_status 8
expect_same table "$out_file"
ranks 3 fmcib-data verify d --json --threads 1
expect_same json "$out_file"

# ---- unknown files alone are no fault, but with --strict
mkdir e
cp one e/manifest.yaml
cp -r copy/* e/
echo x >e/new
run fmcib-data verify e
expect_status 0
run fmcib-data verify e --strict
expect_status 12
expect_err '1 files are unknown, 0 unproven'

# ---- no published sum; which manifest
cat >m.yaml <<'END'
id: set
kind: folder
files:
  - {path: a, bytes: 3, sum: none}
  - {path: b, bytes: unknown, git_blob: 45b983be36b73c0788dc9cbcb76cbb80fc7bb057}
  - {path: c, bytes: 3, md5: 764efa883dda1e11db47671c4a3bbd9e}
END
mkdir set ms
for f in a b c; do echo hi >set/$f; done
run fmcib-data verify set --manifest m.yaml
expect_status 0
expect_out '^unproven +3  a  \(no sum is published or recorded\)'
expect_out '^ok +3  b  \(git_blob\)'
expect_out '^ok +3  c  \(md5\)'
run fmcib-data verify set --manifest m.yaml --strict
expect_status 12
echo "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4  a" \
    >set/a.sha256
cp m.yaml ms/set.yaml
run fmcib-data verify set --manifests ms --strict
expect_status 0
expect_out '^ok +3  a  \(sha256 recorded at its download\)'
expect_out 'set against set: 3 files: 3 ok$'
echo ho >set/a
run fmcib-data verify set/ --manifests ms
expect_status 8
expect_out '^wrong +3  a  .*recorded at its download is 98ea'

# ---- refusals
run fmcib-data verify copy
expect_status 4
expect_err 'data-manifests: No such file'
run fmcib-data verify copy --manifests ms
expect_status 2
expect_err 'copy: no manifest\.yaml in it and no --manifest; '
run fmcib-data hash d
expect_status 5
expect_err 'd/sub/f6: is no regular file'
ranks 2 fmcib-data verify nowhere
expect_status 4
expect_err 'nowhere: No such file'
expect_equal "$(grep -c 'error:' "$err_file")" 1
ranks 2 fmcib-data hash d
expect_status 5
ln -s .. e/up
run fmcib-data hash e
expect_status 5
expect_err 'e/up.*: a link that leads back'
finish
