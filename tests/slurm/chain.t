#!/usr/bin/env bash
# slurm/chain.sh: ids, dependencies, what a failure does to those that wait.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"
# shellcheck source=stub.sh
. "$FMCIB_SOURCE/tests/slurm/stub.sh"
make_stubs "$tmp/bin"
export FMCIB_BIN=$tmp/bin FAKE_ONE=1
chain=$FMCIB_SOURCE/slurm/chain.sh

cat >study.txt <<'END'
# name stage after job
prep   prepare  -         jobs/demo/prepare.yaml

train  pretrain prep      jobs/demo/pretrain.yaml --set seed=3
f1     extract  train     jobs/demo/extract.yaml
f2     extract  train     jobs/demo/extract.yaml --out x
find   search   f1,f2     jobs/demo/search.yaml
report validate find      jobs/demo/validate.yaml
END
run "$chain" study.txt
expect_status 0
expect_out_lines 6
expect_out '^prep 101$'
expect_out '^report 106$'
expect_in_file '^--dependency=afterok:101$' "$FAKE/102/args"
expect_in_file '^--dependency=afterok:103:104$' "$FAKE/105/args"
expect_in_file '^--kill-on-invalid-dep=yes$' "$FAKE/105/args"
check 'no dependency of the first' holds_not dependency "$FAKE/101/args"
expect_equal "$(grep -v dry-run "$FAKE/calls" | tr '\n' ';')" "fmcib-prepare --config jobs/demo/prepare.yaml;fmcib-pretrain --config jobs/demo/pretrain.yaml --set seed=3;fmcib-extract --config jobs/demo/extract.yaml;fmcib-extract --config jobs/demo/extract.yaml --out x;fmcib-search --config jobs/demo/search.yaml;fmcib-validate --config jobs/demo/validate.yaml;"

# a stop keeps the id, so the chain goes on behind it
: >"$FAKE/calls"
STUB_STOPS=2 run "$chain" study.txt
expect_status 0
expect_equal "$(cat "$FAKE/107/runs")" 3
expect_equal "$(cat "$FAKE/112/status")" 0

# a stage that fails: nobody behind it runs
: >"$FAKE/calls"
STUB_STATUS=8 run "$chain" study.txt
expect_status 0
expect_equal "$(grep -vc dry-run "$FAKE/calls")" 1
expect_no_file "$FAKE/114/status"

# options for one stage; -n submits nothing
FMCIB_PRETRAIN_ARGS='--ntasks=4 --cpus-per-task=2' run "$chain" -n study.txt
expect_status 0
expect_out '^sbatch --parsable .*--dependency=afterok:<prep> --kill-on-invalid-dep=yes --ntasks=4 --cpus-per-task=2 .*/slurm/pretrain\.sh jobs/demo/pretrain\.yaml --set seed=3$'
expect_no_file "$FAKE/119"

# bad files: named by line, nothing submitted
bad() {
    printf '%s\n' "$1" >bad.txt
    run "$chain" bad.txt
    expect_status 3
    expect_err "$2"
    expect_no_file "$FAKE/119"
}
bad 'a prepare - jobs/none.yaml' 'bad\.txt:1: no job file jobs/none\.yaml'
bad 'a cook - jobs/demo/prepare.yaml' 'no script slurm/cook\.sh'
bad 'a prepare b jobs/demo/prepare.yaml' 'a waits for b, which no earlier line is'
bad 'a prepare -' 'expected NAME STAGE AFTER'
bad '# nothing' 'no job in it'
bad "$(printf 'a prepare - jobs/demo/prepare.yaml\na prepare - jobs/demo/prepare.yaml')" 'bad\.txt:2: two lines are called a'
run "$chain"
expect_status 2
run "$chain" nowhere.txt
expect_status 2
expect_err 'nowhere\.txt: no such file'

# the demo's own chain is a chain
run "$chain" -n "$FMCIB_SOURCE/jobs/demo/chain.txt"
expect_status 0
expect_out 'afterok:<search>:<random>:<simple>:<both>'

run "$chain" -n "$FMCIB_SOURCE/jobs/chain-task1.txt"
expect_status 0
expect_out 'afterok:<train>:<val>:<test>'

# sbatch refuses one in the middle: told what is there already
cp "$tmp/fake-bin/sbatch" "$tmp/sbatch.real"
cat >"$tmp/fake-bin/sbatch" <<'END'
#!/usr/bin/env bash
case "$*" in
*pretrain.sh*) echo 'sbatch: error: invalid partition' >&2; exit 1 ;;
esac
exec "$(dirname "$0")/../sbatch.real" "$@"
END
chmod +x "$tmp/sbatch.real"
run "$chain" study.txt
expect_status 4
expect_err 'sbatch refused train'
expect_err 'scancel 119'
finish
