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

# search_on RANKS RANKS_PER_TRIAL THREADS OUT args...: under mpirun.
search_on() {
    local p=$1 per=$2 t=$3 to=$4
    shift 4
    ranks "$p" fmcib-search --config search.yaml --quiet --threads "$t" \
        --out "$to" --set search.ranks_per_trial="$per" "$@"
}

# The first search of a test, in the folder one; and that another, just run in
# OUT, is the same.
search_once() {
    search_on 1 1 1 one
    expect_status 0
    study=$(digest study)
    weights=$(digest weights)
}
same_as_one() { # OUT
    expect_status 0
    expect_equal "$(digest study)" "$study"
    expect_equal "$(digest weights)" "$weights"
    same_search one "$1"
}

# Lines of steps.csv of all trials.
steps_of() { cat "$1"/trials/*/steps.csv 2>/dev/null | wc -l; }

# search_killed OUT WANTED: begin and go on with ranks and groups that change,
# each time killed, a rank or all of them, some steps later, until WANTED kills
# hit a search that had not ended. One that ended must be that of the folder one;
# the next begins anew. kills counts.
search_killed() {
    local to=$1 life began pid victim n
    kills=0
    for ((life = 1; kills < $2 && life <= 10 * $2; life++)); do
        began=$(steps_of "$to")
        bash "$FMCIB_SOURCE/tests/mpirun.sh" $((2 + life % 2 * 2)) \
            "$(command -v fmcib-search)" --config search.yaml --quiet \
            --threads 1 --out "$to" --resume --set job.checkpoint.every=2 \
            --set search.ranks_per_trial=$((1 + life / 2 % 2)) \
            >killed.log 2>&1 &
        pid=$!
        while kill -0 "$pid" 2>/dev/null; do
            n=$(steps_of "$to")
            [ "$n" -lt $((began + life % 7)) ] || break
            sleep 0.01
        done
        victim=$pid
        if [ $((life % 3)) = 1 ]; then
            victim=$(pgrep -P "$pid" | tail -n 1)
        fi
        if kill_tree "${victim:-$pid}" && [ ! -e "$to/study.json" ]; then
            kills=$((kills + 1))
        fi
        wait "$pid" 2>/dev/null
        if [ -e "$to/study.json" ]; then
            same_search one "$to"
            rm -rf "$to"
        fi
    done
}
