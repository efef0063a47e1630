#!/usr/bin/env bash
# processors: 2
# labels: mpi
# The scripts with the real programs on two tasks: a search and a pretraining
# that is stopped, queued again and resumed give what they give without Slurm.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"
# shellcheck source=stub.sh
. "$FMCIB_SOURCE/tests/slurm/stub.sh"
# shellcheck source=../cli/search_data.sh
. "$FMCIB_SOURCE/tests/cli/search_data.sh"
export FMCIB_HOME=$FMCIB_SOURCE

make_features f 200 6 3 7
cat >search.yaml <<END
input:
  features: $PWD/f
data:
  label: label
search:
  trials: 12
run:
  out: $PWD/alone
END
run fmcib-search --config search.yaml --quiet
expect_status 0
alone=$(digest study)
submit "$FMCIB_SOURCE/slurm/search.sh" "$PWD/search.yaml" --out "$PWD/batch" --quiet
expect_status 0
expect_err "^study $alone "

# stopped, queued again once, then on with another number of tasks
FMCIB_MAX_REQUEUE=1 submit --ntasks=3 "$FMCIB_SOURCE/slurm/search.sh" \
    "$PWD/search.yaml" --out "$PWD/stop" --quiet --stop-after 4
expect_status 75
expect_equal "$(cat "$FAKE/$job/runs")" 2
expect_no_file stop/study.json
submit "$FMCIB_SOURCE/slurm/search.sh" "$PWD/search.yaml" --out "$PWD/stop" \
    --quiet --resume
expect_status 0
expect_err "^study $alone "

cat >pretrain.yaml <<END
input:
  patches: computed
  computed_rows: 24
augment:
  size: 13
net:
  layers: [1]
  planes: [2]
  widen: 1
  head: [4]
train:
  steps: 4
  shards: 4
END
run fmcib-pretrain --config pretrain.yaml --quiet --out "$PWD/p1"
expect_status 0
weights=$(digest weights)
FMCIB_MAX_REQUEUE=0 submit --cpus-per-task=2 "$FMCIB_SOURCE/slurm/pretrain.sh" \
    "$PWD/pretrain.yaml" --out "$PWD/p2" --quiet --stop-after 2
expect_status 75
submit "$FMCIB_SOURCE/slurm/pretrain.sh" "$PWD/pretrain.yaml" \
    --out "$PWD/p2" --quiet --resume
expect_status 0
expect_err "^weights $weights "
submit --ntasks=8 "$FMCIB_SOURCE/slurm/pretrain.sh" "$PWD/pretrain.yaml" \
    --out "$PWD/p3" --quiet
expect_status 3
expect_err '8 tasks x 1 cores are more than the 4 threads'
expect_no_file p3

# an error of the program is told once and is the job's status
submit "$FMCIB_SOURCE/slurm/search.sh" "$PWD/search.yaml" --out "$PWD/no" \
    --set data.label=none
expect_status 5
expect_equal "$(grep -c 'no label column' "$err_file")" 1
finish
