#!/usr/bin/env bash
# fmcib-phantom: what it writes, what it says of bad settings.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

few=(--set cohort.patients=5 --quiet)

run fmcib-phantom --help
expect_status 0
expect_out 'cohort\.patients'
run fmcib-phantom "${few[@]}" --set cohort.patients=3 --out x
expect_status 3
expect_err 'cohort\.patients'
expect_no_file x
run fmcib-phantom "${few[@]}" --out x --dry-run
expect_status 0
expect_out 'ct/0005\.nii\.gz'
expect_no_file x

run fmcib-phantom "${few[@]}" --out x
expect_status 0
expect_out_lines 1
expect_out '^cohort [0-9a-f]{64} x$'
want=$(digest cohort)
expect_equal "$(find x/ct -name '*.nii.gz' | wc -l)" 5
gzip -t x/ct/*.nii.gz
check "whole gzip files" [ $? = 0 ]
for t in task1 task2 task3 simple; do # 3, 1 and 1 patients of 8 lesions
    expect_equal "$t $(cat x/"$t"_{train,val,test}.csv | wc -l)" "$t 43"
done
expect_equal "$(wc -l <x/pretrain.csv)" 33
expect_equal "$(head -n 1 x/task1_train.csv)" \
    ',PatientID,Coarse_lesion_type,image_path,coordX,coordY,coordZ'
expect_equal "$(head -n 1 x/task2_val.csv)" \
    ',PatientID,malignancy,coordX,coordY,coordZ,image_path'
expect_equal "$(head -n 1 x/task3_test.csv)" \
    ',PatientID,Survival.time,deadstatus.event,coordX,coordY,coordZ,image_path,survival'
# one lesion of each class in each CT, and no class in the pretraining list
expect_equal "$(cut -d, -f3 x/task1_train.csv | sort | uniq -c | tr -s ' \n' ' ')" \
    " 3 0 3 1 3 2 3 3 3 4 3 5 3 6 3 7 1 Coarse_lesion_type "
expect_equal "$(tail -n +2 x/pretrain.csv | cut -d, -f3 | sort -u)" -1
# survival is what the days say
expect_equal "$(tail -qn +2 x/task3_*.csv | awk -F, '{ if (($3 >= 730) != $9) bad++ } END { print NR, bad + 0 }')" '40 0'

# a finished folder is not written over; resumed it gives the same
run fmcib-phantom "${few[@]}" --out x
expect_status 7
run fmcib-phantom "${few[@]}" --out x --resume
expect_status 0
expect_equal "$(digest cohort)" "$want"
run fmcib-phantom "${few[@]}" --set seed=12 --out x --resume
expect_status 7
expect_err 'seed'

# the same bytes from any number of ranks and threads; another seed is another
ranks 3 fmcib-phantom "${few[@]}" --out y --threads 2
expect_equal "$(digest cohort)" "$want"
rm -f x/run.jsonl y/run.jsonl
expect_same x y
ranks 4 fmcib-phantom "${few[@]}" --set seed=12 --out z
expect_different "$(digest cohort)" "$want"
ranks 4 fmcib-phantom "${few[@]}" --set cohort.patients=4 --out w
expect_status 0
finish
