# shellcheck shell=bash
# Many small files are synced: in memory where the system has a place.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then
    export TMPDIR=/dev/shm
fi

# tune_search: stores (tune_data.sh), job.yaml of a tiny supervised training on
# them and search.yaml of a search over it, in the present folder.
tune_search() {
    tune_stores task1 24
    cat >job.yaml <<'E'
recipe: fmcib_finetune
task: task1
input: {train: train, val: val, test: test}
start.from: random
augment.size: 18
net: {layers: [1, 1, 1], planes: [2, 3, 4], widen: 1, head: [6, 8]}
train: {shards: 12, epochs: 3}
validate.every: 1
E
    cat >search.yaml <<'E'
search: {over: finetune, trials: 5, lag: 1, startup: 2}
input.job: job.yaml
space:
  optim.lr: {low: 1e-4, high: 0.1, log: true}
  optim.drop_every: {low: 1, high: 3}
  net.trunk: {choices: [learns, frozen]}
E
}

# The journal without times: what must not depend on ranks.
journal_of() {
    sed -E 's/"datetime_(start|complete)":"[^"]*"/"datetime_\1":T/' \
        "$1/journal.log"
}

# Everything two searches leave that is a result.
same_search() {
    local f
    for f in study.json trials.csv val_results.csv test_results.csv base.yaml; do
        expect_same "$1/$f" "$2/$f"
    done
    journal_of "$1" >one.txt
    journal_of "$2" >two.txt
    expect_same one.txt two.txt
}
