# shellcheck shell=bash
# What the stage scripts share. They start as
#
#   stage PROGRAM DEFAULT_JOB "$@"
#
# with the arguments of the user: first the job file (default: $JOB, else
# DEFAULT_JOB), then options of the program.

say() {
    printf '%s: %s\n' "${SLURM_JOB_NAME:-slurm}" "$*" >&2
}

die() {
    local code=$1
    shift
    say "$*"
    exit "$code"
}

# The environment every job needs (README.md says why).
prepare_environment() {
    if [ -n "${SLURM_CPUS_PER_TASK:-}" ]; then
        export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
    fi
    export HDF5_USE_FILE_LOCKING=FALSE
    export LC_ALL=C
    if [ -n "${FMCIB_SETUP:-}" ]; then
        # modules and the like; a site's file may use unset variables
        set +u
        # shellcheck disable=SC1090
        . "$FMCIB_SETUP" || die 4 "FMCIB_SETUP=$FMCIB_SETUP failed"
        set -u
    fi
}

# run_step ARGS...: the program on all tasks of the job.
run_step() {
    srun --kill-on-bad-exit=1 "$@"
}

# The line of sbatch that would fit; $1 are its resources.
submit_line() {
    printf 'sbatch %s %s/slurm/%s.sh %s\n' "$1" "$FMCIB_HOME" \
        "${program#fmcib-}" "$job${options[*]:+ ${options[*]}}"
}

# Does the allocation fit the plan? Cores that can never work are refused, as
# long as FMCIB_CHECK is not "off".
check_allocation() {
    local plan=$1 most tasks=${SLURM_NTASKS:-1} cpus=${SLURM_CPUS_PER_TASK:-1}
    [ "${FMCIB_CHECK:-on}" != off ] || return 0
    most=$(sed -nE 's/^# .*at most ([0-9]+) threads on all ranks.*/\1/p' <<<"$plan")
    if [ -n "$most" ] && [ $((tasks * cpus)) -gt "$most" ]; then
        local fit_cpus=$((cpus < most ? cpus : most))
        say "$tasks tasks x $cpus cores are more than the $most threads this" \
            "job can use (train.shards is part of the result). Submit instead:"
        submit_line "--ntasks=$((most / fit_cpus)) --cpus-per-task=$fit_cpus" >&2
        exit 3
    fi
    most=$(sed -nE 's/^# at once: at most ([0-9]+ (trials|ranks)).*/\1/p' <<<"$plan")
    if [ -n "$most" ] && [ "$tasks" -gt "${most% *}" ]; then
        say "$tasks tasks are more than the $most that run at once" \
            "(search.lag + 1 trials; it is part of the result). Submit instead:"
        most=${most% *}
        submit_line "--ntasks=$most" >&2
        exit 3
    fi
}

# A program that finds too little memory says so on its own ranks.
explain() {
    local status=$1
    if [ "$status" = 6 ]; then
        say "too little memory on a node. Submit instead, for example:"
        submit_line "--ntasks=$((2 * ${SLURM_NTASKS:-1}))$(
            [ "${SLURM_CPUS_PER_TASK:-1}" -le 1 ] ||
                echo " --cpus-per-task=$((SLURM_CPUS_PER_TASK / 2))"
        ) --mem-per-cpu=$((2 * ${SLURM_MEM_PER_CPU:-2000}))M" >&2
    fi
    return 0
}

# A warning that comes later than a step takes is no warning. The events of
# the steps carry the clock.
check_lead() {
    local log=$1 slowest lead=${FMCIB_LEAD:-180}
    [ -s "$log" ] || return 0
    slowest=$(awk -F'[:,]' '
        /"key": "run.program"/ { last = 0 }
        /"key": "(train.loss|checkpoint)"/ {
            if (last && $2 - last > most) most = $2 - last
            last = $2
        }
        END { printf "%d", most + 0.999 }' "$log")
    if [ "$slowest" -ge "$lead" ]; then
        say "a step with its checkpoint took $slowest s, the warning comes" \
            "only $lead s before the limit: set FMCIB_LEAD=$((2 * slowest))" \
            "in site.env"
    fi
}

# srun notices a lost node before Slurm does (after SlurmdTimeout, 300 s) and
# ends: the job would count as failed, not as one to queue again. Statuses that
# a program ends with on purpose are believed; after others the nodes are asked.
node_lost() {
    local status=$1 nodes=${SLURM_JOB_NUM_NODES:-1}
    case $status in
    [02-8] | 11 | 12 | 75) return 1 ;;
    esac
    [ "$nodes" -gt 1 ] || return 1
    ! timeout 120 srun --kill-on-bad-exit=1 --overlap --mpi=none \
        --nodes="$nodes" --ntasks="$nodes" --ntasks-per-node=1 true
}

# requeue WHY: the same job is queued again, so that its id, and with it a chain
# of afterok dependencies, stays.
requeue() {
    local why=$1 restarts=${SLURM_RESTART_COUNT:-0}
    if [ "$restarts" -ge "${FMCIB_MAX_REQUEUE:-200}" ]; then
        die 75 "$why, but queued again $restarts times" \
            "already (FMCIB_MAX_REQUEUE)"
    fi
    if command -v scontrol >/dev/null && scontrol requeue "$SLURM_JOB_ID"; then
        say "$why, queued again"
        # Slurm ends this script now; what comes after is never reached
        sleep "${FMCIB_REQUEUE_WAIT:-300}"
    else
        say "$why; go on with:"
        submit_line '' >&2
        say 'and --resume as its last word'
    fi
    exit 75
}

stage() {
    local program=$1 job=${JOB:-$2} bin plan status=0 out
    local -a options
    shift 2
    if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
        job=$1
        shift
    fi
    options=("$@")
    [ -n "${SLURM_JOB_ID:-}" ] ||
        die 2 "this script runs under Slurm: sbatch slurm/${program#fmcib-}.sh"
    cd "$FMCIB_HOME" || die 4 "cannot enter $FMCIB_HOME"
    bin=${FMCIB_BIN:-$FMCIB_HOME/build/release/bin}/$program
    [ -x "$bin" ] ||
        die 4 "$bin is not there: ./run build, or set FMCIB_BIN"
    [ -f "$job" ] ||
        die 4 "job file $job is not there; give one: sbatch slurm/${program#fmcib-}.sh jobs/MINE.yaml"
    prepare_environment
    # after a requeue (ours, or a node that failed) the run goes on
    if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ]; then
        options+=(--resume)
    fi
    plan=$(run_step "$bin" --config "$job" ${options[@]+"${options[@]}"} \
        --dry-run) || status=$?
    if [ "$status" != 0 ]; then
        explain "$status"
        die "$status" "$program --dry-run ended with $status"
    fi
    grep '^# ' <<<"$plan" >&2 || true
    check_allocation "$plan"
    run_step "$bin" --config "$job" ${options[@]+"${options[@]}"} || status=$?
    out=$(sed -nE 's/^run\.out: "?([^"#]*[^"# ])"?.*/\1/p' <<<"$plan")
    check_lead "$out/run.jsonl"
    explain "$status"
    if [ "$status" = 75 ]; then
        requeue 'stopped at a checkpoint'
    elif node_lost "$status"; then
        requeue "ended with $status and a node does not answer"
    fi
    return "$status"
}
