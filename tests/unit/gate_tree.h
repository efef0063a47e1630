#ifndef TESTS_UNIT_GATE_TREE_H
#define TESTS_UNIT_GATE_TREE_H

/* Gate files from text. */
#include "base/json.h"

#include "report_sample.h"

static const char NO_CLAIMS[] = "{\"gates\": []}";

static inline struct json *tree(const char *text)
{
    struct json *j = NULL;

    assert_ok(json_parse(text, strlen(text), "test", &j));
    return j;
}

#endif
