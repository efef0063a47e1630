#!/usr/bin/env bash
# fmcib-finetune: the three starts and what is wrong before the first step, each
# with one line that says why (diverge.t: during it).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$FMCIB_SOURCE/tests/cli/tune_data.sh"

tune_stores task1 24
toy=("${tune[@]}" --set 'net.head=[6, 8]' --set train.shards=4
    --set train.steps=3)
tune() { run fmcib-finetune "${toy[@]}" "$@"; }
refused() { # STATUS WORDS ARGS...
    local code=$1 words=$2
    shift 2
    tune --out x "$@"
    expect_status "$code"
    expect_err "$words"
    expect_err_lines 1
    expect_no_file x/steps.csv
    rm -rf x
}

run fmcib-finetune --help
expect_status 0
expect_out 'start\.from'
expect_out 'data\.percent'

# the keys of every job are known: what is missing are its files
for job in "$FMCIB_SOURCE"/jobs/finetune-*.yaml \
    "$FMCIB_SOURCE"/jobs/supervised-*.yaml; do
    run fmcib-finetune --config "$job" --dry-run --set start.from=random \
        --set start.weights=
    expect_status 4
    expect_err 'runs/patches(48)?-task[123]/train'
done

# pretrain, then the trunk, then the whole model
run fmcib-pretrain --set input.patches=computed --set augment.size=18 \
    --set 'net.layers=[1, 1, 1]' --set 'net.planes=[2, 3, 4]' \
    --set net.widen=1 --set 'net.head=[5, 4]' --set train.shards=4 \
    --set train.steps=2 --quiet --out pre
expect_status 0
tune --set start.weights=pre/weights.nc --out one
expect_status 0
trunk=$(digest weights)
expect_file one/val_results.csv
expect_in_file '^,Unnamed: 0,.*,pred_7,conf_scores_class_0,.*,pred_class,target$' \
    one/test_results.csv
tune --set start.from=random --out other
expect_different "$(digest weights)" "$trunk"
tune --set start.from=all --set start.weights=one/weights.nc --out two
expect_status 0
tune --set start.from=trunk --set start.weights=one/weights.nc --out three
expect_status 0
# weights of any file; a frozen trunk stays what it was
for w in pre.torch pre.safetensors; do
    run fmcib-weights convert pre/weights.nc $w
    expect_status 0
    tune --set start.weights=$w --out "from-$w"
    expect_equal "$(digest weights)" "$trunk"
done
for k in learns frozen_eval; do
    tune --set start.weights=pre.torch --set net.trunk=$k --out trunk-$k
    expect_status 0
    run fmcib-weights diff pre/weights.nc trunk-$k/weights.nc
    expect_out 'tensors equal, [0-9]+ differ, 0 of other shapes'
    grep -c ' 0 differ' "$out_file"
done >frozen
expect_equal "$(tr '\n' ' ' <frozen)" '0 1 '
# features of a supervised model
run fmcib-extract --set input.weights=one/weights.nc --set input.patches=test \
    --out features --quiet
expect_status 0

# a stem of another stride fits, and is said
tune --set start.weights=pre/weights.nc --set net.conv1_stride=1 \
    --set run.quiet=false --out stride
expect_status 0
expect_err 'trained with net\.conv1_stride: 2, here it is 1'

# the same folder again, and other weights behind the same name
tune --set start.weights=pre/weights.nc --out one --resume
expect_status 0
expect_equal "$(digest weights)" "$trunk"
tune --set start.weights=one/weights.nc --out one --resume
expect_status 7
expect_err 'other input'

# weights of another network
pre=(--set start.weights=pre/weights.nc)
refused 5 'is 2 planes x 1 wide in stage 1.* say 2 x 2' "${pre[@]}" \
    --set net.widen=2
refused 5 'has 1 blocks in stage 2, net\.layers says 2' "${pre[@]}" \
    --set 'net.layers=[1, 2, 1]'
refused 5 'net\.shortcut says \(B\)' "${pre[@]}" --set net.shortcut=A
refused 5 'net\.block says' "${pre[@]}" --set net.block=basic
refused 5 'net\.bias_downsample' "${pre[@]}" --set net.bias_downsample=false
refused 5 'head has 4 outputs, net\.head says 8.*another task' "${pre[@]}" \
    --set start.from=all
run fmcib-finetune "${toy[@]}" --set loss.name=bce --set 'net.head=[6, 1]' \
    --set start.from=random --set data.label=coordX --out x
expect_status 5
rm -rf x
refused 4 nowhere --set start.weights=nowhere
tune "${pre[@]}" --set net.widen=2 --dry-run
expect_status 5
tune "${pre[@]}" --set optim.lr=0 --dry-run
expect_status 3
ranks 5 fmcib-finetune "${toy[@]}" "${pre[@]}" --out five # idle ranks
expect_status 0
expect_equal "$(digest weights)" "$trunk"
refused 3 'start\.from: trunk and start\.weights: ""'
refused 3 'start\.from: random' "${pre[@]}" --set start.from=random

# labels
toy+=(--set start.from=random)
refused 5 'no label column "kind" \(there are: .*Coarse_lesion_type' \
    --set data.label=kind
refused 5 'row [0-9]+: Coarse_lesion_type is "[5-7]"; the head tells classes 0 to 4' \
    --set 'net.head=[6, 5]'
refused 5 'Coarse_lesion_type is "0"; the head tells classes 1 to 8' \
    --set data.first_label=1
refused 5 'no row is of class 8 ' --set 'net.head=[6, 9]'
refused 5 'PatientID is "P[0-9]+"; ' --set data.label=PatientID
refused 3 'bce is of one output, net\.head ends with 8' --set loss.name=bce
refused 3 'ce needs an output for each class' --set 'net.head=[6, 1]'

# lists of one patient, of one row, of few classes
few() { # NAME LINES: a store of the header and those lines of the val list
    { head -n 1 cohort/task1_val.csv; sed -n "$2" cohort/task1_val.csv; } \
        >"cohort/$1.csv"
    run fmcib-prepare --set "input.list=cohort/$1.csv" --set patch.radius=9 \
        --set negatives.stored=0 --quiet --out "$1"
    expect_status 0
}
patient=$(sed -n 2p cohort/task1_val.csv | cut -d, -f2)
few alone "/,$patient,/p"
refused 5 'all rows are of one patient \(PatientID is' --set input.val=alone
few single 2p
refused 5 'has one row' --set input.val=single
few classes '/,P[0-9]*,[0-6],/p'
refused 5 'input\.val: classes: no row is of class 7' --set input.val=classes
tune --set input.val= --out blind
expect_status 0
expect_no_file blind/validation.csv

# rates
refused 3 'learning rate 0' --set optim.lr=0
refused 3 'learning rate -0\.1' --set optim.lr=-0.1
refused 3 'betas 0\.9 and 1' --set optim.beta2=1
refused 3 'augment.pipeline makes 2 views' \
    --set augment.pipeline=pretraining/fmcib_pretrain

# a volume without numbers
perl -e '
    my @h = (0) x 348;
    sub put { my ($at, $b) = @_; my @b = unpack("C*", $b);
              @h[$at .. $at + $#b] = @b; }
    put(0, pack("l<", 348)); put(40, pack("s<8", 3, 30, 30, 30, 1, 1, 1, 1));
    put(70, pack("s<", 16)); put(72, pack("s<", 32));
    put(76, pack("f<8", 1, 1, 1, 1, 1, 1, 1, 1)); put(108, pack("f<", 352));
    put(112, pack("f<", 1)); put(254, pack("s<", 1));
    put(280, pack("f<4", 1, 0, 0, 0)); put(296, pack("f<4", 0, 1, 0, 0));
    put(312, pack("f<4", 0, 0, 1, 0)); put(344, "n+1\0");
    binmode STDOUT; print pack("C*", @h), "\0" x 4;
    print pack("L<", 0x7fc00000) x 27000;' >cohort/nan.nii
{ cat cohort/task1_train.csv; echo '999,P9,3,nan.nii,-15,-15,15'; } \
    >cohort/nan.csv
run fmcib-prepare --set input.list=cohort/nan.csv --set patch.radius=9 \
    --set negatives.stored=0 --quiet --out nan
expect_status 0
refused 5 'input\.train: nan, row 88: 5832 of the 5832 voxels .* no finite numbers' \
    --set input.train=nan

# a subset: larger shares hold smaller ones
for p in 25 50; do
    tune --set data.percent=$p --out share$p
    expect_status 0
    tail -n +2 share$p/train_${p}_percent.csv | sort >rows$p
done
expect_equal "$(comm -23 rows25 rows50)" ''
expect_different "$(wc -l <rows25)" "$(wc -l <rows50)"
run fmcib-data subset cohort/task1_train.csv --by Coarse_lesion_type
expect_status 0
tail -n +2 cohort/task1_train_50.csv | sort >listed50
expect_same rows50 listed50
finish
