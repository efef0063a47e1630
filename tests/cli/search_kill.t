#!/usr/bin/env bash
# labels: mpi slow
# processors: 3
# timeout: 1800
# fmcib-search killed 100 times ($FMCIB_KILLS): one rank or the whole job, at
# any moment. A search that ends has the trials of one that was left alone.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source=search_data.sh
. "$FMCIB_SOURCE/tests/cli/search_data.sh"

wanted=${FMCIB_KILLS:-100}
make_features f 600 40 3 7
search=("$FMCIB_BIN/fmcib-search" --quiet --threads 1
    --set input.train=f/train_features.csv --set data.label=label
    --set search.trials=60 --set search.pruner=median)

trials() {
    sed -E 's/"datetime_(start|complete)":"[^"]*"/"datetime_\1":T/' "$1/journal.log"
}

run "${search[@]}" --out whole
expect_status 0
whole=$(digest study)
trials whole >want.txt
expect_in_file '"state":2' whole/journal.log

RANDOM=7
kills=0 in_rank=0 in_job=0 ended=0 torn=0
while [ "$kills" -lt "$wanted" ]; do
    ranks=$((1 + RANDOM % 3))
    told=$(grep -c '"op_code":6' kill/journal.log 2>/dev/null)
    bash "$FMCIB_SOURCE/tests/mpirun.sh" $ranks "${search[@]}" --out kill \
        --resume >life.out 2>life.err &
    pid=$!
    # until it has got on by some trials, then at any moment
    more=$((RANDOM % 8))
    for _ in $(seq 3000); do
        now=$(grep -c '"op_code":6' kill/journal.log 2>/dev/null)
        if [ "${now:-0}" -ge $((${told:-0} + more)) ] ||
            ! kill -0 "$pid" 2>/dev/null; then
            break
        fi
        sleep 0.01
    done
    sleep "0.0$((RANDOM % 10))"
    mapfile -t children < <(ps -o pid= --ppid "$pid")
    victim=${children[RANDOM % (${#children[@]} + 1)]:-}
    if [ $((RANDOM % 2)) = 0 ] && [ -n "$victim" ]; then
        kill -9 "$victim" 2>/dev/null && kills=$((kills + 1)) in_rank=$((in_rank + 1))
    elif kill -9 "$pid" "${children[@]}" 2>/dev/null; then
        kills=$((kills + 1)) in_job=$((in_job + 1))
    fi
    wait "$pid" 2>/dev/null
    [ -z "$(tail -c 1 kill/journal.log 2>/dev/null)" ] || torn=$((torn + 1))
    if [ -e kill/study.json ]; then
        run "${search[@]}" --out kill --resume
        expect_status 0
        expect_equal "$(digest study)" "$whole"
        trials kill >got.txt
        expect_same want.txt got.txt
        rm -rf kill
        ended=$((ended + 1))
    fi
done
run "${search[@]}" --out kill --resume
expect_status 0
expect_equal "$(digest study)" "$whole"
trials kill >got.txt
expect_same want.txt got.txt
echo "kills: $kills ($in_rank of one rank, $in_job of the whole job), searches" \
    "that ended in between: $ended, torn lines: $torn"
check "$wanted kills" [ "$kills" -ge "$wanted" ]
finish
