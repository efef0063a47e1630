#!/usr/bin/env bash
# symbols.sh BUILD: no library of the product may ask libm for anything but
# operations that IEEE 754 or C define to the last bit, nor anybody for rand
# or OpenMP.
set -euo pipefail
build=$1
exact='fegetround|sqrt|fma|fabs|floor|ceil|trunc|round|rint|nearbyint|lrint|llrint|lround|llround|copysign|frexp|ldexp|scalbn|scalbln|ilogb|logb|nextafter|fmax|fmin|fmod|remainder|modf|fdim'
libm=$(ldconfig -p | awk '/libm\.so\.6/ { print $NF; exit }')
libs=("$build"/src/*/libfmcib_*.a)
[ -e "${libs[0]}" ] || { echo "symbols: no libraries under $build/src"; exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
nm -D --defined-only "$libm" | awk '{ sub(/@.*/, "", $3); print $3 }' |
    grep -Ev "^($exact)(f|l)?$" | sort -u > "$tmp/refused"
grep -qx exp "$tmp/refused" || { echo "symbols: cannot read $libm"; exit 1; }
# what -ffast-math and plain names turn into, and other sources of chance
printf '%s\n' rand srand rand_r random srandom drand48 erand48 lrand48 \
    getrandom arc4random >> "$tmp/refused"

bad=0
checked=0
for lib in "${libs[@]}"; do
    nm -A -u "$lib" 2> "$tmp/err" | awk '{ print $NF, $1 }' | sort -u > "$tmp/used"
    checked=$((checked + $(wc -l < "$tmp/used")))
    while read -r symbol where; do
        if grep -qx -- "$symbol" "$tmp/refused" ||
            [[ $symbol =~ ^(GOMP_|omp_|__kmpc_) ]]; then
            echo "symbols: $where uses $symbol"
            bad=1
        fi
    done < "$tmp/used"
done
[ "$checked" -gt 0 ] || { echo "symbols: nothing to check"; exit 1; }
echo "symbols: ${#libs[@]} libraries, $checked references, refused: $bad"
exit "$bad"
