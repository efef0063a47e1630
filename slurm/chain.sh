#!/usr/bin/env bash
# Submit stages that wait for each other.
#   slurm/chain.sh [-n] CHAIN
# CHAIN is a text file, one job a line:
#   NAME STAGE AFTER JOB.yaml [options of the program ...]
# STAGE is the script slurm/STAGE.sh; AFTER is "-" or names of earlier lines,
# separated by commas: all of them must have ended well (afterok). # starts a
# comment. Prints "NAME JOBID" for each. -n prints the sbatch lines instead.
# SBATCH_* of site.env hold for all; FMCIB_<STAGE>_ARGS (FMCIB_PRETRAIN_ARGS,
# ...) are options of sbatch for one stage.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dry=0
if [ "${1:-}" = -n ]; then
    dry=1
    shift
fi
if [ $# != 1 ] || [ ! -f "$1" ]; then
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    if [ $# = 1 ]; then
        echo "chain: $1: no such file" >&2
    fi
    exit 2
fi
chain=$1
declare -A id=()
line_no=0

fail() {
    echo "chain: $chain:$line_no: $*" >&2
    if [ ${#id[@]} -gt 0 ] && [ "$dry" = 0 ]; then
        echo "chain: submitted before that: ${id[*]}; take them back with" \
            "scancel ${id[*]}" >&2
    fi
    exit "${code:-3}"
}

# The whole file is looked through before anything is submitted.
check_line() {
    local name=$1 stage=$2 after=$3 job=$4 a
    [ -n "$job" ] || fail "expected NAME STAGE AFTER JOB.yaml"
    [ -z "${known[$name]:-}" ] || fail "two lines are called $name"
    [ -f "$here/slurm/$stage.sh" ] || fail "no script slurm/$stage.sh"
    [ -f "$here/$job" ] || [ -f "$job" ] || fail "no job file $job"
    if [ "$after" != - ]; then
        for a in ${after//,/ }; do
            [ -n "${known[$a]:-}" ] || fail "$name waits for $a, which no earlier line is"
        done
    fi
    known[$name]=1
}

submit_line() {
    local name=$1 stage=$2 after=$3 job=$4 args deps=() a out
    shift 4
    args=FMCIB_$(tr '[:lower:]-' '[:upper:]_' <<<"$stage")_ARGS
    if [ "$after" != - ]; then
        for a in ${after//,/ }; do
            deps+=("${id[$a]}")
        done
    fi
    # shellcheck disable=SC2206 # words are meant
    local -a cmd=(sbatch --parsable --chdir="$here" --job-name="fmcib-$name"
        ${deps[@]+--dependency="afterok$(printf ':%s' "${deps[@]}")"
            --kill-on-invalid-dep=yes}
        ${!args:-} "$here/slurm/$stage.sh" "$job" "$@")
    if [ "$dry" = 1 ]; then
        id[$name]="<$name>"
        printf '%s\n' "${cmd[*]}"
        return
    fi
    code=4
    out=$(FMCIB_HOME=$here "${cmd[@]}") || fail "sbatch refused $name"
    id[$name]=${out%%;*} # "id;cluster" on federations
    [[ ${id[$name]} =~ ^[0-9]+$ ]] || fail "sbatch said \"$out\", not a job id"
    printf '%s %s\n' "$name" "${id[$name]}"
}

# each_line FUNCTION: for every line that is not empty or a comment.
each_line() {
    local -a word
    line_no=0
    while read -r -a word || [ ${#word[@]} -gt 0 ]; do
        line_no=$((line_no + 1))
        case "${word[0]:-#}" in
        '#'*) continue ;;
        esac
        "$1" "${word[0]}" "${word[1]:-}" "${word[2]:-}" "${word[3]:-}" \
            "${word[@]:4}"
    done <"$chain"
}

declare -A known=()
each_line check_line
if [ ${#known[@]} = 0 ]; then
    fail "no job in it"
fi
if [ "$dry" = 0 ]; then
    command -v sbatch >/dev/null || fail "sbatch is not in PATH"
fi
each_line submit_line
