#!/usr/bin/env bash
# fmcib-predict: a model on its own test table gives the predictions of the
# search, byte for byte; other tables by name, refused where they do not fit.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source=search_data.sh
. "$FMCIB_SOURCE/tests/cli/search_data.sh"

make_features f 160 6 3 7
search=(fmcib-search --quiet --threads 1 --set input.features=f
    --set data.label=label --set search.trials=8)
run "${search[@]}" --out r
expect_status 0

for model in nc json; do
    run fmcib-predict "r/model.$model" f/test_features.csv --out "p.$model.csv"
    expect_status 0
    expect_out "^p\.$model\.csv  40 rows, 0 left out, with target$"
    expect_same "p.$model.csv" r/test_results.csv
done
run fmcib-predict r/model.nc f/val_features.csv --out val.csv --quiet
expect_same val.csv r/val_results.csv
expect_out_lines 0
run "${search[@]}" --out bare --set output.features=false
run fmcib-predict bare/model.nc f/test_features.csv --out b.csv --bare
expect_same b.csv bare/test_results.csv

# two classes, joined tables, scikit-learn's rule, weights, more threads
make_features g 120 5 2 3
run fmcib-search --quiet --threads 2 --set input.features=g,g \
    --set data.label=label --set search.trials=6 \
    --set model.rules=sklearn-1.4 --set model.class_weight=balanced --out two
expect_status 0
expect_in_file '"end": "(gradient|decrease)"' two/study.json
run fmcib-predict two/model.json g/test_features.csv g/test_features.csv \
    --out two.csv --threads 3
expect_same two.csv two/test_results.csv

# the JSON is plain: anybody's reading of it gives the same probabilities
python3 - r/model.json r/test_results.csv <<'EOF'
import csv, json, math, sys
m = json.load(open(sys.argv[1]))
worst = 0
for row in csv.DictReader(open(sys.argv[2])):
    x = [(float(row[f"pred_{j}"]) - u) / s for j, (u, s)
         in enumerate(zip(m["scaler_mean"], m["scaler_scale"]))]
    z = [b + sum(w * v for w, v in zip(c, x))
         for c, b in zip(m["coef"], m["intercept"])]
    e = [math.exp(v - max(z)) for v in z]
    for k, v in enumerate(e):
        worst = max(worst, abs(v / sum(e) - float(row[f"conf_scores_class_{k}"])))
print("worst", worst)
sys.exit(worst > 1e-14)
EOF
status=$?
expect_status 0

# no label: no target; another name of it
sed '1s/,label,/,kind,/' f/test_features.csv >kind.csv
run fmcib-predict r/model.nc kind.csv --out kind_out.csv
expect_status 0
expect_out 'no target$'
expect_in_file ',conf_scores_class_2,pred_class$' kind_out.csv
run fmcib-predict r/model.nc kind.csv --label kind --out named.csv
expect_status 0
expect_in_file ',pred_class,target$' named.csv

# bad STATUS MESSAGE ARGS...: refused with one line, nothing written
bad() {
    local wanted=$1 message=$2
    shift 2
    run fmcib-predict "$@" --out bad.csv
    expect_status "$wanted"
    expect_err "$message"
    expect_err_lines 1
    expect_no_file bad.csv
}
bad 5 'table 0 has 5 features, that of the model had 6' r/model.nc g/test_features.csv
bad 5 '2 tables of features; the model was fitted on 1' r/model.nc f/test_features.csv f/test_features.csv
bad 5 'no column "kind"' r/model.nc f/test_features.csv --label kind
bad 4 'nowhere' r/model.nc nowhere.csv
bad 4 'nowhere' nowhere.nc f/test_features.csv
sed '1s/pred_3/pred_9/' f/test_features.csv >gap.csv
bad 5 'gap\.csv.*pred_' r/model.nc gap.csv
sed '5s/,[^,]*$/,nan/' f/test_features.csv >nan.csv
bad 5 'nan\.csv' r/model.nc nan.csv
sed '5s/\.nii,[0-9],/.nii,9,/' f/test_features.csv >third.csv
bad 5 'third\.csv: test features: row 3 is of class "9"' r/model.nc third.csv
bad 5 'it is no model|not a|no file' f/test_features.csv f/test_features.csv
echo '{"kind": "study"}' >other.json
bad 5 'no model of fmcib-search' other.json f/test_features.csv
sed 's/"C": \([0-9]\)/"C": 1\1/' r/model.json >changed.json
bad 8 'changed or damaged' changed.json f/test_features.csv
head -c 700 r/model.json >cut.json
bad 5 'cut\.json' cut.json f/test_features.csv
cp r/model.nc flip.nc
printf '\x7f' | dd of=flip.nc bs=1 seek=$(($(stat -c %s flip.nc) / 2)) conv=notrunc 2>/dev/null
run fmcib-predict flip.nc f/test_features.csv --out bad.csv
check 'a damaged model to be refused' [ "$status" -ge 5 ]
expect_no_file bad.csv
# features say which weights made them (NetCDF alone): others are refused
# shellcheck source=tune_data.sh
. "$FMCIB_SOURCE/tests/cli/tune_data.sh"
tune_stores task1 24
run fmcib-pretrain --set input.patches=computed \
    --set input.computed_rows=24 --set augment.size=18 \
    --set 'net.layers=[1]' --set 'net.planes=[4]' --set net.widen=1 \
    --set 'net.head=[4]' --set train.shards=4 --set train.steps=2 \
    --quiet --out w --set checkpoint.start=true
expect_status 0
for part in train val test; do
    for weights in weights weights-start; do
        run fmcib-extract --set input.patches=$part --quiet \
            --set input.weights=w/$weights.nc --out "$weights/$part"
        expect_status 0
    done
done
nets=(fmcib-search --quiet --threads 1 --set data.label=Coarse_lesion_type
    --set search.trials=3 --set search.startup=2 --set search.objective=accuracy
    --set input.train=weights/train/features.nc)
run "${nets[@]}" --set input.val=weights/val/features.nc \
    --set input.test=weights/test/features.nc --out nets
expect_status 0
run fmcib-predict nets/model.json weights/test/features.nc --out nets.csv
expect_status 0
expect_same nets.csv nets/test_results.csv
for model in nc json; do
    bad 5 'weights-start/test/features\.nc: table 0: its features were made with the weights [0-9a-f]{12}, those of the model with [0-9a-f]{12}; .*--mixed' \
        nets/model.$model weights-start/test/features.nc
done
run fmcib-predict nets/model.nc weights-start/test/features.nc --out mixed.csv --mixed
expect_status 0
run "${nets[@]}" --set input.val=weights-start/val/features.nc --out never
expect_status 5
expect_err 'val features: made with the weights [0-9a-f]{12}, those of training with [0-9a-f]{12}'
expect_err_lines 1
expect_no_file never/journal.log

run fmcib-predict r/model.nc f/test_features.csv --out val.csv
expect_status 4
expect_err 'is there already'
run fmcib-predict r/model.nc f/test_features.csv
expect_status 3
expect_err '\-\-out'
finish
