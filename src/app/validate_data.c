/* What fmcib-data verify found, and measured effects of departures. */
#include <string.h>

#include "base/mem.h"

#include "app/validate.h"
#include "conf/yaml.h"

enum { ANSWERS_MAX = 32, ANSWER_MAX = 256 << 20 };

static status count(const struct json *answer,
                    const char *path,
                    const char *state,
                    uint64_t *out)
{
    status st = OK;
    int64_t n = json_i64(json_get(answer, state), -1);

    ENSURE(n >= 0, ERR_DATA,
           "%s: has no count \"%s\": it is no answer of fmcib-data verify "
           "--json",
           path, state);
    *out = (uint64_t)n;
out:
    return st;
}

/* The first file that is wrong or missing, and why. */
static const char *
worst(struct report *r, const struct json *answer, status *st)
{
    const struct json *files = json_get(answer, "files");

    for (size_t i = 0; i < json_len(files); i++) {
        const struct json *f = json_at(files, i);
        const char *path = json_text(json_get(f, "path"));
        const char *state = json_text(json_get(f, "state"));
        const char *why = json_text(json_get(f, "why"));

        if (path && state &&
            (strcmp(state, "wrong") == 0 || strcmp(state, "missing") == 0))
            return pool_text(&r->pool, st, "%s: %s%s%s", path, state,
                             why && *why ? ", " : "", why ? why : "");
    }
    return "";
}

static status one_answer(struct report *r, const char *path)
{
    status st = OK;
    struct json *j = NULL;
    struct report_source *s = NULL;

    TRY(json_read(path, ANSWER_MAX, &j));
    ENSURE(json_text(json_get(j, "manifest")), ERR_DATA,
           "%s: names no manifest: it is no answer of fmcib-data verify "
           "--json",
           path);
    TRY(REPORT_ADD(r, source, n_sources, cap_sources, &s));
    s->id = pool_text(&r->pool, &st, "%s", json_text(json_get(j, "manifest")));
    TRY(count(j, path, "ok", &s->ok));
    TRY(count(j, path, "wrong", &s->wrong));
    TRY(count(j, path, "missing", &s->missing));
    TRY(count(j, path, "unknown", &s->unknown));
    TRY(count(j, path, "unproven", &s->unproven));
    s->worst = worst(r, j, &st);
out:
    json_free(j);
    return st;
}

status validate_sources(const struct validate_conf *c, struct report *r)
{
    status st = OK;
    const char *word[ANSWERS_MAX];
    uint32_t n = 0;

    TRY(validate_words(&r->pool, "input.verified", c->verified, word,
                       ANSWERS_MAX, &n));
    for (uint32_t i = 0; i < n; i++)
        TRY(one_answer(r, word[i]));
out:
    return st;
}

/* ---- effects */

static bool same(const struct json *e, const char *key, const char *value)
{
    const char *words = json_text(json_get(e, key));

    return words && strcmp(words, value) == 0;
}

status validate_effects(const struct validate_conf *c, struct report *r)
{
    status st = OK;
    struct json *file = NULL;
    const struct json *list;

    for (size_t i = 0; i < r->n_deviations; i++)
        r->deviation[i].effect = "";
    if (!*c->effects || r->n_deviations == 0)
        return OK;
    TRY(yaml_read_json(c->effects, &file));
    list = json_get(file, "effects");
    ENSURE(json_is_array(list), ERR_DATA, "%s: has no list \"effects\"",
           c->effects);
    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *e = json_at(list, i);
        const char *words = json_text(json_get(e, "effect"));

        ENSURE(words && json_text(json_get(e, "key")) &&
                   json_text(json_get(e, "here")),
               ERR_DATA,
               "%s: entry %zu needs the texts \"key\", \"here\", \"effect\"",
               c->effects, i + 1);
        for (size_t k = 0; k < r->n_deviations; k++)
            if (same(e, "key", r->deviation[k].key) &&
                same(e, "here", r->deviation[k].here))
                r->deviation[k].effect = pool_text(&r->pool, &st, "%s", words);
        TRY(st);
    }
out:
    json_free(file);
    return st;
}
