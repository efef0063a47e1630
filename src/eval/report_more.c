/* Searches, maps and sources of a report as JSON, and their memory. */
#include "base/mem.h"

#include "eval/report_part.h"

static void number(struct text *t, const char *key, double v)
{
    text_add(t, ", \"%s\": ", key);
    report_number(t, v);
}

static void put_search(const struct report_search *s, struct text *t)
{
    uint32_t count[3] = {0};

    for (uint32_t i = 0; i < s->n; i++)
        count[s->state[i]]++;
    report_member(t, "set", s->set);
    text_add(t, ", ");
    report_member(t, "objective", s->objective);
    text_add(t,
             ", \"minimise\": %s, \"complete\": %u, \"pruned\": %u, "
             "\"failed\": %u,\n     \"importance\": {",
             s->minimise ? "true" : "false", count[TRIAL_DONE],
             count[TRIAL_CUT], count[TRIAL_BROKEN]);
    for (size_t k = 0; k < s->n_params; k++) {
        text_add(t, "%s", k ? ", " : "");
        text_json(t, s->param[k].name);
        text_add(t, ": ");
        report_number(t, s->param[k].importance);
    }
    text_add(t, "}");
}

static void put_map(const struct report_map *m, struct text *t)
{
    report_member(t, "set", m->set);
    text_add(t, ", \"kind\": \"%s\", \"rows\": %u, \"neighbours\": %u",
             m->tsne ? "tsne" : "pca", m->n, m->neighbours);
    number(t, "trustworthiness", m->trust);
    if (m->tsne) {
        text_add(t, ", \"steps\": %u", m->steps);
        number(t, "perplexity", m->perplexity);
        number(t, "divergence_nats", m->divergence);
    } else {
        number(t, "variance_1", m->share[0]);
        number(t, "variance_2", m->share[1]);
    }
}

static void put_source(const struct report_source *s, struct text *t)
{
    report_member(t, "manifest", s->id);
    text_add(t,
             ", \"ok\": %llu, \"wrong\": %llu, \"missing\": %llu, "
             "\"unknown\": %llu, \"unproven\": %llu",
             (unsigned long long)s->ok, (unsigned long long)s->wrong,
             (unsigned long long)s->missing, (unsigned long long)s->unknown,
             (unsigned long long)s->unproven);
}

static const char *between(size_t i)
{
    return i ? ",\n    {" : "\n    {";
}

void report_more_json(const struct report *r, struct text *t)
{
    text_add(t, "  \"searches\": [");
    for (size_t i = 0; i < r->n_searches; i++) {
        text_add(t, "%s", between(i));
        put_search(&r->search[i], t);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n  \"maps\": [");
    for (size_t i = 0; i < r->n_maps; i++) {
        text_add(t, "%s", between(i));
        put_map(&r->map[i], t);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n  \"data\": [");
    for (size_t i = 0; i < r->n_sources; i++) {
        text_add(t, "%s", between(i));
        put_source(&r->source[i], t);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n");
}

void report_more_free(struct report *r)
{
    for (size_t i = 0; i < r->n_searches; i++) {
        for (size_t k = 0; k < r->search[i].n_params; k++)
            mem_free(r->search[i].param[k].x);
        mem_free(r->search[i].param);
        mem_free(r->search[i].state);
        mem_free(r->search[i].value);
    }
    for (size_t i = 0; i < r->n_maps; i++) {
        mem_free(r->map[i].xy);
        mem_free(r->map[i].y);
    }
    mem_free(r->search);
    mem_free(r->map);
    mem_free(r->source);
}
