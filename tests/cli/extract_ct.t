#!/usr/bin/env bash
# The full network (184 million parameters in the trunk) on real CTs: features
# at several points of each, from volumes and from a store, on 1 and 2 ranks.
# labels: slow
# processors: 2
# timeout: 1800
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

ct=$FMCIB_CT_DATA/nifti
[ -d "$ct" ] || skip "no CTs in $ct (FMCIB_CT_DATA names the folder)"
cat >l.csv <<'END'
image_path,coordX,coordY,coordZ,what
abdomen-pelvis_example_ct.nii.gz,-5.04,-162.82,262.3,middle
abdomen-pelvis_example_ct.nii.gz,68.16,-193.12,329.5,side
thorax-cta-aorta_ct_cropped.nii.gz,18.34,-161.16,663.2,middle
thorax-cta-aorta_ct_cropped.nii.gz,-17.66,-142.26,712.4,side
abdomen_example_ct_sm.nii.gz,-5.04,-162.82,139.3,middle
abdomen_example_ct_sm.nii.gz,177,-12,95,corner
END
run fmcib-pretrain --config "$FMCIB_SOURCE/jobs/pretrain-full.yaml" --quiet \
    --set checkpoint.start=true --stop-after 0 --out t
expect_status 75
expect_file t/weights-start.nc

on=(--set input.weights=t/weights-start.nc --set "data.root=$ct" --quiet
    --set patch.path=training)
run fmcib-extract "${on[@]}" --set input.list=l.csv --out one --threads 2
expect_status 0
want=$(digest features)
expect_in_file ',pred_4095$' one/features.csv
check 'six rows' [ "$(wc -l <one/features.csv)" = 7 ]
check 'rows that differ' \
    [ "$(cut -d, -f6- one/features.csv | tail -n +2 | sort -u | wc -l)" = 6 ]
ranks 2 fmcib-extract "${on[@]}" --set input.list=l.csv --out two --threads 1
expect_equal "$(digest features)" "$want"
run fmcib-prepare --set input.list=l.csv --set "data.root=$ct" --quiet \
    --set negatives.stored=0 --out p
expect_status 0
run fmcib-extract "${on[@]}" --set input.patches=p --out three
expect_equal "$(digest features)" "$want"
finish
