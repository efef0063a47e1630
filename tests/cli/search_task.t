#!/usr/bin/env bash
# The three tasks of the study from feature tables in the published layout, by
# their jobs: leaks as in the study's lists, two years of survival, parts of
# the training rows, scikit-learn's rules, weights of classes. The tables come
# from a formula.
# labels: mpi
# processors: 3
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# table FILE ROWS FIRST TASK: DeepLesion's columns for task 1, LUNA16's for 2,
# LUNG1's for 3; five rows a patient, patients numbered from FIRST.
table() {
    mkdir -p "$(dirname "$1")"
    awk -v n="$2" -v first="$3" -v task="$4" '
        function u() { s = (s * 69069 + 12345) % 4294967296
                       return s / 4294967296 }
        BEGIN {
            s = 7 + first + 1000 * task; for (i = 0; i < 9; i++) u()
            h[1] = ",Volume_fn,Coarse_lesion_type,coordX,coordY,coordZ,image_path"
            h[2] = ",malignancy,coordX,coordY,coordZ,image_path"
            h[3] = ",PatientID,Survival.time,deadstatus.event,coordX,coordY,coordZ,image_path,survival"
            l = h[task]
            for (j = 0; j < 12; j++) l = l ",pred_" j
            print l
            for (i = 0; i < n; i++) {
                who = first + int(i / (task == 3 ? 1 : 5))
                c = task == 1 ? (i < 16 ? i % 8 : int(8 * u() * u())) : u() < 0.5
                at = "1.5,-2.25," i
                if (task == 1)
                    l = i "," sprintf("%06d_01_0%d_004-028.nii.gz", who, i % 5) "," c "," at ",ct/" who "_" i ".nii.gz"
                else if (task == 2)
                    l = i "," c "," at ",luna/" who ".mhd"
                else
                    l = i ",LUNG1-" who "," int(c ? 730 + 900 * u() : 700 * u()) "," (u() < 0.85) "," at ",lung/" who ".nrrd," c
                for (j = 0; j < 12; j++)
                    l = l "," sprintf("%.9g", (j % (task == 1 ? 8 : 2) == c ? 1.2 : 0) + (u() + u() + u() - 1.5) * 2)
                print l
            }
        }' >"$1"
}

# on features of the baselines: the same search by jobs of their own
baselines() { # N
    local n=$1 name
    for name in med3d:med3d genesis:modelsgenesis; do
        rm -f "runs/features-${name%:*}-task$n"
        ln -s "features-task$n" "runs/features-${name%:*}-task$n"
        run fmcib-search --quiet --set search.trials=12 \
            --config "$FMCIB_SOURCE/jobs/search-${name%:*}-task$n.yaml"
        expect_status 0
        expect_same "runs/task$n/${name#*:}_features/study.json" \
            "runs/search-task$n/study.json"
    done
}

# task N ARGS...: its job, few trials
task() {
    local n=$1
    shift
    ranks 2 fmcib-search --config "$FMCIB_SOURCE/jobs/search-task$n.yaml" \
        --quiet --threads 1 --set search.trials=12 "$@"
}
columns() { head -n 1 "$1"; }

# task 1: validation and test share patients, training none
table runs/features-task1/train_features.csv 240 1 1
table runs/features-task1/val_features.csv 120 101 1
table runs/features-task1/test_features.csv 120 110 1
task 1 --set data.allow_leak=false
expect_status 5
expect_err 'val features: row 45 and test features: row 0 are of one patient \(Volume_fn "000110"\), as 75 of the 120 rows of test'
task 1
expect_status 0
one=$(digest study)
out=runs/search-task1
expect_in_file '"objective": "acc"' $out/study.json
expect_in_file '"train_test": \[0, 0\], "val_test": \[75, 75\]' $out/study.json
expect_equal "$(columns $out/test_results.csv)" ",Volume_fn,Coarse_lesion_type,coordX,coordY,coordZ,image_path$(printf ',pred_%d' $(seq 0 11))$(printf ',conf_scores_class_%d' $(seq 0 7)),pred_class,target"
run fmcib-predict $out/model.json runs/features-task1/test_features.csv --out t1.csv
expect_same t1.csv $out/test_results.csv
baselines 1

# parts of the training rows: those of fmcib-data subset
run fmcib-data subset runs/features-task1/train_features.csv --percent '[20]' \
    --by Coarse_lesion_type --out part --quiet
expect_status 0
task 1 --set data.percent=20 --out p20
expect_status 0
expect_in_file '"train": 48,' p20/study.json
task 1 --set input.train=part/train_features_20.csv --out list20
expect_status 0
expect_equal "$(sed -n 's/.*"data": //p' p20/study.json)" "$(sed -n 's/.*"data": //p' list20/study.json)"
expect_same p20/test_results.csv list20/test_results.csv
task 1 --set data.percent=20 --set data.subset_seed=1 --out p20b
expect_different "$(sed -n 's/.*"data": //p' p20/study.json)" "$(sed -n 's/.*"data": //p' p20b/study.json)"

# the switches change the model, ranks and threads do not change the switches
for switch in model.rules=sklearn-1.3 model.rules=sklearn-1.4 \
    model.start=zero model.gradient=1e-4 \
    model.class_weight=balanced \
    'model.class_weight=given --set model.weights=[1,2,3,4,5,6,7,8]'; do
    rm -rf s2 s3
    # shellcheck disable=SC2086
    task 1 --set $switch --out s2
    expect_status 0
    two=$(digest study)
    expect_different "$two" "$one"
    ! sanitized || continue
    # shellcheck disable=SC2086
    ranks 3 fmcib-search --config "$FMCIB_SOURCE/jobs/search-task1.yaml" \
        --quiet --threads 2 --set search.trials=12 --set $switch --out s3
    expect_equal "$(digest study)" "$two"
    expect_same s2/test_results.csv s3/test_results.csv
    expect_same s2/model.json s3/model.json
done

# task 2: splits share scans
table runs/features-task2/train_features.csv 160 1 2
table runs/features-task2/val_features.csv 80 30 2
table runs/features-task2/test_features.csv 80 40 2
task 2 --set data.allow_leak=false
expect_status 5
expect_err 'image_path "luna/30\.mhd"'
task 2
expect_status 0
expect_in_file '"objective": "auc"' runs/search-task2/study.json
expect_in_file '"train_val": \[15, 15\]' runs/search-task2/study.json
baselines 2

# task 3: two years; the class is not the column survival
table runs/features-task3/harvard_train.csv 200 1 3
table runs/features-task3/harvard_val.csv 90 1001 3
table runs/features-task3/lung1.csv 100 2001 3
table runs/features-task3/radio.csv 60 3001 3
task 3
expect_status 0
out=runs/search-task3
for set in harvard_train:train harvard_val:val lung1:test; do
    left=$(awk -F, 'NR > 1 && $3 / 365 < 2 && $4 == 0' "runs/features-task3/${set%:*}.csv" | wc -l)
    expect_in_file "\"${set#*:}\": $(($(wc -l <"runs/features-task3/${set%:*}.csv") - 1 - left))[,}]" $out/study.json
done
run awk -F, 'NR > 1 && ($3 / 365 >= 2) != $NF' $out/test_results.csv
expect_out_lines 0
run fmcib-predict $out/model.nc runs/features-task3/lung1.csv --out t3.csv
expect_same t3.csv $out/test_results.csv
baselines 3
run fmcib-predict $out/model.nc runs/features-task3/radio.csv --out radio.csv
expect_status 0
expect_out 'with target'
# no times: everybody gets a prediction
cut -d, -f1,2,5- runs/features-task3/radio.csv >untimed.csv
run fmcib-predict $out/model.nc untimed.csv --out untimed_results.csv
expect_status 0
expect_out '60 rows, 0 left out, no target'
finish
