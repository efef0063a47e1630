#!/usr/bin/env bash
# fmcib-data list, and the manifests of this repository.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
manifests=$FMCIB_SOURCE/data-manifests

run fmcib-data list --manifests "$manifests"
expect_status 0
expect_out '^foundation_weights +model +1/1 +738\.5 MB  '
expect_out '^dropbox_models +model +0/9 +unknown  '
expect_out '^harvardrt .* private '
expect_equal "$(awk 'length > 80' "$out_file")" ''
expect_equal "$(grep -cE '^[a-z0-9_]+ +(data|model) ' "$out_file")" \
    "$(find "$manifests" -name '*.yaml' | wc -l)"
run fmcib-data list --manifests "$manifests" --json
expect_status 0
expect_out '"id": "luna16", "kind": "data"'
run fmcib-data list --manifests "$manifests" lung1 mhub_model
expect_status 0
expect_out '^lung1: NSCLC-Radiomics'
expect_out 'bytes unknown; no published sum'
expect_out '^mhub_model: '
expect_out_without '^luna16'
run fmcib-data list --manifests "$manifests" lung2
expect_status 2
expect_err 'no manifest "lung2" in .*; the nearest is "lung1"'

run fmcib-data list
expect_status 4
expect_err 'data-manifests: No such file.*--manifests'
mkdir m
printf 'id: a\nkind: data\ntitel: b\n' >m/a.yaml
run fmcib-data list --manifests m
expect_status 3
expect_err 'm/a\.yaml:3: unknown key "titel"; the nearest known key is "title"'
expect_err_lines 1

# Every sum that the description of the study knows stands in a manifest.
spec=$FMCIB_SOURCE/../shared/spec/datasets-and-artifacts.yaml
if [ -f "$spec" ]; then
    sums=$(grep -oE '\b(sha256|git_blob): [0-9a-f]{40,64}' "$spec" | sort -u)
    found=0
    while read -r kind sum; do
        check "${kind}$sum in a manifest" grep -qF "$kind $sum" \
            "$manifests"/*.yaml && found=$((found + 1))
    done <<<"$sums"
    echo "sums of the description found in the manifests: $found of" \
        "$(wc -l <<<"$sums")"
else
    echo 'SKIP: ../shared/spec is absent: the sums are not held against it'
fi
finish
