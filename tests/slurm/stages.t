#!/usr/bin/env bash
# processors: 2
# The stage scripts with stub programs: where they find the project, what they
# hand to srun, what they refuse, how they are queued again.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"
# shellcheck source=stub.sh
. "$FMCIB_SOURCE/tests/slurm/stub.sh"
make_stubs "$tmp/bin"
export FMCIB_BIN=$tmp/bin FAKE_ONE=1
echo 'seed: 0' >mine.yaml
mine=$PWD/mine.yaml

# called by "sbatch slurm/STAGE.sh" in the project, as users do
cd "$FMCIB_SOURCE" || exit 99
for stage in phantom prepare pretrain finetune extract search validate; do
    : >"$FAKE/calls"
    : >"$FAKE/srun.log"
    submit slurm/$stage.sh "$mine" --set seed=3
    expect_status 0
    expect_equal "$(head -n 1 "$FAKE/calls")" "fmcib-$stage --config $mine --set seed=3 --dry-run"
    expect_equal "$(tail -n 1 "$FAKE/calls")" "fmcib-$stage --config $mine --set seed=3"
    expect_in_file "^args: --kill-on-bad-exit=1 $tmp/bin/fmcib-$stage --config" "$FAKE/srun.log"
    expect_in_file '^cpus: 1 locking: FALSE' "$FAKE/srun.log"
    for line in --job-name=fmcib-$stage --ntasks= --cpus-per-task= --mem-per-cpu= \
        --time= --signal=USR1@ --open-mode=append --requeue; do
        expect_in_file "^#SBATCH $line" slurm/$stage.sh
    done
    check "no B: in the signal of $stage" holds_not 'signal=B:' slurm/$stage.sh
done

# from the folder of the scripts, from elsewhere with FMCIB_HOME, from nowhere
: >"$FAKE/calls"
cd slurm || exit 99
submit pretrain.sh "$mine"
expect_status 0
cd "$work" || exit 99
FMCIB_HOME=$FMCIB_SOURCE submit "$FMCIB_SOURCE/slurm/pretrain.sh" "$mine"
expect_status 0
submit "$FMCIB_SOURCE/slurm/pretrain.sh" "$mine"
expect_status 4
expect_err 'set FMCIB_HOME'
cd "$FMCIB_SOURCE" || exit 99

# the job file: argument, JOB, default; missing ones
: >"$FAKE/calls"
JOB=$mine submit slurm/search.sh --set seed=4
expect_status 0
expect_in_file "fmcib-search --config $mine --set seed=4\$" "$FAKE/calls"
submit slurm/pretrain.sh
expect_status 0
expect_in_file 'fmcib-pretrain --config jobs/pretrain.yaml$' "$FAKE/calls"
for stage in phantom prepare pretrain finetune extract search validate; do
    default=$(sed -nE "s/^stage fmcib-$stage ([^ ]+) .*/\1/p" slurm/$stage.sh)
    expect_file "$default"
done
submit slurm/pretrain.sh jobs/none.yaml
expect_status 4
expect_err 'jobs/none\.yaml is not there'
FMCIB_BIN=$tmp/nowhere submit slurm/pretrain.sh "$mine"
expect_status 4
expect_err 'fmcib-pretrain is not there: \./run build'
run env -u SLURM_JOB_ID FMCIB_HOME="$FMCIB_SOURCE" bash slurm/pretrain.sh
expect_status 2
expect_err 'sbatch slurm/pretrain\.sh'

# more cores than can work: the line to submit instead, and that line works
: >"$FAKE/calls"
submit --ntasks=16 --cpus-per-task=2 slurm/pretrain.sh "$mine" --set seed=5
expect_status 3
expect_err '16 tasks x 2 cores are more than the 8 threads'
expect_err "^sbatch --ntasks=4 --cpus-per-task=2 .*/slurm/pretrain\.sh $mine --set seed=5\$"
expect_equal "$(wc -l <"$FAKE/calls")" 1
instead=$(sed -n 's/^sbatch //p' "$err_file")
# shellcheck disable=SC2086
submit $instead
expect_status 0
STUB_THREADS=99 STUB_TRIALS=3 submit --ntasks=4 slurm/search.sh "$mine"
expect_status 3
expect_err '4 tasks are more than the 3 trials'
STUB_THREADS=99 STUB_TRIALS=6 STUB_OF=ranks submit --ntasks=8 slurm/search.sh "$mine"
expect_status 3
expect_err '8 tasks are more than the 6 ranks'
expect_err '^sbatch --ntasks=6 '
FMCIB_CHECK=off submit --ntasks=16 slurm/pretrain.sh "$mine"
expect_status 0

# too little memory, another error: the status stays, the remedy is named
STUB_PLAN_STATUS=6 submit --ntasks=2 --cpus-per-task=4 slurm/pretrain.sh "$mine"
expect_status 6
expect_err '^sbatch --ntasks=4 --cpus-per-task=2 --mem-per-cpu='
STUB_STATUS=8 submit slurm/pretrain.sh "$mine"
expect_status 8
expect_equal "$(cat "$FAKE/$job/runs")" 1

# 75: queued again under the same id, then with --resume, until done
: >"$FAKE/calls"
STUB_STOPS=3 submit slurm/pretrain.sh "$mine"
expect_status 0
expect_equal "$(cat "$FAKE/$job/runs")" 4
expect_equal "$(grep -c -- "--config $mine\$" "$FAKE/calls")" 1
expect_equal "$(grep -c -- "--config $mine --resume\$" "$FAKE/calls")" 3
rm -f "$FAKE/stops"
FMCIB_MAX_REQUEUE=2 STUB_STOPS=9 submit slurm/pretrain.sh "$mine"
expect_status 75
expect_equal "$(cat "$FAKE/$job/runs")" 3
expect_err 'queued again 2 times already'
rm -f "$FAKE/stops"

# ended by a signal: a node that does not answer queues the job again; a program
# that says why it failed, or was killed where all nodes are there, does not
lost() { # STATUS OF_PROGRAM RUNS
    FAKE_NODES=2 FMCIB_MAX_REQUEUE=1 STUB_STATUS=$2 submit slurm/pretrain.sh "$mine"
    expect_status "$1"
    expect_equal "$(cat "$FAKE/$job/runs")" "$3"
}
FAKE_DEAD=1 lost 75 137 2
expect_err 'ended with 137 and a node does not answer, queued again$'
FAKE_DEAD=1 lost 75 9 2
FAKE_DEAD=1 lost 8 8 1
FAKE_DEAD=0 lost 137 137 1
STUB_STATUS=137 FAKE_DEAD=1 submit slurm/pretrain.sh "$mine"
expect_status 137

# no scontrol on the node: 75 goes out, with the line to go on
mv "$tmp/fake-bin/scontrol" "$tmp/scontrol"
STUB_STOPS=1 submit slurm/pretrain.sh "$mine"
expect_status 75
expect_err 'go on with:'
mv "$tmp/scontrol" "$tmp/fake-bin/scontrol"

# set-up file of the site; a broken one stops the job
# shellcheck disable=SC2016
echo 'export SITE_WAS_HERE=$SOME_UNSET_VARIABLE' >"$tmp/setup.sh"
FMCIB_SETUP=$tmp/setup.sh submit slurm/pretrain.sh "$mine"
expect_status 0
echo 'false' >"$tmp/setup.sh"
FMCIB_SETUP=$tmp/setup.sh submit slurm/pretrain.sh "$mine"
expect_status 4

# steps slower than the warning
mkdir "$work/out"
cat >"$work/out/run.jsonl" <<'END'
{"time": 1000.000, "event": "start", "key": "run.program", "value": "x"}
{"time": 1010.000, "event": "point", "key": "train.loss", "step": 1, "value": 2.5}
{"time": 1210.500, "event": "point", "key": "train.loss", "step": 2, "value": 2.5}
END
lead() {
    # shellcheck disable=SC2016 # the inner shell expands
    run bash -c '. "$0/slurm/lib.sh"; check_lead "$1"' "$FMCIB_SOURCE" "$work/out/run.jsonl"
}
lead
expect_err 'took 201 s, the warning comes only 180 s.*FMCIB_LEAD=402'
FMCIB_LEAD=300 lead
expect_err_lines 0

# what a site sets
expect_in_file '^export SBATCH_PARTITION=' slurm/site.env.example
expect_in_file '^export SLURM_MPI_TYPE=pmix' slurm/site.env.example
# shellcheck disable=SC2016
run bash -euc '. slurm/site.env.example; echo "$SBATCH_SIGNAL"'
expect_out '^USR1@180$'
finish
