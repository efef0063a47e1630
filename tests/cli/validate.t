#!/usr/bin/env bash
# fmcib-validate on studies made up here: result line, files, gates, exit
# status, the same bytes again, and what it says of bad input.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# study NAME SIGNAL SALT: 120 rows of 3 classes; the own class's score is
# larger by SIGNAL.
study() {
    mkdir -p "s/$1"
    printf '{"digest": "%064d", "classes": ["1", "2", "3"], "objective": "auc",
        "best": {"value": 0.7, "params": {"C": 0.25}},
        "history": [{"C": 0.25}, {"C": 1.0}]}\n' "$3" >"s/$1/study.json"
    awk -v s="$2" -v salt="$3" 'BEGIN {
        print ",image_path,conf_scores_class_0,conf_scores_class_1," \
            "conf_scores_class_2,pred_class,target"
        x = salt
        for (i = 0; i < 120; i++) {
            for (k = 0; k < 3; k++) {
                x = (x * 16807) % 2147483647
                p[k] = x / 2147483647 + (k == i % 3 ? s : 0)
            }
            printf "%d,ct%d.nii.gz,%.6f,%.6f,%.6f,1,%d\n", i, i, p[0], p[1],
                p[2], i % 3 + 1
        }
    }' >"s/$1/test_results.csv"
}
study random 0.1 11
study simple 0.3 22
study pretrained 0.4 33
study both 0.6 44

mkdir pretrain
printf '# fmcib-pretrain\nseed: 0\ntrain.steps: 3\nnorm.batches: joint\n' \
    >pretrain/config.yaml
{
    echo 'step,lr,loss,own,other,negative,feature_sd,grad_norm,param_norm,weights_sha256'
    echo "1,5.0,4.1,0.3,0.8,0.7,0.4,1.0,1.0,$(printf '%064d' 1)"
    echo "2,4.0,3.0,0.6,0.6,0.2,0.6,1.0,1.0,$(printf '%064d' 2)"
    echo "3,2.0,1.5,0.9,0.5,0.1,0.8,1.0,1.0,$(printf '%064d' 3)"
} >pretrain/steps.csv
plain=(--quiet --set 'input.studies=s/{set}' --set validate.cohort=phantom
    --set input.reference="$FMCIB_SOURCE/validation/reference"
    --set input.gates="$FMCIB_SOURCE/validation/gates.yaml"
    --set input.discrepancies="$FMCIB_SOURCE/validation/discrepancies.yaml"
    --set validate.resamples=200)
validate() { run fmcib-validate "${plain[@]}" --set input.pretrain=pretrain "$@"; }

validate --out a
expect_status 0
expect_out '^report [0-9a-f]{64} a/report\.html$'
check 'the result line last' test "$(tail -n 1 "$out_file" | cut -c1-7)" = 'report '
expect_out 'gates: 6 pass, 0 fail, 441 not comparable'
expect_out '^pretrained .*0\.[0-9]{3} \('
expect_file a/report.json
expect_in_file 'All 6 gates pass' a/report.html
expect_in_file 'norm\.batches.*joint.*per_view' a/report.html
expect_in_file 'the figure is of cohort deeplesion_test' a/report.html
first=$(digest report)

# Rebuilt: in the same folder, in another one, by more ranks and threads, from
# folders of other names, the bytes are the same.
validate --out a --resume
expect_status 0
validate --out b --threads 3
expect_equal "$(digest report)" "$first"
expect_same a/report.html b/report.html
expect_same a/report.json b/report.json
ranks 2 fmcib-validate "${plain[@]}" --set input.pretrain=pretrain --out c
expect_status 0
expect_same a/report.html c/report.html
cp -r s other
cp -r pretrain pre2
run fmcib-validate "${plain[@]}" --set 'input.studies=other/{set}' \
    --set input.pretrain=pre2 --out d
expect_same a/report.html d/report.html
check 'no host, path or date in the report' \
    holds_not "$(hostname)|$work|$(date +%Y)" a/report.html

# Features beside the predictions are drawn, trials and parameters are told,
# manifests and effects of departures stand where they were measured; all of it
# the same for any team.
cp -r s t
for set in both simple; do
    awk -F, -v OFS=, -v salt="${#set}" '
        NR == 1 { for (j = 0; j < 12; j++) $0 = $0 ",pred_" j; print; next }
        { x = NR * 7919 + salt
          for (j = 0; j < 12; j++) {
              x = (x * 16807) % 2147483647
              $0 = $0 "," x / 2147483647 + (NR % 3 == j % 3)
          }
          print }' "s/$set/test_results.csv" >"t/$set/test_results.csv"
done
awk 'BEGIN {
    printf "{\"digest\": \"%064d\", \"classes\": [\"1\", \"2\", \"3\"],", 44
    printf "\"objective\": \"auc\", \"best\": {\"value\": 0.7, \"params\": {}},"
    printf "\"history\": ["
    for (i = 0; i < 30; i++)
        printf "%s{\"number\": %d, \"state\": \"%s\", \"C\": %g, " \
            "\"penalty\": \"%s\", \"value\": %s}", i ? ", " : "", i,
            i == 4 ? "PRUNED" : i == 7 ? "FAIL" : "COMPLETE",
            10 ^ (i % 6 - 3), i % 2 ? "l1" : "l2",
            i == 4 || i == 7 ? "null" : 0.5 + i % 6 / 20
    printf "]}\n"
}' >t/both/study.json
printf '{"folder": "x", "manifest": "luna16", "ok": 5, "wrong": 0,
    "missing": 1, "unknown": 2, "unproven": 3, "files": [
    {"path": "lists/a.csv", "state": "missing", "bytes": null, "why": ""}]}' \
    >verify.json
printf 'effects:\n  - {key: norm.batches, here: joint, effect: "AUC + 0.1"}\n' \
    >effects.yaml
full=(--set 'input.studies=t/{set}' --set input.verified=verify.json
    --set input.effects=effects.yaml)
validate --out m "${full[@]}"
expect_status 0
expect_in_file '>both, PCA</title>' m/report.html
expect_in_file '>simple, t-SNE</title>' m/report.html
expect_in_file '28 complete, 1 pruned, 1 failed, best objective \(auc\) 0\.7500 in trial 5' m/report.html
expect_in_file '"penalty": 0\.[0-9]' m/report.json
expect_in_file '"kind": "tsne", "rows": 120' m/report.json
expect_in_file 'lists/a\.csv: missing' m/report.html
expect_in_file 'AUC \+ 0\.1' m/report.html
expect_in_file '"name": "MPI"' m/software.json
check 'no version of a library in the report' \
    holds_not 'Open MPI|MPICH|netCDF [0-9]' m/report.html
for n in 1 2 3 4; do
    ranks "$n" fmcib-validate "${plain[@]}" --set input.pretrain=pretrain \
        "${full[@]}" --out "m$n" --threads "$n"
    expect_status 0
    expect_same m/report.html "m$n/report.html"
    expect_same m/report.json "m$n/report.json"
done
validate --out n "${full[@]}" --set validate.map=pca
check 'pca alone' holds_not 't-SNE 1' n/report.html
expect_in_file 'component 1' n/report.html

# Permutations are counted apart from resamples; the study draws both in turn.
validate --out o --set validate.permutations=50
expect_status 0
expect_in_file '"permuted": \{"n": 50, ' o/report.json
expect_in_file '"resamples": 200, "left_out": 0' o/report.json
expect_in_file '"permuted": \{"n": 200, ' a/report.json
validate --out o2 --set validate.permutations=50 --set validate.draws=study
expect_status 3
expect_err 'validate\.permutations: 50, but the study draws'

# No contradictions where they are not wanted.
validate --out o3 --set input.discrepancies=none
expect_status 0
check 'no contradictions' holds_not 'Where the publication disagrees' o3/report.html

# Stored results are called regression; another configuration is not compared.
run fmcib-validate "${plain[@]}" --set input.pretrain=pretrain --out e \
    --set input.regression=a/regression.yaml
expect_status 0
expect_out 'pass  *random\.auc'
expect_in_file '"kind": "regression", "verdict": "pass"' e/report.json
run fmcib-validate "${plain[@]}" --set input.pretrain=pretrain --out e2 \
    --set input.regression=a/regression.yaml --set validate.resamples=100
expect_status 0
expect_in_file 'stored from another configuration' e2/report.json
sed 's/value: 0\.[0-9]*/value: 0.123/' a/regression.yaml >moved.yaml
run fmcib-validate "${plain[@]}" --set input.pretrain=pretrain --out e3 \
    --set input.regression=moved.yaml
expect_status 11

# A gate that fails: report and result line all the same, status 11.
run fmcib-validate "${plain[@]}" --out f --set input.pretrain=pretrain \
    --set 'validate.sets=pretrained, random' --set validate.differences=none \
    --set validate.title='Swapped <b>'
expect_status 0
expect_in_file 'Swapped &lt;b&gt;' f/report.html
mv s/random s/r && mv s/pretrained s/random && mv s/r s/pretrained
validate --out g
expect_status 11
expect_err 'gates? failed, the first is learns\.auc'
expect_out '^report [0-9a-f]{64} g/report\.html$'
expect_in_file '1 of 6 gates fail' g/report.html
mv s/random s/r && mv s/pretrained s/random && mv s/r s/pretrained

# The published figures: another cohort by name is not enough.
validate --out h --set validate.cohort=deeplesion_test \
    --set validate.sets=foundation_features --set validate.differences=none \
    --set validate.metrics=map_study,ba --set 'input.studies=s/both{set}'
expect_status 4
cp -r s/both s/foundation_features
validate --out h --set validate.cohort=deeplesion_test \
    --set validate.sets=foundation_features --set validate.differences=none \
    --set validate.metrics=map_study,ba
expect_status 0
expect_in_file '1221 test rows there, 120 here' h/report.json

# Bad input: one line, nothing left.
echo '{}' >verify2.json
echo 'effect: []' >effects2.yaml
bad() { # STATUS WORDS ARGS...
    local want=$1 words=$2
    shift 2
    validate --out bad "$@"
    expect_status "$want"
    expect_err "$words"
    expect_err_lines 1
    expect_no_file bad/report.html
    expect_no_file bad/report.json
    rm -rf bad
}
bad 3 'input\.studies' --set input.studies=s
bad 3 'validate\.differences: "random"' --set validate.differences=random
bad 3 'must be in validate\.sets' --set 'validate.differences=random - all'
bad 3 'validate\.metrics: "f1"' --set validate.metrics=f1
bad 3 'validate\.class_names: 2 names for 3' --set validate.class_names=a,b
bad 3 'empty entry' --set validate.sets=random,,both
bad 3 'validate\.sets: "random;both" has ";"; entries are divided by commas' \
    --set 'validate.sets=random;both'
bad 4 's/random both: is no folder.*validate\.sets are divided by commas' \
    --set 'validate.sets=random both'
bad 3 'validate\.differences: "both - random random - both" is not of the form "a - b", or "a - b, c - d"' \
    --set 'validate.differences=both - random random - both'
bad 3 'validate\.percents: "100;50" is not a list; write \[100, 50\]; it must' \
    --set 'validate.percents=100;50'
bad 4 's/none: is no folder' --set validate.sets=none
bad 4 'nowhere' --set input.reference=nowhere.yaml
bad 4 'nowhere' --set input.verified=nowhere.json
bad 5 'verify2\.json: names no manifest' --set input.verified=verify2.json
bad 5 'effects2\.yaml: has no list' --set input.effects=effects2.yaml
bad 3 'validate\.map' --set validate.map=umap
bad 4 'nowhere: is no folder' --set input.stages=x=nowhere
bad 3 'stage=folder' --set input.stages=nowhere
bad 4 's/config\.yaml' --set input.pretrain=s
mkdir odd && echo '# fmcib-search' >odd/config.yaml
bad 5 'is a folder of fmcib-search, not of fmcib-pretrain' \
    --set input.pretrain=odd
sed -i '5s/,[0-9.]*,1,/,nan,1,/' s/both/test_results.csv
bad 5 'both/test_results\.csv:5'
study both 0.6 44
sed -i '7d' s/both/test_results.csv
bad 5 '119 rows of 3 classes.*same rows'
study both 0.6 44
sed -i 's/ct30\./ct31./' s/both/test_results.csv
bad 5 'image_path is "ct31.*"ct30.*same rows'
study both 0.6 44
sed -i '9s/,[0-9]*$/,3/' s/both/test_results.csv
bad 5 'target is "3", but "2"'
study both 0.6 44
for s in random simple pretrained both; do
    cut -d, -f1,3- "s/$s/test_results.csv" >t.csv && mv t.csv "s/$s/test_results.csv"
done
sed -i 's/^30,/31,/' s/both/test_results.csv
bad 5 'the row number is "31", but "30"'
study random 0.1 11
study simple 0.3 22
study pretrained 0.4 33
study both 0.6 44
sed -i '9s/,[0-9]*$/,9/' s/both/test_results.csv
bad 5 'target "9" is none of the 3'
study both 0.6 44
sed -i 's/conf_scores_class_2/score/' s/both/test_results.csv
bad 5 'conf_scores_class_2'
study both 0.6 44
echo '{"digest": 3}' >s/both/study.json
bad 5 'no study of fmcib-search'
study both 0.6 44
printf 'gates:\n  - {id: x, cohort: phantom, kind: value, why: w, set: both, metric: auc, use: low}\n' >g.yaml
bad 5 'g\.yaml: record "x" needs one of "above" and "below"' --set input.gates=g.yaml
printf 'gates:\n  - {id: x, cohort: phantom, kind: odd, why: w}\n' >g.yaml
bad 5 'kind "odd"' --set input.gates=g.yaml
printf 'records: [{id: r1, task: task1}]\ncohorts: {}\n' >r.yaml
bad 5 'r\.yaml: record "r1" has no text "cohort"' --set input.reference=r.yaml
finish
