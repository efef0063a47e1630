#!/usr/bin/env bash
# format.sh ROOT: C and C++ look as clang-format leaves them.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need clang-format
cd "$1"
mapfile -t files < <(files_of . '\.(c|h|cc|cpp)$' src tests |
    grep -v '_tables[a-z_]*\.[ch]$')
if ((${#files[@]})); then
    while read -r line; do
        finding "$line"
    done < <(clang-format --dry-run --Werror "${files[@]}" 2>&1 |
        grep -E 'error:|rror' || true)
fi
finish_lint "${#files[@]}" files
