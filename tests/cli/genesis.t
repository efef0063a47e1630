#!/usr/bin/env bash
# Models Genesis in small: trained, taken up, the layout of its checkpoint,
# features of rows that go together; the same bytes on 1 to 4 ranks.
# processors: 2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
. "$FMCIB_SOURCE/tests/cli/tune_data.sh"

tune_stores task2 24
net=(--set net.family=genesis --set 'net.layers=[2, 2]'
    --set 'net.planes=[3, 4]' --set net.widen=1)
toy=(--set input.train=train --set input.val=val --set input.test=test
    --set recipe=models_genesis --set task=task2 --set 'net.head=[5, 1]'
    "${net[@]}" --set augment.size=19 --set train.shards=6
    --set train.steps=6 --quiet)

# the jobs: keys are known, the network is the study's
for job in "$FMCIB_SOURCE"/jobs/extract*.yaml; do
    run fmcib-extract --config "$job" --dry-run
    expect_status 4
    expect_err '(data/task1_train|my)\.csv'
done
stores=(--set input.train=train --set input.val=val --set input.test=test
    --set start.from=random --set start.weights= --set data.label=malignancy)
for task in 2 3; do
    run fmcib-finetune --config \
        "$FMCIB_SOURCE/jobs/finetune-genesis-task$task.yaml" \
        "${stores[@]}" --dry-run
    expect_status 0
    expect_out '^# batch: 32 = 32 shards x 1 items'
    expect_out ', 4096 features, 1 outputs$'
    run fmcib-finetune --config \
        "$FMCIB_SOURCE/jobs/finetune-med3d-task$task.yaml" \
        "${stores[@]}" --dry-run
    expect_status 0
    expect_out ', 2048 features, 1 outputs$'
    expect_out '^net\.conv1_stride: 1$'
done

# training: ranks, threads, a stop
random=(--set start.from=random)
ranks 1 fmcib-finetune "${toy[@]}" "${random[@]}" --out one
expect_status 0
want=$(digest weights)
same_run() {
    expect_status 0
    expect_equal "$(digest weights)" "$want"
    for f in steps.csv validation.csv val_results.csv test_results.csv; do
        expect_same "one/$f" "$1/$f"
    done
}
for p in 2 3 4; do
    ranks "$p" fmcib-finetune "${toy[@]}" "${random[@]}" \
        --threads $((1 + p % 2)) --out "tune$p"
    same_run "tune$p"
done
run fmcib-finetune "${toy[@]}" "${random[@]}" --stop-after 4 --out stop
expect_status 75
ranks 2 fmcib-finetune "${toy[@]}" "${random[@]}" --out stop --resume
same_run stop
# the batch of a validation is identity: other figures of the same weights
run fmcib-finetune "${toy[@]}" "${random[@]}" --set train.shards=5 \
    --set optim.lr=1e-30 --set optim.schedule=constant --out five
run fmcib-finetune "${toy[@]}" "${random[@]}" --set optim.lr=1e-30 \
    --set optim.schedule=constant --out six
expect_status 0
check 'another batch, other logits' \
    [ "$(cut -d, -f2- five/val_results.csv | sha256sum)" != \
    "$(cut -d, -f2- six/val_results.csv | sha256sum)" ]

# the published layout: DataParallel, encoder and decoder, nothing else
run fmcib-weights convert one/weights.nc ours.safetensors
expect_status 0
python3 - <<'P'
import json, struct
data = open("ours.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
table, body = json.loads(data[8:8 + n]), data[8 + n:]
out, at, blob = {}, 0, b""
def add(name, dtype, shape, raw):
    global at, blob
    out[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(raw)]}
    at += len(raw)
    blob += raw
for name, t in table.items():
    if "down_tr" in name:
        lo, hi = t["data_offsets"]
        add("module." + name[name.index("down_tr"):], t["dtype"], t["shape"], body[lo:hi])
for name in ("up_tr64.up_conv.weight", "out_tr.final_conv.bias"):
    add("module." + name, "F32", [1], struct.pack("<f", 1.5))
def write(path):
    head = json.dumps(out).encode()
    open(path, "wb").write(struct.pack("<Q", len(head)) + head + blob)
write("unet.safetensors")
add("module.aside.weight", "F32", [1], struct.pack("<f", 1.5))
write("more.safetensors")
P
run fmcib-weights inspect unet.safetensors
expect_status 0
expect_out '^layout   top level, module\.: '
expect_out '^network  encoder of Models Genesis, 2 stages of 3-6, 4-8 channels'
expect_out '^down_tr64\.ops\.0\.conv1\.weight .*\[3, 1, 3, 3, 3\]'
run fmcib-weights convert unet.safetensors unet.pt
expect_status 0
run fmcib-weights convert unet.pt unet.nc
expect_status 0
run fmcib-weights diff unet.safetensors unet.nc
expect_status 0

# as a start: the encoder alone, and it is said; nothing else is left out
from=(--set start.from=trunk)
run fmcib-finetune "${toy[@]}" "${from[@]}" --set start.weights=one/weights.nc \
    --out again
expect_status 0
want=$(digest weights)
for w in unet.safetensors unet.pt unet.nc; do
    run fmcib-finetune "${toy[@]}" "${from[@]}" --set start.weights=$w \
        --set run.quiet=false --out "from-$w"
    expect_status 0
    expect_equal "$(digest weights)" "$want"
    expect_err '2 tensors of the decoder .* are left out'
done
refused() { # STATUS WORDS ARGS...
    local code=$1 words=$2
    shift 2
    run fmcib-finetune "${toy[@]}" "$@" --out x
    expect_status "$code"
    expect_err "$words"
    rm -rf x
}
refused 5 '1 unexpected: aside\.weight' "${from[@]}" \
    --set start.weights=more.safetensors
refused 5 'has 2 stages, net\.layers has 3' "${from[@]}" \
    --set 'net.layers=[2, 2, 2]' --set 'net.planes=[3, 4, 5]' \
    --set start.weights=unet.pt
refused 5 'another network than net\.family says' "${from[@]}" \
    --set net.family=resnet --set start.weights=unet.pt
refused 3 'train\.items is 2, .* needs 1' "${random[@]}" --set train.items=2
refused 3 'net\.trunk: frozen_eval' --set net.trunk=frozen_eval "${random[@]}"
refused 3 '3 layers; Models Genesis has 2' "${random[@]}" \
    --set 'net.layers=[2, 3]'

# features: batches of rows, one of which cannot be had
{
    head -n 24 cohort/pretrain.csv | awk -F, -v OFS=, '
        NR == 4 { $4 = "no.nii.gz" } { print }'
} >l.csv
on=(--weights one/weights.nc --list l.csv --set data.root=cohort --set patch.radius=9
    --set patch.path=training --set extract.norm_batch=5 --quiet)
run fmcib-extract "${on[@]}" --threads 1 --out f
expect_status 12
want=$(digest features)
check 'rows and features' [ "$(head -n 1 f/features.csv |
    grep -o 'pred_[0-9]*' | wc -l) $(wc -l <f/features.csv)" = '512 23' ]
for p in 1 2 3 4; do
    ranks "$p" fmcib-extract "${on[@]}" --threads $((1 + p % 3)) \
        --set extract.save=1 --set extract.batch=$p --out "f$p"
    expect_status 12
    expect_equal "$(digest features)" "$want"
    expect_same f/features.csv "f$p/features.csv"
done
for k in 1 7; do
    ranks 2 fmcib-extract "${on[@]}" --set extract.save=1 --stop-after $k \
        --out "s$k"
    expect_status 75
    ranks 3 fmcib-extract "${on[@]}" --out "s$k" --resume
    expect_status 12
    expect_equal "$(digest features)" "$want"
done
run fmcib-extract "${on[@]}" --set extract.norm_batch=6 --out six-rows
expect_different "$(digest features)" "$want"
# the transforms of a baseline for any weights
for k in inference/extract_features baselines/med3d/finetune; do
    run fmcib-extract "${on[@]}" --set extract.pipeline=$k --out "by-${k%%/*}"
    expect_status 12
    expect_different "$(digest features)" "$want"
done
# what the weights cannot have
for k in extract.fold=true extract.stem_stride=2 patch.path=inference; do
    run fmcib-extract "${on[@]}" --set "$k" --out x
    expect_status 3
    expect_err_lines 1
    rm -rf x
done
finish
