#!/usr/bin/env bash
# labels: mpi nosan
# processors: 2
# timeout: 600
# fmcib-search over trainings: what it leaves, the best trial again by
# fmcib-finetune, failures, early ends, and what is wrong before the first
# trial.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tune_search.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tune_data.sh"

tune_search
search() { run fmcib-search --config search.yaml --quiet --threads 1 "$@"; }
reasons() { grep -o '"fail_reason":"[^"]*"' "$1/journal.log"; }

search --out one
expect_status 0
expect_out '^weights [0-9a-f]{64} .*one/weights\.nc$'
expect_out '^study [0-9a-f]{64} .*one/study\.json$'
one=$(digest study)
weights=$(digest weights)
expect_equal "$(head -n 1 one/trials.csv)" \
    'number,state,value,validations,net.trunk,optim.lr,optim.drop_every,reason'
expect_equal "$(grep -c '^[0-4],COMPLETE,0\.[0-9]*,3,' one/trials.csv)" 5
expect_equal "$(grep -c '"op_code":6' one/journal.log)" 5
expect_equal "$(grep -c '"op_code":7' one/journal.log)" 15
expect_in_file '"over": "finetune"' one/study.json
expect_in_file '"classes": \["0", "1", ' one/study.json
expect_in_file '"test": \{"loss": [0-9.]+, "auc": 0\.' one/study.json
# weights stay of the best trial alone, no checkpoints; a trial's steps are no
# events of the search
expect_equal "$(echo one/trials/*/*.nc | wc -w)" 2
check 'no event of a training' holds_not 'train\.loss|checkpoint' one/run.jsonl
expect_equal "$(grep -c 'search.state' one/run.jsonl)" 5

# its settings make its weights again
run fmcib-finetune --config one/best.yaml --out again --quiet
expect_status 0
expect_equal "$(digest weights-best)" "$weights"
best=$(sed -n 's/^# Trial \([0-9]*\),.*/\1/p' one/best.yaml)
expect_same again/steps.csv "one/trials/0000$best/steps.csv"
expect_same again/config.yaml "one/trials/0000$best/config.yaml"

# the report reads it
mkdir studies
ln -s ../one studies/a
ln -s ../one studies/b
run fmcib-validate --quiet --out report --set 'input.studies=studies/{set}' \
    --set validate.sets='a, b' --set validate.differences='a - b' \
    --set validate.cohort=phantom --set validate.resamples=100 \
    --set input.reference="$FMCIB_SOURCE/validation/reference" \
    --set input.gates="$FMCIB_SOURCE/validation/gates.yaml" \
    --set input.discrepancies="$FMCIB_SOURCE/validation/discrepancies.yaml"
expect_status 0
expect_file report/report.html

# the finished folder again
search --out one --resume
expect_status 0
expect_equal "$(digest study)" "$one"
expect_equal "$(digest weights)" "$weights"

# the last validation counts: those weights, those predictions
search --out last --set search.value=last --set search.trials=3 \
    --set search.keep=all
expect_status 0
weights=$(digest weights)
run fmcib-finetune --config last/best.yaml --out again2 --quiet
expect_equal "$(digest weights)" "$weights"
expect_same last/val_results.csv again2/val_results.csv
expect_same last/test_results.csv again2/test_results.csv
expect_equal "$(echo last/trials/*/weights.nc | wc -w)" 3

# rates at which numbers run away: FAIL with the reason, the search goes on
away=(--set space.optim.lr.low=1e-2 --set space.optim.lr.high=1e25
    --set job.optim.name=sgd --set search.trials=5)
search --out away "${away[@]}"
expect_status 0
check 'a trial that failed' grep -Eq \
    '^[0-4],FAIL,,[0-9]+,.*,"?step [0-9]+: .*not finite' away/trials.csv
check 'one that did not' grep -q COMPLETE away/trials.csv
ranks 2 fmcib-search --config search.yaml --quiet --out away2 "${away[@]}" \
    --threads 2 --set search.ranks_per_trial=2
same_search away away2
expect_equal "$(reasons away)" "$(reasons away2)"
# too many end it; a larger number goes on
away=(--set space.optim.lr.low=1e20 --set space.optim.lr.high=1e25
    --set job.optim.name=sgd --set search.trials=4)
search --out fail "${away[@]}" --set search.failures=2
expect_status 8
expect_err 'trials 0 to 1 all failed, the last one: step [0-9]+: .*finite.*search\.failures \(2\)'
expect_err_lines 1
search --out fail "${away[@]}" --set search.failures=3 --resume
expect_err 'trials 0 to 2 all failed'
search --out fail "${away[@]}" --set search.failures=0 --resume
expect_status 8
expect_err 'none of the 4 trials has a value'
# settings that do not fit each other, and a share without some class
search --out share --set 'space.data.percent.choices=[1, 2, 3, 100]' \
    --set seed=1
expect_status 0
expect_in_file '^[0-9],FAIL,,0,.*input.train: no row is of class' share/trials.csv

# early ends: the same for any ranks and groups; of three groups the last one
# gets trial 1, which is one of them
early=(--set search.pruner=threshold --set search.pruner_lower=0.15
    --set search.pruner_warmup=2 --set search.lag=2)
search --out early "${early[@]}"
expect_status 0
expect_in_file '^1,PRUNED,,2,' early/trials.csv
for c in '2 2' '3 1'; do
    # shellcheck disable=SC2086
    set -- $c
    search_on "$1" "$2" 1 "early$1" "${early[@]}"
    expect_status 0
    same_search early "early$1"
done

# ---- before the first trial ----
refused() { # STATUS WORDS ARGS...
    local code=$1 words=$2
    shift 2
    search --out x "$@"
    expect_status "$code"
    expect_err "$words"
    expect_err_lines 1
    expect_no_file x/journal.log
    rm -rf x
}
refused 3 'space\.optim\.rate\.low: .*nearest one is "optim\.' \
    --set space.optim.rate.low=1
refused 3 'space\.run\.threads: is a placement key' \
    --set space.run.threads.low=1
refused 3 'space\.optim\.lr: nothing lies between low 2 and high 0\.1' \
    --set space.optim.lr.low=2
refused 3 'space\.net\.trunk\.choices: is an empty list' \
    --set 'space.net.trunk.choices=[]'
refused 3 'space\.net\.trunk\.choices: .*"moon" is not known; .*learns' \
    --set 'space.net.trunk.choices=[learns, moon]'
refused 3 'choices: learns is there twice' \
    --set 'space.net.trunk.choices=[learns, learns]'
refused 3 'space\.train\.shards\.low: .*"0" is out of range' \
    --set space.train.shards.low=0 --set space.train.shards.high=3
refused 3 'optim\.lr.*starts above 0' --set space.optim.lr.low=-1
refused 3 'space\.optim\.drop_every\.step: "0" is no number above 0' \
    --set space.optim.drop_every.step=0
refused 3 'space\.net\.head: .*by choices' --set space.net.head.low=1
refused 3 'space\.optim\.lr\.hihg: is not understood' \
    --set space.optim.lr.hihg=1
refused 3 'space\.validate\.metric: .*cannot be compared' \
    --set 'space.validate.metric.choices=[auc, ap]'
refused 3 '1 ranks cannot be cut into groups of 2' \
    --set search.ranks_per_trial=2
refused 3 'input\.features, input\.train: are for linear models' \
    --set input.features=f
refused 3 'input\.job: .*needs their job file' --set input.job=
refused 4 'input\.job.*no\.yaml' --set input.job=no.yaml
refused 3 'unknown key "trian\.epochs"' --set job.trian.epochs=3
refused 3 'input\.val of the job .* is empty' --set job.input.val=
refused 4 'nowhere' --set job.input.train=nowhere
refused 5 'no label column' --set job.data.label=none
run fmcib-search --quiet --set search.over=finetune --set input.job=job.yaml
expect_status 3
expect_err 'space: no key is searched'

# another study: settings of the trials, input, seed, journal
search --out one --resume --set job.train.epochs=4
expect_status 7
expect_err 'other settings of its trials \(train\.epochs: 3 / 4\)'
search --out one --resume --set job.input.test=val
expect_status 7
expect_err 'another data'
search --out one --resume --set space.optim.lr.high=0.2
expect_status 7
expect_err 'another identity \(space\.optim\.lr\.high'
cp -r one mixed
cp last/journal.log mixed/journal.log
search --out mixed --resume
expect_status 7
expect_err 'journal\.log: the study there has another data'

# the jobs of the project: every key is known
for job in "$FMCIB_SOURCE"/jobs/search-finetune-*.yaml; do
    (cd "$FMCIB_SOURCE" && fmcib-search --config "$job" --dry-run) \
        >"$out_file" 2>"$err_file"
    expect_equal $? 4
    expect_err 'runs/'
done
finish
