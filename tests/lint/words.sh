#!/usr/bin/env bash
# words.sh ROOT: words that break the promise of same bits, hide checks, or mark
# unfinished work.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
root=$1
looked=0
plain=$(mktemp)
trap 'rm -f "$plain"' EXIT

# refuse FILE REGEX REASON: in $plain, the file without its comments.
refuse() {
    local line text
    while IFS=: read -r line text; do
        finding "$1:$line: $3:$text"
    done < <(grep -nP -- "$2" "$plain" || true)
}

while read -r file; do
    looked=$((looked + 1))
    without_comments "$root/$file" >"$plain"
    refuse "$file" '(?<![\w.>])(s?rand|rand_r|random|srandom|[delmnj]rand48)\s*\(' \
        'random numbers come from det/stream.h'
    refuse "$file" '(?<![\w.>])(time|clock|gettimeofday|localtime|gmtime|ctime)\s*\(' \
        'no time in results; base/log.h has the clock'
    refuse "$file" '__(DATE|TIME|TIMESTAMP)__' 'builds must give the same bytes'
    refuse "$file" '#\s*pragma\s+(omp|GCC\s+optimize|STDC\s+FP_CONTRACT\s+ON|float_control)|optimize\s*\(\s*"' \
        'no OpenMP, no optimisation by pragma'
    refuse "$file" '#\s*include\s*<(assert|locale|tgmath)\.h>|(?<![\w.>_])assert\s*\(|(?<!\w)setlocale\s*\(' \
        'use ENSURE or BUG_IF; the locale is C'
    # the vector types of dev/simd are an intrinsic or a struct, by machine
    [[ $file == src/dev/simd/* ]] ||
        refuse "$file" '^\s*typedef\s+(struct|union)\b|^\s*typedef\s+enum\b(?!.*\bstatus\b)' \
            'no typedef but status and function types'
    refuse "$file" '(?<!\w)(strcpy|strcat|sprintf|gets|alloca|atoi|atof|strtok)\s*\(' \
        'an unsafe call'
    [ "$file" = src/base/mem.c ] ||
        refuse "$file" '(?<!\w)(malloc|calloc|realloc|free|aligned_alloc|strdup)\s*\(' \
            'memory comes from base/mem.h'
    # the call may spread over lines; integer and max reductions are allowed
    while read -r call; do
        finding "$file: floats are added by the tree, not by $call"
    done < <(perl -0777 -ne '
        while (/\b(MPI_I?(?:All)?[Rr]educe\w*|MPI_I?E?[Ss]can)\s*\(([^;]*)\)\s*;?/g)
        { my ($call, $args) = ($1, $2);
          print "$call\n" if $args =~ /MPI_(FLOAT|DOUBLE|LONG_DOUBLE|REAL|C_\w*COMPLEX)/ }' \
        "$plain")
    # C leaves the order of arguments and operands to the compiler
    while read -r line; do
        finding "$file: two draws in one expression: $line"
    done < <(perl -0777 -ne '
        while (/([^;{}]*)/g) {
            my $t = $1;
            my $n = () = $t =~ /\b(?:stream_(?:u64|double|range|below|normal)|
                (?:mt|draw)_(?:u32|u64|double|range|below|normal)\w*)\s*\(/gx;
            if ($n > 1 && $t !~ /\?|&&|\|\|/) { $t =~ s/\s+/ /g; print "$t\n" }
        }' "$plain")
    while IFS=: read -r line text; do
        finding "$file:$line: unfinished:$text"
    done < <(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' "$root/$file" || true)
done < <(files_of "$root" '\.(c|h|cc|cpp|cu)$' src)

flags='-m(arch|cpu|tune)=native|-ffast-math|-Ofast|-funsafe-math|-fassociative-math|-fopenmp|-ffp-contract=(fast|on)'
while read -r file; do
    looked=$((looked + 1))
    while IFS=: read -r line text; do
        finding "$file:$line: a flag that changes results:$text"
    done < <(grep -nE -- "$flags" "$root/$file" |
        grep -vE 'MATCHES|cannot|refuse' || true)
done < <(files_of "$root" '(CMakeLists\.txt|\.cmake|\.sh|CMakePresets\.json)$' \
    CMakeLists.txt CMakePresets.json cmake src slurm jobs)
finish_lint "$looked" files
