#!/usr/bin/env bash
# tidy.sh ROOT BUILD: clang-tidy over the sources of src/ as BUILD compiles
# them, two at a time; warnings are errors (.clang-tidy).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need clang-tidy
cd "$1"
build=$2
[ -f "$build/compile_commands.json" ] || {
    echo "$build/compile_commands.json is missing"
    exit 1
}
mapfile -t files < <(files_of . '\.c$' src |
    while read -r file; do
        grep -qF "/$file\"" "$build/compile_commands.json" && echo "$file"
    done)
# A file that is built several times (dev/ref, dev/simd) is looked at once.
once=$(mktemp -d)
trap 'rm -rf "$once"' EXIT
perl -0777 -pe 's/(\{[^{}]*"file":\s*"([^"]*)"[^{}]*\}),?\s*/$seen{$2}++ ? "" : "$1,\n"/ge;
    s/,\s*\]/\n]/' "$build/compile_commands.json" >"$once/compile_commands.json"
# The analyzer's default of 225000 nodes costs ten times the time, for nothing
# found here.
options=(--quiet -p "$once" --extra-arg=-Xclang
    --extra-arg=-analyzer-config --extra-arg=-Xclang
    --extra-arg=max-nodes=40000)
if ((${#files[@]})); then
    while read -r line; do
        finding "$line"
    done < <(printf '%s\n' "${files[@]}" |
        xargs -P "${FMCIB_JOBS:-2}" -n 4 clang-tidy "${options[@]}" 2>&1 |
        grep -E '(warning|error):' | sort -u || true)
fi
finish_lint "${#files[@]}" files
