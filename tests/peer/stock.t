#!/usr/bin/env bash
# Files written here open in the stock packages of others, and back. Needs
# PyPI (or packages in $FMCIB_PEERS).
# labels: slow
# timeout: 900
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

: "${FMCIB_PEERS:=$work/peers}"
export FMCIB_PEERS
scripts=(weights journal)
for script in "${scripts[@]}"; do
    run bash "$FMCIB_SOURCE/tests/peer/run.sh" "$script"
    grep -q "SKIP $script" "$out_file" && skip "no packages for $script"
    expect_status 0
    expect_out '^peer .* same$'
    cat "$out_file"
done
finish
