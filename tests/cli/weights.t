#!/usr/bin/env bash
# fmcib-weights: every format gives the same tensors back, bit for bit.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

run fmcib-phantom --set cohort.patients=5 --out c --quiet
run fmcib-prepare --set input.list=c/pretrain.csv --set patch.radius=8 \
    --set negatives.stored=2 --set prepare.shards=3 --quiet --out p
expect_status 0
run fmcib-pretrain --set input.patches=p --set augment.size=16 \
    --set 'net.layers=[1, 1]' --set 'net.planes=[4, 8]' --set net.widen=1 \
    --set 'net.head=[8]' --set train.shards=4 --set train.items=2 \
    --set train.steps=1 --quiet --out t
expect_status 0
content=$(digest weights)

# nc -> safetensors -> pt -> nc: one content digest, canonical bytes
run fmcib-weights convert t/weights.nc a.safetensors
expect_status 0
run fmcib-weights convert a.safetensors b.pt
expect_status 0
run fmcib-weights convert b.pt c.nc
expect_status 0
run fmcib-weights convert c.nc d.safetensors
expect_status 0
check 'canonical safetensors' cmp a.safetensors d.safetensors
run fmcib-weights hash t/weights.nc a.safetensors b.pt c.nc
expect_status 0
expect_out_lines 4
expect_equal "$(awk '{ print $1 }' "$out_file" | sort -u)" "$content"
expect_equal "$(awk '$3 == "a.safetensors" { print $2 }' "$out_file")" \
    "$(sha256sum a.safetensors | cut -d' ' -f1)"
run fmcib-weights diff t/weights.nc b.pt
expect_status 0
expect_out ' tensors equal, 0 differ'

# one bit in the last value
size=$(stat -c %s a.safetensors)
cp a.safetensors e.safetensors
printf '\x7f' | dd of=e.safetensors bs=1 seek=$((size - 2)) conv=notrunc \
    2>/dev/null
run fmcib-weights diff a.safetensors e.safetensors
expect_status 11
expect_out ': differs: 1 values'
run fmcib-weights diff --max-abs 1e39 a.safetensors e.safetensors
expect_status 0

# Tables whose length begins as other files do: <, a pickle, gzip.
for length in 60 128 35615; do
    table='{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    {
        printf '%b' "$(printf '\\x%02x\\x%02x' $((length % 256)) \
            $((length / 256)))\\0\\0\\0\\0\\0\\0"
        printf "%-${length}s" "$table"
        printf '\0\0\200\77'
    } >table.safetensors
    run fmcib-weights inspect table.safetensors
    expect_status 0
    expect_out '^w  *float32 '
done

run fmcib-weights inspect b.pt
expect_status 0
expect_out '^network  bottleneck \[1, 1\], planes 4 8, '
expect_out "^content  $content"
run fmcib-weights inspect --json b.pt
expect_status 0
check 'inspect --json is JSON' python3 -m json.tool "$out_file"

# nothing is written over, nothing half-written
run fmcib-weights convert t/weights.nc a.safetensors
expect_status 4
expect_err 'a\.safetensors: is there already; it is not written over'
run fmcib-weights convert t/weights.nc x.foo
expect_status 2
expect_err 'x\.foo: the format is told by its end: \.safetensors'
head -c 200 b.pt >cut.pt
run fmcib-weights convert cut.pt f.safetensors
expect_status 5
expect_err_lines 1
check 'no output of a damaged file' [ ! -e f.safetensors ]
printf junk >j.pt
run fmcib-weights inspect j.pt
expect_status 5
expect_err 'j\.pt: is no file of weights'
run fmcib-weights inspect none.pt
expect_status 4
run fmcib-weights
expect_status 2
expect_err 'inspect, convert, diff, hash'
finish
