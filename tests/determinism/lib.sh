# shellcheck shell=bash
# What the determinism scripts share: programs, ranks, a scratch folder, and
# `same` / `differ`, which count and report.
set -uo pipefail
src=${FMCIB_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
# shellcheck disable=SC2034
bin=${FMCIB_BUILD:-$src/build/release}/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/fmcib-det.XXXXXX")
trap 'rm -rf "$work"' EXIT
checks=0
bad=0

ranks() { # ranks N program args...: quiet, output in $work/log
    local n=$1
    shift
    "$src/tests/mpirun.sh" "$n" "$@" >"$work/log" 2>&1
}

same() { # same WHAT A B
    checks=$((checks + 1))
    if [ -n "$2" ] && [ "$2" = "$3" ]; then
        return
    fi
    bad=$((bad + 1))
    printf 'DIFFERS %s: %s, expected %s\n' "$1" "${2:-nothing}" "$3"
    tail -n 5 "$work/log"
}

differ() { # differ WHAT A B: planted change must show
    checks=$((checks + 1))
    if [ -n "$2" ] && [ "$2" != "$3" ]; then
        return
    fi
    bad=$((bad + 1))
    printf 'NOT DETECTED %s: %s\n' "$1" "${2:-nothing}"
}

result() { # result KIND: digest of the last run's result line
    awk -v k="$1" '$1 == k { print $2 }' "$work/log"
}

finish() {
    printf '%d checks, %d bad\n' "$checks" "$bad"
    [ "$bad" -eq 0 ] && [ "$checks" -gt 0 ]
}
