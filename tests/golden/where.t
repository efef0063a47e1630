#!/usr/bin/env bash
# The files the project carries, and which folder tests read.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

data=$FMCIB_SOURCE/tests/golden/data
sums=$data/SHA256SUMS
unset FMCIB_GOLDEN FMCIB_CT_DATA

# whole, and small
find "$data" -mindepth 2 -type f -printf '%P\n' | sort >files
sed 's/^[0-9a-f]* [ *]//' "$sums" | sort >listed
expect_same files listed
expect_in_file '^network/train\.safetensors$' files
run sh -c "cd '$data' && sha256sum --quiet -c SHA256SUMS"
expect_status 0
find "$data" -type f -size +976k >large
expect_equal "$(cat large)" ''
expect_equal "$(find "$data" -type f -printf '%s\n' |
    awk '{ s += $1 } END { print (s <= 3100000) }')" 1

# a source tree with nothing beside it: what is carried is consumed
mkdir -p a/tree/tests/golden
ln -s "$data" a/tree/tests/golden/data
export FMCIB_SOURCE=$PWD/a/tree
consumed() {
    run "$@"
    expect_status 0
    expect_out_without 'SKIP'
    expect_out ': consumed ([1-9][0-9]*) of \1 covered'
}
consumed golden_test_network_formula
consumed golden_test_search_numbers

# the others say what they miss
skipped() {
    run "$@"
    expect_status 77
    expect_out "^SKIP: .*$missing cannot be read \(FMCIB_GOLDEN "
}
missing=a/tree/tests/golden/data/patches/train_path.json
skipped golden_test_patches_train
missing=a/tree/tests/golden/data/network/resnet.json
skipped golden_test_network_resnet

# the folder beside the tree goes first, and the variable before it
mkdir -p a/shared/golden b/network
missing=a/tree/../shared/golden/network/generator.json
skipped golden_test_network_formula
consumed env FMCIB_GOLDEN="$data" golden_test_network_formula
consumed env FMCIB_GOLDEN="$data" golden_test_search_numbers
missing=b/network/generator.json
skipped env FMCIB_GOLDEN=b golden_test_network_formula

# all ranks leave before MPI starts
missing=b/network/train.json
skipped bash "$data/../../mpirun.sh" 2 env FMCIB_GOLDEN=b golden_ranks_ssl

# a part is there: it is checked, the rest is said
cp "$data/network/generator.json" b/network
run env FMCIB_GOLDEN=b golden_test_network_formula
expect_status 0
expect_out '^generator: consumed ([1-9][0-9]*) of \1 covered'
expect_out '^SKIP: b/network/optim\.safetensors cannot be read'
expect_out '^SKIP: 1 of 2 cases'

# and a wrong number there is no skip
sed 's/"raw": \[\(-\{0,1\}\)0\./"raw": [\10.1/' "$data/network/generator.json" \
    >b/network/generator.json
expect_different "$(cat b/network/generator.json)" \
    "$(cat "$data/network/generator.json")"
run env FMCIB_GOLDEN=b golden_test_network_formula
expect_status 1
finish
