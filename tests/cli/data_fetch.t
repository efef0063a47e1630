#!/usr/bin/env bash
# fmcib-data fetch against a server on loopback that cuts, stalls, redirects,
# lies about lengths, sends other bytes, and knows ranges or not.
# timeout: 180
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || skip 'curl is absent'
command -v python3 >/dev/null || skip 'python3 is absent'

mkdir www m
seq 60000 >www/a.bin
size=$(stat -c %s www/a.bin)
sum=$(sha256sum www/a.bin | cut -d ' ' -f 1)
: >log
python3 "$FMCIB_SOURCE/tests/cli/fetch_server.py" www log port &
server=$!
trap 'kill $server 2>/dev/null; on_exit' EXIT
for ((i = 0; i < 100; i++)); do
    [ -s port ] && break
    sleep 0.1
done
check 'the server to start' [ -s port ]
at=http://127.0.0.1:$(cat port)

# manifest ID SUMS URL...: one file of these addresses.
manifest() {
    local id=$1 sums=$2 url
    shift 2
    {
        printf 'id: %s\nkind: model\ntitle: t\nlicence: l\ncitation: c\n' "$id"
        printf 'files:\n  - {path: sub/a.bin, %s, urls: [' "$sums"
        for url in "$@"; do printf '"%s", ' "$url"; done
        printf ']}\n'
    } >"m/$id.yaml"
}
right="bytes: $size, sha256: $sum, sum_source: us"
fast=(--manifests m --backoff 0.05 --stall 1 --retries 3)

# fetch BEHAVIOUR [OPTIONS]: an entry with sum from an address of that
# behaviour, into an empty folder.
fetch() {
    local id=$1
    shift
    manifest "$id" "$right" "$at/$id/a.bin"
    : >log
    run fmcib-data fetch "$id" "${fast[@]}" --allow-http "$@"
}
came() {
    expect_status 0
    expect_out "^fetched +$size  data/$1/sub/a\.bin  \(sha256\)\$"
    expect_same www/a.bin "data/$1/sub/a.bin"
    expect_no_file "data/$1/sub/a.bin.part"
}
# Nothing stands under the final name, ever.
did_not() {
    expect_status 4
    expect_out "^failed +-  data/$1/sub/a\.bin\$"
    expect_no_file "data/$1/sub/a.bin"
}
requests() {
    wc -l <log
}

# ---- servers that give it, sooner or later
fetch ok
came ok
expect_equal "$(requests)" 1
run fmcib-data fetch ok "${fast[@]}" --allow-http
expect_status 0
expect_out "^there +$size  data/ok/sub/a\.bin  \(sha256\)\$"
expect_equal "$(requests)" 1
fetch cut # three pieces
came cut
expect_equal "$(requests)" 3
expect_in_file 'bytes=[1-9][0-9]*-' log
fetch cutnorange # asks for the rest, gets refused, begins anew
came cutnorange
expect_err 'try 2 of 4 in 0\.05 s'
fetch stall
came stall
expect_err 'no byte came for 1 s; try 2 of 4'
expect_in_file 'bytes=[1-9][0-9]*-' log
fetch busy
came busy
expect_equal "$(requests)" 3
expect_err 'error: 503'
fetch moved
came moved
fetch 416
came 416
fetch badrange
came badrange
fetch mixed # pieces of two versions: the sum tells, it begins anew
came mixed
expect_err 'put together it has another sum'
expect_equal "$(requests)" 3

# ---- servers that never do
fetch gone
did_not gone
expect_err "$at/gone/a\.bin: The requested URL returned error: 404"
expect_equal "$(requests)" 1
expect_no_file data/gone/sub/a.bin.part
fetch down
did_not down
expect_equal "$(requests)" 4
fetch silent --retries 1
did_not silent
expect_equal "$(requests)" 2
fetch wrong
did_not wrong
expect_err "sha256 is [0-9a-f]{64}, the manifest has $sum; kept as data/wrong/"
expect_equal "$(requests)" 1
check 'the wrong bytes in .bad' [ -s data/wrong/sub/a.bin.bad ]
expect_no_file data/wrong/sub/a.bin.part
fetch wrong # the same again: not resumed, .bad replaced
did_not wrong
fetch short
did_not short
expect_err "$((size - 10)) bytes, the manifest has $size"
fetch shortnolength --retries 1
did_not shortnolength
fetch long --retries 1 # all bytes came: curl calls it cut, the sum is right
came long
fetch extra
did_not extra
expect_err "sends more than the $size bytes it should"
expect_no_file data/extra/sub/a.bin.part
fetch extralength
did_not extralength
fetch cutalways --retries 1
did_not cutalways
check 'a part to go on with' [ -s data/cutalways/sub/a.bin.part ]
fetch page
did_not page
fetch empty --retries 0
did_not empty
expect_err '0 bytes'
fetch circle
did_not circle
expect_err 'redirects'
fetch tofile # a redirection to a local file is not followed
did_not tofile
expect_err '(rotocol|Unsupported)'

# ---- a part of an earlier run: gone on with, too long, of other bytes
mkdir -p data/part/sub
head -c 100000 www/a.bin >data/part/sub/a.bin.part
manifest part "$right" "$at/ok/a.bin"
: >log
run fmcib-data fetch part "${fast[@]}" --allow-http
came part
expect_equal "$(cat log)" '/ok/a.bin bytes=100000-'
expect_err 'going on after 100000 bytes'
for junk in 'head -c 100000 /dev/zero' "head -c $size /dev/zero" \
    'cat www/a.bin www/a.bin' 'cat www/a.bin'; do
    rm data/part/sub/a.bin
    $junk >data/part/sub/a.bin.part
    run fmcib-data fetch part "${fast[@]}" --allow-http
    came part
done

# ---- one address after the other; http only where it is allowed
manifest two "$right" "$at/gone/a.bin" "$at/wrong/a.bin" "$at/ok/a.bin"
run fmcib-data fetch two "${fast[@]}" --allow-http
came two
rm -r data/two
: >log
run fmcib-data fetch two "${fast[@]}"
did_not two
expect_err 'rotocol "http" not supported|rotocol .http'
expect_equal "$(requests)" 0
manifest nobody "$right" http://127.0.0.1:1/a.bin
run fmcib-data fetch nobody "${fast[@]}" --allow-http --retries 1
did_not nobody
expect_err 'onnect'

# ---- mirrors: a folder, file://, http; offline
mkdir -p 'mir ror/two/sub'
cp www/a.bin 'mir ror/two/sub/'
: >log
for mirror in 'mir ror' "file://$PWD/mir%20ror/"; do
    run fmcib-data fetch two "${fast[@]}" --mirror "$mirror" --offline
    came two
    rm -r data/two
done
expect_equal "$(requests)" 0
manifest web "$right" "https://127.0.0.1:1/a.bin"
run fmcib-data fetch web "${fast[@]}" --mirror "$at/ok"
came web
run fmcib-data fetch part "${fast[@]}" --mirror 'mir ror' --offline --out o
expect_status 4
expect_no_file o/part/sub/a.bin
run fmcib-data fetch part "${fast[@]}" --mirror 'mir ror' --allow-http --out o
expect_status 0
expect_same www/a.bin o/part/sub/a.bin
run fmcib-data fetch part "${fast[@]}" --mirror nowhere --out p
expect_status 4
expect_err 'mirror nowhere: No such file'

# ---- no published sum: said, recorded, held against it later
manifest nosum 'bytes: unknown, sum: none' "$at/ok/a.bin"
mkdir -p data/nosum/sub
echo other >data/nosum/sub/a.bin.part
run fmcib-data fetch nosum "${fast[@]}" --allow-http
expect_status 0
expect_out "no published sum: sha256 $sum was computed and recorded in"
expect_same www/a.bin data/nosum/sub/a.bin
expect_equal "$(cat data/nosum/sub/a.bin.sha256)" "$sum  a.bin"
run fmcib-data fetch nosum "${fast[@]}"
expect_status 0
expect_out '^there .*sha256 recorded at its download'
run fmcib-data verify data/nosum --manifests m --strict
expect_status 0
echo more >>data/nosum/sub/a.bin
run fmcib-data fetch nosum "${fast[@]}" --allow-http
expect_status 8
expect_err 'is there and is wrong .*move it away'
manifest login 'bytes: unknown, sum: none' "$at/page/a.bin"
run fmcib-data fetch login "${fast[@]}" --allow-http
did_not login
expect_err 'it is a web page'
manifest cutnosum "bytes: $size, sum: none" "$at/cut/a.bin"
run fmcib-data fetch cutnosum "${fast[@]}" --allow-http
did_not cutnosum # without a sum nothing is put together
expect_no_file data/cutnosum/sub/a.bin.part
manifest md5 "bytes: unknown, sum_source: us, md5: $(md5sum www/a.bin |
    cut -c 1-32)" "$at/ok/a.bin"
run fmcib-data fetch md5 "${fast[@]}" --allow-http
expect_status 0
expect_out '\(md5\)$'
manifest hand 'bytes: unknown, sum: none'
run fmcib-data fetch hand ok "${fast[@]}"
expect_status 12
expect_out '^no address +-  data/hand/sub/a\.bin  \(by hand'
expect_out '^there '

# ---- a wrong file under the final name is not ours to remove
echo mine >data/ok/sub/a.bin
run fmcib-data fetch ok "${fast[@]}" --allow-http
expect_status 8
expect_equal "$(cat data/ok/sub/a.bin)" mine
run fmcib-data fetch ok/sub/a.bin md5/sub/ "${fast[@]}"
expect_status 8
expect_out '^there +[0-9]+  data/md5' # the others come all the same
run fmcib-data fetch ok/sub/b.bin "${fast[@]}"
expect_status 2
expect_err 'has no such file'
run fmcib-data fetch okk "${fast[@]}"
expect_status 2
expect_err 'the nearest is "ok"'

# ---- a file that cannot grow; a folder that cannot be made; no curl
manifest full "$right" "$at/ok/a.bin"
run bash -c "ulimit -f 100; exec fmcib-data fetch full ${fast[*]} --allow-http"
expect_status 4
expect_err 'full/sub/a\.bin\.part: cannot be written \(disk full'
expect_no_file data/full/sub/a.bin
run fmcib-data fetch full "${fast[@]}" --allow-http
came full
run fmcib-data fetch full "${fast[@]}" --out www/a.bin
expect_status 4
run fmcib-data fetch part "${fast[@]}" --allow-http --curl ./no-curl --out q
expect_status 4
expect_err '\./no-curl: no such program on PATH; install the package curl'

# ---- two at once; the first is stopped, killed
slow() {
    rm -rf data/slow
    : >log
    fmcib-data fetch slow "${fast[@]}" --allow-http >slow.out 2>slow.err &
    pid=$!
    for ((i = 0; i < 100; i++)); do
        [ -s data/slow/sub/a.bin.part ] && break
        sleep 0.05
    done
}
manifest slow "$right" "$at/slow/a.bin"
slow
run fmcib-data fetch slow "${fast[@]}" --allow-http
expect_status 7
expect_err 'a\.bin\.part: another process is fetching it'
wait "$pid"
expect_equal $? 0
expect_same www/a.bin data/slow/sub/a.bin
slow
kill "$pid"
wait "$pid"
expect_equal $? 75
expect_in_file 'stopped; the same line goes on' slow.err
expect_no_file data/slow/sub/a.bin
check 'a part to go on with' [ -s data/slow/sub/a.bin.part ]
run fmcib-data fetch slow "${fast[@]}" --allow-http
came slow
expect_in_file 'bytes=[1-9]' log
slow
{
    kill -9 "$pid"
    wait "$pid"
} 2>/dev/null
run fmcib-data fetch slow "${fast[@]}" --allow-http
expect_status 7 # its curl goes on, and so does the lock
for ((i = 0; i < 100; i++)); do
    run fmcib-data fetch slow "${fast[@]}" --allow-http
    [ "$status" = 7 ] || break
    sleep 0.1
done
came slow
finish
