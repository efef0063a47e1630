#!/usr/bin/env bash
# labels: mpi
# processors: 5
# timeout: 600
# fmcib-search: the same study for 1 to 5 ranks, after a kill and after a stop.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source=search_data.sh
. "$FMCIB_SOURCE/tests/cli/search_data.sh"

make_features f 400 12 3 7
search=(fmcib-search --quiet --threads 1 --set input.features=f
    --set data.label=label --set search.trials=30)

# The journal without times: what must not depend on ranks.
trials() {
    sed -E 's/"datetime_(start|complete)":"[^"]*"/"datetime_\1":T/' "$1/journal.log"
}

# Everything a run leaves that is a result.
same_results() {
    local f
    for f in study.json best_params.json val_results.csv test_results.csv; do
        expect_same "$1/$f" "$2/$f"
    done
    trials "$1" >one.txt
    trials "$2" >two.txt
    expect_same one.txt two.txt
}

run "${search[@]}" --out r1
expect_status 0
expect_out '^study [0-9a-f]{64} .*r1/study\.json$'
expect_out_lines 1
one=$(digest study)
for f in model.nc run.jsonl config.yaml; do
    expect_file "r1/$f"
done
expect_in_file '^,image_path,label,pred_0,.*,pred_11,conf_scores_class_0,conf_scores_class_1,conf_scores_class_2,pred_class,target$' r1/test_results.csv
check '100 rows and a header' has_lines 101 r1/test_results.csv
expect_in_file '"system_attr":\{"fmcib:search":\{"seed": 0, "lag": 7' r1/journal.log
expect_equal "$(grep -c '"op_code":6' r1/journal.log)" 30

teams='2 3 4 5'
! sanitized || teams=3
for p in $teams; do
    ranks "$p" "${search[@]}" --out "r$p"
    expect_status 0
    expect_equal "$(digest study)" "$one"
    same_results r1 "r$p"
done

# another lag or seed is another study; threads are placement
run "${search[@]}" --out lag0 --set search.lag=0
expect_status 0
expect_different "$(digest study)" "$one"
run "${search[@]}" --out seed1 --set seed=1
expect_different "$(digest study)" "$one"
run "${search[@]}" --out threads --threads 3
expect_equal "$(digest study)" "$one"

# the finished folder again
run "${search[@]}" --out r1
expect_status 7
run "${search[@]}" --out r1 --resume
expect_status 0
expect_equal "$(digest study)" "$one"

# a stop, then on with another number of ranks
ranks 3 "${search[@]}" --out stop --stop-after 11
expect_status 75
expect_no_file stop/study.json
ranks 2 "${search[@]}" --out stop --resume --stop-after 20
expect_status 75
run "${search[@]}" --out stop --resume
expect_status 0
expect_equal "$(digest study)" "$one"
same_results r1 stop

# SIGKILL in the middle, several times; SIGUSR1 asks for a stop
killed() {
    make_features big 3000 150 4 3
    slow=(fmcib-search --quiet --threads 1 --set input.features=big
        --set data.label=label --set search.trials=80 --set output.features=false)
    run "${slow[@]}" --out whole
    expect_status 0
    whole=$(digest study)
    kills=0
    for ((life = 1; kills < 3 && life <= 20; life++)); do
        told=$(grep -c '"op_code":6' kill/journal.log 2>/dev/null)
        bash "$FMCIB_SOURCE/tests/mpirun.sh" $((life % 3 + 1)) \
            "$FMCIB_BIN/fmcib-search" "${slow[@]:1}" --out kill --resume \
            >/dev/null 2>&1 &
        pid=$!
        while kill -0 "$pid" 2>/dev/null; do
            now=$(grep -c '"op_code":6' kill/journal.log 2>/dev/null)
            [ "${now:-0}" -le "${told:-0}" ] || break
            sleep 0.02
        done
        if kill_tree "$pid" && [ ! -e kill/study.json ]; then
            kills=$((kills + 1))
        fi
        wait "$pid" 2>/dev/null
        # one that ended under the hand: the next begins anew
        [ ! -e kill/study.json ] || rm -rf kill
    done
    check '3 kills in the middle' [ "$kills" = 3 ]
    run "${slow[@]}" --out kill --resume
    expect_status 0
    expect_equal "$(digest study)" "$whole"
    same_results whole kill

    # SIGUSR1 asks for a stop
    fmcib-search "${slow[@]:1}" --out usr >/dev/null 2>usr.err &
    pid=$!
    for _ in $(seq 400); do
        if grep -q '"op_code":6' usr/journal.log 2>/dev/null; then
            break
        fi
        sleep 0.02
    done
    kill -USR1 "$pid"
    wait "$pid"
    expect_equal $? 75
    ranks 2 "${slow[@]}" --out usr --resume
    expect_status 0
    expect_equal "$(digest study)" "$whole"
}
sanitized || killed

# no validation table: cross-validation; tables joined; one table with splits
run "${search[@]}" --out cv --set input.features= \
    --set input.train=f/train_features.csv --set search.trials=12
expect_status 0
expect_in_file '"folds": 10' cv/study.json
expect_no_file cv/test_results.csv
cv=$(digest study)
ranks 3 "${search[@]}" --out cv3 --set input.features= \
    --set input.train=f/train_features.csv --set search.trials=12
expect_equal "$(digest study)" "$cv"
run "${search[@]}" --out join --set input.features=f,f
expect_status 0
expect_in_file '"features": 24' join/study.json
run "${search[@]}" --out pattern --set 'input.features=f/{split}_features.csv'
expect_status 0
expect_equal "$(digest study)" "$one"
{
    sed '1s/label/label,split/; 2,$s/\(p[0-9]*\.nii,[0-9]*\)/\1,train/' f/train_features.csv
    sed '1d; s/\(p[0-9]*\.nii,[0-9]*\)/\1,val/' f/val_features.csv
    sed '1d; s/\(p[0-9]*\.nii,[0-9]*\)/\1,test/' f/test_features.csv
} >all.csv
run "${search[@]}" --out all --set input.features=all.csv
expect_status 0
expect_equal "$(digest study)" "$one"

# pruners see folds; verdicts do not depend on who asks when
cv=("${search[@]}" --set input.features= --set input.train=f/train_features.csv)
for pruner in median hyperband; do
    run "${cv[@]}" --out "$pruner" --set search.pruner=$pruner
    expect_status 0
    pruned=$(digest study)
    check "$pruner prunes" grep -q '"state":2' "$pruner/journal.log"
    expect_in_file '"op_code":7,.*"step":0,"intermediate_value":' "$pruner/journal.log"
    ranks 3 "${cv[@]}" --out "$pruner-3" --set search.pruner=$pruner
    expect_equal "$(digest study)" "$pruned"
    trials "$pruner" >one.txt
    trials "$pruner-3" >two.txt
    expect_same one.txt two.txt
    run "${cv[@]}" --out "$pruner" --set search.pruner=$pruner --resume
    expect_status 0
done
expect_in_file '"pruner": "percentile 50 startup 5 min_trials 1' median/study.json

# a grid: every value once, then the end
run "${search[@]}" --out grid --set search.sampler=grid \
    --set 'search.grid=1e-3, 0.01, 0.1, 1, 10'
expect_status 0
expect_equal "$(grep -c '"op_code":6' grid/journal.log)" 5
expect_in_file '"system_attr":\{"grid_id":4\}' grid/journal.log

# trials of one search as history of another
run "${search[@]}" --out more --set search.journal=grid/journal.log
expect_status 0
expect_equal "$(grep -c '"op_code":6' grid/journal.log)" 30
expect_no_file more/journal.log
expect_in_file '"number": 29' more/study.json
finish
