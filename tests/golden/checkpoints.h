#ifndef TESTS_GOLDEN_CHECKPOINTS_H
#define TESTS_GOLDEN_CHECKPOINTS_H

#include <ctype.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "check.h"
#include "golden/golden.h"

/* Path of the file an entry of checkpoints.json is about. */
static inline const char *checkpoint_path(const struct json *entry)
{
    char name[256];

    (void)snprintf(name, sizeof name, "network/checkpoints/%s",
                   json_text(json_get(entry, "file")));
    return golden_path(name);
}

/* The list. Python writes integers of any length, JSON readers have 64 bits:
 * longer ones are read as texts of their digits. Caller frees. */
static inline struct json *checkpoints_json(void)
{
    const char *path = golden_path("network/checkpoints/checkpoints.json");
    struct text t = {0};
    struct json *j = NULL;
    char *s = NULL;
    size_t len = 0;
    int in_text = 0;

    assert_ok(file_read(path, 1 << 26, &s, &len));
    for (size_t i = 0; i < len;) {
        size_t n = 0;

        while (!in_text && isdigit((unsigned char)s[i + n]))
            n++;
        if (s[i] == '"' && (i == 0 || s[i - 1] != '\\'))
            in_text = !in_text;
        if (n > 18 && s[i - 1] == ' ' &&
            (s[i + n] == '\n' || s[i + n] == ',' || s[i + n] == ']'))
            text_add(&t, "\"%.*s\"", (int)n, s + i);
        else
            text_put(&t, s + i, n ? n : 1);
        i += n ? n : 1;
    }
    assert_ok(text_status(&t));
    assert_ok(json_parse(t.s, t.len, path, &j));
    text_free(&t);
    mem_free(s);
    return j;
}

#endif
