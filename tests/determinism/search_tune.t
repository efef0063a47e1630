#!/usr/bin/env bash
# A search over trainings: the same trials, journal, predictions and weights for
# any number of ranks and groups, after stops and kills inside a trial. More of
# it in search_tune_cross.t.
# processors: 2
# timeout: 600
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/tune_search.sh"
. "$(dirname "$0")/../cli/lib.sh"
. "$(dirname "$0")/../cli/tune_data.sh"

tune_search
search_once

for c in '2 1 1' '2 2 2' '3 1 1' '4 2 1'; do
    # shellcheck disable=SC2086
    set -- $c
    search_on "$1" "$2" "$3" "out$1$2"
    same_as_one "out$1$2"
done

# a stop after some trials, and inside the others
search_on 4 2 1 stop --stop-after 2
expect_status 75
expect_no_file stop/study.json
search_on 3 1 1 stop --resume
same_as_one stop

search_killed kill 3
check '3 kills inside' [ "$kills" = 3 ]
search_on 3 1 1 kill --resume --set job.checkpoint.every=5
same_as_one kill
finish
