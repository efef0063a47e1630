#!/usr/bin/env bash
# The inference path through the programs: the same features from volumes and
# from a store, on any ranks and threads; each key shows; what is refused.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

run fmcib-phantom --set cohort.patients=5 --quiet --out c
expect_status 0
patches=(--set input.list=c/pretrain.csv --set patch.radius=6
    --set patch.path=inference --quiet)
run fmcib-prepare "${patches[@]}" --set prepare.shards=3 --out p
expect_status 0
want=$(digest patches)
ranks 3 fmcib-prepare "${patches[@]}" --set prepare.shards=3 --out p3 \
    --threads 2
expect_equal "$(digest patches)" "$want"
run fmcib-prepare "${patches[@]}" --set prepare.shards=3 --out ideal \
    --set patch.sampling=ideal
check 'patch.sampling shows' [ "$(digest patches)" != "$want" ]
run fmcib-prepare "${patches[@]}" --set prepare.shards=3 --out size \
    --set 'patch.size=[12,10,12]'
check 'patch.size shows' [ "$(digest patches)" != "$want" ]
run fmcib-prepare "${patches[@]}" --set prepare.shards=3 --out same \
    --set 'patch.size=[12,12,12]'
expect_equal "$(digest patches)" "$want"

run fmcib-pretrain --set input.patches=computed --set input.computed_rows=4 \
    --set train.shards=2 --set train.steps=1 --set augment.size=12 \
    --set net.block=basic --set 'net.layers=[1]' --set 'net.planes=[4]' \
    --set 'net.head=[4]' --quiet --set checkpoint.start=true --out t
expect_status 0
on=(--set input.weights=t/weights-start.nc --quiet)
run fmcib-extract "${on[@]}" --set input.patches=p --out e1
expect_status 0
features=$(digest features)
list=("${on[@]}" --set input.list=c/pretrain.csv --set patch.radius=6)
run fmcib-extract "${list[@]}" --out e2 --threads 2
expect_status 0
expect_equal "$(tail -n +2 e2/features.csv)" "$(tail -n +2 e1/features.csv)"
ranks 2 fmcib-extract "${list[@]}" --out e3 --threads 1
expect_equal "$(tail -n +2 e3/features.csv)" "$(tail -n +2 e1/features.csv)"
run fmcib-extract "${on[@]}" --set input.list=c/pretrain.csv \
    --set patch.radius=6 --set patch.path=training --out e4
expect_status 0
check 'patch.path shows' [ "$(digest features)" != "$features" ]

# a precropped volume is a patch
head -n 2 c/pretrain.csv >one.csv
run fmcib-prepare --set input.list=one.csv --set data.root=c --quiet \
    --set patch.path=inference --set patch.precropped=true --out whole
expect_status 0

# what is refused, and what it says
run fmcib-prepare "${patches[@]}" --set negatives.stored=2 --out x
expect_status 3
expect_err 'negatives\.stored is 2'
run fmcib-prepare "${patches[@]}" --set patch.path=training \
    --set patch.precropped=true --out x
expect_status 3
expect_err 'patch\.precropped is of the inference path'
run fmcib-prepare "${patches[@]}" --set 'patch.size=[4,4]' --out x
expect_status 3
expect_err 'patch\.size: 2 values'
run fmcib-pretrain --set input.patches=p --set augment.size=12 --quiet --out x
expect_status 5
expect_err 'patches of the inference path are normalised'
printf 'image_path,coordX,coordY,coordZ\n%s,9000,0,0\n' \
    "$(tail -n 1 one.csv | tr , '\n' | grep nii)" >far.csv
run fmcib-extract "${list[@]}" --set input.list=far.csv --set data.root=c \
    --out x
expect_status 5
expect_err 'far\.csv:2: .*mm'
finish
