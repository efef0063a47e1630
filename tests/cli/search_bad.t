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
bad 3 "grid's value 10000 of C is outside its range" --set search.sampler=grid --set search.grid=1,1e4
bad 4 'none\.log: no journal to go on with' --set search.journal=none.log

cp -r f g && sed -i '3s/,[0-9],/,,/' g/train_features.csv
bad 5 'train features: row 1 has no label \(label is ""\)' --set input.features=g
cp f/val_features.csv g/ && cp f/train_features.csv g/
sed -i '2s/\.nii,[0-9],/.nii,7,/' g/val_features.csv
bad 5 'val features: row 0 is of class "7", which training does not have' --set input.features=g
cp f/val_features.csv g/
sed -i '2,$s/\.nii,[0-9],/.nii,1,/' g/train_features.csv
bad 5 'label is "1" in every row' --set input.features=g
cp f/train_features.csv g/
sed -i '5s/,[^,]*$/,nan/' g/train_features.csv
bad 5 'train_features\.csv' --set input.features=g
cp f/train_features.csv g/
cut -d, -f1-7 f/test_features.csv >g/test_features.csv
bad 5 'test features: 4 columns, training has 5' --set input.features=g
cp f/test_features.csv g/
head -n 20 f/train_features.csv >g/train_features.csv
bad 5 'g/train_features\.csv: 19 rows, the table it is joined to has 60' --set input.features=f,g
sed 's/p3\.nii/p4.nii/' f/train_features.csv >g/train_features.csv
bad 5 'row 3 is another one.*image_path is "p4\.nii", there "p3\.nii"' --set input.features=f,g

# a constant feature is no harm
sed 's/,[^,]*$/,2.5/; 1s/,2\.5$/,pred_4/' f/train_features.csv >g/train_features.csv
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
expect_err 'd/journal\.log:4: '
expect_same before d/journal.log
run "${search[@]}" --out r --resume --set input.features=g
expect_status 7
expect_err 'another data'
run "${search[@]}" --out r --resume
expect_status 0

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
