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
    text_add(t,
             "</strong> %zu figures are not comparable with this run; the "
             "gates below say why.</div>\n</header>\n",
             other);
}

static void lead(const struct report *r, struct text *t)
{
    enum metric m = r->metric[0];

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

static void metric_cell(struct text *t, const struct interval *v)
{
    if (__builtin_isnan(v->value)) {
        page_put(t, "<td>undefined</td>");
        return;
    }
    text_add(t,
             "<td><b>%.3f</b><span class=\"ci\">%.3f to %.3f</span>"
             "<span class=\"ci\">mean %.3f</span></td>",
             v->value, v->lo, v->hi, v->mean);
}

static void metric_table(const struct report *r, struct text *t)
{
    page_put(t, "<div class=\"scroll\"><table>\n<caption>");
    text_add(t,
             "Linear models on %u test rows. Bold: metric on all rows. Then "
             "the 2.5 to 97.5 percentiles and the mean of %u resamples of the "
             "rows (the study reports that mean).</caption>\n"
             "<thead><tr><th scope=\"col\">features</th>"
             "<th scope=\"col\">C chosen</th>",
             r->rows, r->resamples);
    for (uint32_t m = 0; m < r->n_metrics; m++) {
        page_put(t, "<th scope=\"col\">");
        svg_escape(t, metric_title(r->metric[m], r->classes));
        page_put(t, "</th>");
    }
    page_put(t, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < r->n_sets; i++) {
        const struct report_set *s = &r->set[i];

        text_add(t, "<tr><th scope=\"row\"><span class=\"key s%zu\"></span>",
                 i % 8);
        svg_escape(t, s->name);
        if (__builtin_isnan(s->c))
            page_put(t, "</th><td>&ndash;");
        else
            text_add(t, "</th><td>%.3g", s->c);
        if (s->trials >= 0)
            text_add(t, "<span class=\"ci\">%lld trials</span>",
                     (long long)s->trials);
        page_put(t, "</td>");
        for (uint32_t m = 0; m < r->n_metrics; m++)
            metric_cell(t, &s->metric[r->metric[m]]);
        page_put(t, "</tr>\n");
    }
    page_put(t, "</tbody></table></div>\n");
}

static void difference_table(const struct report *r, struct text *t)
{
    if (r->n_differences == 0)
        return;
    page_put(t, "<div class=\"scroll\"><table>\n<caption>Paired differences: "
                "both models on the same resamples.</caption>\n<thead><tr>"
                "<th scope=\"col\">comparison</th><th scope=\"col\">metric</th>"
                "<th scope=\"col\">difference</th>"
                "<th scope=\"col\">95 % interval</th>"
                "<th scope=\"col\">resamples above zero</th></tr></thead>\n"
                "<tbody>\n");
    for (size_t i = 0; i < r->n_differences; i++) {
        const struct report_difference *d = &r->difference[i];

        page_put(t, "<tr><th scope=\"row\">");
        svg_escape(t, r->set[d->a].name);
        page_put(t, " &minus; ");
        svg_escape(t, r->set[d->b].name);
        text_add(t,
                 "</th><td>%s</td><td><b>%+.3f</b></td><td>%+.3f to %+.3f</td>"
                 "<td>%.1f %%</td></tr>\n",
                 metric_title(d->metric, r->classes), d->v.value, d->v.lo,
                 d->v.hi, 100.0 * d->v.above);
    }
    page_put(t, "</tbody></table></div>\n");
}

static void cell(struct text *t, const char *words)
{
    page_tag(t, "td", NULL, words && *words ? words : "\xe2\x80\x93");
}

/* A value and, on a line of its own, its interval in brackets. */
static void seen_cell(struct text *t, const char *seen)
{
    const char *bracket = strstr(seen, " (");
    struct text value = {0};

    if (!bracket) {
        cell(t, seen);
        return;
    }
    text_put(&value, seen, (size_t)(bracket - seen));
    page_put(t, "<td>");
    svg_escape(t, value.s ? value.s : "");
    page_tag(t, "span", "ci", bracket + 1);
    page_put(t, "</td>");
    text_free(&value);
}

static void gate_row(struct text *t, const struct report_gate *g)
{
    static const char *const style[VERDICTS] = {
        "tag pass", "tag fail", "tag na", "tag pass", "tag pass", "tag fail"};
    static const char *const mark[VERDICTS] = {
        "\xe2\x9c\x93 pass",       "\xe2\x9c\x97 fail",
        "not comparable",          "\xe2\x9c\x93 reproduced",
        "\xe2\x9c\x93 consistent", "\xe2\x9c\x97 differs"};

    page_put(t, "<tr><td>");
    page_tag(t, "span", style[g->verdict], mark[g->verdict]);
    page_put(t, "</td>");
    page_put(t, "<td><b>");
    svg_escape(t, g->what);
    page_put(t, "</b><span class=\"ci mono\">");
    svg_escape(t, g->id);
    page_put(t, "</span></td>");
    cell(t, g->kind);
    seen_cell(t, g->seen);
    cell(t, g->want);
    page_put(t, "<td>");
    svg_escape(t, g->why);
    if (*g->why && *g->source)
        page_put(t, "<br>");
    page_tag(t, "span", "note", g->source);
    page_put(t, "</td></tr>\n");
}

static void gates(const struct report *r, struct text *t)
{
    static const enum verdict order[VERDICTS] = {
        GATE_FAIL,       GATE_DIFFERS, GATE_REPRODUCED,
        GATE_CONSISTENT, GATE_PASS,    GATE_NOT_COMPARABLE};

    page_put(t, "<section>\n<h2>Gates</h2>\n<p class=\"note\">A published "
                "figure is held against this run only when cohort, rows and "
                "classes are the published ones; a phantom is never compared "
                "with a patient. Stored results of the same configuration are "
                "called regression.</p>\n<div class=\"scroll\"><table "
                "class=\"gates\">\n"
                "<thead><tr><th scope=\"col\">verdict</th>"
                "<th scope=\"col\">what</th><th scope=\"col\">kind</th>"
                "<th scope=\"col\">this run</th><th scope=\"col\">wanted</th>"
                "<th scope=\"col\">reason and source</th></tr></thead>\n"
                "<tbody>\n");
    for (size_t v = 0; v < VERDICTS; v++)
        for (size_t i = 0; i < r->n_gates; i++)
            if (r->gate[i].verdict == order[v])
                gate_row(t, &r->gate[i]);
    page_put(t, "</tbody></table></div>\n");
    if (r->n_skipped)
        text_add(t,
                 "<p class=\"note\">%zu further published figures belong to "
                 "other tasks, cohorts, training shares or networks than this "
                 "run has; validation/reference lists them.</p>\n",
                 r->n_skipped);
    page_put(t, "</section>\n");
}

static void digests(const struct report *r, struct text *t)
{
    page_put(t, "<section>\n<h2>Digests</h2>\n<p class=\"note\">SHA-256 over "
                "content (names, shapes, values). Same release, identity "
                "configuration and data give the same digests for any number "
                "of ranks and threads.</p>\n<div class=\"scroll\"><table>\n"
                "<thead><tr><th scope=\"col\">stage</th>"
                "<th scope=\"col\">content</th><th scope=\"col\">SHA-256</th>"
                "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < r->n_digests; i++) {
        page_put(t, "<tr>");
        page_tag(t, "td", NULL, r->digest[i].stage);
        page_tag(t, "td", NULL, r->digest[i].what);
        page_tag(t, "td", "mono sha", r->digest[i].sha256);
        page_put(t, "</tr>\n");
    }
    page_put(t, "</tbody></table></div>\n</section>\n");
}

static void deviations(const struct report *r, struct text *t)
{
    page_put(t, "<section>\n<h2>Departures from the published recipe</h2>\n");
    if (r->n_deviations == 0) {
        page_put(t, "<p>None among the keys that are compared.</p>\n"
                    "</section>\n");
        return;
    }
    page_put(t, "<div class=\"scroll\"><table>\n<thead><tr>"
                "<th scope=\"col\">key</th><th scope=\"col\">this run</th>"
                "<th scope=\"col\">published</th>"
                "<th scope=\"col\">source</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < r->n_deviations; i++) {
        const struct report_deviation *d = &r->deviation[i];

        page_put(t, "<tr>");
        page_tag(t, "td", "mono", d->key);
        page_tag(t, "td", "mono", d->here);
        page_tag(t, "td", "mono", d->published);
        page_tag(t, "td", "note", d->source);
        page_put(t, "</tr>\n");
    }
    page_put(t, "</tbody></table></div>\n</section>\n");
}

static void configuration(const struct report *r, struct text *t)
{
    const char *stage = "";

    page_put(t,
             "<section>\n<h2>Configuration</h2>\n<p class=\"note\">Keys "
             "marked &#9679; are identity: they change results and enter the "
             "run id. Placement keys (paths, ranks, threads, instruction "
             "set) change nothing shown here and are left out.</p>\n");
    for (size_t i = 0; i < r->n_keys; i++) {
        if (strcmp(stage, r->key[i].stage) != 0) {
            if (i > 0)
                page_put(t, "</dl>\n");
            stage = r->key[i].stage;
            page_tag(t, "h3", NULL, stage);
            page_put(t, "\n<dl class=\"keys\">\n");
        }
        page_put(t, "<div>");
        page_tag(t, "dt", NULL, r->key[i].key);
        page_tag(t, "dd", "mono", r->key[i].value);
        page_put(t, "</div>\n");
    }
    page_put(t, r->n_keys ? "</dl>\n</section>\n" : "</section>\n");
}

static void software(const struct report *r, struct text *t, const char *digest)
{
    page_put(t, "<section>\n<h2>Software</h2>\n<table>\n<thead><tr>"
                "<th scope=\"col\">part</th><th scope=\"col\">version</th>"
                "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < r->n_libraries; i++) {
        page_put(t, "<tr>");
        page_tag(t, "td", NULL, r->library[i].name);
        page_tag(t, "td", NULL, r->library[i].version);
        page_put(t, "</tr>\n");
    }
    page_put(t, "</tbody></table>\n</section>\n<footer><p>Content of this "
                "report: <span class=\"mono sha\">");
    page_put(t, digest);
    page_put(t, "</span></p><p>Time, host, paths and rank counts are in the "
                "run folders' logs and nowhere here: equal results give equal "
                "bytes.</p></footer>\n");
}

static status results(const struct report *r, struct text *t)
{
    status st = OK;

    page_put(t, "<section>\n<h2>Results</h2>\n");
    page_forest(t, r);
    metric_table(r, t);
    difference_table(r, t);
    page_put(t, "</section>\n");
    gates(r, t);
    if (r->steps.n > 0) {
        page_put(t, "<section>\n<h2>Pretraining</h2>\n<p class=\"note\">Loss "
                    "and health at every step (means of stretches in long "
                    "runs). A similarity to other lesions near 1 would mean "
                    "collapse.</p>\n");
        TRY(page_steps(t, r));
        page_put(t, "</section>\n");
    }
    page_put(t, "<section>\n<h2>ROC curves</h2>\n");
    page_roc(t, r);
    page_put(t, "</section>\n");
    if (r->n_patches > 0) {
        page_put(t, "<section>\n<h2>Patches</h2>\n<p class=\"note\">Middle "
                    "axial slices, &minus;1000 to 1000 HU.</p>\n");
        TRY(page_patches(t, r));
        page_put(t, "</section>\n");
    }
out:
    return st;
}

status report_html(const struct report *r, struct text *out)
{
    status st = OK;
    struct text json = {0};
    char digest[SHA256_HEX];

    TRY(report_results(r, &json, digest));
    page_open(out, r->title);
    head(r, out);
    lead(r, out);
    TRY(results(r, out));
    deviations(r, out);
    digests(r, out);
    configuration(r, out);
    software(r, out, digest);
    page_close(out);
    st = text_status(out);
out:
    text_free(&json);
    return st;
}
