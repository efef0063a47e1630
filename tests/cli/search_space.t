#!/usr/bin/env bash
# labels: mpi
# processors: 2
# fmcib-search over linear models with a space of its own: class weights, and
# the weight that only some trials have.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"
# shellcheck source=search_data.sh
. "$FMCIB_SOURCE/tests/cli/search_data.sh"

make_features f 200 5 3 7
search=(fmcib-search --quiet --threads 1 --set input.features=f
    --set data.label=label --set search.objective=balanced_accuracy)
cat >space.yaml <<'E'
search: {trials: 24, startup: 8, lag: 3}
space:
  C: {low: 1e-4, high: 10, log: true}
  model.weight: {low: 0.1, high: 10, log: true, when: {model.class_weight: given}}
  model.class_weight: {choices: [none, balanced, given]}
E

# C alone, as the space or as its two keys: the same search
run "${search[@]}" --set search.trials=12 --out keys --set model.c_low=1e-4
expect_status 0
keys=$(digest study)
run "${search[@]}" --set search.trials=12 --out alone --set space.C.low=1e-4 \
    --set space.C.high=1e3 --set space.C.log=true
expect_status 0
expect_equal "$(digest study)" "$keys"

# every trial has C and a choice, those with given weights the weight too
for joint in rules groups no; do
    run "${search[@]}" --config space.yaml --set search.joint=$joint --out "$joint"
    expect_status 0
    given=$(grep -c '"model.class_weight": "given", "model.weight": ' "$joint/study.json")
    check 'some trials to be given weights' [ "$given" -gt 2 ]
    check 'and some not' [ "$given" -lt 22 ]
    expect_equal "$(grep -c '"model.weight"' "$joint/study.json")" "$given"
    expect_equal "$(grep -c '"param_name":"model.weight"' "$joint/journal.log")" \
        "$(grep '"history"' -A 99 "$joint/study.json" | grep -c '"model.weight"')"
    expect_equal "$(grep -c '"param_name":"C"' "$joint/journal.log")" 24
done
expect_in_file '^\{"C": [0-9.e-]+, "model\.class_weight": "' rules/best_params.json
run "${search[@]}" --config space.yaml --out rules --resume --set search.joint=rules
want=$(digest study)
for p in 2 3; do
    ranks $p "${search[@]}" --config space.yaml --out r$p
    expect_equal "$(digest study)" "$want"
    expect_same r$p/test_results.csv rules/test_results.csv
done
run "${search[@]}" --config space.yaml --out stop --stop-after 9
expect_status 75
run "${search[@]}" --config space.yaml --out stop --resume
expect_equal "$(digest study)" "$want"

# a choice of one is the key itself
run "${search[@]}" --set search.trials=12 --out balanced \
    --set model.c_low=1e-4 --set model.class_weight=balanced
run "${search[@]}" --set search.trials=12 --out one --set space.C.low=1e-4 \
    --set space.C.high=1e3 --set space.C.log=true \
    --set 'space.model.class_weight.choices=[balanced]'
expect_same one/test_results.csv balanced/test_results.csv
run "${search[@]}" --set search.trials=12 --out listed --set model.c_low=1e-4 \
    --set model.class_weight=given --set 'model.weights=[1, 1, 4]'
run "${search[@]}" --set search.trials=12 --out weighed --set space.C.low=1e-4 \
    --set space.C.high=1e3 --set space.C.log=true \
    --set model.class_weight=given --set 'space.model.weight.choices=[4]'
expect_same weighed/test_results.csv listed/test_results.csv

# a grid over both
run "${search[@]}" --config space.yaml --set search.sampler=grid --out grid \
    --set 'search.grid=C=0.01, 1; model.class_weight=none, given; model.weight=0.5, 2'
expect_status 0
expect_equal "$(grep -c '"number".*"history"\|{"number"' grid/study.json)" 9

bad() { # STATUS WORDS ARGS...
    local code=$1 words=$2
    shift 2
    run "${search[@]}" --out bad "$@"
    expect_status "$code"
    expect_err "$words"
    expect_err_lines 1
    expect_no_file bad/journal.log
    rm -rf bad
}
bad 3 'space\.gamma\.low: a linear model has no such key; the nearest one is "C"' --set space.gamma.low=1
bad 3 'space\.C: is missing' --set 'space.model.class_weight.choices=[none, balanced]'
bad 3 'space\.C: has a condition' --config space.yaml --set space.C.when.model.class_weight=none
bad 3 'no trial has given weights' --config space.yaml --set 'space.model.class_weight.choices=[none, balanced]' \
    --set space.model.weight.when.model.class_weight=none
bad 3 'given: by whom' --set space.C.low=1 --set space.C.high=2 --set 'space.model.class_weight.choices=[none, given]'
bad 3 'model\.class_weight is never given in this search' --config space.yaml --set 'space.model.class_weight.choices=[none, balanced]'
finish
