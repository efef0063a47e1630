#!/usr/bin/env bash
# labels: mpi slow
# processors: 2
# timeout: 600
# A search over trainings on a real Slurm: each trial on two machines, two
# trials at once; a machine lost, scontrol requeue and the time limit in the
# middle. It ends as on one rank.
# shellcheck source-path=SCRIPTDIR disable=SC2317 # called by until_true
. "$(dirname "$0")/cluster.sh"
. "$(dirname "$0")/../cli/lib.sh"
# shellcheck source=../cli/tune_data.sh
. "$FMCIB_SOURCE/tests/cli/tune_data.sh"
# shellcheck source=../cli/tune_search.sh
. "$FMCIB_SOURCE/tests/cli/tune_search.sh"
export FMCIB_HOME=$FMCIB_SOURCE
# four ranks on the cores of one machine
export OMPI_MCA_mpi_yield_when_idle=1

tune_search
sed -Ei "s/epochs: 3/epochs: 10/; s/(every: )1/\15/
    s|(train\|val\|test): (train\|val\|test)|\1: $PWD/\2|g" job.yaml
sed -i "s|job.yaml|$PWD/job.yaml|; s/trials: 5/trials: 6/" search.yaml
run fmcib-search --config search.yaml --out one --quiet
expect_status 0
study=$(digest study)

# reached STEPS RESTARTS: the job runs, begun again so often, and the search
# has so many steps behind it
reached() {
    ended && return 0
    job_is "$job" RUNNING && [ "$(job_field "$job" Restarts)" = "$2" ] &&
        [ "$(steps_of batch)" -ge "$1" ]
}
ended() {
    case $(job_field "$job" JobState) in
    COMPLETED | FAILED | TIMEOUT | NODE_FAIL | CANCELLED) ;;
    *) return 1 ;;
    esac
}
left_by() { [ "$(job_field "$job" Restarts)" = "$1" ]; }

cluster_start 4
run sbatch --parsable --nodes=4 --ntasks=4 --cpus-per-task=1 \
    --mem-per-cpu=500M --time=10 --signal=USR1@50 --output=batch.txt \
    "$FMCIB_SOURCE/slurm/search.sh" "$PWD/search.yaml" --out "$PWD/batch" \
    --quiet --set search.ranks_per_trial=2 --set job.checkpoint.every=2
expect_status 0
job=$(cat "$out_file")

# a machine without power; the ranks it worked with end, as a transport that
# notices does, before Slurm sees it
check 'the search to begin' until_true 60 reached 30 0
node_down 4
sleep 1 # the kernel takes its time to end what was on it
mapfile -t rest < <(pgrep -f "^$(command -v fmcib-search) ")
check 'three ranks of four' [ ${#rest[@]} = 3 ]
kill -9 "${rest[@]}"
check 'the job to be queued again' until_true 60 left_by 1
node_up 4
check 'the search to go on' until_true 60 reached 70 1
run scontrol requeue "$job"
expect_status 0
check 'the search to go on' until_true 60 reached 110 2
run scontrol update JobId="$job" TimeLimit=1
expect_status 0
check 'the warning to come' until_true 90 left_by 3
# where the machine is slow it comes again
check 'an end' until_true 240 ended
check 'a good end' job_is "$job" COMPLETED
expect_in_file 'ended with [0-9]+ and a node does not answer, queued again' \
    batch.txt
expect_in_file 'stopped at a checkpoint, queued again' batch.txt
expect_in_file "^study $study " batch.txt
same_search one batch
[ "$failures" = 0 ] || grep -v "^# " batch.txt
finish
