#!/usr/bin/env bash
# symbols.sh LIBRARY...: what the product's static libraries ask other libraries
# for, and what two of their members define (the linker takes whichever it meets
# first). libm's transcendentals differ between C libraries, OpenMP and BLAS between
# machines; random numbers and the time of day are nobody's.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need nm
looked=0

fns='exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan'
fns+='|atan2|sincos|sinh|cosh|tanh|asinh|acosh|atanh|erf|erfc|tgamma|lgamma'
fns+='|gamma|cbrt|hypot|j0|j1|jn|y0|y1|yn'
refused="^(__)?($fns)(f|l|f128)?(_r|_finite)?\$"
refused+='|^_ZGV|^(s?rand|rand_r|random(_r)?|srandom|[delmnj]rand48(_r)?)$'
refused+='|^getrandom$|^getentropy$|^arc4random'
refused+='|^(GOMP|omp|__kmpc|kmpc)_|^(cblas_|openblas_)|^[sdcz]gem[mv]_'
refused+='|^(time|clock|gettimeofday|localtime(_r)?|gmtime(_r)?)$'
refused+='|^__assert_fail$'

for library in "$@"; do
    looked=$((looked + 1))
    # symbols of one member may be defined by another: those are ours
    ours=$(nm --defined-only -j "$@" 2>/dev/null | sort -u)
    while read -r symbol; do
        grep -qxF -- "$symbol" <<<"$ours" ||
            finding "${library##*/}: asks for $symbol"
    done < <(nm -u -j "$library" 2>/dev/null | sed 's/@.*//' | sort -u |
        grep -E "$refused" || true)
done

# inline functions of C++ are weak (V, W, u) and may stand in several
while read -r symbol; do
    places=$(nm -A -g --defined-only -P "$@" 2>/dev/null |
        awk -v s="$symbol" '$2 == s { sub(/.*\//, "", $1); print $1 }')
    finding "$symbol is defined in ${places//$'\n'/ }"
done < <(nm -g --defined-only -P "$@" 2>/dev/null |
    awk 'NF > 2 && $2 !~ /[VWu]/ { print $1 }' | sort | uniq -d)
finish_lint "$looked" libraries
