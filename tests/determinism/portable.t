#!/usr/bin/env bash
# One digest of the toy training from gcc and clang, -O0 to -O3, AVX-512, AVX2,
# plain x86-64 and AArch64, equal to that of the MPI program; and the numeric
# tests on each.
# labels: slow
# processors: 2
# timeout: 3000
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/portable.sh"

# holds NAME BACKEND VARIANT [emulator...]: one way of a build gives the digest.
holds() {
    local name=$1 backend=$2 variant=$3 got what
    shift 3
    run "$@" "$name/toy" "${toy[@]}" "compute.backend=$backend" \
        "compute.variant=$variant"
    if [ "$status" = 3 ]; then
        echo "SKIP $name $variant: not on this processor"
        return
    fi
    expect_status 0
    read -r got what <"$out_file"
    expect_equal "$got" "$want"
    echo "$name $what $got${1:+ ($1)}"
}

unit() { # unit NAME [emulator...]
    local name=$1 t
    shift
    for t in $tests; do
        run "$@" "$name/$t"
        expect_status 0
    done
}

native() { # native COMPILER C++-COMPILER LEVEL
    local name=x86_64-$1$3
    build "$name" "$1" "$2" "$3"
    for v in avx512 avx2 c; do
        holds "$name" simd "$v"
    done
    holds "$name" ref auto
    unit "$name"
}

present() { # present PROGRAM
    command -v "$1" >/dev/null && return
    echo "SKIP $1: not installed"
    return 1
}

machine=$(uname -m)
if [ "$machine" = x86_64 ]; then
    for level in -O0 -O1 -O2 -O3; do
        native gcc g++ "$level"
        if present clang; then
            native clang clang++ "$level"
        fi
    done
    if present qemu-x86_64; then
        holds x86_64-gcc-O2 simd auto qemu-x86_64 -cpu Nehalem
        unit x86_64-gcc-O2 qemu-x86_64 -cpu Nehalem
    fi
else
    echo "SKIP x86-64: this is $machine"
fi

if present aarch64-linux-gnu-gcc && present aarch64-linux-gnu-g++ &&
    present qemu-aarch64; then
    for level in -O0 -O1 -O2 -O3; do
        name=aarch64-gcc$level
        build "$name" aarch64-linux-gnu-gcc aarch64-linux-gnu-g++ "$level" \
            -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64
        for v in neon c; do
            holds "$name" simd "$v" qemu-aarch64
        done
        holds "$name" ref auto qemu-aarch64
        unit "$name" qemu-aarch64
    done
    for t in same_bits conv_text; do # neon and c against ref
        run qemu-aarch64 aarch64-gcc-O2/$t
        expect_status 0
    done
fi
finish
