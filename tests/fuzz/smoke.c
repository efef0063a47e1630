/* smoke RUNS FILE...: RUNS inputs made from the files by random changes, the
 * same on every machine. A crash tells the number of the input;
 * "smoke -N FILE..." repeats that one. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#include "det/stream.h"
#include "fuzz.h"

enum { SEED = 20260101, FILES_MAX = 256, ROOM = 1 << 16, CHANGES = 8 };

struct blob {
    uint8_t bytes[ROOM];
    size_t len;
};

static struct blob *corpus;
static size_t n_corpus;
static volatile sig_atomic_t input;

static void on_crash(int sig)
{
    char line[64];
    int n = snprintf(line, sizeof line, "crashed at input %d\n", (int)input);

    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        _exit(99);
    (void)signal(sig, SIG_DFL);
    (void)raise(sig);
}

/* Replace len bytes at `at` by others. */
static void
splice(struct blob *b, size_t at, size_t len, const uint8_t *with, size_t n)
{
    if (b->len - len + n > ROOM)
        return;
    memmove(b->bytes + at + n, b->bytes + at + len, b->len - at - len);
    memcpy(b->bytes + at, with, n);
    b->len += n - len;
}

static size_t below(struct stream *s, size_t n)
{
    return (size_t)stream_below(s, n);
}

static void change(struct stream *s, struct blob *b)
{
    static const char *const tokens[] = {
        "\"", ",",  ":",    "\n",  "\r\n", "[",    "]",  "{",
        "}",  "- ", "&a ",  "*a",  "!!x ", "NaN",  ".",  "1e-6",
        "\\", "0",  "1e99", "---", "# ",   "\xc3", "\t", "-9223372036854775809",
    };
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, ' ', '"', '\n'};
    size_t at = below(s, b->len + 1);
    size_t left = b->len - at;
    uint8_t byte = (uint8_t)below(s, 256);
    const struct blob *other = &corpus[below(s, n_corpus)];
    const char *token = tokens[below(s, sizeof tokens / sizeof *tokens)];

    switch (below(s, 7)) {
    case 0:
        splice(b, at, left > 0, &byte, 1);
        break;
    case 1:
        splice(b, at, left > 0, &odd[below(s, sizeof odd)], 1);
        break;
    case 2:
        splice(b, at, 0, (const uint8_t *)token, strlen(token));
        break;
    case 3:
        splice(b, at, below(s, left + 1), &byte, 0);
        break;
    case 4: /* a piece of another file */
        if (other->len) {
            size_t from = below(s, other->len);

            splice(b, at, 0, other->bytes + from, below(s, other->len - from));
        }
        break;
    case 5:
        if (left > 0)
            b->bytes[at] ^= (uint8_t)(1U << below(s, 8));
        break;
    default:
        b->len = at; /* cut short */
        break;
    }
}

static void try_input(int i)
{
    static struct blob b;
    struct stream s = stream_at(SEED, STREAM_TEST, (uint64_t)i, 0, 0);
    uint8_t *exact = NULL;

    input = i;
    b = corpus[below(&s, n_corpus)];
    for (size_t k = i < (int)n_corpus ? 0 : 1 + below(&s, CHANGES); k > 0; k--)
        change(&s, &b);
    if (i < (int)n_corpus)
        b = corpus[i]; /* first the files as they are */
    /* in memory of its own, so that the sanitizer sees a read past the end */
    FUZZ_REQUIRE(mem_raw(b.len, 1, &exact) == OK);
    memcpy(exact, b.bytes, b.len);
    (void)LLVMFuzzerTestOneInput(exact, b.len);
    mem_free(exact);
}

static void load_corpus(int n, char **paths)
{
    FUZZ_REQUIRE(n > 0 && n <= FILES_MAX);
    FUZZ_REQUIRE(mem_new((size_t)n, sizeof *corpus, &corpus) == OK);
    for (int i = 0; i < n; i++) {
        char *bytes = NULL;
        size_t len = 0;

        if (file_read(paths[i], ROOM, &bytes, &len) != OK) {
            (void)fprintf(stderr, "%s\n", status_text());
            exit(1);
        }
        memcpy(corpus[n_corpus].bytes, bytes, len);
        corpus[n_corpus++].len = len;
        mem_free(bytes);
    }
}

int main(int argc, char **argv)
{
    int runs = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;

    FUZZ_REQUIRE(runs != 0);
    load_corpus(argc - 2, argv + 2);
    (void)signal(SIGABRT, on_crash);
    (void)signal(SIGSEGV, on_crash);
    if (runs < 0)
        try_input(-runs);
    for (int i = 0; i < runs; i++)
        try_input(i);
    (void)printf("%d inputs from %zu files, seed %d\n", runs < 0 ? 1 : runs,
                 n_corpus, SEED);
    mem_free(corpus);
    return 0;
}
