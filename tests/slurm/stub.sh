# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=../cli/lib.sh disable=SC2034,SC2154
# make_stubs DIR: programs that do nothing but tell how they were called, with
# a plan like the real ones'. STUB_STATUS: what they end with (a file "left" in
# the run folder counts down stops). The fakes are put into PATH.
make_stubs() {
    mkdir -p "$1"
    local p
    for p in phantom prepare pretrain finetune extract search validate data; do
        cat >"$1/fmcib-$p" <<'END'
#!/usr/bin/env bash
echo "$(basename "$0") $*" >>"$FAKE/calls"
case " $* " in
*' --dry-run '*)
    echo 'run.out: "stub-out" # placement'
    echo "# batch: 8 = 8 shards x 1 items; at most ${STUB_THREADS:-8} threads on all ranks together can work"
    echo "# at once: at most ${STUB_TRIALS:-8} ${STUB_OF:-trials}; memory of a rank: about 11 MB"
    exit "${STUB_PLAN_STATUS:-0}"
    ;;
esac
if [ -n "${STUB_STOPS:-}" ]; then
    n=$(cat "$FAKE/stops" 2>/dev/null || echo 0)
    if [ "$n" -lt "$STUB_STOPS" ]; then
        echo $((n + 1)) >"$FAKE/stops"
        exit 75
    fi
fi
exit "${STUB_STATUS:-0}"
END
        chmod +x "$1/fmcib-$p"
    done
}

FAKE=$tmp/fake-slurm
mkdir "$FAKE"
cp -r "$FMCIB_SOURCE/tests/slurm/fake" "$tmp/fake-bin"
chmod +x "$tmp/fake-bin"/*
PATH=$tmp/fake-bin:$PATH
export FAKE FMCIB_REQUEUE_WAIT=0
unset FMCIB_HOME JOB

# submit ARGS...: sbatch; the number of the job in $job, its output on stderr.
submit() {
    run sbatch "$@"
    job=$(sed -n 's/^Submitted batch job //p' "$out_file")
    cat "$FAKE/$job/output" >>"$err_file" 2>/dev/null
    status=$(cat "$FAKE/$job/status" 2>/dev/null || echo none)
}
