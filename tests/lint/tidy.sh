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
if ((${#files[@]})); then
    while read -r line; do
        finding "$line"
    done < <(printf '%s\n' "${files[@]}" |
        xargs -P "${FMCIB_JOBS:-2}" -n 4 clang-tidy --quiet -p "$build" 2>/dev/null |
        grep -E '(warning|error):' | sort -u || true)
fi
finish_lint "${#files[@]}" files
