#!/usr/bin/env bash
# The lints themselves: a small good tree passes each of them, and every rule is
# seen to fail once on that tree with one thing planted.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../cli/lib.sh"
lint=$FMCIB_SOURCE/tests/lint
cc=${CC:-cc}

# put FILE: the tree's file from standard input.
put() {
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

good_tree() {
    rm -rf t
    put t/src/README.md <<'END'
| layer | folder | what |
|---|---|---|
| 0 | `base/` | below |
| 1 | `det/` | middle |
| 2 | `vol/` | above |

| outside header | only in |
|---|---|
| `zlib.h` | `vol/` |
END
    echo 'fmcib_module(base SOURCES a.c)' | put t/src/base/CMakeLists.txt
    echo 'fmcib_module(det SOURCES b.c USES base LIBS m)' |
        put t/src/det/CMakeLists.txt
    printf 'fmcib_module(vol SOURCES c.c\n    USES base\n det)\n' |
        put t/src/vol/CMakeLists.txt
    put t/src/base/a.h <<'END'
#ifndef BASE_A_H
#define BASE_A_H

/* Twice a number. */
int a_twice(int v);

#endif
END
    put t/src/base/a.c <<'END'
#include "base/a.h"

/* time( and rand( in a comment do no harm */
int a_twice(int v)
{
    return 2 * v;
}
END
    put t/src/vol/c.c <<'END'
#include <stdio.h>
#include <zlib.h>

#include "base/a.h"
END
    put t/run <<'END'
#!/usr/bin/env bash
echo "$1"
END
    cp "$FMCIB_SOURCE/.clang-format" t/
}

# clean LINT: passes on the good tree.
clean() {
    good_tree
    run bash "$lint/$1.sh" t
    expect_status 0
    expect_out ' 0 findings'
}

# caught LINT TEXT: fails on the tree as it is now, saying TEXT.
caught() {
    run bash "$lint/$1.sh" t
    expect_status 1
    expect_out "$2"
    good_tree
}

for name in layers headers length format shell words; do
    clean $name
done

# layers
echo '#include "vol/c.h"' >>t/src/base/a.c
caught layers 'src/base/a.c:8: base/ \(layer 0\) may not include "vol/c.h" \(lay'
echo '#include "other/c.h"' >>t/src/base/a.c
caught layers 'folder other/ is not in the layer map'
echo '#include "a.h"' >>t/src/base/a.c
caught layers 'write "folder/file.h"'
echo '#include "base/../vol/c.h"' >>t/src/base/a.c
caught layers 'write "folder/file.h"'
echo '#include <zlib.h>' >>t/src/base/a.c
caught layers '<zlib.h> belongs to +vol +only'
echo '  #  include <dlfcn.h>' >>t/src/base/a.c
caught layers '<dlfcn.h> is in no table'
echo '#include <fenv.h>' >>t/src/vol/c.c
caught layers '<fenv.h> is in no table'
echo '#include THAT' >>t/src/vol/c.c
caught layers 'an include that cannot be read'
echo 'fmcib_module(base SOURCES a.c USES det)' >t/src/base/CMakeLists.txt
caught layers 'base \(layer 0\) may not use det \(layer 1\)'
echo 'fmcib_module(base SOURCES a.c USES zoo)' >t/src/base/CMakeLists.txt
caught layers 'USES zoo, which is not in the layer map'
echo 'fmcib_module(vol SOURCES c.c)' >t/src/vol/CMakeLists.txt
caught layers 'add base to USES in src/vol/CMakeLists.txt'
echo 'int x;' | put t/src/zoo/z.c
caught layers 'src/zoo/z.c: folder zoo/ is not in the layer map'
echo 'no table' >t/src/README.md
caught layers 'no layer table'

# headers
sed -i 's/int a_twice(int v)/size_t a_twice(int v)/' t/src/base/a.h
caught headers 'src/base/a.h:1: does not compile alone: .*size_t'
sed -i 's/BASE_A_H/A_H/' t/src/base/a.h
caught headers 'the guard must be BASE_A_H'
sed -i '/Twice/d' t/src/base/a.h
caught headers 'no comment at: int a_twice'
printf '\nint a_thrice(int v);\n' >>t/src/base/a.h
caught headers 'no comment at: int a_thrice'
run bash "$lint/headers.sh" t "$cc"
expect_status 0

# length
yes '' | head -n 500 >>t/src/base/a.c
caught length 'src/base/a.c: 507 lines, at most 500'
{ echo 'void f(void)'; echo '{'; yes 'f();' | head -n 61; echo '}'; } \
    >>t/src/base/a.c
caught length 'src/base/a.c:9: a function of 61 lines, at most 60'
yes '' | head -n 61 >t/src/base/README.md
caught length 'src/base/README.md: 61 lines'

# format
echo 'int  x;' >>t/src/base/a.c
caught format 'src/base/a.c:8:'

# shell
# shellcheck disable=SC2016
echo 'echo $2' >>t/run
caught shell 'run:3:.*SC2086'
# shellcheck disable=SC2016
printf '#!/bin/bash\necho $2\n' | put t/slurm/x.sh
caught shell 'slurm/x.sh:2:'
# shellcheck disable=SC2016
printf '#!/bin/bash\necho $2\n' | put t/.ci/run
caught shell 'ci/run:2:'

# words
while IFS='~' read -r line text; do
    printf '%b\n' "$line" >>t/src/base/a.c
    caught words "src/base/a.c.*$text"
done <<'END'
int v = rand();~random numbers come from
int v = random ();~random numbers come from
void f(void) { srand(3); }~random numbers come from
long v = time(NULL);~no time in results
const char *s = __DATE__;~same bytes
const char *s = __TIME__;~same bytes
#pragma omp parallel for~no OpenMP
#pragma GCC optimize ("O3")~by pragma
__attribute__((optimize("O3"))) int f(void);~by pragma
#include <assert.h>~use ENSURE
void f(int v) { assert(v); }~use ENSURE
typedef struct s s;~no typedef
void f(char *s) { strcpy(s, s); }~unsafe
int *p = malloc(3);~base/mem.h
void f(void *p) { free(p); }~base/mem.h
int r = MPI_Allreduce(a, b, 1, MPI_FLOAT, MPI_SUM, c);~not by MPI_Allreduce
int r = MPI_Allreduce(a,\n b, 1,\n MPI_DOUBLE, MPI_SUM, c);~not by MPI_Allreduce
int r = MPI_Ireduce(a, b, 1, MPI_LONG_DOUBLE, MPI_SUM, c);~not by MPI_Ireduce
void f(void) { g(stream_u64(s), stream_u64(s)); }~two draws in one expression
double v = stream_range(s, 0, 1) +\n draw_double(d);~two draws in one expression
/* TODO later */~unfinished
// FIXME~unfinished
int v; /* XXX */~unfinished
END
echo 'int r = MPI_Allreduce(a, b, 1, MPI_INT64_T, MPI_SUM, c);' >>t/src/base/a.c
echo 'int v = my_rand(3) + s.time(4) + brand(5);' >>t/src/base/a.c
run bash "$lint/words.sh" t
expect_status 0
for flag in -march=native -ffast-math -Ofast -fopenmp -ffp-contract=fast; do
    echo "add_compile_options($flag)" >>t/src/base/CMakeLists.txt
    caught words 'src/base/CMakeLists.txt:2: a flag that changes results'
done

# symbols: libraries made here
symbols() { # TEXT: compile and look
    printf '%s\n' "$1" >s.c
    rm -f libs.a
    "$cc" -O0 -fno-builtin -w -c s.c -o s.o && ar rc libs.a s.o
    run bash "$lint/symbols.sh" libs.a
}
symbols 'double fma(double, double, double); double sqrt(double);
    double f(double x) { return fma(x, x, sqrt(x)); }'
expect_status 0
for call in exp log pow sin cos tanh erf cbrt lgamma expm1 expf logf powf \
    atan2 rand random drand48 time cblas_sgemm sgemm_ omp_get_thread_num \
    GOMP_parallel; do
    symbols "double $call(double); double f(double x) { return $call(x); }"
    expect_status 1
    expect_out "libs.a: asks for $call\$"
done
# our own function of that name in the same libraries is no request
symbols 'double ours(double); double cbrt(double x) { return x; }
    double f(double x) { return cbrt(x); }'
expect_status 0


# one name in two libraries
one() { # NAME TEXT
    printf '%s\n' "$2" >s.c
    rm -f "$1.a"
    "$cc" -w -c s.c -o s.o && ar rc "$1.a" s.o
}
one a 'int a_twice(int v) { return 2 * v; } static int same;'
one b 'int b_twice(int v) { return 2 * v; } static int same;
    __attribute__((weak)) int a_twice(int v) { return v; }'
run bash "$lint/symbols.sh" a.a b.a
expect_status 0
one b 'int a_twice(int v) { return v; } static int same;'
run bash "$lint/symbols.sh" a.a b.a
expect_status 1
expect_out '^a_twice is defined in a\.a.* b\.a'
one b 'int a_twice = 3;'
run bash "$lint/symbols.sh" a.a b.a
expect_status 1

# clang-tidy, where it is installed
if command -v clang-tidy >/dev/null; then
    good_tree
    cp "$FMCIB_SOURCE/.clang-tidy" t/
    mkdir t/b
    here=$(pwd)
    printf '[{"directory": "%s/t", "file": "%s/t/src/base/a.c",
    "command": "cc -I%s/t/src -c %s/t/src/base/a.c"}]\n' \
        "$here" "$here" "$here" "$here" >t/b/compile_commands.json
    run bash "$lint/tidy.sh" t "$here/t/b"
    expect_status 0
    echo 'int BadName(int *p) { p = 0; return *p; }' >>t/src/base/a.c
    run bash "$lint/tidy.sh" t "$here/t/b"
    expect_status 1
    expect_out 'readability-identifier-naming'
fi

# nothing to look at is no success
mkdir empty
for name in headers length format shell words; do
    run bash "$lint/$name.sh" empty
    expect_status 1
done
finish
