#!/usr/bin/env bash
# layers.sh ROOT: includes and CMake's USES go down the layer map of
# src/README.md; outside headers stay in their folders.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
root=$1
map=$root/src/README.md

declare -A layer=() allowed=()
while IFS='|' read -r _ number folder _; do
    folder=${folder//[^a-z]/}
    layer[$folder]=${number// /}
done < <(grep -E '^\| *[0-9]+ *\| *.[a-z]+/. *\|' "$map")
while IFS='|' read -r _ header folders _; do
    header=${header//[^a-zA-Z0-9_.\/-]/}
    allowed[$header]=" ${folders//[^a-z]/ } "
done < <(grep -E '^\| *.[a-zA-Z0-9_/-]+\.(h|hpp). *\|' "$map")
[ "${#layer[@]}" -gt 0 ] || finding "$map: no layer table"

# C17 and POSIX, as the map says; libstdc++ beside PCG.
free=' complex.h ctype.h errno.h float.h inttypes.h limits.h math.h setjmp.h
 signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
 stdlib.h stdnoreturn.h string.h time.h dirent.h fcntl.h fnmatch.h ftw.h getopt.h
 glob.h poll.h sched.h spawn.h strings.h sys/file.h sys/mman.h sys/resource.h sys/stat.h
 sys/statvfs.h sys/sysinfo.h sys/time.h sys/types.h sys/uio.h sys/utsname.h
 sys/wait.h unistd.h '
free=${free//$'\n'/ }

includes_of() {
    grep -nE '^[[:space:]]*#[[:space:]]*include' "$1" || true
}

check_own() { # file line folder name
    local to=${4%%/*}
    if [[ $4 != */* || $4 == *..* ]]; then
        finding "$1:$2: \"$4\": write \"folder/file.h\""
    elif [ -z "${layer[$to]:-}" ]; then
        finding "$1:$2: \"$4\": folder $to/ is not in the layer map"
    elif [ "$to" != "$3" ] && [ "${layer[$to]}" -ge "${layer[$3]}" ]; then
        finding "$1:$2: $3/ (layer ${layer[$3]}) may not include \"$4\"" \
            "(layer ${layer[$to]})"
    elif [ "$to" != "$3" ] && [[ "${uses[$3]:-}" != *" $to "* ]]; then
        finding "$1:$2: \"$4\": add $to to USES in src/$3/CMakeLists.txt"
    fi
}

check_outside() { # file line folder name
    if [[ "$free" == *" $4 "* ]]; then
        return 0
    fi
    if [ "$4" = fenv.h ] && [[ ' base det dev ' == *" $3 "* ]]; then
        return 0
    fi
    if [ -z "${allowed[$4]:-}" ]; then
        finding "$1:$2: <$4> is in no table of src/README.md"
    elif [[ "${allowed[$4]}" != *" $3 "* ]]; then
        finding "$1:$2: <$4> belongs to${allowed[$4]}only"
    fi
}

# USES of every module, and that they go down.
declare -A uses=()
while read -r file; do
    folder=${file#src/}
    folder=${folder%%/*}
    list=$(sed 's/#.*//' "$root/$file" | tr -s '\n' ' ' |
        { grep -oE '\bUSES [a-z ]+' || true; } | sed 's/^USES //' | tr '\n' ' ')
    uses[$folder]="${uses[$folder]:- }$list "
    for to in $list; do
        if [ -z "${layer[$to]:-}" ]; then
            finding "$file: USES $to, which is not in the layer map"
        elif [ "$to" != "$folder" ] &&
            [ "${layer[$to]}" -ge "${layer[$folder]:-0}" ]; then
            finding "$file: $folder (layer ${layer[$folder]:-none}) may not" \
                "use $to (layer ${layer[$to]})"
        fi
    done
done < <(files_of "$root" '/(CMakeLists\.txt|[a-z_]+\.cmake)$' src)

looked=0
while read -r file; do
    looked=$((looked + 1))
    folder=${file#src/}
    folder=${folder%%/*}
    if [ -z "${layer[$folder]:-}" ]; then
        finding "$file: folder $folder/ is not in the layer map"
        continue
    fi
    while IFS=: read -r line text; do
        if [[ $text =~ \"([^\"]+)\" ]]; then
            check_own "$file" "$line" "$folder" "${BASH_REMATCH[1]}"
        elif [[ $text =~ \<([^>]+)\> ]]; then
            check_outside "$file" "$line" "$folder" "${BASH_REMATCH[1]}"
        else
            finding "$file:$line: an include that cannot be read:$text"
        fi
    done < <(includes_of "$root/$file")
done < <(files_of "$root" '\.(c|h|cc|cpp|cu|inc)$' src)
finish_lint "$looked" 'source files'
