# shellcheck shell=bash
# tune_stores TASK PATIENTS: a cohort and the patch stores train, val, test of
# a task ("task1") in the present folder; and the words of a tiny network on
# them in the array tune.
tune_stores() {
    local part
    run fmcib-phantom --set cohort.patients="$2" --out cohort --quiet
    for part in train val test; do
        run fmcib-prepare --set "input.list=cohort/$1_$part.csv" \
            --set patch.radius=9 --set negatives.stored=0 \
            --set prepare.shards=2 --quiet --out "$part"
        expect_status 0
    done
    # shellcheck disable=SC2034
    tune=(--set "task=$1" --set augment.size=18 --set 'net.layers=[1, 1, 1]'
        --set 'net.planes=[2, 3, 4]' --set net.widen=1 --set input.train=train
        --set input.val=val --set input.test=test --quiet)
}
