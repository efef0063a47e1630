#!/usr/bin/env bash
# labels: mpi nosan
# processors: 2
# timeout: 300
# fmcib-search over trainings: parameters that exist in some trials only, and
# trials that wait in the queue of an Optuna study.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/tune_search.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/tune_data.sh"

tune_search
cat >search.yaml <<'E'
search: {over: finetune, trials: 8, lag: 1, startup: 3}
input.job: job.yaml
space:
  optim.name: {choices: [sgd, adam]}
  optim.lr: {low: 1e-4, high: 0.1, log: true}
  optim.momentum: {low: 0.5, high: 0.95, when: {optim.name: sgd}}
  optim.drop_every: {low: 1, high: 3, when: {net.trunk: [learns], optim.name: sgd}}
  net.trunk: {choices: [learns, frozen], when: {optim.name: [sgd]}}
E
search() { run fmcib-search --config search.yaml --quiet --threads 1 "$@"; }

# columns 5 to 9: each parameter is there when its conditions hold, and only
# then
conditions_hold() {
    awk -F, 'NR == 1 {if ($5 $6 $7 $8 $9 != "optim.namenet.trunkoptim.lroptim.momentumoptim.drop_every") exit 1; next}
        {if (($5 == "sgd") != ($6 != "") || ($5 == "sgd") != ($8 != "")) exit 1
         if (($6 == "learns") != ($9 != "") || $5 == "" || $7 == "") exit 1
         n[$5]++; m += $9 != ""}
        END {exit !(n["sgd"] > 0 && n["adam"] > 0 && m > 0)}' "$1"
}
for joint in rules groups no; do
    search --out "$joint" --set search.joint="$joint" --set seed=3
    expect_status 0
    check 'parameters where they belong' conditions_hold "$joint/trials.csv"
    expect_equal "$(grep -c '"param_name":"optim.momentum"' "$joint/journal.log")" \
        "$(grep -c ',sgd,' "$joint/trials.csv")"
    check 'nothing is said of what is not there' holds_not 'nan|NaN|null,' "$joint/study.json"
done
differ() { ! cmp -s "$1" "$2"; }
check 'groups are no intersection' differ rules/trials.csv groups/trials.csv
# the key that is not there is as in the job
adam=$(awk -F, '$5 == "adam" {print $1; exit}' rules/trials.csv)
expect_in_file '^optim\.momentum: 0\.9$' "rules/trials/0000$adam/config.yaml"

# any ranks, stops in between: the same
ranks 3 fmcib-search --config search.yaml --quiet --threads 1 --out three \
    --set search.joint=groups --set seed=3
same_search groups three
search --out stop --set search.joint=groups --set seed=3 --stop-after 3
expect_status 75
search --out stop --set search.joint=groups --set seed=3 --resume
expect_status 0
same_search groups stop

# the report weighs the parameters
mkdir studies
ln -s ../rules studies/a
ln -s ../groups studies/b
run fmcib-validate --quiet --out report --set 'input.studies=studies/{set}' \
    --set validate.sets='a, b' --set validate.differences='a - b' \
    --set validate.cohort=phantom --set validate.resamples=100 \
    --set input.reference="$FMCIB_SOURCE/validation/reference" \
    --set input.gates="$FMCIB_SOURCE/validation/gates.yaml" \
    --set input.discrepancies="$FMCIB_SOURCE/validation/discrepancies.yaml"
expect_status 0
expect_in_file 'optim\.momentum' report/report.html
expect_in_file 'net\.trunk' report/report.html
check 'no number that is none' holds_not '[="> ]-?nan["< ]' report/report.html

# ---- the queue ----
wait_for() { # FIXED: a record as Optuna 5 writes it
    printf '%s\n' '{"op_code":4,"worker_id":"W","study_id":0,"datetime_start":null,"state":4,"value":null,"values":null,"distributions":{},"params":{},"user_attrs":{},"system_attrs":{"fixed_params":'"$1"'},"intermediate_values":{}}'
}
cp rules/journal.log queue.log
wait_for '{"optim.name":"sgd","optim.momentum":0.75}' >>queue.log
wait_for '{"optim.name":"adam","optim.momentum":0.75,"optim.lr":0.001,"who":1}' >>queue.log
cp queue.log first.log
queue=(--set search.journal=queue.log --set search.trials=11 --set seed=5)
run fmcib-search --config search.yaml --threads 1 --out queue "${queue[@]}"
expect_status 0
expect_err 'trial 9 of the queue has who, which is not searched here'
expect_in_file '^8,COMPLETE,.*,sgd,[a-z]+,[0-9.e-]+,0\.75,' queue/trials.csv
expect_in_file '^9,COMPLETE,.*,adam,,0\.001,,,' queue/trials.csv
expect_in_file '^10,COMPLETE,' queue/trials.csv
expect_equal "$(grep -c '"op_code":4' queue.log)" 11
expect_equal "$(head -n "$(wc -l <first.log)" queue.log | cmp - first.log && echo same)" same
cp first.log queue.log
search --out cut "${queue[@]}" --stop-after 9
expect_status 75
search --out cut "${queue[@]}" --resume
expect_status 0
expect_same queue/trials.csv cut/trials.csv
expect_same queue/study.json cut/study.json
# what the space does not have: refused, the journal untouched
refused_queue() { # FIXED WORDS
    cp first.log queue.log
    wait_for "$1" >>queue.log
    cp queue.log before.log
    search --out other "${queue[@]}"
    expect_status 5
    expect_err "queue\.log: trial 10 of the queue: $2"
    expect_same queue.log before.log
    rm -rf other
}
refused_queue '{"optim.name":"lamb"}' 'optim\.name is never "lamb"'
refused_queue '{"optim.lr":1}' 'optim\.lr is 1 there, which is not in its range here'
refused_queue '{"optim.lr":"1"}' 'optim\.lr has a value that is no number'

# ---- conditions that cannot be ----
refused() { # WORDS ARGS...
    local words=$1
    shift
    search --out x "$@"
    expect_status 3
    expect_err "$words"
    expect_err_lines 1
    rm -rf x
}
w=space.optim.momentum.when
refused "$w.optim.nmae: optim\.nmae is not searched; .*another parameter of the space" --set $w.optim.nmae=sgd
refused "$w.net.head: net\.head is not searched" --set "$w.net.head=[6]"
refused "$w.optim.name: optim\.name is never lars in this search" --set $w.optim.name=lars
refused "$w.optim.name: .*\"moon\" is not known; .*sgd" --set $w.optim.name=moon
refused "$w.optim.name: is an empty list" --set "$w.optim.name=[]"
refused "$w.optim.lr: optim\.lr has any value between low and high" --set $w.optim.lr=0.01
refused 'space: optim\.momentum when optim\.momentum: a condition that goes in a circle' --set $w.optim.momentum=0.5
refused 'space: optim\.name when net\.trunk when optim\.name: a condition that goes in a circle' \
    --set space.optim.name.when.net.trunk=frozen
refused 'space: optim\.name when optim\.momentum when optim\.name: a condition' --set space.optim.name.when.optim.momentum=0.5
refused 'space\.optim\.momentum\.when: is not understood; .*when: \{OTHER: value\}' --set $w=sgd
refused 'space\.net\.layers: .*by choices' --set space.net.layers.when.optim.name=sgd
finish
