#!/usr/bin/env bash
# fmcib-data: how subcommands are found, and what every one has.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

run fmcib-data
expect_status 2
expect_err 'a subcommand is missing'
run fmcib-data --version
expect_status 0
expect_out '^fmcib-data [0-9]'
run fmcib-data hsah
expect_status 2
expect_err 'no subcommand "hsah"; the nearest is "hash"'
run fmcib-data --help
expect_status 0
subs=$(sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p' "$out_file")
check 'subcommands in --help' [ -n "$subs" ]
for sub in $subs; do
    run fmcib-data "$sub" --help
    expect_status 0
    expect_out "^Usage: fmcib-data $sub "
    run fmcib-data "$sub" --no-such-option
    expect_status 2
    expect_err "^fmcib-data $sub: "
done
run fmcib-data hash --threads=x .
expect_status 2
expect_err 'fmcib-data hash: error: --threads: "x" is not a whole number'
expect_err_lines 1
run fmcib-data hash
expect_status 2
expect_err 'DIR is missing'
run fmcib-data hash a b
expect_status 2
expect_err '"b" is one argument too many'
finish
