/* How results depend on the share of the training data, on a second scan, on
 * the place of the seed. */
#include <stdio.h>
#include <string.h>

#include "eval/page.h"

enum { SHARES = 16 };

/* ---- shares of the training data */

/* The shares of one set and the metric there, in ascending order. */
static size_t shares_of(const struct report *r,
                        const char *set,
                        enum metric m,
                        double *x,
                        double value[][3])
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_shares && n < SHARES; i++) {
        const struct report_share *s = &r->share[i];
        size_t k = n;

        if (strcmp(s->set, set) != 0)
            continue;
        for (; k > 0 && x[k - 1] > s->pct; k--) {
            x[k] = x[k - 1];
            memcpy(value[k], value[k - 1], sizeof value[k]);
        }
        x[k] = s->pct;
        value[k][0] = s->metric[m].value;
        value[k][1] = s->metric[m].lo;
        value[k][2] = s->metric[m].hi;
        n++;
    }
    return n;
}

static void share_series(struct text *t,
                         const struct svg_plot *p,
                         const struct report *r,
                         size_t set,
                         enum metric m)
{
    double x[SHARES];
    double y[SHARES];
    double value[SHARES][3];
    size_t n = shares_of(r, r->set[set].name, m, x, value);

    for (size_t i = 0; i < n; i++) {
        /* side by side, so that intervals do not hide each other */
        x[i] += 0.9 * ((double)set - ((double)r->n_sets - 1.0) / 2.0);
        y[i] = value[i][0];
    }
    if (n > 0)
        svg_line(p, t, x, y, n, page_series(set));
    for (size_t i = 0; i < n; i++)
        svg_whisker(p, t, x[i], value[i], (int)set, page_series(set));
}

static void share_words(struct text *w, const struct report *r, enum metric m)
{
    double x[SHARES];
    double value[SHARES][3];

    for (size_t s = 0; s < r->n_sets; s++) {
        size_t n = shares_of(r, r->set[s].name, m, x, value);

        if (n > 0)
            text_add(w, "%s:", r->set[s].name);
        for (size_t i = 0; i < n; i++)
            text_add(w, " %.3f at %g %%%s", value[i][0], x[i],
                     i + 1 < n ? "," : ". ");
    }
}

static status share_plot(struct text *t, const struct report *r, enum metric m)
{
    status st = OK;
    struct text words = {0};
    char id[32];
    double least = 1.0;
    double most = 0.0;
    struct svg_plot p = {.id = id,
                         .title = metric_title(m, r->classes),
                         .width = 330,
                         .height = 290,
                         .x = {"share of the training rows (%)", 0.0, 105.0},
                         .ticks_x = 5,
                         .ticks_y = 5,
                         .small = true};

    (void)snprintf(id, sizeof id, "share-%s", metric_name(m));
    for (size_t i = 0; i < r->n_shares; i++) {
        const struct interval *v = &r->share[i].metric[m];

        least = v->lo < least ? v->lo : least;
        most = v->hi > most ? v->hi : most;
    }
    if (!(least < most)) {
        least = 0.0;
        most = 1.0;
    }
    p.y = (struct svg_axis){metric_title(m, r->classes),
                            __builtin_floor(least * 20.0) / 20.0,
                            __builtin_ceil(most * 20.0) / 20.0};
    share_words(&words, r, m);
    TRY(text_status(&words));
    p.description = words.s ? words.s : "";
    svg_open(&p, t);
    for (size_t s = 0; s < r->n_sets; s++)
        share_series(t, &p, r, s, m);
    svg_close(t);
out:
    text_free(&words);
    return st;
}

status page_shares(struct text *t, const struct report *r)
{
    status st = OK;
    const char *head[METRICS + 3] = {"features", "training rows"};

    if (r->n_shares == 0)
        return OK;
    for (uint32_t m = 0; m < r->n_metrics; m++)
        head[2 + m] = metric_title(r->metric[m], r->classes);
    page_section(t, "shares", "Less training data",
                 "The same test rows, models trained on a share of the "
                 "training rows. Lines upright: 95 % bootstrap intervals of "
                 "the test rows; that other training rows might have been "
                 "drawn is not in them. Points are set side by side.");
    page_sets(t, r);
    page_put(t, "<div class=\"plots\">\n");
    for (uint32_t m = 0; m < r->n_metrics; m++)
        TRY(share_plot(t, r, r->metric[m]));
    page_put(t, "</div>\n");
    page_table(t, NULL, NULL, head);
    for (size_t i = 0; i < r->n_shares; i++) {
        page_put(t, "<tr><th scope=\"row\">");
        svg_escape(t, r->share[i].set);
        text_add(t, "</th><td>%g %%</td>", r->share[i].pct);
        for (uint32_t m = 0; m < r->n_metrics; m++) {
            const struct interval *v = &r->share[i].metric[r->metric[m]];

            page_interval(t, v->value, v->lo, v->hi);
        }
        page_put(t, "</tr>\n");
    }
    page_table_end(t);
    page_section_end(t);
out:
    return st;
}

/* ---- a second scan */

static void retests(struct text *t, const struct report *r)
{
    static const char *const head[] = {"features",
                                       "patients",
                                       "ICC(3,1) of the score",
                                       "values compared",
                                       "Spearman rho",
                                       "R<sup>2</sup>",
                                       "mean squared difference",
                                       NULL};

    page_table(t, NULL,
               "Two scans of the same patients. ICC: two-way mixed, "
               "consistency, single measurement (Shrout and Fleiss 1979).",
               head);
    for (size_t i = 0; i < r->n_retests; i++) {
        const struct report_retest *s = &r->retest[i];
        const struct icc_value *v = &s->icc.of[ICC_3];
        double none = __builtin_nan("");

        page_put(t, "<tr><th scope=\"row\">");
        svg_escape(t, s->set);
        text_add(t, "</th><td>%u</td>", s->targets);
        page_interval(t, s->has_icc ? v->icc : none, v->lo, v->hi);
        if (s->has_values)
            text_add(t, "<td>%u</td>", s->values);
        else
            page_cell(t, NULL, NULL);
        page_number(t, "%.3f", s->has_values ? s->rho : none);
        page_number(t, "%.3f", s->has_values ? s->r2 : none);
        page_number(t, "%.3g", s->has_values ? s->mse : none);
        page_put(t, "</tr>\n");
    }
    page_table_end(t);
}

/* ---- perturbed seeds */

static void range(const double *v, uint32_t n, struct svg_axis *a)
{
    double least = v[0];
    double most = v[0];

    for (uint32_t i = 1; i < n; i++) {
        least = v[i] < least ? v[i] : least;
        most = v[i] > most ? v[i] : most;
    }
    a->lo = __builtin_floor(least * 50.0) / 50.0;
    a->hi = __builtin_ceil(most * 50.0) / 50.0;
    if (!(a->lo < a->hi))
        a->hi = a->lo + 0.02;
}

static status trials_plot(struct text *t, const struct report *r, size_t i)
{
    status st = OK;
    const struct report_perturbation *s = &r->perturbation[i];
    struct text words = {0};
    char id[32];
    struct svg_plot p = {.id = id,
                         .title = s->set,
                         .width = 330,
                         .height = 230,
                         .x = {"trial", 0.0, s->trials},
                         .y = {.label = "AUC"},
                         .ticks_x = 5,
                         .ticks_y = 4,
                         .small = true};

    (void)snprintf(id, sizeof id, "trials-%zu", i);
    range(s->auc, s->trials, &p.y);
    text_add(&words,
             "AUC of each of %u trials: mean %.3f, standard deviation %.3f, "
             "from %.3f to %.3f.",
             s->trials, s->mean[0], s->sd[0], s->lo[0], s->hi[0]);
    TRY(text_status(&words));
    p.description = words.s;
    svg_open(&p, t);
    svg_guide(&p, t, 0.0, s->mean[0], s->trials, s->mean[0]);
    for (uint32_t k = 0; k < s->trials; k++) {
        double x = k;

        svg_marks(&p, t, &x, &s->auc[k], 1, 0,
                  page_series(report_find(r, s->set) < 0
                                  ? 2
                                  : (size_t)report_find(r, s->set)));
    }
    svg_close(t);
out:
    text_free(&words);
    return st;
}

static status trials(struct text *t, const struct report *r)
{
    static const char *const head[] = {
        "features",           "trials", "figure", "mean",
        "standard deviation", "range",  NULL};
    static const char *const figure[] = {
        "AUC", "concordance", "mean squared difference of features to trial 0"};
    status st = OK;

    page_put(t, "<div class=\"plots\">\n");
    for (size_t i = 0; i < r->n_perturbations; i++)
        TRY(trials_plot(t, r, i));
    page_put(t, "</div>\n");
    page_table(
        t, NULL,
        "Seeds moved a little in every trial (dashed: the mean); the standard "
        "deviation divides by the number of trials.",
        head);
    for (size_t i = 0; i < r->n_perturbations; i++) {
        const struct report_perturbation *s = &r->perturbation[i];

        for (int k = 0; k < 3; k++) {
            if (__builtin_isnan(s->mean[k]) || (k == 2 && !s->mse))
                continue;
            page_put(t, "<tr><th scope=\"row\">");
            svg_escape(t, s->set);
            text_add(t,
                     "</th><td>%u</td><td>%s</td><td><b>%.4g</b></td>"
                     "<td>%.3g</td><td>%.4g to %.4g</td></tr>\n",
                     s->trials, figure[k], s->mean[k], s->sd[k], s->lo[k],
                     s->hi[k]);
        }
    }
    page_table_end(t);
out:
    return st;
}

status page_stability(struct text *t, const struct report *r)
{
    status st = OK;

    if (r->n_retests + r->n_perturbations == 0)
        return OK;
    page_section(t, "stability", "Stability", NULL);
    if (r->n_retests > 0)
        retests(t, r);
    if (r->n_perturbations > 0)
        TRY(trials(t, r));
    page_section_end(t);
out:
    return st;
}
