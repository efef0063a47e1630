/* Who is taken for whom: a table for each set, true classes down. */
#include "eval/page.h"

/* Shade of a cell by the share of its row, from 0 to SHADES. */
enum { SHADES = 8 };

static uint32_t row_sum(const struct report *r, const uint32_t *row)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < r->classes; k++)
        n += row[k];
    return n;
}

static void cell(struct text *t, uint32_t n, uint32_t of, bool right)
{
    unsigned shade = of ? (unsigned)(((uint64_t)n * SHADES + of - 1) / of) : 0U;

    text_add(t, "<td class=\"h%u\">%s%u%s", shade, right ? "<b>" : "", n,
             right ? "</b>" : "");
    if (n > 0)
        text_add(t, "<span class=\"ci\">%.0f %%</span>", 100.0 * n / of);
    page_put(t, "</td>");
}

static void rows(struct text *t, const struct report *r, const uint32_t *count)
{
    for (uint32_t i = 0; i < r->classes; i++) {
        const uint32_t *row = count + (size_t)i * r->classes;
        uint32_t of = row_sum(r, row);

        page_put(t, "<tr><th scope=\"row\">");
        svg_escape(t, r->class_name[i]);
        page_put(t, "</th>");
        for (uint32_t k = 0; k < r->classes; k++)
            cell(t, row[k], of, i == k);
        text_add(t, "<td>%u</td></tr>\n", of);
    }
}

static void one_set(struct text *t, const struct report *r, size_t i)
{
    const uint32_t *count = r->set[i].confusion;
    uint32_t right = 0;

    for (uint32_t k = 0; k < r->classes; k++)
        right += count[(size_t)k * r->classes + k];
    page_scroll(t);
    page_put(t, "<table class=\"confusion\">\n<caption>");
    page_swatch(t, page_series(i));
    svg_escape(t, r->set[i].name);
    text_add(t, ": %u of %u rows right</caption>\n<thead><tr>", right, r->rows);
    page_put(t, "<th scope=\"col\">true, down; taken for, across</th>");
    for (uint32_t k = 0; k < r->classes; k++) {
        page_put(t, "<th scope=\"col\" class=\"turn\">");
        page_tag(t, "span", NULL, r->class_name[k]);
        page_put(t, "</th>");
    }
    page_put(t, "<th scope=\"col\" class=\"turn\"><span>rows</span></th>"
                "</tr></thead>\n<tbody>\n");
    rows(t, r, count);
    page_put(t, "</tbody></table></div>\n");
}

status page_confusion(struct text *t, const struct report *r)
{
    bool any = false;

    for (size_t i = 0; i < r->n_sets; i++)
        any = any || r->set[i].confusion;
    if (!any)
        return OK;
    page_section(t, "confusion", "Confusion matrices",
                 "Test rows by their true class (down) and the class of the "
                 "highest score (across): how many, and their share of the "
                 "true class, which shades the cell. Bold: right.");
    page_put(t, "<div class=\"pairs\">\n");
    for (size_t i = 0; i < r->n_sets; i++)
        if (r->set[i].confusion)
            one_set(t, r, i);
    page_put(t, "</div>\n");
    page_section_end(t);
    return text_status(t);
}
