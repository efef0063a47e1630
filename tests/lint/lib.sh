# shellcheck shell=bash
# Common parts of the lints. Every lint takes the root of a source tree, prints
# "file:line: what" for each finding, and fails when there was one, so the self
# test can run it on planted trees.
set -euo pipefail
export LC_ALL=C
findings=0

finding() {
    printf '%s\n' "$*"
    findings=$((findings + 1))
}

# End of a lint: at least one thing has to have been looked at.
finish_lint() {
    local looked=$1 what=$2
    if [ "$looked" -eq 0 ]; then
        printf 'nothing to look at: no %s found\n' "$what"
        exit 1
    fi
    printf '%s: %d %s, %d findings\n' "${0##*/}" "$looked" "$what" "$findings"
    [ "$findings" -eq 0 ]
    exit
}

# Files below the given folders of the root, by extended regular expression,
# NUL-free names one a line, sorted. Build folders are not looked at.
files_of() {
    local root=$1 regex=$2
    shift 2
    (cd "$root" && for dir in "$@"; do
        if [ -e "$dir" ]; then
            find "$dir" -type f -not -path '*/build/*'
        fi
    done | grep -E "$regex" | sort) || true
}

# Source without comments, lines kept in place.
without_comments() {
    perl -0777 -pe '
        s{("(?:[^"\\\n]|\\.)*"|\x27(?:[^\x27\\\n]|\\.)*\x27)|(/\*.*?\*/)|//[^\n]*}
         {defined $1 ? $1 : do {(my $n = $2 // "") =~ tr/\n//cd; $n}}gse' "$1"
}

need() {
    command -v "$1" >/dev/null || {
        echo "SKIP: $1 is not installed"
        exit 77
    }
}
