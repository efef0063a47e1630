# shellcheck shell=bash
# For tests of programs. A test begins with
#
#   . "$(dirname "$0")/lib.sh"
#
# works in an empty folder of its own ($tmp, removed at the end), runs programs
# with `run`, says what it expects, and ends with `finish`. Every expectation
# that does not hold is printed with its line, the command and what the command
# wrote; the rest of the script goes on, and the test fails at the end.
#
#   run fmcib-prepare --config no.yaml
#   expect_status 4
#   expect_err 'no\.yaml: No such file'
#   expect_no_file out
#   finish
#
# Programs are looked for in $FMCIB_BIN first. Sources lie under $FMCIB_SOURCE,
# CTs under $FMCIB_CT_DATA (as in golden/where.h).
set -uo pipefail
export LC_ALL=C
: "${FMCIB_SOURCE:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${FMCIB_BIN:=$FMCIB_SOURCE/build/release/bin}"
: "${FMCIB_CT_DATA:=$FMCIB_SOURCE/../shared/ct-data}"
export FMCIB_SOURCE FMCIB_BIN FMCIB_CT_DATA
PATH=$FMCIB_BIN:$PATH

tmp=$(mktemp -d "${TMPDIR:-/tmp}/fmcib-cli-XXXXXX") || exit 99
# Open MPI leaves its folder behind where a process was killed, and does not
# start a process that later has the same number: each test has its own place.
export OMPI_MCA_orte_tmpdir_base=$tmp
work=$tmp/work
mkdir "$work" && cd "$work" || exit 99
out_file=$tmp/stdout
err_file=$tmp/stderr
: >"$out_file"
: >"$err_file"
last_command='(nothing was run)'
status=0
checks=0
failures=0
finished=0

on_exit() {
    local st=$?
    cd / && rm -rf "$tmp"
    if [ "$finished" = 0 ] && [ "$st" = 0 ]; then
        echo 'the test ended without finish' >&2
        exit 1
    fi
}
trap on_exit EXIT

# run PROGRAM ARGS...: its status in $status, its output in $out_file and
# $err_file.
run() {
    last_command="$*"
    "$@" >"$out_file" 2>"$err_file" </dev/null
    status=$?
}

# ranks N PROGRAM ARGS...: the same under mpirun.
ranks() {
    local n=$1 program
    shift
    program=$(command -v "$1") || program=$1
    shift
    run bash "$FMCIB_SOURCE/tests/mpirun.sh" "$n" "$program" "$@"
    last_command="[$n ranks] $program $*"
}

# Is this the build with sanitizers? There a test leaves out what repeats the
# same code with other ranks or after other kills; the release runs it all.
sanitized() { [ -n "${FMCIB_SANITIZED:-}" ]; }

# kill_tree PID: SIGKILL for a process, then for all that was below it (an
# MPI's launcher may stand between). Fails if it was gone.
kill_tree() {
    local -a below=()
    local i st=0
    mapfile -t below < <(pgrep -P "$1")
    for ((i = 0; i < ${#below[@]}; i++)); do
        mapfile -t -O ${#below[@]} below < <(pgrep -P "${below[i]}")
    done
    kill -9 "$1" 2>/dev/null || st=1
    ((${#below[@]} == 0)) || kill -9 "${below[@]}" 2>/dev/null
    return $st
}

# check WORDS CONDITION...: one expectation, told in words when it fails.
check() {
    local words=$1 frame=$((${#BASH_LINENO[@]} - 2))
    shift
    checks=$((checks + 1))
    "$@" && return 0
    failures=$((failures + 1))
    {
        echo "$0:${BASH_LINENO[frame]}: expected $words"
        echo "  command: $last_command"
        echo "  status:  $status"
        sed 's/^/  stdout:  /' "$out_file" | tail -n 15
        sed 's/^/  stderr:  /' "$err_file" | tail -n 25
    } >&2
    return 1
}

expect_status() {
    check "exit status $1" [ "$status" = "$1" ]
}

# Extended regular expressions, matched line by line.
expect_out() {
    check "\"$1\" on stdout" grep -Eq -- "$1" "$out_file"
}

expect_err() {
    check "\"$1\" on stderr" grep -Eq -- "$1" "$err_file"
}

holds_not() {
    ! grep -Eq -- "$1" "$2"
}

expect_out_without() {
    check "no \"$1\" on stdout" holds_not "$1" "$out_file"
}

expect_err_without() {
    check "no \"$1\" on stderr" holds_not "$1" "$err_file"
}

has_lines() {
    [ "$(wc -l <"$2")" -eq "$1" ]
}

expect_out_lines() {
    check "$1 lines on stdout" has_lines "$1" "$out_file"
}

expect_err_lines() {
    check "$1 lines on stderr" has_lines "$1" "$err_file"
}

expect_file() {
    check "file $1" [ -s "$1" ]
}

expect_no_file() {
    check "no $1" [ ! -e "$1" ]
}

expect_in_file() {
    check "\"$1\" in $2" grep -Eq -- "$1" "$2"
}

# Same bytes of two files, or of two folders with all in them.
expect_same() {
    check "the same bytes in $1 and $2" diff -rq "$1" "$2"
}

expect_equal() {
    check "\"$1\" = \"$2\"" [ "$1" = "$2" ]
}

expect_different() {
    check "\"$1\" and \"$2\" to differ" [ "$1" != "$2" ]
}

# digest KIND: the SHA-256 of the result line "KIND sha256 path" of stdout.
digest() {
    sed -n "s/^$1 \([0-9a-f]\{64\}\) .*/\1/p" "$out_file" | tail -n 1
}

# skip REASON: a visible skip.
skip() {
    echo "SKIP: $*"
    finished=1
    exit 77
}

finish() {
    finished=1
    if [ "$checks" = 0 ]; then
        echo 'the test checked nothing' >&2
        exit 1
    fi
    echo "$checks expectations, $failures not met"
    [ "$failures" = 0 ]
    exit
}
