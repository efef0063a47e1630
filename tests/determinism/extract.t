#!/usr/bin/env bash
# Features: the same files for ranks, threads and batch, from a list with bad
# rows, by all paths and from a store; after kills and stops at any place.
# FMCIB_CROSS=full takes every combination (extract_cross.t, slow).
# processors: 2
# timeout: 900
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"

run fmcib-phantom --set cohort.patients=5 --quiet --out c
run fmcib-pretrain --set input.patches=computed --set input.computed_rows=4 \
    --set train.shards=2 --set train.steps=1 --set augment.size=12 \
    --set 'net.layers=[1]' --set 'net.planes=[4]' --set 'net.head=[4]' \
    --set net.widen=1 --quiet --out t
expect_status 0
{
    head -n 20 c/pretrain.csv | awk -F, -v OFS=, '
        NR == 4 { $4 = "no.nii.gz" } NR == 5 { $5 = 4000 } { print }'
    echo 19,P9,1,cut.nii.gz,1,2,3
    echo 20,P9,1,ct/0001.nii.gz,nan,2,3
} >l.csv
head -c 900 c/ct/0001.nii.gz >c/cut.nii.gz
on=(--weights t/weights.nc --quiet --list l.csv --set data.root=c
    --set patch.radius=6)
n=0

# like FOLDER STATUS RANKS THREADS BATCH args...: all files but the log
like() {
    local want=$1 code=$2 p=$3 t=$4 b=$5 f
    shift 5
    n=$((n + 1))
    ranks "$p" fmcib-extract "$@" --threads "$t" --set "extract.batch=$b" \
        --out "$n"
    expect_status "$code"
    for f in features.nc features.csv; do
        expect_same "$n/$f" "$want/$f"
    done
    [ "$code" = 0 ] || expect_same "$n/rejected.csv" "$want/rejected.csv"
    expect_equal "$(cd "$n" && echo part-*)" 'part-*'
    rm -rf "$n"
}

cross() { # FOLDER STATUS args...
    local want=$1 code=$2 i p t b
    shift 2
    if [ "${FMCIB_CROSS:-}" = full ]; then
        for p in 1 2 3 4; do
            for t in 1 2 3 4; do
                for b in 1 2 3 7 64; do
                    like "$want" "$code" $p $t $b "$@"
                done
            done
        done
        return
    fi
    for i in '1 3 2' '2 2 1' '3 1 4' '4 2 3' '4 1 64'; do
        # shellcheck disable=SC2086
        like "$want" "$code" $i "$@"
    done
}

run fmcib-extract "${on[@]}" --threads 1 --set extract.batch=1 --out bad
expect_status 12
check 'four rows and their header' [ "$(wc -l <bad/rejected.csv)" = 5 ]
expect_in_file 'l\.csv:4: .*no\.nii\.gz: No such file' bad/rejected.csv
expect_in_file 'l\.csv:5: .*4000.* mm' bad/rejected.csv
expect_in_file 'l\.csv:21: .*cut\.nii\.gz' bad/rejected.csv
expect_in_file ',nan,2,3,.*l\.csv:22: .*coordX.* are not three numbers' bad/rejected.csv
cross bad 12 "${on[@]}"

# volumes that are patches: from the list, and from a store of them
{
    head -n 1 c/pretrain.csv
    for i in 1 2 3 4 5; do echo "$i,P$i,1,ct/000$i.nii.gz,0,0,0"; done
} >whole.csv
whole=(--set data.root=c --set patch.radius=25)
pre=(--weights t/weights.nc --quiet --list whole.csv "${whole[@]}"
    --precropped)
run fmcib-extract "${pre[@]}" --threads 1 --out pre
expect_status 0
check 'rows that differ' \
    [ "$(cut -d, -f9- pre/features.csv | sort -u | wc -l)" = 6 ]
run fmcib-prepare --set input.list=whole.csv "${whole[@]}" --quiet \
    --set patch.path=inference --set patch.precropped=true --out store
expect_status 0
run fmcib-extract --weights t/weights.nc --quiet --set input.patches=store \
    --out from-store
expect_status 0
expect_equal "$(cut -d, -f9- from-store/features.csv)" \
    "$(cut -d, -f9- pre/features.csv)"
run fmcib-extract "${on[@]}" --list whole.csv --out seeds
expect_status 0
expect_different "$(cut -d, -f9- seeds/features.csv)" \
    "$(cut -d, -f9- pre/features.csv)"
cross pre 0 "${pre[@]}"

# killed, at any number of parts, and gone on with by others
parts() { find "$1" -name 'part-*.nc' 2>/dev/null | wc -l; }
for place in 1 3 6; do
    out=$PWD/kill$place
    setsid bash "$FMCIB_SOURCE/tests/mpirun.sh" $((place % 3 + 1)) \
        "$(command -v fmcib-extract)" "${on[@]}" --threads 1 \
        --set extract.batch=1 --set extract.save=1 --out "$out" \
        >killed.log 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && [ "$(parts "$out")" -lt "$place" ]; do
        sleep 0.002
    done
    kill -KILL -- "-$pid" 2>/dev/null
    pkill -KILL -s "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    ranks $((4 - place % 3)) fmcib-extract "${on[@]}" --threads 2 \
        --out "$out" --resume
    expect_status 12
    for f in features.nc features.csv rejected.csv; do
        expect_same "$out/$f" "bad/$f"
    done
    check 'no part' [ "$(parts "$out")" = 0 ]
done

# killed between the files of the end: each of the states it leaves
run fmcib-extract "${on[@]}" --threads 1 --set extract.batch=1 --out stop \
    --stop-after 4
expect_status 75
for left in rejected.csv 'rejected.csv features.csv' features.csv; do
    rm -rf end
    cp -r stop end
    for f in $left; do cp bad/"$f" end/; done
    echo half >end/features.nc.tmp-99
    run fmcib-extract "${on[@]}" --out end --resume
    expect_status 12
    for f in features.nc features.csv rejected.csv; do
        expect_same "end/$f" "bad/$f"
    done
    check 'no part' [ "$(parts end)" = 0 ]
    expect_no_file end/features.nc.tmp-99
done
cp stop/part-*.nc end/
run fmcib-extract "${on[@]}" --out end --resume
expect_status 12
check 'no part' [ "$(parts end)" = 0 ]

# what could not be had is a list: mended, it gives the other rows
cp c/ct/0001.nii.gz c/no.nii.gz
cp c/ct/0001.nii.gz c/cut.nii.gz
run fmcib-extract "${on[@]}" --list bad/rejected.csv --out more
expect_status 12
check 'two rows and their header' [ "$(wc -l <more/features.csv)" = 3 ]
check 'two rows and their header' [ "$(wc -l <more/rejected.csv)" = 3 ]
# a run that was stopped goes on with the volumes as they are now
rm -rf end
cp -r stop end
cp bad/rejected.csv bad/features.csv end/
run fmcib-extract "${on[@]}" --out end --resume
expect_status 12
check 'the mended rows' [ "$(wc -l <end/features.csv)" = 20 ]
check 'the others' [ "$(wc -l <end/rejected.csv)" = 3 ]
finish
