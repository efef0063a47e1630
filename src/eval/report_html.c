/* The page: sections in the order a reviewer asks. */
#include <string.h>

#include "eval/page.h"
#include "eval/report.h"
#include "eval/svg.h"

static void head(const struct report *r, struct text *t)
{
    size_t fail = report_failed(r);
    size_t pass = r->n_gates - fail - report_count(r, GATE_NOT_COMPARABLE);
    size_t other = report_count(r, GATE_NOT_COMPARABLE) + r->n_skipped;
    const char *style = fail ? "fail" : pass ? "pass" : "na";

    page_put(t, "<header>\n");
    text_add(t, "<p class=\"kicker\">fmcib-hpc &middot; cohort ");
    svg_escape(t, r->cohort);
    page_put(t, " &middot; ");
    svg_escape(t, r->task);
    page_put(t, "</p>\n");
    page_tag(t, "h1", NULL, r->title);
    text_add(t, "\n<div class=\"verdict %s\" role=\"status\"><strong>", style);
    if (fail)
        text_add(t, "%zu of %zu gates fail.", fail, pass + fail);
    else if (pass)
        text_add(t, pass == 1 ? "The gate passes." : "All %zu gates pass.",
                 pass);
    else
        page_put(t, "No gate applies.");
    page_put(t, "</strong>");
    if (pass + fail > report_count(r, GATE_PASS) + report_count(r, GATE_FAIL))
        text_add(t,
                 " Published figures: %zu reproduced, %zu consistent, %zu "
                 "differ.",
                 report_count(r, GATE_REPRODUCED),
                 report_count(r, GATE_CONSISTENT),
                 report_count(r, GATE_DIFFERS));
    text_add(t,
             " %zu figure%s not comparable with this run; the gates below say "
             "why.</div>\n",
             other, other == 1 ? " is" : "s are");
}

/* Without a comparison: the first set alone. */
static void lead_alone(const struct report *r, struct text *t)
{
    const struct interval *v = &r->set[0].metric[r->metric[0]];

    page_put(t, "<p class=\"lead\">On the test rows, <strong>");
    svg_escape(t, r->set[0].name);
    text_add(t,
             "</strong> features reach %.3f (95 %% interval %.3f to %.3f) in "
             "%s.</p>\n",
             v->value, v->lo, v->hi, metric_title(r->metric[0], r->classes));
}

static void lead(const struct report *r, struct text *t)
{
    enum metric m = r->metric[0];

    if (r->n_differences == 0 && r->n_sets > 0 &&
        !__builtin_isnan(r->set[0].metric[m].value))
        lead_alone(r, t);
    for (size_t i = 0; i < r->n_differences; i++) {
        const struct report_difference *d = &r->difference[i];
        const struct interval *a = &r->set[d->a].metric[m];

        if (d->metric != m)
            continue;
        page_put(t, i == 0 ? "<p class=\"lead\">" : "<p>");
        page_put(t, "On the test rows, <strong>");
        svg_escape(t, r->set[d->a].name);
        text_add(t,
                 "</strong> features reach %.3f (95 %% interval %.3f to %.3f) "
                 "in %s: %.3f (%+.3f to %+.3f) %s <strong>",
                 a->value, a->lo, a->hi, metric_title(m, r->classes),
                 __builtin_fabs(d->v.value), d->v.lo, d->v.hi,
                 d->v.value < 0 ? "below" : "above");
        svg_escape(t, r->set[d->b].name);
        page_put(t, "</strong>.</p>\n");
    }
}

/* ---- small sections */

static status results(struct text *t, const struct report *r)
{
    page_section(t, "results", "Results", NULL);
    page_forest(t, r);
    page_metrics(t, r);
    page_section_end(t);
    return page_published(t, r);
}

static status pretraining(struct text *t, const struct report *r)
{
    status st = OK;

    if (r->steps.n == 0)
        return OK;
    page_section(t, "pretraining", "Pretraining",
                 "Loss and health at every step (means of stretches in long "
                 "runs). A similarity to other lesions near 1 would mean "
                 "collapse.");
    TRY(page_steps(t, r));
    page_section_end(t);
out:
    return st;
}

static status patches(struct text *t, const struct report *r)
{
    status st = OK;

    if (r->n_patches == 0)
        return OK;
    page_section(t, "patches", "Patches",
                 "Middle axial slices, &minus;1000 to 1000 HU.");
    TRY(page_patches(t, r));
    page_section_end(t);
out:
    return st;
}

static status gates(struct text *t, const struct report *r)
{
    page_gates(t, r);
    return OK;
}

static status origin(struct text *t, const struct report *r)
{
    page_deviations(t, r);
    page_discrepancies(t, r);
    page_sources(t, r);
    page_digests(t, r);
    page_configuration(t, r);
    return OK;
}

static status software(struct text *t, const struct report *r)
{
    static const char *const title[] = {"part", "what it does here",
                                        "may move a byte of a result", NULL};

    page_section(t, "software", "Software", NULL);
    page_table(t, NULL, NULL, title);
    for (size_t i = 0; i < r->n_libraries; i++) {
        const struct report_library *l = &r->library[i];

        page_put(t, "<tr><th scope=\"row\">");
        svg_escape(t, l->name);
        if (l->moves) {
            page_put(t, " ");
            svg_escape(t, l->version);
        }
        page_put(t, "</th>");
        page_cell(t, NULL, l->role);
        page_cell(t, NULL, l->moves ? "yes" : "no");
        page_put(t, "</tr>\n");
    }
    page_table_end(t);
    page_put(t, "<p class=\"note\">Versions of the parts that cannot move a "
                "result stand in software.json beside this page, so that this "
                "page is the same wherever it is made.</p>\n");
    page_section_end(t);
    return OK;
}

/* ---- the page */

typedef status section_fn(struct text *t, const struct report *r);
static section_fn *const SECTION[] = {
    results,       gates,       page_confusion,
    page_roc,      page_pr,     page_calibration,
    page_survival, page_shares, page_stability,
    page_search,   page_maps,   pretraining,
    patches,       origin,      software};

/* Links to the sections that `body` has, by their headings. */
static void contents(struct text *t, const char *body)
{
    static const char mark[] = "<h2 id=\"";

    page_put(t, "<nav aria-label=\"Contents\"><ul>\n");
    for (const char *p = strstr(body, mark); p; p = strstr(p, mark)) {
        const char *end;

        p += sizeof mark - 1;
        end = strstr(p, "</h2>");
        page_put(t, "<li><a href=\"#");
        text_put(t, p, strcspn(p, "\""));
        page_put(t, "\">");
        p += strcspn(p, ">") + 1;
        text_put(t, p, (size_t)(end - p));
        page_put(t, "</a></li>\n");
    }
    page_put(t, "</ul></nav>\n");
}

static void foot(struct text *t, const char *digest)
{
    page_put(t, "<footer><p>Content of this report: <span class=\"mono sha\">");
    page_put(t, digest);
    page_put(t, "</span></p><p>Time, host, paths and rank counts are in the "
                "run folders' logs and nowhere here: equal results give equal "
                "bytes.</p></footer>\n");
}

status report_html(const struct report *r, struct text *out)
{
    status st = OK;
    struct text json = {0};
    struct text body = {0};
    char digest[SHA256_HEX];

    TRY(report_results(r, &json, digest));
    for (size_t i = 0; i < sizeof SECTION / sizeof SECTION[0]; i++)
        TRY(SECTION[i](&body, r));
    TRY(text_status(&body));
    page_open(out, r->title);
    head(r, out);
    lead(r, out);
    contents(out, body.s);
    page_put(out, "</header>\n");
    page_put(out, body.s);
    foot(out, digest);
    page_close(out);
    st = text_status(out);
out:
    text_free(&json);
    text_free(&body);
    return st;
}
