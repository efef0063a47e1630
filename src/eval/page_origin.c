/* Where results come from: departures, data, digests, configuration. */
#include <string.h>

#include "eval/page.h"

void page_deviations(struct text *t, const struct report *r)
{
    static const char *const head[] = {
        "key", "this run", "published", "measured effect", "source", NULL};

    page_section(t, "departures", "Departures from the published recipe", NULL);
    if (r->n_deviations == 0) {
        page_put(t, "<p>None among the keys that are compared.</p>\n");
        page_section_end(t);
        return;
    }
    page_table(t, NULL,
               "Measured: the same run with the published value of this key "
               "alone, where somebody made it (<code>input.effects</code>).",
               head);
    for (size_t i = 0; i < r->n_deviations; i++) {
        const struct report_deviation *d = &r->deviation[i];

        page_put(t, "<tr><th scope=\"row\">");
        page_tag(t, "span", "mono", d->key);
        page_put(t, "</th>");
        page_cell(t, "mono", d->here);
        page_cell(t, "mono", d->published);
        page_cell(t, NULL,
                  d->effect && *d->effect ? d->effect : "not measured");
        page_cell(t, "note", d->source);
        page_put(t, "</tr>\n");
    }
    page_table_end(t);
    page_section_end(t);
}

void page_sources(struct text *t, const struct report *r)
{
    static const char *const head[] = {"manifest",
                                       "verified",
                                       "wrong",
                                       "missing",
                                       "no sum published",
                                       "not listed",
                                       "first that is not right",
                                       NULL};

    page_section(t, "data", "Data", NULL);
    if (r->n_sources == 0) {
        page_put(t, "<p>No data manifest was checked with this run "
                    "(<code>input.verified</code> is empty): the digests below "
                    "say which bytes were read, not whether they are the "
                    "published ones.</p>\n");
        page_section_end(t);
        return;
    }
    page_table(t, NULL,
               "Files on disk held against the sums of data-manifests/ by "
               "fmcib-data verify.",
               head);
    for (size_t i = 0; i < r->n_sources; i++) {
        const struct report_source *s = &r->source[i];
        uint64_t listed = s->ok + s->wrong + s->missing + s->unproven;
        bool good = s->wrong + s->missing == 0;

        page_put(t, "<tr><th scope=\"row\">");
        svg_escape(t, s->id);
        text_add(
            t, "</th><td><span class=\"tag %s\">%s%llu of %llu</span></td>",
            good ? "pass" : "fail", good ? "\xe2\x9c\x93 " : "\xe2\x9c\x97 ",
            (unsigned long long)s->ok, (unsigned long long)listed);
        text_add(t, "<td>%llu</td><td>%llu</td><td>%llu</td><td>%llu</td>",
                 (unsigned long long)s->wrong, (unsigned long long)s->missing,
                 (unsigned long long)s->unproven,
                 (unsigned long long)s->unknown);
        page_cell(t, "note", s->worst);
        page_put(t, "</tr>\n");
    }
    page_table_end(t);
    page_section_end(t);
}

void page_digests(struct text *t, const struct report *r)
{
    static const char *const head[] = {"stage", "content", "SHA-256", NULL};

    page_section(t, "digests", "Digests",
                 "SHA-256 over content (names, shapes, values). Same release, "
                 "identity configuration and data give the same digests for "
                 "any number of ranks and threads.");
    page_table(t, NULL, NULL, head);
    for (size_t i = 0; i < r->n_digests; i++) {
        page_put(t, "<tr>");
        page_tag(t, "td", NULL, r->digest[i].stage);
        page_tag(t, "td", NULL, r->digest[i].what);
        page_tag(t, "td", "mono sha", r->digest[i].sha256);
        page_put(t, "</tr>\n");
    }
    page_table_end(t);
    page_section_end(t);
}

void page_configuration(struct text *t, const struct report *r)
{
    const char *stage = "";

    page_section(t, "configuration", "Configuration",
                 "Keys marked &#9679; are identity: they change results and "
                 "enter the run id. Placement keys (paths, ranks, threads, "
                 "instruction set) change nothing shown here and are left "
                 "out.");
    for (size_t i = 0; i < r->n_keys; i++) {
        if (strcmp(stage, r->key[i].stage) != 0) {
            if (i > 0)
                page_put(t, "</dl>\n");
            stage = r->key[i].stage;
            page_tag(t, "h3", NULL, stage);
            page_put(t, "\n<dl class=\"keys\">\n");
        }
        page_put(t, r->key[i].identity ? "<div class=\"identity\">" : "<div>");
        page_tag(t, "dt", NULL, r->key[i].key);
        page_tag(t, "dd", "mono", r->key[i].value);
        page_put(t, "</div>\n");
    }
    if (r->n_keys)
        page_put(t, "</dl>\n");
    page_section_end(t);
}
