#!/usr/bin/env bash
# ./run: what it says, and set-up with a made-up package system.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
door=$FMCIB_SOURCE/run

run bash "$door" help
expect_status 0
for word in setup build demo test bench clean; do
    expect_out "^  $word"
done
run bash "$door"
expect_status 0
run bash "$door" nonsense
expect_status 1
expect_err 'run: unknown command: nonsense'
run bash "$door" test --nonsense
expect_status 1
expect_err 'unknown option --nonsense'

# dpkg-query says what the file "there" lists; apt-get adds to it
mkdir bin
cat >bin/dpkg-query <<'END'
#!/bin/bash
grep -qx -- "${*: -1}" "$FAKE/there" && echo installed
END
cat >bin/apt-get <<'END'
#!/bin/bash
echo "apt-get $*" >>"$FAKE/calls"
[ -e "$FAKE/broken" ] && exit 100
for word in "$@"; do
    case $word in -* | install | update) ;; *) echo "$word" >>"$FAKE/there" ;; esac
done
END
chmod +x bin/*
chmod -R a+rwX "$tmp"
export FAKE=$PWD
: >there
: >calls
PATH=$PWD/bin:$PATH

if [ "$(id -u)" = 0 ]; then
    run bash "$door" setup
    expect_status 0
    expect_in_file '^apt-get update' calls
    expect_in_file 'apt-get install -y .*libopenmpi-dev' calls
    expect_in_file 'libcmocka-dev' there
    : >calls
    run bash "$door" setup
    expect_status 0
    expect_err 'all packages are there'
    expect_equal "$(cat calls)" ''
    sed -i '/libyaml-dev/d' there
    : >broken
    run bash "$door" setup
    expect_status 1
    expect_err 'apt-get install failed: libyaml-dev'
    rm broken
fi

# without root: one line to copy, and nothing is touched
grep -v libyaml-dev there >less || true
mv less there
: >calls
if [ "$(id -u)" = 0 ]; then
    if setpriv --reuid=65534 --clear-groups true 2>/dev/null &&
        setpriv --reuid=65534 --clear-groups test -r "$door"; then
        run setpriv --reuid=65534 --clear-groups bash "$door" setup
    else
        finish
    fi
else
    run bash "$door" setup
fi
expect_status 1
expect_out '^sudo apt-get install -y --no-install-recommends .*libyaml-dev'
expect_equal "$(cat calls)" ''
finish
