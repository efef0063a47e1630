#!/usr/bin/env bash
# A search over trainings: the same trials, journal, predictions and weights for
# any number of ranks and groups, for placement keys of the search and of its
# job, after stops and kills inside a trial.
# processors: 2
# timeout: 900
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/tune_search.sh"
. "$(dirname "$0")/../cli/lib.sh"
. "$(dirname "$0")/../cli/tune_data.sh"

tune_search
# search RANKS RANKS_PER_TRIAL THREADS OUT args...
search() {
    local p=$1 per=$2 t=$3 out=$4
    shift 4
    ranks "$p" fmcib-search --config search.yaml --quiet --threads "$t" \
        --out "$out" --set search.ranks_per_trial="$per" "$@"
}
same_as_one() { # OUT
    expect_status 0
    expect_equal "$(digest study)" "$study"
    expect_equal "$(digest weights)" "$weights"
    same_search one "$1"
}

search 1 1 1 one
expect_status 0
study=$(digest study)
weights=$(digest weights)

for c in '2 1 1' '2 2 2' '3 1 1' '3 3 1' '4 2 1' '4 1 1'; do
    # shellcheck disable=SC2086
    set -- $c
    search "$1" "$2" "$3" "out$1$2"
    same_as_one "out$1$2"
done

search 2 1 1 placed --set search.keep=all --set search.failures=1 \
    --set job.checkpoint.every=7 --set job.compute.variant=c \
    --set job.input.cache_gb=0
same_as_one placed

# another seed, space or number of epochs is another search
for k in seed=1 space.optim.lr.high=0.2 job.train.epochs=2 search.lag=1 \
    search.value=last; do
    search 2 1 1 "${k%=*}" --set "$k"
    expect_status 0
    expect_different "$(digest study)" "$study"
done

# stops: after some trials, and by a signal inside of them
search 4 2 1 stop --stop-after 2
expect_status 75
expect_no_file stop/study.json
search 3 1 1 stop --resume --stop-after 4
expect_status 75
search 2 2 1 stop --resume
same_as_one stop

# kills, of one rank or of the whole job, at some step of some trial
steps() { cat "$1"/trials/*/steps.csv 2>/dev/null | wc -l; }
kills=0
for life in 1 2 3 4; do
    began=$(steps kill)
    bash "$FMCIB_SOURCE/tests/mpirun.sh" $((2 + life % 2 * 2)) \
        "$(command -v fmcib-search)" --config search.yaml --quiet --threads 1 \
        --out kill --resume --set job.checkpoint.every=5 \
        --set search.ranks_per_trial=$((1 + life % 2)) >killed.log 2>&1 &
    pid=$!
    for _ in $(seq 1500); do
        if [ -e kill/study.json ] ||
            [ "$(steps kill)" -ge $((began + 20 + 13 * life)) ]; then
            break
        fi
        sleep 0.02
    done
    # the ranks are the children of mpirun
    children=$(ps -o pid= --ppid "$pid")
    if [ $((life % 2)) = 1 ]; then
        children=$(tail -n 1 <<<"$children")
    else
        children="$children $pid"
    fi
    # shellcheck disable=SC2086
    if kill -9 $children 2>/dev/null && [ ! -e kill/study.json ]; then
        kills=$((kills + 1))
    fi
    wait "$pid" 2>/dev/null
done
check 'at least 2 kills inside' [ "$kills" -ge 2 ]
search 3 1 1 kill --resume --set job.checkpoint.every=5
same_as_one kill
finish
