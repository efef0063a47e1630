#!/usr/bin/env bash
# fmcib-search: inputs that cannot be searched on; one line of error each.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source=search_data.sh
. "$FMCIB_SOURCE/tests/cli/search_data.sh"

make_features f 120 5 3 7
search=(fmcib-search --quiet --threads 1 --set input.features=f
    --set data.label=label --set search.trials=6)

# bad WHAT STATUS MESSAGE ARGS...: refused, nothing written.
bad() {
    local status_wanted=$1 message=$2
    shift 2
    run "${search[@]}" --out bad "$@"
    expect_status "$status_wanted"
    expect_err "$message"
    expect_err_lines 1
    expect_out_lines 0
    expect_no_file bad/study.json
    expect_no_file bad/journal.log
    rm -rf bad
}

bad 5 'no label column "Label" \(there are: image_path, label\)' --set data.label=Label
bad 4 'nowhere: no such file or folder' --set input.features=nowhere
bad 4 'empty: no features of the split "train"' --set input.features="$(mkdir -p empty && echo empty)"
bad 3 'no features: give input\.features' --set input.features=
bad 3 'search\.objective' --set search.objective=f1
bad 3 'c_low' --set model.c_low=10 --set model.c_high=1
bad 3 'search\.trails' --set search.trails=5
bad 5 '3 classes in label, data\.classes says 4' --set data.classes=4
bad 5 'all\.csv: has no column "split"' --set input.features="$(cp f/train_features.csv all.csv && echo all.csv)"

bad 3 'pruner median looks at values on the way, and a trial with a validation table has none' --set search.pruner=median
cv=(--set input.features= --set input.train=f/train_features.csv)
bad 3 'pruner patient needs search\.pruner_patience' "${cv[@]}" --set search.pruner=patient
bad 3 'pruner: .* eta 1; need' "${cv[@]}" --set search.pruner=halving --set search.pruner_eta=1
bad 3 'sampler grid and search\.grid' --set search.sampler=grid
bad 3 'search\.grid: "x" is no value of C' --set search.sampler=grid --set search.grid=1,x
bad 3 'search\.grid: "1 10" is no value of C \(values are divided by commas\)' \
    --set search.sampler=grid --set 'search.grid=1 10'
bad 3 'search\.grid has C twice \(values are divided by commas' \
    --set search.sampler=grid --set 'search.grid=C=1; C=10'
bad 3 'search\.grid has C twice \(values are divided by commas' \
    --set search.sampler=grid --set 'search.grid=1; 10'
bad 4 'f f: no such file or folder \(several are divided by commas\)' \
    --set 'input.features=f f'
bad 3 "grid's value 10000 of C is outside its range" --set search.sampler=grid --set search.grid=1,1e4
bad 4 'none\.log: no journal to go on with' --set search.journal=none.log

cp -r f g && sed -i '3s/,[0-9],/,,/' g/train_features.csv
bad 5 'g/train_features\.csv: train features: row 1 has no label \(label is ""\); give it one' --set input.features=g
cp f/val_features.csv g/ && cp f/train_features.csv g/
sed -i '2s/\.nii,[0-9],/.nii,7,/' g/val_features.csv
bad 5 'g/val_features\.csv: val features: row 0 is of class "7", which training does not have' --set input.features=g
cp f/val_features.csv g/
sed -i '2,$s/\.nii,[0-9],/.nii,1,/' g/train_features.csv
bad 5 'label is "1" in every row' --set input.features=g
cp f/train_features.csv g/
sed -i '5s/,[^,]*$/,nan/' g/train_features.csv
bad 5 'train_features\.csv' --set input.features=g
cp f/train_features.csv g/
cut -d, -f1-7 f/test_features.csv >g/test_features.csv
bad 5 'g/test_features\.csv: test features: 4 columns, training has 5 \(g/train_features\.csv\)' --set input.features=g
cp f/test_features.csv g/
head -n 20 f/train_features.csv >g/train_features.csv
bad 5 'g/train_features\.csv: 19 rows, the table it is joined to has 60' --set input.features=f,g
sed 's/p3\.nii/p4.nii/' f/train_features.csv >g/train_features.csv
bad 5 'row 3 is another one.*image_path is "p4\.nii", there "p3\.nii"' --set input.features=f,g

# too few rows for the folds; a class that validation does not have
head -n 6 f/train_features.csv >few.csv
bad 5 '5 rows for 10 folds of cross-validation; fewer search\.folds' --set input.features= --set input.train=few.csv
cp f/*.csv g/ && sed -i '2,$s/\.nii,[0-9],/.nii,1,/' g/val_features.csv
bad 5 'val features: not every class has one of the 30 rows, so there is no auc' --set input.features=g
{ head -n 40 f/train_features.csv | sed '2,$s/\.nii,2,/.nii,1,/'; sed -n '41,60s/\.nii,[01],/.nii,2,/p' f/train_features.csv | head -n 4; } >few.csv
bad 5 'not every class has one of the [0-9] rows of fold 0, so there is no auc' --set input.features= --set input.train=few.csv

# a patient in two splits: named with both rows, refused unless allowed
mkdir h
for s in train val test; do
    sed '1s/label/label,PatientID/; 2,$s/^\([0-9]*\),\(p[0-9]*\)\.nii,\([0-9]\),/\1,\2.nii,\3,\2,/' \
        "f/${s}_features.csv" >"h/${s}_features.csv"
done
run "${search[@]}" --out clean --set input.features=h
expect_status 0
expect_in_file '"patients": \{"column": "PatientID", "train_val": \[0, 0\]' clean/study.json
sed -i '4s/,p92,/,p7,/; 9s/,p97,/,p7,/' h/test_features.csv
bad 5 'h/train_features\.csv, h/test_features\.csv: train features: row 7 and test features: row 2 are of one patient \(PatientID "p7"\), as 2 of the 30 rows of test are' --set input.features=h
sed -i '3s/,p61,/,p92,/' h/val_features.csv
bad 5 'train features: row 7 and test' --set input.features=h
bad 5 'train features: no column "who" \(data\.patient\)' --set input.features=h --set data.patient=who
run "${search[@]}" --out leak --set input.features=h --set data.allow_leak=true
expect_status 0
expect_in_file '"train_test": \[1, 2\], "val_test": \[0, 0\]' leak/study.json
cp f/test_features.csv g/ && cp f/val_features.csv g/
sed -i '5s/p93\.nii/p62.nii/' g/test_features.csv
bad 5 'val features: row 2 and test features: row 3 are of one patient \(image_path "p62\.nii"\)' --set input.features=g
cp f/*.csv g/
# DeepLesion's volumes name the patient in their first digits
mkdir v
for s in train val test; do
    sed '1s/image_path/Volume_fn/; 2,$s/,p\([0-9]*\)\.nii,/,0000\1_01_01_004-028.nii.gz,/' \
        "f/${s}_features.csv" | sed 's/,0*\([0-9]\{6\}_\)/,\1/' >"v/${s}_features.csv"
done
sed -i '2s/,0*\([0-9]*\)_01_01/,000033_09_01/' v/val_features.csv
bad 5 'train features: row 33 and val features: row 0 .*Volume_fn "000033"' --set input.features=v

# the weights of classes
bad 3 'belong together' --set model.class_weight=given
bad 3 'belong together' --set 'model.weights=[1, 2, 3]'
bad 3 '2 of them for 3 classes' --set model.class_weight=given --set 'model.weights=[1, 2]'
bad 3 'model\.rules' --set model.rules=sklearn

# survival: times below zero, events that are none, nobody with a class
mkdir t
for s in train val test; do
    awk -F, -v OFS=, 'NR == 1 {$3 = "Survival.time,deadstatus.event"}
        NR > 1 {$3 = (NR * 37) % 1500 "," (NR % 3 > 0)} {print}' \
        "f/${s}_features.csv" >"t/${s}_features.csv"
done
years=(--set input.features=t --set data.years=2 --set data.label=survival)
cp -r t u && sed -i '4s/,148,/,-148,/' u/train_features.csv
bad 5 'u/train_features\.csv: train features: row 2: Survival\.time is "-148", no number of days from 0 on; correct it' "${years[@]}" --set input.features=u
cp t/*.csv u/ && sed -i '4s/,148,1,/,148,2,/' u/val_features.csv
bad 5 'val features: row 2: deadstatus\.event is "2", neither 0' "${years[@]}" --set input.features=u
awk -F, -v OFS=, 'NR > 1 {$3 = 10; $4 = 0} {print}' t/test_features.csv >u/test_features.csv
cp t/val_features.csv u/
bad 5 'test features: every row was last seen alive before 2 years' "${years[@]}" --set input.features=u
bad 5 'no time column "days"' "${years[@]}" --set data.time=days
bad 5 'is "1" in every row' "${years[@]}" --set data.years=0.0001

# a constant feature is no harm
sed 's/,[^,]*$/,2.5/; 1s/,2\.5$/,pred_4/' f/train_features.csv >g/train_features.csv
cp f/test_features.csv g/
run "${search[@]}" --out constant --set input.features=g
expect_status 0

# the journal: of another study, damaged, from other data, held by two
run "${search[@]}" --out r --stop-after 2
expect_status 75
run "${search[@]}" --out r --resume --set seed=9
expect_status 7
expect_err 'seed'
cp -r r d && sed -i '4s/"op_code":/"op_/' d/journal.log
cp d/journal.log before
run "${search[@]}" --out d --resume
expect_status 5
expect_err 'error: d/journal\.log:4: the line is damaged; take a copy'
expect_same before d/journal.log
run "${search[@]}" --out r --resume --set input.features=g
expect_status 7
expect_err 'another data'
run "${search[@]}" --out r --resume
expect_status 0

# torn in the middle of its last line: cut off and gone on with
run "${search[@]}" --out torn --stop-after 3
truncate -s -30 torn/journal.log
run "${search[@]}" --out torn --resume
expect_status 0
check 'every line is whole' holds_not '[^}]$' torn/journal.log

# refused: nothing is written, the file stays as it is.
# kept WHAT STATUS MESSAGE ARGS...
kept() {
    local status_wanted=$1 message=$2
    shift 2
    cp d/journal.log before
    run "${search[@]}" "$@"
    expect_status "$status_wanted"
    expect_err "$message"
    expect_err_lines 1
    expect_same before d/journal.log
    rm -rf n
}

rm -rf d
run "${search[@]}" --out d --stop-after 3
cp d/journal.log whole.log
echo '{"op_code":11,"worker_id":"W","study_id":0}' >>d/journal.log
kept 5 'd/journal\.log:[0-9]+: op_code 11 is not known: no journal, or one of a newer Optuna' --out d --resume
head -c 700 whole.log | tr 'o' '\0' >d/journal.log
kept 5 'd/journal\.log:1: ' --out d --resume
{
    head -n 5 whole.log
    echo '{"op_code":4,"worker_id":"W","study_id":0'
    tail -n +6 whole.log
} >d/journal.log
kept 5 'd/journal\.log:6: ' --out d --resume
sed 's/"study_name":"search"/"study_name":"other"/' whole.log >d/journal.log
kept 7 'error: d/journal\.log: there is no study search to go on with \(there are: other\); it is the journal of another search' --out d --resume
sed '4d' whole.log >d/journal.log
kept 7 'trial 0: the journal has no C, this configuration proposes' --out d --resume
sed 's/FloatDistribution/BetaDistribution/' whole.log >d/journal.log
kept 5 'distribution "BetaDistribution" is not known' --out d --resume
grep -v fmcib:search whole.log >d/journal.log
kept 7 'study search was not written by this program' --out d --resume
log=(--out n --set search.journal=d/journal.log --set search.trials=40)
kept 7 'there is no study mine to go on with \(there are: search\)' "${log[@]}" --set search.study=mine
kept 3 'has 6 trials already' "${log[@]}" --set search.trials=6
kept 7 'trial 0: C was drawn from another range: 1e-06 to 1000 \(log\), here 0\.1 to 1000' "${log[@]}" --set model.c_low=0.1
sed 's/"directions":\[2\]/"directions":[1]/' whole.log >d/journal.log
kept 7 'another direction: it minimises' "${log[@]}"
sed 's/"directions":\[2\]/"directions":[2,2]/' whole.log >d/journal.log
kept 7 'has 2 objectives' "${log[@]}"
sed 's/"param_name":"C"/"param_name":"gamma"/' whole.log >d/journal.log
kept 7 'has a parameter gamma, which is not searched' "${log[@]}"

# another program writes to the journal while a search goes on
make_features big 3000 150 4 3
fmcib-search --quiet --threads 1 --set input.features=big \
    --set data.label=label --set search.trials=60 --out two >/dev/null 2>two.err &
pid=$!
for _ in $(seq 400); do
    if grep -q '"op_code":6' two/journal.log 2>/dev/null; then
        break
    fi
    sleep 0.02
done
line='{"op_code":2,"worker_id":"W","study_id":0,"user_attr":{"note":"x"}}'
echo "$line" >>two/journal.log
wait "$pid"
expect_equal $? 7
check 'the other writer is named' grep -q 'journal\.log: another program writes to it' two.err
expect_equal "$(tail -n 1 two/journal.log)" "$line"

# every rank says the same, once
ranks 3 "${search[@]}" --out three --set data.label=no
expect_status 5
expect_err_without 'rank 2'
expect_equal "$(grep -c 'no label column' "$err_file")" 1

run "${search[@]}" --out dry --dry-run
expect_status 0
expect_out 'rows: 60 train, 30 val, 30 test; 5 features, 3 classes'
expect_no_file dry
finish
