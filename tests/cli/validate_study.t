#!/usr/bin/env bash
# labels: nosan
# fmcib-validate on the three tasks of the study, by the jobs of the project, on
# tables made by formula with the study's rows and classes: each verdict where
# it belongs, survival against lifelines' numbers, bad input.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$FMCIB_SOURCE/tests/cli/study_tables.sh"

files=(--quiet --set input.reference="$FMCIB_SOURCE/validation/reference"
    --set input.gates="$FMCIB_SOURCE/validation/gates.yaml"
    --set input.discrepancies="$FMCIB_SOURCE/validation/discrepancies.yaml")
validate() { # TASK OUT ARGS...
    local task=$1 out=$2
    shift 2
    run fmcib-validate --config "$FMCIB_SOURCE/jobs/validate-$task.yaml" \
        "${files[@]}" --set "input.predictions=$task/{set}{pct}.csv" \
        --out "$out" "$@"
}
# verdict OUT ID: of one gate.
verdict() {
    sed -n "s/.*\"id\": \"$2\", .*\"verdict\": \"\([a-z ]*\)\".*/\1/p" "$1/report.json"
}
mkdir task1 task2 task3

# Task 1, a model of our own: intervals against intervals.
task1_table task1/foundation_features.csv 0.7 77
task1_table task1/foundation_finetuned.csv 0.73 55
task1_table task1/supervised.csv 0.6 77
for p in 50 20 10; do
    for s in foundation_features foundation_finetuned supervised; do
        task1_table task1/${s}_${p}_percent.csv "0.$((p + 9))" $p
    done
done
validate task1 t1
expect_status 11
expect_err 'task1\.supervised\.mAP\.100\.S1'
expect_equal "$(verdict t1 task1.foundation_features.mAP.100.S1)" reproduced
expect_equal "$(verdict t1 task1.foundation_features.BA.100.S1)" consistent
expect_equal "$(verdict t1 task1.supervised.mAP.100.S1)" differs
expect_equal "$(verdict t1 task1.supervised.BA.100.S1)" reproduced
expect_equal "$(verdict t1 task1.foundation_features.mAP.100.S2)" 'not comparable'
expect_equal "$(verdict t1 task1.foundation_features.mAP.50.S1)" 'not comparable'
expect_equal "$(verdict t1 task1.supervised-foundation_features.mAP)" differs
expect_out 'published figures: [0-9]+ reproduced, [0-9]+ consistent, [0-9]+ differ'
check 'twelve shares' [ "$(grep -c '"train_pct"' t1/report.json)" = 12 ]
check '21 discrepancies' \
    [ "$(grep -c '"consequence"' t1/report.json)" = 21 ]
# the same lesions but one more: nothing of it can be compared
for t in task1/*.csv; do
    echo '1221,ct1221.nii.gz,.1,.1,.1,.1,.1,.1,.1,.1,0,0' >>"$t"
done
validate task1 t1b
expect_status 0
expect_equal "$(verdict t1b task1.foundation_features.mAP.100.S1)" 'not comparable'
expect_in_file '1221 test rows there, 1222 here' t1b/report.json

# Task 2 with published inputs: the area to the last pair.
task2_table task2/foundation_features.csv 82 88 6378
plain=(--set validate.sets=foundation_features --set validate.differences=none
    --set 'validate.percents=[100]')
validate task2 t2 "${plain[@]}" --set validate.inputs=published
expect_status 11
expect_equal "$(verdict t2 task2.foundation_features.AUC.100.S2)" reproduced
expect_equal "$(verdict t2 task2.foundation_features.AUC.100.S1)" reproduced
expect_equal "$(verdict t2 task2.foundation_features.mAP.100.S1)" consistent
expect_equal "$(verdict t2 task2.foundation_features.mAP.100.S2)" differs
validate task2 t2own "${plain[@]}"
expect_equal "$(verdict t2own task2.foundation_features.AUC.100.S1)" reproduced
expect_equal "$(verdict t2own task2.foundation_features.AUC.100.S2)" 'not comparable'
task2_table task2/foundation_features.csv 82 88 6379
validate task2 t2c "${plain[@]}" --set validate.inputs=published
expect_equal "$(verdict t2c task2.foundation_features.AUC.100.S2)" differs
validate task2 t2d "${plain[@]}" --set validate.draws=study --set seed=7
expect_in_file '"draws": "study"' t2d/report.json

# Task 3. Numbers by lifelines 0.30.3 on the same table.
task3_table task3/foundation_features.csv 27102
tuning_table tuning-foundation_features.csv 0.539678566846316
one=(--set validate.sets=foundation_features --set validate.differences=none
    --set 'survival.tuning=tuning-{set}.csv')
validate task3 t3 "${one[@]}" --set validate.inputs=published
expect_status 11
expect_equal "$(verdict t3 task3.lung1.foundation_features.AUC.I1)" reproduced
expect_equal "$(verdict t3 task3.harvardrt_val.foundation_features.median_threshold.I1)" reproduced
expect_equal "$(verdict t3 task3.lung1.foundation_features.HR.I1)" differs
expect_in_file '"rows_without_known_state": 1' t3/report.json
expect_in_file '"statistic": 1\.69152016663[67]' t3/report.json
expect_in_file '"p": 0\.1934006989322[5-9]' t3/report.json
expect_in_file '"hazard_ratio": 1\.10417[0-9]*, "low": 0\.89917[67][0-9]*, "high": 1\.3559[01]' t3/report.json
expect_in_file '"loglik": -1925\.5659546' t3/report.json
expect_in_file '"index": 0\.571537128066301, "of_groups": 0\.526631996390491' t3/report.json
expect_in_file '"risk": "low", "n": 236.*"median_years": 1\.83561643835616' t3/report.json
expect_in_file '"risk": "high", "n": 184.*"median_years": 1\.47945205479452' t3/report.json
validate task3 t3all "${one[@]}" --set survival.censor_years=0
expect_in_file '"statistic": 0\.895134422901' t3all/report.json
validate task3 t3own "${one[@]}"
expect_equal "$(verdict t3own task3.lung1.foundation_features.HR.I1)" consistent
expect_equal "$(verdict t3own task3.lung1.foundation_features.logrank_p.F1)" 'not comparable'
# other folders, more ranks: the same bytes
cp -r task3 elsewhere
cp tuning-foundation_features.csv tuned-foundation_features.csv
ranks 2 fmcib-validate --config "$FMCIB_SOURCE/jobs/validate-task3.yaml" \
    "${files[@]}" "${one[@]}" --set 'input.predictions=elsewhere/{set}.csv' \
    --set 'survival.tuning=tuned-{set}.csv' --out t3again --threads 2
expect_same t3own/report.html t3again/report.html
expect_same t3own/report.json t3again/report.json
# times and events in a list of their own, in another order
cut -d, -f1,2,5- task3/foundation_features.csv >bare.csv
{ head -1 task3/foundation_features.csv; tail -n +2 task3/foundation_features.csv | sort -t, -k3n; } |
    cut -d, -f2-4 >list.csv
mkdir joined && mv bare.csv joined/foundation_features.csv
validate task3 t3j "${one[@]}" --set 'input.predictions=joined/{set}.csv' \
    --set survival.list=list.csv
expect_equal "$(sed -n '/"survival": {/,/^    {/p' t3j/report.json)" \
    "$(sed -n '/"survival": {/,/^    {/p' t3own/report.json)"

# Task 2 from features, by the jobs: search, then the gates.
mkdir -p features/train features/val features/test
feature_table features/train/features.csv 163 175 1
feature_table features/val/features.csv 82 87 2
feature_table features/test/features.csv 82 88 3
run fmcib-search --config "$FMCIB_SOURCE/jobs/search-task2.yaml" --quiet \
    --set input.train=features/train/features.csv \
    --set input.val=features/val/features.csv \
    --set input.test=features/test/features.csv --set input.features= \
    --set search.trials=12 --out linear/foundation_features
expect_status 0
validate task2 from "${plain[@]}" \
    --set 'input.predictions=linear/{set}/test_results.csv'
expect_equal "$(verdict from task2.foundation_features.AUC.100.S1)" reproduced
expect_equal "$(verdict from task2.foundation_features.AUC.100.S2)" 'not comparable'
# the folder of the search gives the same figures
validate task2 from2 "${plain[@]}" --set input.predictions= \
    --set 'input.studies=linear/{set}'
expect_equal "$(grep -A1 '"auc"' from2/report.json)" "$(grep -A1 '"auc"' from/report.json)"
# Task 3 likewise: the tuning rows' predictions split at their median.
follow_table h_train.csv 90 113 0 5
follow_table h_val.csv 40 48 0 6
follow_table lung1.csv 169 251 1 7
run fmcib-search --config "$FMCIB_SOURCE/jobs/search-task3.yaml" --quiet \
    --set input.train=h_train.csv --set input.val=h_val.csv \
    --set input.test=lung1.csv --set search.trials=12 \
    --out linear3/foundation_features
expect_status 0
validate task3 from4 "${plain[@]}" \
    --set 'input.predictions=linear3/{set}/test_results.csv' \
    --set 'survival.tuning=linear3/{set}/val_results.csv'
expect_in_file 'median of 88 tuning rows' from4/report.json
expect_equal "$(verdict from4 task3.lung1.foundation_features.AUC.S1)" reproduced
expect_equal "$(verdict from4 task3.lung1.foundation_features.AUC.I1)" 'not comparable'
check 'a verdict on the hazard ratio' [ "$(verdict from4 \
    task3.lung1.foundation_features.HR.F1)" != 'not comparable' ]

# Stability, by its job: trials without time and event keep all 421 patients.
mkdir steady
for t in 0 1; do
    cut -d, -f1,2,5- lung1.csv | awk -F, -v OFS=, -v t=$t \
        'NR > 1 { $5 += t * 1e-3 * (NR % 7) } 1' >"steady/foundation_features-features-$t.csv"
    run fmcib-predict linear3/foundation_features/model.nc --bare --quiet \
        "steady/foundation_features-features-$t.csv" \
        --out "steady/foundation_features-$t.csv"
    expect_status 0
done
awk 'BEGIN { print "PatientID,pred_0,pred_1"
    for (i = 0; i < 26; i++) {
        z = sin(i * 12.9898)
        printf "R%d-test,0,%.6f\nR%d-retest,0.01,%.6f\n", i, z, i,
            z + 0.2 * cos(i * 78.233)
    } }' >steady/foundation_features-rider.csv
steady=(--config "$FMCIB_SOURCE/jobs/validate-stability.yaml" "${files[@]}"
    --set validate.sets=foundation_features --set validate.differences=none
    --set 'input.predictions=linear3/{set}/test_results.csv'
    --set 'survival.tuning=linear3/{set}/val_results.csv'
    --set survival.list=lung1.csv
    --set 'retest.predictions=steady/{set}-rider.csv'
    --set 'retest.features=steady/{set}-rider.csv'
    --set 'perturb.features=steady/{set}-features-{trial}.csv'
    --set 'perturb.predictions=steady/{set}-{trial}.csv')
run fmcib-validate "${steady[@]}" --set perturb.trials=2 --out t4
expect_in_file '"trials": 2, "rows": 421' t4/report.json
expect_in_file '"feature_mse": \[null, [0-9.e-]+\]' t4/report.json
expect_equal "$(verdict t4 stability.rider.foundation_features.ICC3.F1)" reproduced
expect_in_file '50 trials of 421 rows there, 2 of 421 here' t4/report.json
# fifty of them are compared
for ((t = 2; t < 50; t++)); do
    ln -s "foundation_features-$((t % 2)).csv" "steady/foundation_features-$t.csv"
    ln -s "foundation_features-features-$((t % 2)).csv" \
        "steady/foundation_features-features-$t.csv"
done
run fmcib-validate "${steady[@]}" --out t50
for f in AUC concordance_index feature_mse; do
    check "a verdict on $f" grep -Eqx 'reproduced|consistent|differs' \
        <<<"$(verdict t50 stability.lung1.foundation_features.$f.mean.F1)"
done

# Ways of pretraining, by their job; every job of validation knows its keys.
mkdir ways
task1_table ways/simclr.csv 0.7 77
run fmcib-validate --config "$FMCIB_SOURCE/jobs/validate-pretraining.yaml" \
    "${files[@]}" --set validate.sets=simclr --set validate.differences=none \
    --set 'validate.percents=[100]' --set 'input.predictions=ways/{set}{pct}.csv' \
    --out ways/report
check 'a verdict on a way of pretraining' grep -Eqx \
    'reproduced|consistent|differs' \
    <<<"$(verdict ways/report pretraining.simclr.mAP.100.S1)"
for job in "$FMCIB_SOURCE"/jobs/validate-*.yaml; do
    run fmcib-validate --config "$job" --dry-run --out dry
    expect_status 0
done

# Task 1 likewise, 2,610 training lesions.
sites() {
    site_table s_train.csv '116 374 351 230 1141 100 115 183' 8
    site_table s_val.csv '50 232 176 133 474 41 55 59' 9
    site_table s_test.csv '42 218 195 129 467 44 64 62' 10
    run fmcib-search --config "$FMCIB_SOURCE/jobs/search-task1.yaml" --quiet \
        --set input.train=s_train.csv --set input.val=s_val.csv \
        --set input.test=s_test.csv --set input.features= --set search.trials=8 \
        --out linear1/foundation_features
    expect_status 0
    validate task1 from5 "${plain[@]}" \
        --set 'input.predictions=linear1/{set}/test_results.csv'
    for m in mAP BA; do
        check "a verdict on $m" [ "$(verdict from5 \
            task1.foundation_features.$m.100.S1)" != 'not comparable' ]
    done
}
sanitized || sites

# The baselines by their jobs: every set is held against its own figures.
baselines() { # TASK METRICS...
    local task=$1 s m
    shift
    for s in med3d modelsgenesis; do
        [ -e "$task/${s}_features.csv" ] ||
            cp "$task/foundation_features.csv" "$task/${s}_features.csv"
    done
    validate "baselines-$task" "b$task" --set 'validate.percents=[100]' \
        --set 'validate.sets=foundation_features, med3d_features, modelsgenesis_features' \
        --set 'validate.differences=med3d_features - foundation_features' \
        --set "input.predictions=$task/{set}.csv" "${more[@]}"
    check 'a report' [ -s "b$task/report.html" ]
    for s in med3d modelsgenesis; do
        for m in "$@"; do
            check "a verdict on ${s}_features, $m" grep -Eqx \
                'reproduced|consistent|differs' \
                <<<"$(verdict "b$task" "${m/SET/${s}_features}")"
        done
    done
}
head -n 1222 task1/foundation_features.csv >t && mv t task1/foundation_features.csv
more=()
baselines task1 task1.SET.mAP.100.S1 task1.SET.BA.100.S1
expect_equal "$(verdict btask1 task1.med3d_features-foundation_features.mAP)" differs
baselines task2 task2.SET.AUC.100.S1 task2.SET.mAP.100.S1
more=(--set 'survival.tuning=tuning-{set}.csv')
for s in med3d modelsgenesis; do
    cp tuning-foundation_features.csv tuning-${s}_features.csv
done
baselines task3 task3.lung1.SET.AUC.S1 task3.lung1.SET.HR.F1

# moved seeds by the model of the search: trial 0 is the test table itself
feature_table trial1.csv 82 88 4
run fmcib-predict linear/foundation_features/model.nc features/test/features.csv \
    --out linear/foundation_features-0.csv --quiet
run fmcib-predict linear/foundation_features/model.nc trial1.csv \
    --out linear/foundation_features-1.csv --quiet
validate task2 from3 "${plain[@]}" --set perturb.trials=2 \
    --set 'input.predictions=linear/{set}/test_results.csv' \
    --set 'perturb.predictions=linear/{set}-{trial}.csv'
expect_equal "$(sed -n 's/.*"auc": \[\([0-9.]*\), .*/\1/p' from3/report.json)" \
    "$(sed -n 's/.*"auc": {"value": \([0-9.]*\),.*/\1/p' from/report.json | head -1)"

# Paired tests: the study's p and the two-sided one, corrected.
task1_table task1/foundation_features.csv 0.7 77
task1_table task1/supervised.csv 0.6 78
validate task1 pairs --set 'validate.sets=foundation_features, supervised' \
    --set 'validate.differences=foundation_features - supervised' \
    --set 'validate.percents=[100]'
expect_in_file '"p_study": 0\.0,' pairs/report.json
expect_in_file '"p_two_sided": 0\.00099900' pairs/report.json
expect_in_file '"p_holm": 0\.00299700' pairs/report.json

# Test and retest, and moved seeds.
mkdir rider moved
s=foundation_features
awk 'BEGIN { print "PatientID,pred_0,pred_1"
    for (i = 0; i < 26; i++) {
        z = sin(i * 12.9898)
        printf "R%d-test,0,%.6f\nR%d-retest,0.01,%.6f\n", i, z, i,
            z + 0.2 * cos(i * 78.233)
    } }' >rider/$s.csv
for t in 0 1 2; do
    awk -F, -v t=$t 'NR == 1 { print; next }
        { OFS = ","; $8 = $8 + t * 1e-3 * ((NR * 7) % 11 - 5); print }' \
        task3/$s.csv >moved/$s-$t.csv
    awk -v t=$t 'BEGIN { print "PatientID,pred_0,pred_1"
        for (i = 0; i < 5; i++) printf "p%d,%g,%g\n", i, i + t, i - t }' \
        >moved/features-$t.csv
done
validate task3 stable "${one[@]}" --set 'retest.predictions=rider/{set}.csv' \
    --set 'retest.features=rider/{set}.csv' --set perturb.trials=3 \
    --set 'perturb.predictions=moved/{set}-{trial}.csv' \
    --set 'perturb.features=moved/features-{trial}.csv{set}'
expect_status 4
for t in 0 1 2; do mv moved/features-$t.csv moved/foundation_features-f$t.csv; done
validate task3 stable "${one[@]}" --set 'retest.predictions=rider/{set}.csv' \
    --set 'retest.features=rider/{set}.csv' --set perturb.trials=3 \
    --set 'perturb.predictions=moved/{set}-{trial}.csv' \
    --set 'perturb.features=moved/{set}-f{trial}.csv'
expect_status 0
expect_in_file '"trials": 3, "rows": 421' stable/report.json
expect_in_file '"feature_mse": \[null, 1\.0, 4\.0\]' stable/report.json
expect_equal "$(verdict stable stability.rider.foundation_features.ICC3.F1)" reproduced
expect_equal "$(verdict stable stability.lung1.foundation_features.AUC.mean.F1)" 'not comparable'
expect_in_file '50 trials of 421 rows there, 3 of 421 here' stable/report.json

# Lists of moved seeds: the same bytes again, other trials other moves.
printf 'id,coordX,coordY,coordZ\na,1,2,3\nb,4,5,6\n' >l.csv
run fmcib-data perturb l.csv --trials 3 --out lists
expect_status 0
check 'three lists' [ "$(find lists -name 'l_trial?.csv' | wc -l)" = 3 ]
run fmcib-data perturb l.csv --trials 2 --out again --threads 2
expect_same lists/l_trial1.csv again/l_trial1.csv
expect_different "$(cat lists/l_trial0.csv)" "$(cat lists/l_trial1.csv)"
awk 'BEGIN { print "coordX,coordY,coordZ"; for (i = 0; i < 2000; i++) print "0,0,0" }' >zero.csv
run fmcib-data perturb zero.csv --trials 1 --seed 3
# shellcheck disable=SC2016
check 'a variance near 16' awk -F, 'NR > 1 { s += $1^2 + $2^2 + $3^2; n += 3 }
    END { exit !(s / n > 15 && s / n < 17) }' zero_trial0.csv
printf 'coordX,coordY,coordZ\n1,nan,3\n' >l.csv
run fmcib-data perturb l.csv
expect_status 5
expect_err 'l\.csv:2.*coordY'

# Bad input: one line, nothing left.
bad() { # STATUS WORDS ARGS...
    local want=$1 words=$2
    shift 2
    validate task3 bad "${one[@]}" "$@"
    expect_status "$want"
    expect_err "$words"
    expect_err_lines 1
    expect_no_file bad/report.json
    rm -rf bad
}
spoil() { # SED
    task3_table task3/foundation_features.csv 27102
    sed -i "$1" task3/foundation_features.csv
}
spoil '5s/LUNG1-004,[0-9]*/LUNG1-004,-3/'
bad 5 'csv:5: Survival\.time is -3; a survival time cannot be negative'
spoil '5s/LUNG1-004,[0-9]*/LUNG1-004,nan/'
bad 5 'csv:5.*Survival\.time'
spoil '5s/\(LUNG1-004,[0-9]*\),1/\1,2/'
bad 5 'csv:5: deadstatus\.event "2" is neither'
spoil "2,\$s/\(LUNG1-[0-9]*,[0-9]*\),1/\1,0/"
bad 5 'nobody has an event \(deadstatus\.event\)'
spoil "2,\$s/\(LUNG1-[0-9]*\),[0-9]*/\1,9999/"
bad 5 'one class only'
spoil '7s/LUNG1-006/LUNG1-005/'
bad 5 'csv:7: PatientID "LUNG1-005" stands on line 6 already'
spoil '7s/0\.[0-9]*,1,0$/nan,1,0/'
bad 5 'csv:7'
spoil '1s/PatientID/Patient/'
bad 5 'no column "PatientID" \(validate\.id\)'
spoil '1s/conf_scores_class_/score/g'
bad 5 'it is no table of predictions'
spoil ''
cp task3/foundation_features.csv task3/supervised.csv
sed -i '9s/LUNG1-008/LUNG1-999/' task3/supervised.csv
bad 5 'supervised\.csv:9: PatientID is "LUNG1-999", but "LUNG1-008"' \
    --set 'validate.sets=foundation_features, supervised'
sed '3d' list.csv >short.csv
bad 5 'is not in short\.csv; is it the list of another cohort' \
    --set survival.list=short.csv
bad 3 'survival\.threshold or survival\.tuning' --set survival.tuning=
bad 3 'survival\.threshold: "x" is no number' --set survival.threshold=x
bad 3 'has no \{trial\}' --set perturb.trials=2 \
    --set 'perturb.predictions=moved/{set}.csv'
bad 3 'perturb\.trials: needs perturb\.predictions' --set perturb.trials=2
bad 3 'give one of input\.studies' --set 'input.studies=x/{set}'
bad 3 'seeds below 2\^32' --set validate.draws=study --set seed=5000000000
sed '2d' rider/foundation_features.csv >rider/short-foundation_features.csv
bad 5 'a retest has no test' --set 'retest.predictions=rider/short-{set}.csv'
finish
