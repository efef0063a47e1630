#!/usr/bin/env bash
# slurm/data.sh: verify and hash on all tasks, the rest once.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"
# shellcheck source=stub.sh
. "$FMCIB_SOURCE/tests/slurm/stub.sh"
make_stubs "$tmp/bin"
export FMCIB_BIN=$tmp/bin FAKE_ONE=1
cd "$FMCIB_SOURCE" || exit 99
: >"$FAKE/calls"
: >"$FAKE/srun.log"
submit slurm/data.sh verify some/folder --json
expect_status 0
expect_equal "$(cat "$FAKE/calls")" 'fmcib-data verify some/folder --json'
expect_in_file "^args: --kill-on-bad-exit=1 $tmp/bin/fmcib-data verify" \
    "$FAKE/srun.log"
: >"$FAKE/calls"
: >"$FAKE/srun.log"
submit slurm/data.sh fetch med3d --mirror m
expect_status 0
expect_equal "$(cat "$FAKE/calls")" 'fmcib-data fetch med3d --mirror m'
expect_equal "$(cat "$FAKE/srun.log")" ''
STUB_STATUS=8 submit slurm/data.sh verify some/folder
expect_status 8
FMCIB_BIN=$tmp/nowhere submit slurm/data.sh verify some/folder
expect_status 4
expect_err 'fmcib-data is not there'
cd "$work" || exit 99
submit "$FMCIB_SOURCE/slurm/data.sh" verify some/folder
expect_status 4
expect_err 'set FMCIB_HOME'
finish
