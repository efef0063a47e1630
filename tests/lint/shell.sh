#!/usr/bin/env bash
# shell.sh ROOT: every shell script is clean under shellcheck.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need shellcheck
cd "$1"
mapfile -t files < <({
    files_of . '\.(sh|t)$' src tests slurm jobs validation cmake .ci
    grep -lE '^#!.*\b(ba)?sh$' run .ci/* 2>/dev/null || true
} | sort -u)
if ((${#files[@]})); then
    while read -r line; do
        finding "$line"
    done < <(shellcheck -x -f gcc "${files[@]}" || true)
fi
finish_lint "${#files[@]}" scripts
