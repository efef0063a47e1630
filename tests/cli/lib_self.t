#!/usr/bin/env bash
# The library itself: each expectation passes and fails where it should.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lib=$FMCIB_SOURCE/tests/cli/lib.sh

# script TEXT: run a small test made of TEXT.
script() {
    printf '. "%s"\n%s\n' "$lib" "$1" >inner.t
    run bash inner.t
}

prelude="run bash -c 'echo out line; echo err line >&2; exit 3'
echo x >a; echo x >b; echo y >c; mkdir d e; echo x >d/f; echo x >e/f"

passes=(
    'expect_status 3' "expect_out '^out'" "expect_err 'line\$'"
    'expect_out_without err' 'expect_err_without out' 'expect_out_lines 1'
    'expect_err_lines 1' 'expect_file a' 'expect_no_file z'
    'expect_in_file x a' 'expect_same a b' 'expect_same d e'
    'expect_equal 1 1' 'expect_different 1 2'
)
fails=(
    'expect_status 0' "expect_out '^err'" 'expect_err out'
    'expect_out_without out' 'expect_err_without err' 'expect_out_lines 2'
    'expect_err_lines 0' 'expect_file z' 'expect_no_file a'
    'expect_in_file y a' 'expect_same a c' 'expect_same a z'
    'expect_equal 1 2' 'expect_different 1 1'
)
for line in "${passes[@]}"; do
    script "$prelude"$'\n'"$line"$'\nfinish'
    expect_status 0
    expect_out '^1 expectations, 0 not met'
done
for line in "${fails[@]}"; do
    script "$prelude"$'\n'"$line"$'\nfinish'
    expect_status 1
    expect_err '^inner.t:4: expected '
    expect_err 'stderr:  err line'
done

script 'finish'
expect_status 1
expect_err 'checked nothing'
script 'expect_equal 1 1'
expect_status 1
expect_err 'ended without finish'
script 'skip no data here'
expect_status 77
expect_out '^SKIP: no data here'
script 'ranks 2 bash -c "echo hello"; expect_status 0; expect_out_lines 2; finish'
expect_status 0
hex=$(printf '%064d' 7)
script "run echo 'weights $hex out/w.nc'; expect_equal \"\$(digest weights)\" $hex
expect_equal \"\$(digest patches)\" ''; finish"
expect_status 0
finish
