#!/usr/bin/env bash
# Patches at several points of real CTs (NIfTI: int16, int32, uint8; RAS and
# LPS axes; header extension), at the study's settings.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

ct=$FMCIB_CT_DATA/nifti
[ -d "$ct" ] || skip "no real CTs under $FMCIB_CT_DATA"

cat >l.csv <<'END'
,image_path,coordX,coordY,coordZ,what
0,abdomen-pelvis_example_ct.nii.gz,-5.04,-162.82,262.3,middle
1,thorax-cta-aorta_ct_cropped.nii.gz,18.34,-161.16,663.2,middle
2,abdomen-pelvis_example_ct.nii.gz,68.16,-193.12,329.5,side
3,abdomen_example_ct_sm.nii.gz,-5.04,-162.82,139.3,middle
4,thorax-cta-aorta_ct_cropped.nii.gz,-17.66,-142.26,712.4,side
5,abdomen_example_ct_sm.nii.gz,177,-12,95,corner
6,thorax-cta-aorta_aorta_mask.nii.gz,18.34,-161.16,663.2,labels
7,abdomen_example_ct_sm_seg.nii.gz,68.16,-193.12,157.3,labels
END
on=(--set input.list=l.csv --set "data.root=$ct" --set negatives.stored=2
    --set prepare.shards=4 --quiet)
run fmcib-prepare "${on[@]}" --out p
expect_status 0
# a digest that moves is a change of what the study's patches are
expect_equal "$(digest patches)" \
    50084293f588bf385304e2fd0e671738007c7b941f3e2549ffd71deb3c181d8d
ranks 3 fmcib-prepare "${on[@]}" --out q --threads 2
expect_equal "$(digest patches)" \
    50084293f588bf385304e2fd0e671738007c7b941f3e2549ffd71deb3c181d8d
# a point with x and y of the other convention
printf 'image_path,coordX,coordY,coordZ\n%s,5.04,162.82,262.3\n' \
    abdomen-pelvis_example_ct.nii.gz >ras.csv
run fmcib-prepare "${on[@]}" --set input.list=ras.csv --out r
expect_status 5
expect_err_lines 1
expect_err 'ras\.csv:2: .*mm'
expect_err '-x|negat'

# one scan in three kinds of MetaImage: one patch
small=3DCT_lung_baseline_small
cat >m.csv <<END
image_path,coordX,coordY,coordZ
metaimage/$small.mha,-80,-50,-1270
metaimage-derived/elastix-$small/raw/$small.mhd,-80,-50,-1270
metaimage-derived/elastix-$small/zraw/$small.mhd,-80,-50,-1270
END
if [ -d "$FMCIB_CT_DATA/metaimage-derived" ] && command -v ncdump >/dev/null; then
    run fmcib-prepare --set input.list=m.csv --set "data.root=$FMCIB_CT_DATA" \
        --set prepare.shards=1 --quiet --out m
    expect_status 0
    run ncdump -v patch_sha m/patches-00000-of-00001.nc
    expect_equal "$(grep -oE '^ *"[0-9a-f]{64}"' "$out_file" | sort | uniq -c |
        awk '{ print $1 }')" 3
fi

finish
