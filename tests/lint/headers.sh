#!/usr/bin/env bash
# headers.sh ROOT [CC [FLAGS...]]: every header of src/ and tests/ compiles alone, has the
# guard FOLDER_FILE_H, and says in a comment what it declares.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
root=$1
cc=${2:-cc}
looked=0
read -ra flags <<<"$(pkg-config --cflags netcdf yaml-0.1 jansson 2>/dev/null)"
flags+=("${@:3}" -std=c17 -D_GNU_SOURCE '-DFMCIB_VERSION="0"' -Wall -Wextra -Werror
    -Wno-unused-function -Wno-unused-const-variable -Wno-unused-variable
    -fsyntax-only -I "$root/src" -I "$root/tests")

guard_of() {
    local name=${1#src/}
    name=${name//[\/.-]/_}
    printf '%s' "${name^^}"
}

# Paragraphs that declare functions and hold no comment; the paragraph before
# may be the comment. x_free and x_close say what they do.
bare_declarations() {
    awk -v RS= '
        { comment = index($0, "/*") > 0 || index($0, "//") > 0
          if ($0 ~ /(^|\n)[a-z_][^#={]*\([^{]*\);/ && !comment && !before &&
              $0 !~ /^void [a-z0-9_]+_(free|close|clear)\([^;]*\);\n*$/)
              print $0 "\n--"
          before = comment && $0 !~ /;/ }' "$1"
}

while read -r file; do
    looked=$((looked + 1))
    guard=$(guard_of "$file")
    if ! grep -qE '^// lint: part of a file|/\* lint: part of a file' \
        "$root/$file"; then
        grep -q "^#ifndef $guard\$" "$root/$file" ||
            finding "$file:1: the guard must be $guard"
        if ! errors=$(printf '#include "%s"\n' "$root/$file" |
            "$cc" -x c "${flags[@]}" - 2>&1); then
            finding "$file:1: does not compile alone: $(grep -m1 error: \
                <<<"$errors" || head -n1 <<<"$errors")"
        fi
    fi
    case $file in
    src/*)
        bare=$(bare_declarations "$root/$file" | head -n 1)
        [ -z "$bare" ] || finding "$file: no comment at: $bare"
        grep -q '/\*' "$root/$file" || finding "$file:1: no comment at all"
        ;;
    esac
done < <(files_of "$root" '\.h$' src tests)
finish_lint "$looked" headers
