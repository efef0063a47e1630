#!/usr/bin/env bash
# The report in a browser: nothing on the console, no request for anything
# outside the file, nothing wider than the window. The page is the one with
# every section in it (unit/test_report); faults are planted to see them found.
# Needs Chromium, else it is skipped.
# labels: nosan
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

browser=$(command -v chromium || command -v chromium-browser) ||
    skip 'no chromium: the report was not opened in a browser'

FMCIB_KEEP=page.html run "$FMCIB_BIN/unit_test_report"
expect_status 0
expect_file page.html

# show FILE WIDTH: what the browser makes of it: FILE.dom, FILE.err, FILE.urls
# (requests but for the browser's own to its maker).
show() {
    run timeout 100 "$browser" --headless --no-sandbox --disable-gpu \
        --user-data-dir="$tmp/profile" --no-first-run \
        --disable-background-networking --disable-component-update \
        --disable-sync --disable-default-apps --window-size="$2,900" \
        --allow-file-access-from-files \
        --enable-logging=stderr --log-net-log="$1.net" \
        --dump-dom "file://$work/$1"
    expect_status 0
    cp "$out_file" "$1.dom"
    grep 'CONSOLE' "$err_file" >"$1.err"
    grep -oE '"url":"(https?|wss?|ftp|file)://[^"]*' "$1.net" | cut -d'"' -f4 |
        grep -vE '^https?://[a-z0-9.]*(google|googleapis|gvt1)\.com/' |
        sort -u >"$1.urls"
}

show page.html 1200
expect_in_file '</footer>' page.html.dom
check 'no word on the console' test ! -s page.html.err
check 'no request but for the file itself' \
    test -z "$(grep -v "^file://$work/page.html\$" page.html.urls)"

# Planted faults are seen.
sed 's|<main>|<main><img alt="x" src="http://example.invalid/x.png"><script>console.error("planted")</script>|' \
    page.html >bad.html
show bad.html 1200
expect_in_file 'example\.invalid' bad.html.urls
expect_in_file 'planted' bad.html.err

# measure FILE WIDTH: the title says whether anything is wider than the window.
measure() {
    sed 's|</body>|<script>document.title = "wide " + (document.documentElement.scrollWidth > window.innerWidth)</script></body>|' \
        "$1" >measured.html
    show measured.html "$2"
}
for width in 500 800 1200; do
    measure page.html "$width"
    expect_in_file '<title>wide false' measured.html.dom
done
sed 's|<main>|<main><div style="width:3000px">x</div>|' page.html >broad.html
measure broad.html 800
expect_in_file '<title>wide true' measured.html.dom

# phone FILE WIDTH: the same in a frame of that width (a window is never below
# 500), and of the tables of words that they need no scrolling.
phone() {
    cat >frame.html <<END
<iframe width=$2 height=900 style="border:0" src="$1"></iframe><script>
onload = () => {
    const w = frames[0], d = w.document, wide = e => e.scrollWidth > e.clientWidth
    document.title = "wide " + wide(d.documentElement) + ", scrolls " +
        [...d.querySelectorAll(".stack")].filter(e => wide(e.parentElement)).length +
        " of " + d.querySelectorAll(".stack").length + ", rows " +
        [...d.querySelectorAll(".gates tr")].every(e => e.getAttribute("role") == "row")
}
</script>
END
    show frame.html 600
}
for width in 380 500; do
    phone page.html $width
    expect_in_file '<title>wide false, scrolls 0 of [1-9], rows true' frame.html.dom
done
sed 's/(max-width:40rem)/(max-width:1rem)/g' page.html >rows.html
phone rows.html 380
expect_in_file 'scrolls [1-9]' frame.html.dom
finish
