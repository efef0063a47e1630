#!/usr/bin/env bash
# labels: slow
# A search over trainings, more of search_tune.t: all ranks, groups and threads,
# placement keys, a pruner, many kills.
# processors: 2
# timeout: 1800
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/tune_search.sh"
. "$(dirname "$0")/../cli/lib.sh"
. "$(dirname "$0")/../cli/tune_data.sh"

tune_search
search_once

for c in '1 1 2' '1 1 3' '2 1 2' '2 2 1' '3 1 2' '3 3 1' '3 3 2' '4 1 1' \
    '4 2 2' '4 4 1'; do
    # shellcheck disable=SC2086
    set -- $c
    search_on "$1" "$2" "$3" "out$1$2$3"
    same_as_one "out$1$2$3"
done

mkdir moved
cp -r train val test moved/
search_on 2 1 1 placed --set search.keep=all --set search.failures=1 \
    --set job.checkpoint.every=3 --set job.compute.variant=c \
    --set job.input.cache_gb=0 --set job.input.train=moved/train \
    --set job.input.val=moved/val --set job.input.test="$PWD/moved/test"
same_as_one placed

# another seed, space or number of epochs is another search
for k in seed=1 space.optim.lr.high=0.2 job.train.epochs=2 search.lag=0 \
    search.value=last; do
    search_on 2 1 1 "${k%=*}" --set "$k"
    expect_status 0
    expect_different "$(digest study)" "$study"
done

# a stop inside the first trials, before any is told
search_on 2 1 1 early --stop-after 0
expect_status 75
search_on 2 2 1 early --resume
same_as_one early

search_killed kill "${FMCIB_KILLS:-12}"
check 'as many kills inside' [ "$kills" = "${FMCIB_KILLS:-12}" ]
search_on 3 1 1 kill --resume --set job.checkpoint.every=5
same_as_one kill

# the same with early ends: verdicts are asked for again
rule=(--set search.pruner=threshold --set search.pruner_lower=0.15
    --set search.pruner_warmup=2)
search_on 1 1 1 pruned "${rule[@]}"
expect_status 0
expect_in_file PRUNED pruned/trials.csv
for c in '2 2' '3 1' '4 1' '4 2'; do
    # shellcheck disable=SC2086
    set -- $c
    search_on "$1" "$2" 1 "p$1$2" --stop-after 2 "${rule[@]}"
    expect_status 75
    search_on "$2" "$2" 1 "p$1$2" --resume "${rule[@]}"
    expect_status 0
    same_search pruned "p$1$2"
done
finish
