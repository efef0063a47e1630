#!/usr/bin/env bash
# length.sh ROOT: files of at most 500 lines, functions of at most 60, folder
# READMEs of at most 60 (30 is the aim).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
root=$1
file_max=500
function_max=60
looked=0

while read -r file; do
    looked=$((looked + 1))
    n=$(wc -l <"$root/$file")
    [ "$n" -le $file_max ] || finding "$file: $n lines, at most $file_max"
done < <(files_of "$root" '(\.(c|h|cc|cpp|sh|t|cmake)|CMakeLists\.txt)$' \
    src tests cmake slurm jobs | grep -v '_tables[a-z_]*\.[ch]$')

while read -r file; do
    while read -r found; do
        finding "$found"
    done < <(awk -v file="$file" -v max=$function_max '
        /^\{/ { start = NR }
        /^\}/ { if (start && NR - start - 1 > max)
                    print file ":" start ": a function of " NR - start - 1 \
                        " lines, at most " max
                start = 0 }' "$root/$file")
done < <(files_of "$root" '\.(c|h|cc|cpp)$' src tests)

while read -r file; do
    n=$(wc -l <"$root/$file")
    [ "$n" -le 60 ] || finding "$file: $n lines, at most 60"
done < <(files_of "$root" '^src/[a-z]+/README\.md$' src | grep -v '^src/dev/')
finish_lint "$looked" files
